"""What the reader says of the current finding: size, shape, distribution, change, category, comment."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from html import escape
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from annotator.analysis.mark_table import table_of
from annotator.lexicon.loader import Lexicon
from annotator.model.finding import (
    Assessment,
    Change,
    Distribution,
    Finding,
    Morphology,
    Reading,
    SaidLength,
    Spread,
    Stage,
)
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from annotator.ui.actions.said import FIELDS
from annotator.ui.desk.session import ReadingSession
from annotator.ui.panels.chips import ChipRow, Choice, Pick
from annotator.ui.panels.facts import Facts, facts_of
from annotator.ui.panels.findings_list import FindingsList

COMMENT_PAUSE_MS = 1200

_FLAGS = (
    Choice("certain", "sure of type", "You are sure of the benign type."),
    Choice("known_cancer_here", "cancer here", "Cancer is proven by biopsy at this very site."),
    Choice("adjacent_cancer", "next to cancer", "A known cancer lies next to these calcifications."),
    Choice("priors_requested", "priors first", "You want to see prior mammograms before you decide."),
)

_SHORT_STAGES = {
    Stage.SCREEN: "Screen",
    Stage.WORKUP: "Magnified",
    Stage.FU6: "6",
    Stage.FU12: "12",
    Stage.FU24: "24 mo",
}

_SHORT_SHAPES = {Morphology.FINE_LINEAR: "Fine linear / branching"}

_SHORT_CHANGES = {
    Change.NO_PRIOR: "No prior",
    Change.NEW: "New",
    Change.INCREASED: "More",
    Change.MORPH_CHANGED: "Shape",
    Change.STABLE_LT2Y: "Stable < 2 y",
    Change.STABLE_2Y: "Stable 2 y +",
    Change.DECREASED: "Fewer",
}


class FindingPanel(QWidget):
    """Findings above, the words for the current one below.

    It asks the session to change the reading and shows what the session says; it keeps nothing but a
    comment that is being typed, and hands that over after a pause, when the field is left, and before
    another finding is shown.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon
        self._session: ReadingSession | None = None
        self._comment_of: str | None = None
        self._facts: dict[str, tuple[Reading, Facts]] = {}
        self.list = FindingsList()
        self.list.currentRowChanged.connect(self._row_chosen)
        self.new = QPushButton("New")
        self.new.setAccessibleName("New finding")
        self.new.setToolTip("The next marks belong to a new finding")
        self.new.clicked.connect(self._new)
        self.remove = QPushButton("Remove")
        self.remove.setAccessibleName("Remove finding")
        self.remove.setToolTip("Remove the current finding with its marks; undo brings it back")
        self.remove.clicked.connect(self._remove)
        for button in (self.new, self.remove):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.measured = _dim_label()
        self.measured.setWordWrap(True)
        self._make_rows()
        self.comment = QPlainTextEdit()
        self.comment.setPlaceholderText("Comment")
        self.comment.setAccessibleName("Comment on the finding")
        self.comment.setTabChangesFocus(True)
        # A file dropped here is meant for the window.
        self.comment.setAcceptDrops(False)
        self.comment.setFixedHeight(self.comment.fontMetrics().lineSpacing() * 2 + 10)
        self.comment.textChanged.connect(self._comment_typed)
        self.comment.installEventFilter(self)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(COMMENT_PAUSE_MS)
        self._pause.timeout.connect(self.commit_comment)
        self._lay_out()
        self.refresh()

    def set_session(self, session: ReadingSession | None) -> None:
        """Show another reading; a comment in hand goes to the one it was typed for."""
        self.commit_comment()
        if self._session is not None:
            self._session.reading_changed.disconnect(self.refresh)
            self._session.selection_changed.disconnect(self.refresh)
        self._session = session
        self._facts.clear()
        self._comment_of = None
        if session is not None:
            session.reading_changed.connect(self.refresh)
            session.selection_changed.connect(self.refresh)
        self.refresh()

    def commit_comment(self) -> None:
        """Hand a comment that is being typed to the session now."""
        self._pause.stop()
        if self._session is None or self._comment_of is None:
            return
        text = self.comment.toPlainText()
        known = {f.id: f for f in self._session.reading.findings}
        finding = known.get(self._comment_of)
        if finding is not None and finding.comment != text:
            self._session.describe(finding.id, "Comment", comment=text)

    def refresh(self, _changes: object = None) -> None:
        """Show the reading as it stands."""
        finding = None if self._session is None else self._session.current_finding
        self._show_list(finding)
        self._words.setVisible(finding is not None)
        self.assessment.setVisible(finding is not None)
        self.hint.setVisible(finding is None)
        self.new.setEnabled(self._session is not None)
        self.remove.setEnabled(finding is not None)
        if finding is not None:
            self._show_words(finding)
        self._show_comment(finding)

    def say(self, field: str, value: Any) -> None:
        """The reader said something of the current finding."""
        session = self._session
        if session is not None and session.current_finding_id is not None:
            session.describe(
                session.current_finding_id, f"{field.capitalize()}: {self._spoken(value)}", **{field: value}
            )
            # A size that follows from the marks stays shown although nothing was said.
            self.refresh()

    def take_over(self, field: str) -> None:
        """Let the reader stand for a length as it was measured."""
        session = self._session
        finding = None if session is None else session.current_finding
        if session is None or finding is None:
            return
        facts = self._facts_of(session.reading, finding, session.corrected_exam)
        measured = facts.extent if field == "extent" else None
        if measured is None:
            session.message.emit("Nothing was measured to take over.")
            return
        length = SaidLength(round(measured.value, 2), measured.basis)
        session.describe(finding.id, f"{FIELDS[field]}: {length}", **{field: length})

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.comment and event.type() == QEvent.Type.FocusOut:
            self.commit_comment()
        return super().eventFilter(watched, event)

    def _make_rows(self) -> None:
        words = self._lexicon
        shapes = [m for m in Morphology if words.term(m).offered]
        benign = [m for m in shapes if words.term(m).group == "typically benign"]
        others = [m for m in _SHOWN_FIRST if m in shapes and m not in benign]
        self.size_word = ChipRow("Size", self._choices(MarkKind), Pick.ONE_OR_NONE, beside=True)
        self.morphology = ChipRow("Morphology", self._choices(others, _SHORT_SHAPES), Pick.ANY)
        self.benign = ChipRow("", self._choices(benign), Pick.ANY)
        self.fold = QPushButton("benign types ...  B")
        self.fold.setProperty("role", "fold")
        self.fold.setCheckable(True)
        self.fold.setAccessibleName("Show the typically benign types")
        self.fold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fold.toggled.connect(self.benign.setVisible)
        self.benign.setVisible(False)
        self.distribution = ChipRow("Distribution", self._choices(Distribution), Pick.ANY)
        self.spread = ChipRow("Spread", self._choices(Spread), Pick.ONE_OR_NONE, beside=True)
        self.stage = ChipRow("Stage", self._choices(Stage, _SHORT_STAGES), Pick.ONE_OR_NONE, beside=True)
        self.change = ChipRow("Change", self._choices(Change, _SHORT_CHANGES), Pick.ONE_OR_NONE, beside=True)
        self.flags = ChipRow("Known", _FLAGS, Pick.ANY, beside=True)
        self.assessment = ChipRow(
            "Your assessment", [self._category(a) for a in Assessment], Pick.ONE_OR_NONE, spacing=3
        )
        self.size_word.chosen.connect(lambda v: self.say("size", v[0] if v else None))
        self.morphology.chosen.connect(self._shapes_chosen)
        self.benign.chosen.connect(self._shapes_chosen)
        self.distribution.chosen.connect(
            lambda v: self.say("distributions", tuple(d for d in Distribution if d in v))
        )
        self.spread.chosen.connect(lambda v: self.say("spread", v[0] if v else None))
        self.stage.chosen.connect(lambda v: self.say("stage", v[0] if v else None))
        self.change.chosen.connect(lambda v: self.say("change", v[0] if v else None))
        self.flags.chosen.connect(self._flags_chosen)
        self.assessment.chosen.connect(lambda v: self.say("assessment", v[0] if v else None))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        heading = QLabel("FINDINGS")
        heading.setProperty("role", "heading")
        head.addWidget(heading)
        head.addStretch(1)
        head.addWidget(self.new)
        head.addWidget(self.remove)
        self.hint = QLabel(
            "No finding yet. With a marking tool in the hand, a click on a bright spot marks it and begins one."
        )
        self.hint.setWordWrap(True)
        self.hint.setProperty("role", "dim")
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 2, 6, 2)
        column.setSpacing(5)
        parts: tuple[QWidget, ...] = (
            self.size_word,
            self.morphology,
            self.fold,
            self.benign,
            self.distribution,
            self.measured,
            self.spread,
            self.stage,
            self.change,
            self.flags,
            self.comment,
        )
        for part in parts:
            column.addWidget(part)
        column.addStretch(1)
        self._words = QScrollArea()
        self._words.setWidgetResizable(True)
        self._words.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._words.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._words.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(10, 6, 4, 0)
        whole.setSpacing(5)
        whole.addLayout(head)
        whole.addWidget(self.list)
        whole.addWidget(self.hint)
        whole.addWidget(self._words, 1)
        whole.addWidget(self.assessment)
        whole.addStretch(0)

    def _choices(self, items: Iterable[StrEnum], short: dict[Any, str] | None = None) -> list[Choice]:
        chosen = []
        for item in items:
            term = self._lexicon.term(item)
            if not term.offered:
                continue
            parts = [f"<b>{escape(term.word)}</b>", escape(term.definition)]
            if term.size:
                parts.append(f"Size: {escape(term.size)}.")
            parts.append(self._cited(term.sources))
            chosen.append(Choice(item, (short or {}).get(item, term.word), "<br>".join(parts)))
        return chosen

    def _cited(self, tags: Iterable[str]) -> str:
        citations = dict.fromkeys(self._lexicon.source(tag).citation for tag in tags)
        return f"<i>{'<br>'.join(map(escape, citations))}</i>"

    def _category(self, item: Assessment) -> Choice:
        term = self._lexicon.assessments[item]
        parts = [
            f"<b>{item} {escape(term.name)}</b>",
            f"Range of likelihood of this category: {escape(term.likelihood)}.",
        ]
        parts += [f"{escape(term.management)}.", self._cited(term.sources)]
        return Choice(item, str(item), "<br>".join(parts))

    def _show_list(self, current: Finding | None) -> None:
        rows = []
        if self._session is not None:
            reading = self._session.reading
            for finding in reading.findings:
                facts = self._facts_of(reading, finding, self._session.corrected_exam)
                name = f"F{finding.number} {facts.side}".strip()
                own = "" if finding.assessment is None else f" · category {finding.assessment}"
                rows.append((finding.id, name, self._summary(finding), facts.short + own))
                if current is not None and finding.id == current.id:
                    self.measured.setText(facts.measured)
                    self.measured.setVisible(bool(facts.measured))
        self.list.setVisible(bool(rows))
        self.list.show_rows(rows, None if current is None else current.id)

    def _facts_of(self, reading: Reading, finding: Finding, exam: ExamInfo) -> Facts:
        """Facts as long as marks and outlines stay the same: other words need no counting anew."""
        known = self._facts.get(finding.id)
        if known is not None and _counted_alike(known[0], reading, finding.id):
            self._facts[finding.id] = reading, known[1]
            return known[1]
        facts = facts_of(reading, finding, exam)
        self._facts[finding.id] = reading, facts
        return facts

    def _summary(self, finding: Finding) -> str:
        said = [self._lexicon.word(m).lower() for m in finding.morphology]
        said += [self._lexicon.word(d).lower() for d in finding.distributions]
        return ", ".join(said) or "not described"

    def _show_words(self, finding: Finding) -> None:
        assert self._session is not None
        size = self._session.reading.size_of(finding.id)
        self.size_word.set_values({size})
        said = set(finding.morphology)
        self.morphology.set_values(said)
        self.benign.set_values(said)
        if self.benign.values:
            self.fold.setChecked(True)
        self.distribution.set_values(set(finding.distributions))
        self.spread.set_values({finding.spread})
        self.stage.set_values({finding.stage})
        self.change.set_values({finding.change})
        self.flags.set_values({flag.value for flag in _FLAGS if getattr(finding, flag.value)})
        self.assessment.set_values({finding.assessment})

    def _show_comment(self, finding: Finding | None) -> None:
        shown = None if finding is None else finding.id
        if shown != self._comment_of:
            self.commit_comment()
        elif self._pause.isActive():
            return
        self._comment_of = shown
        text = "" if finding is None else finding.comment
        if text != self.comment.toPlainText():
            self.comment.blockSignals(True)
            self.comment.setPlainText(text)
            self.comment.blockSignals(False)

    def _comment_typed(self) -> None:
        self._pause.start()

    def _shapes_chosen(self, _values: object) -> None:
        session = self._session
        if session is None or session.current_finding is None:
            return
        # A word that this edition no longer offers has no chip and stays as it was said.
        kept = {m for m in session.current_finding.morphology if not self._lexicon.term(m).offered}
        said = kept | {*self.morphology.values, *self.benign.values}
        self.say("morphology", tuple(m for m in Morphology if m in said))

    def _spoken(self, value: Any) -> str:
        """A value in the words of the lexicon, for undo and history."""
        if isinstance(value, tuple):
            return ", ".join(self._lexicon.word(item).lower() for item in value) or "none"
        if isinstance(value, Assessment):
            return str(value)
        return "none" if value is None else self._lexicon.word(value).lower()

    def _flags_chosen(self, values: tuple[str, ...]) -> None:
        session = self._session
        if session is not None and session.current_finding_id is not None:
            said = {flag.value: flag.value in values for flag in _FLAGS}
            known = ", ".join(flag.text for flag in _FLAGS if flag.value in values) or "nothing"
            session.describe(session.current_finding_id, f"Known: {known}", **said)

    def _row_chosen(self, row: int) -> None:
        finding_id = self.list.finding_id(row)
        if self._session is not None and finding_id is not None:
            self._session.select_finding(finding_id)

    def _new(self) -> None:
        if self._session is not None:
            self._session.new_finding()

    def _remove(self) -> None:
        if self._session is not None and self._session.current_finding_id is not None:
            self._session.remove_finding(self._session.current_finding_id)


_SHOWN_FIRST = (
    Morphology.AMORPHOUS,
    Morphology.COARSE_HET,
    Morphology.FINE_PLEO,
    Morphology.FINE_LINEAR,
    Morphology.ROUND,
    Morphology.PUNCTATE,
    Morphology.UNCHARACTERISED,
)


def _counted_alike(before: Reading, now: Reading, finding_id: str) -> bool:
    """Whether a finding has the same marks and outlines in both; only what lies between the ends is looked at."""
    if before.clusters_of(finding_id) != now.clusters_of(finding_id):
        return False
    start, end = table_of(now).ends_since(before.marks)
    changed = (*before.marks[start : len(before.marks) - end], *now.marks[start : len(now.marks) - end])
    return not any(mark.finding_id == finding_id for mark in changed)


def _dim_label() -> QLabel:
    label = QLabel()
    label.setProperty("role", "dim")
    return label
