"""Reads may be dropped, writes may not."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from annotator.errors import StoreError
from annotator.jobs import CancelToken, Progress
from annotator.ui.task_runner import TaskRunner


@pytest.fixture
def bugs() -> list[BaseException]:
    return []


@pytest.fixture
def runner(qtbot: QtBot, bugs: list[BaseException]) -> Iterator[TaskRunner]:
    made = TaskRunner(bugs.append)
    yield made
    made.shutdown()


def test_an_answer_arrives_on_the_gui_thread(qtbot: QtBot, runner: TaskRunner) -> None:
    got: list[tuple[int, threading.Thread]] = []
    runner.query("a", lambda _token: 7, lambda n: got.append((n, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(got))
    assert got == [(7, threading.main_thread())]
    assert not runner.busy("a")


def test_questions_that_no_database_answers_hold_up_no_picture(qtbot: QtBot, runner: TaskRunner) -> None:
    answered = threading.Event()
    got: list[str] = []
    for lane in ("history", "states", "due"):
        runner.query(
            lane, lambda _token: answered.wait(60), lambda _yes: got.append("database"), of_database=True
        )
    runner.query("picture", lambda _token: "picture", got.append)
    qtbot.waitUntil(lambda: bool(got))
    assert got == ["picture"]
    answered.set()
    qtbot.waitUntil(lambda: len(got) == 4)


def test_a_newer_query_of_a_lane_replaces_the_older(qtbot: QtBot, runner: TaskRunner) -> None:
    started, go_on = threading.Event(), threading.Event()
    got: list[str] = []

    def slow(token: CancelToken) -> str:
        started.set()
        go_on.wait(5)
        token.checkpoint()
        return "old"

    runner.query("image", slow, got.append)
    assert started.wait(5)
    runner.query("image", lambda _token: "new", got.append)
    go_on.set()
    qtbot.waitUntil(lambda: bool(got))
    runner.query("image", lambda _token: "newest", got.append)
    qtbot.waitUntil(lambda: len(got) == 2)
    assert got == ["new", "newest"]


def test_every_write_runs_in_order_and_before_shutdown_returns(
    qtbot: QtBot, bugs: list[BaseException]
) -> None:
    runner = TaskRunner(bugs.append)
    done: list[int] = []
    for number in range(200):
        runner.write(lambda n=number: done.append(n))
    runner.shutdown()
    assert done == list(range(200))


def test_a_user_error_goes_to_its_handler_and_a_bug_to_the_reporter(
    qtbot: QtBot, runner: TaskRunner, bugs: list[BaseException]
) -> None:
    def refuse() -> None:
        raise StoreError("the disk is full")

    def stumble(_token: CancelToken) -> None:
        raise ZeroDivisionError

    said: list[str] = []
    runner.write(refuse, on_error=lambda error: said.append(str(error)))
    runner.query("x", stumble, lambda _none: None)
    qtbot.waitUntil(lambda: bool(said and bugs))
    assert said == ["the disk is full"]
    assert isinstance(bugs[0], ZeroDivisionError)
    assert not runner.busy("x")


def test_progress_ends_where_a_job_ends_in_a_bug(
    qtbot: QtBot, runner: TaskRunner, bugs: list[BaseException]
) -> None:
    told: list[Progress | None] = []

    def stumble(token: CancelToken) -> None:
        token.checkpoint(Progress(1, 3))
        raise ZeroDivisionError

    runner.query("p", stumble, lambda _none: None, on_progress=told.append)
    qtbot.waitUntil(lambda: bool(bugs))
    assert told == [Progress(1, 3), None]


def test_progress_arrives_before_the_answer(qtbot: QtBot, runner: TaskRunner) -> None:
    events: list[object] = []

    def job(token: CancelToken) -> str:
        for n in range(3):
            token.checkpoint(Progress(n, 3))
        return "done"

    runner.query("p", job, events.append, on_progress=lambda p: events.append(p and p.done))
    qtbot.waitUntil(lambda: "done" in events)
    assert events == [0, 1, 2, "done"]


def test_flush_returns_when_every_write_has_run(qtbot: QtBot, runner: TaskRunner) -> None:
    started, go_on, finished = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        go_on.wait(5)
        finished.set()

    runner.write(slow)
    runner.write(lambda: None)
    qtbot.waitUntil(started.is_set)
    threading.Timer(0.1, go_on.set).start()
    runner.flush()
    assert finished.is_set()


def test_the_window_paints_an_act_before_it_is_written(qtbot: QtBot, runner: TaskRunner) -> None:
    order: list[str] = []

    class Pane(QWidget):
        def paintEvent(self, _event: object) -> None:
            order.append("painted")

    pane = Pane()
    qtbot.addWidget(pane)
    pane.show()
    qtbot.waitUntil(lambda: bool(order))
    order.clear()
    pane.update()
    runner.write(lambda: order.append("written"))
    qtbot.waitUntil(lambda: "written" in order)
    assert order == ["painted", "written"]


def test_a_lane_stays_busy_until_the_answer(qtbot: QtBot, runner: TaskRunner) -> None:
    go_on = threading.Event()
    busy: list[bool] = []

    def job(token: CancelToken) -> None:
        token.checkpoint(Progress(1, 2))
        go_on.wait(5)

    runner.query("p", job, lambda _none: None, on_progress=lambda _p: busy.append(runner.busy("p")))
    qtbot.waitUntil(lambda: bool(busy))
    # what comes after the progress in the queue has been seen to as well
    qtbot.wait(20)
    busy.append(runner.busy("p"))
    go_on.set()
    qtbot.waitUntil(lambda: not runner.busy("p"))
    assert busy == [True, True]


def test_nothing_is_delivered_after_shutdown(qtbot: QtBot, bugs: list[BaseException]) -> None:
    runner = TaskRunner(bugs.append)
    got: list[str] = []
    runner.write(lambda: "saved", got.append)
    runner.shutdown()
    qtbot.wait(20)
    assert got == []


def test_shutdown_gives_up_queries(qtbot: QtBot, bugs: list[BaseException]) -> None:
    runner = TaskRunner(bugs.append)
    started = threading.Event()
    ended: list[str] = []

    def endless(token: CancelToken) -> None:
        started.set()
        for _ in range(1000):
            token.checkpoint()
            time.sleep(0.005)
        ended.append("by itself")

    runner.query("q", endless, lambda _none: None)
    assert started.wait(5)
    runner.shutdown()
    assert ended == []


def test_a_query_in_turn_sees_what_was_written_before_it(qtbot: QtBot, runner: TaskRunner) -> None:
    kept: list[int] = []
    go_on = threading.Event()
    got: list[list[int]] = []

    def slow_write() -> None:
        go_on.wait(5)
        kept.append(1)

    runner.write(slow_write)
    runner.query("now", lambda _token: list(kept), got.append)
    runner.query("in turn", lambda _token: list(kept), got.append, in_turn=True)
    qtbot.waitUntil(lambda: len(got) == 1)
    go_on.set()
    qtbot.waitUntil(lambda: len(got) == 2)
    assert got == [[], [1]]


def test_a_query_at_once_waits_for_no_other_query(qtbot: QtBot, runner: TaskRunner) -> None:
    go_on = threading.Event()
    got: list[str] = []
    for lane in "abc":
        runner.query(lane, lambda _token: go_on.wait(10), lambda _done: got.append("slow"))
    runner.query("d", lambda _token: "prompt", got.append, at_once=True)
    qtbot.waitUntil(lambda: bool(got))
    go_on.set()
    qtbot.waitUntil(lambda: len(got) == 4)
    assert got[0] == "prompt"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a thread a rank of its own")
def test_workers_stand_back_behind_the_window_except_for_what_it_waits_for(
    qtbot: QtBot, runner: TaskRunner
) -> None:
    got: dict[str, int] = {}

    def rank() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    runner.query("a", lambda _token: rank(), lambda n: got.update(query=n))
    runner.query("b", lambda _token: rank(), lambda n: got.update(prompt=n), at_once=True)
    runner.write(rank, lambda n: got.update(write=n))
    qtbot.waitUntil(lambda: len(got) == 3)
    assert got == {"query": min(rank() + 5, 19), "prompt": rank(), "write": rank()}


def test_after_the_end_a_write_is_still_made_and_a_question_is_not_asked(runner: TaskRunner) -> None:
    done: list[str] = []
    runner.shutdown()
    runner.write(lambda: done.append("written"))
    token = runner.query("late", lambda _token: done.append("asked"), done.append)
    assert token.cancelled
    assert not runner.busy("late")
    runner.flush()
    runner.shutdown()
    assert done == ["written"]
