"""Every way of showing a frame against a slow, plain reading of the definition, one screen pixel at a time."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.imaging.pyramid import build_levels
from annotator.imaging.render import Mode, covered_rect, peak_share, render_moving, render_values
from annotator.model.geometry import ImagePoint, Orientation, ViewTransform
from annotator.model.image import PaddingRange

ORIENTATIONS = [Orientation(*turn) for turn in itertools.product((False, True), repeat=3)]
WIDTH, HEIGHT = 29, 23
OUTSIDE = 9

orientations = st.sampled_from(ORIENTATIONS)
sides = st.integers(1, 60)
starts = st.floats(-30, 25)
stretches = st.sampled_from([None, 0.6, 1.0, 1.7])


def noise(rows, columns, *, signed=False, seed=1):
    values = np.random.default_rng(seed).integers(200, 4000, (rows, columns))
    return (values - 2100).astype(np.int16) if signed else values.astype(np.uint16)


def view_of(frame, scale, left, top, orientation, stretch=None):
    rows, columns = frame.shape
    down = None if stretch is None else scale * stretch
    return ViewTransform(columns, rows, scale, left, top, orientation, down)


def areas(view):
    """For each screen pixel the part of the stored image it covers: (x, y, first column, last, row, row)."""
    left, top, right, bottom = covered_rect(view, WIDTH, HEIGHT)
    for y, x in itertools.product(range(top, bottom), range(left, right)):
        a, b = view.to_image(x, y), view.to_image(x + 1, y + 1)
        yield x, y, *sorted((a.column, b.column)), *sorted((a.row, b.row))


def shares(low, high, size):
    """How much of each of `size` pixels lies between two places."""
    ends = np.minimum(high, np.arange(size) + 1) - np.maximum(low, np.arange(size))
    return np.clip(ends, 0, None)


def reference_mean(frame, view):
    """Area means; NaN at the edge, where a sliver of the image on no screen pixel of its own is added."""
    means = np.full((HEIGHT, WIDTH), np.nan)
    rows, columns = frame.shape
    for x, y, c0, c1, r0, r1 in areas(view):
        across, down = (c1 - c0) * 0.51, (r1 - r0) * 0.51
        if min(c0, columns - c1) <= across or min(r0, rows - r1) <= down:
            continue
        down, across = shares(r0, r1, rows), shares(c0, c1, columns)
        means[y, x] = down @ frame.astype(float) @ across / (down.sum() * across.sum())
    return means


@given(sides, sides, orientations, st.integers(-20, 20), st.integers(-20, 20), st.booleans(), st.booleans())
def test_at_one_to_one_both_modes_and_both_ways_of_enlarging_show_stored_pixels(
    rows, columns, orientation, left, top, signed, smooth
):
    frame = noise(rows, columns, signed=signed)
    levels = build_levels(frame, inverse=signed)
    view = view_of(frame, 1.0, float(left), float(top), orientation)
    for mode in Mode:
        values = render_values(levels, view, WIDTH, HEIGHT, mode, smooth=smooth, outside=OUTSIDE)
        quick, shown = render_moving(levels, view, WIDTH, HEIGHT, mode, smooth=smooth, outside=OUTSIDE)
        assert shown == view
        assert (quick == values).all()
        for y, x in itertools.product(range(HEIGHT), range(WIDTH)):
            point = view.to_image(x + 0.5, y + 0.5)
            inside = 0 <= point.column < columns and 0 <= point.row < rows
            stored = frame.view(np.uint16)[int(point.row), int(point.column)] if inside else OUTSIDE
            assert values[y, x] == stored


@given(sides, sides, orientations, st.floats(0.13, 0.99), starts, starts, stretches, st.booleans())
def test_the_mean_mode_is_the_mean_of_the_area(rows, columns, orientation, scale, left, top, stretch, signed):
    frame = noise(rows, columns, signed=signed)
    view = view_of(frame, scale, left, top, orientation, stretch)
    values = render_values(build_levels(frame), view, WIDTH, HEIGHT, outside=OUTSIDE)
    expected = reference_mean(frame, view)
    known = ~np.isnan(expected)
    if min(view.scale, view.scale_down) >= 1:
        return
    np.testing.assert_allclose(values.view(frame.dtype)[known], expected[known], atol=0.52)


@given(
    sides, sides, orientations, st.floats(1.01, 9), starts, starts, stretches, st.booleans()
)  # fmt: skip
def test_enlarged_pixels_are_squares_or_straight_lines_between_their_centres(
    rows, columns, orientation, scale, left, top, stretch, smooth
):
    frame = noise(rows, columns)
    view = view_of(frame, scale, left, top, orientation, stretch)
    if min(view.scale, view.scale_down) < 1:
        return
    values = render_values(build_levels(frame), view, WIDTH, HEIGHT, smooth=smooth, outside=OUTSIDE)
    x0, y0, x1, y1 = covered_rect(view, WIDTH, HEIGHT)
    for y, x in itertools.product(range(y0, y1), range(x0, x1)):
        point = view.to_image(x + 0.5, y + 0.5)
        row, column = (min(max(v, 0), n - 1) for v, n in ((point.row, rows), (point.column, columns)))
        if not smooth:
            near = frame[
                max(math.floor(row - 1e-6), 0) : math.floor(row + 1e-6) + 1,
                max(math.floor(column - 1e-6), 0) : math.floor(column + 1e-6) + 1,
            ]
            assert values[y, x] in near
            continue
        row, column = (min(max(v - 0.5, 0), n - 1) for v, n in ((point.row, rows), (point.column, columns)))
        r, c = min(int(row), max(rows - 2, 0)), min(int(column), max(columns - 2, 0))
        patch = frame[r : r + 2, c : c + 2].astype(float)
        patch = np.pad(patch, ((0, 2 - patch.shape[0]), (0, 2 - patch.shape[1])), "edge")
        expected = np.array([1 - row + r, row - r]) @ patch @ np.array([1 - column + c, column - c])
        # warpAffine knows places to a 32nd of a pixel
        assert abs(values[y, x] - expected) <= 4000 / 16 + 1


@settings(max_examples=200)
@given(
    st.integers(1, 400),
    st.integers(1, 400),
    orientations,
    st.floats(0.02, 0.99),
    st.floats(0, 1),
    st.floats(0, 1),
    stretches,
    st.booleans(),
    st.booleans(),
)
def test_no_speck_is_lost_at_any_phase_turn_or_edge(
    rows, columns, orientation, scale, left, top, stretch, inverse, quickly
):
    """One bright pixel anywhere, at any phase: half of it, less in fading, is seen where it lies."""
    dark, bright = (3000, 1000) if inverse else (1000, 3000)
    stretch = stretch or 1.0
    if scale * stretch >= 1:
        return
    place = np.random.default_rng(rows * 97 + columns)
    row = int(place.choice([0, rows - 1, place.integers(rows)]))
    column = int(place.choice([0, columns - 1, place.integers(columns)]))
    frame = np.full((rows, columns), dark, np.uint16)
    frame[row, column] = bright
    view = view_of(frame, scale, left, top, orientation, stretch)
    shown_columns, shown_rows = orientation.displayed_size(columns, rows)
    size = math.ceil(left + shown_columns * scale) + 1, math.ceil(top + shown_rows * scale * stretch) + 1
    levels = build_levels(frame, inverse=inverse)
    if quickly:
        values, view = render_moving(levels, view, *size, Mode.SPECK_TRUE, outside=dark)
    else:
        values = render_values(levels, view, *size, Mode.SPECK_TRUE, outside=dark)
    x0, y0, x1, y1 = covered_rect(view, *size)
    if x1 <= x0 or y1 <= y0:
        return
    at = view.to_screen(ImagePoint(column + 0.5, row + 0.5))
    if quickly and not (0 <= at[0] < size[0] and 0 <= at[1] < size[1]):
        # a picture in motion stands up to half a screen pixel beside its place: its last row can lie outside
        return
    contrast = np.abs(values.astype(int) - dark)
    assert contrast.max() >= peak_share(view) * 2000 - 1
    y, x = np.unravel_index(contrast.argmax(), contrast.shape)
    assert max(abs(x + 0.5 - at[0]), abs(y + 0.5 - at[1])) <= 1.51


@given(
    st.integers(40, 300),
    st.integers(40, 300),
    orientations,
    st.floats(0.05, 0.99),
    st.floats(-150, 150),
    st.floats(-150, 150),
    stretches,
    st.booleans(),
)
def test_what_is_drawn_while_moving_lies_where_it_is_said_to_and_hardly_beside_the_exact_picture(
    rows, columns, orientation, scale, left, top, stretch, flat
):
    """A ramp tells from its values where a pixel comes from."""
    ramp = np.arange(columns)[None] * 150 + np.zeros((rows, 1)) if flat else np.arange(rows)[:, None] * 150.0
    frame = np.broadcast_to(ramp, (rows, columns)).astype(np.uint16)
    view = view_of(frame, scale, left, top, orientation, stretch)
    if min(view.scale, view.scale_down) >= 1:
        return
    values, shown = render_moving(build_levels(frame), view, 80, 70, outside=0)
    for corner in (ImagePoint(0, 0), ImagePoint(columns, rows), ImagePoint(columns, 0)):
        before, after = view.to_screen(corner), shown.to_screen(corner)
        on_screen = -1 <= before[0] <= 81 and -1 <= before[1] <= 71
        if on_screen:
            assert max(abs(before[0] - after[0]), abs(before[1] - after[1])) <= 1.01
    for x, y in itertools.product((0.0, 40.0, 80.0), (0.0, 35.0, 70.0)):
        there = shown.to_screen(view.to_image(x, y))
        if _inside(view.to_image(x, y), rows, columns):
            assert max(abs(there[0] - x), abs(there[1] - y)) <= 0.51
    x0, y0, x1, y1 = covered_rect(shown, 80, 70)
    coarse = 2 / min(shown.scale, shown.scale_down)
    for y, x in itertools.product(range(y0, y1, 7), range(x0, x1, 7)):
        point = shown.to_image(x + 0.5, y + 0.5)
        place, size = (point.column, columns) if flat else (point.row, rows)
        if coarse < place < size - coarse:
            step = 1 / (shown.scale if flat != orientation.transpose else shown.scale_down)
            assert abs(values[y, x] / 150 + 0.5 - place) <= max(0.25 * step, 0.1)


def _inside(point, rows, columns):
    return 0 <= point.column <= columns and 0 <= point.row <= rows


@given(
    st.sampled_from([(0, 0), (65535, 65535), (0, 150), (4000, 65535), (2000, 2000)]),
    st.floats(0.03, 3.0),
    st.floats(-10, 10),
    orientations,
    st.sampled_from(list(Mode)),
    st.booleans(),
    st.booleans(),
)
def test_padding_is_padding_and_tissue_is_tissue(padding, scale, left, orientation, mode, inverse, moving):
    low, high = padding
    frame = noise(64, 91)
    frame[frame == 2000] = 2001
    frame[:, 53:] = np.random.default_rng(3).integers(low, high + 1, (64, 38))
    frame[frame < 200] = low
    if low > 0 and high >= 4000:
        frame[frame >= 4000] = high
    levels = build_levels(frame, inverse=inverse, padding=PaddingRange(low, high))
    view = view_of(frame, scale, left, 0.3, orientation)
    if moving:
        values, view = render_moving(levels, view, 90, 90, mode, outside=levels.padding_value)
    else:
        values = render_values(levels, view, 90, 90, mode, outside=levels.padding_value)
    x0, y0, x1, y1 = covered_rect(view, 90, 90)
    reach = max(2 / scale, 2)
    for y, x in itertools.product(range(y0, y1, 3), range(x0, x1, 3)):
        point = view.to_image(x + 0.5, y + 0.5)
        padded = low <= int(values[y, x]) <= high
        if point.column < 53 - reach:
            assert not padded
            assert 200 <= values[y, x] < 4000
        if point.column > 53 + reach:
            assert padded
