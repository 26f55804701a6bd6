"""Thousands of marks, and the lines around clusters, drawn once on a transparent sheet, which is shifted and mended instead of drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QRegion

from annotator.analysis.mark_table import as_array
from annotator.model.geometry import ViewTransform
from annotator.ui.marks.hit_test import to_screen
from annotator.ui.marks.layer import MarkLayer, changed_places
from annotator.ui.marks.painting import Placed, paint_clusters, paint_marks

SHEET_FROM = 200
"""From so many marks of a picture on they are kept on a sheet; fewer are drawn as fast each time.

A cluster counts as 20 marks.
"""

_MENDED_AT_MOST = 24
"""More changed marks than these are drawn anew with all others."""

_BESIDE_MOVING, _BESIDE = 0.75, 0.02
"""How far a mark may lie beside its place, in device pixels, while the picture moves and when it rests."""


def is_for(layer: MarkLayer) -> bool:
    """Whether a sheet is quicker for what a layer holds."""
    return len(layer.rows) + 20 * len(layer.clusters) >= SHEET_FROM


class MarkSheet:
    """The marks of one viewport as a picture. What it shows is the same as if all were drawn anew."""

    def __init__(self) -> None:
        self._placed: Placed | None = None
        self._pixmap = QPixmap()

    def clear(self) -> None:
        """Let go of the picture."""
        self._placed, self._pixmap = None, QPixmap()

    def paint(self, painter: QPainter, wanted: Placed, size: tuple[int, int], *, moving: bool) -> None:
        """Draw the marks as `wanted` on a viewport of `size` device pixels."""
        known = self._placed
        if (
            known is None
            or (self._pixmap.width(), self._pixmap.height()) != size
            or known.ratio != wanted.ratio
        ):
            self._draw_all(wanted, size)
        else:
            shift = _shift(known.view, wanted.view, size, _BESIDE_MOVING if moving else _BESIDE)
            changed = None if shift is None else changed_marks(known, wanted)
            if shift is None or changed is None:
                self._draw_all(wanted, size)
            else:
                self._shift_and_mend(known, wanted, shift, changed)
        painter.drawPixmap(0, 0, self._pixmap)

    def _draw_all(self, wanted: Placed, size: tuple[int, int]) -> None:
        if (self._pixmap.width(), self._pixmap.height()) != size:
            self._pixmap = QPixmap(*size)
        self._pixmap.fill(Qt.GlobalColor.transparent)
        self._draw(wanted)
        self._placed = wanted

    def _shift_and_mend(
        self, known: Placed, wanted: Placed, shift: tuple[int, int], changed: tuple[list[int], list[int]]
    ) -> None:
        parts: list[QRect] = []
        if shift != (0, 0):
            self._pixmap.scroll(*shift, self._pixmap.rect())
            parts += _uncovered(self._pixmap.rect(), shift)
            known = known.moved(_shifted(known.view, shift))
        # what lies on the sheet already was drawn at this view; what is added must lie on it as exactly
        wanted = wanted.moved(known.view)
        parts += [box.toAlignedRect() for box in boxes_of(known, wanted, changed)]
        if parts:
            self._draw(wanted, parts)
        self._placed = wanted

    def _draw(self, placed: Placed, only: Sequence[QRect] = ()) -> None:
        """Draw the marks that touch these parts, within them; all of them when there are none."""
        whole = self._pixmap.rect()
        touching = np.zeros(len(placed.places), np.bool_)
        for part in only or [whole]:
            if part.intersects(whole):
                touching |= placed.touching(part.left(), part.top(), part.right() + 1, part.bottom() + 1)
        painter = QPainter(self._pixmap)
        try:
            region = QRegion()
            for part in only:
                region = region.united(part)
            if only:
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
                # one by one: a fill through a clip of several parts takes as long as all of the viewport
                for part in only:
                    painter.fillRect(part, Qt.GlobalColor.transparent)
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
                painter.setClipRegion(region)
            paint_clusters(painter, placed, [QRectF(part) for part in only or [whole]])
            paint_marks(painter, placed, touching)
        finally:
            painter.end()


def _uncovered(whole: QRect, shift: tuple[int, int]) -> list[QRect]:
    """The strips of a picture that nothing covers after it was shifted."""
    (dx, dy), (width, height) = shift, (whole.width(), whole.height())
    across = QRect(0 if dx > 0 else width + dx, 0, abs(dx), height)
    down = QRect(0, 0 if dy > 0 else height + dy, width, abs(dy))
    return [strip for strip in (across, down) if not strip.isEmpty()]


def _shift(
    before: ViewTransform, now: ViewTransform, size: tuple[int, int], beside: float
) -> tuple[int, int] | None:
    """By how many device pixels everything moved; None where no such shift brings it to its place.

    `beside` is how far a place may then be off, at worst, in a corner of the viewport.
    """
    if (before.orientation, before.columns, before.rows) != (now.orientation, now.columns, now.rows):
        return None
    corners = [before.to_image(x, y) for x in (0, size[0]) for y in (0, size[1])]
    moved = to_screen(now, as_array(corners)) - to_screen(before, as_array(corners))
    shift = np.rint(moved.mean(axis=0))
    if np.abs(moved - shift).max() > beside:
        return None
    return int(shift[0]), int(shift[1])


def _shifted(view: ViewTransform, shift: tuple[int, int]) -> ViewTransform:
    return replace(view, left=view.left + shift[0], top=view.top + shift[1])


def boxes_of(known: Placed, wanted: Placed, changed: tuple[list[int], list[int]]) -> list[QRectF]:
    """Where marks that look otherwise, and the lines around clusters that do, were and are."""
    boxes = [placed.box(at) for placed, which in zip((known, wanted), changed, strict=True) for at in which]
    if known.looks != wanted.looks:
        for placed, other in ((known, wanted), (wanted, known)):
            kept = set(other.looks)
            boxes += [
                box for look, box in zip(placed.looks, placed.line_boxes, strict=True) if look not in kept
            ]
    return boxes


def changed_marks(known: Placed, wanted: Placed) -> tuple[list[int], list[int]] | None:
    """Places of the marks that look otherwise, before and now; None when these are many."""
    before, now = known.layer, wanted.layer
    if known.symbol_ratio != wanted.symbol_ratio:
        return None
    if before is now and known.chosen is wanted.chosen and known.hidden == wanted.hidden:
        return [], []
    old, new = changed_places(before, now)
    old_kept = np.setdiff1d(np.arange(len(before.rows)), old, assume_unique=True)
    new_kept = np.setdiff1d(np.arange(len(now.rows)), new, assume_unique=True)
    if len(old_kept) != len(new_kept):
        return None
    other = _looks(known, old_kept) != _looks(wanted, new_kept)
    changed = [*old, *old_kept[other]], [*new, *new_kept[other]]
    return changed if max(map(len, changed)) <= _MENDED_AT_MOST else None


def _looks(placed: Placed, which: NDArray[np.intp]) -> NDArray[np.int8]:
    """Whether marks are selected, dimmed or hidden, as one number each."""
    hidden = np.zeros(len(placed.places), np.bool_)
    if placed.hidden is not None:
        hidden[placed.hidden] = True
    looks: NDArray[np.int8] = (placed.chosen + 2 * placed.layer.faint + 4 * hidden).astype(np.int8)
    return looks[which]
