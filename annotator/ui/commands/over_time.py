"""What the acts on findings over time do: the timeline, the same finding, the exam beside, what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QTimer

from annotator.hanging import Layout
from annotator.rules.due import Due
from annotator.ui.desk.due_exams import ExamDue, due_by_exam, due_elsewhere
from annotator.ui.desk.followed_patient import call_its_own, today
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.saying import say
from annotator.ui.window.shown_keys import key_or_menu

if TYPE_CHECKING:
    from annotator.jobs import CancelToken
    from annotator.model.finding import Reading
    from annotator.ui.desk.session import ReadingSession
    from annotator.ui.main_window import MainWindow

PANEL = "timeline"
_LANE = "what is due"
PAUSE_MS = 700
"""What is due can wait until the pictures of an exam are there: the first look takes a second with thousands of readings."""


class _Due(NamedTuple):
    """What is due of the exams in the worklist, and of others; worked out off the window, as it may be thousands."""

    by_exam: dict[str, ExamDue]
    elsewhere: tuple[Due, ...]


class OverTimeCommands(QObject):
    """Follows the desk: tells the worklist what is due, and the finding panel which stage an exam seems to be of."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._looked_at: tuple[object, ...] = ()
        desk = window.desk
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._look_for_due)
        self._stopped = False
        desk.states_changed.connect(lambda _states: self._look_soon())
        desk.exams_changed.connect(self._look_soon)
        desk.session_changed.connect(self._follow)
        window.followed.changed.connect(self._offer_stage)
        window.timeline.exam_wanted.connect(self.show_beside)
        window.worklist.elsewhere_wanted.connect(self.show_elsewhere)
        window.finding_panel.stage_taken.connect(self._take_stage)

    def stop(self) -> None:
        """The window closes: nothing more is looked for, whatever answers are still on their way."""
        self._stopped = True
        self._pause.stop()

    def same_finding(self) -> None:
        """Call the finding in hand the same as the likeliest earlier one; first it is shown which that is."""
        if not self._window.docks.is_shown(PANEL):
            self._window.show_panel(PANEL)
            offered = self._window.timeline.offered
            key = key_or_menu(self._window.profiles.keys(), "same_finding")
            self._say(
                f"{key} again calls it the same as {offered[0]}"
                if offered
                else self._window.timeline.why_none_offered()
            )
            return
        told = self._window.timeline.take_first_offer()
        if told:
            self._say(told)

    def own_finding(self) -> None:
        """Take back that the finding in hand is one of another exam."""
        session = self._window.desk.session
        finding = None if session is None else session.current_finding
        if session is not None and finding is not None:
            followed = self._window.followed
            if followed.in_this_exam_only(followed.now(), finding.id):
                self._say(f"F{finding.number} is not called the same as any of another exam.")
                return
            before = session.reading
            call_its_own(session, finding.id)
            if session.reading is not before:
                self._say(
                    f"F{finding.number} is a finding of its own again; undo brings back what it was called."
                )

    def show_beside(self, study_instance_uid: str) -> None:
        """Hang an earlier exam of the patient beside this one, when its images are open."""
        desk, view = self._window.desk, self._window.exam_view
        exam = desk.exam
        if exam is None or study_instance_uid == exam.study_instance_uid:
            return
        priors = [prior.study_instance_uid for prior in desk.priors_of(exam)]
        if study_instance_uid not in priors:
            newer = self._window.followed.exam_at_hand(study_instance_uid) is not None
            key = key_or_menu(self._window.profiles.keys(), "newer_exam")
            self._say(
                f"That exam is not earlier than this one; {key} goes on to it."
                if newer
                else "The images of that exam are not open here: open their folder to see them beside this one."
            )
            return
        beside = view.prior
        at = 0 if beside is None else priors.index(beside.study_instance_uid)
        by = priors.index(study_instance_uid) - at
        if by:
            view.step_prior(by)
        if view.layout not in (Layout.PRIOR, Layout.TWO_SCREENS):
            self._window.hanging_commands.use_layout(Layout.PRIOR)

    def show_elsewhere(self) -> None:
        """The list of what is due of exams that are not open here."""
        self._window.show_panel(PANEL)
        self._window.timeline.open_elsewhere()

    def _follow(self, session: ReadingSession | None) -> None:
        self._offer_stage()
        if session is not None:
            self._looked_at = _asked_in(session.reading)
            session.save_state_changed.connect(lambda: self._saved(session))

    def _saved(self, session: ReadingSession) -> None:
        """What is due may be another once something that tells it is on disk; marks alone tell nothing."""
        asked = _asked_in(session.reading)
        if session.save_state is SaveState.SAVED and asked != self._looked_at:
            self._looked_at = asked
            self._look_soon()

    def _look_soon(self) -> None:
        if not self._stopped:
            self._pause.start()

    def _look_for_due(self) -> None:
        workspace, rows = self._window.desk.workspace, self._window.desk.rows
        on, word = today(), workspace.lexicon.word

        def ask(_token: CancelToken) -> _Due:
            found = workspace.due(on)
            return _Due(due_by_exam(found, on, word), due_elsewhere(found, frozenset(rows.by_path)))

        # the states of the same database are asked for beside it, and what stops both is told there
        self._window.runner.query(_LANE, ask, self._due_known, lambda _error: None, of_database=True)

    def _due_known(self, found: _Due) -> None:
        self._window.worklist.show_due(found.by_exam, len(found.elsewhere))
        self._window.timeline.show_elsewhere(found.elsewhere)

    def _offer_stage(self) -> None:
        self._window.finding_panel.offer_stage(self._window.followed.proposed_stage())

    def _take_stage(self, stage: object) -> None:
        session = self._window.desk.session
        if session is not None:
            say(session, "stage", stage)

    def _say(self, text: str) -> None:
        self._window.status.show_act(text)


def _asked_in(reading: Reading) -> tuple[object, ...]:
    """What in a reading tells what is due."""
    asked = [
        (f.tracking_uid, f.recommendation, f.recommended_months, f.priors_requested, f.assessment)
        for f in reading.findings
    ]
    return reading.stage, len(reading.signatures), reading.amending, *asked
