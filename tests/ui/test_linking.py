"""Panes that move together, through real events: the same place, the same size, windows alike."""

from __future__ import annotations

import pytest
from hands import LEFT, MIDDLE, RIGHT, drag, press, release, wheel
from pictures import INFO, breast, picture
from PySide6.QtCore import QPoint

from annotator.imaging.grayscale import DRAGGED
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.image import Laterality, View, Window
from annotator.ui.looking.linking import Linking
from annotator.ui.panes.pane_places import Places, Spot
from annotator.ui.panes.viewport_grid import ViewportGrid

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

ROWS, COLUMNS = 1500, 1100
FINE = PixelSpacing(0.035, 0.035, SpacingBasis.AT_DETECTOR)


def right_breast(**facts):
    return picture(breast(ROWS, COLUMNS), **facts)


def left_breast(**facts):
    mirrored = breast(ROWS, COLUMNS)[:, ::-1].copy()
    return picture(mirrored, **{"laterality": Laterality.LEFT, "sop_instance_uid": "2.25.12", **facts})


def prior_of_right():
    """The same breast with pixels half as large."""
    fine = breast(ROWS, COLUMNS).repeat(2, 0).repeat(2, 1)
    return picture(fine, sop_instance_uid="2.25.13", study_instance_uid="2.25.9", spacing=FINE)


@pytest.fixture
def grid(qtbot):
    """The right breast, the left one, which is its mirror image, and a prior of the right one."""
    grid = ViewportGrid()
    qtbot.addWidget(grid)
    grid.resize(1000, 800)
    grid.arrange(Places(tuple(Spot(0, *divmod(pane, 2)) for pane in range(4))))
    grid.show()
    for viewport, shown in zip(
        grid.viewports, (right_breast(), left_breast(), prior_of_right()), strict=False
    ):
        viewport.show_picture(shown)
    return grid


@pytest.fixture
def linking(grid):
    linking = Linking(grid)
    linking.link_views(True)
    return linking


def middle(viewport):
    """From the chest wall and down, in millimetres, of what is in the middle of a pane."""
    width, height = viewport.device_size()
    point = viewport.view.to_image(width / 2, height / 2)
    info = viewport.picture.info
    across = point.column if info.laterality is Laterality.LEFT else info.columns - point.column
    return across * info.spacing.column_mm, point.row * info.spacing.row_mm


def mm_per_pixel(viewport):
    return viewport.picture.column_mm / viewport.view.scale


def is_together(a, b):
    """Within a pixel of the screen: at 1:1 pictures begin on whole pixels."""
    rounding = mm_per_pixel(a)
    assert middle(b) == pytest.approx(middle(a), abs=rounding)
    assert mm_per_pixel(b) == pytest.approx(mm_per_pixel(a))


def test_zoom_and_pan_show_the_same_millimetres_mirrored_and_on_a_prior(grid, linking):
    right, left, prior = grid.viewports[:3]
    at = QPoint(right.width() - 60, right.height() // 2)
    for _ in range(6):
        wheel(right, at)
    for other in (left, prior):
        is_together(right, other)
    drag(right, [at, at + QPoint(-30, 12), at + QPoint(-70, 40)], button=MIDDLE)
    for other in (left, prior):
        is_together(right, other)
    before = middle(right)
    press(left, QPoint(100, 100), LEFT)
    release(left, QPoint(100, 100), LEFT)
    drag(left, [QPoint(100, 100), QPoint(70, 90)], button=MIDDLE)
    assert middle(left) != pytest.approx(before)
    for other in (right, prior):
        is_together(left, other)


def test_a_fitted_pane_fits_the_others(grid, linking):
    right, left, prior = grid.viewports[:3]
    right.one_to_one()
    assert not left.fitted
    right.fit()
    assert left.fitted
    assert prior.fitted


def test_free_panes_stay(grid, linking):
    right, left, _ = grid.viewports[:3]
    linking.link_views(False)
    view = left.view
    right.one_to_one()
    assert left.view == view


def test_linking_brings_the_others_to_the_active_pane(grid):
    right, left, _ = grid.viewports[:3]
    right.one_to_one()
    right.pan(-40, 20)
    linking = Linking(grid)
    assert left.fitted
    linking.link_views(True)
    is_together(right, left)


@pytest.mark.parametrize(
    "facts", [{"view": View("CC", ("M",))}, {"spacing": None}, {"laterality": Laterality.BOTH}],
    ids=["magnified", "no spacing", "both breasts"],
)  # fmt: skip
def test_what_cannot_be_compared_goes_its_own_way(grid, linking, facts):
    right, left, prior = grid.viewports[:3]
    left.show_picture(left_breast(sop_instance_uid="2.25.14", **facts))
    view = left.view
    right.one_to_one()
    assert left.view == view
    assert not linking.can_follow(left)
    is_together(right, prior)


def test_a_picture_that_comes_moves_nothing_and_another_slice_keeps_its_place(grid, linking):
    right, left, _ = grid.viewports[:3]
    right.one_to_one()
    view = left.view
    right.show_picture(right_breast(sop_instance_uid="2.25.20", frames=3))
    assert right.fitted
    assert left.view == view
    right.one_to_one()
    is_together(right, left)
    view = left.view
    right.show_picture(right_breast(sop_instance_uid="2.25.20", frames=3, frame_number=2))
    assert left.view == view
    right.pan(-20, 0)
    is_together(right, left)


def test_a_resized_window_keeps_the_panes_together(qtbot, grid, linking):
    right, left, prior = grid.viewports[:3]
    right.one_to_one()
    right.pan(-50, 0)
    grid.resize(820, 640)
    qtbot.waitUntil(lambda: not right.moving)
    for other in (left, prior):
        is_together(right, other)


def test_a_window_drag_goes_for_all_and_each_by_its_own_file(grid):
    right, left, prior = grid.viewports[:3]
    own = (Window(500, 1000, name="NORMAL"), Window(500, 600, name="HARDER"))
    prior.show_picture(right_breast(sop_instance_uid="2.25.15", voi=own, bits_stored=10))
    linking = Linking(grid)
    linking.link_windows(True)
    at = QPoint(200, 200)
    drag(right, [at, at + QPoint(40, 0), at + QPoint(80, 30)], button=RIGHT)
    assert right.voi.name == DRAGGED
    assert left.voi == right.voi
    base = INFO.voi[0]
    assert prior.voi.width / own[0].width == pytest.approx(right.voi.width / base.width)
    shifted = (right.voi.center - base.center) / base.width
    assert (prior.voi.center - own[0].center) / own[0].width == pytest.approx(shifted)
    linking.link_windows(False)
    before = left.voi
    drag(right, [at, at + QPoint(-60, 0)], button=RIGHT)
    assert left.voi == before != right.voi


def test_alternatives_go_by_name_then_by_number(grid):
    right, left, prior = grid.viewports[:3]
    mine = (Window(2000, 4000, name="NORMAL"), Window(2100, 2000, name="HARDER"))
    other = (Window(50, 90, name="HARDER"), Window(60, 100, name="NORMAL"))
    third = (Window(1, 10), Window(2, 20))
    right.show_picture(right_breast(sop_instance_uid="2.25.21", voi=mine))
    left.show_picture(left_breast(sop_instance_uid="2.25.22", voi=other))
    prior.show_picture(right_breast(sop_instance_uid="2.25.23", voi=third))
    Linking(grid).link_windows(True)
    right.set_voi(mine[1])
    assert left.voi == other[0]
    assert prior.voi == third[1]


def test_esc_in_a_drag_brings_all_windows_back(grid):
    right, left, _ = grid.viewports[:3]
    Linking(grid).link_windows(True)
    before = right.voi, left.voi
    at = QPoint(200, 200)
    press(right, at, RIGHT)
    drag(right, [at, at + QPoint(70, 30)], button=RIGHT)
    press(right, at, RIGHT)
    right.set_voi(before[0])
    assert (right.voi, left.voi) == before


def test_what_is_linked_is_remembered_in_words(grid):
    linking = Linking(grid)
    linking.link_windows(True)
    again = Linking(grid)
    again.from_text(linking.to_text())
    assert (again.views, again.windows) == (False, True)
    again.from_text("")
    assert (again.views, again.windows) == (False, False)


def test_the_nipple_line_is_the_same_though_one_breast_lies_lower(grid, linking):
    right, left, _ = grid.viewports[:3]
    frame = breast(ROWS, COLUMNS)[:, ::-1]
    lower = frame.copy()
    lower[:] = 0
    lower[200:] = frame[:-200]
    left.show_picture(picture(lower, laterality=Laterality.LEFT, sop_instance_uid="2.25.16"))
    right.one_to_one()
    right.center_on(ImagePoint(COLUMNS - 300, ROWS / 2))
    width, height = left.device_size()
    assert left.view.to_image(width / 2, height / 2).row == pytest.approx(ROWS / 2 + 200, abs=12)
