"""The forms that the exam in sight can be written in: chosen, written, and each told with its proof beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from annotator.ui.icons import picture
from annotator.ui.theme import SAVED, WARNING

if TYPE_CHECKING:
    from annotator.exchange.proved import Proven
    from annotator.reporting.exam_forms import Form, Outcome

USUAL = ("sr", "json")
"""Ticked at first: what other viewers read, and what this program reads again."""
_TITLES = {"json": "For programs", "html": "For people"}
"""Headings, above the form of that name; above the first stands _DICOM."""
_DICOM = "For viewers and archives (DICOM)"
_ICON_PX = 16


class ExportForms(QWidget):
    """One row a form: a box to tick, and what became of it. `changed` when a tick was set or taken away."""

    changed = Signal()

    def __init__(self, forms: Sequence[Form], chosen: Sequence[str]) -> None:
        super().__init__()
        self.boxes: dict[str, QCheckBox] = {}
        self.results: dict[str, QLabel] = {}
        self._signs: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(2, 1)
        grid.setHorizontalSpacing(12)
        self._grid = grid
        for number, form in enumerate(forms):
            title = _DICOM if number == 0 else _TITLES.get(form.name)
            if title is not None:
                self._add_heading(title)
            self._add(form, ticked=form.name in chosen)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of the forms that are ticked, in their order."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def begin(self) -> None:
        """Forget what became of an export before; what is ticked waits."""
        for name in self.results:
            self._tell(name, "waits" if name in self.chosen else "", "dim")

    def going_on(self, says: str) -> None:
        """This form, by its line, is being written."""
        for name, box in self.boxes.items():
            if box.text() == _capital(says) and box.isChecked():
                self._tell(name, "is being written ...", "accent")

    def show_outcome(self, outcome: Outcome) -> None:
        """What became of a form."""
        words, role, shape = outcome_words(outcome)
        self._tell(outcome.form.name, words, role, shape)

    def stop(self) -> None:
        """Nothing is written any more."""
        for name, label in self.results.items():
            if label.text() in ("waits", "is being written ..."):
                self._tell(name, "not written", "dim")

    def _add_heading(self, title: str) -> None:
        heading = QLabel(title)
        heading.setProperty("role", "heading")
        if self._grid.rowCount() > 1:
            heading.setContentsMargins(0, 8, 0, 0)
        self._grid.addWidget(heading, self._grid.rowCount(), 0, 1, 3)

    def _add(self, form: Form, *, ticked: bool) -> None:
        row = self._grid.rowCount()
        box = QCheckBox(_capital(form.says))
        box.setChecked(ticked)
        box.toggled.connect(self.changed)
        result = QLabel()
        result.setWordWrap(True)
        result.setAccessibleName(f"{_capital(form.says)}: result")
        result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        sign = QLabel()
        sign.setFixedWidth(_ICON_PX)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(box, row, 0, top)
        self._grid.addWidget(sign, row, 1, top)
        self._grid.addWidget(result, row, 2, top)
        self.boxes[form.name], self.results[form.name], self._signs[form.name] = box, result, sign

    def _tell(self, name: str, words: str, role: str, shape: str = "") -> None:
        label, sign = self.results[name], self._signs[name]
        label.setText(words)
        label.setProperty("role", role)
        label.style().unpolish(label)
        label.style().polish(label)
        if shape:
            colour = WARNING if role == "warning" else SAVED
            sign.setPixmap(picture(shape, _ICON_PX, self.devicePixelRatioF(), colour))
        else:
            sign.clear()


def outcome_words(outcome: Outcome) -> tuple[str, str, str]:
    """What became of a form in words, how they look, and the sign before them."""
    if outcome.fault:
        return outcome.fault, "warning", "triangle-alert"
    lines = [_file_words(one) for one in outcome.files]
    if outcome.holds:
        return "\n".join(lines), "dim", "circle-check"
    return "\n".join(lines), "warning", "triangle-alert"


def _file_words(one: Proven) -> str:
    said = "written" if one.proof is None else one.proof.sentence()
    return f"{one.path.name}: {said}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
