"""A line to hold a ruler to: how large a pixel of this screen is."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QScreen
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from annotator.errors import InvalidSettings
from annotator.ui import theme
from annotator.ui.display.displays import screen_facts, screen_id
from annotator.ui.display.screen_pitch import LARGEST_MM, SMALLEST_MM, PitchFile

LINE_MM = 100.0
USUAL_MM = 0.25
"""What a pixel is taken for until anything better is known."""


class ScreenPitchPage(QDialog):
    """`entered` carries the pitch in millimetres of a device pixel once it is kept."""

    entered = Signal(float)

    def __init__(self, pitches: PitchFile, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Size of a pixel of this screen")
        self._pitches = pitches
        self._facts = QLabel()
        self._facts.setProperty("role", "dim")
        self._facts.setWordWrap(True)
        how = QLabel(
            "Hold a ruler to the line below and enter how long it is from stroke to stroke. Images at true size are then as "
            "large on this screen as the breast was."
        )
        how.setWordWrap(True)
        self.line = RulerLine()
        self.length = QDoubleSpinBox()
        self.length.setDecimals(1)
        self.length.setSingleStep(0.5)
        self.length.setSuffix(" mm")
        self.length.setAccessibleName("Length of the line in millimetres")
        self.length.valueChanged.connect(self._show_pitch)
        self._pitch = QLabel()
        self._pitch.setProperty("role", "dim")
        self.trouble = QLabel()
        self.trouble.setProperty("role", "warning")
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        buttons = QDialogButtonBox.StandardButton
        box = QDialogButtonBox(buttons.Save | buttons.Cancel)
        box.accepted.connect(self.keep)
        box.rejected.connect(self.reject)
        row = QHBoxLayout()
        label = QLabel("The line is")
        label.setBuddy(self.length)
        for part in (label, self.length, self._pitch):
            row.addWidget(part)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(how)
        column.addWidget(self._facts)
        column.addWidget(self.line)
        column.addLayout(row)
        column.addWidget(self.trouble)
        column.addWidget(box)
        self.measure(self.screen())

    def measure(self, screen: QScreen) -> None:
        """Draw the line for a screen; it is 10 cm long where the pitch known so far is right."""
        self._screen = screen
        known = self._pitches.pitch(screen)
        mm = USUAL_MM if known is None else known.mm
        self.line.set_pixels(round(LINE_MM / mm))
        self._facts.setText(f"{screen_id(screen)}: {screen_facts(screen)}")
        self.length.setRange(self.line.pixels * SMALLEST_MM, self.line.pixels * LARGEST_MM)
        self.length.setValue(LINE_MM)
        self.length.selectAll()
        self._show_pitch()

    @property
    def mm(self) -> float:
        """Millimetres of a device pixel, as entered."""
        return self.length.value() / self.line.pixels

    def keep(self) -> None:
        """Keep what was entered and close; say so where it cannot be kept."""
        try:
            self._pitches.enter(screen_id(self._screen), self.mm)
        except InvalidSettings as error:
            self.trouble.setText(str(error))
            self.trouble.show()
            return
        self.accept()
        self.entered.emit(self.mm)

    def _show_pitch(self) -> None:
        self._pitch.setText(f"a pixel is {self.mm:.4f} mm, {25.4 / self.mm:.0f} in an inch")


class RulerLine(QWidget):
    """A line of so many device pixels with a stroke at each end."""

    def __init__(self) -> None:
        super().__init__()
        self.pixels = 400
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Line to be measured")

    def set_pixels(self, pixels: int) -> None:
        """How long the line is, in device pixels."""
        self.pixels = pixels
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(math.ceil(self.pixels / self.devicePixelRatioF()) + 24, 48)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            ratio = self.devicePixelRatioF()
            painter.scale(1 / ratio, 1 / ratio)
            pen = QPen(QColor(theme.STRONG), 1)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            left, middle, high = round(12 * ratio) + 0.5, round(24 * ratio) + 0.5, round(12 * ratio)
            right = left + self.pixels
            painter.drawLine(QPointF(left, middle), QPointF(right, middle))
            for end in (left, right):
                painter.drawLine(QPointF(end, middle - high), QPointF(end, middle + high))
        finally:
            # a painter that outlives its widget's paint event takes the program down with it
            painter.end()
