"""Draws marks in device pixels: symbols at low zoom, measured outlines at high zoom, each kind in one stroke."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF, QTransform

from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.model.mark import Mark, MarkKind, SpotMeasurement
from annotator.ui import theme
from annotator.ui.hit_test import Points, to_screen
from annotator.ui.mark_layer import MarkLayer

SELECTED = "#ffffff"
SYMBOL_RADIUS = 6.0
OUTLINE_FROM_PX = 14.0
FAINT = 0.4
"""Opacity of what lies on a slice beside the one shown."""
HALO = QColor(0, 0, 0, 150)
_OUTLINES_KEPT = 20_000


def transform_of(view: ViewTransform) -> QTransform:
    """`view` as Qt's matrix, from stored image coordinates to device pixels."""
    zero, across, down = (view.to_screen(ImagePoint(*at)) for at in ((0, 0), (1, 0), (0, 1)))
    return QTransform(
        across[0] - zero[0], across[1] - zero[1], down[0] - zero[0], down[1] - zero[1], zero[0], zero[1]
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """Marks of a layer as they lie at `view`; `chosen` are selected, `hidden` is not drawn.

    `places` on the screen, and around each the half side `reach` of a box that holds all that is drawn of it.
    """

    layer: MarkLayer
    view: ViewTransform
    ratio: float
    chosen: NDArray[np.bool_]
    hidden: int | None
    places: Points
    reach: NDArray[np.float64]

    @classmethod
    def at(
        cls,
        layer: MarkLayer,
        view: ViewTransform,
        ratio: float,
        chosen: NDArray[np.bool_],
        hidden: int | None,
    ) -> Placed:
        """Place all marks of a layer."""
        reach = 3 * SYMBOL_RADIUS * ratio + layer.reaches * max(view.scale, view.scale_down)
        return cls(layer, view, ratio, chosen, hidden, to_screen(view, layer.points), reach)

    def is_of(
        self,
        layer: MarkLayer,
        view: ViewTransform,
        ratio: float,
        chosen: NDArray[np.bool_],
        hidden: int | None,
    ) -> bool:
        """Whether `at` would make this very one."""
        same = self.layer is layer and self.chosen is chosen
        return same and (self.view, self.ratio, self.hidden) == (view, ratio, hidden)

    def touching(self, left: float, top: float, right: float, bottom: float) -> NDArray[np.bool_]:
        """Which of them reach into a rectangle of the screen."""
        low, high = self.places - self.reach[:, None], self.places + self.reach[:, None]
        return np.asarray(np.all((high > (left, top)) & (low < (right, bottom)), axis=1))

    def box(self, index: int) -> QRectF:
        """Everything that is drawn of one mark lies in it."""
        (x, y), reach = self.places[index], float(self.reach[index])
        return QRectF(x - reach, y - reach, 2 * reach, 2 * reach)


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
                stamp(painter, symbol(kind, colour, placed.ratio), placed.places[group & ~outlined])
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
    for pen in (QPen(HALO, 3 * ratio), QPen(QColor(colour), 1.4 * ratio)):
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
    for x, y in np.floor(places - half).astype(int).tolist():
        draw(x, y, pixmap)


def stroke(painter: QPainter, path: QPainterPath, colour: str, width: float, ratio: float) -> None:
    """A line with a dark rim, so that it is seen on dense tissue as well; as wide at any zoom of the painter."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(HALO, (width + 1.6) * ratio), QPen(QColor(colour), width * ratio)):
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawPath(path)


def stroke_in_image(
    painter: QPainter, path: QPainterPath, view: ViewTransform, colour: str, width: float, ratio: float
) -> None:
    """`stroke` of a path in image coordinates."""
    painter.save()
    painter.setTransform(transform_of(view), True)
    stroke(painter, path, colour, width, ratio)
    painter.restore()


def _paint_outlines(
    painter: QPainter, placed: Placed, which: NDArray[np.intp], kind: MarkKind, colour: str
) -> None:
    """Measured outlines, one stroke for all of a kind, with a small symbol of the kind beside each."""
    if not len(which):
        return
    path, signs, ratio = QPainterPath(), [], placed.ratio
    to_device = transform_of(placed.view)
    for index in which:
        shape = _outline_of(placed.layer.mark(index))
        path.addPath(shape)
        bounds = to_device.mapRect(shape.boundingRect())
        signs.append((bounds.right() + 9 * ratio, bounds.top() - 3 * ratio))
    stroke_in_image(painter, path, placed.view, colour, 1.3, ratio)
    stamp(painter, symbol(kind, colour, ratio * 0.75), np.array(signs))


_outlines: dict[str, tuple[SpotMeasurement, QPainterPath]] = {}


def _outline_of(mark: Mark) -> QPainterPath:
    """The measured outline of a mark in image coordinates, a circle where there is none; kept once made."""
    measured = mark.measurement
    assert measured is not None, "only what was measured has a diameter"
    known = _outlines.get(mark.id)
    if known is not None and known[0] is measured:
        return known[1]
    path = QPainterPath()
    if len(measured.outline) > 2:
        path.addPolygon(QPolygonF([QPointF(p.column, p.row) for p in measured.outline]))
        path.closeSubpath()
    else:
        radius = measured.diameter_px / 2
        path.addEllipse(QPointF(measured.center.column, measured.center.row), radius, radius)
    if len(_outlines) >= _OUTLINES_KEPT:
        _outlines.clear()
    _outlines[mark.id] = measured, path
    return path
