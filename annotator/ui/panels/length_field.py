"""A length to type, with what was measured beside it and one act to take that over."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from annotator.model.finding import SaidLength
from annotator.model.geometry import Millimetres, mm_digits
from annotator.ui.panels.chips import beside_width
from annotator.ui.panels.finding_part import dim_label, say_dim

_WIDE = "00000.00"


class LengthField(QWidget):
    """`said` carries the length the reader stands for, None when the number was taken away.

    A number typed has no basis: it is the reader's. One taken over keeps how it was calibrated, as long as it is not
    changed. What is no length is told below and not said.
    """

    said = Signal(object)

    def __init__(self, title: str, name: str) -> None:
        super().__init__()
        self._length: SaidLength | None = None
        self._measured: Millimetres | None = None
        heading = QLabel(title.upper())
        heading.setProperty("role", "heading")
        heading.setFixedWidth(beside_width(heading))
        self.number = QLineEdit()
        self.number.setAccessibleName(f"{name} in millimetres")
        self.number.setFixedWidth(self.number.fontMetrics().horizontalAdvance(_WIDE) + 12)
        self.number.editingFinished.connect(self._typed)
        self.basis = dim_label(wraps=False)
        self.take = QPushButton("take")
        self.take.setProperty("role", "link")
        self.take.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.take.setToolTip("Stand for this length; it can be changed afterwards")
        self.take.clicked.connect(self.take_over)
        self.measured = dim_label()
        self.refused = QLabel()
        self.refused.setTextFormat(Qt.TextFormat.PlainText)
        self.refused.setProperty("role", "warning")
        self.refused.setWordWrap(True)
        self.refused.hide()
        self._name = name
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(heading)
        line.addWidget(self.number)
        line.addWidget(self.basis)
        line.addStretch(1)
        below = QHBoxLayout()
        below.addSpacing(beside_width(heading) + 4)
        below.addWidget(self.take, 0, Qt.AlignmentFlag.AlignTop)
        below.addWidget(self.measured, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(line)
        column.addLayout(below)
        column.addWidget(self.refused)

    def show_length(self, length: SaidLength | None, measured: Millimetres | None, note: str = "") -> None:
        """What the reader said, and what was measured; `note` says more of the measured length."""
        self._length, self._measured = length, measured
        if not self.number.isModified():
            self.number.setText("" if length is None else f"{length.value_mm:g}")
            self.refused.hide()
        self.basis.setText("mm" if length is None else f"mm {length.basis or 'as you say'}")
        same = length is not None and measured is not None and length == as_said(measured)
        offered = measured is not None and not same
        self.take.setVisible(offered)
        self.take.setAccessibleName(f"{self._name}: take {measured}, as measured")
        say_dim(self.measured, f"measured {measured}{note}" if offered else "")

    def take_over(self) -> bool:
        """Say what was measured; False when nothing was."""
        if self._measured is None:
            return False
        self.number.setModified(False)
        self.said.emit(as_said(self._measured))
        return True

    def _typed(self) -> None:
        if not self.number.isModified():
            return
        self.number.setModified(False)
        text = self.number.text().strip().replace(",", ".").removesuffix("mm").strip()
        self.refused.hide()
        try:
            length = SaidLength(float(text)) if text else None
        except ValueError:
            self.refused.setText(
                f"{self.number.text()} is no length in a breast; type millimetres, 0 to 500."
            )
            self.refused.show()
            return
        if (None if length is None else length.value_mm) != (
            None if self._length is None else self._length.value_mm
        ):
            self.said.emit(length)


def as_said(measured: Millimetres) -> SaidLength:
    """A measured length as the reader stands for it: as precise as it is shown."""
    return SaidLength(float(mm_digits(measured.value)), measured.basis)
