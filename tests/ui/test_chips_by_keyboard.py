"""Why it hangs like this, asked and corrected without a mouse: F6, Tab and Enter on the chips."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from small_exam import write_exam

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

KEY = Qt.Key


@pytest.fixture
def window(qtbot, open_window, tmp_path):
    """The small exam in four panes with a finding, so that Tab on the images goes from finding to finding."""
    window = open_window()
    window.resize(1300, 800)
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None and window.exam_view.exact, timeout=20_000)
    window.hanging_commands.chips.refresh()
    window.desk.session.new_finding()
    window.grid.active.setFocus()
    return window


@pytest.fixture
def chips(window):
    return window.hanging_commands.chips.chips


def key(pressed, keys=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(QApplication.focusWidget(), pressed, keys)


def test_f6_leads_from_the_images_to_the_answer_of_the_active_pane_and_on(window, chips):
    window.grid.viewports[1].setFocus()
    key(KEY.Key_F6)
    assert QApplication.focusWidget() is chips[1].why
    key(KEY.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is window.grid.viewports[1]
    key(KEY.Key_F6)
    key(KEY.Key_F6)
    assert window.finding_panel.isAncestorOf(QApplication.focusWidget())


def test_tab_goes_from_answer_to_answer_and_the_pane_goes_with_it(window, chips):
    key(KEY.Key_F6)
    came = []
    for _ in range(4):
        came.append(QApplication.focusWidget())
        assert window.grid.active.isAncestorOf(came[-1])
        key(KEY.Key_Tab)
    assert came == [chip.why for chip in chips[:4]]
    assert QApplication.focusWidget() is came[0]
    key(KEY.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is came[3]


def test_tab_on_the_image_still_goes_from_finding_to_finding(window):
    session = window.desk.session
    session.new_finding()
    before = session.current_finding_id
    key(KEY.Key_Tab)
    assert session.current_finding_id != before
    assert window.grid.active.hasFocus()


def test_enter_opens_the_answer_the_arrows_correct_and_the_keyboard_comes_back(window, chips, qtbot):
    key(KEY.Key_F6)
    key(KEY.Key_Return)
    menu = window.hanging_commands.chips.menu
    assert menu.isVisible()
    wanted = next(a for a in menu.actions() if a.text().replace("&", "").startswith("Left breast"))
    while menu.activeAction() is not wanted:
        QTest.keyClick(menu, KEY.Key_Down)
    QTest.keyClick(menu, KEY.Key_Return)
    session = window.desk.session
    assert [choice.laterality.value for choice in session.reading.hanging] == ["L"]
    qtbot.waitUntil(lambda: window.exam_view.exact, timeout=20_000)
    focused = QApplication.focusWidget()
    assert focused is not None
    assert window.grid.holds(focused)
    QTest.keySequence(focused, QKeySequence("Ctrl+Z"))
    assert session.reading.hanging == ()


def test_escape_gives_the_keyboard_back_to_the_image(window, chips):
    key(KEY.Key_F6)
    key(KEY.Key_Escape)
    assert window.grid.active.hasFocus()


def test_an_answer_that_goes_gives_the_keyboard_back_to_the_image(window, chips, qtbot):
    key(KEY.Key_F6)
    key(KEY.Key_O)
    key(KEY.Key_O)
    qtbot.waitUntil(lambda: not chips[0].why.isVisible())
    assert window.grid.active.hasFocus()
    key(KEY.Key_F6)
    assert window.finding_panel.isAncestorOf(QApplication.focusWidget())


def test_the_frame_of_the_pane_says_that_its_keys_act(window, chips, qtbot):
    def frame():
        pane = window.grid.active
        return pane.grab().toImage().pixelColor(0, pane.height() // 3).name()

    blue = frame()
    key(KEY.Key_F6)
    assert QApplication.focusWidget() is chips[0].why
    assert frame() == blue
    key(KEY.Key_F6)
    assert frame() != blue
