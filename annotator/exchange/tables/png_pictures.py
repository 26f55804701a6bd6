"""The pictures of a data set as PNG: one of every single image, of stacks one of each slice with something marked on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from annotator.exchange.tables.masks import png
from annotator.exchange.tables.told import ToldExam, ToldReading
from annotator.exchange.whole_file import write_whole
from annotator.model.image import ImageInfo, ImageKey

Pixels = Callable[[ImageInfo, int], NDArray[Any] | None]
"""Stored values of a frame of an image as unsigned integers; None where it cannot be read."""


@dataclass(frozen=True, slots=True)
class PngPictures:
    """Pictures of stored values."""

    pixels: Pixels

    @staticmethod
    def file_name(told: ToldReading, key: ImageKey) -> str:
        """What the file of a picture is called."""
        return f"{told.picture(key)}.png"

    def write(self, exam: ToldExam, folder: Path) -> None:
        """Those of one exam. Raises ExportError."""
        for info, key in exam.pictures():
            values = self.pixels(info, key.frame)
            if values is not None:
                write_whole(folder / self.file_name(exam.readings[0], key), png(values))
