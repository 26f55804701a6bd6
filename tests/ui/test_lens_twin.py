"""The second lens: the same place of the other breast, in the same look, through real events."""

from __future__ import annotations

import numpy as np
import pytest
from hands import NONE, RIGHT, drag, move, wheel
from pictures import breast, picture
from PySide6.QtCore import QEvent, QPoint, QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from annotator.imaging.grayscale import display_lut
from annotator.model.geometry import ImagePoint
from annotator.model.image import Laterality
from annotator.ui.looking.lens import Lens, LensLook
from annotator.ui.panes.pane_places import Places, Spot
from annotator.ui.panes.viewport_grid import ViewportGrid

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

ROWS, COLUMNS = 1500, 1100


@pytest.fixture
def lens(qtbot):
    """A lens over a right breast, the left one, which is its mirror image, beside it."""
    grid = ViewportGrid()
    qtbot.addWidget(grid)
    grid.resize(1000, 500)
    grid.arrange(Places((Spot(0, 0, 0), Spot(0, 0, 1))))
    grid.show()
    lens = Lens(grid)
    for viewport in grid.viewports:
        viewport.pointer_moved.connect(lambda pointer, viewport=viewport: lens.follow(viewport, pointer))
    frame = breast(ROWS, COLUMNS)
    right, left = grid.viewports[:2]
    right.show_picture(picture(frame))
    left.show_picture(picture(frame[:, ::-1].copy(), laterality=Laterality.LEFT, sop_instance_uid="2.25.12"))
    lens.set_look(LensLook(200, 2.0, twin=True))
    lens.open(None, None)
    return lens


def panes(lens):
    return lens.parentWidget().viewports[:2]


def point_at(lens, at=QPoint(380, 230)):  # noqa: B008  a constant
    right, _ = panes(lens)
    move(right, at, held=NONE)
    return right.view.to_image(*right.device_position(QPointF(at)))


def shown(glass):
    image = glass.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()


def test_it_lies_over_the_same_place_of_the_other_breast(lens):
    point = point_at(lens)
    _, left = panes(lens)
    assert lens.twin.isVisible()
    assert lens.twin.viewport is left
    middle = lens.twin.middle
    assert (middle.column, middle.row) == pytest.approx((COLUMNS - point.column, point.row), abs=0.01)
    frame = left.picture.frame
    lut = display_lut(left.picture.info, left.voi)
    seen = shown(lens.twin)
    for dx, dy in ((0, 0), (20, 8), (-14, 22)):
        column, row = int(middle.column + (dx + 0.5) / 2), int(middle.row + (dy + 0.5) / 2)
        near = lut[frame[row - 1 : row + 2, column - 1 : column + 2]]
        assert seen[100 + dy, 100 + dx] in near


def test_it_has_the_look_of_the_first(lens):
    point_at(lens)
    right, _ = panes(lens)
    wheel(right, QPoint(380, 230), 120)
    drag(right, [QPoint(380, 230), QPoint(420, 230)], button=RIGHT)
    lens.set_look(lens.look.magnified(1))
    assert lens.twin.look == lens.look
    assert lens.twin.width() == lens.width() == lens.look.side
    assert lens.twin.scale == lens.scale == 3.0
    assert lens.twin.voi == lens.voi
    assert lens.twin.words() == "other breast 3:1 · own window"


def test_where_the_place_is_out_of_sight_it_stands_at_the_edge_and_shows_it_all_the_same(lens):
    _, left = panes(lens)
    left.one_to_one()
    left.center_on(ImagePoint(COLUMNS - 100, ROWS - 100))
    point = point_at(lens)
    middle = lens.twin.middle
    assert (middle.column, middle.row) == pytest.approx((COLUMNS - point.column, point.row), abs=0.01)
    assert left.geometry().adjusted(-1, -1, 1, 1).contains(lens.twin.geometry().center())


@pytest.mark.parametrize("x", [490, 450, 380, 200])
def test_the_two_never_lie_over_each_other(lens, x):
    point = point_at(lens, QPoint(x, 230))
    right, left = panes(lens)
    assert lens.twin.isVisible()
    assert not lens.geometry().adjusted(1, 1, -1, -1).intersects(lens.twin.geometry().adjusted(1, 1, -1, -1))
    assert lens.twin.geometry().center().x() > lens.geometry().center().x()
    middle = lens.twin.middle
    assert (middle.column, middle.row) == pytest.approx((COLUMNS - point.column, point.row), abs=0.01)
    move(left, QPoint(500 - x, 230), held=NONE)
    assert lens.twin.viewport is right
    assert lens.twin.geometry().center().x() < lens.geometry().center().x()


def test_it_goes_with_the_lens_and_with_the_pointer(lens):
    point_at(lens)
    right, left = panes(lens)
    move(left, QPoint(100, 230), held=NONE)
    assert lens.viewport is left
    assert lens.twin.viewport is right
    QApplication.sendEvent(left, QEvent(QEvent.Type.Leave))
    assert not lens.twin.isVisible()
    point_at(lens)
    assert lens.close_lens()
    assert not lens.twin.isVisible()


@pytest.mark.parametrize("facts", [{"spacing": None}, {"laterality": Laterality.RIGHT}, {"laterality": None}])
def test_without_a_comparable_picture_there_is_none_and_it_says_why(lens, facts):
    point_at(lens)
    assert lens.why_no_twin() == ""
    _, left = panes(lens)
    changed = {"laterality": Laterality.LEFT, **facts}
    left.show_picture(picture(breast(ROWS, COLUMNS), sop_instance_uid="2.25.13", **changed))
    point_at(lens, QPoint(381, 231))
    assert lens.isVisible()
    assert not lens.twin.isVisible()
    assert "same view" in lens.why_no_twin()


def test_a_look_of_last_time_comes_back_with_and_without_twin():
    for look in (LensLook(200, 3.0, True, (4.0, -2.5), True), LensLook()):
        assert LensLook.from_text(look.to_text()) == look
    assert LensLook.from_text("200 3 1 4 -2.5") == LensLook(200, 3.0, True, (4.0, -2.5))
