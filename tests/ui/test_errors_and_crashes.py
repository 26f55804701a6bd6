"""Errors in a bar, bugs that keep the reading, and an end without goodbye."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hands import bar_buttons
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from small_exam import write_exam

from annotator.model.edits import add_finding
from annotator.model.history import Act
from annotator.model.opened import UnsavedAct
from annotator.settings import log_dir
from annotator.store.summaries import ReadingSummary
from annotator.ui.faults.bug_reporter import BugReporter
from annotator.ui.faults.crash import native_report
from annotator.ui.faults.error_bar import BarAction, ErrorBar
from annotator.ui.program.goodbye import Goodbye, kept_until
from annotator.ui.program.start import Start

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

LEFT = Qt.MouseButton.LeftButton
no_kill = pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
PLANTED = ("Doe^Jane", "19520131", "1.2.840.99999.7", "/home/doe/mammo")


@pytest.fixture
def bar(qtbot) -> ErrorBar:
    bar = ErrorBar()
    qtbot.addWidget(bar)
    bar.resize(800, 40)
    return bar


def test_several_errors_are_counted_and_gone_through(bar) -> None:
    assert not bar.isVisible()
    bar.show_error("First.")
    bar.show_error("Second.")
    bar.show_error("Second.")
    assert bar.isVisible()
    assert bar.texts == ("First.", "Second.")
    assert bar.words.text() == "Second. (2 times)"
    assert bar.count.text() == "2 of 2"
    QTest.mouseClick(bar.before, LEFT)
    assert bar.words.text() == "First."
    QTest.mouseClick(bar.close_button, LEFT)
    assert bar.texts == ("Second.",)
    assert not bar.count.isVisible()
    QTest.mouseClick(bar.close_button, LEFT)
    assert not bar.isVisible()


def test_an_error_stays_until_it_is_solved_and_a_topic_is_told_once(bar) -> None:
    bar.show_error("Not saved: full.", topic="saving")
    bar.show_error("Not saved: gone.", topic="saving")
    bar.show_error("Other.")
    assert bar.texts == ("Not saved: gone.", "Other.")
    bar.solved("saving")
    assert bar.texts == ("Other.",)


def test_buttons_do_what_they_say_by_keyboard_and_end_the_error_unless_it_goes_on(bar) -> None:
    done = []
    look = BarAction("Look", lambda: done.append("look"), closes=False)
    bar.show_error("Broken.", [look, BarAction("Try again", lambda: done.append("again"))])
    bar.take_focus()
    QTest.keyClick(bar_buttons(bar)[0], Qt.Key.Key_Space)
    assert bar.texts == ("Broken.",)
    QTest.keyClick(bar_buttons(bar)[1], Qt.Key.Key_Space)
    assert done == ["look", "again"]
    assert bar.texts == ()
    assert all(b.focusPolicy() & Qt.FocusPolicy.TabFocus for b in (bar.before, bar.next, bar.close_button))
    assert all(b.accessibleName() for b in (bar.before, bar.next, bar.close_button))


def test_an_error_that_comes_back_while_it_is_tried_again_is_told(bar) -> None:
    bar.show_error("Broken.", [BarAction("Try again", lambda: bar.show_error("Broken."))])
    QTest.mouseClick(bar_buttons(bar)[0], LEFT)
    assert bar.texts == ("Broken.",)


def hung(qtbot, window) -> None:
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=10_000)
    qtbot.waitUntil(lambda: all(v.picture for v in window.grid.shown), timeout=10_000)


def test_the_keyboard_goes_to_the_errors_and_escape_goes_back(qtbot, open_window, tmp_path) -> None:
    window = open_window()
    window.open_paths([write_exam(tmp_path / "exam")])
    hung(qtbot, window)
    window.errors.show_error("Broken.")
    QTest.keyClick(window.grid.active, Qt.Key.Key_F6, Qt.KeyboardModifier.ControlModifier)
    assert window.errors.isAncestorOf(QApplication.focusWidget())
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert window.grid.isAncestorOf(QApplication.focusWidget())


def test_a_save_that_fails_is_told_with_what_can_be_done_and_goes_when_it_is_saved(
    qtbot, open_window, tmp_path, monkeypatch
) -> None:
    from annotator.errors import StoreError

    window = open_window()
    window.open_paths([write_exam(tmp_path / "exam")])
    hung(qtbot, window)
    real = window.desk.workspace.save

    def full(*_args, **_kwargs):
        raise StoreError("the disk is full; make room")

    monkeypatch.setattr(window.desk.workspace, "save", full)
    window.desk.session.new_finding()
    qtbot.waitUntil(lambda: any("the disk is full" in t for t in window.errors.texts), timeout=5000)
    buttons = {b.text(): b for b in bar_buttons(window.errors)}
    assert list(buttons) == ["Try again"]
    (told,) = window.errors.texts
    assert told.startswith("Your reading is kept on this computer until the database is back; 1 act waits")
    assert QApplication.activeModalWidget() is None
    monkeypatch.setattr(window.desk.workspace, "save", real)
    QTest.mouseClick(buttons["Try again"], LEFT)
    qtbot.waitUntil(lambda: window.errors.texts == (), timeout=5000)


@pytest.fixture
def reporter():
    reporter = BugReporter()
    reporter.install()
    yield reporter
    reporter.uninstall()


class Jane(ValueError):
    pass


def a_bug() -> None:
    patient_name = PLANTED[0]
    born = {"PatientBirthDate": PLANTED[1]}
    try:
        raise KeyError(f"{patient_name} {born}")
    except KeyError as error:
        error.add_note(f"while reading {PLANTED[3]}/{patient_name}.dcm")
        raise Jane(f"{PLANTED[2]} of {patient_name} in {PLANTED[3]}") from error


@pytest.mark.qt_no_exception_capture
def test_a_bug_in_a_slot_keeps_the_reading_and_its_report_tells_no_patient(
    qtbot, open_window, tmp_path, reporter, monkeypatch, capsys
) -> None:
    exam = write_exam(tmp_path / PLANTED[0], patient=PLANTED[0], study="1.2.840.99999.7.1")
    window = open_window()
    reporter.watch(window)
    window.open_paths([exam])
    hung(qtbot, window)
    window.actions_by_id["new_finding"].trigger()
    qtbot.waitUntil(lambda: window.desk.session.saved_at is not None, timeout=5000)

    monkeypatch.setattr(window.desk.session, "remove_selected", a_bug)
    window.actions_by_id["delete"].setEnabled(True)
    window.actions_by_id["delete"].trigger()
    assert len(window.errors.texts) == 1
    assert "Your reading is kept: everything up to" in window.errors.texts[0]
    (look,) = bar_buttons(window.errors)
    QTest.mouseClick(look, LEFT)
    page = window.troubles._page
    assert page.isVisible()
    assert QApplication.activeModalWidget() is None
    (file,) = log_dir().glob("crash-*.txt")
    told = page.report.toPlainText()
    assert file.read_text(encoding="utf-8") == told
    everywhere = told + file.name + window.errors.texts[0] + capsys.readouterr().err.replace(str(file), "")
    for secret in (*PLANTED, "Doe", str(tmp_path), str(Path.home())):
        assert secret not in everywhere
    assert "KeyError" in told
    assert "annotator/ui/commands/marking.py" in told
    assert "acts before: new_finding" in told
    QTest.mouseClick(page.copy, LEFT)
    assert QGuiApplication.clipboard().text() == told
    page._save(tmp_path / "report.txt")
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == told
    page._save(tmp_path / "no folder" / "report.txt")
    assert "choose another place" in page.told.text()
    page.close()

    window.actions_by_id["delete"].trigger()
    assert window.errors.words.text().endswith("(2 times)")
    assert len(list(log_dir().glob("crash-*.txt"))) == 1
    window.actions_by_id["new_finding"].trigger()
    assert len(window.desk.session.reading.findings) == 2


@pytest.mark.qt_no_exception_capture
def test_a_bug_whose_report_no_disk_takes_is_told_all_the_same(open_window, reporter, monkeypatch) -> None:
    window = open_window()
    reporter.watch(window)
    monkeypatch.setattr("annotator.ui.faults.crash.log_dir", lambda: Path(os.devnull))
    reporter.report(ValueError("Doe^Jane"))
    assert "No reading was open" in window.errors.texts[0]


def test_only_closing_with_unsaved_acts_and_bringing_annotations_in_ask_in_a_box() -> None:
    ui = Path(__file__).resolve().parents[2] / "annotator" / "ui"
    boxes = [p.name for p in ui.rglob("*.py") if QMessageBox.__name__ in p.read_text(encoding="utf-8")]
    assert sorted(boxes) == ["imports.py", "unsaved_question.py"]


def test_what_a_library_left_behind_names_code_places_only() -> None:
    trace = (
        "Fatal Python error: Segmentation fault\n\n"
        'File "/home/doe/venv/lib/python3.11/site-packages/numpy/core.py", line 7 in dot\n'
        'File "/home/doe/Doe^Jane/script.py", line 9 in <module>\n'
    )
    report = native_report(trace)
    assert "numpy/core.py:7 in dot" in report
    assert "elsewhere:9 in <module>" in report
    assert "doe" not in report.lower()


def kill_a_window(folder: Path) -> None:
    """A process that has arrived in `folder` and is killed before it can say goodbye."""
    script = (
        "import sys, time; from pathlib import Path; from annotator.ui.program.goodbye import Goodbye\n"
        "goodbye = Goodbye(Path(sys.argv[1])); goodbye.arrive(); print('here', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as out:
        assert out.readline() == "here\n"
        beside = Goodbye(folder)
        assert not beside.arrive()
        beside.leave()
        process.send_signal(signal.SIGKILL)
        process.wait(30)


@no_kill
def test_a_window_that_was_killed_is_missed_once_and_one_that_was_closed_is_not(tmp_path: Path) -> None:
    kill_a_window(tmp_path)
    after = Goodbye(tmp_path)
    assert after.arrive()
    after.leave()
    last = Goodbye(tmp_path)
    assert not last.arrive()
    last.leave()
    assert list(tmp_path.iterdir()) == []


@no_kill
def test_the_next_start_says_until_when_everything_is_here(qtbot, open_window, tmp_path) -> None:
    window = open_window()
    window.open_paths([write_exam(tmp_path / "exam")])
    hung(qtbot, window)
    window.desk.session.new_finding()
    window.close()
    kill_a_window(log_dir())
    again = open_window()
    goodbye = Goodbye()
    start = Start(again, again.desk.workspace, again.runner, [], goodbye)
    qtbot.waitUntil(lambda: bool(again.errors.texts), timeout=10_000)
    start.end()
    goodbye.leave()
    assert "closed without saying goodbye" in again.errors.texts[0]
    assert "everything up to" in again.errors.texts[0]
    assert again.errors.texts[0].endswith("is here.")
    assert bar_buttons(again.errors) == []


@no_kill
def test_the_next_start_says_what_waits_here_while_the_database_is_away(
    qtbot, open_window, tmp_path: Path
) -> None:
    window = open_window()
    workspace = window.desk.workspace
    base = workspace.open_reading("2.25.7").reading
    journal = workspace.waiting.begin(base, 0)
    journal.append([UnsavedAct(add_finding(base)[0], Act.EDIT, "New finding", "", datetime.now(UTC))])
    journal.release()
    away = tmp_path / "away"
    away.mkdir()
    for file in tmp_path.glob("r.db*"):
        file.rename(away / file.name)
    kill_a_window(log_dir())
    goodbye = Goodbye()
    start = Start(window, workspace, window.runner, [], goodbye)
    qtbot.waitUntil(lambda: any("goodbye" in text for text in window.errors.texts), timeout=10_000)
    start.end()
    goodbye.leave()
    (told,) = [text for text in window.errors.texts if "goodbye" in text]
    assert told.endswith("the database cannot be reached now, and 1 act waits for it on this computer.")


def summary(reader: str, at: datetime) -> ReadingSummary:
    return ReadingSummary(
        reading_id="r", study_instance_uid="2.25.1", reader=reader, revisions=3, last_at=at, last_label="",
        findings=1, marks=2, assessments=(""), display="", done=False,
    )  # fmt: skip


def test_after_an_end_without_goodbye_the_bar_says_until_when_everything_is_here() -> None:
    now = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
    mine = summary("anna", now.replace(hour=14, minute=5))
    later = summary("ben", now.replace(hour=14, minute=55))
    assert kept_until([mine, later], "anna", now).endswith("everything up to 14:05 is here.")
    yesterday = summary("anna", now.replace(day=3, hour=9, minute=1))
    assert "up to 2026-03-03 09:01" in kept_until([yesterday], "anna", now)
    assert "no reading had been begun" in kept_until([later], "anna", now)
