"""Gestures from press to release, through real events on a real viewport."""

from __future__ import annotations

import pytest
from hands import LEFT, MIDDLE, RIGHT, click, drag, move, press, release
from pictures import Host, middle, picture, reading_with
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QShortcut
from PySide6.QtTest import QTest

from annotator.model import edits
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.ui.keys.gestures import WheelTurn
from annotator.ui.marks.tools import LookTool, MarkTool, PanTool, SelectTool
from annotator.ui.panes.viewport import Viewport

SPOTS = (ImagePoint(120.5, 140.5), ImagePoint(150.5, 150.5), ImagePoint(190.5, 60.5))
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def shown():
    return picture()


@pytest.fixture
def host(shown):
    return Host(reading_with(shown, SPOTS))


@pytest.fixture
def viewport(qtbot, shown, host):
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(500, 400)
    viewport.show()
    viewport.show_picture(shown)
    viewport.zoom_by(1.5, viewport.widget_position(middle(shown)))
    viewport.set_reading(host.reading)
    viewport.set_tool(MarkTool(host, MarkKind.MICRO))
    return viewport


def at(viewport, column, row):
    return viewport.widget_position(ImagePoint(column, row)).toPoint()


def around(viewport, points, margin=10):
    """A closed path on the screen around points of the image."""
    columns, rows = [p.column for p in points], [p.row for p in points]
    left, right = min(columns) - margin, max(columns) + margin
    top, bottom = min(rows) - margin, max(rows) + margin
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top + 3)]
    return [at(viewport, *corner) for corner in corners]


def test_a_click_marks_and_alt_click_insists(viewport, host):
    place = at(viewport, 170, 200)
    click(viewport, place)
    click(viewport, place, keys=ALT)
    assert [(act[0], act[2], act[4]) for act in host.acts] == [
        ("mark", MarkKind.MICRO, False),
        ("mark", MarkKind.MICRO, True),
    ]


def test_a_hand_that_trembles_still_clicks(viewport, host):
    place = at(viewport, 170, 200)
    drag(viewport, [place, place + QPoint(1, 1), place + QPoint(2, 0)])
    assert [act[0] for act in host.acts] == ["mark"]


def test_a_click_off_the_image_does_nothing(viewport, host):
    viewport.fit()
    outside = QPoint(3, 200)
    assert not viewport.picture.holds(viewport.view.to_image(3, 200))
    click(viewport, outside)
    assert not host.acts


def test_a_drag_lassoes_what_lies_inside(viewport, host):
    drag(viewport, around(viewport, SPOTS[:2]))
    ((kind, outline, inside),) = host.acts
    assert (kind, inside) == ("lasso", {"m0", "m1"})
    assert len(outline) == 5


def test_a_lasso_beyond_the_edge_ends_at_it(viewport, host):
    viewport.fit()
    inside = at(viewport, 200, 100)
    drag(viewport, [inside, QPoint(499, 40), QPoint(499, 399), at(viewport, 200, 250)])
    ((_, outline, _),) = host.acts
    assert all(0 <= p.column <= 220 and 0 <= p.row <= 300 for p in outline)


def test_a_stroke_that_encloses_nothing_is_no_cluster(viewport, host):
    place = at(viewport, 170, 200)
    drag(viewport, [place, place + QPoint(20, 0), place + QPoint(40, 0)])
    assert not host.acts


def test_a_press_on_a_mark_selects_it(viewport, host):
    click(viewport, at(viewport, 120.5, 140.5))
    assert host.selected_marks == {"m0"}
    click(viewport, at(viewport, 150.5, 150.5), keys=SHIFT)
    assert host.selected_marks == {"m0", "m1"}
    assert not host.acts


def test_dragging_a_mark_is_one_act_at_its_end(viewport, host):
    start = at(viewport, 120.5, 140.5) + QPoint(2, 1)
    press(viewport, start)
    for step in range(1, 12):
        move(viewport, start + QPoint(3 * step, 2 * step))
        assert not host.acts
    preview = viewport.hand.preview
    assert preview.moving_mark == "m0"
    release(viewport, start + QPoint(33, 22))
    ((kind, mark_id, place),) = host.acts
    assert (kind, mark_id) == ("move", "m0")
    scale = viewport.view.scale
    assert (place.column, place.row) == pytest.approx((120.5 + 33 / scale, 140.5 + 22 / scale))
    assert viewport.hand.preview is None


def test_a_mark_cannot_be_dragged_off_the_image(viewport, host):
    viewport.fit()
    start = at(viewport, 190.5, 60.5)
    drag(viewport, [start, start + QPoint(20, 0), QPoint(499, 1), QPoint(900, -300)])
    ((_, _, place),) = host.acts
    assert (place.column, place.row) == (220, 0)


@pytest.mark.parametrize("cancel", ["escape", "right click", "another tool", "another picture"])
@pytest.mark.parametrize("start", [(120.5, 140.5), (170, 200)], ids=["on a mark", "on the image"])
def test_a_cancelled_gesture_leaves_no_act(viewport, host, cancel, start):
    before = host.reading
    begin = at(viewport, *start)
    press(viewport, begin)
    for step in (10, 30, 60):
        move(viewport, begin + QPoint(step, step // 2))
    if cancel == "escape":
        QTest.keyClick(viewport, Qt.Key.Key_Escape)
    elif cancel == "right click":
        # the first takes back what is longer than one stretch
        for _ in range(2):
            press(viewport, begin, RIGHT)
            release(viewport, begin, RIGHT)
    elif cancel == "another tool":
        viewport.set_tool(SelectTool(host))
    else:
        viewport.show_picture(picture(sop_instance_uid="2.25.77"))
    move(viewport, begin + QPoint(5, 60), LEFT)
    release(viewport, begin + QPoint(5, 60))
    assert not host.acts
    assert host.reading is before
    assert viewport.hand.preview is None


def test_a_right_click_takes_back_the_last_stretch_of_a_line(viewport, host):
    path = around(viewport, SPOTS[:2], 4)
    begin, end = path[0], path[0] + QPoint(0, 200)
    press(viewport, begin)
    for place in path:
        move(viewport, place)
    whole = len(viewport.hand.preview.outline)
    for step in range(20, 201, 20):
        move(viewport, path[-1] + QPoint(0, step))
    longer = len(viewport.hand.preview.outline)
    for _ in range(3):
        press(viewport, end, RIGHT)
        release(viewport, end, RIGHT)
    assert whole - 1 <= len(viewport.hand.preview.outline) < longer
    release(viewport, begin)
    assert [act[0] for act in host.acts] == ["lasso"]
    assert max(p.row for p in host.acts[0][1]) < viewport.view.to_image(0, end.y()).row


def test_the_picture_moves_in_the_middle_of_a_line(viewport, host):
    path = around(viewport, SPOTS[:2])
    press(viewport, path[0])
    move(viewport, path[1])
    before = viewport.widget_position(SPOTS[0])
    press(viewport, path[1], MIDDLE)
    move(viewport, path[1] + QPoint(15, 10), LEFT | MIDDLE)
    release(viewport, path[1] + QPoint(15, 10), MIDDLE)
    shift = viewport.widget_position(SPOTS[0]) - before
    assert (round(shift.x()), round(shift.y())) == (15, 10)
    for place in path[2:]:
        move(viewport, place + QPoint(15, 10))
    release(viewport, path[-1] + QPoint(15, 10))
    assert [act[0] for act in host.acts] == ["lasso"]


def test_the_looking_hand_sets_the_window_and_marks_nothing(viewport, host):
    viewport.set_tool(LookTool(host, drags_window=True))
    before = viewport.voi
    drag(viewport, [QPoint(100, 100), QPoint(140, 100), QPoint(180, 120)])
    assert viewport.voi.width > before.width
    assert viewport.voi.center != before.center
    host.selected_marks = frozenset({host.reading.marks[0].id})
    click(viewport, at(viewport, 170, 200))
    assert host.acts == []
    assert host.selected_marks == frozenset()


def test_the_looking_hand_gives_the_window_back_when_it_is_cancelled(viewport, host):
    viewport.set_tool(LookTool(host, drags_window=True))
    for cancel in ("escape", "right click"):
        before = viewport.voi
        press(viewport, QPoint(100, 100))
        move(viewport, QPoint(180, 160))
        assert viewport.voi != before
        if cancel == "escape":
            QTest.keyClick(viewport, Qt.Key.Key_Escape)
        else:
            press(viewport, QPoint(180, 160), RIGHT)
            release(viewport, QPoint(180, 160), RIGHT)
        assert viewport.voi == before
        release(viewport, QPoint(180, 160))
        assert viewport.voi == before


def test_the_looking_hand_shifts_the_picture_where_the_profile_says_so(viewport, host):
    viewport.set_tool(LookTool(None, drags_window=False))
    before, voi = viewport.widget_position(SPOTS[0]), viewport.voi
    drag(viewport, [QPoint(100, 100), QPoint(140, 100), QPoint(150, 120)])
    shift = viewport.widget_position(SPOTS[0]) - before
    assert (round(shift.x()), round(shift.y())) == (50, 20)
    assert viewport.voi == voi
    click(viewport, QPoint(100, 100))


def test_the_looking_hand_selects_what_it_clicks(viewport, host):
    viewport.set_tool(LookTool(host, drags_window=True))
    marks = host.reading.marks
    click(viewport, at(viewport, 120.5, 140.5))
    click(viewport, at(viewport, 190.5, 60.5), keys=SHIFT)
    assert host.selected_marks == {marks[0].id, marks[2].id}
    drag(viewport, [at(viewport, 120.5, 140.5), at(viewport, 150, 160)])
    assert host.acts == [], "looking moves no mark"


@pytest.mark.parametrize(
    ("turn", "is_stack", "ctrl", "steps"),
    [
        (WheelTurn.BY_IMAGE, False, False, False),
        (WheelTurn.BY_IMAGE, False, True, False),
        (WheelTurn.BY_IMAGE, True, False, True),
        (WheelTurn.BY_IMAGE, True, True, False),
        (WheelTurn.ZOOM, False, False, False),
        (WheelTurn.ZOOM, False, True, False),
        (WheelTurn.ZOOM, True, False, False),
        (WheelTurn.ZOOM, True, True, True),
        (WheelTurn.STEP, False, False, True),
        (WheelTurn.STEP, False, True, False),
        (WheelTurn.STEP, True, False, True),
        (WheelTurn.STEP, True, True, False),
    ],
)
def test_what_the_wheel_does(turn, is_stack, ctrl, steps):
    assert turn.steps(is_stack=is_stack, other=ctrl) is steps


def test_esc_is_the_viewports_only_during_a_gesture(viewport, qtbot):
    asked = []
    shortcut = QShortcut(Qt.Key.Key_Escape, viewport.window())
    shortcut.activated.connect(lambda: asked.append("window"))
    viewport.setFocus()
    viewport.window().activateWindow()
    qtbot.waitUntil(viewport.hasFocus)
    press(viewport, at(viewport, 170, 200))
    QTest.keyClick(viewport, Qt.Key.Key_Escape)
    assert not asked
    release(viewport, at(viewport, 170, 200))
    QTest.keyClick(viewport, Qt.Key.Key_Escape)
    assert asked == ["window"]


def test_the_select_tool_selects_by_click_and_by_stroke(viewport, host):
    viewport.set_tool(SelectTool(host))
    click(viewport, at(viewport, 150.5, 150.5))
    assert host.selected_marks == {"m1"}
    drag(viewport, around(viewport, SPOTS[:2]))
    assert host.selected_marks == {"m0", "m1"}
    drag(viewport, around(viewport, SPOTS[2:], 5), keys=SHIFT)
    assert host.selected_marks == {"m0", "m1", "m2"}
    click(viewport, at(viewport, 170, 200))
    assert host.selected_marks == frozenset()
    assert not host.acts


def test_the_pan_tool_moves_the_picture(viewport, host):
    viewport.set_tool(PanTool())
    before = viewport.view
    drag(viewport, [QPoint(250, 200), QPoint(260, 190), QPoint(270, 170)])
    moved = (viewport.view.left - before.left, viewport.view.top - before.top)
    assert moved == pytest.approx((20, -30))
    assert not host.acts


def test_a_tool_says_what_the_next_click_does(viewport, host, qtbot):
    with qtbot.waitSignal(viewport.status_message) as told:
        viewport.set_tool(MarkTool(host, MarkKind.MACRO))
    assert "macro" in told.args[0]


def test_without_a_tool_the_left_button_does_nothing(viewport, host):
    viewport.set_tool(None)
    view = viewport.view
    drag(viewport, around(viewport, SPOTS))
    assert not host.acts
    assert viewport.view == view


def with_area(viewport, host):
    """An outlined area far from every mark, and a place on its line."""
    corners = ((140, 180), (180, 180), (180, 220), (140, 220))
    outline = tuple(ImagePoint(*corner) for corner in corners)
    host.reading, area = edits.add_cluster(host.reading, "f", viewport.picture.key, outline)
    viewport.set_reading(host.reading)
    return area, at(viewport, 160, 180)


@pytest.mark.parametrize("tool", [lambda host: MarkTool(host, MarkKind.MICRO), SelectTool])
def test_a_click_on_a_line_selects_the_cluster(viewport, host, tool):
    area, line = with_area(viewport, host)
    viewport.set_tool(tool(host))
    click(viewport, line + QPoint(0, 3))
    assert host.selected_cluster == area.id
    assert not host.acts


def test_inside_an_outline_and_with_alt_on_its_line_a_click_marks(viewport, host):
    _, line = with_area(viewport, host)
    click(viewport, at(viewport, 160, 200))
    click(viewport, line + QPoint(0, 7))
    click(viewport, line, keys=ALT)
    assert [(act[0], act[4]) for act in host.acts] == [("mark", False), ("mark", False), ("mark", True)]
    assert host.selected_cluster is None


def test_a_mark_on_the_line_comes_before_the_line(viewport, host):
    _, line = with_area(viewport, host)
    host.reading, mark = edits.add_mark(
        host.reading, "f", viewport.picture.key, ImagePoint(160, 180), MarkKind.MICRO
    )
    viewport.set_reading(host.reading)
    click(viewport, line)
    assert (host.selected_marks, host.selected_cluster) == ({mark.id}, None)


def test_the_line_of_hidden_marks_cannot_be_hit(viewport, host):
    _, line = with_area(viewport, host)
    viewport.set_marks_visible(False)
    click(viewport, line)
    assert [act[0] for act in host.acts] == ["mark"]


def test_a_stroke_that_begins_on_a_line_outlines(viewport, host):
    _, line = with_area(viewport, host)
    drag(viewport, [line, line + QPoint(40, 0), line + QPoint(40, 40), line + QPoint(0, 40)])
    assert [act[0] for act in host.acts] == ["lasso"]


def test_a_stroke_with_shift_selects_and_ties_nothing(viewport, host):
    host.selected_marks = frozenset({"m2"})
    drag(viewport, around(viewport, SPOTS[:2]), keys=SHIFT)
    assert host.selected_marks == {"m0", "m1"}
    assert not host.acts
