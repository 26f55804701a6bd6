"""What is proposed for labelling on one picture: drawn cyan and dashed, unlike any mark of the reader, and pointed at.

The program's own candidates are rings; marks of CAD reports are triangles, or their outline where that is larger.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from annotator.analysis.mark_table import Points
from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.ui import theme
from annotator.ui.marks.hit_test import PointIndex, to_screen
from annotator.ui.marks.painting import FAINT, HALO, stamp
from annotator.ui.pictures.picture import Picture

RADIUS_PX = 9.0
"""Of the ring, in logical pixels: open enough that the spot inside is seen, larger than the symbol of a mark."""
BESIDE_PX = 4.0
"""How far outside the spot its ring runs where the spot is larger than that."""
DENSE_RATIO = 0.45
"""Rings are so much smaller where most of them would lie over others and hide the picture."""
_DASH = (3.0, 2.5)
_FEW = 12
_TICKS = ((1, 0), (-1, 0), (0, 1), (0, -1))


@dataclass(frozen=True, eq=False)
class CandidateLayer:
    """Candidates of one image: places and diameters in image pixels, the slice of each, and which belong to the line
    in hand. `tell` gives the key of the line that one belongs to, and words for who points at it. `cad` are marks of CAD
    reports (None: none is), `outlines` the corners of those that have an outline, by their place among the points.
    """

    points: Points
    diameters: NDArray[np.float64]
    frames: NDArray[np.int32]
    current: NDArray[np.bool_]
    tell: Callable[[int], tuple[str, str]]
    cad: NDArray[np.bool_] | None = None
    outlines: Mapping[int, Points] = field(default_factory=dict)

    @property
    def of_cad(self) -> NDArray[np.bool_]:
        """Which are marks of CAD reports."""
        return np.zeros(len(self.points), np.bool_) if self.cad is None else self.cad

    @cached_property
    def index(self) -> PointIndex:
        """Made when the pointer first asks."""
        return PointIndex(self.points)


class ShownCandidates:
    """The candidates on the picture of one viewport. Nothing is drawn or hit while there is no layer."""

    def __init__(self) -> None:
        self.layer: CandidateLayer | None = None
        self._hovered: int | None = None

    def set_layer(self, layer: CandidateLayer | None) -> bool:
        """Show these; False when they are the very same."""
        if layer is self.layer:
            return False
        self.layer, self._hovered = layer, None
        return True

    def hover(
        self, point: ImagePoint | None, picture: Picture | None, view: ViewTransform, ratio: float
    ) -> bool:
        """The pointer is over a point of the picture, or over none; True when other words are to be said."""
        before, self._hovered = self._hovered, self._at(point, picture, view, ratio)
        return self._hovered != before

    def key_at(self, point: ImagePoint, picture: Picture | None, view: ViewTransform, ratio: float) -> str:
        """The line of the candidate under the hand, '' when there is none."""
        at = self._at(point, picture, view, ratio)
        return "" if at is None or self.layer is None else self.layer.tell(at)[0]

    @property
    def hovered_words(self) -> str:
        """What is said of the candidate under the pointer, '' when there is none."""
        return "" if self._hovered is None or self.layer is None else self.layer.tell(self._hovered)[1]

    def paint(
        self, painter: QPainter, picture: Picture, view: ViewTransform, size: tuple[int, int], ratio: float
    ) -> None:
        """Draw those in sight in device pixels, of a stack those on the slices shown and, dimmed, beside them."""
        layer = self.layer
        if layer is None or not len(layer.points):
            return
        sharp, seen = _on(layer, picture)
        places, radii = to_screen(view, layer.points), _radii(layer, view, ratio)
        beyond = 3 * radii[:, None]
        seen &= np.all((places > -beyond) & (places < np.array(size) + beyond), axis=1)
        if not seen.any():
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small, cad = radii <= RADIUS_PX * ratio, layer.of_cad
        dense = _crowded(places[seen & small & ~layer.current & ~cad], ratio)
        for group, opacity in ((seen & ~sharp, FAINT), (seen & sharp, 1.0)):
            painter.setOpacity(opacity)
            for at in np.flatnonzero(group & cad):
                self._paint_cad(painter, layer, int(at), view, ratio)
            own = group & ~cad
            plain = own & ~layer.current
            stamp(painter, _ring(ratio * (DENSE_RATIO if dense else 1.0)), places[plain & small])
            for at in np.flatnonzero(plain & ~small):
                _draw(painter, places[at], float(radii[at]), ratio, 1.4)
            for at in np.flatnonzero(own & layer.current):
                _draw(painter, places[at], float(radii[at]), ratio, 2.2)
                _draw_ticks(painter, places[at], float(radii[at]), ratio)
        painter.restore()

    def _paint_cad(
        self, painter: QPainter, layer: CandidateLayer, at: int, view: ViewTransform, ratio: float
    ) -> None:
        current = bool(layer.current[at])
        place = to_screen(view, layer.points[at : at + 1])[0]
        outline = layer.outlines.get(at)
        radius = RADIUS_PX * ratio
        corners = _triangle(place, radius)
        if outline is not None:
            around = to_screen(view, outline)
            if float(np.ptp(around, axis=0).max()) > 2 * radius:
                corners = around
        _draw_corners(painter, corners, ratio, 2.2 if current else 1.4)
        if current:
            _draw_ticks(painter, place, radius, ratio)

    def _at(
        self, point: ImagePoint | None, picture: Picture | None, view: ViewTransform, ratio: float
    ) -> int | None:
        layer = self.layer
        if layer is None or point is None or picture is None or not len(layer.points):
            return None
        across, down = (
            (view.scale_down, view.scale) if view.orientation.transpose else (view.scale, view.scale_down)
        )
        found = layer.index.nearest(point, RADIUS_PX * ratio, across, down)
        return found if found is not None and bool(_on(layer, picture)[1][found]) else None


def _on(layer: CandidateLayer, picture: Picture) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which lie on what is shown, and which are shown at all."""
    sharp = np.isin(layer.frames, list(picture.numbers))
    return sharp, sharp | np.isin(layer.frames, list(picture.near))


def _crowded(places: Points, ratio: float) -> bool:
    """Whether rings of the usual size would mostly lie over one another."""
    if len(places) < _FEW:
        return False
    cells = np.floor(places / (2 * RADIUS_PX * ratio))
    return 1.5 * len(np.unique(cells, axis=0)) < len(places)


def _radii(layer: CandidateLayer, view: ViewTransform, ratio: float) -> NDArray[np.float64]:
    outside = layer.diameters / 2 * view.scale + BESIDE_PX * ratio
    return np.asarray(np.maximum(outside, RADIUS_PX * ratio))


def _pens(ratio: float, width: float) -> tuple[QPen, QPen]:
    """The dark rim, and the dashes over it."""
    rim = QPen(HALO, (width + 1.6) * ratio)
    dashes = QPen(QColor(theme.CANDIDATE), width * ratio)
    dashes.setDashPattern(list(_DASH))
    dashes.setCapStyle(Qt.PenCapStyle.FlatCap)
    return rim, dashes


@lru_cache(maxsize=16)
def _ring(ratio: float) -> QPixmap:
    """The ring of a small spot, drawn once."""
    radius = RADIUS_PX * ratio
    side = 2 * math.ceil(radius + 2 * ratio) + 1
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _draw(painter, np.array([side / 2, side / 2]), radius, ratio, 1.4)
    finally:
        painter.end()
    return pixmap


def _draw(painter: QPainter, place: Points, radius: float, ratio: float, width: float) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in _pens(ratio, width):
        painter.setPen(pen)
        painter.drawEllipse(QPointF(*place), radius, radius)


def _triangle(place: Points, radius: float) -> Points:
    """An upright triangle whose corners lie on a circle around a place."""
    angles = np.radians([-90.0, 30.0, 150.0])
    return np.asarray(place + 1.2 * radius * np.column_stack([np.cos(angles), np.sin(angles)]))


def _draw_corners(painter: QPainter, corners: Points, ratio: float, width: float) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    shape = QPolygonF([QPointF(*corner) for corner in corners.tolist()])
    for pen in _pens(ratio, width):
        painter.setPen(pen)
        painter.drawPolygon(shape)


def _draw_ticks(painter: QPainter, place: Points, radius: float, ratio: float) -> None:
    """Four short lines outside the ring: the candidate in hand is found at a glance."""
    middle = QPointF(*place)
    ways = [QPointF(*way) for way in _TICKS]
    near, far = radius + 3 * ratio, radius + 11 * ratio
    lines = [QLineF(middle + way * near, middle + way * far) for way in ways]
    rim, _ = _pens(ratio, 2.2)
    for pen in (rim, QPen(QColor(theme.CANDIDATE), 2.2 * ratio)):
        painter.setPen(pen)
        painter.drawLines(lines)
