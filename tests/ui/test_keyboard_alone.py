"""Everything by keyboard: each act by its key or by the search box, each field by F6 and Tab, and seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from annotator.ui.actions import ACTIONS, CHORDS, MENUS, why_not_a_key
from annotator.ui.commands.moving import takes_keyboard
from annotator.ui.main_window import MainWindow

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


@pytest.fixture
def window(qtbot, open_window, sample_dicoms: Path) -> MainWindow:
    """The sample exam with a finding and every panel in sight."""
    window = open_window()
    window.resize(1600, 1000)
    window.open_paths([sample_dicoms])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=20000)
    qtbot.waitUntil(lambda: not window.exam_view.loading, timeout=20000)
    for name in ("worklist", "thumbnails", "findings", "history", "problems"):
        window.show_panel(name)
    window.desk.session.new_finding()
    window.grid.active.setFocus()
    qtbot.waitUntil(window.grid.active.hasFocus)
    return window


def listen(window: MainWindow) -> list[str]:
    """Let acts be written down in place of being done, so that each can be tried on the same window."""
    done: list[str] = []
    for act, action in window.actions_by_id.items():
        action.triggered.disconnect()
        action.triggered.connect(lambda _=False, act=act: done.append(act))
        action.setEnabled(True)
    return done


def rows_of(menu: QMenu) -> list[QAction]:
    """The rows of a menu and of its submenus."""
    rows = []
    for action in menu.actions():
        rows += rows_of(action.menu()) if isinstance(action.menu(), QMenu) else [action]
    return rows


def test_no_menu_is_a_long_list(window: MainWindow) -> None:
    for menu in window.menu.findChildren(QMenu):
        run = 0
        for action in menu.actions():
            run = 0 if action.isSeparator() else run + 1
            assert run <= (10 if menu.title() == "Window" else 7), menu.title()
        assert not menu.actions()[0].isSeparator()
        assert not menu.actions()[-1].isSeparator()


def test_every_act_has_a_place_in_the_menu_words_and_a_key_or_a_reason(window: MainWindow) -> None:
    menus = {action.text(): action.menu() for action in window.menu.actions()}
    assert list(menus) == [title for title in MENUS if any(spec.menu == title for spec in ACTIONS)]
    for spec in ACTIONS:
        action = window.actions_by_id[spec.id]
        assert action in rows_of(menus[spec.menu]), spec.id
        assert action.toolTip().startswith(spec.tooltip), spec.id
        assert bool(spec.shortcuts) != bool(spec.no_key), spec.id
        assert all(why_not_a_key(key) == "" for key in spec.shortcuts if key != "Esc"), spec.id


def test_every_act_is_done_by_each_of_its_keys(window: MainWindow) -> None:
    done = listen(window)
    wrong = []
    for spec in ACTIONS:
        for key in spec.shortcuts:
            done.clear()
            QTest.keySequence(window.grid.active, QKeySequence(key))
            if done != [spec.id]:
                wrong.append((spec.id, key, tuple(done)))
    assert wrong == []


def test_every_act_is_done_from_the_search_box(window: MainWindow) -> None:
    done = listen(window)
    search = window.key_commands.search
    window.actions_by_id["search_commands"].triggered.connect(window.key_commands.search_commands)
    wrong = []
    for spec in ACTIONS:
        if spec.id == "search_commands":
            continue
        QTest.keySequence(QApplication.focusWidget(), QKeySequence("Ctrl+K"))
        done.clear()
        name = window.actions_by_id[spec.id].text().rstrip(".")
        QTest.keyClicks(search.line, name)
        # of two that are called alike the arrow keys choose
        titles = [search.list.item(i).text() for i in range(search.list.count())]
        at = next((i for i, text in enumerate(titles) if text.startswith(f"{name}, {spec.menu}")), 0)
        for _ in range(at):
            QTest.keyClick(search.line, KEY.Key_Down)
        QTest.keyClick(search.line, KEY.Key_Return)
        if done != [spec.id]:
            wrong.append((spec.id, tuple(done), titles[:3]))
            search.close_search()
        if not window.grid.active.hasFocus():
            wrong.append((spec.id, "the keyboard did not come back"))
    assert wrong == []


def test_every_word_of_a_chord_is_found_by_name(window: MainWindow) -> None:
    lexicon = window.desk.workspace.lexicon
    titles = {(entry.place, entry.title) for entry in window.key_commands.entries()}
    assert {(chord.title, c.word(lexicon)) for chord in CHORDS for c in chord.choices} <= titles


def test_a_descriptor_is_said_by_its_name(window: MainWindow) -> None:
    QTest.keySequence(window.grid.active, QKeySequence("Ctrl+K"))
    search = window.key_commands.search
    QTest.keyClicks(search.line, "fine pleo")
    QTest.keyClick(search.line, KEY.Key_Return)
    assert [m.value for m in window.desk.session.current_finding.morphology]
    assert search.isHidden()
    assert window.grid.active.hasFocus()


def test_what_cannot_be_done_says_why_and_is_not_done(window: MainWindow) -> None:
    QTest.keySequence(window.grid.active, QKeySequence("Ctrl+K"))
    search = window.key_commands.search
    QTest.keyClicks(search.line, "cine faster")
    assert search.note.text() == "Not now: no tomosynthesis stack is shown."
    QTest.keyClick(search.line, KEY.Key_Return)
    assert search.isVisible()
    QTest.keyClick(search.line, KEY.Key_Escape)
    assert search.isHidden()
    assert window.grid.active.hasFocus()


def test_what_was_found_last_comes_first_the_next_time(window: MainWindow) -> None:
    search = window.key_commands.search
    for typed in ("invert", "history"):
        QTest.keySequence(window.grid.active, QKeySequence("Ctrl+K"))
        QTest.keyClicks(search.line, typed)
        QTest.keyClick(search.line, KEY.Key_Return)
    QTest.keySequence(window.grid.active, QKeySequence("Ctrl+K"))
    assert [search.list.item(i).text().split(",")[0] for i in range(2)] == ["History", "Invert"]


def test_single_letters_are_silent_in_fields_and_work_again_on_the_image(window: MainWindow) -> None:
    done = listen(window)
    for field in (window.worklist.filter, window.finding_panel.comment):
        field.setFocus()
        letters = "miqg3?"
        QTest.keyClicks(field, letters)
        assert done == []
        text = field.text() if hasattr(field, "text") else field.toPlainText()
        assert letters in text
    window.grid.active.setFocus()
    QTest.keyClick(window.grid.active, KEY.Key_I)
    assert done == ["invert"]


def test_what_other_programs_call_an_act_finds_it_and_is_not_said(window: MainWindow) -> None:
    QTest.keySequence(window.grid.active, QKeySequence("Ctrl+K"))
    search = window.key_commands.search
    QTest.keyClicks(search.line, "CAD detection")
    assert search.list.currentItem().text().startswith("Candidates")
    assert search.note.text() == "Show or hide the candidates for labelling"


def test_the_search_box_opens_from_a_field_and_gives_the_keyboard_back_to_it(window: MainWindow) -> None:
    window.worklist.filter.setFocus()
    QTest.keySequence(window.worklist.filter, QKeySequence("Ctrl+K"))
    assert window.key_commands.search.isVisible()
    QTest.keyClick(window.key_commands.search.line, KEY.Key_Escape)
    assert window.worklist.filter.hasFocus()


def wanted(window: MainWindow) -> set[QWidget]:
    return {w for w in window.findChildren(QWidget) if takes_keyboard(w) and w.window() is window}


def in_images(window: MainWindow, start: QWidget) -> list[QWidget]:
    """The panes, by their own keys: Tab goes from finding to finding there."""
    found = [start]
    while True:
        QTest.keyClick(found[-1], KEY.Key_Tab, Qt.KeyboardModifier.ControlModifier)
        if (focused := QApplication.focusWidget()) in found:
            return found
        found.append(focused)


def walked(window: MainWindow) -> list[QWidget]:
    """What the keyboard comes to: F6 from part to part, and in each Tab forwards and backwards."""
    parts: list[QWidget] = []
    while (focused := QApplication.focusWidget()) not in parts:
        parts.append(focused)
        QTest.keyClick(focused, KEY.Key_F6)
        assert len(parts) < 30, "F6 does not come round"
    found: list[QWidget] = []
    for part in parts:
        if part in window.grid.viewports:
            found.extend(in_images(window, part))
            continue
        for keys in (Qt.KeyboardModifier.NoModifier, SHIFT):
            part.setFocus()
            here = QApplication.focusWidget()
            seen: set[QWidget] = set()
            while here is not None and here not in seen:
                seen.add(here)
                QTest.keyClick(here, KEY.Key_Tab if not keys else KEY.Key_Backtab, keys)
                here = QApplication.focusWidget()
            found.extend(seen)
    return found


def test_the_keyboard_comes_to_every_field_and_is_never_caught(window: MainWindow) -> None:
    missed = wanted(window) - set(walked(window))
    assert sorted(w.accessibleName() or w.toolTip() or type(w).__name__ for w in missed) == []


def test_f6_goes_through_the_parts_and_shift_f6_back(window: MainWindow) -> None:
    forth, back = [], []
    for places, keys in ((forth, Qt.KeyboardModifier.NoModifier), (back, SHIFT)):
        window.grid.active.setFocus()
        while (focused := QApplication.focusWidget()) not in places:
            places.append(focused)
            QTest.keyClick(focused, KEY.Key_F6, keys)
    assert forth[0] is window.grid.active
    assert back == [forth[0], *forth[:0:-1]]


def test_where_the_keyboard_is_can_be_seen(window: MainWindow, qtbot) -> None:
    unseen = []
    for widget in wanted(window):
        window.setFocus()
        before = _picture(window, widget)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        if not widget.hasFocus():
            continue
        if _picture(window, widget) == before:
            unseen.append(widget.accessibleName() or widget.objectName() or type(widget).__name__)
    assert unseen == []


def _picture(window: MainWindow, widget: QWidget) -> object:
    QApplication.processEvents()
    rect = widget.rect().translated(widget.mapTo(window, QPoint(0, 0))).adjusted(-3, -3, 3, 3)
    return window.grab(rect).toImage()
