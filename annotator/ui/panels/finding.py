"""What the reader says: of the exam its stage, of the finding in hand everything, of the views whether they are good.

The parts stand in an order that never changes: what is said of nearly every finding first and in sight, the rest
folded, each fold with a line of what was said inside.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from annotator.lexicon.loader import Lexicon
from annotator.model.clusters_on_image import ClustersOnImage
from annotator.model.finding import Finding, Stage
from annotator.ui.actions.said import FIELDS, spoken
from annotator.ui.desk.saying import last_said, say, say_as_last, say_recall
from annotator.ui.desk.session import ReadingSession
from annotator.ui.panels.beside import Beside
from annotator.ui.panels.chips import Pick
from annotator.ui.panels.contradictions import ContradictionLine
from annotator.ui.panels.finding_part import FindingPart, ShownFinding, dim_label, say_dim
from annotator.ui.panels.findings_list import FindingsList
from annotator.ui.panels.folds import Fold
from annotator.ui.panels.link_button import LinkButton
from annotator.ui.panels.looks import Looks
from annotator.ui.panels.measured_words import facts_line, side_of
from annotator.ui.panels.place import Place
from annotator.ui.panels.reading_order import order_tabs
from annotator.ui.panels.recalls import Recalls
from annotator.ui.panels.recommending import Recommending
from annotator.ui.panels.word_chips import WordRow, category_choices, words_of
from annotator.ui.words.plain_words import caption, tip, typed

COMMENT_PAUSE_MS = 1200


class FindingPanel(QWidget):
    """Findings above, the words for the current one below.

    It asks the session to change the reading and shows what the session says; it keeps nothing but which parts are
    folded and a comment that is being typed, and hands that over after a pause, when the field is left, and before
    another finding is shown.
    """

    stage_taken = Signal(object)

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = self._own_lexicon = lexicon
        self._offered_stage: tuple[Stage, str] | None = None
        self._session: ReadingSession | None = None
        self._comment_of: str | None = None
        self._key_of_last = ""
        self._ordered = 0
        self._make_list()
        self._make_parts()
        self._make_comment()
        self._lay_out()
        self.refresh()

    def set_session(self, session: ReadingSession | None) -> None:
        """Show another reading, in the words of its own edition; a comment in hand goes to the one it was typed for."""
        self.commit_comment()
        if self._session is not None:
            self._session.reading_changed.disconnect(self.refresh)
            self._session.selection_changed.disconnect(self.refresh)
            self._session.facts.changed.disconnect(self.refresh)
        self._session = session
        self._comment_of = None
        if session is not None:
            session.reading_changed.connect(self.refresh)
            session.selection_changed.connect(self.refresh)
            session.facts.changed.connect(self.refresh)
        self._use_lexicon(self._own_lexicon if session is None else session.lexicon)
        self.refresh()

    def commit_comment(self) -> None:
        """Hand a comment that is being typed to the session now."""
        self._pause.stop()
        if self._session is None or self._comment_of is None:
            return
        text = typed(self.comment.toPlainText())
        known = {f.id: f for f in self._session.reading.findings}
        finding = known.get(self._comment_of)
        if finding is not None and finding.comment != text:
            self._session.describe(finding.id, "Comment", comment=text)

    def refresh(self, _changes: object = None) -> None:
        """Show the reading as it stands."""
        session = self._session
        finding = None if session is None else session.current_finding
        self._show_list(finding)
        self._of_exam.setVisible(session is not None)
        self._scroll.setVisible(session is not None)
        self._of_finding.setVisible(finding is not None)
        self.assessment.setVisible(finding is not None)
        self.hint.setVisible(finding is None)
        closed = "" if session is None else session.why_closed
        self._close_acts(closed)
        self.new.setEnabled(session is not None and not closed)
        self.remove.setEnabled(finding is not None and not closed)
        if session is not None:
            self._show_exam(session)
            if finding is not None:
                self._show_finding(session, finding)
        if finding is None:
            for line in self.lines:
                line.tell(())
        self._show_comment(finding)
        self._order()

    def say(self, name: str, said: dict[str, Any]) -> None:
        """The reader said something of the current finding: the name of the act, and fields by name."""
        session = self._session
        if session is not None and session.current_finding_id is not None:
            session.describe(session.current_finding_id, name, **said)
            # a chip that was clicked shows what holds, also where the act changed nothing
            self.refresh()

    def offer_stage(self, found: tuple[Stage, str] | None) -> None:
        """Show beside the stages which one the exam seems to be of, and why; None: none is offered."""
        self._offered_stage = found
        words = "" if found is None else f"{self._lexicon.word(found[0])}? {found[1]}"
        self.stage_offer.setText(caption(words))
        self.stage_offer.setAccessibleName(words)
        self.stage_offer.setToolTip(
            tip(f"{words}. Say that the exam is of this stage; nothing says it but you")
        )
        self.stage_offer.setVisible(found is not None)

    def take_over(self, field: str) -> None:
        """Let the reader stand for a length as it was measured."""
        if self._session is not None and not self.place.take_over(field):
            self._session.message.emit(f"{FIELDS[field]}: nothing was measured to take over.")

    def tell_acts(self, new: str, remove: str) -> None:
        """What the two buttons at the head do, with the keys that do it too."""
        self._acts = {self.new: new, self.remove: remove}
        self.refresh()

    def tell_key_of_last(self, key: str) -> None:
        """Which key says what is offered from the finding before; '' for none."""
        self._key_of_last = key
        self.refresh()

    def show_clusters(self, told: tuple[ClustersOnImage, ...]) -> None:
        """Show how the marks of the finding in hand lie together."""
        self.looks.clusters.show_clusters(told)

    @property
    def offer_in_sight(self) -> bool:
        """Whether the words of the finding before can be read now, all of them."""
        seen = self.offered.visibleRegion().boundingRect()
        return self.offered.isVisible() and seen == self.offered.rect()

    @property
    def folds_text(self) -> str:
        """Which parts are unfolded, to be kept."""
        opened = [name for name, fold in self.folds.items() if fold.open]
        return " ".join([*opened, *(["benign"] if self.looks.unfolded else [])])

    def set_folds(self, text: str) -> None:
        """Unfold the parts named, fold the others."""
        for name, fold in self.folds.items():
            fold.set_open(name in text.split())
        self.looks.unfolded = "benign" in text.split()
        self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.comment and event.type() == QEvent.Type.FocusOut:
            self.commit_comment()
        return super().eventFilter(watched, event)

    def _make_list(self) -> None:
        self.list = FindingsList()
        self.list.currentRowChanged.connect(self._row_chosen)
        self.new = QPushButton("New")
        self.new.setAccessibleName("New finding")
        self.new.clicked.connect(self._new)
        self.remove = QPushButton("Remove")
        self.remove.setAccessibleName("Remove finding")
        self.remove.clicked.connect(self._remove)
        for button in (self.new, self.remove):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._acts = {
            self.new: "The next marks belong to a new finding",
            self.remove: "Remove the current finding with its marks; undo brings it back",
        }

    def _make_parts(self) -> None:
        words = self._lexicon
        self.stage = WordRow("Stage", words_of(Stage), words, Pick.ONE_OR_NONE, beside=True)
        self.stage.chosen.connect(self._stage_chosen)
        self._make_offer()
        self.looks = Looks(words)
        self.place = Place(words)
        self.beside = Beside(words)
        self.recommending = Recommending(words)
        self.recalls = Recalls(words)
        self.recalls.said.connect(self._recalled)
        self.stage_offer = LinkButton("Say that the exam is of this stage; nothing says it but you")
        self.stage_offer.clicked.connect(self._take_stage)
        self.parts: tuple[FindingPart, ...] = (self.looks, self.place, self.beside, self.recommending)
        self._folded: dict[str, FindingPart] = {
            "place": self.place,
            "beside": self.beside,
            "recommendation": self.recommending,
        }
        self.folds = {
            "place": Fold("Place and extent", self.place),
            "beside": Fold("Beside it", self.beside),
            "recommendation": Fold("Recommendation", self.recommending),
            "recalls": Fold("Views again", self.recalls),
        }
        self.assessment = WordRow("Your assessment", category_choices, words, Pick.ONE_OR_NONE, spacing=3)
        self.assessment.chosen.connect(lambda v: self._say_one("assessment", v[0] if v else None))
        self._against_stage = ContradictionLine("stage", words)
        self._against_category = ContradictionLine("assessment", words, pushes=False)
        self.lines = [self._against_stage, *(line for part in self.parts for line in part.lines)]
        self.lines.append(self._against_category)
        for line in self.lines:
            line.keep.connect(self._keep)
        for part in self.parts:
            part.said.connect(self.say)
        self.size_word, self.morphology, self.benign = (
            self.looks.size_word,
            self.looks.morphology,
            self.looks.benign,
        )
        self.fold, self.distribution, self.change = (
            self.looks.fold,
            self.looks.distribution,
            self.looks.change,
        )
        self.measured = self.looks.measured

    def _use_lexicon(self, lexicon: Lexicon) -> None:
        if lexicon is self._lexicon:
            return
        self._lexicon = lexicon
        self.stage.use_lexicon(lexicon)
        self.assessment.use_lexicon(lexicon)
        self.recalls.use_lexicon(lexicon)
        for part in self.parts:
            part.use_lexicon(lexicon)
        self.offer_stage(self._offered_stage)
        # chips made anew come last for Tab
        self._ordered = 0

    def _take_stage(self) -> None:
        if self._offered_stage is not None:
            self.stage_taken.emit(self._offered_stage[0])

    def _make_offer(self) -> None:
        self.as_last = QPushButton()
        self.as_last.setToolTip(
            "Say of this finding what you said of the one before; its category you say anew"
        )
        self.as_last.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.as_last.clicked.connect(self._say_as_last)
        self.offered = dim_label()
        self._offer = QWidget()
        line = QHBoxLayout(self._offer)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.as_last, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.offered, 1)

    def _make_comment(self) -> None:
        self.comment = QPlainTextEdit()
        self.comment.setPlaceholderText("Comment")
        self.comment.setAccessibleName("Comment on the finding")
        self.comment.setTabChangesFocus(True)
        # A file dropped here is meant for the window.
        self.comment.setAcceptDrops(False)
        self.comment.setFixedHeight(self.comment.fontMetrics().lineSpacing() * 2 + 10)
        self.comment.textChanged.connect(self._comment_typed)
        self.comment.installEventFilter(self)
        self.origin = dim_label()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(COMMENT_PAUSE_MS)
        self._pause.timeout.connect(self.commit_comment)

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
        self._of_exam = _column(self.stage, self.stage_offer, self._against_stage)
        folded = (self.folds["place"], self.folds["beside"], self.folds["recommendation"])
        self._of_finding = _column(self._offer, self.looks, *folded, self.comment, self.origin)
        inner = _column(self._of_finding, self.folds["recalls"])
        inner.setContentsMargins(0, 2, 6, 2)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(10, 6, 4, 0)
        whole.setSpacing(5)
        whole.addLayout(head)
        whole.addWidget(self._of_exam)
        whole.addWidget(self.list)
        whole.addWidget(self.hint)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._against_category)
        whole.addWidget(self.assessment)
        whole.addStretch(0)

    def _close_acts(self, why: str) -> None:
        """Say at the buttons what they do, or why they do nothing in a closed reading."""
        for button, words in self._acts.items():
            button.setToolTip(tip(why) if why else words)
            button.setAccessibleDescription(why)
        for line in self.lines:
            line.set_closed(why)

    def _show_exam(self, session: ReadingSession) -> None:
        reading, exam = session.reading, session.corrected_exam
        self.stage.set_values({reading.stage})
        self.recalls.show_exam(exam, reading)
        self.folds["recalls"].tell(self.recalls.summary(exam, reading))

    def _show_list(self, current: Finding | None) -> None:
        rows = []
        if self._session is not None:
            for finding in self._session.reading.findings:
                shown = self._shown(self._session, finding)
                side = str(finding.laterality or side_of(shown.measured))
                name = f"F{finding.number} {side}".strip()
                own = "" if finding.assessment is None else f" · category {finding.assessment}"
                words = self.looks.summary(shown) or "not described"
                rows.append((finding.id, name, words, facts_line(shown.measured) + own))
        self.list.setVisible(bool(rows))
        self.list.show_rows(rows, None if current is None else current.id)

    def _shown(self, session: ReadingSession, finding: Finding) -> ShownFinding:
        exam = session.corrected_exam
        return ShownFinding(session.reading, finding, session.facts.measured(finding.id), exam)

    def _show_finding(self, session: ReadingSession, finding: Finding) -> None:
        shown = self._shown(session, finding)
        for part in self.parts:
            part.show_finding(shown)
        found = session.facts.contradictions(finding.id)
        for line in self.lines:
            line.tell(found)
        for name, part in self._folded.items():
            fields = {line.field for line in part.lines}
            against = tuple(one.text for one in found if one.field in fields and not one.kept)
            self.folds[name].tell(part.summary(shown), against)
        self.assessment.set_values({finding.assessment})
        offer = last_said(session.reading, finding)
        self._offer.setVisible(offer is not None)
        if offer is not None:
            words = offer.words(self._lexicon)
            self.as_last.setText(f"as {offer.whose}  {self._key_of_last}".rstrip())
            self.as_last.setAccessibleName(f"Say as {offer.whose}: {words}")
            self.offered.setText(words)

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
        # what is typed into a signed reading would be lost
        closed = "" if self._session is None else self._session.why_closed
        self.comment.setReadOnly(bool(closed))
        self.comment.setToolTip(tip(closed))
        origin = None if finding is None else finding.origin
        say_dim(self.origin, "" if origin is None else f"From {origin}")
        self.origin.setToolTip(tip("" if origin is None else " ".join((origin.coordinates, *origin.notes))))

    def _comment_typed(self) -> None:
        self._pause.start()

    def _say_one(self, field: str, value: Any) -> None:
        self.say(f"{FIELDS[field]}: {spoken(self._lexicon, field, value)}", {field: value})

    def _say_as_last(self) -> None:
        if self._session is not None:
            say_as_last(self._session)

    def _stage_chosen(self, values: tuple[Stage, ...]) -> None:
        session = self._session
        stage = None if session is None else (*values, session.reading.stage)[0]
        if session is not None and stage is not None:
            say(session, "stage", stage)
            self.refresh()

    def _recalled(self, sop_instance_uid: str, reasons: Any, comment: str) -> None:
        if self._session is not None:
            say_recall(self._session, sop_instance_uid, reasons, comment)
            self.refresh()

    def _keep(self, contradiction_id: str, kept: bool) -> None:
        session = self._session
        if session is not None and session.current_finding_id is not None:
            session.facts.keep(session.current_finding_id, contradiction_id, kept=kept)

    def _order(self) -> None:
        """Views and lines come and go, and what is made last would be the last stop of Tab."""
        held = len(self.findChildren(QPushButton))
        if held != self._ordered:
            self._ordered = held
            order_tabs(self)

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


def _column(*parts: QWidget) -> QWidget:
    """Parts below each other."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(5)
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
    return whole
