"""A magnifier that follows the pointer, with its own size, magnification, window and inversion."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from annotator.model.geometry import ImagePoint
from annotator.ui.looking.breast_places import BreastPlaces, other_breast
from annotator.ui.looking.lens_glass import LensGlass
from annotator.ui.looking.lens_look import LARGEST_SIDE, SCALES, SMALLEST_SIDE, LensLook, lens_view
from annotator.ui.panes.hand import NOTCH
from annotator.ui.panes.viewport import Pointer, Viewport
from annotator.ui.panes.viewport_grid import ViewportGrid

__all__ = ["LARGEST_SIDE", "SCALES", "SMALLEST_SIDE", "Lens", "LensLook", "lens_view"]

_RIGHT = Qt.MouseButton.RightButton


class Lens(LensGlass):
    """What is under the pointer is its middle.

    While it is open, the wheel changes its size (in a stack Shift and the wheel, because the wheel alone
    goes through the slices), Alt and the wheel its magnification, a drag with the right button its window.
    Its `twin` shows the same place of the other breast, where a pane shows that view. `moved`: something
    else is under one of the two. `key_words` says by which keys it magnifies, is inverted, doubled and closed.
    """

    look_changed = Signal()
    opened = Signal(bool)
    moved = Signal()
    message = Signal(str)

    def __init__(self, grid: ViewportGrid) -> None:
        super().__init__(grid)
        self.twin = LensGlass(grid, "other breast")
        self._grid = grid
        self._places = BreastPlaces()
        self._wanted = False
        self.key_words = ""
        self._pressed: tuple[QPointF, tuple[float, float]] | None = None
        self._drag_began = False
        for viewport in grid.viewports:
            viewport.installEventFilter(self)
            viewport.view_changed.connect(self._refresh)
            viewport.voi_changed.connect(self._refresh)

    @property
    def wanted(self) -> bool:
        """Whether the lens is open; it is only seen while the pointer is over an image."""
        return self._wanted

    @property
    def glasses(self) -> tuple[LensGlass, ...]:
        """Those in sight: itself, and its twin."""
        return tuple(glass for glass in (self, self.twin) if glass.isVisible())

    def open(self, viewport: Viewport | None, pointer: Pointer | None) -> None:
        """Show the lens at the pointer, now or as soon as it is over an image."""
        self._wanted = True
        self.follow(viewport, pointer)
        picture = None if viewport is None else viewport.picture
        wheel = "Shift+wheel" if picture is not None and picture.info.is_stack else "wheel"
        self.message.emit(f"Lens: {wheel} sizes it, {self.key_words}")
        self.opened.emit(True)

    def close_lens(self) -> bool:
        """Put the lens away; False when it was not open."""
        was, self._wanted = self._wanted, False
        self._pressed = None
        self.put_away()
        self.twin.put_away()
        self.opened.emit(False)
        return was

    def follow(self, viewport: Viewport | None, pointer: Pointer | None) -> None:
        """Go where the pointer is; out of sight when it is over no image."""
        if not self._wanted or self._pressed is not None:
            return
        if viewport is None or pointer is None or viewport.picture is None:
            self._out_of_sight()
            return
        self.lie_over(viewport, viewport.widget_position(pointer.point))
        self._place_twin()
        self.moved.emit()

    def set_look(self, look: LensLook) -> None:
        """Change size, magnification, inversion or window."""
        if look != self.look:
            self.look = look
            self.place()
            self.update()
            self._place_twin()
            self.look_changed.emit()
            self.moved.emit()

    def why_no_twin(self) -> str:
        """Why the other breast is not shown beside it, '' when it is or nothing is under the lens."""
        middle = self.middle
        if self._viewport is None or middle is None or self._other(self._viewport, middle) is not None:
            return ""
        return (
            "The other breast is shown when a pane shows the same view of it, both with known side and "
            "pixel spacing; H chooses another layout."
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self._wanted or not isinstance(watched, Viewport) or watched.picture is None:
            return False
        if isinstance(event, QWheelEvent):
            return self._wheel(watched, event)
        if isinstance(event, QMouseEvent):
            return self._mouse(watched, event)
        if event.type() == QEvent.Type.Leave:
            self._out_of_sight()
        return False

    def _out_of_sight(self) -> None:
        self.hide()
        self.twin.hide()

    def _refresh(self) -> None:
        if self.isVisible():
            self.update()
            self._place_twin()
            self.moved.emit()

    def _place_twin(self) -> None:
        """The other breast in the same millimetres on the screen, however large its pixels are."""
        middle, here = self.middle, self._viewport
        found = None
        if self.look.twin and self.isVisible() and here is not None and middle is not None:
            found = self._other(here, middle)
        if found is None or here is None or here.picture is None:
            self.twin.hide()
            return
        there, point = found
        self.twin.look = self.look
        at = there.widget_position(point)
        inside = QPointF(
            min(max(at.x(), 0.0), there.width() - 1.0), min(max(at.y(), 0.0), there.height() - 1.0)
        )
        self.twin.lie_over(
            there, self._beside(here, there, inside), point, self.scale * self._larger(here, there)
        )
        self.raise_()

    def _beside(self, here: Viewport, there: Viewport, at: QPointF) -> QPointF:
        """The place for the twin's middle, moved away as far as the two would lie over each other.

        Near the chest wall the same place of both breasts is nearer than a lens is wide.
        """
        if here.parentWidget() is not there.parentWidget():
            return at
        mine, side = QPointF(self.geometry().center()), float(self.look.side)
        apart = QPointF(there.mapToParent(at.toPoint())) - mine
        if abs(apart.x()) >= side or abs(apart.y()) >= side:
            return at
        across = there.geometry().center() - here.geometry().center()
        if abs(across.x()) >= abs(across.y()):
            return QPointF(at.x() + (side if across.x() >= 0 else -side) - apart.x(), at.y())
        return QPointF(at.x(), at.y() + (side if across.y() >= 0 else -side) - apart.y())

    def _other(self, here: Viewport, point: ImagePoint) -> tuple[Viewport, ImagePoint] | None:
        there = other_breast(here, self._grid.viewports)
        place = None if there is None else self._places.same_place(here, point, there)
        return None if there is None or place is None else (there, place)

    def _larger(self, here: Viewport, there: Viewport) -> float:
        """How much larger a pixel of the other image is."""
        mm = [None if v.picture is None else v.picture.column_mm for v in (here, there)]
        return mm[1] / mm[0] if mm[0] and mm[1] else 1.0

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
