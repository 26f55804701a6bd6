"""Marking, outlining and shifting without a mouse: the cross, by real keys in the whole window."""

from __future__ import annotations

import pytest
from hands import click, move
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from small_exam import SPOTS, column_of, write_exam

from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def window(qtbot, open_window, tmp_path):
    """The small exam; the keyboard is on its first pane, the tool marks microcalcifications."""
    window = open_window()
    window.resize(1300, 800)
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None and window.exam_view.exact, timeout=20_000)
    window.grid.active.setFocus()
    return window


@pytest.fixture
def pane(window):
    return window.grid.active


@pytest.fixture
def cross(window):
    return window.cross_commands.cross


def keys(window, *sequences):
    for sequence in sequences:
        QTest.keySequence(window.grid.active, QKeySequence(sequence))


def spot(pane, number=0):
    column, row = SPOTS[number]
    return ImagePoint(column_of(pane.picture.info.laterality.value, column), row)


def walk_to(window, cross, point):
    """By the arrow keys alone, far steps first."""
    pane = cross.viewport
    for held in ("Ctrl+Shift", "Shift"):
        for _ in range(400):
            x, y = pane.view.to_screen(point)
            at_x, at_y = pane.view.to_screen(cross.point)
            step = max(4.0 * pane.ratio, pane.view.scale) * (10 if held == "Ctrl+Shift" else 1)
            if abs(x - at_x) > step * 0.6:
                keys(window, f"{held}+{'Right' if x > at_x else 'Left'}")
            elif abs(y - at_y) > step * 0.6:
                keys(window, f"{held}+{'Down' if y > at_y else 'Up'}")
            else:
                break


def test_the_first_key_brings_the_cross_and_does_nothing_else(window, pane, cross):
    assert cross.viewport is None
    keys(window, "P")
    assert cross.isVisible()
    assert cross.parentWidget() is pane
    width, height = pane.device_size()
    assert pane.view.to_screen(cross.point) == pytest.approx((width / 2, height / 2), abs=2 * pane.ratio)
    assert window.desk.session.reading.marks == ()
    assert "Shift+P draws" in window.status.message


def test_it_appears_where_the_pointer_is(window, pane, cross):
    at = pane.widget_position(spot(pane))
    move(pane, at, held=Qt.MouseButton.NoButton)
    keys(window, "Shift+Right")
    assert cross.point == spot(pane)


def test_a_mark_made_by_keys_is_the_mark_that_a_click_makes(window, pane, cross):
    keys(window, "Shift+Left")
    walk_to(window, cross, spot(pane))
    keys(window, "P")
    (by_keys,) = window.desk.session.reading.marks
    at = pane.widget_position(cross.point)
    window.desk.session.undo_stack.undo()
    assert window.desk.session.reading.marks == ()
    click(pane, at)
    (by_hand,) = window.desk.session.reading.marks
    assert by_keys.measurement == by_hand.measurement
    assert by_keys.measurement is not None
    assert (by_keys.point, by_keys.kind, by_keys.image) == (by_hand.point, MarkKind.MICRO, by_hand.image)
    assert abs(by_keys.point.column - spot(pane).column) < 1


def test_the_tool_in_hand_is_the_one_that_marks_and_alt_insists(window, pane, cross):
    keys(window, "Shift+M", "Shift+Left")
    assert cross.viewport is pane
    for _ in range(40):
        keys(window, "Ctrl+Shift+Up")
    keys(window, "Ins")
    assert window.desk.session.reading.marks == ()
    assert "Alt+click" in window.status.message
    keys(window, "Alt+P")
    (mark,) = window.desk.session.reading.marks
    assert mark.kind is MarkKind.MACRO
    assert mark.point.row == pytest.approx(0.5)


def test_small_and_large_steps_go_the_way_of_the_arrow_on_the_screen(window, pane, cross):
    keys(window, "Z", "Shift+Left")
    pixel = max(1.0, pane.view.scale)
    for arrow, way in (("Right", (1, 0)), ("Down", (0, 1)), ("Left", (-1, 0)), ("Up", (0, -1))):
        for held, length in (("Shift", 4 * pane.ratio), ("Ctrl+Shift", 40 * pane.ratio)):
            before = pane.widget_position(cross.point)
            keys(window, f"{held}+{arrow}")
            went = (pane.widget_position(cross.point) - before) * pane.ratio
            assert (went.x(), went.y()) == pytest.approx((way[0] * length, way[1] * length), abs=pixel)


def test_the_picture_follows_so_that_the_cross_stays_in_sight(window, pane, cross):
    keys(window, "Z", *["+"] * 6, "Shift+Left")
    assert pane.view.scale > 3
    info = pane.picture.info
    for arrow in ("Right", "Down", "Left", "Up"):
        for _ in range(80):
            keys(window, f"Ctrl+Shift+{arrow}")
            assert pane.rect().contains(pane.widget_position(cross.point).toPoint())
    assert (cross.point.column, cross.point.row) == (0.5, 0.5)
    keys(window, *["Ctrl+Shift+Right"] * 80, *["Ctrl+Shift+Down"] * 80)
    assert (cross.point.column, cross.point.row) == (info.columns - 0.5, info.rows - 0.5)


def test_a_fitted_picture_is_not_shifted_away_from_its_edge(window, pane, cross):
    keys(window, "Shift+Left")
    for arrow in ("Right", "Down", "Left", "Up"):
        keys(window, *[f"Ctrl+Shift+{arrow}"] * 30)
    left, top = pane.view.to_screen(ImagePoint(0, 0))
    right, bottom = pane.view.to_screen(ImagePoint(pane.picture.info.columns, pane.picture.info.rows))
    assert max(left, right) == pytest.approx(pane.device_size()[0], abs=1)
    assert min(top, bottom) < 1


def test_what_lies_inside_a_line_drawn_by_keys_becomes_a_cluster(window, pane, cross):
    session = window.desk.session
    for number in range(3):
        click(pane, pane.widget_position(spot(pane, number)))
    keys(window, "F", "Shift+Left")
    assert cross.viewport is pane
    centre = spot(pane, 1)
    walk_to(window, cross, ImagePoint(centre.column - 50, centre.row - 50))
    keys(window, "Shift+P")
    assert cross.drawing
    for corner in ((50, -50), (50, 60), (-50, 60)):
        walk_to(window, cross, ImagePoint(centre.column + corner[0], centre.row + corner[1]))
        assert pane.hand.preview is not None
    assert len(session.reading.clusters) == 0
    keys(window, "Shift+P")
    (cluster,) = session.reading.clusters
    assert set(cluster.mark_ids) == {m.id for m in session.reading.marks}
    assert not cross.drawing
    assert "Outline 3 marks" in session.undo_stack.undoText()


def test_a_click_ends_the_line_too_and_escape_gives_it_up(window, pane, cross):
    session = window.desk.session
    keys(window, "Shift+Left", "Shift+P", "Ctrl+Shift+Right", "Ctrl+Shift+Down", "Esc")
    assert not cross.drawing
    assert cross.isVisible()
    keys(window, "Shift+P", "Ctrl+Shift+Left", "Ctrl+Shift+Up", "P")
    (area,) = session.reading.clusters
    assert area.mark_ids == ()
    keys(window, "Esc")
    assert not cross.isVisible()


def test_a_mark_is_moved_by_keys(window, pane, cross):
    click(pane, pane.widget_position(spot(pane)))
    session = window.desk.session
    (before,) = session.reading.marks
    keys(window, "Shift+Left")
    walk_to(window, cross, before.point)
    keys(window, "Shift+P", "Ctrl+Shift+Down")
    assert pane.hand.preview.moving_mark == before.id
    keys(window, "P")
    (after,) = session.reading.marks
    assert after.id == before.id
    assert session.undo_stack.undoText() == "Move mark"
    assert pane.widget_position(after.point).y() > pane.widget_position(before.point).y() + 20


def test_a_tool_that_draws_nothing_says_so_but_selects(window, pane, cross):
    click(pane, pane.widget_position(spot(pane)))
    (mark,) = window.desk.session.reading.marks
    window.desk.session.select_marks(frozenset())
    keys(window, "Shift+A", "Shift+Left")
    voi = pane.voi
    walk_to(window, cross, mark.point)
    keys(window, "Shift+P")
    assert not cross.drawing
    assert "M takes one that does" in window.status.message
    keys(window, "P")
    assert window.desk.session.selected_marks == {mark.id}
    assert pane.voi == voi


def test_the_status_line_and_the_lens_follow_the_cross(window, pane, cross):
    keys(window, "Shift+Left", "X")
    walk_to(window, cross, spot(pane))
    viewport, pointer = window.pointing.under
    assert viewport is pane
    assert pointer.point.column == pytest.approx(cross.point.column)
    assert pointer.value == pane.picture.value_at(cross.point)
    assert window.lens.isVisible()
    assert window.lens.middle.column == pytest.approx(cross.point.column, abs=0.5)


def test_a_benign_preset_goes_to_the_spot_under_the_cross(window, pane, cross, qtbot):
    keys(window, "Shift+Left")
    walk_to(window, cross, spot(pane))
    keys(window, "B")
    QTest.keyClicks(QApplication.focusWidget(), "S")
    qtbot.waitUntil(lambda: len(window.desk.session.reading.marks) == 1)
    assert cross.isVisible()


def test_the_mouse_another_pane_and_another_image_put_it_away(window, pane, cross):
    keys(window, "Shift+Left")
    click(pane, QPoint(5, 5))
    assert not cross.isVisible()
    for away in ("Ctrl+Tab", "Right"):
        keys(window, "Shift+Left")
        assert cross.isVisible()
        before = window.desk.session.reading
        keys(window, "Shift+P", away)
        assert cross.viewport is None
        assert window.desk.session.reading == before
    assert not any(viewport.hand.busy for viewport in window.grid.viewports)


def test_its_words_go_with_it_but_later_ones_stay(window, pane, cross):
    keys(window, "P")
    assert window.status.message.startswith("Cross:")
    keys(window, "Esc")
    assert cross.viewport is None
    assert window.status.message == ""
    keys(window, "P")
    window.status.show_act("Something else was said.")
    keys(window, "Esc")
    assert window.status.message == "Something else was said."


def test_it_stays_on_its_spot_when_the_picture_is_zoomed_or_shifted(window, pane, cross):
    keys(window, "Shift+Left")
    point = cross.point
    pane.zoom_by(2.0, QPointF(20, 20))
    pane.pan(13, -7)
    assert cross.point == point
    middle = QPointF(cross.geometry().topLeft()) + QPointF(cross.width() / 2, cross.height() / 2)
    assert (middle - pane.widget_position(point)).manhattanLength() < 2


@pytest.mark.parametrize(
    ("arrow", "way"), [("Right", (-1, 0)), ("Left", (1, 0)), ("Down", (0, -1)), ("Up", (0, 1))]
)
def test_the_picture_is_shifted_by_keys(window, pane, arrow, way):
    keys(window, "Z", *["+"] * 5)
    pane.center_on(ImagePoint(160, 200))
    before = pane.view.to_screen(ImagePoint(160, 200))
    keys(window, f"Alt+Shift+{arrow}")
    after = pane.view.to_screen(ImagePoint(160, 200))
    width, height = pane.device_size()
    moved = after[0] - before[0], after[1] - before[1]
    assert moved == pytest.approx((way[0] * width / 6, way[1] * height / 6))
    assert window.desk.session.reading.marks == ()


def test_the_menu_key_opens_the_menu_at_the_cross(window, pane, cross):
    keys(window, "Shift+Left", *["Ctrl+Shift+Up"] * 2)
    asked = []
    pane.customContextMenuRequested.disconnect()
    pane.customContextMenuRequested.connect(asked.append)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    QApplication.sendEvent(pane, event)
    assert asked == [pane.widget_position(cross.point).toPoint()]


def test_it_can_be_seen(window, pane, cross):
    keys(window, "Shift+Left")
    at = cross.geometry()
    with_it = pane.grab(at).toImage()
    keys(window, "Esc")
    assert with_it != pane.grab(at).toImage()
