"""Mouse and keys of one viewport: which button does what, and gestures from press to release."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from annotator.imaging.grayscale import dragged_window
from annotator.model.image import Voi
from annotator.ui.keys.gestures import WheelTurn
from annotator.ui.marks.tools import Gesture, Preview, Tool, Touch

if TYPE_CHECKING:
    from annotator.ui.panes.viewport import Viewport

ZOOM_STEP = 1.25
NOTCH = 120
"""Eighths of a degree in one notch of a wheel (Qt, QWheelEvent.angleDelta)."""

LEFT = Qt.MouseButton.LeftButton
MIDDLE = Qt.MouseButton.MiddleButton
RIGHT = Qt.MouseButton.RightButton


class Hand:
    """Left: the tool. Middle, or left with Space: pan, also in the middle of a gesture. Right: window.

    A right click without a drag asks for the menu; while a line is drawn it takes back its last stretch.
    `wheel_turn` is what the wheel does.
    """

    def __init__(self, viewport: Viewport) -> None:
        self._viewport = viewport
        self.tool: Tool | None = None
        self.wheel_turn = WheelTurn.BY_IMAGE
        self.preview: Preview | None = None
        self._gesture: Gesture | None = None
        self._windowing: tuple[QPointF, Voi] | None = None
        self._windowed = False
        self._last = QPointF()
        self._space = False
        self._turned = 0

    @property
    def busy(self) -> bool:
        """Whether a gesture is under way that Esc would cancel."""
        return self._gesture is not None or self._windowing is not None

    def press(self, event: QMouseEvent) -> None:
        """A button went down."""
        self._last = event.position()
        if self._viewport.picture is None:
            return
        if event.button() == RIGHT:
            if self._gesture is not None:
                self._advance(replace(self._touch(event), back=True))
            elif (voi := self._viewport.voi) is not None:
                self._windowing, self._windowed = (event.position(), voi), False
        elif event.button() == LEFT and not self._space and self.tool is not None:
            if self._viewport.picture.provisional and not self.tool.looks:
                self._viewport.refused.emit("First look: marks can be made when the full picture is here.")
                return
            self._stop()
            self._gesture = self.tool.gesture(self._viewport, self._touch(event))
            self._advance(None)

    def move(self, event: QMouseEvent) -> None:
        """The hand moved, with or without a button down."""
        before, self._last = self._last, event.position()
        buttons = event.buttons()
        if buttons & MIDDLE or (buttons & LEFT and self._space):
            ratio = self._viewport.ratio
            step = event.position() - before
            self._viewport.pan(step.x() * ratio, step.y() * ratio)
        elif buttons & RIGHT and self._windowing is not None:
            self._drag_window(event.position())
        elif buttons & LEFT and self._gesture is not None:
            self._advance(self._touch(event))

    def release(self, event: QMouseEvent) -> None:
        """A button came up."""
        if event.button() == LEFT and self._gesture is not None:
            self._advance(self._touch(event, released=True))
        elif event.button() == RIGHT and self._windowing is not None:
            self._windowing = None
            self._viewport.tell_voi()
            if not self._windowed:
                self._viewport.customContextMenuRequested.emit(event.position().toPoint())

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom at the pointer, or go a slice or an image further; with Shift the thickness of a slab.

        With Alt on the selected mark its outline, so many steps farther out.
        """
        picture, keys = self._viewport.picture, event.modifiers()
        # Shift turns a wheel sideways on some systems, Alt on most
        turned = event.angleDelta().y() or event.angleDelta().x()
        if picture is None or turned == 0:
            return
        if keys & Qt.KeyboardModifier.AltModifier and self._on_selected(event.position()):
            if notches := self._whole_notches(turned):
                self._viewport.outline_step_requested.emit(notches)
            return
        is_stack = picture.info.is_stack
        if self.wheel_turn.steps(is_stack=is_stack, other=bool(keys & Qt.KeyboardModifier.ControlModifier)):
            notches = self._whole_notches(turned)
            if notches and is_stack and keys & Qt.KeyboardModifier.ShiftModifier:
                self._viewport.slab_step_requested.emit(notches)
            elif notches:
                self._viewport.frame_step_requested.emit(-notches)
        else:
            self._viewport.zoom_by(ZOOM_STEP ** (turned / NOTCH), event.position())

    def _on_selected(self, at: QPointF) -> bool:
        x, y = self._viewport.device_position(at)
        return self._viewport.selected_at(self._viewport.view.to_image(x, y))

    def _whole_notches(self, turned: int) -> int:
        """Notches since the last whole one; a wheel turned round begins anew."""
        if turned * self._turned < 0:
            self._turned = 0
        self._turned += turned
        notches = int(self._turned / NOTCH)
        self._turned -= notches * NOTCH
        return notches

    def key_pressed(self, event: QKeyEvent) -> bool:
        """Whether the key was one of the hand's own: Space, and Esc during a gesture."""
        if event.key() == Qt.Key.Key_Space:
            self._space = True
        elif not (event.key() == Qt.Key.Key_Escape and self.cancel()):
            return False
        return True

    def key_released(self, event: QKeyEvent) -> bool:
        """Whether the key was one of the hand's own."""
        if event.key() != Qt.Key.Key_Space:
            return False
        self._space = self._space and event.isAutoRepeat()
        return True

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key belongs to the hand now rather than to a shortcut of the window."""
        return event.key() == Qt.Key.Key_Space or (event.key() == Qt.Key.Key_Escape and self.busy)

    def cancel(self) -> bool:
        """Give up the gesture in hand, leaving everything as it was before; False when there is none."""
        if not self.busy:
            return False
        if self._windowing is not None:
            _, voi = self._windowing
            self._windowing = None
            self._viewport.set_voi(voi)
        self._stop()
        return True

    def let_go(self) -> None:
        """The keyboard went elsewhere: its keys count as released."""
        self._space = False

    def _drag_window(self, at: QPointF) -> None:
        if self._windowing is None:
            return
        start, voi = self._windowing
        moved = at - start
        self._windowed = self._windowed or moved.manhattanLength() >= QApplication.startDragDistance()
        if self._windowed:
            self._viewport.drag_voi(dragged_window(voi, moved.x(), moved.y()))

    def _advance(self, touch: Touch | None) -> None:
        """Let the gesture go on; it ends by returning."""
        gesture = self._gesture
        if gesture is None:
            return
        if touch is not None and touch.released:
            # an act may lead back here (a new picture cancels gestures): this one is over already
            self._gesture = None
        try:
            preview = next(gesture) if touch is None else gesture.send(touch)
        except StopIteration:
            self._gesture, preview = None, None
        self._show(preview)

    def _stop(self) -> None:
        if self._gesture is not None:
            self._gesture.close()
            self._gesture = None
        self._show(None)

    def _show(self, preview: Preview | None) -> None:
        if preview is not self.preview:
            self.preview = preview
            self._viewport.update()

    def _touch(self, event: QMouseEvent, *, released: bool = False) -> Touch:
        x, y = self._viewport.device_position(event.position())
        keys = event.modifiers()
        return Touch(
            self._viewport.view.to_image(x, y),
            x,
            y,
            released,
            extend=bool(keys & Qt.KeyboardModifier.ShiftModifier),
            force=bool(keys & Qt.KeyboardModifier.AltModifier),
        )
