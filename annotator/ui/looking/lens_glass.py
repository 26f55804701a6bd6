"""One glass that lies over a viewport and shows a part of its picture magnified."""

from __future__ import annotations

from bisect import bisect_right

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from annotator.imaging.grayscale import dragged_window
from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.model.image import Voi
from annotator.ui import theme
from annotator.ui.looking.lens_look import SCALES, LensLook, lens_view
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.grey_image import GreyImage, Wanted


class LensGlass(QWidget):
    """Lets every click through. It stands on the board of the viewport that it lies over."""

    def __init__(self, parent: QWidget, name: str = "lens") -> None:
        super().__init__(parent)
        self._name = name
        self.look = LensLook()
        self._viewport: Viewport | None = None
        self._at = QPointF()
        self._point: ImagePoint | None = None
        self._magnification: float | None = None
        self._grey = GreyImage()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(name.capitalize())
        self.hide()

    @property
    def viewport(self) -> Viewport | None:
        """The viewport it lies over, or lay over last."""
        return self._viewport

    @property
    def voi(self) -> Voi | None:
        """The window inside it."""
        around = None if self._viewport is None else self._viewport.voi
        if around is None or self.look.dragged == (0.0, 0.0):
            return around
        return dragged_window(around, *self.look.dragged)

    @property
    def scale(self) -> float:
        """Screen pixels per image pixel inside; as the look says, always more than around it."""
        if self._magnification is not None:
            return self._magnification
        around = 0.0 if self._viewport is None else self._viewport.view.scale
        if self.look.scale > around:
            return self.look.scale
        further = bisect_right(SCALES, around * 1.25)
        return SCALES[further] if further < len(SCALES) else around * 2

    @property
    def middle(self) -> ImagePoint | None:
        """The point of the stored image in its middle."""
        if self._viewport is None or self._viewport.picture is None:
            return None
        return self._viewport.view.to_image(*self._focus(self._viewport))

    def shown(self) -> tuple[ViewTransform, tuple[int, int]] | None:
        """How the picture lies inside, and the size of the inside in device pixels; None when out of sight."""
        if self._viewport is None or self._viewport.picture is None or not self.isVisible():
            return None
        side = round(self.width() * self._viewport.ratio)
        return self._view(self._viewport), (side, side)

    def covered(self) -> tuple[float, float, float, float] | None:
        """What it hides of its viewport: left, top, right, bottom in device pixels; None when out of sight."""
        if self._viewport is None or not self.isVisible():
            return None
        left, top = self._viewport.device_position(self._corner(self._viewport))
        side = self.width() * self._viewport.ratio
        return left, top, left + side, top + side

    def lie_over(
        self,
        viewport: Viewport,
        at: QPointF,
        point: ImagePoint | None = None,
        magnification: float | None = None,
    ) -> None:
        """Show what lies at a place of a viewport, in the middle there.

        `point` is another point of the image to show at that place, `magnification` another than the look's.
        """
        self._viewport, self._at = viewport, at
        self._point, self._magnification = point, magnification
        self.place()
        self.show()
        self.raise_()
        self.update()

    def put_away(self) -> None:
        """Out of sight; let go of what was shown."""
        self.hide()
        self._grey.clear()

    def place(self) -> None:
        """Stand where it belongs, as large as the look says."""
        viewport = self._viewport
        if viewport is None:
            return
        board = viewport.parentWidget()
        if board is not None and board is not self.parentWidget():
            self.setParent(board)
        middle = viewport.mapToParent(self._at.toPoint())
        side = self.look.side
        self.setGeometry(middle.x() - side // 2, middle.y() - side // 2, side, side)

    def words(self) -> str:
        """What it does to the picture: magnification, own window, inversion."""
        parts = [f"{self._name} {self.scale:.3g}:1"]
        if self.look.dragged != (0.0, 0.0):
            parts.append("own window")
        if self.look.inverted:
            parts.append("inverted")
        return " · ".join(parts)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            # a painter that outlives its widget's paint event takes the program down with it
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        viewport = self._viewport
        picture = None if viewport is None else viewport.picture
        if viewport is None or picture is None:
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
            return
        ratio = viewport.ratio
        side = round(self.width() * ratio)
        view = self._view(viewport)
        grey = self._grey.image(
            Wanted(picture, view, (side, side), viewport.mode, viewport.smooth),
            self.voi,
            viewport.inverted != self.look.inverted,
            output=viewport.output,
        )
        painter.scale(1 / ratio, 1 / ratio)
        painter.drawImage(0, 0, grey)
        viewport.paint_marks(painter, view, (side, side))
        self._frame(painter, side, ratio)

    def _focus(self, viewport: Viewport) -> tuple[float, float]:
        """What it shows in its middle, in device pixels of the viewport."""
        if self._point is not None:
            return viewport.view.to_screen(self._point)
        return viewport.device_position(self._at)

    def _corner(self, viewport: Viewport) -> QPointF:
        return QPointF(viewport.mapFromParent(self.pos()))

    def _view(self, viewport: Viewport) -> ViewTransform:
        at = viewport.device_position(self._at)
        left, top = viewport.device_position(self._corner(viewport))
        return lens_view(viewport.view, self._focus(viewport), self.scale, (at[0] - left, at[1] - top))

    def _frame(self, painter: QPainter, side: int, ratio: float) -> None:
        pen = QPen(QColor(theme.ACCENT))
        pen.setWidth(max(round(ratio), 1))
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(0, 0, side - 1, side - 1))
        font = QFont(self.font())
        font.setPixelSize(round(self.fontMetrics().height() * 0.75 * ratio))
        painter.setFont(font)
        words = self.words()
        bounds = painter.fontMetrics().boundingRect(words).adjusted(-4, -2, 4, 2)
        bounds.moveBottomLeft(QPoint(pen.width(), side - 1 - pen.width()))
        painter.fillRect(bounds, QColor(theme.BACKGROUND))
        painter.setPen(QColor(theme.TEXT))
        painter.drawText(bounds, Qt.AlignmentFlag.AlignCenter, words)
