"""One piece of work on many things, in processes of their own: all cores, bounded memory, and no crash ends the rest.

A decoder that falls over a damaged file, or a machine out of memory, takes one process with it: that one thing has
failed and another process goes on with the next.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Generic, TypeVar

from annotator.errors import AnnotatorError
from annotator.jobs import CancelToken, Progress

Item = TypeVar("Item")
Result = TypeVar("Result")

_LOOK_EVERY_S = 0.2
"""How long a cancelled token may wait until it is noticed."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Result]):
    """What came of the thing at place `number` (from 0): a result, or the sentence that says why there is none."""

    number: int
    result: Result | None
    fault: str | None = None


def usable_jobs(memory_each: int) -> int:
    """As many processes as this one may use cores, and as memory holds when each takes so many bytes; at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    free = _free_memory()
    return max(1, cores if free is None else min(cores, free // memory_each))


def outcomes(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    jobs: int,
    token: CancelToken | None = None,
) -> Iterator[Outcome[Result]]:
    """`work` done on every item, in the order in which they are ready.

    `work` is a function of a module (a process of its own has to find it); an AnnotatorError that it raises is the
    fault of its item. With one item or `jobs` 1 it runs in this process, else in so many others, each with one
    item at a time. Closing the iterator, an interrupt or the token ends them at once, whatever they are at.
    """
    token = token or CancelToken()
    if jobs <= 1 or len(items) <= 1:
        for number, item in enumerate(items):
            token.checkpoint(Progress(number, len(items)))
            yield _attempt(work, number, item)
        return
    crew = _Crew(work, min(jobs, len(items)))
    try:
        yield from crew.through(items, token)
    finally:
        crew.end()


def in_order(ready: Iterator[Outcome[Result]]) -> Iterator[Outcome[Result]]:
    """The same by place: each waits for those before it."""
    waiting: dict[int, Outcome[Result]] = {}
    following = 0
    for one in ready:
        waiting[one.number] = one
        while following in waiting:
            yield waiting.pop(following)
            following += 1


def _attempt(work: Callable[[Item], Result], number: int, item: Item) -> Outcome[Result]:
    try:
        return Outcome(number, work(item))
    except AnnotatorError as error:
        return Outcome(number, None, str(error))


class _Worker(Generic[Item, Result]):
    """One process and what it has in hand."""

    def __init__(self, work: Callable[[Item], Result]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.number: int | None = None
        self._process: SpawnProcess = context.Process(target=_serve, args=(work, theirs), daemon=True)
        with _interrupts_ignored(), _one_core_each():
            self._process.start()
        theirs.close()

    def give(self, number: int, item: Item) -> None:
        self.number = number
        # a process that is gone already is met when its answer is asked for
        with contextlib.suppress(OSError):
            self.pipe.send((number, item))

    def answer(self) -> Outcome[Result] | None:
        """What it made of its item; None when it is gone."""
        try:
            answer: Outcome[Result] = self.pipe.recv()
        except (EOFError, OSError):
            return None
        self.number = None
        return answer

    def how_it_ended(self) -> str:
        self._process.join(timeout=5)
        code = self._process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        return (
            f"the process that worked on it ended early ({how}); the file may be damaged, or memory ran out."
        )

    def end(self) -> None:
        self.pipe.close()
        self._process.terminate()

    def wait(self) -> None:
        self._process.join(timeout=0.5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


class _Crew(Generic[Item, Result]):
    """The processes of one batch."""

    def __init__(self, work: Callable[[Item], Result], size: int) -> None:
        self._work = work
        self._size = size
        self._workers: list[_Worker[Item, Result]] = []

    def through(self, items: Sequence[Item], token: CancelToken) -> Iterator[Outcome[Result]]:
        following, done = 0, 0
        while done < len(items):
            token.checkpoint(Progress(done, len(items)))
            while following < len(items) and (worker := self._idle()) is not None:
                worker.give(following, items[following])
                following += 1
            for outcome in self._answers():
                done += 1
                yield outcome

    def _idle(self) -> _Worker[Item, Result] | None:
        free = next((worker for worker in self._workers if worker.number is None), None)
        if free is None and len(self._workers) < self._size:
            free = _Worker(self._work)
            self._workers.append(free)
        return free

    def _answers(self) -> list[Outcome[Result]]:
        busy = {worker.pipe: worker for worker in self._workers if worker.number is not None}
        found = list[Outcome[Result]]()
        ready = set(wait(list(busy), timeout=_LOOK_EVERY_S))
        for pipe, worker in busy.items():
            if pipe not in ready:
                continue
            answer = worker.answer()
            if answer is None:
                assert worker.number is not None
                answer = Outcome(worker.number, None, worker.how_it_ended())
                self._workers.remove(worker)
                worker.end()
                worker.wait()
            found.append(answer)
        return found

    def end(self) -> None:
        for worker in self._workers:
            worker.end()
        for worker in self._workers:
            worker.wait()


def _serve(work: Callable[[Item], Result], pipe: Connection) -> None:
    """What a process does: an item, its outcome, the next, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # not inherited on Windows
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            number, item = pipe.recv()
            pipe.send(_attempt(work, number, item))
        except (EOFError, OSError):
            return


def _end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, killed or not: nobody waits for its answer."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ctrl+C in a terminal reaches every process of the group; those that start here leave it to this one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_ONE_CORE = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1"
)
"""What the libraries of arrays and pictures read when they are loaded."""


@contextlib.contextmanager
def _one_core_each() -> Iterator[None]:
    """The other cores have processes of their own; what a user said stands."""
    added = {name: value for name, value in _ONE_CORE.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _free_memory() -> int | None:
    """Bytes that can be had without swapping, None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    told = next((line.split() for line in lines if line.startswith("MemAvailable:")), None)
    return None if told is None else int(told[1]) * 1024
