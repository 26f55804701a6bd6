"""In the window: a double click, Alt and the wheel, keys and menu, with real events on a real exam."""

from __future__ import annotations

from pathlib import Path

import pytest
from hands import wheel
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from small_exam import SPOTS, column_of, write_exam

from annotator.model.geometry import ImagePoint
from annotator.ui.window.image_menu import ImageMenu

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot, open_window, tmp_path: Path):
    window = open_window()
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=10_000)
    qtbot.waitUntil(lambda: all(v.picture is not None for v in window.grid.shown), timeout=10_000)
    QTest.keyClick(window.grid.active, Qt.Key.Key_F4)
    qtbot.waitUntil(lambda: len(window.grid.shown) == 1 and window.grid.active.picture is not None)
    QTest.keyClick(window.grid.active, Qt.Key.Key_M)
    viewport = window.grid.active
    viewport.one_to_one()
    viewport.center_on(place(viewport, 0))
    return window


def place(viewport, number):
    info = viewport.picture.info
    column, row = SPOTS[number]
    return ImagePoint(column_of(str(info.laterality), column), row)


def at(window, number=0):
    viewport = window.grid.active
    return viewport.widget_position(place(viewport, number)).toPoint()


def marked(window):
    QTest.mouseClick(window.grid.active, LEFT, pos=at(window))
    (mark,) = window.desk.session.reading.marks
    return mark


def test_a_double_click_marks_once_and_says_that_there_is_no_other_spot(window):
    session = window.desk.session
    session.snapping.clock = lambda: 5.0
    mark = marked(window)
    QTest.mouseDClick(window.grid.active, LEFT, pos=at(window))
    QTest.mouseRelease(window.grid.active, LEFT, pos=at(window))
    assert session.reading.marks == (mark,)
    assert window.status.message == "There is no other spot here."
    session.snapping.clock = lambda: 9.0
    QTest.mouseClick(window.grid.active, LEFT, pos=at(window))
    assert session.reading.marks == (mark,)
    assert session.selected_marks == {mark.id}


def test_alt_and_the_wheel_turn_the_outline_and_one_undo_takes_it_back(qtbot, window):
    session, viewport = window.desk.session, window.grid.active
    mark = marked(window)
    before, scale = session.reading, viewport.view.scale
    for _ in range(3):
        wheel(viewport, at(window), -120, keys=ALT)
    assert "outline at " in window.status.message
    assert window.status.hint.text() == window.status.message
    QTest.keyClick(viewport, Qt.Key.Key_Z, CONTROL)
    assert (session.reading, viewport.view.scale) == (before, scale)
    QTest.keyClick(viewport, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert session.reading.mark(mark.id).measurement.diameter_px < mark.measurement.diameter_px


def test_the_keys_turn_it_too_and_escape_leaves_it(window):
    session, viewport = window.desk.session, window.grid.active
    mark = marked(window)
    QTest.keyClick(viewport, Qt.Key.Key_Down, ALT)
    QTest.keyClick(viewport, Qt.Key.Key_Down, ALT)
    assert session.level.shown.diameter_px < mark.measurement.diameter_px
    QTest.keyClick(viewport, Qt.Key.Key_Escape)
    assert session.level.shown is None
    assert session.selected_marks == {mark.id}
    assert session.reading.marks == (mark,)
    QTest.keyClick(viewport, Qt.Key.Key_Up, ALT)
    session.level.settle()
    assert session.reading.mark(mark.id).measurement.diameter_px > mark.measurement.diameter_px


def test_what_needs_one_mark_or_its_image_says_so(window):
    session, viewport = window.desk.session, window.grid.active
    mark = marked(window)
    QTest.keyClick(viewport, Qt.Key.Key_J, ALT)
    assert window.status.message.startswith("Select two marks or more")
    session.select_marks(frozenset())
    assert not window.actions_by_id["outline_wider"].isEnabled()
    session.select_marks(frozenset({mark.id}))
    QTest.keyClick(viewport, Qt.Key.Key_S)
    QTest.qWait(0)
    other = window.grid.active.picture.info.sop_instance_uid
    assert other != mark.image.sop_instance_uid
    window.snapping_commands.turn_outline(1)
    assert "none of the panes" in window.status.message
    assert session.level.shown is None


def test_the_menu_of_one_mark_and_of_several_offers_what_can_be_done_with_them(window):
    session = window.desk.session
    mark = marked(window)
    menu = window.pointing.menu
    assert isinstance(menu, ImageMenu)

    def offered():
        menu.offer(session)
        return {action.objectName() for action in menu.actions()} & {"next_spot", "split_mark", "join_marks"}

    assert offered() == {"next_spot", "split_mark"}
    QTest.mouseClick(window.grid.active, LEFT, pos=at(window, 1))
    session.select_marks(frozenset(m.id for m in session.reading.marks) | {mark.id})
    assert offered() == {"join_marks"}
    QTest.keyClick(window.grid.active, Qt.Key.Key_J, ALT)
    assert [m.id for m in session.reading.marks] == [mark.id]
    QTest.keyClick(window.grid.active, Qt.Key.Key_J, ALT | Qt.KeyboardModifier.ShiftModifier)
    assert len(session.reading.marks) == 2
