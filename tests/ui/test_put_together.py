"""Two windows on one reading: the second is told, keeps what it has, and both become one; a server that stops."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from small_exam import SPOTS, column_of, write_exam

from annotator.bootstrap import make_workspace
from annotator.model import edits
from annotator.model.finding import Assessment, Quadrant
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.settings import load_settings
from annotator.store.backup import back_up
from annotator.ui.desk import saving
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.signing import SignState
from annotator.ui.main_window import MainWindow

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))
from postgresql_server import NoServer, server

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    return write_exam(tmp_path / "exam")


def hang(qtbot, window: MainWindow, *folders: Path) -> None:
    window.open_paths(folders)
    qtbot.waitUntil(
        lambda: window.desk.session is not None and all(v.picture for v in window.grid.viewports[:4]),
        timeout=30_000,
    )


def click(window: MainWindow, spot: int) -> None:
    """A click on a spot of the first pane, as a hand makes it."""
    viewport = window.grid.viewports[0]
    column, row = SPOTS[spot]
    side = viewport.picture.info.laterality.value
    place = viewport.widget_position(ImagePoint(column_of(side, column), row))
    QTest.mouseClick(
        viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPointF(place).toPoint()
    )


def until(qtbot, window: MainWindow, state: SaveState) -> None:
    qtbot.waitUntil(lambda: window.desk.session.save_state is state, timeout=20_000)


def button(window: MainWindow, text: str) -> QPushButton:
    return next(b for b in window.errors.findChildren(QPushButton) if b.text() == text and b.isVisible())


def diverged(qtbot, open_window, exam: Path) -> tuple[MainWindow, MainWindow]:
    """Two windows that both marked the same reading; the second was told."""
    first, second = open_window(), open_window()
    for window in (first, second):
        hang(qtbot, window, exam)
    click(first, 0)
    until(qtbot, first, SaveState.SAVED)
    click(second, 1)
    until(qtbot, second, SaveState.KEPT)
    qtbot.waitUntil(lambda: any("Another window or program" in t for t in second.errors.texts))
    return first, second


def test_the_second_window_is_told_at_once_and_both_become_one(qtbot, open_window, exam) -> None:
    first, second = diverged(qtbot, open_window, exam)
    here = first.desk.session.reading
    assert len(second.desk.session.reading.marks) == 1
    QTest.mouseClick(button(second, "Put together..."), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(second.desk.session.reading.marks) == 2, timeout=10_000)
    until(qtbot, second, SaveState.SAVED)
    assert second.errors.texts == ()
    assert not second.docks.is_shown("merge")
    revisions = second.desk.session.revisions()
    assert [r.act for r in revisions] == [Act.EDIT, Act.MERGE]
    # the merge is one act, with an undo of its own
    second.desk.session.undo_stack.undo()
    assert second.desk.session.reading == here
    second.desk.session.undo_stack.redo()
    assert second.desk.session.flush()
    # the first window finds out when it comes to the front
    first.desk.look_again()
    qtbot.waitUntil(lambda: first.desk.session.reading == second.desk.session.reading, timeout=10_000)
    assert "went on with this reading" in first.status.message


def test_contradictions_stand_side_by_side_and_are_chosen_by_key(qtbot, open_window, exam) -> None:
    first, second = open_window(), open_window()
    hang(qtbot, first, exam)
    click(first, 0)
    until(qtbot, first, SaveState.SAVED)
    hang(qtbot, second, exam)
    finding = first.desk.session.reading.findings[0].id
    first.desk.session.describe(finding, "Category", assessment=Assessment.BENIGN)
    first.desk.session.describe(finding, "Quadrant", quadrant=Quadrant.CENTRAL)
    until(qtbot, first, SaveState.SAVED)
    second.desk.session.describe(finding, "Category", assessment=Assessment.LOW_SUSPICION)
    second.desk.session.describe(finding, "Quadrant", quadrant=Quadrant.UPPER_OUTER)
    click(second, 1)
    until(qtbot, second, SaveState.KEPT)
    QTest.keyClick(second, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: second.docks.is_shown("merge"), timeout=10_000)
    table = second.merge_panel.table
    assert QApplication.activeModalWidget() is None
    rows = [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount())]
    assert rows[0][0] == rows[1][0] == "F1"
    (quadrant,) = (at for at, row in enumerate(rows) if "quadrant" in row[1])
    assert rows[1 - quadrant][1].startswith("set the assessment of F1 to 4A")
    assert rows[1 - quadrant][2].startswith("set the assessment of F1 to 2")
    # what was saved stands until it is chosen otherwise
    for _ in range(quadrant):
        QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_M)
    QTest.keyClick(table, Qt.Key.Key_Return)
    until(qtbot, second, SaveState.SAVED)
    (both,) = second.desk.session.reading.findings
    assert (both.assessment, both.quadrant) == (Assessment.BENIGN, Quadrant.UPPER_OUTER)
    assert len(second.desk.session.reading.marks) == 2
    assert not second.docks.is_shown("merge")


def test_what_was_signed_meanwhile_is_amended_with_what_was_said_here(qtbot, open_window, exam) -> None:
    first, second = diverged(qtbot, open_window, exam)
    first.signing_commands.signing.sign()
    qtbot.waitUntil(lambda: first.signing_commands.signing.state is SignState.SIGNED, timeout=10_000)
    second.merging_commands.put_together()
    qtbot.waitUntil(lambda: second.docks.is_shown("merge"), timeout=10_000)
    panel = second.merge_panel
    assert "Version 1 was signed elsewhere" in panel.hint.text()
    panel.reason.clear()
    assert not panel.together.isEnabled()
    QTest.keyClicks(panel.reason, "seen at another desk")
    QTest.keyClick(panel.reason, Qt.Key.Key_Return)
    until(qtbot, second, SaveState.SAVED)
    session = second.desk.session
    assert session.reading.amending == "seen at another desk"
    assert len(session.reading.marks) == 2
    assert [r.act for r in session.revisions()] == [Act.EDIT, Act.SIGN, Act.AMEND, Act.MERGE]


@pytest.mark.parametrize("went_on", [False, True], ids=["as it was", "and read on in"])
def test_an_older_state_put_in_place_of_the_database_takes_no_mark_away(
    qtbot, open_window, tmp_path, exam, went_on
) -> None:
    file, older = tmp_path / "r.db", tmp_path / "older.db"
    window = open_window()
    hang(qtbot, window, exam)
    click(window, 0)
    until(qtbot, window, SaveState.SAVED)
    back_up(f"sqlite:///{file}", older)
    click(window, 1)
    until(qtbot, window, SaveState.SAVED)
    if went_on:
        other = make_workspace(load_settings(overrides={"database": f"sqlite:///{older}", "reader": "anna"}))
        theirs = other.open_reading("2.25.1").reading
        other.save(edits.add_finding(theirs)[0], based_on=1, act=Act.EDIT, label="Begin F2")
        other.close()
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    older.replace(file)
    click(window, 2)
    until(qtbot, window, SaveState.KEPT)
    (told,) = window.errors.texts
    assert told.startswith("The database was put back to an older state")
    assert "your 1 act is kept on this computer" in told
    QTest.mouseClick(button(window, "Put together..."), Qt.MouseButton.LeftButton)
    until(qtbot, window, SaveState.SAVED)
    beside = make_workspace(window.desk.workspace.settings)
    reading = beside.open_reading("2.25.1").reading
    beside.close()
    assert reading == window.desk.session.reading
    assert len(reading.marks) == 3
    assert len(reading.findings) == 1 + went_on


def test_later_leaves_both_and_the_exam_can_be_left(qtbot, open_window, tmp_path, exam) -> None:
    """What is left merges by itself when it contradicts nothing: the mark is there when the exam is opened again."""
    other = write_exam(tmp_path / "other", patient="SMALL-2", study="2.25.3")
    _, second = diverged(qtbot, open_window, exam)
    second.open_paths([other])
    qtbot.waitUntil(lambda: second.desk.exam.study_instance_uid == "2.25.3", timeout=20_000)
    beside = make_workspace(second.desk.workspace.settings)
    qtbot.waitUntil(lambda: len(beside.open_reading("2.25.1").reading.marks) == 2, timeout=20_000)
    beside.close()


def test_a_server_that_stops_in_the_middle_of_marking(
    qtbot, open_window, exam, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(saving, "RETRY_S", (0.3,))
    other = write_exam(tmp_path / "other", patient="SMALL-2", study="2.25.3")
    try:
        with server() as running:
            url = running.new_database()
            window = open_window(database=url, reader="tests")
            hang(qtbot, window, exam)
            click(window, 0)
            until(qtbot, window, SaveState.SAVED)
            running.stop()
            click(window, 1)
            click(window, 2)
            until(qtbot, window, SaveState.KEPT)
            (told,) = window.errors.texts
            assert told.startswith(
                "Your reading is kept on this computer until the database is back; 2 acts wait"
            )
            assert window.strip.saved.text() == "kept on this computer, 2 acts"
            assert len(window.desk.session.reading.marks) == 3
            # to another exam and on with it, while the server is still away
            window.open_paths([other])
            qtbot.waitUntil(lambda: window.desk.exam.study_instance_uid == "2.25.3", timeout=30_000)
            qtbot.waitUntil(lambda: window.desk.session is not None, timeout=30_000)
            assert window.desk.session.unseen
            window.desk.session.new_finding()
            until(qtbot, window, SaveState.KEPT)
            running.start()
            until(qtbot, window, SaveState.SAVED)
            qtbot.waitUntil(lambda: window.desk.arrivals.waiting == 0, timeout=20_000)
            qtbot.waitUntil(lambda: window.errors.texts == (), timeout=20_000)
            beside = make_workspace(window.desk.workspace.settings)
            assert len(beside.open_reading("2.25.1").reading.marks) == 3
            assert len(beside.open_reading("2.25.3").reading.findings) == 1
            beside.close()
            assert window.close()
            window.runner.shutdown()
            window.desk.workspace.close()
    except NoServer as why:
        pytest.skip(str(why))
