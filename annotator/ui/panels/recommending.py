"""What the reader recommends of a finding, apart from its category, and within how many months."""

from __future__ import annotations

from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from annotator.lexicon.loader import Lexicon
from annotator.model.finding import LONGEST_MONTHS, Recommendation
from annotator.ui.panels.chips import Pick, beside_width
from annotator.ui.panels.finding_part import FindingPart, ShownFinding, joined
from annotator.ui.panels.word_chips import WordRow, words_of


class Recommending(FindingPart):
    """Chips for what, a number for when; neither follows from the other."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__(lexicon)
        self.recommendation = WordRow(
            "Next", words_of(Recommendation), lexicon, Pick.ONE_OR_NONE, beside=True
        )
        self.tell_one(self.recommendation, "recommendation")
        self.months = QLineEdit()
        self.months.setValidator(QIntValidator(0, LONGEST_MONTHS, self.months))
        self.months.setFixedWidth(self.months.fontMetrics().horizontalAdvance("00000"))
        self.months.setAccessibleName("Months until then")
        self.months.setToolTip("Within how many months; 0 is at once")
        self.months.editingFinished.connect(self._months_typed)
        heading = QLabel("IN")
        heading.setProperty("role", "heading")
        heading.setFixedWidth(beside_width(heading))
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(heading)
        line.addWidget(self.months)
        line.addWidget(QLabel("months"))
        line.addStretch(1)
        self.add(self.recommendation, "recommendation")
        self.add(row, "recommended_months")

    def show_finding(self, shown: ShownFinding) -> None:
        finding = shown.finding
        self.recommendation.set_values({finding.recommendation})
        if not self.months.isModified():
            months = finding.recommended_months
            self.months.setText("" if months is None else str(months))

    def summary(self, shown: ShownFinding) -> str:
        said, months = shown.finding.recommendation, shown.finding.recommended_months
        word = "" if said is None else self.lexicon.word(said).lower()
        return joined((word, "" if months is None else "at once" if months == 0 else f"in {months} months"))

    def _months_typed(self) -> None:
        if self.months.isModified():
            self.months.setModified(False)
            text = self.months.text().strip()
            self.say("recommended_months", int(text) if text else None)
