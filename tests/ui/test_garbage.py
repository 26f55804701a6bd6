"""What belongs to the window is destroyed in the thread of the window, whoever lets go of it last."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest
from PySide6.QtCore import QObject, Qt, QTimer
from pytestqt.qtbot import QtBot

from annotator.errors import StoreError
from annotator.jobs import CancelToken, Progress
from annotator.ui.garbage import LEAST_OF_ALL, YOUNG, Garbage
from annotator.ui.task_runner import TaskRunner


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[TaskRunner]:
    bugs: list[BaseException] = []
    made = TaskRunner(bugs.append)
    yield made
    made.shutdown()
    assert bugs == []


class Ends:
    """The threads in which objects of Qt were destroyed."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def watch(self, watched: QObject) -> QObject:
        watched.destroyed.connect(
            lambda: self.threads.append(threading.current_thread()), Qt.ConnectionType.DirectConnection
        )
        return watched


@pytest.fixture
def ends() -> Ends:
    return Ends()


class Knot:
    """Something that holds itself, so that only a search for garbage finds that nobody else does."""

    def __init__(self, held: object = None) -> None:
        self.held = held
        self.itself = self


def make_garbage(_token: CancelToken | None = None) -> None:
    for _ in range(20 * YOUNG):
        Knot()


def test_a_running_timer_that_is_garbage_ends_in_the_thread_of_the_window(
    qtbot: QtBot, runner: TaskRunner, ends: Ends
) -> None:
    timer = QTimer()
    timer.start(0)
    Knot(ends.watch(timer))
    del timer
    done: list[None] = []
    runner.query("busy", make_garbage, done.append)
    runner.write(make_garbage, done.append)
    qtbot.waitUntil(lambda: len(done) == 2 and bool(ends.threads))
    assert ends.threads == [threading.main_thread()]


class Panel(QObject):
    """Asks for something and is forgotten before the answer comes."""

    def work(self, token: CancelToken) -> str:
        for done in range(3):
            token.checkpoint(Progress(done, 3))
        return "done"

    def fail(self, token: CancelToken) -> str:
        token.checkpoint(Progress(1, 2))
        raise StoreError("the disk is full")

    def show(self, what: object) -> None:
        assert what is not None


@pytest.mark.parametrize("how", ["answered", "refused", "cancelled", "written"])
def test_whoever_asks_and_is_forgotten_ends_there_too(
    qtbot: QtBot, runner: TaskRunner, ends: Ends, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    workers = runner._writer if how == "written" else runner._readers
    held: list[object] = []
    submit = workers.submit

    def hold(run: Callable[..., None], *asked: object) -> Future[None]:
        # what a worker holds that has answered and not returned yet
        held.append(asked)
        return submit(run, *asked)

    monkeypatch.setattr(workers, "submit", hold)
    panel = Panel()
    ends.watch(panel)
    if how == "written":
        runner.write(lambda panel=panel: panel.work(CancelToken()), panel.show)
    else:
        runner.query("a", panel.fail if how == "refused" else panel.work, panel.show, panel.show, panel.show)
    if how == "cancelled":
        runner.cancel("a")
    del panel
    qtbot.waitUntil(lambda: bool(ends.threads))
    assert ends.threads == [threading.main_thread()]
    assert len(held) == 1


def test_what_outlived_a_search_is_found_when_there_is_much_more(
    qtbot: QtBot, runner: TaskRunner, ends: Ends
) -> None:
    old = Knot(ends.watch(QObject()))
    gc.collect()
    del old
    kept: list[Knot] = []

    def keep() -> None:
        kept.extend(Knot() for _ in range(2 * LEAST_OF_ALL))
        if not ends.threads:
            runner.query("more", lambda _token: None, lambda _none: keep())

    keep()
    qtbot.waitUntil(lambda: bool(ends.threads), timeout=20_000)
    assert ends.threads == [threading.main_thread()]


def test_what_is_being_loaded_is_not_searched_and_never_afterwards(
    qtbot: QtBot, runner: TaskRunner, ends: Ends
) -> None:
    garbage = runner.garbage
    garbage.hold()
    Knot(ends.watch(QObject()))
    make_garbage()
    qtbot.wait(20)
    garbage.search()
    assert ends.threads == []
    frozen = gc.get_freeze_count()
    try:
        garbage.leave_out_what_is_there()
        assert gc.get_freeze_count() > frozen
        later = Knot(ends.watch(QObject()))
        del later
        make_garbage()
        qtbot.waitUntil(lambda: bool(ends.threads))
        assert len(ends.threads) == 1, "what was there at that moment is left out"
    finally:
        gc.unfreeze()


def test_python_searches_by_itself_again_after_the_last_workers(qtbot: QtBot) -> None:
    assert gc.isenabled()
    first, second = TaskRunner(lambda _bug: None), TaskRunner(lambda _bug: None)
    first.shutdown()
    first.shutdown()
    assert not gc.isenabled()
    second.shutdown()
    assert gc.isenabled()


def test_what_another_thread_is_making_is_left_alone(qapp: object) -> None:
    """Searches while a thread fills large tuples, which nobody else may take hold of before they are done."""
    garbage = Garbage()
    faults: list[BaseException] = []
    ended = threading.Event()

    def make() -> None:
        try:
            for _ in range(60):
                assert len(tuple([n] for n in range(20_000))) == 20_000
        except BaseException as error:  # noqa: BLE001 - told below, in the thread of the test
            faults.append(error)
        finally:
            ended.set()

    maker = threading.Thread(target=make)
    maker.start()
    while not ended.is_set():
        garbage.search()
    maker.join()
    garbage.end()
    assert faults == []
