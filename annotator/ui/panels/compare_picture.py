"""A cluster now and then, side by side as large: what was matched carries the same number on both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from annotator.imaging.crop import Crop
from annotator.ui import theme
from annotator.ui.desk.compared_clusters import ShownComparison
from annotator.ui.panels.compare_items import Fate, Item, items_of
from annotator.ui.words.plain_words import tip

GAP_PX, RADIUS_PX, REACH_PX = 10.0, 6.0, 14.0
BAR_LENGTHS_MM = (20.0, 10.0, 5.0, 2.0, 1.0)
BAR_SHARE = 0.4
GROUND = QColor(0, 0, 0, 190)
ZOOM_STEP, LARGEST_ZOOM = 1.25, 6.0
MANY = 600
"""More than can be matched, on both sides together (analysis.change.compare): none of them is taken in hand."""


COLOURS = {
    Fate.MATCHED: theme.MARK,
    Fate.NEW: theme.STRONG,
    Fate.GONE: theme.AMBER,
    Fate.ALONE: theme.MARK,
}


@dataclass(frozen=True, slots=True)
class _View:
    """How much of both parts is shown: `zoom` times enlarged about a middle, which is a share of either side."""

    zoom: float = 1.0
    middle: tuple[float, float] = (0.5, 0.5)

    def place(self, at: tuple[float, float], part: Crop, square: QRectF) -> QPointF:
        """Where millimetres of a part lie in its square."""
        scale = self.zoom * square.width() / part.side
        return self.corner(square) + QPointF(at[0] - part.left, at[1] - part.top) * scale

    def corner(self, square: QRectF) -> QPointF:
        """Where the upper left corner of a part lies, maybe outside of its square."""
        width = square.width()
        x, y = (0.5 - self.zoom * middle for middle in self.middle)
        return square.topLeft() + QPointF(x * width, y * width)

    def part_of(self, image: QImage) -> QRect:
        """The pixels of a part that are shown."""
        side = image.width() / self.zoom
        left, top = (middle * image.width() - side / 2 for middle in self.middle)
        return QRect(round(left), round(top), round(side), round(side))

    def zoomed(self, by: float, at: QPointF, square: QRectF) -> _View:
        """Enlarged, with what is at a point of the square staying there; never less than all, never beyond an edge."""
        zoom = min(max(self.zoom * by, 1.0), LARGEST_ZOOM)
        shares = (at - square.topLeft()) / square.width()
        under = [
            middle + (share - 0.5) / self.zoom
            for middle, share in zip(self.middle, (shares.x(), shares.y()), strict=True)
        ]
        middle = [
            point - (share - 0.5) / zoom for point, share in zip(under, (shares.x(), shares.y()), strict=True)
        ]
        reach = 0.5 / zoom
        x, y = (min(max(one, reach), 1 - reach) for one in middle)
        return _View(zoom, (x, y))


_WHOLE = _View()


class ComparePicture(QWidget):
    """Paints both parts and steps through what is in them with the arrow keys.

    The wheel enlarges both; while the left button is down they are seen without symbols. `told` carries what is in hand in words, '' for nothing; `chosen` the id of a mark of now that Enter or a double
    click asks for.
    """

    told = Signal(str)
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._shown: ShownComparison | None = None
        self._images: tuple[QImage, QImage] | None = None
        self.items: tuple[Item, ...] = ()
        self.in_hand: int | None = None
        self.titles = ("", "")
        self._bare = False
        self._fitted: tuple[QPixmap, ...] = ()
        self._view = _WHOLE
        self._parts: tuple[Crop, ...] = ()
        self._places: tuple[NDArray[np.float64], ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 120)
        self.setAccessibleName("The cluster now and then")

    def sizeHint(self) -> QSize:
        """As wide as both squares need at the height there is."""
        side = max(self.height() - self._line(), 160.0)
        return QSize(round(2 * side + GAP_PX), 260)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().height() != event.size().height():
            self.updateGeometry()

    def show_comparison(self, shown: ShownComparison | None, titles: tuple[str, str] = ("", "")) -> None:
        """Show another comparison, or nothing."""
        self._shown, self.titles = shown, titles
        self._images = None if shown is None else (_image(shown.now), _image(shown.then))
        self._fitted, self._view = (), _WHOLE
        self.items = ()
        if shown is not None:
            seen = shown.comparison.seen_now, shown.comparison.seen_then
            self._parts = shown.now, shown.then
            self._places = np.array(seen[0].places), np.array(seen[1].places)
            if sum(map(len, seen)) <= MANY:
                self.items = tuple(items_of(shown.comparison))
        self.in_hand = None
        self.setAccessibleDescription("" if shown is None else shown.comparison.compared.in_sentence)
        self.update()

    def step(self, by: int) -> None:
        """Take the next thing into hand, or the one before."""
        if self.items:
            at = -1 if self.in_hand is None and by > 0 else self.in_hand or 0
            self._take((at + by) % len(self.items))

    def places(self, item: Item) -> tuple[QPointF | None, QPointF | None]:
        """Where something lies on the widget, now and then."""
        shown = self._shown
        if shown is None:
            return None, None
        squares = self._squares()
        ends = zip((item.now, item.then), (shown.now, shown.then), squares, strict=True)
        now, then = (None if at is None else self._view.place(at, part, square) for at, part, square in ends)
        return now, then

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        key = Qt.Key(event.key())
        if key in steps and self.items:
            self.step(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.in_hand is not None:
            self._choose(self.items[self.in_hand])
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._take(self._item_at(event.position()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Both are enlarged alike about what is under the pointer."""
        squares, turned = self._squares(), event.angleDelta().y()
        square = next((one for one in squares if one.contains(event.position())), None)
        if self._shown is None or square is None or not turned:
            event.ignore()
            return
        self._view = self._view.zoomed(ZOOM_STEP ** (turned / 120), event.position(), square)
        self._fitted = ()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._show_bare(event.button() == Qt.MouseButton.LeftButton)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._show_bare(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = self._item_at(event.position())
        if at is not None:
            self._choose(self.items[at])

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._take(None)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self._item_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if at is None else tip(self.items[at].words), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            if self._shown is not None and self._images is not None:
                self._paint(painter, self._shown, self._images)
        finally:
            painter.end()

    def _paint(self, painter: QPainter, shown: ShownComparison, images: tuple[QImage, QImage]) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        squares = self._squares()
        pictures = self._fitting(images, squares[0].width())
        for square, picture, title, part in zip(
            squares, pictures, self.titles, (shown.now, shown.then), strict=True
        ):
            painter.drawPixmap(square.topLeft(), picture)
            head = QRectF(square.left(), square.top() - self._line(), square.width(), self._line())
            painter.setPen(QColor(theme.TEXT))
            words = self.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(head.width()))
            painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
            if shown.comparison.seen_now.in_mm and shown.comparison.seen_then.in_mm:
                _paint_bar(painter, square, part.side / self._view.zoom)
        if not self._bare and not self.items:
            self._paint_many(painter, squares)
        elif not self._bare:
            for number, item in enumerate(self.items):
                self._paint_item(painter, item, squares, in_hand=number == self.in_hand)
            self._paint_numbers(painter, squares)
            self._paint_line(painter, squares)

    def _fitting(self, images: tuple[QImage, QImage], side: float) -> tuple[QPixmap, ...]:
        """Both parts at the size that they have on the screen: averaged, so that no speck falls between two pixels."""
        pixels = max(1, round(side * self.devicePixelRatioF()))
        if not self._fitted or self._fitted[0].width() != pixels:
            how = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            shown = [image.copy(self._view.part_of(image)) for image in images]
            self._fitted = tuple(QPixmap.fromImage(image.scaled(pixels, pixels, *how)) for image in shown)
            for picture in self._fitted:
                picture.setDevicePixelRatio(pixels / side)
        return self._fitted

    def _paint_item(
        self, painter: QPainter, item: Item, squares: tuple[QRectF, QRectF], *, in_hand: bool
    ) -> None:
        for at, square, is_now in zip(self.places(item), squares, (True, False), strict=True):
            if at is None or not square.contains(at):
                continue
            ghost = item.fate is Fate.GONE and is_now
            path = QPainterPath()
            _add_shape(path, item.fate, at, RADIUS_PX * (1.5 if in_hand else 1.0), ghost=ghost)
            colour = theme.STRONG if in_hand else COLOURS[item.fate]
            _stroke(painter, path, colour, 2.2 if in_hand else 1.4, dotted=ghost)

    def _paint_many(self, painter: QPainter, squares: tuple[QRectF, QRectF]) -> None:
        """So many marks cannot be told apart anyway: a dot each, for the eye to see where they lie."""
        painter.save()
        painter.setPen(QPen(QColor(theme.MARK), 3))
        for places, part, square in zip(self._places, self._parts, squares, strict=True):
            painter.setClipRect(square)
            corner, scale = self._view.corner(square), self._view.zoom * square.width() / part.side
            x, y = (places - (part.left, part.top)).T * scale
            painter.drawPointsNp(x + corner.x(), y + corner.y())
        painter.restore()

    def _paint_numbers(self, painter: QPainter, squares: tuple[QRectF, QRectF]) -> None:
        """The numbers of pairs, that in hand first, each where it covers nothing else or not at all."""
        for side, square in enumerate(squares):
            places = {at: self.places(item)[side] for at, item in enumerate(self.items)}
            taken = {at: _box(place, RADIUS_PX) for at, place in places.items() if place is not None}
            put: list[QRectF] = []
            for at in sorted(taken, key=lambda number: number != self.in_hand):
                item, place = self.items[at], places[at]
                if not item.number or place is None or not square.contains(place):
                    continue
                others = [box for other, box in taken.items() if other != at] + put
                free = (
                    box
                    for box in _beside(place, str(item.number), self.font())
                    if square.contains(box) and not any(box.intersects(other) for other in others)
                )
                box = next(free, None)
                if box is None and at == self.in_hand:
                    box = next(iter(_beside(place, str(item.number), self.font())))
                if box is not None:
                    put.append(box)
                    painter.fillRect(box, GROUND)
                    painter.setPen(QColor(theme.MARK))
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(item.number))

    def _paint_line(self, painter: QPainter, squares: tuple[QRectF, QRectF]) -> None:
        """What is in hand joined from one part to the other."""
        if self.in_hand is None:
            return
        now, then = self.places(self.items[self.in_hand])
        if now is None or then is None or not (squares[0].contains(now) and squares[1].contains(then)):
            return
        path = QPainterPath(now)
        path.lineTo(then)
        _stroke(painter, path, theme.STRONG, 1.0, dotted=self.items[self.in_hand].fate is Fate.GONE)

    def _line(self) -> float:
        return float(self.fontMetrics().lineSpacing()) + 2

    def _squares(self) -> tuple[QRectF, QRectF]:
        """The squares of both parts, as large as fits."""
        head = self._line()
        side = max(16.0, min((self.width() - GAP_PX) / 2, self.height() - head))
        return QRectF(0, head, side, side), QRectF(side + GAP_PX, head, side, side)

    def _item_at(self, at: QPointF) -> int | None:
        nearest, found = REACH_PX, None
        for number, item in enumerate(self.items):
            for place in self.places(item):
                if place is None:
                    continue
                off = place - at
                away = (off.x() ** 2 + off.y() ** 2) ** 0.5
                if away < nearest:
                    nearest, found = away, number
        return found

    def _show_bare(self, bare: bool) -> None:
        """Both parts without symbols, as long as the button is down."""
        if bare != self._bare:
            self._bare = bare
            self.update()

    def _take(self, number: int | None) -> None:
        if number != self.in_hand:
            self.in_hand = number
            self.told.emit("" if number is None else self.items[number].words)
            self.update()

    def _choose(self, item: Item) -> None:
        if item.mark_id:
            self.chosen.emit(item.mark_id)


def _add_shape(path: QPainterPath, fate: Fate, at: QPointF, radius: float, *, ghost: bool) -> None:
    if fate in (Fate.MATCHED, Fate.ALONE):
        path.addEllipse(at, radius, radius)
        return
    if fate is Fate.NEW:
        path.moveTo(at + QPointF(0, -1.25 * radius))
        path.lineTo(at + QPointF(1.15 * radius, 0.8 * radius))
        path.lineTo(at + QPointF(-1.15 * radius, 0.8 * radius))
        path.closeSubpath()
        return
    path.addRect(QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius))
    if not ghost:
        for down in (1, -1):
            path.moveTo(at + QPointF(-radius, -down * radius))
            path.lineTo(at + QPointF(radius, down * radius))


def _stroke(
    painter: QPainter, path: QPainterPath, colour: str, width: float, *, dotted: bool = False
) -> None:
    """On a dark line, so that it is seen on bright tissue too."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    style = Qt.PenStyle.DotLine if dotted else Qt.PenStyle.SolidLine
    painter.setPen(QPen(QColor(0, 0, 0, 150), width + 1.6))
    painter.drawPath(path)
    painter.setPen(QPen(QColor(colour), width, style))
    painter.drawPath(path)


def _beside(at: QPointF, text: str, font: QFont) -> Iterator[QRectF]:
    """Where words beside a symbol may stand, the best place first."""
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 4, metrics.height() - 2
    right, left = at.x() + RADIUS_PX, at.x() - RADIUS_PX - width
    above, below = at.y() - RADIUS_PX - height + 2, at.y() + RADIUS_PX - 2
    for x, y in ((right, above), (left, above), (right, below), (left, below)):
        yield QRectF(x, y, width, height)


def _box(at: QPointF, reach: float) -> QRectF:
    return QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)


def _paint_bar(painter: QPainter, square: QRectF, side_mm: float) -> None:
    scale = square.width() / side_mm
    length = next((mm for mm in BAR_LENGTHS_MM if mm * scale <= square.width() * BAR_SHARE), 0.0)
    if not length:
        return
    words = f"{length:g} mm"
    metrics = painter.fontMetrics()
    left, bottom = square.left() + 8, square.bottom() - 8
    ground = QRectF(left - 4, bottom - metrics.height() - 4, length * scale + 8, metrics.height() + 9)
    ground.setWidth(max(ground.width(), metrics.horizontalAdvance(words) + 8.0))
    painter.fillRect(ground, GROUND)
    painter.setPen(QPen(QColor(theme.STRONG), 2))
    painter.drawLine(QPointF(left, bottom), QPointF(left + length * scale, bottom))
    painter.setPen(QColor(theme.TEXT))
    painter.drawText(QPointF(left, bottom - 4), words)


def _image(part: Crop) -> QImage:
    """A copy, so that the array need not stay."""
    height, width = part.grey.shape
    return QImage(part.grey.data, width, height, part.grey.strides[0], QImage.Format.Format_Grayscale8).copy()
