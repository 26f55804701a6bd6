"""The history panel: any two acts compared, an old state said again, undone also after the program was left."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from small_exam import write_exam

from annotator.model import edits
from annotator.model.finding import Assessment
from annotator.model.history import Act
from annotator.model.person import Role
from annotator.store.store import Store
from annotator.ui.main_window import MainWindow
from annotator.ui.panels.history import HistoryPanel

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    return write_exam(tmp_path / "exam")


def hang(qtbot, window: MainWindow, exam: Path) -> None:
    window.open_paths([exam])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=20_000)


def three_acts(qtbot, window: MainWindow) -> None:
    session = window.desk.session
    session.new_finding()
    session.describe(session.current_finding_id, "Category", assessment=Assessment.BENIGN)
    session.new_finding()
    window.show_panel("history")
    qtbot.waitUntil(lambda: window.history.last == 3, timeout=10_000)


def choose(panel: HistoryPanel, *numbers: int) -> None:
    panel.list.clearSelection()
    for number in numbers:
        item = panel.list.item(panel.last - number)
        item.setSelected(True)
        panel.list.scrollToItem(item)


def told(panel: HistoryPanel) -> list[str]:
    return [panel.differences.item(i).text() for i in range(panel.differences.count())]


def test_two_acts_are_compared_and_one_with_now(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    panel = window.history
    assert not panel.compare_button.isEnabled()
    assert not panel.restore_button.isEnabled()
    three_acts(qtbot, window)
    choose(panel, 1)
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    qtbot.waitUntil(panel.differences.isVisible, timeout=10_000)
    assert panel.heading.text() == "From act 1 to now:"
    assert told(panel) == ["set the assessment of F1 to 2 (Benign)", "began F2"]
    choose(panel, 1, 2)
    assert not panel.restore_button.isEnabled()
    QTest.mouseClick(panel.compare_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.heading.text() == "From act 1 to act 2:", timeout=10_000)
    assert told(panel) == ["set the assessment of F1 to 2 (Benign)"]
    panel.differences.setFocus()
    QTest.keyClick(panel.differences, Qt.Key.Key_Escape)
    assert panel.differences.isHidden()
    # the newest act is what the reading says now
    choose(panel, 3)
    assert not panel.compare_button.isEnabled()
    assert not panel.restore_button.isEnabled()


def test_an_act_is_said_again_by_key_and_taken_back_after_the_program_was_left(
    qtbot, open_window, exam
) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    three_acts(qtbot, window)
    panel, session = window.history, window.desk.session
    before = session.reading
    choose(panel, 1)
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: panel.last == 4, timeout=10_000)
    restored = session.reading
    assert [f.assessment for f in restored.findings] == [None]
    assert "restored revision 1: cleared the assessment of F1; removed F2" in panel.list.item(0).text()
    # what was chosen stays chosen although the list is told anew
    assert panel.chosen == (1,)
    assert window.close()

    again = open_window()
    hang(qtbot, again, exam)
    session = again.desk.session
    assert session.reading == restored
    assert session.undo_stack.undoText() == "Restore revision 1"
    session.undo_stack.undo()
    assert session.reading == before
    session.undo_stack.undo()
    assert len(session.reading.findings) == 1
    session.undo_stack.redo()
    assert session.reading == before


def test_what_is_said_already_is_not_said_again(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    three_acts(qtbot, window)
    panel, session = window.history, window.desk.session
    session.undo_stack.undo()
    qtbot.waitUntil(lambda: panel.last == 4, timeout=10_000)
    choose(panel, 2)
    QTest.mouseClick(panel.restore_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "says what it said" in window.status.message, timeout=10_000)
    assert session.unsaved_acts == 0
    assert panel.last == 4


def test_a_signed_reading_says_that_it_is_closed(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    three_acts(qtbot, window)
    session = window.desk.session
    signature = session.workspace.signature(session.reading, session.exam)
    session.seal(edits.sign(session.reading, signature), Act.SIGN, "Sign version 1")
    qtbot.waitUntil(lambda: window.history.last == 4, timeout=10_000)
    choose(window.history, 1)
    QTest.mouseClick(window.history.restore_button, Qt.MouseButton.LeftButton)
    assert "is signed" in window.status.message
    assert session.unsaved_acts == 0
    assert len(session.reading.findings) == 2


def test_the_reader_goes_by_the_name_that_people_read(qtbot, open_window, exam, tmp_path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'r.db'}")
    store.add_person("anna", "Dr. Anna Berg", Role.SECOND_READER)
    store.close()
    window = open_window()
    assert window.status.reader.text() == "reader anna"
    hang(qtbot, window, exam)
    qtbot.waitUntil(lambda: window.status.reader.text() == "reader Dr. Anna Berg", timeout=10_000)
    window.desk.session.new_finding()
    assert window.desk.session.reading.reader == "anna"
