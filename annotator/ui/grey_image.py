"""The picture as it was last drawn, kept so that a window drag costs one table and one blit."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from annotator.imaging.render import Mode, covered_rect, modes_differ, render_moving, render_values
from annotator.model.geometry import ViewTransform
from annotator.model.image import Voi
from annotator.ui.grey_output import OPAQUE_BLACK, Depth, GreyOutput
from annotator.ui.picture import Picture

Rect = tuple[int, int, int, int]
"""Left, top, right and bottom in screen pixels, the last two excluded."""

PLAIN = GreyOutput()
_OPAQUE_BLACK = 0xFF << 24
_PIXELS = (np.arange(256, dtype=np.uint32) * 0x010101 | _OPAQUE_BLACK).view(np.int32)


class GreyImage:
    """Makes the image of a viewport, doing again only what changed since the last time.

    Kept are the stored values on the screen, the table they go through, and the pixels that come out:
    the size of the viewport alone decides what that takes.
    """

    def __init__(self) -> None:
        self._seen: tuple[Any, ...] | None = None
        self._moving = False
        self._values: NDArray[np.uint16] = np.zeros((1, 1), np.uint16)
        self._shown = ViewTransform(1, 1, 1.0, 0.0, 0.0)
        self._table_of: tuple[Any, ...] | None = None
        self._table: NDArray[Any] = np.zeros(1 << 16, np.int32)
        self._pixels: NDArray[np.int32] = np.zeros((1, 1), np.int32)
        self._edges: tuple[Rect, bool] | None = None
        self._image = QImage()

    @property
    def shown(self) -> ViewTransform:
        """How the picture lies on the image made last: what is drawn over it must go by this."""
        return self._shown

    def image(
        self,
        picture: Picture,
        view: ViewTransform,
        size: tuple[int, int],
        mode: Mode,
        voi: Voi | None,
        inverted: bool,
        *,
        smooth: bool = False,
        moving: bool = False,
        output: GreyOutput = PLAIN,
    ) -> QImage:
        """The viewport of `size` device pixels, at one device pixel a pixel, valid until the next call.

        `moving`: the view is about to change again, so a quick picture will do; one that is already
        exact stays.
        """
        fresh = self._resample(picture, view, size, mode, smooth, moving)
        table_of = picture.shown_info, voi, inverted, output, moving and output.depth is Depth.DITHERED
        if table_of != self._table_of:
            table = output.table(picture.shown_info, voi, invert=inverted, settled=not moving)
            self._table, self._table_of = _pixel_table(table), table_of
        elif not fresh:
            return self._image
        self._image = self._through_table(output)
        return self._image

    def clear(self) -> None:
        """Let go of the picture."""
        self._seen = self._table_of = self._edges = None
        self._values, self._pixels = np.zeros((1, 1), np.uint16), np.zeros((1, 1), np.int32)
        self._image = QImage()

    def _resample(
        self,
        picture: Picture,
        view: ViewTransform,
        size: tuple[int, int],
        mode: Mode,
        smooth: bool,
        moving: bool,
    ) -> bool:
        seen = picture, view, size, mode, smooth
        if seen == self._seen and (moving or not self._moving):
            return False
        outside = picture.levels.padding_value
        if moving:
            self._values, self._shown = render_moving(
                picture.levels, view, *size, mode, smooth=smooth, outside=outside
            )
        else:
            self._values = render_values(picture.levels, view, *size, mode, smooth=smooth, outside=outside)
            self._shown = view
        self._seen, self._moving = seen, moving and modes_differ(view)
        return True

    def _through_table(self, output: GreyOutput) -> QImage:
        """The image of the values; what the picture does not cover is black whatever the table says."""
        height, width = self._values.shape
        left, top, right, bottom = covered_rect(self._shown, width, height)
        part = np.s_[top : max(bottom, top), left : max(right, left)]
        if self._table.dtype == np.uint16:
            spread = np.zeros(self._values.shape, np.uint16)
            if spread[part].size:
                spread[part] = cv2.LUT(self._values[part], self._table)
            return output.image(spread)
        ten = output.depth is Depth.TEN
        if self._pixels.shape != self._values.shape or self._edges is None or self._edges[1] != ten:
            self._pixels = np.zeros(self._values.shape, np.int32)
            self._edges = (0, 0, width, height), ten
        covered = left, top, right, bottom
        if covered != self._edges[0]:
            _blacken(self._pixels, self._edges[0], covered, OPAQUE_BLACK if ten else _OPAQUE_BLACK)
            self._edges = covered, ten
        if self._pixels[part].size:
            cv2.LUT(self._values[part], self._table, dst=self._pixels[part])
        form = QImage.Format.Format_RGB30 if ten else QImage.Format.Format_RGB32
        # on the pixels kept here, not on a copy of them
        return QImage(self._pixels.data, width, height, width * 4, form)


def _blacken(pixels: NDArray[np.int32], before: Rect, now: Rect, black: int) -> None:
    """What was covered and is no more; all the rest is black already."""
    left, top, right, bottom = before
    colour = np.array(black, np.uint32).view(np.int32)
    pixels[top : max(min(now[1], bottom), top), left:right] = colour
    pixels[min(max(now[3], top), bottom) : bottom, left:right] = colour
    pixels[top:bottom, left : max(min(now[0], right), left)] = colour
    pixels[top:bottom, min(max(now[2], left), right) : right] = colour


def _pixel_table(table: NDArray[Any]) -> NDArray[Any]:
    """Pixels of Format_RGB32 for a table of grey levels; they are drawn as they are, without conversion."""
    return np.asarray(cv2.LUT(table, _PIXELS)).reshape(-1) if table.dtype == np.uint8 else table
