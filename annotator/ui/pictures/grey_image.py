"""The picture as it was last drawn, kept so that a window drag costs one table and one blit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter, QTransform

from annotator.imaging.render import Mode, covered_rect, modes_differ, render_moving, render_values
from annotator.model.geometry import ViewTransform
from annotator.model.image import Voi
from annotator.ui.pictures.grey_output import Depth, GreyOutput
from annotator.ui.pictures.picture import Picture

Rect = tuple[int, int, int, int]
"""Left, top, right and bottom in screen pixels, the last two excluded."""

PLAIN = GreyOutput()

_ALONE = 1 << 20
"""Pixels up to which one thread looks up all: a second one gains less than it may have to wait for a processor."""
_BAND = (1 << 18) - 1
"""OpenCV calls other threads for tables of more pixels than this."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a viewport of `size` device pixels is to show, before any table."""

    picture: Picture
    view: ViewTransform
    size: tuple[int, int]
    mode: Mode
    smooth: bool

    def exact(self) -> NDArray[np.uint16]:
        """The exact stored values, (rows, columns): some 40 ms for 5 million pixels, best made in a job."""
        levels = self.picture.levels
        outside = levels.padding_value
        return render_values(levels, self.view, *self.size, self.mode, smooth=self.smooth, outside=outside)

    def quick(self) -> tuple[NDArray[np.uint16], ViewTransform]:
        """Stored values made quickly, and the view they really show."""
        levels = self.picture.levels
        outside = levels.padding_value
        return render_moving(levels, self.view, *self.size, self.mode, smooth=self.smooth, outside=outside)


MadeAhead = Callable[[Wanted], NDArray[np.uint16] | None]
"""The exact stored values where they were made before they are wanted, else None."""


def nothing_ahead(_wanted: Wanted) -> None:
    """Nothing was made before it is wanted."""


class GreyImage:
    """Makes the image of a viewport, doing again only what changed since the last time.

    Kept are the stored values on the screen, the table they go through, and the pixels that come out:
    the size of the viewport alone decides what that takes.
    """

    def __init__(self) -> None:
        self._seen: Wanted | None = None
        self._quick = False
        self._values: NDArray[np.uint16] = np.zeros((1, 1), np.uint16)
        self._shown = ViewTransform(1, 1, 1.0, 0.0, 0.0)
        self._table_of: tuple[Any, ...] | None = None
        self._table: NDArray[Any] = np.zeros(1 << 16, np.int32)
        self._pixels: NDArray[np.int32] = np.zeros((1, 1), np.int32)
        self._edges: tuple[Rect, int] | None = None
        self._image = QImage()
        self._fresh = False
        self.made_ahead: MadeAhead = nothing_ahead
        """Asked for the exact picture before one is made."""

    @property
    def shown(self) -> ViewTransform:
        """How the picture lies on the image made last: what is drawn over it must go by this."""
        return self._shown

    @property
    def missing(self) -> Wanted | None:
        """What the image made last shows only quickly made; None when it is exact."""
        return self._seen if self._quick else None

    def take(self, wanted: Wanted, values: NDArray[np.uint16]) -> bool:
        """Show `values`, which are exactly what was missing; False when something else is by now."""
        if wanted != self.missing:
            return False
        self._values, self._shown = values, wanted.view
        self._quick = False
        self._fresh = True
        return True

    def image(
        self,
        wanted: Wanted,
        voi: Voi | None,
        inverted: bool,
        *,
        moving: bool = False,
        later: bool = False,
        output: GreyOutput = PLAIN,
    ) -> QImage:
        """What is wanted, through a window or table, at one device pixel a pixel; valid until the next call.

        `moving`: the view is about to change again, so a quick picture will do; one that is already
        exact stays. `later`: so it will when nothing moves, because somebody gives the exact one to `take`.
        """
        self._resample(wanted, quick=moving or later)
        info = wanted.picture.shown_info
        table_of = info, voi, inverted, output, moving and output.depth is Depth.DITHERED
        if table_of != self._table_of:
            self._table = output.pixel_table(info, voi, invert=inverted, settled=not moving)
            self._table_of = table_of
        elif not self._fresh:
            return self._image
        self._fresh = False
        self._image = self._through_table(output)
        return self._image

    def clear(self) -> None:
        """Let go of the picture."""
        self._seen = self._table_of = self._edges = None
        self._values, self._pixels = np.zeros((1, 1), np.uint16), np.zeros((1, 1), np.int32)
        self._image = QImage()

    def _resample(self, wanted: Wanted, *, quick: bool) -> None:
        if wanted == self._seen and (quick or not self._quick):
            return
        ahead = self.made_ahead(wanted)
        if ahead is not None:
            self._values, self._shown, quick = ahead, wanted.view, False
        elif quick:
            self._values, self._shown = wanted.quick()
        else:
            self._values, self._shown = wanted.exact(), wanted.view
        self._seen, self._quick = wanted, quick and modes_differ(wanted.view)
        self._fresh = True

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
        black = output.black
        if self._pixels.shape != self._values.shape or self._edges is None or self._edges[1] != black:
            self._pixels = np.zeros(self._values.shape, np.int32)
            self._edges = (0, 0, width, height), black
        covered = left, top, right, bottom
        if covered != self._edges[0]:
            _blacken(self._pixels, self._edges[0], covered, black)
            self._edges = covered, black
        if self._pixels[part].size:
            _look_up(self._values[part], self._table, self._pixels[part])
        # on the pixels kept here, not on a copy of them
        return QImage(self._pixels.data, width, height, width * 4, output.pixel_format)


def to_device_pixels(painter: QPainter) -> None:
    """Let one unit be one device pixel, from a whole device pixel on, also under fractional scaling."""
    base = painter.deviceTransform()
    if not base.isScaling() and base.dx() == round(base.dx()) and base.dy() == round(base.dy()):
        return
    wanted = QTransform.fromTranslate(round(base.dx()), round(base.dy()))
    undone, invertible = base.inverted()
    if invertible:
        painter.setWorldTransform(wanted * undone)


def _look_up(values: NDArray[np.uint16], table: NDArray[np.int32], pixels: NDArray[np.int32]) -> None:
    """Write the table's entry of each value into `pixels`."""
    rows, columns = values.shape
    step = max(_BAND // columns, 1) if values.size <= _ALONE else rows
    for top in range(0, rows, step):
        cv2.LUT(values[top : top + step], table, dst=pixels[top : top + step])


def _blacken(pixels: NDArray[np.int32], before: Rect, now: Rect, black: int) -> None:
    """What was covered and is no more; all the rest is black already."""
    left, top, right, bottom = before
    pixels[top : max(min(now[1], bottom), top), left:right] = black
    pixels[min(max(now[3], top), bottom) : bottom, left:right] = black
    pixels[top:bottom, left : max(min(now[0], right), left)] = black
    pixels[top:bottom, min(max(now[2], left), right) : right] = black
