"""Places, lengths and turns: which way a number counts, and that a way there is a way back."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.model.geometry import (
    ImagePoint,
    Millimetres,
    Orientation,
    PixelSpacing,
    SpacingBasis,
    ViewTransform,
    contains,
    convex_hull,
    greatest_extent,
)

OBLONG = PixelSpacing(row_mm=0.2, column_mm=0.05, basis=SpacingBasis.AT_FILM)
COLUMNS, ROWS = 7, 4
TURNS = [Orientation(*turn) for turn in itertools.product((False, True), repeat=3)]

places = st.builds(ImagePoint, st.floats(-50, 50), st.floats(-50, 50))
grid_places = st.builds(ImagePoint, st.integers(-6, 6), st.integers(-6, 6))


def turned(pixels: np.ndarray, turn: Orientation) -> np.ndarray:
    """What the words of an orientation do to an array."""
    pixels = pixels.T if turn.transpose else pixels
    pixels = pixels[:, ::-1] if turn.flip_columns else pixels
    return pixels[::-1] if turn.flip_rows else pixels


def test_a_spacing_counts_rows_downwards_and_columns_across() -> None:
    origin = ImagePoint(column=10, row=10)
    assert OBLONG.distance(origin, ImagePoint(column=14, row=10)).value == pytest.approx(0.2)
    assert OBLONG.distance(origin, ImagePoint(column=10, row=14)).value == pytest.approx(0.8)
    assert OBLONG.distance(origin, ImagePoint(column=22, row=14)).value == pytest.approx(1.0)
    assert OBLONG.mean_mm == pytest.approx(0.1)


def test_a_length_carries_the_basis_of_its_spacing() -> None:
    assert OBLONG.distance(ImagePoint(0, 0), ImagePoint(1, 1)).basis is SpacingBasis.AT_FILM
    assert greatest_extent([ImagePoint(0, 0)], OBLONG) == Millimetres(0.0, SpacingBasis.AT_FILM)


@pytest.mark.parametrize(
    ("value", "words"), [(0.3149, "0.31 mm at film"), (0.994, "0.99 mm at film"), (1.0, "1.0 mm at film")]
)
def test_a_length_is_told_to_what_can_be_measured(value: float, words: str) -> None:
    assert str(Millimetres(value, SpacingBasis.AT_FILM)) == words


@pytest.mark.parametrize("bad", [0.0, -0.07, math.inf, math.nan])
def test_a_spacing_that_is_none_is_refused(bad: float) -> None:
    for row_mm, column_mm in ((bad, 0.07), (0.07, bad)):
        with pytest.raises(ValueError, match="finite and above zero"):
            PixelSpacing(row_mm, column_mm, SpacingBasis.CALIBRATED)


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_a_turned_place_is_where_its_pixel_goes(turn: Orientation) -> None:
    stored = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    shown = turned(stored, turn)
    assert turn.displayed_size(COLUMNS, ROWS) == shown.shape[::-1]
    for row, column in np.ndindex(stored.shape):
        at = turn.to_displayed(ImagePoint(column + 0.5, row + 0.5), COLUMNS, ROWS)
        assert shown[math.floor(at.row), math.floor(at.column)] == stored[row, column]
        assert (at.row % 1, at.column % 1) == (0.5, 0.5)


@given(places, st.sampled_from(TURNS))
def test_a_turn_leads_back(point: ImagePoint, turn: Orientation) -> None:
    back = turn.to_stored(turn.to_displayed(point, COLUMNS, ROWS), COLUMNS, ROWS)
    assert (back.column, back.row) == pytest.approx((point.column, point.row))


@given(
    places,
    st.sampled_from(TURNS),
    st.floats(0.01, 40),
    st.none() | st.floats(0.01, 40),
    st.floats(-900, 900),
    st.floats(-900, 900),
)
def test_a_view_leads_back(
    point: ImagePoint, turn: Orientation, scale: float, scale_rows: float | None, left: float, top: float
) -> None:
    view = ViewTransform(COLUMNS, ROWS, scale, left, top, turn, scale_rows)
    back = view.to_image(*view.to_screen(point))
    assert (back.column, back.row) == pytest.approx((point.column, point.row), abs=1e-6)


def test_a_view_turns_then_scales_then_shifts() -> None:
    upright = ViewTransform(COLUMNS, ROWS, scale=2, left=100, top=30)
    assert upright.to_screen(ImagePoint(3, 1)) == (106, 32)
    mirrored = ViewTransform(COLUMNS, ROWS, 2, 100, 30, Orientation(flip_columns=True))
    assert mirrored.to_screen(ImagePoint(3, 1)) == (108, 32)
    lying = ViewTransform(COLUMNS, ROWS, 2, 100, 30, Orientation(transpose=True), scale_rows=5)
    assert lying.to_screen(ImagePoint(3, 1)) == (102, 45)


@given(st.lists(grid_places, max_size=12))
def test_a_hull_is_convex_goes_one_way_round_and_leaves_nobody_out(points: list[ImagePoint]) -> None:
    hull = convex_hull(points)
    assert set(hull) <= set(points)
    assert len(set(hull)) == len(hull)
    if len(hull) > 2:
        for a, b, c in zip(hull, hull[1:] + hull[:1], hull[2:] + hull[:2], strict=True):
            assert _side(a, b, c) > 0
    for a, b in itertools.pairwise((*hull, *hull[:1])):
        for point in points:
            assert _side(a, b, point) >= 0


def _side(a: ImagePoint, b: ImagePoint, c: ImagePoint) -> float:
    return (b.column - a.column) * (c.row - a.row) - (b.row - a.row) * (c.column - a.column)


@given(st.lists(grid_places, max_size=12), st.sampled_from([OBLONG, PixelSpacing(0.1, 0.1, OBLONG.basis)]))
def test_the_greatest_extent_is_that_of_the_two_farthest_apart(
    points: list[ImagePoint], spacing: PixelSpacing
) -> None:
    lengths = [spacing.distance(a, b).value for a, b in itertools.combinations(points, 2)]
    assert greatest_extent(points, spacing).value == pytest.approx(max(lengths, default=0.0))


def test_the_farthest_apart_in_millimetres_need_not_be_so_in_pixels() -> None:
    points = [ImagePoint(0, 0), ImagePoint(10, 0), ImagePoint(0, 4)]
    assert greatest_extent(points, OBLONG).value == pytest.approx(math.hypot(0.5, 0.8))
    assert greatest_extent(points[::2], OBLONG).value == pytest.approx(0.8)


ARROW = tuple(ImagePoint(*at) for at in ((0, 0), (8, 0), (3, 4), (8, 8), (0, 8)))


@pytest.mark.parametrize("at", [(1, 4), (6, 1), (6, 7), (7.5, 7.9), (2.9, 4)])
def test_inside_a_hollow_outline(at: tuple[float, float]) -> None:
    for outline in (ARROW, ARROW[::-1], ARROW[2:] + ARROW[:2]):
        assert contains(outline, ImagePoint(*at))


@pytest.mark.parametrize("at", [(7, 1), (6, 4), (3.1, 4), (-1, 4), (9, 4), (4, -1), (4, 9), (-1, 0)])
def test_outside_a_hollow_outline(at: tuple[float, float]) -> None:
    for outline in (ARROW, ARROW[::-1], ARROW[2:] + ARROW[:2]):
        assert not contains(outline, ImagePoint(*at))


def test_nothing_is_inside_a_line() -> None:
    for count in range(3):
        assert not contains(ARROW[:count], ImagePoint(4, 0))
