"""What may not change a measurement, and what a reader's wish changes in it."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotator.analysis.spots.parts import join_spots, split_spot
from annotator.analysis.spots.snapping import SpotResult, measure_spot
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis, contains
from annotator.model.image import PaddingRange
from annotator.model.mark import SpotMeasurement
from tests.unit.test_spots import NOISE, SPACING, measured, scene

SIZE = 161
TWO = [(76.0, 80.0, 8, 700), (86.5, 81.0, 6, 700)]


def area(measurement: SpotMeasurement) -> float:
    points = np.array([(p.column, p.row) for p in measurement.outline])
    following = np.roll(points, -1, axis=0)
    return abs(float((points[:, 0] * following[:, 1] - points[:, 1] * following[:, 0]).sum())) / 2


def drawn_line(ends, width=3.5, height=400.0, seed=0) -> np.ndarray:
    """A cast: the greatest of many domes along a line, not their sum."""
    fine, size = 6, SIZE
    at = (np.arange(size * fine) + 0.5) / fine
    (ax, ay), (bx, by) = ends
    length2 = (bx - ax) ** 2 + (by - ay) ** 2
    t = np.clip(((at[None] - ax) * (bx - ax) + (at[:, None] - ay) * (by - ay)) / length2, 0, 1)
    away2 = (at[None] - ax - t * (bx - ax)) ** 2 + (at[:, None] - ay - t * (by - ay)) ** 2
    tube = height * np.sqrt(np.maximum(1 - away2 / (width / 2) ** 2, 0))
    picture = tube.reshape(size, fine, size, fine).mean((1, 3))
    noise = np.random.default_rng(seed).normal(0, NOISE, (size, size))
    return np.round(1000 + picture + noise).astype(np.uint16)


@given(st.integers(0, 500), st.floats(3, 11), st.floats(-2, 2), st.floats(-2, 2))
@settings(max_examples=8)
def test_mirrored_image_gives_the_mirrored_answer(seed, diameter, dx, dy):
    frame = scene([(80.4, 80.1, diameter, 800)], seed=seed)
    a = measured(frame, 80.4 + dx, 80.1 + dy)
    b = measured(np.ascontiguousarray(frame[:, ::-1]), SIZE - 80.4 - dx, 80.1 + dy)
    assert (SIZE - b.center.column, b.center.row) == pytest.approx((a.center.column, a.center.row), abs=0.12)
    assert b.diameter_px == pytest.approx(a.diameter_px, rel=0.03)
    assert b.cnr == pytest.approx(a.cnr, rel=0.03)


@pytest.mark.parametrize("ends", [((50, 80), (110, 80)), ((55, 60), (105, 100)), ((80, 50), (82, 112))])
def test_linear_piece_has_its_axis_length_and_width(ends):
    m = measured(drawn_line(ends), (ends[0][0] + ends[1][0]) / 2 + 1, (ends[0][1] + ends[1][1]) / 2)
    assert m.is_linear
    true = math.dist(*ends) + 3.5  # its round ends lie beyond the line drawn
    assert m.length_px == pytest.approx(true, rel=0.1)
    assert m.length_mm == pytest.approx(m.length_px * 0.07)
    assert m.width_px == pytest.approx(3.5, rel=0.35)
    assert m.width_mm == pytest.approx(m.width_px * 0.07)
    assert m.basis is SpacingBasis.AT_DETECTOR
    direction = np.subtract(ends[1], ends[0]) / math.dist(*ends)
    for place in m.axis:
        off = np.subtract((place.column, place.row), ends[0])
        assert abs(off[0] * direction[1] - off[1] * direction[0]) < 0.75
    assert contains(m.outline, m.center)
    middle = np.mean(ends, axis=0)
    assert math.hypot(m.center.column - middle[0], m.center.row - middle[1]) < 3


@pytest.mark.parametrize("place", [0.12, 0.3, 0.5, 0.9])
def test_linear_piece_is_the_same_wherever_it_is_clicked(place):
    ends = ((50.0, 70.0), (110.0, 95.0))
    frame = drawn_line(ends)
    at = (ends[0][0] + place * 60, ends[0][1] + place * 25)
    here, there = measured(frame, *at), measured(frame, 80, 82.5)
    assert here.is_linear
    assert here.length_px == pytest.approx(there.length_px, rel=0.08)
    assert math.dist(astuple(here.center), astuple(there.center)) < 2


@pytest.mark.parametrize("diameter", [4, 8, 14])
def test_compact_spot_is_not_linear(diameter):
    m = measured(scene([(80.2, 80.4, diameter, 900)]), 80, 80)
    assert not m.is_linear
    assert (m.axis, m.length_px, m.length_mm, m.width_px, m.width_mm) == ((), None, None, None, None)


def test_inverse_linear_piece_is_the_same():
    frame = drawn_line(((50, 70), (110, 95)))
    a, b = measured(frame, 80, 82), measured(4095 - frame, 80, 82, inverse=True)
    assert a.is_linear
    assert b.length_px == pytest.approx(a.length_px, rel=1e-5)
    assert b.center == a.center


@given(st.integers(0, 200), st.floats(4, 12))
@settings(max_examples=6)
def test_a_higher_level_never_makes_an_outline_larger(seed, diameter):
    frame = scene([(80.4, 80.1, diameter, 700)], flat=False, seed=seed)
    levels = (0.30, 0.38, 0.46, 0.54, 0.62, 0.70, 0.78)
    found = [measured(frame, 80, 80, level=level) for level in levels]
    areas = [area(m) for m in found]
    assert all(after <= before * 1.001 for before, after in pairwise(areas))
    assert areas[-1] < 0.9 * areas[0]
    assert [m.level for m in found] == pytest.approx(levels)
    assert all(math.dist(astuple(m.center), (80.4, 80.1)) < 1 for m in found)


def test_level_of_a_linear_piece_changes_its_sides_alone():
    frame = drawn_line(((50, 80), (110, 80)), width=7)
    low, high = (measured(frame, 80, 80, level=level) for level in (0.3, 0.7))
    assert low.width_px > high.width_px
    assert low.length_px == pytest.approx(high.length_px)


def test_level_told_is_the_one_taken():
    frame = scene([(80, 80, 8, 700)])
    free = measured(frame, 80, 80)
    assert 0.3 <= free.level <= 0.78
    again = measured(frame, 80, 80, level=free.level)
    assert area(again) == pytest.approx(area(free), rel=1e-6)


def test_next_choice_is_another_spot_and_the_last_is_followed_by_the_first():
    frame = scene(TWO)
    first = measure_spot(frame, ImagePoint(81, 80), spacing=SPACING)
    assert first.choices == 2
    answers = [measure_spot(frame, ImagePoint(81, 80), spacing=SPACING, choice=k) for k in range(3)]
    assert answers[0] == answers[2] == first
    centers = sorted(a.measurement.center.column for a in answers[:2])
    assert centers == pytest.approx([76, 86.5], abs=0.5)


def test_level_keeps_the_choice():
    frame = scene(TWO)
    free, low = (
        measure_spot(frame, ImagePoint(81, 80), spacing=SPACING, choice=1, level=level)
        for level in (None, 0.7)
    )
    assert math.dist(astuple(low.measurement.center), astuple(free.measurement.center)) < 1


@pytest.mark.parametrize("value", [0, 4095])
def test_flat_or_saturated_image_has_no_spot_at_any_wish(value):
    frame = np.full((120, 120), value, np.uint16)
    result = measure_spot(frame, ImagePoint(60, 60), spacing=SPACING, choice=2, level=0.5)
    assert result == SpotResult(False, result.reason, None, None)
    assert result.choices == 0


@pytest.mark.parametrize("row", [0.0, 1.2, 159.9, 160.9])
def test_line_along_the_border(row):
    frame = drawn_line(((30.0, row), (90.0, row)))
    result = measure_spot(frame, ImagePoint(60, min(row, 160.5)), spacing=SPACING)
    if result.measurement is not None:
        assert all(-2 <= p.row <= SIZE + 2 for p in result.measurement.outline)
        assert np.isfinite([v for v in astuple(result.measurement) if isinstance(v, float)]).all()


def test_padding_ends_a_linear_piece():
    frame = drawn_line(((50, 80), (110, 80)))
    frame[:, 90:] = 4000
    m = measured(frame, 70, 80, padding=PaddingRange(4000, 4000))
    assert m.is_linear
    assert max(p.column for p in m.axis) < 93
    assert m.length_px == pytest.approx(42, abs=5)


@pytest.mark.parametrize("ring", [(16, 4), (20, 5)])
def test_ring_is_measured_whole_wherever_its_rim_is_clicked(ring):
    size, tube = ring
    fine = 6
    at = (np.arange(SIZE * fine) + 0.5) / fine
    off = np.hypot(at[None] - 80.3, at[:, None] - 79.8) - (size - tube) / 2
    torus = 700 * np.sqrt(np.maximum(1 - (off / (tube / 2)) ** 2, 0))
    noise = np.random.default_rng(5).normal(0, NOISE, (SIZE, SIZE))
    frame = np.round(1000 + torus.reshape(SIZE, fine, SIZE, fine).mean((1, 3)) + noise).astype(np.uint16)
    for turn in np.linspace(0, 2 * math.pi, 6, endpoint=False):
        reach = (size - tube) / 2
        m = measured(frame, 80.3 + reach * math.cos(turn), 79.8 + reach * math.sin(turn))
        assert math.dist(astuple(m.center), (80.3, 79.8)) < 1
        assert m.diameter_px == pytest.approx(size, rel=0.15)
        assert not m.is_linear


def test_line_without_ends_is_no_linear_piece():
    frame = drawn_line(((-20.0, 80.0), (SIZE + 20.0, 80.0)), height=150)
    wide = np.tile(frame, (1, 3))
    measurement = measure_spot(wide, ImagePoint(240, 80), spacing=SPACING).measurement
    assert measurement is None or not measurement.is_linear


@given(st.integers(0, 300), st.floats(5, 9), st.floats(5, 9), st.floats(9.5, 13))
@example(28, 5.0, 5.0, 13.0)
@example(60, 5.0, 5.0, 13.0)
@example(36, 5.0, 5.0, 13.0)
@settings(max_examples=6)
def test_joined_then_split_gives_both_back(seed, one, other, apart):
    frame = scene([(74, 80, one, 800), (74 + apart, 80.5, other, 800)], seed=seed)
    a, b = measured(frame, 74, 80), measured(frame, 74 + apart, 80.5)
    joined = join_spots(frame, [a, b], spacing=SPACING)
    assert area(joined) >= 0.98 * (area(a) + area(b)) - 1
    assert contains(joined.outline, a.center)
    assert contains(joined.outline, b.center)
    parts = split_spot(frame, joined, spacing=SPACING)
    assert len(parts) == 2
    assert area(parts[0]) >= area(parts[1])
    left, right = sorted(parts, key=lambda part: part.center.column)
    bridge = area(joined) - area(a) - area(b)
    for part, true in ((left, a), (right, b)):
        # each keeps its share of the bridge, which is nearly as large as a small spot that stands far off
        assert math.dist(astuple(part.center), astuple(true.center)) < 2.25
        assert area(part) == pytest.approx(area(true), rel=0.3, abs=max(14, 0.9 * bridge))


def test_split_where_the_reader_points():
    m = measured(drawn_line(((50, 80), (110, 80)), width=6), 80, 80)
    for column in (65.0, 90.0):
        parts = split_spot(
            drawn_line(((50, 80), (110, 80)), width=6), m, ImagePoint(column, 84), spacing=SPACING
        )
        left, right = sorted(parts, key=lambda part: part.center.column)
        assert max(p.column for p in left.outline) == pytest.approx(column, abs=2)
        assert min(p.column for p in right.outline) == pytest.approx(column, abs=2)


def test_spot_too_small_to_be_two_stays_itself():
    frame = scene([(80, 80, 3, 900)])
    m = measured(frame, 80, 80)
    tiny = replace(
        m, outline=tuple(ImagePoint(80 + 0.3 * x, 80 + 0.3 * y) for x, y in ((-1, 0), (0, 1), (1, 0)))
    )
    assert split_spot(frame, tiny, spacing=SPACING) == (tiny,)


def test_joined_spots_have_millimetres_and_the_basis_of_the_image():
    frame = scene(TWO)
    spots = [measured(frame, 76, 80), measured(frame, 86.5, 81)]
    spacing = PixelSpacing(0.05, 0.05, SpacingBasis.CALIBRATED)
    joined = join_spots(frame, spots, spacing=spacing)
    assert joined.diameter_mm == pytest.approx(joined.diameter_px * 0.05)
    assert joined.basis is SpacingBasis.CALIBRATED
    assert join_spots(frame, spots, spacing=None).diameter_mm is None
