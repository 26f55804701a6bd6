"""The picture as it was last drawn, kept so that a window drag costs one table and one blit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from annotator.imaging.grayscale import display_lut
from annotator.imaging.render import Mode, render_values, shade
from annotator.model.geometry import ViewTransform
from annotator.model.image import Voi
from annotator.ui.picture import Picture


class GreyImage:
    """Makes the 8-bit image of a viewport, doing again only what changed since the last time."""

    def __init__(self) -> None:
        self._seen: tuple[Any, ...] | None = None
        self._values: NDArray[np.uint16] = np.zeros((1, 1), np.uint16)
        self._table_of: tuple[Any, ...] | None = None
        self._lut: NDArray[Any] = np.zeros(1 << 16, np.uint8)
        self._image = QImage()

    def image(
        self,
        picture: Picture,
        view: ViewTransform,
        size: tuple[int, int],
        mode: Mode,
        voi: Voi | None,
        inverted: bool,
    ) -> QImage:
        """The viewport of `size` device pixels, at one device pixel a pixel."""
        seen, table_of = (picture, view, size, mode), (picture.info, voi, inverted)
        if seen == self._seen and table_of == self._table_of:
            return self._image
        width, height = size
        if seen != self._seen:
            outside = picture.levels.padding_value
            self._values = render_values(picture.levels, view, width, height, mode, outside=outside)
            self._seen = seen
        if table_of != self._table_of:
            self._lut = display_lut(picture.info, voi, invert=inverted)
            self._table_of = table_of
        grey = shade(self._values, self._lut, view)
        # the copy owns its pixels, a QImage on an array does not
        self._image = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
        return self._image

    def clear(self) -> None:
        """Let go of the picture."""
        self._seen = self._table_of = None
        self._image = QImage()
