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
from annotator.ui.pictures.value_spread import NOTHING, Rect, ValueSpread, joined

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


class _Piece:
    """The part of a picture that other tables change, apart: rows far from each other in memory take twice as long."""

    def __init__(self, rect: Rect, values: NDArray[np.uint16], form: QImage.Format) -> None:
        self.rect = rect
        self.values = np.ascontiguousarray(values[_part(rect)])
        self.pixels = np.zeros(self.values.shape, np.int32)
        height, width = self.values.shape
        self.image = QImage(self.pixels.data, width, height, width * 4, form)

    def holds(self, rect: Rect) -> bool:
        """Whether nothing of `rect` is outside it."""
        return joined(self.rect, rect) == self.rect


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
        self._covered: Rect = NOTHING
        self._table_of: tuple[Any, ...] | None = None
        self._table: NDArray[Any] = np.zeros(1 << 16, np.uint8)
        self._spelt: NDArray[np.int32] = np.zeros(1 << 16, np.int32)
        self._spelt_part = slice(0, 0)
        self._pixels: NDArray[np.int32] = np.zeros((1, 1), np.int32)
        self._edges: tuple[Rect, int] | None = None
        self._image = QImage()
        self._stale: Rect = NOTHING
        self._piece: _Piece | None = None
        self._spread: ValueSpread | None = None
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
        self._put(values, wanted.view)
        self._quick = False
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
        self._make(wanted, voi, inverted, moving=moving, later=later, output=output)
        if self._piece is not None:
            self._pixels[_part(self._piece.rect)] = self._piece.pixels
        return self._image

    def paint(
        self,
        painter: QPainter,
        part: Rect,
        wanted: Wanted,
        voi: Voi | None,
        inverted: bool,
        *,
        moving: bool = False,
        later: bool = False,
        output: GreyOutput = PLAIN,
    ) -> None:
        """Draw `part` of what `image` makes, one unit of the painter being one device pixel."""
        self._make(wanted, voi, inverted, moving=moving, later=later, output=output)
        piece = self._piece
        if piece is None or not piece.holds(part):
            painter.drawImage(0, 0, self._image)
        if piece is not None:
            painter.drawImage(piece.rect[0], piece.rect[1], piece.image)

    def changed_by(
        self, voi: Voi | None, inverted: bool, *, moving: bool = False, output: GreyOutput = PLAIN
    ) -> Rect:
        """Take another window or table into use; where it changes the image made last."""
        if self._seen is None:
            return NOTHING
        return self._use_table(self._seen, voi, inverted, moving=moving, output=output)

    def clear(self) -> None:
        """Let go of the picture."""
        self._seen = self._table_of = self._edges = self._spread = None
        self._values, self._pixels = np.zeros((1, 1), np.uint16), np.zeros((1, 1), np.int32)
        self._image, self._piece = QImage(), None

    def _make(
        self,
        wanted: Wanted,
        voi: Voi | None,
        inverted: bool,
        *,
        moving: bool,
        later: bool,
        output: GreyOutput,
    ) -> None:
        self._resample(wanted, quick=moving or later)
        self._use_table(wanted, voi, inverted, moving=moving, output=output)
        if self._stale == self._all:
            self._piece = None
            self._image = self._through_table(output)
        elif self._stale != NOTHING:
            self._look_up_piece(output)
        self._stale = NOTHING

    def _resample(self, wanted: Wanted, *, quick: bool) -> None:
        if wanted == self._seen and (quick or not self._quick):
            return
        ahead = self.made_ahead(wanted)
        if ahead is not None:
            self._put(ahead, wanted.view)
            quick = False
        elif quick:
            self._put(*wanted.quick())
        else:
            self._put(wanted.exact(), wanted.view)
        self._seen, self._quick = wanted, quick and modes_differ(wanted.view)

    def _put(self, values: NDArray[np.uint16], shown: ViewTransform) -> None:
        self._values, self._shown = values, shown
        height, width = values.shape
        left, top, right, bottom = covered_rect(shown, width, height)
        self._covered = left, top, max(right, left), max(bottom, top)
        self._spread = None
        self._stale = self._all

    @property
    def _all(self) -> Rect:
        height, width = self._values.shape
        return 0, 0, width, height

    def _use_table(
        self, wanted: Wanted, voi: Voi | None, inverted: bool, *, moving: bool, output: GreyOutput
    ) -> Rect:
        info = wanted.picture.shown_info
        table_of = info, voi, inverted, output, moving and output.depth is Depth.DITHERED
        if table_of == self._table_of:
            return NOTHING
        before, self._table = self._table, output.table(info, voi, invert=inverted, settled=not moving)
        alike = self._table_of is not None and self._table_of[3] is output and self._table.dtype != np.uint16
        self._table_of, self._spelt_part = table_of, slice(0, 0)
        changed = self._all
        # error diffusion carries a change beyond the values that changed
        if alike and before.dtype == self._table.dtype and self._stale != changed:
            if self._spread is None:
                self._spread = ValueSpread(self._values, self._covered)
            changed = self._spread.changed(before, self._table)
        self._stale = joined(self._stale, changed)
        return changed

    def _through_table(self, output: GreyOutput) -> QImage:
        """The image of the values; what the picture does not cover is black whatever the table says."""
        height, width = self._values.shape
        covered = self._covered
        if self._table.dtype == np.uint16:
            spread = np.zeros(self._values.shape, np.uint16)
            if spread[_part(covered)].size:
                spread[_part(covered)] = cv2.LUT(self._values[_part(covered)], self._table)
            return output.image(spread)
        black = output.black
        if self._pixels.shape != self._values.shape or self._edges is None or self._edges[1] != black:
            self._pixels = np.zeros(self._values.shape, np.int32)
            self._edges = (0, 0, width, height), black
        if covered != self._edges[0]:
            _blacken(self._pixels, self._edges[0], covered, black)
            self._edges = covered, black
        part = _part(covered)
        if self._pixels[part].size:
            _look_up(self._values[part], self._pixel_table(output), self._pixels[part])
        # on the pixels kept here, not on a copy of them
        return QImage(self._pixels.data, width, height, width * 4, output.pixel_format)

    def _look_up_piece(self, output: GreyOutput) -> None:
        piece = self._piece
        if piece is None or not piece.holds(self._stale):
            rect = self._stale if piece is None else joined(piece.rect, self._stale)
            self._piece = piece = _Piece(rect, self._values, output.pixel_format)
        _look_up(piece.values, self._pixel_table(output), piece.pixels)

    def _pixel_table(self, output: GreyOutput) -> NDArray[np.int32]:
        """The table with grey levels spelt out as pixels, at least for the values that are on the screen."""
        if self._table.dtype == np.int32:
            return self._table
        part = slice(0, 1 << 16) if self._spread is None else self._spread.seen
        if part.start < self._spelt_part.start or part.stop > self._spelt_part.stop:
            np.take(output.pixels, self._table[part], out=self._spelt[part], mode="clip")
            self._spelt_part = part
        return self._spelt


def _part(rect: Rect) -> tuple[slice, slice]:
    left, top, right, bottom = rect
    return np.s_[top:bottom, left:right]


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
