"""Batches: everything is done once, what fails is named, and they end when they are told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from annotator.batch import Outcome, in_order, outcomes, usable_jobs
from annotator.errors import AnnotatorError
from annotator.jobs import Cancelled, CancelToken
from tests.started_group import started_group


class Unwilling(AnnotatorError):
    """What an item that cannot be done says."""


def doubled(number: int) -> tuple[int, int]:
    if number == 3:
        raise Unwilling("three is not done")
    if number == 5:
        os._exit(9)
    if number == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number, os.getpid()


def slow(folder: str) -> int:
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)
    return 0


def threads(_: int) -> int:
    import cv2

    return cv2.getNumThreads()


def test_each_process_keeps_to_one_core_and_this_one_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENCV_FOR_THREADS_NUM", raising=False)
    before = dict(os.environ)
    assert [one.result for one in outcomes(threads, [0, 1], jobs=2)] == [1, 1]
    assert dict(os.environ) == before


def test_every_item_is_done_once_in_processes_of_their_own() -> None:
    done = list(in_order(outcomes(doubled, [0, 1, 2, 7, 8, 9], jobs=2)))
    assert [one.number for one in done] == list(range(6))
    assert all(one.fault is None for one in done)
    results = [one.result for one in done if one.result is not None]
    assert [value for value, _ in results] == [0, 2, 4, 14, 16, 18]
    processes = {process for _, process in results}
    assert len(processes) <= 2
    assert os.getpid() not in processes


def test_one_job_needs_no_other_process() -> None:
    assert [one.result for one in outcomes(doubled, [1, 2], jobs=1)] == [(2, os.getpid()), (4, os.getpid())]
    assert [one.result for one in outcomes(doubled, [4], jobs=8)] == [(8, os.getpid())]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fault_of_one_item_is_told_and_the_others_are_done(jobs: int) -> None:
    done = list(in_order(outcomes(doubled, [2, 3, 4], jobs=jobs)))
    assert [one.fault for one in done] == [None, "three is not done", None]
    assert [one.result and one.result[0] for one in done] == [4, None, 8]


def test_a_process_that_falls_over_takes_one_item_with_it() -> None:
    done = list(in_order(outcomes(doubled, [0, 5, 6, 1, 2], jobs=2)))
    assert [one.result and one.result[0] for one in done] == [0, None, None, 2, 4]
    assert "exit status 9" in (done[1].fault or "")
    assert "signal 9" in (done[2].fault or "")


def test_closing_it_ends_the_processes(tmp_path: Path) -> None:
    token = CancelToken(lambda _: len(list(tmp_path.iterdir())) == 2 and token.cancel())
    with pytest.raises(Cancelled):
        list(outcomes(slow, [str(tmp_path)] * 3, jobs=2, token=token))
    workers = [int(path.name) for path in tmp_path.iterdir()]
    assert len(workers) == 2
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


def started_batch(folder: Path) -> subprocess.Popen[bytes]:
    """A program of its own with a batch of two processes, which have begun to work."""
    program = (
        "import sys; sys.path[:0] = ['.', 'tests/unit']\n"
        "from annotator.batch import outcomes\n"
        "from test_batch import slow\n"
        "if __name__ == '__main__':\n"
        f"    try: list(outcomes(slow, [{str(folder)!r}] * 4, jobs=2))\n"
        "    except KeyboardInterrupt: sys.exit(130)\n"
    )
    script = folder.parent / "batch.py"
    script.write_text(program, encoding="utf-8")
    started = started_group(
        [sys.executable, str(script)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": f"{Path(__file__).parents[2]}{os.pathsep}{Path(__file__).parent}"},
    )
    while len(list(folder.iterdir())) < 2 and started.poll() is None:
        time.sleep(0.05)
    return started


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl+C is no signal that a test could send")
def test_an_interrupt_leaves_no_process_and_no_word(tmp_path: Path) -> None:
    """As in a terminal: the signal goes to the whole group, the processes of the batch too."""
    started = started_batch(tmp_path)
    os.killpg(started.pid, signal.SIGINT)
    _, said = started.communicate()
    assert (started.returncode, said) == (130, b"")
    for worker in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(worker.name), 0)


def test_who_is_killed_leaves_no_process_that_works_on(tmp_path: Path) -> None:
    """Nor a word: standard error ends when the last process that holds it does."""
    started = started_batch(tmp_path)
    started.kill()
    _, said = started.communicate(timeout=30)
    assert said == b""
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_ready_early_waits_for_its_place() -> None:
    ready = iter([Outcome(2, "c"), Outcome(0, "a"), Outcome(1, "b")])
    assert [one.result for one in in_order(ready)] == ["a", "b", "c"]


def test_as_many_jobs_as_memory_holds_and_at_least_one() -> None:
    assert usable_jobs(1) >= 1
    assert usable_jobs(1 << 60) == 1
