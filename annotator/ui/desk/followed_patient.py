"""The findings of the patient on the table through all exams, and calling two of them the same."""

from __future__ import annotations

from datetime import date, datetime

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.hanging import same_patient
from annotator.model import edits
from annotator.model.finding import Stage
from annotator.model.image import ExamInfo
from annotator.model.intervals import interval_words
from annotator.model.timeline import SameOffer, Sighting, Timeline, offers, said_words, timelines
from annotator.over_time import Followed
from annotator.rules.due import Due
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.desk.session import ReadingSession
from annotator.ui.task_runner import TaskRunner

_LANE = "findings of the patient"
_PAUSE_MS = 150


def today() -> date:
    """The day it is where the window is."""
    return datetime.now().astimezone().date()


class FollowedPatient(QObject):
    """What the database knows of the open exam's patient, and the reading on the table as it stands.

    `changed` comes a moment after either did. The database is asked off the window; until it has answered there is
    only the open exam.
    """

    changed = Signal()

    def __init__(self, desk: ReadingDesk, runner: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._known = Followed()
        self._answered = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.changed)
        desk.session_changed.connect(self._follow)
        desk.exams_changed.connect(self._ask)

    @property
    def session(self) -> ReadingSession | None:
        """The reading on the table."""
        return self._desk.session

    @property
    def answered(self) -> bool:
        """Whether the database has told what it knows of the patient."""
        return self._answered

    def now(self) -> Followed:
        """All readings of the patient, that on the table as it stands; looks at every mark of it."""
        session = self._desk.session
        if session is None:
            return self._known
        workspace = session.workspace
        return workspace.followed_now(self._known, session.reading, session.corrected_exam)

    def timeline(self, now: Followed, finding_id: str) -> Timeline:
        """A finding of the reading on the table through its exams."""
        session = self._desk.session
        assert session is not None
        return timelines(now.sightings)[session.reading.finding(finding_id).tracking_uid]

    def due(self, now: Followed) -> tuple[Due, ...]:
        """What is due of this patient today."""
        return self._desk.workspace.due_of(now, today())

    def called_same(self, now: Followed, finding_id: str) -> Sighting | None:
        """The same finding in the exam before, None where it is not known from there."""
        here = next((s for s in now.sightings if s.finding_id == finding_id), None)
        return None if here is None else self.timeline(now, finding_id).before(here)

    def in_this_exam_only(self, now: Followed, finding_id: str) -> bool:
        """Whether the database has told that no other exam has this finding."""
        return self._answered and len({s.exam for s in self.timeline(now, finding_id).sightings}) < 2

    def offers(self, now: Followed, finding_id: str) -> tuple[SameOffer, ...]:
        """Findings of earlier exams that a finding may be; () once it was called one, and where nothing can be said."""
        session = self._desk.session
        assert session is not None
        if session.why_closed:
            return ()
        mine = {f.tracking_uid for f in session.reading.findings}
        here = next(s for s in now.sightings if s.finding_id == finding_id)
        if self.called_same(now, finding_id) is not None:
            return ()
        return offers(here, now.sightings, frozenset(mine))

    def exam_at_hand(self, study_instance_uid: str) -> ExamInfo | None:
        """An exam of this patient whose images are open here."""
        return self._at_hand().get(study_instance_uid)

    def proposed_stage(self) -> tuple[Stage, str] | None:
        """The stage the exam seems to belong to, and why; None while that is not known or nothing can be said."""
        session = self._desk.session
        if session is None or not self._answered or session.why_closed:
            return None
        return session.workspace.proposed_stage(session.reading, session.exam, self._known)

    def _at_hand(self) -> dict[str, ExamInfo]:
        exam = self._desk.exam
        if exam is None:
            return {}
        theirs = self._desk.rows.of_patient.get(exam.patient_key, ())
        same = {e.study_instance_uid: e for e in theirs if same_patient(e, exam)}
        return same | {exam.study_instance_uid: exam}

    def _strangers(self) -> frozenset[str]:
        """Exams under the same number whose files say that they are of somebody else."""
        exam, at_hand = self._desk.exam, self._at_hand()
        theirs = () if exam is None else self._desk.rows.of_patient.get(exam.patient_key, ())
        return frozenset(e.study_instance_uid for e in theirs) - at_hand.keys()

    def _follow(self, session: ReadingSession | None) -> None:
        self._known, self._answered = Followed(), False
        if session is None:
            self._runner.cancel(_LANE)
        else:
            session.reading_changed.connect(lambda _changes: self._pause.start())
            session.selection_changed.connect(self._pause.start)
            self._ask()
        self._pause.start()

    def _ask(self) -> None:
        session = self._desk.session
        if session is None:
            return
        workspace, exam, at_hand, strangers = (
            session.workspace,
            session.exam,
            self._at_hand(),
            self._strangers(),
        )

        def answered(known: Followed) -> None:
            if self._desk.session is session:
                self._known, self._answered = known.without(strangers), True
                self.changed.emit()

        # without the database there is only the open exam; that it cannot be reached is told where it matters
        self._runner.query(
            _LANE,
            lambda _token: workspace.followed(exam, at_hand),
            answered,
            lambda _error: None,
            of_database=True,
        )


def call_same(session: ReadingSession, finding_id: str, earlier: Sighting) -> None:
    """The reader calls a finding the same as one of an earlier exam; what was said of either stays as it is."""
    if not session.may_change():
        return
    number = session.reading.finding(finding_id).number
    try:
        after = edits.track(session.reading, finding_id, earlier.tracking_uid)
    except ValueError:
        session.message.emit(
            "Another finding of this exam is called the same as that one; take that back first."
        )
        return
    session.apply(after, f"Call F{number} the same as F{earlier.number} of {day_of(earlier)}")


def call_its_own(session: ReadingSession, finding_id: str) -> None:
    """The reader takes back that a finding is the same as one of another exam."""
    if session.may_change():
        number = session.reading.finding(finding_id).number
        session.apply(edits.track(session.reading, finding_id, ""), f"Call F{number} a finding of its own")


def offer_words(session: ReadingSession, offer: SameOffer, here: Sighting) -> str:
    """An offer in words: "F1 of 6 months earlier: grouped fine pleomorphic, upper outer quadrant, category 3"."""
    earlier = offer.sighting
    word = session.lexicon.word
    whose = "" if earlier.exam.reader == here.exam.reader else f", read by {earlier.exam.reader}"
    side = "; the other breast" if offer.other_side else ""
    when = interval_words(here.exam.exam_date, earlier.exam.exam_date)
    return f"F{earlier.number} of {when}{whose}: {said_words(earlier, word)}{side}"


def day_of(sighting: Sighting) -> str:
    """The day of the exam a finding was seen in, in words."""
    day = sighting.exam.exam_date
    return "an exam of unknown date" if day is None else str(day)
