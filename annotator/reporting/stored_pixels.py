"""Stored values of pictures for files that hold them, one image decoded at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from annotator.errors import UnreadableImage
from annotator.imaging.dicom_file import Mammogram, open_image
from annotator.model.image import ImageInfo


class StoredPixels:
    """Called with an image and a frame it gives the stored values; None, and a sentence to `fault`, where it cannot."""

    def __init__(self, fault: Callable[[str], None]) -> None:
        self._fault = fault
        self._path: Path | None = None
        self._image: Mammogram | None = None

    def __call__(self, info: ImageInfo, frame: int) -> Any:
        """Stored values (rows, columns), uint16, or int16 where they are signed."""
        try:
            if self._image is None or self._path != info.path:
                self._image, self._path = open_image(info.path, budget=1), info.path
            return self._image.frame(frame)
        except UnreadableImage as error:
            self._fault(f"An image of kind {info.label or 'unknown'} has no picture: {error.reason}")
        except IndexError:
            self._fault(f"An image of kind {info.label or 'unknown'} has no frame {frame}.")
        return None
