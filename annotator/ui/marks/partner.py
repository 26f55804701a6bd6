"""Where the partner of a finding may lie on a picture: a quiet band, numbered groups, and the chest wall as drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from annotator.analysis.breast.location import BreastOnImage
from annotator.model.geometry import ImagePoint, PixelSpacing, ViewTransform
from annotator.model.mark import MarkKind
from annotator.model.partner import PartnerBand, PartnerProposal
from annotator.ui import theme
from annotator.ui.marks.painting import stroke
from annotator.ui.marks.tools import Canvas, Gesture, MarkingHost, MarkTool, Preview, Touch
from annotator.ui.pictures.picture import Picture

RING_MM = 3.0
"""A ring lies so far outside the outermost mark of its group."""
_BAND_WIDTH, _RING_WIDTH = 1.0, 1.4
_STEPS = 360
_GROUND = QColor(0, 0, 0, 215)


@dataclass(frozen=True, eq=False)
class PartnerLayer:
    """What is drawn on one image; `tissue` tells where the breast is, so that the band ends at the skin.

    `wall` is the chest wall as the reader drew it where `wall_drawn`, else as found on the picture.
    """

    band: PartnerBand
    proposals: tuple[PartnerProposal, ...]
    spacing: PixelSpacing
    tissue: BreastOnImage
    wall: tuple[ImagePoint, ImagePoint] | None = None
    wall_drawn: bool = False

    def proposal_at(self, point: ImagePoint) -> PartnerProposal | None:
        """The proposal whose ring is round a place, the likeliest of several."""
        return next((one for one in self.proposals if self._away_mm(one, point) <= radius_mm(one)), None)

    def numbered(self, number: int) -> PartnerProposal | None:
        """The proposal with a number."""
        return next((one for one in self.proposals if one.number == number), None)

    def _away_mm(self, one: PartnerProposal, point: ImagePoint) -> float:
        return self.spacing.distance(one.middle, point).value


def radius_mm(proposal: PartnerProposal) -> float:
    """Of the ring round a group."""
    return proposal.extent_mm / 2 + RING_MM


def paint_partner(painter: QPainter, layer: PartnerLayer, view: ViewTransform, ratio: float) -> None:
    """The edges of the band, dotted, and the groups that were found, each in a ring with its number."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    band = layer.band
    for distance in (band.distance.value - band.half_mm, band.distance.value + band.half_mm):
        if distance > 0:
            _paint_arc(painter, layer, distance, view, ratio)
    if layer.wall is not None and not layer.wall_drawn:
        path = QPainterPath(QPointF(*view.to_screen(layer.wall[0])))
        path.lineTo(QPointF(*view.to_screen(layer.wall[1])))
        _dashed(painter, path, ratio)
    for proposal in layer.proposals:
        _paint_proposal(painter, layer, proposal, view, ratio)
    painter.restore()


def paint_wall(
    painter: QPainter, ends: tuple[ImagePoint, ImagePoint], view: ViewTransform, ratio: float
) -> None:
    """The chest wall as the reader drew it, in the blue of the nipple."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath(QPointF(*view.to_screen(ends[0])))
    path.lineTo(QPointF(*view.to_screen(ends[1])))
    stroke(painter, path, theme.ACCENT, 1.4, ratio)


def _paint_arc(
    painter: QPainter, layer: PartnerLayer, distance_mm: float, view: ViewTransform, ratio: float
) -> None:
    path = QPainterPath()
    for stretch in _stretches(layer, distance_mm):
        path.moveTo(QPointF(*view.to_screen(stretch[0])))
        for point in stretch[1:]:
            path.lineTo(QPointF(*view.to_screen(point)))
    _dashed(painter, path, ratio)


def _dashed(painter: QPainter, path: QPainterPath, ratio: float) -> None:
    """A thin line of dashes on a dark rim."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (
        QPen(QColor(0, 0, 0, 120), (_BAND_WIDTH + 1.4) * ratio),
        QPen(QColor(theme.ACCENT), _BAND_WIDTH * ratio, Qt.PenStyle.DashLine),
    ):
        painter.setPen(pen)
        painter.drawPath(path)


def _stretches(layer: PartnerLayer, distance_mm: float) -> Iterator[list[ImagePoint]]:
    """The parts of a circle about the nipple that lie in the breast, in front of the chest wall."""
    nipple, spacing = layer.band.nipple, layer.spacing
    around = np.linspace(0, 2 * math.pi, _STEPS + 1)
    columns = nipple.column + distance_mm / spacing.column_mm * np.cos(around)
    rows = nipple.row + distance_mm / spacing.row_mm * np.sin(around)
    inside = _in_breast(layer.tissue, columns, rows) & _before_wall(layer, columns, rows)
    stretch: list[ImagePoint] = []
    for column, row, seen in zip(columns.tolist(), rows.tolist(), inside.tolist(), strict=True):
        if seen:
            stretch.append(ImagePoint(column, row))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _in_breast(
    breast: BreastOnImage, columns: NDArray[np.float64], rows: NDArray[np.float64]
) -> NDArray[np.bool_]:
    down, across = breast.outline.shape
    cells = np.floor(columns / breast.block).astype(int), np.floor(rows / breast.block).astype(int)
    within = (cells[0] >= 0) & (cells[0] < across) & (cells[1] >= 0) & (cells[1] < down)
    seen = within.copy()
    if breast.outline.any():
        seen[within] = breast.outline[cells[1][within], cells[0][within]]
    return np.asarray(seen)


def _before_wall(
    layer: PartnerLayer, columns: NDArray[np.float64], rows: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which places lie on the nipple's side of the chest wall; all of them where none is known."""
    if layer.wall is None:
        return np.ones(len(columns), np.bool_)
    (a, b), nipple = layer.wall, layer.band.nipple
    along, down = b.column - a.column, b.row - a.row

    def side(column: NDArray[np.float64], row: NDArray[np.float64]) -> NDArray[np.float64]:
        return along * (row - a.row) - down * (column - a.column)

    mine = side(np.array([nipple.column]), np.array([nipple.row]))[0]
    return np.asarray(side(columns, rows) * mine >= 0)


def _paint_proposal(
    painter: QPainter, layer: PartnerLayer, proposal: PartnerProposal, view: ViewTransform, ratio: float
) -> None:
    middle, radius = proposal.middle, radius_mm(proposal)
    right = ImagePoint(middle.column + radius / layer.spacing.column_mm, middle.row)
    centre = QPointF(*view.to_screen(middle))
    reach = math.hypot(*(QPointF(*view.to_screen(right)) - centre).toTuple())
    colour = QColor(theme.ACCENT)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (
        QPen(QColor(0, 0, 0, 140), (_RING_WIDTH + 1.4) * ratio),
        QPen(
            colour, _RING_WIDTH * ratio, Qt.PenStyle.SolidLine if proposal.mark_ids else Qt.PenStyle.DashLine
        ),
    ):
        painter.setPen(pen)
        painter.drawEllipse(centre, reach, reach)
    _letter(painter, str(proposal.number), centre - QPointF(reach, 0), ratio)


def _letter(painter: QPainter, text: str, at: QPointF, ratio: float) -> None:
    font = QFont()
    font.setPixelSize(round(14 * ratio))
    font.setBold(True)
    metrics = QFontMetricsF(font)
    size = metrics.height()
    box = QRectF(at.x() - size - 2 * ratio, at.y() - size / 2, size, size)
    painter.setFont(font)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_GROUND)
    painter.drawEllipse(box)
    painter.setPen(QColor(theme.ACCENT))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


@dataclass(frozen=True)
class PartnerTool:
    """A click into a numbered ring takes that group; elsewhere, and with Alt, it marks as the mark tool does."""

    host: MarkingHost
    kind: MarkKind
    layer: PartnerLayer
    take: Callable[[PartnerProposal], object]
    looks: ClassVar[bool] = False

    @property
    def hint(self) -> str:
        """For the status line."""
        one = (
            "click a ring, or its number on the keyboard: those marks join · " if self.layer.proposals else ""
        )
        return f"{one}click elsewhere: mark it there · Esc: leave the partner view"

    def gesture(self, canvas: Canvas, press: Touch) -> Gesture:
        """A drag does what it does with the mark tool."""
        hit = None if press.force or press.extend else self.layer.proposal_at(press.point)
        if hit is None:
            yield from MarkTool(self.host, self.kind).gesture(canvas, press)
            return
        touch, dragged = press, False
        while not touch.released:
            touch = yield None
            if touch.back:
                return
            dragged = dragged or canvas.is_drag(press, touch)
        if not dragged:
            self.take(hit)


@dataclass(frozen=True)
class ChestWallTool:
    """A drag is the chest wall of the image; `drawn` is called with the picture and both ends."""

    drawn: Callable[[Picture, tuple[ImagePoint, ImagePoint]], object]
    hint: str = "drag along the chest wall, on an MLO along the edge of the muscle · Esc: leave it"
    looks: ClassVar[bool] = False

    def gesture(self, canvas: Canvas, press: Touch) -> Gesture:
        """From where the hand goes down to where it lets go."""
        picture = canvas.picture
        if picture is None or not picture.holds(press.point):
            return
        touch, dragged = press, False
        while not touch.released:
            end = picture.nearest_inside(touch.point)
            touch = yield Preview(outline=(press.point, end)) if dragged else None
            if touch.back:
                return
            dragged = dragged or canvas.is_drag(press, touch)
        if dragged:
            self.drawn(picture, (press.point, picture.nearest_inside(touch.point)))


def numbers(proposals: Sequence[PartnerProposal]) -> str:
    """Which keys take something: "1", "1 or 2", "1 to 4"."""
    return {1: "1", 2: "1 or 2"}.get(len(proposals), f"1 to {len(proposals)}")
