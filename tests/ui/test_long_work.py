"""Work that goes on beside the reading: how far it is, what its button stops, and what closing the window would stop."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from small_exam import write_exam
from test_window import hang

from annotator.jobs import Progress
from annotator.ui.commands.exam import ExamCommands
from annotator.ui.desk.exporting import Asked
from annotator.ui.window.long_work import Pace

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

STAYS = "what is there stays"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("seconds", "done", "total", "words"),
    [
        (1, 40, 1500, "40 of 1,500 exams"),
        (10, 300, 1500, "300 of 1,500 exams, 30 a second, 40 s left"),
        (60, 3, 9, "3 of 9 exams, 3 a minute, 2 min left"),
        (3600, 100, 400, "100 of 400 exams, 2 a minute, 3.0 h left"),
        (10, 0, 1500, "0 of 1,500 exams"),
        (10, 0, None, "exams ..."),
        (10, 300, None, "300 exams, 30 a second"),
        (10, 1500, 1500, "1,500 of 1,500 exams, 150 a second, 1 s left"),
    ],
)
def test_a_pace_is_told_when_it_can_be(seconds, done, total, words) -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.words(Progress(0, total), "exams")
    clock.now += seconds
    assert pace.words(Progress(done, total), "exams") == words


def test_what_was_done_before_is_not_part_of_the_pace() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.words(Progress(1000, 1500), "exams")
    clock.now += 10
    assert pace.words(Progress(1100, 1500), "exams") == "1,100 of 1,500 exams, 10 a second, 40 s left"


def test_the_button_stops_what_is_shown_and_nothing_else(open_window) -> None:
    window = open_window()
    stopped: list[str] = []
    backup = window.long_work.add("pages", lambda: stopped.append("backup"))
    copy = window.long_work.add("files copied", lambda: stopped.append("copy"))
    backup(Progress(1, 9))
    copy(Progress(2, 4))
    backup(Progress(3, 9))
    assert window.status.work.text() == "2 of 4 files copied"
    QTest.mouseClick(window.status.stop, Qt.MouseButton.LeftButton)
    assert stopped == ["copy"]
    copy(None)
    assert window.status.work.text() == "3 of 9 pages"
    backup(None)
    assert window.status.work.isHidden()


def test_the_images_stay_where_they_are_when_work_begins(open_window) -> None:
    window = open_window()
    idle = window.status.sizeHint().height()
    window.long_work.add("files", lambda: None)(Progress(1, 2))
    assert window.status.stop.isVisible()
    assert window.status.sizeHint().height() == idle


def at_work(open_window):
    """A window in the middle of long work, its commands, and where the work tells how far it is."""
    window = open_window()
    commands = next(one for one in window.hands if isinstance(one, ExamCommands))
    work = window.long_work.add("exams", lambda: None, STAYS)
    work(Progress(3, 9))
    return window, commands, work


def test_closing_says_once_what_it_would_stop(qtbot, open_window) -> None:
    window, commands, _work = at_work(open_window)
    commands.quit()
    assert window.isVisible()
    assert window.errors.texts == (f"Closing now stops what is under way (3 of 9 exams: {STAYS}).",)
    commands.quit()
    assert not window.isVisible()


def test_the_answer_closes_or_goes_on(qtbot, open_window) -> None:
    window, commands, _work = at_work(open_window)
    commands.quit()
    press(window, "Go on")
    assert window.isVisible()
    assert window.errors.texts == ()
    commands.quit()
    assert window.isVisible(), "who said to go on is asked again"
    press(window, "Stop it and close")
    assert not window.isVisible()


def test_the_question_goes_when_the_work_is_done_and_small_work_asks_nothing(open_window) -> None:
    window, commands, work = at_work(open_window)
    commands.quit()
    work(None)
    assert window.errors.texts == ()
    window.long_work.add("files", lambda: None)(Progress(1, 2))
    commands.quit()
    assert not window.isVisible()


def test_an_export_is_shown_in_the_window_too(qtbot, open_window, tmp_path) -> None:
    window = open_window()
    hang(qtbot, window, write_exam(tmp_path / "exam"))
    exporting = window.exporting_commands.exporting
    shown: list[str] = []
    exporting.progress.connect(lambda _done: shown.append(window.status.work.text()))
    with qtbot.waitSignal(exporting.ended, timeout=30_000):
        exporting.begin(window.desk.session, Asked(("json",), tmp_path, False))
        assert window.status.work.text() == "0 of 1 forms exported"
    assert window.status.work.isHidden()


def press(window, words: str) -> None:
    button = next(one for one in window.errors.findChildren(QPushButton) if one.text() == words)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
