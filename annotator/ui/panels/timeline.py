"""The finding in hand through its exams, what is due of it when, and which earlier finding it may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from annotator.lexicon.loader import Lexicon
from annotator.model.counts import counted
from annotator.model.finding import SaidLength
from annotator.model.timeline import Sighting, Timeline, inside
from annotator.rules.due import Due, asked_words, state_words
from annotator.ui.desk.due_exams import DUE_SIGNS, due_line
from annotator.ui.desk.followed_patient import (
    FollowedPatient,
    call_its_own,
    call_same,
    day_of,
    offer_words,
    today,
)
from annotator.ui.panels.folds import Fold
from annotator.ui.panels.link_button import LinkButton
from annotator.ui.words.plain_words import tip

_STUDY = Qt.ItemDataRole.UserRole
OFFERED_AT_MOST = 8
LISTED_AT_MOST = 100
"""The most urgent; a list of thousands would be no list to read."""
NO_EXAM = "Open an exam: the finding in hand is followed here through the exams of its patient."
NO_FINDING = (
    "No finding is chosen. Mark one, or choose one from the list of findings, to follow it through the exams."
)
ONLY_HERE = "Seen in this exam only. Where an earlier exam of this patient was read here, its findings are offered beside this."


class TimelinePanel(QWidget):
    """`exam_wanted` carries the Study Instance UID of the exam that is to hang beside this one.

    Asks for acts of the session and keeps nothing. Works anew only while it is in sight.
    """

    exam_wanted = Signal(str)

    def __init__(self, followed: FollowedPatient, lexicon: Lexicon) -> None:
        super().__init__()
        self._followed = followed
        self._lexicon = lexicon
        self._offered: list[tuple[str, Sighting]] = []
        self._offered_for: str | None = None
        self.heading = QLabel("TIMELINE")
        self.heading.setProperty("role", "heading")
        self.hint = _dim("")
        self.list = QListWidget()
        self.list.setAccessibleName("The finding through its exams")
        self.list.setWordWrap(True)
        self.list.setSpacing(3)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(self._open)
        self.list.itemClicked.connect(self._open)
        self.own = LinkButton("Take back that it is the same finding as in another exam; undo brings it back")
        self.own.setText("Not the same finding after all")
        self.own.clicked.connect(self._call_its_own)
        self.question = QLabel("THE SAME AS AN EARLIER FINDING?")
        self.question.setProperty("role", "heading")
        self.offers = QWidget()
        self._offer_rows = QVBoxLayout(self.offers)
        self._offer_rows.setContentsMargins(0, 0, 0, 0)
        self.elsewhere = QListWidget()
        self.elsewhere.setAccessibleName("Due of exams that are not open here")
        self.elsewhere.setWordWrap(True)
        self.elsewhere.setMinimumHeight(self.fontMetrics().lineSpacing() * 8)
        self.fold = Fold("Due of exams not open here", self.elsewhere)
        self._place()
        followed.changed.connect(self.refresh)
        self.show_elsewhere(())
        self.refresh()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()

    def refresh(self) -> None:
        """Show the finding in hand as it stands; nothing while the panel is out of sight."""
        if not self.isVisible():
            return
        session = self._followed.session
        finding = None if session is None else session.current_finding
        self._offered_for = None if finding is None else finding.id
        self._show_offers([])
        if session is None or finding is None:
            self._tell(NO_EXAM if session is None else NO_FINDING, [])
            return
        now = self._followed.now()
        timeline = self._followed.timeline(now, finding.id)
        due = {one.sighting: one for one in self._followed.due(now)}
        here = next(s for s in timeline.sightings if s.finding_id == finding.id)
        self.heading.setText(f"TIMELINE  ·  F{finding.number}")
        self._tell("" if len(timeline.sightings) > 1 else ONLY_HERE, self._rows(timeline, due, here))
        exams = {s.exam.study_instance_uid for s in timeline.sightings}
        self.own.setVisible(len(exams) > 1 and not session.why_closed)
        offered = self._followed.offers(now, finding.id)[:OFFERED_AT_MOST]
        self._show_offers([(offer_words(session, offer, here), offer.sighting) for offer in offered])

    def take_first_offer(self) -> str:
        """Call the finding in hand the same as the likeliest of those in sight; what was done or why not, in words."""
        session = self._followed.session
        if session is None or session.current_finding_id is None:
            return "No finding is chosen."
        if session.current_finding_id != self._offered_for:
            # another finding is in hand than the offers in sight were made for
            self.refresh()
            if self._offered:
                return f"Offered for this finding: {self._offered[0][0]}. The key again calls it the same."
        if not self._offered:
            return self.why_none_offered()
        words, earlier = self._offered[0]
        call_same(session, session.current_finding_id, earlier)
        return f"Called the same as {words}"

    def why_none_offered(self) -> str:
        """Why no earlier finding can be called the same as the one in hand, in words."""
        session = self._followed.session
        finding = None if session is None else session.current_finding
        same = None if finding is None else self._followed.called_same(self._followed.now(), finding.id)
        if finding is None or same is None:
            return "No earlier finding of this patient is offered for this one."
        return f"F{finding.number} is called the same as F{same.number} of {day_of(same)} already."

    @property
    def offered(self) -> tuple[str, ...]:
        """The offers in sight, in words."""
        return tuple(words for words, _ in self._offered)

    def show_elsewhere(self, found: Sequence[Due]) -> None:
        """List what is due of exams that are not open here."""
        self.elsewhere.clear()
        on = today()
        for one in found[:LISTED_AT_MOST]:
            item = QListWidgetItem(due_line(one, on, self._lexicon.word))
            item.setToolTip(tip(one.sighting.exam.study_instance_uid))
            self.elsewhere.addItem(item)
        if len(found) > LISTED_AT_MOST:
            self.elsewhere.addItem(f"{len(found) - LISTED_AT_MOST} more: annotator due lists them all")
        self.fold.setVisible(bool(found))
        self.fold.tell(f"{len(found)} of them")

    def open_elsewhere(self) -> None:
        """Unfold that list and put the keyboard on it."""
        self.fold.set_open(True)
        self.elsewhere.setFocus()

    def _word(self, item: StrEnum) -> str:
        """A word as the reading in hand is said; of exams that are not open, as the settings say."""
        session = self._followed.session
        return (self._lexicon if session is None else session.lexicon).word(item)

    def _tell(self, hint: str, rows: list[tuple[str, Sighting, bool]]) -> None:
        if not rows:
            self.heading.setText("TIMELINE")
            self.own.setVisible(False)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.list.setVisible(bool(rows))
        self.list.clear()
        for words, sighting, current in rows:
            item = QListWidgetItem(words)
            item.setData(_STUDY, sighting.exam.study_instance_uid)
            at_hand = self._followed.exam_at_hand(sighting.exam.study_instance_uid) is not None
            way = (
                "this exam"
                if current
                else "Enter or a click hangs it beside this exam"
                if at_hand
                else "its images are not open here"
            )
            item.setToolTip(tip(f"{words}\n{way}"))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{words}. {way}")
            self.list.addItem(item)
            if current:
                self.list.setCurrentItem(item)
                self.list.scrollToItem(item)

    def _rows(
        self, timeline: Timeline, due: dict[Sighting, Due], here: Sighting
    ) -> list[tuple[str, Sighting, bool]]:
        rows = []
        for sighting in timeline.sightings:
            current = sighting.exam.study_instance_uid == here.exam.study_instance_uid
            lines = [
                self._exam_words(sighting, current=current),
                self._seen_words(sighting),
                "; ".join(timeline.changes(sighting, self._word)),
                self._due_words(due.get(sighting), sighting),
            ]
            rows.append(("\n".join(line for line in lines if line), sighting, current))
        return rows

    def _exam_words(self, sighting: Sighting, *, current: bool) -> str:
        exam = sighting.exam
        day = "date unknown" if exam.exam_date is None else str(exam.exam_date)
        stage = "" if exam.stage is None else inside(self._word(exam.stage))
        signed = "" if exam.signed is None else f"signed, version {exam.signed}"
        session = self._followed.session
        reader = (
            "" if session is not None and exam.reader == session.reading.reader else f"read by {exam.reader}"
        )
        here = "● this exam" if current else f"F{sighting.number} there"
        return "  ·  ".join(part for part in (day, stage, here, reader, signed) if part)

    def _seen_words(self, sighting: Sighting) -> str:
        marks = counted(sighting.count, "mark") if sighting.count else "no marks"
        kinds = [f"{n} {kind}" for n, kind in ((sighting.micro, "micro"), (sighting.macro, "macro")) if n]
        if len(kinds) > 1:
            marks = f"{marks} ({', '.join(kinds)})"
        looks = ", ".join(inside(self._word(one)) for one in (*sighting.morphology, *sighting.distributions))
        extent = _extent(sighting.extent, said=sighting.extent_said)
        return "  ·  ".join(part for part in (marks, extent, looks, sighting.category_words) if part)

    def _due_words(self, due: Due | None, sighting: Sighting) -> str:
        word = self._word
        if due is not None:
            sign = DUE_SIGNS.get(due.state, "")
            return f"{sign} {asked_words(sighting, word)}: {state_words(due, today())}".strip()
        if sighting.says_next:
            return f"{inside(word(sighting.asks)) if sighting.asks else 'next'}: no time was named"
        return "nothing was recommended, so nothing becomes due"

    def _show_offers(self, found: list[tuple[str, Sighting]]) -> None:
        self.question.setVisible(bool(found))
        self.offers.setVisible(bool(found))
        if found == self._offered:
            return
        self._offered = found
        for row in self.offers.findChildren(_OfferRow):
            self._offer_rows.removeWidget(row)
            row.hide()
            row.deleteLater()
        for words, sighting in found:
            self._offer_rows.addWidget(_OfferRow(words, partial(self._call_same, sighting)))

    def _call_same(self, earlier: Sighting) -> None:
        session = self._followed.session
        if session is not None and session.current_finding_id is not None:
            call_same(session, session.current_finding_id, earlier)

    def _call_its_own(self) -> None:
        session = self._followed.session
        if session is not None and session.current_finding_id is not None:
            call_its_own(session, session.current_finding_id)

    def _open(self, item: QListWidgetItem) -> None:
        self.exam_wanted.emit(str(item.data(_STUDY)))

    def _place(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(5)
        for part in (self.own, self.question, self.offers, self.fold):
            column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        left = QVBoxLayout()
        left.setSpacing(5)
        left.addWidget(self.heading)
        left.addWidget(self.hint)
        left.addWidget(self.list, 1)
        left.addStretch(0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 4, 4)
        layout.setSpacing(12)
        layout.addLayout(left, 3)
        layout.addWidget(scroll, 2)


class _OfferRow(QWidget):
    """An offer in words, and the button that takes it."""

    def __init__(self, words: str, take: Callable[[], None]) -> None:
        super().__init__()
        label = QLabel(words)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        button = QPushButton("Same")
        button.setAccessibleName(f"The same as {words}")
        button.setToolTip(tip(f"Call the finding in hand the same as {words}; undo takes it back"))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _on=False: take())
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(label, 1)


def _extent(extent: SaidLength | None, *, said: bool) -> str:
    if extent is None:
        return ""
    return extent.in_sentence if said else f"{extent.in_sentence}, measured"


def _dim(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("role", "dim")
    return label
