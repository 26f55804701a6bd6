"""Runs through the slices of a stack, there and back, until anything is touched."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from annotator.ui.actions import key_of
from annotator.ui.stacks.panes import StackPanes

SPEEDS = (2, 5, 10, 15, 20, 30)
"""Slices a second."""
USUAL_SPEED = 10

_MODIFIERS = {Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr}
_TOUCHES = {QEvent.Type.MouseButtonPress, QEvent.Type.Wheel}
_KEYS = {QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride}


class Cine(QObject):
    """Plays one pane. A slice that is not there yet is waited for, so none is left out.

    `changed`: playing or its speed. Nothing ticks while it does not play. `own_keys`: those that start, stop,
    hasten or slow it, in Qt's portable words; every other key stops it.
    """

    changed = Signal()

    def __init__(self, panes: StackPanes, speed: int = USUAL_SPEED, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panes = panes
        self._pane: int | None = None
        self._forward = True
        self.own_keys = frozenset({"C", ".", ","})
        self._speed = USUAL_SPEED
        self.set_speed(speed)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        """Whether slices are running."""
        return self._pane is not None

    @property
    def speed(self) -> int:
        """Slices a second."""
        return self._speed

    def toggle(self, pane: int) -> None:
        """Play the stack of a pane, or stop."""
        if self.playing:
            self.stop()
        elif self._panes.slice_wanted(pane) is not None:
            self._pane = pane
            self._timer.start(1000 // self._speed)
            _application().installEventFilter(self)
            self.changed.emit()

    def stop(self) -> None:
        """Stay at the slice in view."""
        if self.playing:
            self._pane = None
            self._timer.stop()
            _application().removeEventFilter(self)
            self.changed.emit()

    def set_speed(self, speed: float) -> None:
        """The known speed nearest to so many slices a second; one that plays goes on as it does."""
        self._speed = min(SPEEDS, key=lambda known: abs(known - speed))

    def faster(self, by: int) -> None:
        """The next speed, or one before for negative steps."""
        at = SPEEDS.index(self._speed) + by
        self._speed = SPEEDS[min(max(at, 0), len(SPEEDS) - 1)]
        if self.playing:
            self._timer.start(1000 // self._speed)
        self.changed.emit()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in _TOUCHES or (
            kind in _KEYS
            and isinstance(event, QKeyEvent)
            and event.key() not in _MODIFIERS
            and key_of(event.keyCombination()) not in self.own_keys
        ):
            self.stop()
        return False

    def _tick(self) -> None:
        pane = self._pane
        number = None if pane is None else self._panes.slice_wanted(pane)
        if pane is None or number is None:
            self.stop()
        elif not self._panes.arriving(pane):
            step = 1 if self._forward else -1
            self._panes.step(pane, step)
            if self._panes.slice_wanted(pane) == number:
                # the end of the stack: back the same way
                self._forward = not self._forward
                self._panes.step(pane, -step)


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
