"""Work off the GUI thread: reads that may be dropped, writes that never are.

`Future.add_done_callback` runs on the worker; a signal of a QObject that lives on the GUI thread
always arrives there. The one signal here is the only bridge between the two.

Who lets go of an object last destroys it, and an object of Qt must go in the thread it lives in. So a worker never
holds the last of what was asked: it is let go where the answer arrives, and garbage is searched for there
(`ui.garbage`).
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from annotator.errors import AnnotatorError
from annotator.jobs import Cancelled, CancelToken, Progress
from annotator.ui.garbage import Garbage

_T = TypeVar("_T")
Failed = Callable[[AnnotatorError], None]
QUERY_WORKERS = 2
STANDS_BACK = 5
"""By how much decoding is nicer than the window: a third of a processor when the window wants the same one."""

WRITE_AFTER_MS = 1
"""From an act to its writing. Python runs one thread at a time: the window paints what was done first."""


def _workers(count: int, name: str, initializer: Callable[[], None] | None = None) -> ThreadPoolExecutor:
    """Threads that run already: the first job of a new one would hold the window until it has begun."""
    pool = ThreadPoolExecutor(count, thread_name_prefix=name, initializer=initializer)
    all_begun = threading.Event()
    for _ in range(count):
        pool.submit(all_begun.wait)
    all_begun.set()
    return pool


def _stand_back() -> None:
    """Let the window go first where threads have a rank of their own; elsewhere the whole process would have it."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + STANDS_BACK)


@dataclass(eq=False, slots=True)
class _Asked:
    """What a worker is to do, what became of it, and whom to tell. Emptied on the GUI thread, when the worker is through."""

    token: CancelToken
    job: Callable[[], Any] | None
    on_done: Callable[[Any], None] | None
    on_error: Failed | None
    on_progress: Callable[[Progress | None], None] | None = None
    lane: str | None = None
    gave_up: bool = False
    answer: Any = None
    error: AnnotatorError | None = None
    bug: BaseException | None = None

    def tell(self, on_bug: Callable[[BaseException], None]) -> None:
        """Hand on what became of it."""
        if self.bug is not None:
            if self.on_progress is not None:
                self.on_progress(None)
            on_bug(self.bug)
        elif self.error is not None:
            if self.on_error is not None:
                self.on_error(self.error)
        elif self.on_done is not None:
            self.on_done(self.answer)

    def let_go(self) -> None:
        """Hold nothing any more."""
        self.job = self.on_done = self.on_error = self.on_progress = None
        self.answer = self.error = self.bug = None


class TaskRunner(QObject):
    """Two verbs: `query` for what the window wants to know, `write` for what must be kept.

    A newer query of a lane cancels the older, whose answer is then dropped. Writes run one after the
    other in the order given, a moment later, and are all finished by `flush` and `shutdown`; queries of the
    database are put in the same row with `in_turn`, so that they see what was written and hold up no picture. An error that is
    not an AnnotatorError is a bug: it is handed to `on_bug` on the GUI thread.
    `began` and `ended` carry the lane of a query: what can wait stands back for what somebody waits for.
    """

    began = Signal(str)
    ended = Signal(str)
    _delivered = Signal(object, object)

    def __init__(self, on_bug: Callable[[BaseException], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.garbage = Garbage(self)
        self._on_bug = on_bug
        self._readers = _workers(QUERY_WORKERS, "query", _stand_back)
        self._prompt = _workers(1, "prompt")
        self._askers = _workers(1, "ask")
        self._writer = _workers(1, "write")
        self._lanes: dict[str, CancelToken] = {}
        self._writes: set[Future[None]] = set()
        self._given: list[_Asked] = []
        self._painted = QTimer(self)
        self._painted.setSingleShot(True)
        self._painted.setInterval(WRITE_AFTER_MS)
        self._painted.timeout.connect(self._begin_writes)
        self._closed = False
        self._delivered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def query(
        self,
        lane: str,
        job: Callable[[CancelToken], _T],
        on_done: Callable[[_T], None],
        on_error: Failed | None = None,
        on_progress: Callable[[Progress | None], None] | None = None,
        *,
        in_turn: bool = False,
        at_once: bool = False,
        of_database: bool = False,
    ) -> CancelToken:
        """Run `job` on a worker and hand its answer to `on_done` on the GUI thread, unless outdated.

        `in_turn`: after all writes given so far, instead of beside them. `at_once`: behind no other query
        than its like, for some 50 ms of work that the eye waits for. `of_database`: beside the writes, in a row of its
        own, so that a server that does not answer holds up no picture. `on_progress` is handed None when the job ended in
        a bug: nothing is under way any more, and neither `on_done` nor `on_error` will say so.
        """
        self.cancel(lane)

        def report(progress: Progress) -> None:
            self._delivered.emit(asked, progress)

        token = CancelToken(report)
        asked = _Asked(token, lambda: job(token), on_done, on_error, on_progress, lane)
        if self._closed:
            token.cancel()
            return token
        self._lanes[lane] = token
        if in_turn:
            self._begin_writes()
        self._row(in_turn, at_once, of_database).submit(self._run, asked)
        self.began.emit(lane)
        return token

    def _row(self, in_turn: bool, at_once: bool, of_database: bool) -> ThreadPoolExecutor:
        if in_turn:
            return self._writer
        if at_once:
            return self._prompt
        return self._askers if of_database else self._readers

    def cancel(self, lane: str) -> None:
        """Give up the query of a lane, if one is under way."""
        token = self._lanes.pop(lane, None)
        if token is not None:
            token.cancel()

    def busy(self, lane: str) -> bool:
        """Whether a query of that lane is under way."""
        return lane in self._lanes

    def write(
        self,
        job: Callable[[], _T],
        on_done: Callable[[_T], None] | None = None,
        on_error: Failed | None = None,
    ) -> None:
        """Run `job` after all writes before it; it is never dropped, also when it comes after `shutdown`."""
        asked = _Asked(CancelToken(), job, on_done, on_error)
        if self._closed:
            self._run(asked)
            return
        self._given.append(asked)
        if not self._painted.isActive():
            self._painted.start()

    def flush(self) -> None:
        """Wait until every write given so far has run."""
        self._begin_writes()
        wait(list(self._writes))

    def _begin_writes(self) -> None:
        self._painted.stop()
        given, self._given = self._given, []
        for asked in given:
            future = self._writer.submit(self._run, asked)
            self._writes.add(future)
            future.add_done_callback(self._writes.discard)

    def shutdown(self) -> None:
        """Finish all writes, give up all queries, end the workers. Nothing is delivered afterwards, and nothing asked."""
        for lane in list(self._lanes):
            self.cancel(lane)
        self._begin_writes()
        self._writer.shutdown(wait=True)
        self._prompt.shutdown(wait=True, cancel_futures=True)
        self._askers.shutdown(wait=True, cancel_futures=True)
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._closed = True
        self.garbage.end()

    def _run(self, asked: _Asked) -> None:
        assert asked.job is not None
        try:
            asked.token.checkpoint()
            asked.answer = asked.job()
        except Cancelled:
            asked.gave_up = True
        except AnnotatorError as error:
            asked.error = error
        except Exception as bug:  # noqa: BLE001  a bug must reach the crash report, wherever it happened
            asked.bug = bug
        self._delivered.emit(asked, None)

    @Slot(object, object)
    def _deliver(self, asked: _Asked, progress: Progress | None) -> None:
        """What came of something, or how far it is."""
        wanted = not (self._closed or asked.gave_up or asked.token.cancelled)
        if progress is not None:
            if wanted and asked.on_progress is not None:
                asked.on_progress(progress)
            return
        if wanted and asked.lane is not None and self._lanes.get(asked.lane) is asked.token:
            del self._lanes[asked.lane]
        try:
            if wanted:
                asked.tell(self._on_bug)
        finally:
            asked.let_go()
        if wanted and asked.lane is not None:
            self.ended.emit(asked.lane)
