"""Reads ahead what the reader will want next, while nothing the reader waits for is under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.errors import AnnotatorError
from annotator.hanging import Layout
from annotator.jobs import CancelToken
from annotator.model.image import ExamInfo, ImageInfo, ImageKey
from annotator.ui.desk.reading_desk import LISTING, OPENING, ReadingDesk
from annotator.ui.hanging.exam_view import ExamView
from annotator.ui.hanging.pane_choice import Hangings
from annotator.ui.hanging.small_pictures import LANE as SMALL_PICTURES
from annotator.ui.panels.worklist import WorklistPanel
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.frame_source import FrameSource
from annotator.ui.pictures.freed_memory import give_back_free_memory
from annotator.ui.pictures.grey_image import Wanted
from annotator.ui.pictures.picture import Picture, load_picture
from annotator.ui.pictures.picture_shelf import PictureShelf
from annotator.ui.stacks.panes import middle_slice
from annotator.ui.task_runner import TaskRunner

PICTURES, READINGS, MEMORY = "picture ahead", "reading ahead", "free memory"
QUIET_MS = 250
"""How long the hand rests before decoding goes on beside it."""
PAINTED = 2
"""Of the nearest so many exams the first look is made too: as many bytes as twice the pixels of the screen."""


class ReadAhead(QObject):
    """Decodes the pictures that the neighbours of the open exam will hang, and takes their readings from the
    database.

    The next exam of the worklist comes first, then the one before, then the prior that can stand beside the
    open one, then the one after the next; what does not fit the budget of the shelf is left. What the panes
    will show first of the nearest is made exactly as well, so that one key shows it at once. One picture is
    decoded at a time, none while a pane, a list or a reading is on its way, and what is under way then is
    given up; none either while `goes_before` says that something else does. Once all of it is here, memory that the exams before left free goes back to the system. `ready` carries for exams by study UID how many of their pictures are decoded, and of how many.
    """

    ready = Signal(object)

    def __init__(
        self,
        desk: ReadingDesk,
        view: ExamView,
        worklist: WorklistPanel,
        grid: ViewportGrid,
        runner: TaskRunner,
    ) -> None:
        super().__init__(view)
        self._desk = desk
        self._view = view
        self._worklist = worklist
        self._runner = runner
        self._wanted: dict[str, tuple[ImageInfo, ...]] = {}
        self._neighbours: tuple[ExamInfo, ...] = ()
        self._given_up: set[ImageKey] = set()
        self._said: Mapping[str, tuple[int, int]] = {}
        self.enabled = True
        self.goes_before: Callable[[], bool] = lambda: False
        self._pending = False
        view.stacks.frames.ahead = view.shelf
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET_MS)
        self._quiet.timeout.connect(self.go_on)
        # once what was opened is painted: a job that begins now would hold that up
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.go_on)
        desk.session_changed.connect(lambda _session: self.plan())
        desk.states_changed.connect(lambda _states: self.plan())
        worklist.order_changed.connect(self.plan)
        view.layout_changed.connect(lambda _layout: self.plan())
        view.picture_shown.connect(lambda *_what: self._tell())
        runner.began.connect(self._began)
        runner.ended.connect(self._ended)
        for viewport in grid.viewports:
            viewport.view_changed.connect(self._hand_moved)
            viewport.voi_changed.connect(self._hand_moved)

    @property
    def finished(self) -> bool:
        """Whether everything that fits is here."""
        nothing_to_do = self._next_picture() is None and self._next_reading() is None
        return nothing_to_do and self._next_paint() is None

    def plan(self) -> None:
        """Another exam is open, or other ones are beside it: read ahead what is wanted now."""
        exam = self._desk.exam
        if exam is None or self._desk.session is None or not self.enabled:
            return
        self._neighbours = self._expected(exam)
        wanted = {e.study_instance_uid: self._hangs(e) for e in self._neighbours}
        if wanted != self._wanted:
            self._wanted, self._given_up = wanted, set()
            self._view.shelf.expect(info.sop_instance_uid for infos in wanted.values() for info in infos)
            self._desk.forget_ahead(wanted.keys())
            near = [self._view.order, *list(wanted.values())[:PAINTED]]
            self._view.first_paints.keep_only({info.sop_instance_uid for infos in near for info in infos})
            self._runner.cancel(PICTURES)
        self._pending = True
        self._tell()
        self._soon.start()

    def go_on(self) -> None:
        """Read the next thing, if nobody waits and nothing is under way."""
        if self._desk.session is None or self._is_waited_for() or self._quiet.isActive():
            return
        if not self._runner.busy(READINGS):
            exam = self._next_reading()
            if exam is not None:
                self._read(exam)
        if not self._runner.busy(PICTURES):
            info = self._next_picture()
            paint = self._next_paint() if info is None else None
            was_pending, self._pending = self._pending, info is not None or paint is not None
            if info is not None:
                self._decode(info)
            elif paint is not None:
                self._make(paint)
            elif was_pending:
                self._give_back()

    def stop(self) -> None:
        """Nothing more is read until the next plan."""
        self._wanted, self._neighbours = {}, ()
        self._quiet.stop()
        self._soon.stop()
        self._runner.cancel(PICTURES)
        self._runner.cancel(READINGS)

    def _expected(self, exam: ExamInfo) -> tuple[ExamInfo, ...]:
        listed = self._worklist.exams_in_sight
        uids = [e.study_instance_uid for e in listed]
        here = exam.study_instance_uid
        at = uids.index(here) if here in uids else -1
        around = [at + 1, at - 1, at + 2] if at >= 0 else [0, 1]
        found = [listed[n] for n in around if 0 <= n < len(listed)]
        if self._view.prior is not None:
            found.insert(2, self._view.prior)
        return tuple({e.study_instance_uid: e for e in found if e.study_instance_uid != here}.values())

    def _hangs(self, exam: ExamInfo) -> tuple[ImageInfo, ...]:
        """What an exam will show at first; with another one beside it, its own images come first."""
        prior = self._desk.prior_of(exam) if self._view.preferred is Layout.PRIOR else None
        layout = self._view.preferred if prior is not None else Layout.FOUR
        images = Hangings(exam, prior).hung(layout).images
        return tuple(sorted(images, key=lambda info: info.study_instance_uid != exam.study_instance_uid))

    def _next_picture(self) -> ImageInfo | None:
        shelf = self._view.shelf
        for infos in self._wanted.values():
            for info in infos:
                key = _key(info)
                if key not in shelf and key not in self._given_up and shelf.has_room_for(info, key.frame):
                    return info
        return None

    def _next_paint(self) -> Wanted | None:
        """What a pane will show first of the next or the previous exam, once all of its panes can be filled."""
        shelf = self._view.shelf
        for exam in self._neighbours[:PAINTED]:
            prior = self._desk.prior_of(exam) if self._view.preferred is Layout.PRIOR else None
            infos = self._view.panes_of(exam, prior)
            if all(info is None or info.is_stack or _key(info) in shelf for info in infos):
                pictures = [
                    None if info is None or info.is_stack else shelf.peek(_key(info)) for info in infos
                ]
                missing = self._view.first_paints.missing(pictures) if any(pictures) else None
                if missing is not None:
                    return missing
        return None

    def _next_reading(self) -> ExamInfo | None:
        for exam in self._neighbours:
            uid = exam.study_instance_uid
            if uid and not self._desk.is_ahead(uid) and self._view.exam is not exam:
                return exam
        return None

    def _decode(self, info: ImageInfo) -> None:
        key = _key(info)

        def done(picture: Picture) -> None:
            # what was put aside again would be decoded for ever
            if not self._view.shelf.put(picture):
                self._given_up.add(key)
            self._tell()

        def failed(_error: AnnotatorError) -> None:
            # said when the reader opens the exam
            self._given_up.add(key)

        load = load_picture(info, 1) if not info.is_stack else _load_slice(info, key.frame)
        self._runner.query(PICTURES, load, done, failed)

    def _make(self, wanted: Wanted) -> None:
        paints = self._view.first_paints
        self._runner.query(PICTURES, lambda _token: wanted.exact(), lambda values: paints.put(wanted, values))

    def _give_back(self) -> None:
        """All is here, and nobody's hand moves: what the exams before left free is the system's again."""
        self._runner.query(MEMORY, lambda _token: give_back_free_memory(), lambda _none: None, at_once=True)

    def _read(self, exam: ExamInfo) -> None:
        uid = exam.study_instance_uid
        self._runner.query(
            READINGS,
            lambda _token: self._desk.workspace.open_reading(uid, exam),
            lambda opened: self._desk.keep_ahead(uid, opened),
            lambda _error: self.stop(),
            in_turn=True,
        )

    def _is_waited_for(self) -> bool:
        waiting = self._view.loading or self._desk.opening or self._runner.busy(SMALL_PICTURES)
        return waiting or self.goes_before()

    def _began(self, lane: str) -> None:
        if lane in (LISTING, OPENING) or lane.startswith("pane "):
            self._runner.cancel(PICTURES)

    def _ended(self, lane: str) -> None:
        if self._wanted and (
            lane in (PICTURES, READINGS, SMALL_PICTURES, OPENING) or lane.startswith("pane ")
        ):
            self.go_on()

    def _hand_moved(self) -> None:
        if self._pending:
            self._quiet.start()

    def _tell(self) -> None:
        shelf, exam = self._view.shelf, self._view.exam
        wanted = dict(self._wanted)
        if exam is not None:
            shown = (self._view.place(pane) for pane in range(self._view.panes))
            wanted[exam.study_instance_uid] = tuple(
                place.info for place in shown if place is not None and not place.info.is_stack
            )
        said = {uid: _count(infos, shelf) for uid, infos in wanted.items() if infos}
        if said != self._said:
            self._said = said
            self.ready.emit(said)


def _count(infos: Sequence[ImageInfo], shelf: PictureShelf) -> tuple[int, int]:
    return sum(_key(info) in shelf for info in infos), len(infos)


def _load_slice(info: ImageInfo, number: int) -> Callable[[CancelToken], Picture]:
    """A job that decodes a slice with the places of all slices beside it, as panes want it."""

    def job(token: CancelToken) -> Picture:
        picture = FrameSource(info).picture(number)
        token.checkpoint()
        return picture

    return job


def _key(info: ImageInfo) -> ImageKey:
    return info.key(middle_slice(info))
