"""Long work beside the reading: how far each is, at which pace, how to stop it, and what closing the window would do."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject

from annotator.jobs import Progress
from annotator.ui.faults.error_bar import BarAction, ErrorBar
from annotator.ui.window.status_line import StatusLine

CLOSING = "closing during long work"
SURE_AFTER_S = 2.0
"""From then on a pace can be told from a slow beginning."""


class Pace:
    """How fast long work goes, from when it was first heard of."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[float, int] | None = None

    def words(self, done: Progress, things: str) -> str:
        """How many things, and as soon as it can be told how many a second and how long it still takes."""
        count = f"{done.done:,} of {done.total:,} {things}" if done.total else f"{done.done:,} {things}"
        if self._first is None:
            self._first = self._clock(), done.done
        if not done.done and not done.total:
            return f"{things} ..."
        seconds, gone = self._clock() - self._first[0], done.done - self._first[1]
        if seconds < SURE_AFTER_S or gone <= 0:
            return count
        rate = f"{gone / seconds:.0f} a second" if gone >= seconds else f"{60 * gone / seconds:.0f} a minute"
        if not done.total:
            return f"{count}, {rate}"
        return f"{count}, {rate}, {_left((done.total - done.done) * seconds / gone)} left"


def _left(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@dataclass(eq=False, slots=True)
class _Work:
    things: str
    stop: Callable[[], None]
    stays: str
    pace: Pace
    said: str = ""
    done: Progress | None = None


class LongWork(QObject):
    """The line at the bottom shows what began last, and its button stops only that."""

    def __init__(self, status: StatusLine, errors: ErrorBar, parent: QObject) -> None:
        super().__init__(parent)
        self._status, self._errors = status, errors
        self._under_way: list[_Work] = []
        self._told = False
        status.cancelled.connect(self._stop)

    def add(
        self, things: str, stop: Callable[[], None], stays: str = ""
    ) -> Callable[[Progress | None], None]:
        """A kind of work that counts `things` and is ended by `stop`; tell what is returned how far it is, None when over.

        `stays` says what closing the window leaves of it, for work that a reader would not want to lose by a slip.
        """
        work = _Work(things, stop, stays, Pace())
        return lambda done: self._tell(work, done)

    def holds_back(self, close: Callable[[], object]) -> bool:
        """Whether the window should stay: said once, with what would be stopped; closing again closes."""
        losing = [one for one in self._under_way if one.stays]
        if not losing or self._told:
            return False
        self._told = True
        what = "; ".join(f"{one.said}: {one.stays}" for one in losing)
        actions = [BarAction("Stop it and close", close), BarAction("Go on", self._stay)]
        self._errors.show_error(f"Closing now stops what is under way ({what}).", actions, CLOSING)
        return True

    def _stay(self) -> None:
        self._told = False

    def _tell(self, work: _Work, done: Progress | None) -> None:
        if done is None:
            if work in self._under_way:
                self._under_way.remove(work)
            if not any(one.stays for one in self._under_way):
                self._told = False
                self._errors.solved(CLOSING)
        else:
            if work not in self._under_way:
                self._under_way.append(work)
                work.pace = Pace()
            work.done, work.said = done, work.pace.words(done, work.things)
        if not self._under_way:
            self._status.show_progress(None)
        elif work is self._under_way[-1] or done is None:
            last = self._under_way[-1]
            self._status.show_progress(last.done, last.said)

    def _stop(self) -> None:
        if self._under_way:
            self._under_way[-1].stop()
