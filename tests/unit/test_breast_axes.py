"""The same place in both breasts and on images of another size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.analysis.breast.axes import breast_axes
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis
from annotator.model.image import ImageInfo, Laterality, View

BLOCK = 10
INFO = ImageInfo(
    path=Path("none.dcm"),
    sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
    sop_instance_uid="2.25.11",
    rows=400,
    columns=300,
    laterality=Laterality.RIGHT,
    view=View("CC"),
    spacing=PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR),
)
orientations = st.builds(Orientation, st.booleans(), st.booleans(), st.booleans())


def facts(**changed):
    return replace(INFO, **changed)


def breast(rows, columns, nipple_row):
    """Tissue of a left breast as it hangs: a triangle from the left edge with its tip in one row."""
    y, x = np.mgrid[0:rows, 0:columns]
    return np.asarray(x < columns * 0.8 - abs(y - nipple_row))


def stored(shown, turn):
    """The mask of the stored image that hangs like this."""
    out = shown[::-1] if turn.flip_rows else shown
    out = out[:, ::-1] if turn.flip_columns else out
    return out.T if turn.transpose else out


@given(orientations, st.booleans(), st.integers(12, 28))
def test_the_nipple_is_where_tissue_reaches_farthest_however_the_image_is_stored(turn, right, nipple_row):
    shown = breast(40, 30, nipple_row)
    if right:
        shown = shown[:, ::-1]
    tissue = stored(shown, turn)
    side = Laterality.RIGHT if right else Laterality.LEFT
    info = facts(rows=tissue.shape[0] * BLOCK, columns=tissue.shape[1] * BLOCK, laterality=side)
    axes = breast_axes(info, turn, tissue, BLOCK)
    tip = ImagePoint(55.0 if right else 245.0, (nipple_row + 0.5) * BLOCK)
    point = turn.to_stored(tip, info.columns, info.rows)
    from_wall, below = axes.to_mm(point)
    assert from_wall == pytest.approx(24.5)
    assert below == pytest.approx(0)


@given(orientations, st.floats(0, 60), st.floats(-30, 30))
def test_places_come_back(turn, from_wall, below):
    tissue = stored(breast(40, 30, 20), turn)
    info = facts(rows=tissue.shape[0] * BLOCK, columns=tissue.shape[1] * BLOCK)
    axes = breast_axes(info, turn, tissue, BLOCK)
    assert axes.to_mm(axes.to_point(from_wall, below)) == pytest.approx((from_wall, below))


def test_the_same_place_of_a_prior_with_other_pixels_and_of_the_other_breast():
    tissue = breast(40, 30, 20)
    left = breast_axes(facts(rows=400, columns=300, laterality=Laterality.LEFT), Orientation(), tissue, BLOCK)
    fine = replace(INFO.spacing, row_mm=0.05, column_mm=0.05)
    prior = breast_axes(
        facts(rows=800, columns=600, laterality=Laterality.LEFT, spacing=fine),
        Orientation(), tissue.repeat(2, 0).repeat(2, 1), BLOCK,
    )  # fmt: skip
    right = breast_axes(facts(rows=400, columns=300), Orientation(), tissue[:, ::-1], BLOCK)
    at = ImagePoint(100.0, 150.0)
    twice = prior.to_point(*left.to_mm(at))
    assert (twice.column, twice.row) == pytest.approx((200, 300), abs=6)
    mirrored = right.to_point(*left.to_mm(at))
    assert (mirrored.column, mirrored.row) == pytest.approx((200, 150))


@pytest.mark.parametrize(
    "changed",
    [{"spacing": None}, {"laterality": None}, {"view": View("CC", ("M",))}],
    ids=["no spacing", "no side", "magnified"],
)
def test_what_cannot_be_compared_has_no_axes(changed):
    assert breast_axes(facts(**changed), Orientation(), breast(40, 30, 20), BLOCK) is None
