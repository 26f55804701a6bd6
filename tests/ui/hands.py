"""Real mouse and wheel events, pressed buttons included (qtbot.mouseMove carries none)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QPushButton

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
NONE = Qt.MouseButton.NoButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


def send(widget, kind, at, button=NONE, held=NONE, keys=NO_KEYS):
    at = QPointF(at)
    event = QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at)), button, held, keys)
    QApplication.sendEvent(widget, event)


def press(widget, at, button=LEFT, keys=NO_KEYS):
    send(widget, QEvent.Type.MouseButtonPress, at, button, button, keys)


def move(widget, at, held=LEFT, keys=NO_KEYS):
    send(widget, QEvent.Type.MouseMove, at, NONE, held, keys)


def release(widget, at, button=LEFT, keys=NO_KEYS):
    send(widget, QEvent.Type.MouseButtonRelease, at, button, NONE, keys)


def click(widget, at, button=LEFT, keys=NO_KEYS):
    press(widget, at, button, keys)
    release(widget, at, button, keys)


def drag(widget, places, button=LEFT, keys=NO_KEYS):
    press(widget, places[0], button, keys)
    for place in places[1:]:
        move(widget, place, button, keys)
    release(widget, places[-1], button, keys)


def wheel(widget, at, turned=120, keys=NO_KEYS):
    at = QPointF(at)
    event = QWheelEvent(
        at, QPointF(widget.mapToGlobal(at)), QPoint(), QPoint(0, turned), NONE, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def bar_buttons(bar):
    """The buttons of the error in sight, not those that close it or go to another."""
    return [b for b in bar.findChildren(QPushButton) if b.text() and b.isVisibleTo(bar)]
