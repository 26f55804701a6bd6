"""Outlines to pixels and back: the centre decides, and nothing vanishes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from annotator.exchange.masks import patch_of, traced
from annotator.model.geometry import ImagePoint, contains

ROWS, COLUMNS = 23, 17
PLACE = st.builds(ImagePoint, st.floats(-3, COLUMNS + 3), st.floats(-3, ROWS + 3))
OUTLINE = st.lists(PLACE, min_size=3, max_size=12)


def whole(outline: list[ImagePoint], at: ImagePoint) -> np.ndarray:
    mask = np.zeros((ROWS, COLUMNS), bool)
    patch_of(outline, at, ROWS, COLUMNS).put_on(mask)
    return mask


@given(OUTLINE)
def test_a_pixel_belongs_exactly_where_its_centre_lies_inside(outline: list[ImagePoint]) -> None:
    wanted = np.array(
        [[contains(outline, ImagePoint(c + 0.5, r + 0.5)) for c in range(COLUMNS)] for r in range(ROWS)]
    )
    if wanted.any():
        assert (whole(outline, ImagePoint(0.5, 0.5)) == wanted).all()


@given(PLACE, st.floats(0.01, 0.3))
def test_what_holds_no_centre_is_the_pixel_it_lies_in(place: ImagePoint, size: float) -> None:
    corners = [(-size, -size), (size, -size), (0, size)]
    outline = [ImagePoint(place.column + x, place.row + y) for x, y in corners]
    mask = whole(outline, place)
    assert mask.sum() == 1
    row, column = np.argwhere(mask)[0]
    assert (row, column) == (
        min(max(int(np.floor(place.row)), 0), ROWS - 1),
        min(max(int(np.floor(place.column)), 0), COLUMNS - 1),
    )


def count_of(mask: np.ndarray) -> int:
    return int(ndimage.label(mask, np.ones((3, 3)))[1])


@given(arrays.arrays(bool, (ROWS, COLUMNS)))
def test_pieces_of_a_mask_are_outlined_by_the_edges_of_their_pixels(mask: np.ndarray) -> None:
    again = np.zeros_like(mask)
    found = list(traced(mask))
    for piece in found:
        patch_of(piece.outline, piece.middle, ROWS, COLUMNS).put_on(again)
    assert len(found) == count_of(mask)
    assert (again >= mask).all()
    if not any(piece.holes for piece in found):
        assert (again == mask).all()
    else:
        assert again.sum() > mask.sum()


def test_a_ring_is_told_to_have_a_hole_and_pixels_at_a_corner_are_one() -> None:
    mask = np.zeros((9, 9), bool)
    mask[1:4, 1:4] = True
    mask[2, 2] = False
    mask[5, 5] = mask[6, 6] = True
    ring, pair = traced(mask)
    assert (ring.holes, pair.holes) == (True, False)
    assert ring.outline == (ImagePoint(1, 1), ImagePoint(4, 1), ImagePoint(4, 4), ImagePoint(1, 4))
    assert pair.middle == ImagePoint(6.0, 6.0)
    assert len(pair.outline) == 8


def test_a_point_without_outline_is_one_pixel_also_beyond_the_edge() -> None:
    assert np.argwhere(whole([], ImagePoint(16.99, 0.0))).tolist() == [[0, 16]]
    assert np.argwhere(whole([], ImagePoint(17.5, 40.0))).tolist() == [[22, 16]]
