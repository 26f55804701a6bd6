"""Draws marks and clusters in device pixels: symbols at low zoom, measured outlines at high zoom.

All outlines of a kind go to Qt in one call as single lines. As one path they would take twenty times as
long, because Qt then asks of every pixel which of all the lines cover it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF, QTransform

from annotator.analysis.mark_table import Points
from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.model.mark import Mark, MarkKind, SpotMeasurement
from annotator.ui import theme
from annotator.ui.marks.cluster_shapes import ClusterShape, closed_line
from annotator.ui.marks.hit_test import to_screen
from annotator.ui.marks.layer import MarkLayer

SELECTED = "#ffffff"
SYMBOL_RADIUS = 6.0
CROWDED_FROM = 200
"""From so many marks of a picture on symbols are half as large where they would hide more than half of it."""

OUTLINE_FROM_PX = 14.0
FAINT = 0.4
"""Opacity of what lies on a slice beside the one shown."""
HALO = QColor(0, 0, 0, 150)
_OUTLINES_KEPT = 20_000
AXIS_OPACITY = 0.6
END_PX = 2.0
"""How far the bars across the ends of a linear piece reach at least, in image pixels to either side."""


def transform_of(view: ViewTransform) -> QTransform:
    """`view` as Qt's matrix, from stored image coordinates to device pixels."""
    zero, across, down = (view.to_screen(ImagePoint(*at)) for at in ((0, 0), (1, 0), (0, 1)))
    return QTransform(
        across[0] - zero[0], across[1] - zero[1], down[0] - zero[0], down[1] - zero[1], zero[0], zero[1]
    )


@dataclass(frozen=True, slots=True)
class ClusterLook:
    """How the line around a cluster is drawn; `width` in logical pixels."""

    shape: ClusterShape
    opacity: float
    colour: str
    width: float


@dataclass(frozen=True, slots=True)
class Placed:
    """Marks of a layer as they lie at `view`; `chosen` are selected, `hidden` is not drawn.

    `places` on the screen, and around each the half side `reach` of a box that holds all that is drawn of it;
    `line_boxes` hold the lines around clusters, one of each of the `looks`. `symbol_ratio` is the size of symbols.
    """

    layer: MarkLayer
    view: ViewTransform
    ratio: float
    chosen: NDArray[np.bool_]
    hidden: int | None
    places: Points
    reach: NDArray[np.float64]
    looks: tuple[ClusterLook, ...] = ()
    line_boxes: tuple[QRectF, ...] = ()
    symbol_ratio: float = 1.0

    @classmethod
    def at(
        cls,
        layer: MarkLayer,
        view: ViewTransform,
        ratio: float,
        chosen: NDArray[np.bool_],
        hidden: int | None,
        looks: tuple[ClusterLook, ...] = (),
    ) -> Placed:
        """Place all marks of a layer."""
        reach = 3 * SYMBOL_RADIUS * ratio + layer.reaches * max(view.scale, view.scale_down)
        places, to_device = to_screen(view, layer.points), transform_of(view)
        boxes = tuple(_line_box(look, to_device, ratio) for look in looks)
        size = ratio / 2 if _crowded(layer, view, ratio) else ratio
        return cls(layer, view, ratio, chosen, hidden, places, reach, looks, boxes, size)

    def is_of(
        self,
        layer: MarkLayer,
        view: ViewTransform,
        ratio: float,
        chosen: NDArray[np.bool_],
        hidden: int | None,
        looks: tuple[ClusterLook, ...],
    ) -> bool:
        """Whether `at` would make this very one."""
        same = self.layer is layer and self.chosen is chosen
        return same and (self.view, self.ratio, self.hidden, self.looks) == (view, ratio, hidden, looks)

    def moved(self, view: ViewTransform) -> Placed:
        """The same at another view."""
        if view == self.view:
            return self
        return Placed.at(self.layer, view, self.ratio, self.chosen, self.hidden, self.looks)

    def touching(self, left: float, top: float, right: float, bottom: float) -> NDArray[np.bool_]:
        """Which of them reach into a rectangle of the screen."""
        low, high = self.places - self.reach[:, None], self.places + self.reach[:, None]
        return np.asarray(np.all((high > (left, top)) & (low < (right, bottom)), axis=1))

    def box(self, index: int) -> QRectF:
        """Everything that is drawn of one mark lies in it."""
        (x, y), reach = self.places[index], float(self.reach[index])
        return QRectF(x - reach, y - reach, 2 * reach, 2 * reach)


def _crowded(layer: MarkLayer, view: ViewTransform, ratio: float) -> bool:
    covered = len(layer.rows) * (2 * SYMBOL_RADIUS * ratio) ** 2
    return len(layer.rows) >= CROWDED_FROM and covered > layer.area * view.scale * view.scale_down / 2


def _line_box(look: ClusterLook, to_device: QTransform, ratio: float) -> QRectF:
    """Everything that is drawn of the line around a cluster lies in it."""
    edge = (look.width + 3) * ratio
    return to_device.mapRect(look.shape.bounds).adjusted(-edge, -edge, edge, edge)


def paint_marks(painter: QPainter, placed: Placed, these: NDArray[np.bool_]) -> None:
    """Draw some marks: unselected first, micro before macro, dimmed before clear, one stroke or stamp for each."""
    layer = placed.layer
    seen = these.copy()
    if placed.hidden is not None:
        seen[placed.hidden] = False
    if not seen.any():
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outlined = layer.diameters * placed.view.scale >= OUTLINE_FROM_PX * placed.ratio
    for picked, colour in ((False, theme.MARK), (True, SELECTED)):
        for macro, kind in ((False, MarkKind.MICRO), (True, MarkKind.MACRO)):
            for faint in (True, False):
                group = seen & (placed.chosen == picked) & (layer.macro == macro) & (layer.faint == faint)
                if not group.any():
                    continue
                painter.setOpacity(FAINT if faint else 1.0)
                stamp(painter, symbol(kind, colour, placed.symbol_ratio), placed.places[group & ~outlined])
                _paint_outlines(painter, placed, np.flatnonzero(group & outlined), kind, colour)
    painter.setOpacity(1.0)


@lru_cache(maxsize=64)
def symbol(kind: MarkKind, colour: str, ratio: float) -> QPixmap:
    """A circle for micro, a diamond for macro: told apart by shape, not colour."""
    radius = SYMBOL_RADIUS * ratio
    side = 2 * math.ceil(radius + 2 * ratio) + 1
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = QPointF(side / 2, side / 2)
    # small ones must be seen on dense tissue as well
    for pen in (QPen(HALO, max(3 * ratio, 2.2)), QPen(QColor(colour), max(1.4 * ratio, 1.0))):
        painter.setPen(pen)
        if kind is MarkKind.MACRO:
            reach = radius * 1.15
            offsets = ((0, -reach), (reach, 0), (0, reach), (-reach, 0))
            painter.drawPolygon(QPolygonF([middle + QPointF(*offset) for offset in offsets]))
        else:
            painter.drawEllipse(middle, radius, radius)
    painter.end()
    return pixmap


def stamp(painter: QPainter, pixmap: QPixmap, places: Points) -> None:
    """One ready-made symbol at many places: ten thousand in some 5 ms, where stroking takes a second."""
    half = (pixmap.width() - 1) / 2
    draw = painter.drawPixmap
    # a place that lies on a whole pixel stays on it, however its coordinate was rounded
    for x, y in np.floor(places - (half - 1e-6)).astype(int).tolist():
        draw(x, y, pixmap)


def stroke(painter: QPainter, path: QPainterPath, colour: str, width: float, ratio: float) -> None:
    """A line with a dark rim, so that it is seen on dense tissue as well; as wide at any zoom of the painter."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in _pens(colour, width, ratio):
        painter.setPen(pen)
        painter.drawPath(path)


def draw_lines(
    painter: QPainter, lines: list[QLineF], view: ViewTransform, colour: str, width: float, ratio: float
) -> None:
    """Lines in image coordinates, with a dark rim as `stroke` has."""
    painter.save()
    painter.setTransform(transform_of(view), True)
    for pen in _pens(colour, width, ratio):
        painter.setPen(pen)
        painter.drawLines(lines)
    painter.restore()


def _pens(colour: str, width: float, ratio: float) -> tuple[QPen, QPen]:
    """The rim, half a pixel at either side, and the line. Both are opaque: what shines through takes Qt ten
    times as long.
    """
    rim, line = QPen(Qt.GlobalColor.black, (width + 1) * ratio), QPen(QColor(colour), width * ratio)
    for pen in (rim, line):
        pen.setCosmetic(True)
    return rim, line


def paint_clusters(painter: QPainter, placed: Placed, rooms: Sequence[QRectF]) -> None:
    """The lines around clusters that reach into one of `rooms`, all that look alike in one call."""
    alike: dict[tuple[float, str, float], list[QLineF]] = {}
    for look, box in zip(placed.looks, placed.line_boxes, strict=True):
        if any(box.intersects(room) for room in rooms):
            alike.setdefault((look.opacity, look.colour, look.width), []).extend(look.shape.lines)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for (opacity, colour, width), lines in alike.items():
        painter.setOpacity(opacity)
        draw_lines(painter, lines, placed.view, colour, width, placed.ratio)
    painter.setOpacity(1.0)


def _paint_outlines(
    painter: QPainter, placed: Placed, which: NDArray[np.intp], kind: MarkKind, colour: str
) -> None:
    """Measured outlines, all lines of a kind in one call, with a small symbol of the kind beside each.

    Of linear pieces the ends and, thin and faint, the axis: what it lies on is to be seen.
    """
    if not len(which):
        return
    lines: list[QLineF] = []
    axes: list[QLineF] = []
    signs, ratio = [], placed.ratio
    to_device = transform_of(placed.view)
    for index in which:
        outline = _outline_of(placed.layer.mark(index))
        lines += outline.lines
        axes += outline.axis
        bounds = to_device.mapRect(outline.bounds)
        signs.append((bounds.right() + 9 * ratio, bounds.top() - 3 * ratio))
    draw_lines(painter, lines, placed.view, colour, 1.3, ratio)
    if axes:
        painter.save()
        painter.setOpacity(painter.opacity() * AXIS_OPACITY)
        painter.setTransform(transform_of(placed.view), True)
        pen = QPen(QColor(colour), ratio)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(axes)
        painter.restore()
    stamp(painter, symbol(kind, colour, ratio * 0.75), np.array(signs))


@dataclass(frozen=True, slots=True)
class _Outline:
    """`lines` closed around the spot, with a bar across either end of a linear piece; `axis` from end to end."""

    measured: SpotMeasurement
    lines: list[QLineF]
    bounds: QRectF
    axis: list[QLineF]


_outlines: dict[str, _Outline] = {}


def _outline_of(mark: Mark) -> _Outline:
    """The measured outline of a mark in image coordinates, a circle where there is none; kept once made."""
    measured = mark.measurement
    assert measured is not None, "only what was measured has a diameter"
    known = _outlines.get(mark.id)
    if known is not None and known.measured is measured:
        return known
    corners = measured.outline if len(measured.outline) > 2 else _circle(measured)
    lines, bounds = closed_line(corners)
    axis, ends = _axis_and_ends(measured)
    if len(_outlines) >= _OUTLINES_KEPT:
        _outlines.clear()
    _outlines[mark.id] = made = _Outline(measured, [*lines, *ends], bounds, axis)
    return made


def _axis_and_ends(measured: SpotMeasurement) -> tuple[list[QLineF], list[QLineF]]:
    """The middle line of a linear piece, and a bar across each of its ends; nothing for others."""
    points = [QPointF(p.column, p.row) for p in measured.axis]
    if len(points) < 2:
        return [], []
    half = max(measured.width_px or 0.0, END_PX)
    bars = []
    for end, before in ((points[0], points[1]), (points[-1], points[-2])):
        way = end - before
        length = math.hypot(way.x(), way.y()) or 1.0
        across = QPointF(-way.y(), way.x()) * (half / length)
        bars.append(QLineF(end - across, end + across))
    return [QLineF(*two) for two in pairwise(points)], bars


def _circle(measured: SpotMeasurement) -> list[ImagePoint]:
    turns, radius = np.arange(24) * (math.pi / 12), measured.diameter_px / 2
    middle = measured.center
    return [
        ImagePoint(middle.column + radius * math.cos(t), middle.row + radius * math.sin(t)) for t in turns
    ]
