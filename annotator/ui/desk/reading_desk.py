"""What lies on the table: the exams that were opened, the one being read, and its reading."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

import annotator
from annotator.errors import AnnotatorError
from annotator.hanging import exam_before, same_patient
from annotator.imaging.rejected import Rejected, ReportFile
from annotator.jobs import CancelToken
from annotator.model.counts import counted
from annotator.model.display import NOT_RECORDED
from annotator.model.image import ExamInfo, ImageInfo
from annotator.model.opened import OpenedReading
from annotator.ui.desk.act_line import never_saved
from annotator.ui.desk.arrivals import Arrivals
from annotator.ui.desk.found_exams import ExamRows, FoundExams, found_exams
from annotator.ui.desk.saving import RETRY_S, SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.desk.visits import Visits
from annotator.ui.desk.worklist_rows import FINISHED, ExamState
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

LISTING = "listing"
OPENING = "opening"


def sample_folder() -> Path | None:
    """Where the sample exams lie, installed or in a checkout; None when they are not there."""
    package = Path(annotator.__file__).parent
    places = (package / "sample_dicoms", package.parent / "sample_dicoms")
    return next((place for place in places if place.is_dir()), None)


class ReadingDesk(QObject):
    """Opens files into exams and exams into readings; one reading at a time.

    `closing` asks for words still being typed. An exam is only left when every act of its reading is
    saved: `session_changed` with None, then with the next reading, then `exam_changed`. On an empty
    table there is nothing to save, so that the pictures need not wait for the reading: `exam_changed`
    comes first. `stuck`: its acts can never be saved; the signal carries what to call once the reader
    has given them up. `failed`: why something cannot be opened, and what tries it again; `nothing_found`: how many
    files were refused where no image was found. `leaving` carries the exam that is about to go, while
    everything still hangs.

    Readings of the neighbours may be taken from the database ahead (`keep_ahead`): such an exam opens at
    once. The way through the exams is kept, so that opening one can be undone (`back`).
    """

    closing = Signal()
    exams_changed = Signal()
    states_changed = Signal(object)
    session_changed = Signal(object)
    exam_changed = Signal(object)
    leaving = Signal(object)
    progress = Signal(object)
    message = Signal(str)
    stuck = Signal(object)
    failed = Signal(str, object)
    nothing_found = Signal(int)

    def __init__(self, workspace: Workspace, runner: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self._runner = runner
        self._images: dict[str, ImageInfo] = {}
        self.exams: tuple[ExamInfo, ...] = ()
        self.rows = ExamRows()
        self.rejected: tuple[Rejected, ...] = ()
        self._reports: dict[Path, ReportFile] = {}
        self._named: set[Path] = set()
        self.visits = Visits()
        self._states: dict[str, ExamState] = {}
        self._ahead: dict[str, OpenedReading] = {}
        self.exam: ExamInfo | None = None
        self.session: ReadingSession | None = None
        self.arrivals = Arrivals(workspace, runner, self)
        self._unseen_pause = 0
        self._see = QTimer(self)
        self._see.setSingleShot(True)
        self._see.timeout.connect(self._look_for_unseen)
        self._waiting: list[Callable[[ReadingSession], object]] = []
        self._display = NOT_RECORDED

    def open_paths(self, paths: Sequence[Path]) -> None:
        """List what can be opened under `paths`, add it to the worklist and hang the first new exam."""
        wanted = list(paths)
        self._named.update(wanted)
        known = dict(self._images)

        def look(token: CancelToken) -> FoundExams:
            listing = self.workspace.list_images(wanted, token=token)
            images = known | {image.sop_instance_uid: image for image in listing.images}
            return found_exams(listing, known, images, self.workspace.group_exams(list(images.values())))

        self._runner.query(
            LISTING,
            look,
            self._listed,
            lambda error: self._listing_failed(wanted, error),
            self.progress.emit,
        )
        self.message.emit(f"Looking into {counted(len(wanted), 'place')} ...")

    def bring(self, paths: Sequence[Path], on_done: Callable[[], object]) -> None:
        """List what can be opened under `paths` beside what is open; nothing is opened by it."""
        before, wanted = self._images, list(paths)
        self._named.update(wanted)
        known = dict(before)

        def look(token: CancelToken) -> FoundExams:
            listing = self.workspace.list_images(wanted, token=token)
            images = known | {image.sop_instance_uid: image for image in listing.images}
            return found_exams(listing, known, images, self.workspace.group_exams(list(images.values())))

        def brought(found: FoundExams) -> None:
            if self._images is not before:  # others were opened meanwhile
                self.bring(wanted, on_done)
                return
            self._images = dict(found.images)
            self._reports |= {one.path: one for one in found.listing.reports}
            self.exams, self.rows = found.exams, found.rows
            self.exams_changed.emit()
            on_done()

        self._runner.query("bringing", look, brought)

    def open_sample(self) -> None:
        """Open the exams that come with the program."""
        folder = sample_folder()
        if folder is None:
            self.message.emit("The sample exams are not installed; make some with: annotator phantom")
        else:
            self.open_paths([folder])

    def set_display(self, note: str) -> None:
        """Say in words what the images are seen on from now on; acts keep it."""
        self._display = note
        if self.session is not None:
            self.session.display = note

    def cancel_listing(self) -> None:
        """Stop looking into files; what is open stays open."""
        if not self._runner.busy(LISTING):
            return
        self._runner.cancel(LISTING)
        self.progress.emit(None)
        self.message.emit("Stopped; nothing was added.")

    def open_exam(self, exam: ExamInfo) -> None:
        """Begin or go on reading an exam; the one before it stays until the reading is here, and is saved first."""
        same = self.exam is not None and exam.study_instance_uid == self.exam.study_instance_uid
        if not same:
            self._waiting.clear()
            ahead = self._ahead.pop(exam.study_instance_uid, None)
            waits = ahead is not None and self.workspace.waiting.wait_for(exam.study_instance_uid)
            if ahead is not None and self.session is not None and not waits:
                self._runner.cancel(OPENING)
                self._opened(exam, ahead)
                return
        if same or self.session is None:
            self._hang(exam)
        if same and self.session is not None:
            return
        self._ask_for_reading(exam)

    def look_at(self, opened: OpenedReading) -> None:
        """Show another's signed reading of the open exam in place of one's own, to be looked at only."""
        if self.exam is not None:
            self._opened(self.exam, opened)

    def back_to_own(self) -> None:
        """The reader's own reading again, in place of another's."""
        if self.exam is not None and self.session is not None and self.session.is_lent:
            self._ask_for_reading(self.exam)

    @property
    def opening(self) -> bool:
        """Whether files are being listed or a reading is on its way."""
        return self._runner.busy(LISTING) or self._runner.busy(OPENING)

    @property
    def states(self) -> Mapping[str, ExamState]:
        """How far the exams are by study UID, as the database says; those not named are new."""
        return self._states

    def keep_ahead(self, study_instance_uid: str, opened: OpenedReading) -> None:
        """A reading of a neighbour, taken from the database before it is wanted."""
        self._ahead[study_instance_uid] = opened

    def forget_ahead(self, but: Collection[str]) -> None:
        """Let go of readings taken ahead that nobody expects any more."""
        self._ahead = {uid: opened for uid, opened in self._ahead.items() if uid in but}

    def is_ahead(self, study_instance_uid: str) -> bool:
        """Whether the reading of an exam is here already."""
        return study_instance_uid in self._ahead

    def back(self) -> None:
        """To the exam that was open before this one."""
        self._travel(-1, "There is no exam to go back to.")

    def forward(self) -> None:
        """To the exam that was open before going back."""
        self._travel(1, "There is no exam to go forward to.")

    def visited(self, by: int) -> ExamInfo | None:
        """The exam so many steps away on the way through the exams, None when there is none."""
        uid = self.visits.peek(by)
        return next((e for e in self.exams if e.study_instance_uid == uid), None)

    def next_not_done(self, listed: Sequence[ExamInfo]) -> ExamInfo | None:
        """Of those listed, the first after the open exam that is not done, else the first before it."""
        here = "" if self.exam is None else self.exam.study_instance_uid
        uids = [e.study_instance_uid for e in listed]
        at = uids.index(here) if here in uids else -1
        for exam in (*listed[at + 1 :], *listed[: max(at, 0)]):
            if self._states.get(exam.study_instance_uid) not in FINISHED:
                return exam
        return None

    def when_open(self, act: Callable[[ReadingSession], object]) -> None:
        """Do something with the reading: now, or once it is here when it is on its way."""
        if self.session is not None:
            act(self.session)
        elif self._runner.busy(OPENING):
            self._waiting.append(act)

    def close_session(self) -> bool:
        """Save and let go of the reading; False when acts remain unsaved, and then it stays open."""
        session = self.session
        if session is None:
            return True
        self.closing.emit()
        if not session.close():
            self.message.emit(f"Not saved, so this exam stays open: {session.save_error or 'try again'}")
            return False
        self.arrivals.left(session.unsaved_acts)
        self.leaving.emit(session.exam)
        self.session = None
        self.exam = None
        self.session_changed.emit(None)
        session.deleteLater()
        return True

    def step(self, by: int, listed: Sequence[ExamInfo]) -> None:
        """The exam so many rows further among those listed, if there is one; the first from outside of them."""
        self._open_neighbour(listed, by)

    def step_patient(self, by: int) -> None:
        """The older (-1) or newer (+1) exam of the same patient, if there is one."""
        if self.exam is not None:
            theirs = self.rows.of_patient.get(self.exam.patient_key, ())
            same = [e for e in theirs if same_patient(e, self.exam)]
            self._open_neighbour(sorted(same, key=lambda e: e.date), by)

    def prior_of(self, exam: ExamInfo) -> ExamInfo | None:
        """The exam of the same patient next before this one, None when unknown."""
        return exam_before(exam, self.rows.of_patient.get(exam.patient_key, ()))

    def reports_of(self, exam: ExamInfo) -> tuple[Path, ...]:
        """The structured reports of an exam's study; one of no study that is known goes by the folder of its images."""
        folders = {image.path.parent for image in exam.images}
        studies = {one.study_instance_uid for one in self.exams}
        return tuple(
            path
            for path, one in self._reports.items()
            if one.study_instance_uid == exam.study_instance_uid
            or (one.study_instance_uid not in studies and path.parent in folders)
        )

    def was_named(self, exam: ExamInfo) -> bool:
        """Whether files of an exam were named one by one, so that nobody listed what lies beside them."""
        return any(image.path in self._named for image in exam.images)

    def priors_of(self, exam: ExamInfo) -> tuple[ExamInfo, ...]:
        """The exams of the same patient before this one, the last first."""
        priors: list[ExamInfo] = []
        earlier = self.prior_of(exam)
        while earlier is not None:
            priors.append(earlier)
            earlier = self.prior_of(earlier)
        return tuple(priors)

    def look_again(
        self, why: str = "Another window or program went on with this reading; it is shown as saved there."
    ) -> None:
        """See whether somebody else went on with the open reading; what was saved is then shown, and told by `why`.

        Where acts wait here, their saving tells.
        """
        session = self.session
        if session is None or session.unsaved_acts or session.is_lent or session.unseen:
            return
        reading = session.reading.id

        def looked(revision: int) -> None:
            if session is self.session and revision > session.revision and not session.unsaved_acts:
                self.message.emit(why)
                self._ask_for_reading(session.exam)

        # beside the writes: nobody waits for it, and a database that is away tells when something is saved
        self._runner.query(
            "looking again",
            lambda _token: self.workspace.waiting.last_revision(reading),
            looked,
            of_database=True,
        )

    def refresh_states(self) -> None:
        """Ask the database how far the readings of this reader are."""
        reader = self.workspace.settings.reader

        def ask(_token: CancelToken) -> dict[str, tuple[ExamState, int]]:
            mine = [r for r in self.workspace.readings() if r.reader == reader]
            return {r.study_instance_uid: (_state(r.done, signed=bool(r.signed)), r.revisions) for r in mine}

        self._runner.query(
            "states", ask, self._states_known, lambda error: self.message.emit(str(error)), in_turn=True
        )

    def _states_known(self, found: Mapping[str, tuple[ExamState, int]]) -> None:
        self._states = {uid: state for uid, (state, _) in found.items()}
        self._ahead = {u: o for u, o in self._ahead.items() if found.get(u, (None, 0))[1] == o.revision}
        self.states_changed.emit(self._states)
        session = self.session
        if session is None or session.unsaved_acts or session.is_lent:
            return
        if found.get(session.exam.study_instance_uid, (None, 0))[1] > session.revision:
            # taken ahead, and meanwhile another window went on with it
            self._ask_for_reading(session.exam)

    def _saved(self) -> None:
        session = self.session
        if session is None or session.save_state is not SaveState.SAVED or not session.revision:
            return
        session.unseen = False
        reading = session.reading
        if self._states.get(session.exam.study_instance_uid) is not _state(
            reading.done, signed=reading.is_signed
        ):
            self.refresh_states()

    def _opened(self, exam: ExamInfo, opened: OpenedReading) -> None:
        if not self.close_session():
            before = self.session
            if before is not None and never_saved(before.save_error):
                self.stuck.emit(lambda: self.open_exam(exam))
            return
        session = ReadingSession(self.workspace, self._runner, exam, opened, self)
        session.display = self._display
        if opened.unseen:
            self._see_later()
        session.save_state_changed.connect(self._saved)
        self.session = session
        self.session_changed.emit(session)
        self._hang(exam)
        waiting, self._waiting = self._waiting, []
        for act in waiting:
            act(session)
        self.refresh_states()

    def _ask_for_reading(self, exam: ExamInfo) -> None:
        self._runner.query(
            OPENING,
            lambda _token: self.workspace.waiting.go_on(
                exam.study_instance_uid,
                self.workspace.lexicon.edition,
                lambda: self.workspace.open_reading(exam.study_instance_uid, exam),
            ),
            lambda opened: self._opened(exam, opened),
            lambda error: self._opening_failed(exam, error),
            in_turn=True,
        )

    def _see_later(self) -> None:
        """The database was away when the exam was opened: what it holds of it is looked for with growing pauses."""
        self._see.start(RETRY_S[min(self._unseen_pause, len(RETRY_S) - 1)] * 1000)
        self._unseen_pause += 1

    def _look_for_unseen(self) -> None:
        session = self.session
        if session is None or not session.unseen or session.unsaved_acts:
            # acts that wait find out by themselves
            return

        def seen(opened: OpenedReading) -> None:
            self._unseen_pause = 0
            if session is self.session and session.unseen and not session.unsaved_acts:
                self._opened(session.exam, opened)

        self._runner.query(
            OPENING,
            lambda _token: self.workspace.open_reading(session.exam.study_instance_uid, session.exam),
            seen,
            lambda _error: self._see_later(),
            in_turn=True,
        )

    def _travel(self, by: int, nothing: str) -> None:
        exam = self.visited(by)
        if exam is None:
            self.message.emit(nothing)
        else:
            self.visits.intend(by)
            self.open_exam(exam)

    def _opening_failed(self, exam: ExamInfo, error: AnnotatorError) -> None:
        self._waiting.clear()
        self.failed.emit(f"This exam cannot be read: {error}", lambda: self.open_exam(exam))

    def _hang(self, exam: ExamInfo) -> None:
        if exam is not self.exam:
            if self.exam is not None:
                self.leaving.emit(self.exam)
            self.exam = exam
            self.visits.arrive(exam.study_instance_uid)
            self.exam_changed.emit(exam)

    def _listed(self, found: FoundExams) -> None:
        self.progress.emit(None)
        listing = found.listing
        self._images = dict(found.images)
        self._reports |= {one.path: one for one in listing.reports}
        before = set(self.rejected)
        self.rejected = (*self.rejected, *(r for r in listing.rejected if r not in before))
        self.exams, self.rows = found.exams, found.rows
        self.exams_changed.emit()
        self.refresh_states()
        count = len(listing.images)
        self.message.emit(f"{counted(count, 'image')} opened." if count else "No image found.")
        if not count and listing.rejected:
            self.nothing_found.emit(len(listing.rejected))
        if found.first is not None:
            self.open_exam(found.first)

    def _listing_failed(self, paths: Sequence[Path], error: AnnotatorError) -> None:
        self.progress.emit(None)
        self.failed.emit(str(error), lambda: self.open_paths(paths))

    def _open_neighbour(self, exams: Sequence[ExamInfo], by: int) -> None:
        if self.exam is None:
            return
        uids = [e.study_instance_uid for e in exams]
        outside = -1 if by > 0 else len(uids)
        here = self.exam.study_instance_uid
        at = (uids.index(here) if here in uids else outside) + by
        if 0 <= at < len(exams):
            self.open_exam(exams[at])
        else:
            self.message.emit("There is no further exam in this direction.")


def _state(done: bool, *, signed: bool) -> ExamState:
    if signed:
        return ExamState.SIGNED
    return ExamState.DONE if done else ExamState.IN_PROGRESS
