"""The nipple: placed by a key and a click, moved by a drag, taken away, undone; told from marks at a glance."""

from __future__ import annotations

import pytest
from hands import click, drag, move
from pictures import Host, middle, picture, reading_with
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from annotator.model import edits
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.model.seen_on_image import NipplePlace
from annotator.ui import theme
from annotator.ui.marks.nipple import NippleTool
from annotator.ui.marks.tools import MarkTool, SelectTool
from annotator.ui.panes.viewport import Viewport

NIPPLE = ImagePoint(60.5, 90.5)
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def shown():
    return picture()


@pytest.fixture
def host(shown):
    return Host(reading_with(shown, (ImagePoint(150.5, 150.5),)))


@pytest.fixture
def viewport(qtbot, shown, host):
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(500, 400)
    viewport.show()
    viewport.show_picture(shown)
    viewport.zoom_by(1.5, viewport.widget_position(middle(shown)))
    viewport.set_reading(host.reading)
    return viewport


def at(viewport, point):
    return viewport.widget_position(point).toPoint()


def with_nipple(viewport, host, shown):
    host.reading = edits.place_nipple(host.reading, NipplePlace(shown.key, NIPPLE, shown.info.spacing))
    viewport.set_reading(host.reading)


def blue(viewport):
    """Pixels of the symbol's colour in the image of the viewport."""
    image, wanted = viewport.grab().toImage(), QColor(theme.ACCENT)
    return {
        (x, y)
        for x in range(2, image.width() - 2)
        for y in range(2, image.height() - 2)
        if image.pixelColor(x, y) == wanted
    }


def test_a_click_places_it_once(viewport, host):
    done = []
    viewport.set_tool(NippleTool(host, lambda: done.append(True)))
    click(viewport, at(viewport, NIPPLE))
    ((kind, point),) = host.acts
    assert kind == "nipple"
    assert (point.column, point.row) == pytest.approx((NIPPLE.column, NIPPLE.row), abs=1)
    assert done == [True]


def test_a_click_beside_the_image_places_nothing(viewport, host):
    done = []
    viewport.set_tool(NippleTool(host, lambda: done.append(True)))
    viewport.fit()
    click(viewport, QPoint(3, 200))
    assert (host.acts, done) == ([], [])


def test_it_is_drawn_and_drawn_anew_where_it_is(viewport, host, shown):
    before = blue(viewport)
    with_nipple(viewport, host, shown)
    drawn = blue(viewport) - before
    assert len(drawn) > 20
    x, y = at(viewport, NIPPLE).x(), at(viewport, NIPPLE).y()
    assert all(abs(a - x) <= 20 and abs(b - y) <= 20 for a, b in drawn)
    host.reading = edits.remove_nipple(host.reading, shown.key.sop_instance_uid)
    viewport.set_reading(host.reading)
    assert blue(viewport) == before


@pytest.mark.parametrize("make", [lambda h: MarkTool(h, MarkKind.MICRO), SelectTool])
def test_a_drag_moves_it(viewport, host, shown, make):
    with_nipple(viewport, host, shown)
    viewport.set_tool(make(host))
    start = at(viewport, NIPPLE)
    drag(viewport, [start, start + QPoint(20, 0), start + QPoint(40, 10)])
    ((kind, point),) = host.acts
    assert kind == "nipple"
    end = at(viewport, point)
    assert (end - start - QPoint(40, 10)).manhattanLength() <= 2


def test_a_calcification_behind_the_nipple_can_be_marked_and_lassoed(viewport, host, shown):
    with_nipple(viewport, host, shown)
    viewport.set_tool(MarkTool(host, MarkKind.MICRO))
    click(viewport, at(viewport, NIPPLE))
    assert [act[0] for act in host.acts] == ["mark"]
    viewport.set_tool(SelectTool(host))
    click(viewport, at(viewport, ImagePoint(NIPPLE.column + 3, NIPPLE.row)))
    assert len(host.acts) == 1


def test_a_mark_on_it_goes_first(viewport, host, shown):
    with_nipple(viewport, host, shown)
    host.reading, mark = edits.add_mark(host.reading, "f", shown.key, NIPPLE, MarkKind.MICRO)
    viewport.set_reading(host.reading)
    viewport.set_tool(MarkTool(host, MarkKind.MICRO))
    start = at(viewport, NIPPLE)
    drag(viewport, [start, start + QPoint(20, 0), start + QPoint(40, 0)])
    assert [act[:2] for act in host.acts] == [("move", mark.id)]


def test_the_pointer_on_it_is_told_what_a_drag_does(viewport, host, shown, qtbot):
    with_nipple(viewport, host, shown)
    viewport.set_tool(MarkTool(host, MarkKind.MICRO))
    with qtbot.waitSignal(viewport.mark_hovered) as told:
        move(viewport, at(viewport, NIPPLE))
    assert told.args == ["the nipple as you placed it  ·  drag: move"]


def test_hidden_with_the_marks_it_cannot_be_taken(viewport, host, shown):
    with_nipple(viewport, host, shown)
    viewport.set_marks_visible(False)
    assert not viewport.nipple_at(NIPPLE)
