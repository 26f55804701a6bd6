"""Panes: layout, one active, chest walls that meet, one scale in millimetres."""

from __future__ import annotations

import pytest
from hands import click
from pictures import breast, picture
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from annotator.model.geometry import PixelSpacing, SpacingBasis
from annotator.model.image import Laterality, View
from annotator.ui.viewport_grid import ViewportGrid


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


def test_layouts_show_so_many_panes(grid, qtbot):
    for n in (1, 2, 3, 4, 2):
        grid.set_layout(n)
        assert [v.isVisible() for v in grid.viewports] == [place < n for place in range(4)]
    qtbot.waitUntil(lambda: grid.viewports[0].width() == 400)
    assert grid.viewports[1].x() == 401
    with pytest.raises(ValueError, match="one to four"):
        grid.set_layout(5)


@pytest.mark.parametrize("large_right", [False, True])
def test_a_single_pane_has_all_the_room(grid, qtbot, large_right):
    grid.set_layout(4)
    grid.set_layout(1, large_right=large_right)
    qtbot.waitUntil(lambda: grid.viewports[0].width() == 801)


def test_one_pane_is_active_the_one_last_touched(grid, qtbot):
    grid.set_layout(4)
    with qtbot.waitSignal(grid.active_changed) as changed:
        click(grid.viewports[2], QPoint(5, 5))
    assert changed.args == [grid.viewports[2]]
    assert grid.active is grid.viewports[2]
    grid.set_layout(2)
    assert grid.active is grid.viewports[0]


def test_chest_walls_meet_in_the_middle(grid, qtbot):
    grid.set_layout(2)
    right, left = grid.viewports[:2]
    qtbot.waitUntil(lambda: right.width() == 400)
    right.show_picture(picture(laterality=Laterality.RIGHT))
    left.show_picture(picture(breast()[:, ::-1].copy(), laterality=Laterality.LEFT))
    assert right.view.left + 220 * right.view.scale == pytest.approx(right.device_size()[0])
    assert left.view.left == 0


def test_fitted_panes_share_one_scale_in_millimetres(grid, qtbot):
    grid.set_layout(4)
    first, second, magnified, unknown = grid.viewports
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
    grid.set_layout(4)
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
