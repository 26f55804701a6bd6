"""A breast as seen from in front, to point at: quadrants and regions inside, the clock face around them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from annotator.lexicon.loader import Lexicon, Term
from annotator.model.finding import Quadrant
from annotator.model.image import Laterality
from annotator.ui.theme import ACCENT, ACCENT_FILL, DIM, PANEL, STRONG, TEXT

_HIGH_EMS = 9.5
_CLOCK, _BREAST, _CENTRAL, _AREOLA = 1.0, 0.72, 0.36, 0.18
"""Radii of the rim with the hours, the breast, its central part and the areola, of half the height."""
_TAIL_AT, _TAIL = (0.98, 45.0), 0.2
"""Where the axillary tail lies, beyond the hours, upwards and outwards, and its radius."""
_QUADRANTS: Mapping[tuple[bool, bool], Quadrant] = {
    (True, True): Quadrant.UPPER_OUTER,
    (True, False): Quadrant.UPPER_INNER,
    (False, True): Quadrant.LOWER_OUTER,
    (False, False): Quadrant.LOWER_INNER,
}
_ORDER = tuple(Quadrant)


class BreastClock(QWidget):
    """One stop of Tab: left and right go round the clock, up and down through the regions, Space says what is pointed at.

    Outer is to the left of a right breast and to the right of a left one; while no side is known, quadrants cannot be
    pointed at, and only the clock is. `quadrant_said` and `hour_said` follow the reader's own act only. What is
    measured is dashed.
    """

    quadrant_said = Signal(object)
    hour_said = Signal(object)

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon
        self._side: Laterality | None = None
        self._quadrant: Quadrant | None = None
        self._hour: int | None = None
        self._measured: Quadrant | None = None
        self._cursor: Quadrant | int | None = None
        self._hovered: Quadrant | int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Place in the breast")
        self._tell()

    def use_lexicon(self, lexicon: Lexicon) -> None:
        """Call the regions by the words of this edition."""
        self._lexicon = lexicon
        self._tell()

    def show_place(
        self,
        side: Laterality | None,
        quadrant: Quadrant | None,
        hour: int | None,
        measured: Quadrant | None = None,
    ) -> None:
        """Show what was said, of which side, and what was measured."""
        self._side = side if side in (Laterality.LEFT, Laterality.RIGHT) else None
        self._quadrant, self._hour, self._measured = quadrant, hour, measured
        self._tell()
        self.update()

    def region_at(self, at: QPointF) -> Quadrant | int | None:
        """What a place of the widget stands for: a quadrant or region, an hour, None beyond."""
        centre, half = self._frame()
        x, y = (at.x() - centre.x()) / half, (at.y() - centre.y()) / half
        if self._side is not None and math.dist((x, y), self._tail()) < _TAIL:
            return Quadrant.AXILLARY_TAIL
        radius = math.hypot(x, y)
        if radius > _CLOCK:
            return None
        if radius > _BREAST:
            return round(math.degrees(math.atan2(x, -y)) / 30) % 12 or 12
        if radius < _AREOLA:
            return Quadrant.SUBAREOLAR
        if radius < _CENTRAL:
            return Quadrant.CENTRAL
        return None if self._side is None else _QUADRANTS[y < 0, x * self._outwards > 0]

    def place_of(self, region: Quadrant | int) -> QPointF:
        """The middle of a region or hour on the widget."""
        centre, half = self._frame()
        if isinstance(region, int):
            turn, radius = math.radians(region * 30), (_CLOCK + _BREAST) / 2
            x, y = radius * math.sin(turn), -radius * math.cos(turn)
        elif region is Quadrant.AXILLARY_TAIL:
            x, y = self._tail()
        elif region is Quadrant.SUBAREOLAR:
            x, y = 0.0, 0.0
        elif region is Quadrant.CENTRAL:
            x, y = 0.0, (_AREOLA + _CENTRAL) / 2
        else:
            upper, outer = next(key for key, value in _QUADRANTS.items() if value is region)
            reach = (_CENTRAL + _BREAST) / 2 * math.sqrt(0.5)
            x, y = self._outwards * reach * (1 if outer else -1), -reach if upper else reach
        return QPointF(centre.x() + x * half, centre.y() + y * half)

    def sizeHint(self) -> QSize:
        high = round(_HIGH_EMS * self.fontMetrics().height())
        return QSize(round(high * 1.2), high)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hovered = self.region_at(event.position())
        self.setToolTip("" if self._hovered is None else self._word(self._hovered))
        self._explained_as(self._hovered)
        self.update()

    def leaveEvent(self, _event: object) -> None:
        self._hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        region = self.region_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and region is not None:
            self._say(region)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step_hour(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step_region(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Space and self._cursor is not None:
            self._say(self._cursor)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._cursor is None:
            self._cursor = self._quadrant or self._hour or 12
        self._tell()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint(painter)
        finally:
            painter.end()

    @property
    def _outwards(self) -> int:
        """Where outer is: -1 to the left, 1 to the right."""
        return -1 if self._side is Laterality.RIGHT else 1

    def _frame(self) -> tuple[QPointF, float]:
        return QPointF(self.width() / 2, self.height() / 2), self.height() / 2 - 2

    def _tail(self) -> tuple[float, float]:
        radius, turn = _TAIL_AT[0], math.radians(_TAIL_AT[1])
        return self._outwards * radius * math.sin(turn) * 1.2, -radius * math.cos(turn) * 1.14

    def _regions(self) -> tuple[Quadrant, ...]:
        whole = (Quadrant.CENTRAL, Quadrant.SUBAREOLAR)
        return _ORDER if self._side is not None else whole

    def _step_hour(self, by: int) -> None:
        now = self._cursor if isinstance(self._cursor, int) else None
        self._point_at((self._hour or 12) if now is None else (now + by - 1) % 12 + 1)

    def _step_region(self, by: int) -> None:
        regions = self._regions()
        known = [at for at, region in enumerate(regions) if region is self._cursor]
        at = known[0] + by if known else 0
        self._point_at(regions[at % len(regions)])

    def _point_at(self, region: Quadrant | int) -> None:
        self._cursor = region
        self._tell()
        self.update()

    def _say(self, region: Quadrant | int) -> None:
        self._cursor = region
        if isinstance(region, Quadrant):
            self.quadrant_said.emit(None if region is self._quadrant else region)
        else:
            self.hour_said.emit(None if region == self._hour else region)

    def _word(self, region: Quadrant | int) -> str:
        return self._term(region).word

    def _term(self, region: Quadrant | int) -> Term:
        if isinstance(region, Quadrant):
            return self._lexicon.term(region)
        return self._lexicon.clock_face(region)

    def _explained_as(self, region: Quadrant | int | None) -> None:
        """Which term of the lexicon this widget stands for now."""
        self.setProperty("term", "" if region is None else self._term(region).key)

    def _tell(self) -> None:
        """What a screen reader says: what is pointed at, and what was said."""
        said = [self._word(region) for region in (self._quadrant, self._hour) if region is not None]
        parts = [f"said: {', '.join(said)}" if said else "nothing said"]
        if self._cursor is not None:
            self._explained_as(self._cursor)
            parts.insert(0, f"pointing at {self._word(self._cursor)}")
        parts.append("left and right go round the clock, up and down through the regions, Space says it")
        self.setAccessibleDescription("; ".join(parts))

    def _paint(self, painter: QPainter) -> None:
        centre, half = self._frame()
        self._paint_regions(painter, centre, half)
        small = painter.font()
        small.setPointSizeF(small.pointSizeF() * 0.85)
        painter.setFont(small)
        for hour in range(1, 13):
            self._paint_hour(painter, hour, half)
        if self._side is not None:
            painter.setPen(QColor(DIM))
            for outwards, letter in ((1, "O"), (-1, "I")):
                at = QPointF(centre.x() + self._outwards * outwards * half * 1.13, centre.y())
                painter.drawText(_box(at, half * 0.2), Qt.AlignmentFlag.AlignCenter, letter)

    def _paint_regions(self, painter: QPainter, centre: QPointF, half: float) -> None:
        shown = [
            *(_QUADRANTS.values() if self._side is not None else ()),
            Quadrant.CENTRAL,
            Quadrant.SUBAREOLAR,
        ]
        if self._side is None:
            painter.setPen(QPen(QColor(DIM)))
            painter.drawEllipse(centre, _BREAST * half, _BREAST * half)
        else:
            shown.append(Quadrant.AXILLARY_TAIL)
        for region in shown:
            path = self._path(region, centre, half)
            painter.fillPath(path, QColor(ACCENT_FILL if region is self._quadrant else PANEL))
            pen = QPen(QColor(self._edge(region)), 2 if region is self._quadrant else 1)
            if region is self._measured and region is not self._quadrant:
                pen = QPen(QColor(TEXT), 2, Qt.PenStyle.DashLine)
            painter.strokePath(path, pen)
        if self.hasFocus() and isinstance(self._cursor, Quadrant):
            painter.strokePath(self._path(self._cursor, centre, half), QPen(QColor(STRONG), 2))

    def _paint_hour(self, painter: QPainter, hour: int, half: float) -> None:
        box = _box(self.place_of(hour), half * 0.24)
        if hour == self._hour:
            painter.setBrush(QColor(ACCENT_FILL))
            painter.setPen(QColor(ACCENT))
            painter.drawEllipse(box)
        if self.hasFocus() and self._cursor == hour:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(STRONG), 2))
            painter.drawEllipse(box)
        strong = hour in (self._hour, self._hovered)
        painter.setPen(QColor(STRONG if strong else TEXT))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(hour))

    def _edge(self, region: Quadrant) -> str:
        if region is self._quadrant:
            return ACCENT
        return TEXT if region is self._hovered else DIM

    def _path(self, region: Quadrant, centre: QPointF, half: float) -> QPainterPath:
        path = QPainterPath()
        if region is Quadrant.SUBAREOLAR:
            path.addEllipse(centre, _AREOLA * half, _AREOLA * half)
        elif region is Quadrant.CENTRAL:
            path.addEllipse(centre, _CENTRAL * half, _CENTRAL * half)
            inner = QPainterPath()
            inner.addEllipse(centre, _AREOLA * half, _AREOLA * half)
            path = path.subtracted(inner)
        elif region is Quadrant.AXILLARY_TAIL:
            path.addEllipse(self.place_of(region), _TAIL * half * 0.9, _TAIL * half * 0.9)
        else:
            upper, outer = next(key for key, value in _QUADRANTS.items() if value is region)
            right = (self._outwards > 0) == outer
            start = {(True, True): 0, (True, False): 90, (False, False): 180, (False, True): 270}[
                upper, right
            ]
            path.moveTo(centre)
            path.arcTo(_box(centre, _BREAST * half * 2), start, 90)
            path.closeSubpath()
            middle = QPainterPath()
            middle.addEllipse(centre, _CENTRAL * half, _CENTRAL * half)
            path = path.subtracted(middle)
        return path


def _box(centre: QPointF, side: float) -> QRectF:
    return QRectF(centre.x() - side / 2, centre.y() - side / 2, side, side)
