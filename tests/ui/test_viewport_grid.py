"""Panes: layout, one active, chest walls that meet, one scale in millimetres."""

from __future__ import annotations

import pytest
from hands import click
from pictures import breast, picture
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from annotator.model.geometry import PixelSpacing, SpacingBasis
from annotator.model.image import Laterality, View
from annotator.ui.panes.pane_places import Places, Spot
from annotator.ui.panes.viewport_grid import Board, ViewportGrid

# The offscreen platform says so of every window; it is no fault of ours.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def spacing(mm):
    return PixelSpacing(mm, mm, SpacingBasis.AT_DETECTOR)


@pytest.fixture
def grid(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 1000)
    grid = ViewportGrid(window)
    grid.resize(801, 601)
    window.show()
    yield grid
    # the window owns the grid and lives until here
    window.close()


def mm_per_pixel(viewport):
    return viewport.picture.column_mm / viewport.view.scale


def rows(*counts, board=0):
    """Places row by row, so many in each."""
    return Places(tuple(Spot(board, row, column) for row, n in enumerate(counts) for column in range(n)))


ONE, PAIR, FOUR, EIGHT = rows(1), rows(2), rows(2, 2), rows(4, 4)
LARGE_LEFT = Places((Spot(0, 0, 0, 2), Spot(0, 0, 1), Spot(0, 1, 1)), (3, 2), 0)
LARGE_RIGHT = Places((Spot(0, 0, 1, 2), Spot(0, 0, 0), Spot(0, 1, 0)), (2, 3), 0)


def test_arrangements_show_so_many_panes(grid, qtbot):
    for places in (ONE, PAIR, LARGE_LEFT, FOUR, EIGHT, PAIR):
        grid.arrange(places)
        n = len(places.spots)
        assert [v.isVisible() for v in grid.viewports] == [place < n for place in range(8)]
        assert grid.shown == grid.viewports[:n]
    qtbot.waitUntil(lambda: grid.viewports[0].width() == 400)
    assert grid.viewports[1].x() == 401
    with pytest.raises(ValueError, match="no second board"):
        grid.arrange(rows(1, board=1))


def test_eight_panes_are_equally_large(grid, qtbot):
    grid.arrange(LARGE_RIGHT)
    grid.arrange(EIGHT)
    qtbot.waitUntil(lambda: {v.height() for v in grid.shown} == {300})
    qtbot.waitUntil(lambda: {v.width() for v in grid.shown} <= {199, 200})
    assert [v.y() for v in grid.shown] == [0] * 4 + [301] * 4


@pytest.mark.parametrize("before", [LARGE_LEFT, LARGE_RIGHT, FOUR, EIGHT])
def test_a_single_pane_has_all_the_room(grid, qtbot, before):
    grid.arrange(before)
    grid.arrange(ONE)
    qtbot.waitUntil(lambda: grid.viewports[0].width() == 801)


def test_panes_lent_to_another_window_come_back_with_their_picture(grid, qtbot):
    other = Board()
    qtbot.addWidget(other)
    other.resize(300, 300)
    other.show()
    grid.lend_to(other)
    grid.arrange(Places((Spot(0, 0, 0), Spot(1, 0, 0))))
    here, there = grid.shown
    there.show_picture(picture())
    assert other.isAncestorOf(there)
    assert grid.holds(there)
    qtbot.waitUntil(lambda: there.width() == 300)
    there.activated.emit()
    assert grid.active is there
    grid.lend_to(None)
    grid.arrange(PAIR)
    assert grid.isAncestorOf(there)
    assert there.isVisible()
    assert there.picture is not None
    qtbot.waitUntil(lambda: there.width() == here.width() == 400)


def test_one_pane_is_active_the_one_last_touched(grid, qtbot):
    grid.arrange(FOUR)
    with qtbot.waitSignal(grid.active_changed) as changed:
        click(grid.viewports[2], QPoint(5, 5))
    assert changed.args == [grid.viewports[2]]
    assert grid.active is grid.viewports[2]
    grid.arrange(PAIR)
    assert grid.active is grid.viewports[0]


def test_chest_walls_meet_in_the_middle(grid, qtbot):
    grid.arrange(PAIR)
    right, left = grid.viewports[:2]
    qtbot.waitUntil(lambda: right.width() == 400)
    right.show_picture(picture(laterality=Laterality.RIGHT))
    left.show_picture(picture(breast()[:, ::-1].copy(), laterality=Laterality.LEFT))
    assert right.view.left + 220 * right.view.scale == pytest.approx(right.device_size()[0])
    assert left.view.left == 0


def test_fitted_panes_share_one_scale_in_millimetres(grid, qtbot):
    grid.arrange(FOUR)
    first, second, magnified, unknown = grid.shown
    qtbot.waitUntil(lambda: first.height() == 300)
    first.show_picture(picture(spacing=spacing(0.07)))
    alone = mm_per_pixel(first)
    second.show_picture(picture(breast(500, 300), spacing=spacing(0.1), sop_instance_uid="2.25.2"))
    magnified.show_picture(picture(spacing=spacing(0.02), view=View("CC", ("M",)), sop_instance_uid="2.25.3"))
    unknown.show_picture(picture(spacing=None, sop_instance_uid="2.25.4"))
    assert mm_per_pixel(first) == pytest.approx(mm_per_pixel(second))
    assert mm_per_pixel(first) > alone
    assert magnified.view.scale == pytest.approx(1)
    assert unknown.view.scale == pytest.approx(1)
    grid.resize(801, 901)
    assert mm_per_pixel(first) == pytest.approx(mm_per_pixel(second))
    second.clear()
    assert mm_per_pixel(first) < alone


def test_a_zoomed_pane_that_grew_again_leaves_the_others_their_scale(grid, qtbot):
    grid.arrange(FOUR)
    first, second = grid.viewports[:2]
    qtbot.waitUntil(lambda: first.height() == 300)
    first.show_picture(picture(spacing=spacing(0.07)))
    second.show_picture(picture(spacing=spacing(0.07), sop_instance_uid="2.25.2"))
    whole = mm_per_pixel(second)
    first.one_to_one()
    grid.resize(201, 151)
    qtbot.waitUntil(lambda: second.height() == 75)
    assert mm_per_pixel(second) > whole
    grid.resize(801, 601)
    qtbot.waitUntil(lambda: second.height() == 300)
    assert mm_per_pixel(second) == pytest.approx(whole)


def test_one_act_brings_all_panes_to_the_scale_of_the_active_one(grid, qtbot):
    grid.arrange(FOUR)
    first, second, magnified, unknown = grid.shown
    qtbot.waitUntil(lambda: first.height() == 300)
    first.show_picture(picture(spacing=spacing(0.07)))
    second.show_picture(picture(breast(500, 300), spacing=spacing(0.1), sop_instance_uid="2.25.2"))
    magnified.show_picture(picture(spacing=spacing(0.02), view=View("CC", ("M",)), sop_instance_uid="2.25.3"))
    unknown.show_picture(picture(spacing=None, sop_instance_uid="2.25.4"))
    first.zoom_by(3.0, first.rect().center())
    middle = second.view.to_image(*(side / 2 for side in second.device_size()))
    before = magnified.view, unknown.view
    assert mm_per_pixel(first) != pytest.approx(mm_per_pixel(second))
    assert grid.share_active_scale() == 1
    assert mm_per_pixel(first) == pytest.approx(mm_per_pixel(second))
    after = second.view.to_image(*(side / 2 for side in second.device_size()))
    assert (after.column, after.row) == pytest.approx((middle.column, middle.row), abs=2)
    assert (magnified.view, unknown.view) == before
    first.fit()
    assert grid.share_active_scale() == 1
    assert second.fitted
    for without in (magnified, unknown):
        grid.set_active(without)
        assert grid.share_active_scale() == 0
