"""Real mouse and key events on real widgets, for the demonstration: what a hand would do, and patience."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea, QWidget

from annotator.errors import AnnotatorError
from annotator.ui.panes.hand import NOTCH

PATIENCE_S = 60.0
LEFT = Qt.MouseButton.LeftButton


class DemoFailed(AnnotatorError):
    """A step of the demonstration did not do what it should."""


class Robot:
    """A hand on mouse and keyboard. `pause_ms` lets a person watch; 0 is as fast as it goes."""

    def __init__(self, pause_ms: int = 0) -> None:
        self._pause_ms = pause_ms

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Let the window work until `condition` holds; DemoFailed naming `what` when it never does."""
        until = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > until:
                raise DemoFailed(f"waited {PATIENCE_S:.0f} s for {what}, in vain")
            self.rest(10)

    def look(self) -> None:
        """Let the eye follow, and everything pending be painted."""
        QApplication.processEvents()
        if self._pause_ms:
            self.rest(self._pause_ms)

    def rest(self, milliseconds: int) -> None:
        """Let the window and its workers go on for so long (QTest.qWait keeps the interpreter to itself)."""
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def press(self, button: QAbstractButton) -> None:
        """Bring a button into sight and click on it; DemoFailed when nobody could."""
        _bring_into_sight(button)
        QApplication.processEvents()
        if not (button.isVisible() and button.isEnabled()):
            raise DemoFailed(f"the button {button.text()!r} cannot be pressed")
        QTest.mouseClick(button, LEFT)
        self.look()

    def click(self, widget: QWidget, at: QPoint) -> None:
        """Click at a place of a widget."""
        QTest.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, at)
        self.look()

    def key(self, widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        """Press and release a key, with the window in front: shortcuts act in the active window only."""
        window = widget.window()
        if not window.isActiveWindow():
            # where no window manager runs, nobody hands the keyboard to a window but itself
            window.activateWindow()
            self.wait(window.isActiveWindow, "the keyboard")
        QTest.keyClick(widget, key, modifier or Qt.KeyboardModifier.NoModifier)
        self.look()

    def wheel(self, widget: QWidget, at: QPointF, notches: int) -> None:
        """Turn the wheel at a place; positive is away from the hand."""
        for _ in range(abs(notches)):
            turn = QPoint(0, NOTCH if notches > 0 else -NOTCH)
            event = QWheelEvent(
                at,
                QPointF(widget.mapToGlobal(at.toPoint())),
                QPoint(),
                turn,
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(widget, event)
        self.look()

    def drag(self, widget: QWidget, way: Sequence[QPointF], button: Qt.MouseButton = LEFT) -> None:
        """Move along `way` with a button held."""
        kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(way) - 2)]
        for kind, at in zip([*kinds, QEvent.Type.MouseButtonRelease], way, strict=True):
            held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
            caused = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
            place = QPointF(widget.mapToGlobal(at.toPoint()))
            event = QMouseEvent(kind, at, place, caused, held, Qt.KeyboardModifier.NoModifier)
            QApplication.sendEvent(widget, event)
            QApplication.processEvents()
        self.look()


def _bring_into_sight(widget: QWidget) -> None:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()
