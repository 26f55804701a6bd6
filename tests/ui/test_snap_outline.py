"""The outline of a mark at another level: seen at once, one act when the hand rests, never mixed up with others."""

from __future__ import annotations

# ruff: noqa: F811  fixtures of another module are arguments here
from dataclasses import replace

import pytest
from hands import NONE, move, wheel
from pictures import Host, middle, picture, reading_with
from PySide6.QtCore import Qt
from test_session import SPOTS, bugs, opened, runner, session, workspace  # noqa: F401  fixtures
from test_session import picture as still  # noqa: F401  a fixture
from test_viewport_marks import measured

from annotator.model.finding import Distribution
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.ui.marks.tools import MarkTool
from annotator.ui.panes.viewport import Viewport

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def marked(session, still):
    """A session with one measured mark, and everything it shows before it keeps it."""
    session.mark_spot(still, SPOTS[0], MarkKind.MICRO)
    session.shown = []
    session.level.previewed.connect(session.shown.append)
    return session


def size(reading) -> float:
    return reading.marks[0].measurement.diameter_px


def test_an_outline_follows_every_step_and_is_one_act(marked, still, qtbot) -> None:
    before = marked.reading
    mark = before.marks[0]
    sizes = [size(before)]
    for _ in range(3):
        marked.level.widen(still, mark.id, -1)
        sizes.append(size(marked.shown[-1]))
        assert marked.reading is before
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 4
    qtbot.waitUntil(lambda: marked.reading is not before)
    turned = marked.reading.marks[0].measurement
    assert turned.level == pytest.approx(mark.measurement.level + 0.12, abs=0.021)
    assert turned.diameter_mm == pytest.approx(turned.diameter_px * 0.07)
    assert marked.undo_stack.undoText().startswith("Outline of a mark of F1 at ")
    marked.undo_stack.undo()
    assert marked.reading == before


def test_an_act_that_comes_while_it_is_turned_comes_after_it(marked, still) -> None:
    finding = marked.reading.findings[0].id
    marked.level.widen(still, marked.reading.marks[0].id, -2)
    small = size(marked.shown[-1])
    marked.describe(finding, "Distribution", distributions=(Distribution.GROUPED,))
    assert size(marked.reading) == small
    assert marked.reading.findings[0].distributions == (Distribution.GROUPED,)
    marked.undo_stack.undo()
    assert (size(marked.reading), marked.reading.findings[0].distributions) == (small, ())


def test_what_was_turned_is_in_the_database_when_the_exam_is_left_at_once(
    marked, still, workspace, runner
) -> None:
    marked.level.widen(still, marked.reading.marks[0].id, -2)
    small = size(marked.shown[-1])
    assert marked.close()
    assert size(opened(workspace, runner).reading) == small


def test_escape_leaves_the_outline_as_it_was(marked, still) -> None:
    before = marked.reading
    assert not marked.level.give_up()
    marked.level.widen(still, before.marks[0].id, -2)
    assert marked.level.give_up()
    assert marked.shown[-1] is before
    marked.level.settle()
    assert marked.reading is before


def test_turning_another_mark_keeps_the_first(marked, still) -> None:
    marked.mark_spot(still, SPOTS[1], MarkKind.MICRO)
    first, second = marked.reading.marks
    marked.level.widen(still, first.id, -2)
    marked.level.widen(still, second.id, -2)
    marked.level.settle()
    assert [m.measurement.level > 0.4 for m in marked.reading.marks] == [True, True]
    assert [m.id for m in marked.reading.marks] == [first.id, second.id]


def test_at_its_ends_an_outline_says_so_and_stays(marked, still) -> None:
    said: list[str] = []
    marked.message.connect(said.append)
    mark = marked.reading.marks[0]
    for _ in range(14):
        marked.level.widen(still, mark.id, -1)
    assert said[-1].endswith("outline at 78 % of the height, the innermost there is")
    for _ in range(14):
        marked.level.widen(still, mark.id, 1)
    assert said[-1].endswith("the outermost there is") or "runs into" in said[-1]


def test_a_mark_moved_by_hand_stays_where_it_was_put(marked, still) -> None:
    mark, beside = marked.reading.marks[0], ImagePoint(SPOTS[0].column + 1, SPOTS[0].row)
    marked.move_mark(still, mark.id, beside)
    marked.level.widen(still, mark.id, -2)
    marked.level.settle()
    assert marked.reading.marks[0].point == beside


def test_a_mark_without_measurement_says_that_it_has_no_outline(session, still) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    session.mark_spot(still, ImagePoint(20, 200), MarkKind.MICRO, force=True)
    before = session.reading
    session.level.widen(still, before.marks[0].id, 1)
    session.level.settle()
    assert session.reading is before
    assert "not measured" in said[-1]


@pytest.fixture
def viewport(qtbot):
    shown = picture()
    places = (ImagePoint(120.5, 140.5), ImagePoint(170, 200))
    host = Host(reading_with(shown, places, measurements=[measured(place, 4.0) for place in places]))
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(500, 400)
    viewport.show()
    viewport.show_picture(shown)
    viewport.zoom_by(6, viewport.widget_position(middle(shown)))
    viewport.set_reading(host.reading)
    viewport.set_tool(MarkTool(host, MarkKind.MICRO))
    viewport.turned = []
    viewport.outline_step_requested.connect(viewport.turned.append)
    viewport.center_on(places[0])
    return viewport


def test_alt_and_the_wheel_turn_the_selected_mark_and_zoom_elsewhere(viewport) -> None:
    at = viewport.widget_position(ImagePoint(122.5, 140.5))
    scale = viewport.view.scale
    wheel(viewport, at, keys=ALT)
    assert (viewport.turned, viewport.view.scale > scale) == ([], True)
    viewport.set_selection("f", frozenset({"m0"}))
    scale, at = viewport.view.scale, viewport.widget_position(ImagePoint(122.5, 140.5))
    assert viewport.mark_at(ImagePoint(122.5, 140.5)) is None, "within the outline, not at the middle"
    for turned in (120, -60, -60):
        wheel(viewport, at, turned, keys=ALT)
    assert (viewport.turned, viewport.view.scale) == ([1, -1], scale)
    wheel(viewport, at)
    wheel(viewport, viewport.widget_position(ImagePoint(135, 150)), keys=ALT)
    assert (viewport.turned, viewport.view.scale > scale) == ([1, -1], True)


def test_with_several_marks_selected_alt_and_the_wheel_zoom(viewport) -> None:
    viewport.set_selection("f", frozenset({"m0", "m1"}))
    wheel(viewport, viewport.widget_position(ImagePoint(120.5, 140.5)), keys=ALT)
    assert viewport.turned == []


def test_what_the_pointer_rests_on_is_told_anew_with_its_new_size(viewport) -> None:
    place = ImagePoint(120.5, 140.5)
    told: list[str] = []
    viewport.mark_hovered.connect(told.append)
    move(viewport, viewport.widget_position(place), NONE)
    assert "diameter 0.31" in told[-1]
    smaller = replace(measured(place, 3.0), diameter_mm=0.27)
    viewport.set_reading(reading_with(picture(), (place,), measurements=[smaller]))
    assert "diameter 0.27" in told[-1]
