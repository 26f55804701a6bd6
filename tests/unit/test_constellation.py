"""The marks of a cluster in the millimetres of the image as it hangs, however it is stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.analysis.change.constellation import constellation_of
from annotator.imaging.crop import crop
from annotator.imaging.pyramid import levels_of
from annotator.model.comparison import ClusterOnImage
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis
from annotator.model.image import ImageInfo, ImageKey, Laterality, View, Window
from annotator.model.mark import Mark, MarkKind, SpotMeasurement

ROWS, COLUMNS = 300, 200
SHOWN = ((50.0, 60.0), (55.5, 80.0), (90.0, 61.0))
"""Places of the image as it hangs, column and row."""
INFO = ImageInfo(
    path=Path("none.dcm"),
    sop_class_uid="1",
    sop_instance_uid="2",
    rows=ROWS,
    columns=COLUMNS,
    laterality=Laterality.LEFT,
    view=View("CC"),
    spacing=PixelSpacing(0.2, 0.1, SpacingBasis.AT_DETECTOR),
    voi=(Window(500.0, 1000.0),),
)
orientations = st.builds(Orientation, st.booleans(), st.booleans(), st.booleans())


def stored(turn: Orientation) -> tuple[ImageInfo, tuple[Mark, ...]]:
    """The image and its marks as stored, so that turned it hangs with pixels 0.1 mm wide and 0.2 mm high."""
    rows, columns = (COLUMNS, ROWS) if turn.transpose else (ROWS, COLUMNS)
    high, wide = (0.1, 0.2) if turn.transpose else (0.2, 0.1)
    info = replace(
        INFO, rows=rows, columns=columns, spacing=PixelSpacing(high, wide, SpacingBasis.AT_DETECTOR)
    )
    marks = []
    for number, place in enumerate(SHOWN, start=1):
        at = turn.to_stored(ImagePoint(*place), columns, rows)
        size = (
            SpotMeasurement(at, 4, 1, 5, 3, 0, 1, 120, 9, diameter_mm=0.4 + number / 10)
            if number > 1
            else None
        )
        marks.append(Mark(f"m{number}", number, "f", info.key(), at, MarkKind.MICRO, size))
    return info, tuple(marks)


@given(orientations)
def test_it_is_the_same_however_the_image_is_stored(turn):
    info, marks = stored(turn)
    placed = turn.to_stored(ImagePoint(10, 100), info.columns, info.rows)
    seen = constellation_of(ClusterOnImage(info=info, marks=marks, nipple=placed), turn, None)
    assert np.allclose(seen.places, [(column * 0.1, row * 0.2) for column, row in SHOWN])
    assert seen.nipple == pytest.approx((1.0, 20.0))
    assert seen.diameters_mm == (None, pytest.approx(0.6), pytest.approx(0.7))
    assert seen.contrasts == (None, 120, 120)
    assert seen.mark_ids == ("m1", "m2", "m3")
    assert (seen.basis, seen.in_mm) == (SpacingBasis.AT_DETECTOR, True)


def test_without_pixel_spacing_it_is_in_pixels_and_says_so():
    info, marks = stored(Orientation())
    bare = replace(info, spacing=None)
    seen = constellation_of(
        ClusterOnImage(info=bare, marks=marks, nipple=ImagePoint(1, 1)), Orientation(), None
    )
    assert seen.places == SHOWN
    assert (seen.basis, seen.in_mm, seen.nipple) == (None, False, None)


def test_of_a_stack_the_fullest_slice_stands_for_it():
    _, marks = stored(Orientation())
    on = [replace(mark, image=ImageKey("2", frame)) for mark, frame in zip(marks, (7, 3, 3), strict=True)]
    assert ClusterOnImage(info=INFO, marks=tuple(on)).frame == 3
    assert ClusterOnImage(info=INFO, marks=()).frame == 1


@given(orientations, st.floats(3.0, 12.0))
def test_a_crop_shows_a_place_where_it_says(turn, side):
    """A bright square about a place lies in the middle of the crop about it."""
    info, marks = stored(turn)
    frame = np.full((info.rows, info.columns), 100, np.uint16)
    column, row = int(marks[1].point.column), int(marks[1].point.row)
    frame[row - 3 : row + 4, column - 3 : column + 4] = 900
    middle = SHOWN[1][0] * 0.1, SHOWN[1][1] * 0.2
    taken = crop(info, frame, levels_of(info, frame), turn, (0.1, 0.2), middle, side, 200)
    assert taken.grey.shape == (200, 200)
    assert (taken.left, taken.top) == (middle[0] - side / 2, middle[1] - side / 2)
    bright = np.argwhere(taken.grey > 150)
    assert np.abs(bright.mean(axis=0) - 100).max() < 0.25 / side * 200
