"""A window that fills one screen with P-values, sent the way mammograms are: the test pattern, and patches."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QScreen,
    QTransform,
)
from PySide6.QtWidgets import QWidget

from annotator.model.display import PHOTOMETER_LEVELS
from annotator.ui.display.test_pattern import LABEL, pattern_values, uniform
from annotator.ui.pictures.grey_output import GreyOutput

MakeField = Callable[[int, int], NDArray[np.uint16]]


class FullField(QWidget):
    """Nothing but grey values over a whole screen at one value a device pixel; Esc or a click closes it."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.BlankCursor)
        self.output = GreyOutput()
        self._make: MakeField = lambda width, height: uniform(0, width, height)
        self._made: tuple[object, ...] | None = None
        self._image = QImage()

    def show_field(self, make: MakeField, output: GreyOutput) -> None:
        """Fill the window with what `make` gives for its size in device pixels."""
        self._make, self.output = make, output
        self.update()

    def open_on(self, screen: QScreen) -> None:
        """Cover a screen."""
        self.setScreen(screen)
        self.setGeometry(screen.geometry())
        self.showFullScreen()
        self.activateWindow()
        self.setFocus()

    def paintEvent(self, _event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        size = math.ceil(self.width() * ratio), math.ceil(self.height() * ratio)
        key = (self._make, self.output, size)
        if key != self._made:
            self._image = self.output.image(self.output.codes()[self._make(*size)])
            self._made = key
        painter = QPainter(self)
        undone, _ = painter.deviceTransform().inverted()
        painter.setWorldTransform(QTransform() * undone)
        painter.drawImage(0, 0, self._image)
        self._annotate(painter, QRect(QPoint(0, 0), self._image.size()))
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.close()

    def _annotate(self, painter: QPainter, rect: QRect) -> None:
        """Nothing, here."""


class PatternWindow(FullField):
    """The test pattern over a whole screen; C shows it without the correction and back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(LABEL, parent)
        self._outputs: tuple[GreyOutput, GreyOutput] = (GreyOutput(), GreyOutput())

    def show_pattern(self, output: GreyOutput, screen: QScreen) -> None:
        """Open on a screen as images are sent to it."""
        self._outputs = (output, GreyOutput(output.depth))
        self.show_field(pattern_values, output)
        self.open_on(screen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_C:
            corrected, plain = self._outputs
            self.show_field(pattern_values, plain if self.output is corrected else corrected)
        else:
            super().keyPressEvent(event)


class PatchWindow(FullField):
    """The levels for the photometer, one full field after the other.

    What is typed is the luminance read off; Enter keeps it (`measured`: level, text) and shows the next
    level, as Right and Space do without keeping; Left goes back.
    """

    measured = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Grey patches for the photometer", parent)
        self._at = 0
        self._typed = ""

    @property
    def level(self) -> int:
        """The level on show."""
        return PHOTOMETER_LEVELS[self._at]

    def show_level(self, level: int, output: GreyOutput) -> None:
        """Show one of the photometer's levels."""
        self._at = PHOTOMETER_LEVELS.index(level)
        self._typed = ""
        self.show_field(lambda width, height: uniform(level, width, height), output)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, text = event.key(), event.text()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._typed:
                self.measured.emit(self.level, self._typed)
            self._step(1)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Space):
            self._step(1)
        elif key == Qt.Key.Key_Left:
            self._step(-1)
        elif key == Qt.Key.Key_Backspace:
            self._typed = self._typed[:-1]
            self.update()
        elif text and text in "0123456789.,":
            self._typed += text
            self.update()
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        further = self._at + by
        if further == len(PHOTOMETER_LEVELS):
            self.close()
        elif further >= 0:
            self.show_level(PHOTOMETER_LEVELS[further], self.output)

    def _annotate(self, painter: QPainter, rect: QRect) -> None:
        font = QFont(painter.font())
        font.setPixelSize(max(round(14 * self.devicePixelRatioF()), 10))
        painter.setFont(font)
        # far enough from the patch to be read, too little to light it up
        grey = self.level + 60 if self.level < 128 else self.level - 60
        painter.setPen(QColor(grey, grey, grey))
        typed = f"   {self._typed}_ cd/m²" if self._typed else "   type the luminance, Enter: next"
        words = f"level {self.level} of 255  ({self._at + 1} of {len(PHOTOMETER_LEVELS)}){typed}"
        painter.drawText(rect.adjusted(16, 0, -16, -12), Qt.AlignmentFlag.AlignBottom, words)
