"""The lens through real events and grabbed pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hands import RIGHT, drag, move, press, release, wheel
from hypothesis import given
from hypothesis import strategies as st
from pictures import breast, picture
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage

from annotator.imaging.grayscale import display_lut, dragged_window
from annotator.model.geometry import Orientation, ViewTransform
from annotator.ui.looking.lens import LARGEST_SIDE, SCALES, SMALLEST_SIDE, Lens, LensLook, lens_view
from annotator.ui.panes.viewport_grid import ViewportGrid

# The offscreen platform says so of every window; it is no fault of ours.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

ALT, SHIFT, CTRL = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@pytest.fixture
def lens(qtbot):
    grid = ViewportGrid()
    qtbot.addWidget(grid)
    grid.resize(600, 500)
    grid.show()
    lens = Lens(grid)
    for viewport in grid.viewports:
        viewport.pointer_moved.connect(lambda pointer, viewport=viewport: lens.follow(viewport, pointer))
    viewport = grid.viewports[0]
    viewport.show_picture(picture(breast(1500, 1100)))
    lens.open(None, None)
    return lens


def shown(lens):
    """Grey levels of what the lens alone shows, (side, side)."""
    image = lens.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()


def viewport_of(lens):
    return lens.parentWidget().viewports[0]


def test_it_is_seen_only_while_the_pointer_is_over_an_image(lens):
    viewport = viewport_of(lens)
    assert not lens.isVisible()
    move(viewport, QPoint(400, 250), held=Qt.MouseButton.NoButton)
    assert lens.isVisible()
    assert (
        lens.geometry().center() == pytest.approx(QPoint(400, 250))
        or (lens.geometry().center() - QPoint(400, 250)).manhattanLength() <= 2
    )
    move(viewport, QPoint(2, 2), held=Qt.MouseButton.NoButton)
    assert not lens.isVisible()
    assert lens.wanted
    assert lens.close_lens()
    move(viewport, QPoint(400, 250), held=Qt.MouseButton.NoButton)
    assert not lens.isVisible()


@pytest.mark.parametrize("scale", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("inverted", [False, True])
def test_its_middle_is_the_pixel_under_the_pointer_magnified_bit_for_bit(lens, scale, inverted):
    viewport = viewport_of(lens)
    lens.set_look(LensLook(200, scale, inverted))
    at = QPoint(400, 250)
    move(viewport, at, held=Qt.MouseButton.NoButton)
    frame = viewport.picture.frame
    under = viewport.view.to_image(*viewport.device_position(QPointF(at)))
    lut = display_lut(viewport.picture.info, viewport.voi, invert=inverted)
    seen = shown(lens)
    middle = at - lens.pos()
    for dx, dy in ((0, 0), (8, 0), (0, -12), (-20, 16)):
        column = int(under.column + (dx + 0.5) / scale)
        row = int(under.row + (dy + 0.5) / scale)
        assert seen[middle.y() + dy, middle.x() + dx] == lut[frame[row, column]]


def test_the_wheel_sizes_it_and_with_alt_magnifies_and_the_picture_stays(lens):
    viewport = viewport_of(lens)
    at = QPoint(400, 250)
    move(viewport, at, held=Qt.MouseButton.NoButton)
    view, before = viewport.view, lens.look
    wheel(viewport, at, 120)
    assert lens.look.side > before.side
    assert lens.width() == lens.look.side
    wheel(viewport, at, 120, ALT)
    assert lens.look.scale == SCALES[SCALES.index(before.scale) + 1]
    assert viewport.view == view
    wheel(viewport, at, 120, CTRL)
    assert viewport.view.scale > view.scale
    for _ in range(40):
        wheel(viewport, at, -120)
        wheel(viewport, at, -120, ALT)
    assert (lens.look.side, lens.look.scale) == (SMALLEST_SIDE, SCALES[0])


def test_in_a_stack_the_wheel_goes_on_through_the_slices(lens):
    viewport = viewport_of(lens)
    viewport.show_picture(picture(breast(1500, 1100), frames=9, sop_instance_uid="2.25.12"))
    steps = []
    viewport.frame_step_requested.connect(steps.append)
    at = QPoint(400, 250)
    move(viewport, at, held=Qt.MouseButton.NoButton)
    before = lens.look.side
    wheel(viewport, at, -120)
    assert steps == [1]
    assert lens.look.side == before
    wheel(viewport, at, 120, SHIFT)
    assert lens.look.side > before


def test_a_right_drag_sets_the_window_of_the_lens_alone(lens):
    viewport = viewport_of(lens)
    at = QPoint(400, 250)
    move(viewport, at, held=Qt.MouseButton.NoButton)
    around, place = viewport.voi, lens.pos()
    drag(viewport, [at, at + QPoint(-60, 20), at + QPoint(-90, 30)], RIGHT)
    assert viewport.voi == around
    assert lens.voi == dragged_window(around, -90, 30)
    assert lens.pos() == place
    drag(viewport, [at, at + QPoint(10, 0), at + QPoint(30, 0)], RIGHT)
    assert lens.voi == dragged_window(around, -60, 30)
    assert "own window" in lens.words()


def test_a_right_click_still_asks_for_the_menu(lens):
    viewport = viewport_of(lens)
    asked = []
    viewport.customContextMenuRequested.connect(asked.append)
    at = QPoint(400, 250)
    move(viewport, at, held=Qt.MouseButton.NoButton)
    press(viewport, at, RIGHT)
    release(viewport, at, RIGHT)
    assert asked == [at]
    assert lens.look.dragged == (0.0, 0.0)


def test_it_always_magnifies_more_than_the_picture_around_it(lens):
    viewport = viewport_of(lens)
    at = QPoint(400, 250)
    move(viewport, at, held=Qt.MouseButton.NoButton)
    for _ in range(60):
        assert lens.scale > viewport.view.scale
        wheel(viewport, at, 120, CTRL)


@given(
    scale=st.sampled_from(SCALES),
    around=st.floats(0.05, 20),
    at=st.tuples(st.floats(0, 2000), st.floats(0, 2000)),
    turn=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    stretch=st.one_of(st.none(), st.floats(0.5, 2)),
)
def test_the_point_under_the_pointer_is_the_point_in_the_middle(scale, around, at, turn, stretch):
    rows = None if stretch is None else around * stretch
    view = ViewTransform(3328, 4096, around, -13.25, 7.5, Orientation(*turn), rows)
    inside = lens_view(view, at, scale, (160.0, 150.0))
    point, middle = view.to_image(*at), inside.to_image(160.0, 150.0)
    assert (middle.column, middle.row) == pytest.approx((point.column, point.row), abs=1e-6)
    assert inside.scale_down / inside.scale == pytest.approx(view.scale_down / view.scale)


@given(
    st.builds(
        LensLook,
        st.integers(SMALLEST_SIDE, LARGEST_SIDE),
        st.sampled_from(SCALES),
        st.booleans(),
        st.tuples(st.integers(-900, 900), st.integers(-900, 900)),
    )
)
def test_the_look_is_remembered(look):
    assert LensLook.from_text(look.to_text()) == look


@pytest.mark.parametrize("line", ["", "x", "320 2 0 0", "320 2.2 0 0 0", "9 2 0 0 0", "320 2 0 nan 0"])
def test_a_line_that_cannot_be_understood_gives_the_usual_look(line):
    assert LensLook.from_text(line) == LensLook()
