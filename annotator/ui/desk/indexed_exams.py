"""The exams of indexed folders, asked for page by page beside the window; what was asked before is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from annotator.errors import AnnotatorError
from annotator.jobs import CancelToken
from annotator.model.image import ExamInfo
from annotator.rules.due import DueState
from annotator.settings import exam_index_path
from annotator.ui.desk.due_exams import ExamDue
from annotator.ui.desk.reading_desk import LISTING, ReadingDesk
from annotator.ui.desk.worklist_rows import FINISHED, Choice, ExamState, Showing, SortBy
from annotator.ui.task_runner import TaskRunner

if TYPE_CHECKING:
    from annotator.imaging.exam_index.pages import ExamPages, ListedExam, Order, Totals, Wanted

PAGE_LANE, COUNT_LANE, STANDING_LANE = "indexed page", "indexed count", "indexed standings"
OPEN_LANE, AROUND_LANE = "indexed exam", "indexed around"
STATES = tuple(ExamState)
DUES = tuple(DueState)
_AHEAD = 2
"""Exams behind the open one whose headers are read before they are wanted."""

_SHOWN: Mapping[Showing, tuple[ExamState, ...] | None] = {
    Showing.ALL: None,
    Showing.DUE: None,
    Showing.NOT_DONE: (ExamState.NEW, ExamState.IN_PROGRESS),
    Showing.NEW: (ExamState.NEW,),
    Showing.IN_PROGRESS: (ExamState.IN_PROGRESS,),
    Showing.DONE: tuple(sorted(FINISHED, key=STATES.index)),
    Showing.SIGNED: (ExamState.SIGNED,),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """How far all indexed exams are, and how many pass the filter (None: all)."""

    totals: Totals
    passing: int | None


class IndexedExams(QObject):
    """Pages of the index in the order and choice of the worklist.

    `page_ready` carries a page, the choice it was asked with and whether it is the first; `counted` what it comes to;
    `around_changed` says that exams beside the open one are at hand; `failed` why the index cannot be used.
    """

    page_ready = Signal(object, object, bool)
    counted = Signal(object)
    around_changed = Signal()
    message = Signal(str)
    failed = Signal(str)

    def __init__(self, desk: ReadingDesk, runner: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._pages: ExamPages | None = None
        self._choice = Choice()
        self._names_hidden = False
        self._around: tuple[str, ...] = ()
        self._standings: tuple[Mapping[str, ExamState], Mapping[str, ExamDue]] = {}, {}
        self.totals: Totals | None = None

    @property
    def path(self) -> Path | None:
        """The file of the index; None where the settings say that nothing of headers is kept."""
        settings = self._desk.workspace.settings
        return exam_index_path(settings) if settings.header_index else None

    @property
    def around(self) -> tuple[ExamInfo, ...]:
        """The open exam between its neighbours in the list, as far as they are at hand."""
        known = {exam.study_instance_uid: exam for exam in self._desk.exams}
        return tuple(known[uid] for uid in self._around if uid in known)

    def show(self, choice: Choice, *, names_hidden: bool) -> None:
        """Ask for the first page, and then how many there are."""
        self._choice, self._names_hidden = choice, names_hidden
        self._ask(None)
        self.count()

    def show_more(self, key: tuple[Any, ...]) -> None:
        """Ask for the page behind a row."""
        self._ask(key)

    def count(self) -> None:
        """Ask how far all exams are, and how many pass."""
        choice, hidden = self._choice, self._names_hidden

        def count(token: CancelToken) -> Counted:
            pages = self._opened()
            totals = pages.totals(token)
            return Counted(totals, None if choice.everything else pages.count(wanted(choice, hidden), token))

        self._runner.query(COUNT_LANE, count, self._counted, self._failed)

    def open(self, study_instance_uid: str) -> None:
        """Open an exam of the list; its files are looked up, and read if they were not yet."""
        exam = next((e for e in self._desk.exams if e.study_instance_uid == study_instance_uid), None)
        if exam is not None:
            self._desk.open_exam(exam)
            return
        self._runner.query(
            OPEN_LANE,
            lambda _token: self._opened().files_of(study_instance_uid),
            lambda found: self._files_known(*found),
            self._failed,
        )

    def look_around(self, exam: ExamInfo) -> None:
        """Bring the neighbours of the open exam in the list, and its patient's other exams, to hand."""
        choice, hidden = self._choice, self._names_hidden
        study = exam.study_instance_uid
        at_hand = {one.study_instance_uid for one in self._desk.exams}

        def look(_token: CancelToken) -> tuple[tuple[str, ...], list[Path]]:
            pages = self._opened()
            order, want = order_of(choice), wanted(choice, hidden)
            here = pages.exam(study, order)
            if here is None:
                return (), []
            around = _neighbours(pages, want, order, here)
            theirs = pages.studies_of(here.patient)
            missing = [uid for uid in dict.fromkeys((*around, *theirs)) if uid not in at_hand]
            return around, [path for uid in missing for path in pages.files_of(uid)[0]]

        self._runner.query(AROUND_LANE, look, lambda found: self._around_known(*found), self._failed)

    def stand(self, states: Mapping[str, ExamState], dues: Mapping[str, ExamDue]) -> None:
        """Keep in the index how far readings are and what is due, so that the list is sorted and filtered by it."""
        path = self.path
        if (states, dues) == self._standings or path is None or not path.exists():
            return
        self._standings = dict(states), dict(dues)

        def keep(_token: CancelToken) -> None:
            from annotator.imaging.exam_index.tables import opened  # noqa: PLC0415 - after the first paint
            from annotator.imaging.exam_index.writer import IndexWriter, Standing  # noqa: PLC0415

            standings = {
                uid: Standing(STATES.index(states.get(uid, ExamState.NEW)), *_due_columns(dues.get(uid)))
                for uid in states.keys() | dues.keys()
            }
            with opened(path) as connection:
                writer = IndexWriter(connection)
                with writer.transaction():
                    writer.stand(standings)

        self._runner.query(STANDING_LANE, keep, lambda _done: self.count(), self._failed)

    def close(self) -> None:
        """Let go of the index."""
        for lane in (PAGE_LANE, COUNT_LANE, STANDING_LANE, OPEN_LANE, AROUND_LANE):
            self._runner.cancel(lane)
        if self._pages is not None:
            self._pages.close()
            self._pages = None

    def _ask(self, key: tuple[Any, ...] | None) -> None:
        choice, hidden = self._choice, self._names_hidden
        self._runner.query(
            PAGE_LANE,
            lambda token: self._opened().page(wanted(choice, hidden), order_of(choice), key, token=token),
            lambda page: self.page_ready.emit(page, choice, key is None),
            self._failed,
            at_once=True,
        )

    def _opened(self) -> ExamPages:
        """The index, opened by the first question; on a worker."""
        from annotator.errors import ExamIndexError  # noqa: PLC0415
        from annotator.imaging.exam_index.pages import ExamPages  # noqa: PLC0415 - after the first paint

        path = self.path
        if path is None:
            raise ExamIndexError(
                "header_index is off in your settings, so no folder can be indexed; switch it on in the settings."
            )
        if self._pages is None:
            self._pages = ExamPages(path)
        return self._pages

    def _counted(self, counted: Counted) -> None:
        self.totals = counted.totals
        self.counted.emit(counted)

    def _failed(self, error: AnnotatorError) -> None:
        self.failed.emit(str(error))

    def _files_known(self, here: list[Path], gone: list[Path]) -> None:
        if here:
            self._desk.open_paths(here)
        elif gone:
            self.message.emit(
                f"The files of this exam are gone from {gone[0].parent}; its readings stay. Index the folder they were"
                " moved to."
            )
        else:
            self.message.emit("This exam is no longer in the index.")

    def _around_known(self, around: tuple[str, ...], paths: list[Path]) -> None:
        self._around = around
        self.around_changed.emit()
        if paths and not self._runner.busy(LISTING):
            self._desk.bring(paths, self.around_changed.emit)


def _neighbours(pages: ExamPages, want: Wanted, order: Order, here: ListedExam) -> tuple[str, ...]:
    """The exam before, this one, those behind it, and the next that is not done where they all are."""
    from dataclasses import replace  # noqa: PLC0415

    before = pages.page(want, order, here.key, count=1, back=True).exams
    behind = pages.page(want, order, here.key, count=_AHEAD).exams
    open_states = tuple(STATES.index(state) for state in STATES if state not in FINISHED)
    states = open_states if want.states is None else tuple(s for s in want.states if s in open_states)
    not_done = pages.page(replace(want, states=states), order, here.key, count=1).exams if states else ()
    uids = (one.study_instance_uid for one in (*before, here, *behind, *not_done))
    return tuple(dict.fromkeys(uids))


def order_of(choice: Choice) -> Order:
    """The order of the index for a choice of the worklist."""
    from annotator.imaging.exam_index.pages import Order  # noqa: PLC0415

    return {
        SortBy.PATIENT: Order.PATIENT,
        SortBy.DATE: Order.DATE,
        SortBy.STATE: Order.STATE,
        SortBy.DUE: Order.DUE,
        SortBy.OPENED: Order.ADDED,
    }[choice.sort]


def wanted(choice: Choice, names_hidden: bool) -> Wanted:
    """What the index is asked for by a choice of the worklist."""
    from annotator.imaging.exam_index.pages import Wanted  # noqa: PLC0415

    states = _SHOWN[choice.showing]
    return Wanted(
        states=None if states is None else tuple(STATES.index(state) for state in states),
        due_within=DUES.index(DueState.DUE) if choice.showing is Showing.DUE else None,
        words=tuple(choice.text.casefold().split()),
        names_hidden=names_hidden,
        told_states=tuple((state.value, number) for number, state in enumerate(STATES)),
        told_dues=tuple((due.value, number) for number, due in enumerate(DUES) if due is not DueState.DONE),
    )


def _due_columns(due: ExamDue | None) -> tuple[int, str, str]:
    from annotator.imaging.exam_index.tables import NOTHING_DUE  # noqa: PLC0415

    if due is None:
        return NOTHING_DUE, "", ""
    return DUES.index(due.state), "" if due.due_on is None else due.due_on.isoformat(), due.words
