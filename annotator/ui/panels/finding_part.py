"""What a part of the finding panel is: it shows what was said of a finding, and tells what the reader says of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Finding, Reading
from annotator.model.image import ExamInfo
from annotator.model.measured import Measured
from annotator.ui.actions.said import FIELDS, spoken
from annotator.ui.panels.chips import ChipRow
from annotator.ui.panels.contradictions import ContradictionLine
from annotator.ui.panels.word_chips import WordRow


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """The finding in hand, in its reading, with what was measured of it on the images of its exam."""

    reading: Reading
    finding: Finding
    measured: Measured
    exam: ExamInfo


class FindingPart(QWidget):
    """Rows below each other. `said` carries the name of the act and the fields of the finding by name.

    `summary` says in a few words what was said of the fields here, '' for nothing, for where the part is folded.
    """

    said = Signal(str, object)

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self.lexicon = lexicon
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(5)
        self.lines: list[ContradictionLine] = []

    def show_finding(self, shown: ShownFinding) -> None:
        """Show what was said of a finding."""
        raise NotImplementedError

    def summary(self, shown: ShownFinding) -> str:
        """What was said of a finding here."""
        raise NotImplementedError

    def use_lexicon(self, lexicon: Lexicon) -> None:
        """Speak in the words of this edition from the next finding on that is shown."""
        self.lexicon = lexicon
        for row in self.findChildren(WordRow):
            row.use_lexicon(lexicon)

    def add(self, widget: QWidget, *fields: str) -> None:
        """Place a row that says these fields below the others; what contradicts them stands under it."""
        self.column.addWidget(widget)
        for field in fields:
            line = ContradictionLine(field, self.lexicon)
            self.lines.append(line)
            self.column.addWidget(line)

    def say(self, field: str, value: Any) -> None:
        """The reader says a value of a field."""
        self.said.emit(f"{FIELDS[field]}: {spoken(self.lexicon, field, value)}", {field: value})

    def tell_one(self, row: ChipRow, field: str) -> None:
        """Let a row of which one chip is on, or none, say a field."""
        row.chosen.connect(lambda values: self.say(field, values[0] if values else None))

    def tell_several(self, row: ChipRow, field: str) -> None:
        """Let a row of which several may be on say a field; kept in the order of the row."""
        row.chosen.connect(lambda values: self.say(field, tuple(values)))


def dim_label(*, wraps: bool = True) -> QLabel:
    """A small label for what was measured, not said."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", "dim")
    label.setWordWrap(wraps)
    return label


def say_dim(label: QLabel, text: str) -> None:
    """Show a dim sentence; without words it takes no room."""
    label.setText(text)
    label.setVisible(bool(text))


def joined(parts: Collection[str]) -> str:
    """The parts that say something."""
    return ", ".join(part for part in parts if part)
