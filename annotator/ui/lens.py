"""A magnifier that follows the pointer, with its own size, magnification, window and inversion."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from math import isfinite

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from annotator.imaging.grayscale import dragged_window
from annotator.model.geometry import ViewTransform
from annotator.model.image import Voi
from annotator.ui import theme
from annotator.ui.grey_image import GreyImage
from annotator.ui.hand import NOTCH
from annotator.ui.viewport import Pointer, Viewport
from annotator.ui.viewport_grid import ViewportGrid

SCALES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
"""Magnifications on offer, in screen pixels per image pixel."""
SMALLEST_SIDE, LARGEST_SIDE = 120, 800
SIZE_STEP = 1.15

_RIGHT = Qt.MouseButton.RightButton


@dataclass(frozen=True, slots=True)
class LensLook:
    """How the lens shows what is under it.

    `side` in logical pixels. `scale` in screen pixels per image pixel. `inverted` is against the
    picture around it. `dragged` is how far, in screen pixels right and down, its window was dragged
    away from that of the picture: so it keeps its harder contrast from one image to the next.
    """

    side: int = 320
    scale: float = 2.0
    inverted: bool = False
    dragged: tuple[float, float] = (0.0, 0.0)

    def to_text(self) -> str:
        """The look in one line, for the file that remembers the window's places."""
        right, down = self.dragged
        return f"{self.side} {self.scale:g} {int(self.inverted)} {right:g} {down:g}"

    @classmethod
    def from_text(cls, text: str) -> LensLook:
        """The look that `to_text` wrote; the usual one when the line cannot be understood."""
        try:
            side, scale, inverted, right, down = (float(part) for part in text.split())
        except ValueError:
            return cls()
        if scale not in SCALES or not SMALLEST_SIDE <= side <= LARGEST_SIDE:
            return cls()
        if not (isfinite(right) and isfinite(down)):
            return cls()
        return cls(round(side), scale, bool(inverted), (right, down))

    def sized(self, notches: float) -> LensLook:
        """Larger, or smaller for negative notches of the wheel, within limits."""
        side = round(self.side * SIZE_STEP**notches)
        return replace(self, side=min(max(side, SMALLEST_SIDE), LARGEST_SIDE))

    def magnified(self, steps: int) -> LensLook:
        """So many magnifications further, up to the last."""
        at = bisect_left(SCALES, self.scale) + steps
        return replace(self, scale=SCALES[min(max(at, 0), len(SCALES) - 1)])


def lens_view(
    view: ViewTransform, at: tuple[float, float], scale: float, center: tuple[float, float]
) -> ViewTransform:
    """The view at `scale` whose point under `at` (device pixels of the viewport) lies at `center` of the lens."""
    ratio = scale / view.scale
    return replace(
        view,
        scale=scale,
        scale_rows=None if view.scale_rows is None else view.scale_rows * ratio,
        left=center[0] - (at[0] - view.left) * ratio,
        top=center[1] - (at[1] - view.top) * ratio,
    )


class Lens(QWidget):
    """Lies over the viewports and lets every click through: what is under the pointer is its middle.

    While it is open, the wheel changes its size (in a stack Shift and the wheel, because the wheel alone
    goes through the slices), Alt and the wheel its magnification, a drag with the right button its window.
    """

    look_changed = Signal()
    opened = Signal(bool)
    message = Signal(str)

    def __init__(self, grid: ViewportGrid) -> None:
        super().__init__(grid)
        self.look = LensLook()
        self._grid = grid
        self._viewport: Viewport | None = None
        self._at = QPointF()
        self._wanted = False
        self._grey = GreyImage()
        self._pressed: tuple[QPointF, tuple[float, float]] | None = None
        self._drag_began = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Lens")
        self.hide()
        for viewport in grid.viewports:
            viewport.installEventFilter(self)
            viewport.view_changed.connect(self._refresh)
            viewport.voi_changed.connect(self._refresh)

    @property
    def wanted(self) -> bool:
        """Whether the lens is open; it is only seen while the pointer is over an image."""
        return self._wanted

    @property
    def voi(self) -> Voi | None:
        """The window inside the lens."""
        around = None if self._viewport is None else self._viewport.voi
        if around is None or self.look.dragged == (0.0, 0.0):
            return around
        return dragged_window(around, *self.look.dragged)

    @property
    def scale(self) -> float:
        """Screen pixels per image pixel inside; always more than around it."""
        around = 0.0 if self._viewport is None else self._viewport.view.scale
        if self.look.scale > around:
            return self.look.scale
        further = bisect_right(SCALES, around * 1.25)
        return SCALES[further] if further < len(SCALES) else around * 2

    def open(self, viewport: Viewport | None, pointer: Pointer | None) -> None:
        """Show the lens at the pointer, now or as soon as it is over an image."""
        self._wanted = True
        self.follow(viewport, pointer)
        picture = None if viewport is None else viewport.picture
        wheel = "Shift+wheel" if picture is not None and picture.info.is_stack else "wheel"
        self.message.emit(
            f"Lens: {wheel} sizes it, Alt+wheel or + and - magnify, right drag sets its own window, "
            "Shift+X inverts it, X closes it"
        )
        self.opened.emit(True)

    def close_lens(self) -> bool:
        """Put the lens away; False when it was not open."""
        was, self._wanted = self._wanted, False
        self._pressed = None
        self.hide()
        self._grey.clear()
        self.opened.emit(False)
        return was

    def follow(self, viewport: Viewport | None, pointer: Pointer | None) -> None:
        """Go where the pointer is; out of sight when it is over no image."""
        if not self._wanted or self._pressed is not None:
            return
        if viewport is None or pointer is None or viewport.picture is None:
            self.hide()
            return
        self._viewport = viewport
        self._at = viewport.widget_position(pointer.point)
        self._place()
        self.show()
        self.raise_()
        self.update()

    def set_look(self, look: LensLook) -> None:
        """Change size, magnification, inversion or window."""
        if look != self.look:
            self.look = look
            self._place()
            self.update()
            self.look_changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self._wanted or not isinstance(watched, Viewport) or watched.picture is None:
            return False
        if isinstance(event, QWheelEvent):
            return self._wheel(watched, event)
        if isinstance(event, QMouseEvent):
            return self._mouse(watched, event)
        if event.type() == QEvent.Type.Leave:
            self.hide()
        return False

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
        inverted = viewport.inverted != self.look.inverted
        grey = self._grey.image(
            picture,
            view,
            (side, side),
            viewport.mode,
            self.voi,
            inverted,
            smooth=viewport.smooth,
            output=viewport.output,
        )
        painter.scale(1 / ratio, 1 / ratio)
        painter.drawImage(0, 0, grey)
        viewport.paint_marks(painter, view, (side, side))
        self._frame(painter, side, ratio)

    def _view(self, viewport: Viewport) -> ViewTransform:
        at = viewport.device_position(self._at)
        corner = QPointF(self.pos() - viewport.mapTo(self._grid, QPoint(0, 0)))
        left, top = viewport.device_position(corner)
        return lens_view(viewport.view, at, self.scale, (at[0] - left, at[1] - top))

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

    def words(self) -> str:
        """What the lens does to the picture: magnification, own window, inversion."""
        parts = [f"lens {self.scale:.3g}:1"]
        if self.look.dragged != (0.0, 0.0):
            parts.append("own window")
        if self.look.inverted:
            parts.append("inverted")
        return " · ".join(parts)

    def _place(self) -> None:
        if self._viewport is None:
            return
        middle = self._viewport.mapTo(self._grid, self._at.toPoint())
        side = self.look.side
        self.setGeometry(middle.x() - side // 2, middle.y() - side // 2, side, side)

    def _refresh(self) -> None:
        if self.isVisible():
            self.update()

    def _wheel(self, viewport: Viewport, event: QWheelEvent) -> bool:
        keys, turned = event.modifiers(), event.angleDelta()
        # Alt turns a wheel sideways on most systems
        notches = (turned.y() or turned.x()) / NOTCH
        if keys & Qt.KeyboardModifier.AltModifier:
            self.set_look(self.look.magnified(1 if notches > 0 else -1))
            return True
        if keys & Qt.KeyboardModifier.ControlModifier:
            return False
        picture = viewport.picture
        stack = picture is not None and picture.info.is_stack
        if stack != bool(keys & Qt.KeyboardModifier.ShiftModifier):
            return False
        self.set_look(self.look.sized(notches))
        return True

    def _mouse(self, viewport: Viewport, event: QMouseEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and event.button() == _RIGHT and self.isVisible():
            self._pressed, self._drag_began = (event.position(), self.look.dragged), False
            return True
        if self._pressed is None:
            return False
        if kind == QEvent.Type.MouseMove:
            self._drag(event.position())
            return True
        if kind == QEvent.Type.MouseButtonRelease and event.button() == _RIGHT:
            self._pressed = None
            if not self._drag_began:
                viewport.customContextMenuRequested.emit(event.position().toPoint())
            return True
        return False

    def _drag(self, at: QPointF) -> None:
        if self._pressed is None:
            return
        start, before = self._pressed
        moved = at - start
        self._drag_began = self._drag_began or moved.manhattanLength() >= QApplication.startDragDistance()
        if self._drag_began:
            self.set_look(replace(self.look, dragged=(before[0] + moved.x(), before[1] + moved.y())))
