"""The menu of windows speaks the words of the file; the line at the bottom says which is in force."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from small_exam import write_exam

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def window(qtbot, open_window, tmp_path):
    window = open_window()
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None and window.exam_view.exact, timeout=20_000)
    window.grid.active.setFocus()
    return window


def offered(window):
    """Texts and ticks of the menu as it opens."""
    menus = [row.menu() for row in window.menu.actions() if isinstance(row.menu(), QMenu)]
    menu = next(m for m in menus if m.title() == "Window")
    menu.aboutToShow.emit()
    return [(action.text(), action.isChecked()) for action in menu.actions()]


def test_it_lists_the_files_own_names_and_no_more(qtbot, window):
    names = [text for text, _ in offered(window)]
    assert names == ["Normal", "Harder", "chosen from the histogram", "all values"]
    # as often as it opens
    assert [text for text, _ in offered(window)] == names


def test_the_one_in_force_has_the_tick_and_is_named_at_the_bottom(qtbot, window):
    assert dict(offered(window))["Normal"]
    for key, name in ((Qt.Key.Key_1, "Harder"), (Qt.Key.Key_2, "chosen from the histogram"),
                      (Qt.Key.Key_3, "all values"), (Qt.Key.Key_0, "Normal")):  # fmt: skip
        QTest.keyClick(window.grid.active, key)
        ticked = [text for text, ticked in offered(window) if ticked]
        assert ticked == [name]
        qtbot.waitUntil(lambda wanted=name: wanted in window.status.view.text())


def test_a_window_dragged_by_hand_has_no_tick_and_says_so(qtbot, window):
    from annotator.imaging.grayscale import dragged_window

    viewport = window.grid.active
    viewport.set_voi(dragged_window(viewport.voi, 30, 10))
    assert not any(ticked for _, ticked in offered(window))
    qtbot.waitUntil(lambda: "set by hand" in window.status.view.text())
