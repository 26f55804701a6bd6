"""Looks for candidates on the images of the open exam, one after the other, while nothing else is under way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from annotator.errors import AnnotatorError
from annotator.jobs import CancelToken, Progress
from annotator.model.image import ExamInfo, ImageInfo
from annotator.ui.desk.candidate_rows import ProposedImage
from annotator.ui.desk.candidates import ExamCandidates
from annotator.ui.desk.reading_desk import LISTING, OPENING, ReadingDesk
from annotator.ui.hanging.exam_view import ExamView
from annotator.ui.hanging.read_ahead import PICTURES, QUIET_MS, ReadAhead
from annotator.ui.hanging.small_pictures import LANE as SMALL_PICTURES
from annotator.ui.keys.profiles import Profiles
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.task_runner import TaskRunner

LANE = "candidates"
LOOKS_S = 0.05
"""How often a search that waits for the hand to rest looks whether it was given up."""


class CandidateSearch(QObject):
    """What is on the screen comes first, then the exam in hung order. One image at a time, none while a pane, a list
    or a reading is on its way; what is under way then is given up and begun anew later. While the hand moves the search stands still at its next step.

    Nothing is looked for until a profile was chosen, or the reader asked (`ask`), as the settings say: who reads without
    candidates keeps the processor. Images of the exam that are neither on the screen nor asked for wait for what is read ahead.
    `changed`: another image is in hand, or one could not be searched.
    """

    changed = Signal()

    def __init__(
        self,
        candidates: ExamCandidates,
        desk: ReadingDesk,
        view: ExamView,
        ahead: ReadAhead,
        grid: ViewportGrid,
        profiles: Profiles,
        runner: TaskRunner,
    ) -> None:
        super().__init__(view)
        self._candidates = candidates
        self._desk = desk
        self._view = view
        self._ahead = ahead
        self._grid = grid
        self._profiles = profiles
        self._runner = runner
        self._exam = ""
        self._asked = self._stopped = self._over = False
        self._failed: dict[str, str] = {}
        self._now: ImageInfo | None = None
        self._share = 0.0
        ahead.goes_before = lambda: self._urgent() is not None
        self._still = threading.Event()
        self._still.set()
        self._quiet = _once(self, QUIET_MS, self._hand_rests)
        self._soon = _once(self, 0, self.go_on)
        desk.exam_changed.connect(self._begin)
        desk.leaving.connect(lambda _exam: self._give_up())
        desk.session_changed.connect(lambda _session: self._soon.start())
        view.picture_shown.connect(lambda *_what: self._soon.start())
        view.layout_changed.connect(lambda _layout: self._order_changed())
        candidates.changed.connect(self._soon.start)
        profiles.changed.connect(self._soon.start)
        runner.began.connect(self._began)
        runner.ended.connect(self._ended)
        for viewport in grid.viewports:
            viewport.view_changed.connect(self._hand_moved)
            viewport.voi_changed.connect(self._hand_moved)

    @property
    def searchable(self) -> tuple[ImageInfo, ...]:
        """Images of the open exam that can be searched: their pixel size is known."""
        return tuple(info for info in self._view.order if info.spacing is not None)

    @property
    def missing(self) -> tuple[ImageInfo, ...]:
        """Images that are still to be searched."""
        known = self._candidates.knows
        return tuple(i for i in self.searchable if not known(i) and i.sop_instance_uid not in self._failed)

    @property
    def running(self) -> bool:
        """Whether an image is being searched."""
        return self._now is not None

    @property
    def stopped(self) -> bool:
        """Whether the reader stopped it, and something is left to do."""
        return self._stopped and bool(self.missing)

    @property
    def progress(self) -> Progress:
        """How many images are done, of how many, and what is in hand; parts of an image do not count."""
        images = self.searchable
        now = "" if self._now is None else self._now.name or self._now.file_name
        return Progress(len(images) - len(self.missing), len(images), now)

    @property
    def share(self) -> float:
        """How much of all images is done, 0 to 1, the one in hand counted as far as it is."""
        done, total = self.progress.done, len(self.searchable)
        return (done + (self._share if self.running else 0.0)) / total if total else 0.0

    @property
    def troubles(self) -> tuple[str, ...]:
        """Why images could not be searched, a sentence each."""
        return tuple(self._failed.values())

    def ask(self) -> None:
        """The reader wants candidates of this exam."""
        self._asked = True
        self._stopped = False
        self._soon.start()

    def try_again(self) -> None:
        """Search the images that could not be searched."""
        self._failed = {}
        self.ask()
        self.changed.emit()

    def stop_for_now(self) -> None:
        """Stop at once; what was found stays, and `ask` goes on."""
        self._stopped = True
        self._give_up()

    def stop(self) -> None:
        """The window closes."""
        self._over = True
        self._quiet.stop()
        self._soon.stop()
        self._give_up()

    def go_on(self) -> None:
        """Search the next image, if nobody waits and nothing else is under way."""
        if self._over or self.running or not self._wanted or self._quiet.isActive():
            return
        if self._view.loading or self._desk.opening or self._desk.session is None:
            return
        if self._runner.busy(SMALL_PICTURES) or self._runner.busy(PICTURES):
            return
        info = self._urgent() or (self._next() if self._ahead.finished else None)
        if info is not None:
            self._search(info)

    @property
    def _wanted(self) -> bool:
        by_itself = self._desk.workspace.settings.candidates
        expected = by_itself and (self._profiles.chosen or self._candidates.first_pass_done)
        return (self._asked or expected) and not self._stopped

    def _in_sight(self) -> list[ImageInfo]:
        active = self._grid.active
        panes = sorted(self._grid.shown, key=lambda viewport: viewport is not active)
        uids = [v.picture.info.sop_instance_uid for v in panes if v.picture is not None]
        missing = {info.sop_instance_uid: info for info in self.missing}
        return [missing[uid] for uid in dict.fromkeys(uids) if uid in missing]

    def _urgent(self) -> ImageInfo | None:
        """What the reader looks at and may see candidates of; a stack takes so long that reading ahead goes first."""
        if not self._wanted or self._candidates.why_hidden or self._view.loading:
            return None
        return next((info for info in self._in_sight() if not info.is_stack), None)

    def _next(self) -> ImageInfo | None:
        return next(iter([*self._in_sight(), *self.missing]), None)

    def _search(self, info: ImageInfo) -> None:
        study, workspace, still = self._exam, self._desk.workspace, self._still
        picture = None if info.is_stack else self._view.shelf.peek(info.key())
        frame: NDArray[Any] | None = None if picture is None else picture.frame

        def job(token: CancelToken) -> ProposedImage:
            return ProposedImage.of(
                info, workspace.find_candidates(info, frame=frame, token=_GivesWay(token, still))
            )

        def done(found: ProposedImage) -> None:
            self._now = None
            self._candidates.put(study, found)
            self.changed.emit()

        def failed(error: AnnotatorError) -> None:
            self._now = None
            name = info.name or info.file_name
            self._failed[info.sop_instance_uid] = f"No candidates of {name}: {error}"
            self.changed.emit()

        def report(progress: Progress | None) -> None:
            self._share = (progress.fraction if progress is not None else None) or 0.0
            self.changed.emit()

        self._now, self._share = info, 0.0
        self._runner.query(LANE, job, done, failed, report)
        self.changed.emit()

    def _begin(self, exam: ExamInfo) -> None:
        if exam.study_instance_uid != self._exam:
            self._give_up()
            self._exam = exam.study_instance_uid
            self._asked = self._stopped = False
            self._failed = {}
        self._order_changed()

    def _order_changed(self) -> None:
        exam = self._view.exam
        if exam is not None and exam.study_instance_uid == self._exam:
            self._candidates.set_order(self._view.order)
        self._soon.start()

    def _give_up(self) -> None:
        self._runner.cancel(LANE)
        if self._now is not None:
            self._now = None
            self.changed.emit()

    def _began(self, lane: str) -> None:
        if lane in (LISTING, OPENING, PICTURES) or lane.startswith("pane "):
            self._give_up()

    def _ended(self, lane: str) -> None:
        if lane == LANE:
            self._not_answered()
            self._ahead.go_on()
        if self._wanted and self.missing:
            self._soon.start()

    def _not_answered(self) -> None:
        """A mistake of the program, which the error report tells of: the image is not asked for again by itself."""
        if self._now is not None:
            name = self._now.name or self._now.file_name
            self._failed[self._now.sop_instance_uid] = (
                f"No candidates of {name}: the program made a mistake there."
            )
            self._now = None
            self.changed.emit()

    def _hand_moved(self) -> None:
        if self._wanted and self.missing:
            self._still.clear()
            self._quiet.start()

    def _hand_rests(self) -> None:
        self._still.set()
        self.go_on()


class _GivesWay(CancelToken):
    """The token of a search that waits at its checkpoints while the reader's hand moves."""

    def __init__(self, token: CancelToken, still: threading.Event) -> None:
        super().__init__()
        self._token = token
        self._still = still

    @property
    def cancelled(self) -> bool:
        """Whether somebody gave the search up."""
        return self._token.cancelled

    def checkpoint(self, progress: Progress | None = None) -> None:
        """Wait until the hand rests; then as the token of the job."""
        while not self._still.wait(LOOKS_S):
            self._token.checkpoint()
        self._token.checkpoint(progress)


def _once(owner: QObject, after_ms: int, act: Callable[[], object]) -> QTimer:
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(after_ms)
    timer.timeout.connect(act)
    return timer
