"""A second click at once takes the next spot: the mark of the first is replaced, never joined by another."""

from __future__ import annotations

# ruff: noqa: F811  fixtures of another module are arguments here
import numpy as np
import pytest
from hands import click, drag
from pictures import Host, middle, picture, reading_with
from PySide6.QtCore import QPoint, Qt
from test_session import INFO, StillPicture, bugs, runner, session, workspace  # noqa: F401  fixtures

from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.ui.marks.tools import MarkTool
from annotator.ui.panes.viewport import Viewport
from annotator.ui.window.status_line import StatusLine

PAIR = (ImagePoint(100.5, 110.5), ImagePoint(109.5, 110.5))
BETWEEN = ImagePoint(103.5, 110.5)
REACH = 3.0


@pytest.fixture(scope="module")
def pair() -> StillPicture:
    """Two specks nine pixels apart; a click between them means the left one first."""
    rows, columns = np.mgrid[0 : INFO.rows, 0 : INFO.columns] + 0.5
    values = np.random.default_rng(7).normal(1500, 12, (INFO.rows, INFO.columns))
    for spot in PAIR:
        values += 420 * np.exp(-((columns - spot.column) ** 2 + (rows - spot.row) ** 2) / (2 * 1.6**2))
    return StillPicture(INFO, 1, values.clip(0, 4095).astype(np.uint16))


@pytest.fixture
def said(session) -> list[str]:
    """What the session said; its clock stands still."""
    told: list[str] = []
    session.message.connect(told.append)
    session.snapping.clock = lambda: 100.0
    return told


def near(mark, spot: ImagePoint) -> bool:
    return abs(mark.point.column - spot.column) < 1 and abs(mark.point.row - spot.row) < 1


def test_the_next_spot_takes_the_place_of_the_first(session, pair, said) -> None:
    session.mark_spot(pair, BETWEEN, MarkKind.MACRO, REACH)
    (first,) = session.reading.marks
    assert near(first, PAIR[0])
    assert session.is_second_click(pair, ImagePoint(104.5, 110.5), REACH)
    session.take_next_spot(pair)
    (second,) = session.reading.marks
    assert near(second, PAIR[1])
    assert (second.id, second.kind, session.selected_marks) == (first.id, MarkKind.MACRO, {first.id})
    assert said[-1].startswith("Spot 2 of 2: diameter")
    session.take_next_spot(pair)
    assert session.reading.marks == (first,)
    assert said[-1].startswith("Spot 1 of 2:")
    for _ in range(2):
        session.undo_stack.undo()
    assert session.reading.marks == (first,)
    session.undo_stack.undo()
    assert session.reading.marks == ()


def test_only_a_click_so_soon_and_so_near_after_an_untouched_mark_asks_for_it(session, pair, said) -> None:
    session.mark_spot(pair, BETWEEN, MarkKind.MICRO, REACH)
    assert not session.is_second_click(pair, ImagePoint(BETWEEN.column + 3 * REACH, BETWEEN.row), REACH)
    session.snapping.clock = lambda: 100.6
    assert not session.is_second_click(pair, BETWEEN, REACH)
    session.snapping.clock = lambda: 100.4
    assert session.is_second_click(pair, BETWEEN, REACH)
    session.undo_stack.undo()
    assert not session.is_second_click(pair, BETWEEN, REACH)
    session.undo_stack.redo()
    session.move_mark(pair, session.reading.marks[0].id, ImagePoint(60, 60))
    assert not session.is_second_click(pair, BETWEEN, REACH)


def test_where_there_is_no_other_spot_it_is_said_and_nothing_happens(session, pair, said) -> None:
    session.mark_spot(pair, ImagePoint(99.5, 110.5), MarkKind.MICRO, 1.0)
    before = session.reading
    session.take_next_spot(pair)
    assert session.reading is before
    assert said[-1] == "There is no other spot here."


def test_a_spot_that_has_a_mark_is_not_taken_for_another(session, pair, said) -> None:
    session.mark_spot(pair, PAIR[1], MarkKind.MICRO, REACH)
    session.mark_spot(pair, BETWEEN, MarkKind.MICRO, REACH)
    assert len(session.reading.marks) == 2
    before = session.reading
    session.take_next_spot(pair)
    assert session.reading is before
    assert said[-1] == "There is no other spot here that is not marked."


def test_a_second_click_where_the_likeliest_is_marked_marks_the_next_and_leaves_that(
    session, pair, said
) -> None:
    session.mark_spot(pair, PAIR[0], MarkKind.MICRO, 1.0)
    (first,) = session.reading.marks
    session.mark_spot(pair, BETWEEN, MarkKind.MACRO, REACH)
    assert session.reading.marks == (first,)
    assert said[-1] == "This spot is already marked, another click takes the next."
    assert session.is_second_click(pair, BETWEEN, REACH)
    session.take_next_spot(pair)
    kept, second = session.reading.marks
    assert kept is first
    assert second.kind is MarkKind.MACRO
    assert near(second, PAIR[1])
    assert said[-1].endswith("spot 2 of 2")
    before = session.reading
    session.take_next_spot(pair)
    assert session.reading is before
    assert said[-1] == "There is no other spot here that is not marked."


def test_where_all_spots_are_marked_a_second_click_says_so(session, pair, said) -> None:
    for spot in PAIR:
        session.mark_spot(pair, spot, MarkKind.MICRO, 1.0)
    before = session.reading
    session.mark_spot(pair, BETWEEN, MarkKind.MICRO, REACH)
    for words in ("This spot is already marked.", "There is no other spot here that is not marked."):
        session.take_next_spot(pair)
        assert (session.reading.marks, said[-1]) == (before.marks, words)


def test_a_mark_asks_for_the_next_spot_by_key_at_any_time(session, pair, said) -> None:
    session.mark_spot(pair, BETWEEN, MarkKind.MICRO, REACH)
    session.snapping.clock = lambda: 900.0
    session.snapping.take_next_of(pair, session.reading.marks[0].id, REACH)
    (mark,) = session.reading.marks
    assert near(mark, PAIR[1])


def test_the_next_spot_of_a_mark_whose_click_is_forgotten_is_another_than_it_has(session, pair, said) -> None:
    session.mark_spot(pair, PAIR[0], MarkKind.MICRO, REACH)
    (mark,) = session.reading.marks
    session.snapping._last = None
    session.snapping.take_next_of(pair, mark.id, 2 * REACH)
    (other,) = session.reading.marks
    assert near(other, PAIR[1])


@pytest.fixture
def host():
    return Host(reading_with(picture(), (ImagePoint(120.5, 140.5),)), second_clicks=True)


@pytest.fixture
def viewport(qtbot, host):
    shown = picture()
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(500, 400)
    viewport.show()
    viewport.show_picture(shown)
    viewport.zoom_by(1.5, viewport.widget_position(middle(shown)))
    viewport.set_reading(host.reading)
    viewport.set_tool(MarkTool(host, MarkKind.MICRO))
    return viewport


@pytest.mark.parametrize("place", [(120.5, 140.5), (170, 200)], ids=["on the mark", "beside it"])
def test_the_hand_asks_for_it_on_the_mark_and_beside_it(viewport, host, place) -> None:
    at = viewport.widget_position(ImagePoint(*place)).toPoint()
    click(viewport, at)
    assert host.acts == [("next",)]


@pytest.mark.parametrize("keys", [Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier])
def test_with_alt_or_shift_a_second_click_is_what_it_always_is(viewport, host, keys) -> None:
    click(viewport, viewport.widget_position(ImagePoint(170, 200)).toPoint(), keys=keys)
    assert [act[0] for act in host.acts] == ["mark"]


def test_a_drag_right_after_a_click_moves_the_mark_or_draws_as_ever(viewport, host) -> None:
    on_mark = viewport.widget_position(ImagePoint(120.5, 140.5)).toPoint()
    drag(viewport, [on_mark, on_mark + QPoint(20, 0), on_mark + QPoint(40, 5)])
    beside = viewport.widget_position(ImagePoint(170, 200)).toPoint()
    corners = [QPoint(0, 0), QPoint(60, 0), QPoint(60, 60), QPoint(0, 60)]
    drag(viewport, [beside + corner for corner in corners])
    assert [act[0] for act in host.acts] == ["move", "lasso"]


def test_what_came_of_an_act_is_read_before_what_the_pointer_still_rests_on(qtbot) -> None:
    line = StatusLine("anna")
    qtbot.addWidget(line)
    line.show_mark("F1 microcalcification")
    line.show_message("Two files could not be opened.")
    assert line.hint.text() == "F1 microcalcification"
    line.show_act("Spot 2 of 3")
    line.show_mark("F1 microcalcification, 0.3 mm")
    assert line.hint.text() == "Spot 2 of 3"
    qtbot.waitUntil(lambda: line.hint.text() == "F1 microcalcification, 0.3 mm")
    line.show_mark("")
    assert line.hint.text() == "Spot 2 of 3"
