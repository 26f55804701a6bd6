"""How large a picture stands when it fits: all of the breast in view, its chest wall at the edge of the pane."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.hanging import edge_for
from annotator.imaging.air import breast_region, sees_tissue
from annotator.imaging.placement import fit_breast, fit_hung
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis
from annotator.model.image import ImageInfo, Laterality, View

COLUMNS, ROWS = 2400, 3000
SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)
TURNS = [Orientation(t, c, r) for t in (False, True) for c in (False, True) for r in (False, True)]
PORTRAIT, LANDSCAPE = (1000, 2500), (900, 500)


def image(laterality: Laterality | None, view: str, spacing: PixelSpacing = SPACING) -> ImageInfo:
    return ImageInfo(
        path=Path("none.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid="2.25.1",
        study_instance_uid="2.25.2",
        rows=ROWS,
        columns=COLUMNS,
        bits_stored=12,
        laterality=laterality,
        view=View(view),
        spacing=spacing,
    )


def stored(left: float, top: float, right: float, bottom: float, turn: Orientation):
    """The part of the stored image that is seen between these shares of the image as displayed."""
    columns, rows = turn.displayed_size(COLUMNS, ROWS)
    one = turn.to_stored(ImagePoint(left * columns, top * rows), COLUMNS, ROWS)
    other = turn.to_stored(ImagePoint(right * columns, bottom * rows), COLUMNS, ROWS)
    (x, across), (y, down) = sorted((one.column, other.column)), sorted((one.row, other.row))
    return x, y, across - x, down - y


def on_screen(view, region):
    column, row, columns, rows = region
    one = view.to_screen(ImagePoint(column, row))
    other = view.to_screen(ImagePoint(column + columns, row + rows))
    (left, right), (top, bottom) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return left, top, right, bottom


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE])
@pytest.mark.parametrize("view", ["CC", "MLO"])
@pytest.mark.parametrize("side", [Laterality.LEFT, Laterality.RIGHT, None])
@pytest.mark.parametrize("flat", [0.1, 0.2])
def test_all_of_the_breast_is_in_view_and_the_chest_wall_at_its_edge(side, view, size, turn, flat):
    info = image(side, view, PixelSpacing(0.1, flat, SpacingBasis.AT_DETECTOR))
    shares = (0.0, 0.1, 0.5, 0.85) if side is not Laterality.RIGHT else (0.5, 0.1, 1.0, 0.85)
    breast = stored(*shares, turn)
    fitted, whole = fit_breast(info, turn, *size, breast), fit_hung(info, turn, *size)
    left, top, right, bottom = on_screen(fitted, breast)
    assert -0.01 <= left < right <= size[0] + 0.01
    assert -0.01 <= top < bottom <= size[1] + 0.01
    assert fitted.scale >= whole.scale
    assert fitted.scale_down / fitted.scale == pytest.approx(whole.scale_down / whole.scale)
    wall = {"left": left, "right": right - size[0], "center": 0.0}[edge_for(info)]
    assert wall == pytest.approx(0, abs=0.01)


def test_on_a_portrait_screen_the_breast_is_nearly_twice_as_large():
    info, turn = image(Laterality.LEFT, "CC"), Orientation()
    breast = stored(0.0, 0.1, 0.55, 0.9, turn)
    fitted, whole = fit_breast(info, turn, *PORTRAIT, breast), fit_hung(info, turn, *PORTRAIT)
    assert fitted.scale / whole.scale == pytest.approx(1 / 0.55)


def test_a_side_view_keeps_the_axilla_in_view_as_long_as_the_breast_fits():
    info, turn = image(Laterality.LEFT, "MLO"), Orientation()
    fitted = fit_breast(info, turn, 1000, 1500, stored(0.0, 0.0, 0.5, 0.6, turn))
    assert ROWS * fitted.scale > 1500
    assert fitted.top == 0


def test_where_little_is_gained_the_whole_picture_is_shown():
    info, turn = image(Laterality.LEFT, "CC"), Orientation()
    breast = stored(0.0, 0.0, 0.95, 1.0, turn)
    assert fit_breast(info, turn, *PORTRAIT, breast) == fit_hung(info, turn, *PORTRAIT)


def test_a_smaller_common_scale_is_kept():
    info, turn = image(Laterality.RIGHT, "CC"), Orientation()
    breast = stored(0.5, 0.1, 1.0, 0.9, turn)
    assert fit_breast(info, turn, *PORTRAIT, breast, 0.2) == fit_hung(info, turn, *PORTRAIT, 0.2)


def test_the_extent_of_the_breast_grows_in_steps_and_holds_markers():
    tissue = np.zeros((100, 80), np.bool_)
    tissue[31:69, 41:] = True
    region = breast_region(tissue, 2560, 3200)
    grown = tissue.copy()
    grown[30:70, 40:] = True
    assert breast_region(grown, 2560, 3200) == region
    column, row, columns, rows = region
    assert column < 40 * 32
    assert row < 30 * 32
    assert (column + columns, row + rows > 70 * 32) == (2560, True)
    tissue[5, 5] = True
    assert breast_region(tissue, 2560, 3200)[:2] == (0, 0)
    assert breast_region(np.zeros_like(tissue), 2560, 3200) == (0, 0, 2560, 3200)


def test_whether_some_of_the_breast_is_in_a_pane():
    tissue = np.zeros((100, 80), np.bool_)
    tissue[30:70, 40:] = True
    info = image(Laterality.RIGHT, "CC")
    view = fit_hung(info, Orientation(), *LANDSCAPE)
    assert sees_tissue(tissue, 30, view, LANDSCAPE)
    away = fit_hung(info, Orientation(), 900, 500, 4.0)
    assert not sees_tissue(tissue, 30, type(view)(COLUMNS, ROWS, 4.0, 0.0, 0.0), LANDSCAPE)
    assert sees_tissue(tissue, 30, away, LANDSCAPE)
