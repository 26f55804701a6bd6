from __future__ import annotations

import math
from dataclasses import astuple

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.analysis.spots.snapping import measure_spot
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis, contains
from annotator.model.image import PaddingRange
from annotator.model.mark import MarkKind

SPACING = PixelSpacing(0.07, 0.07, SpacingBasis.AT_DETECTOR)
NOISE = 20.0


def scene(spots, *, size=161, flat=True, blur=0.6, noise=NOISE, seed=0) -> np.ndarray:
    """Spots (column, row, diameter, height) as discs or domes, averaged to pixels, blurred, noisy."""
    fine = 8
    at = (np.arange(size * fine) + 0.5) / fine
    picture = np.zeros((size * fine, size * fine), np.float32)
    for column, row, diameter, height in spots:
        inside = 1 - ((at[None] - column) ** 2 + (at[:, None] - row) ** 2) / (diameter / 2) ** 2
        picture += height * ((inside > 0) if flat else np.sqrt(np.maximum(inside, 0)))
    picture = cv2.GaussianBlur(picture.reshape(size, fine, size, fine).mean((1, 3)), (0, 0), blur)
    drawn = np.random.default_rng(seed).normal(0, noise, (size, size))
    return np.clip(np.round(1000 + picture + drawn), 0, 65535).astype(np.uint16)


def measured(frame, column, row, **options):
    options.setdefault("spacing", SPACING)
    result = measure_spot(frame, ImagePoint(column, row), **options)
    assert result.found, result.reason
    assert result.reason is None
    return result.measurement


@pytest.mark.parametrize("blur", [0.4, 0.6, 0.8])
@pytest.mark.parametrize("diameter", [3, 4, 6, 10, 18])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, 0.25), (0.8, 0.6)])
def test_disc_of_known_place_and_size(diameter, shift, blur):
    column, row = 80 + shift[0], 80 + shift[1]
    frame = scene([(column, row, diameter, 60 * NOISE)], blur=blur)
    m = measured(frame, 81.0, 79.5)
    assert math.hypot(m.center.column - column, m.center.row - row) < 0.25
    # calcifications are domes rather than discs, which come out a little too large
    assert m.diameter_px == pytest.approx(diameter, rel=0.12, abs=0.55)
    assert m.diameter_mm == pytest.approx(m.diameter_px * 0.07)
    assert m.basis is SpacingBasis.AT_DETECTOR
    assert m.circularity > 0.9
    assert m.cnr == pytest.approx(m.contrast / NOISE, rel=0.35)


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize(("cnr", "off"), [(8, 0.3), (20, 0.15), (60, 0.1)])
def test_error_of_the_centre_falls_with_contrast(flat, cnr, off):
    errors = []
    for seed in range(20):
        column, row = 80 + np.random.default_rng(seed).uniform(-0.5, 0.5, 2)
        frame = scene([(column, row, 5, cnr * NOISE)], flat=flat, seed=seed)
        m = measured(frame, column + 0.7, row - 0.7)
        errors.append(math.hypot(m.center.column - column, m.center.row - row))
    assert np.median(errors) < off
    assert max(errors) < 3 * off


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("diameter", [4, 6, 8, 12, 18, 30])
def test_diameter_is_little_biased_for_discs_and_domes(flat, diameter):
    found = [
        measured(scene([(80.2, 79.9, diameter, 20 * NOISE)], flat=flat, seed=seed), 80, 80).diameter_px
        for seed in range(8)
    ]
    # a dome's rim is thinner than any noise, so that its outline is drawn inside
    assert np.median(found) == pytest.approx(diameter, rel=0.1 if flat else 0.12)


@pytest.mark.parametrize("diameter", [30, 45, 70])
@pytest.mark.parametrize("cnr", [8, 60])
@pytest.mark.parametrize("flat", [True, False])
def test_large_spot_clicked_anywhere_on_it_is_measured_whole(diameter, cnr, flat):
    frame = scene([(200.3, 200.6, diameter, cnr * NOISE)], size=400, flat=flat)
    for dx, dy in ((0, 0), (0.3, 0), (-0.2, 0.25), (0.1, -0.3)):
        m = measured(frame, 200 + dx * diameter, 200 + dy * diameter)
        assert math.hypot(m.center.column - 200.3, m.center.row - 200.6) < 1.5
        assert m.diameter_px == pytest.approx(diameter, rel=0.1)


def test_saturated_spot():
    frame = np.minimum(scene([(80.5, 80.5, 9, 5000)]), 4095)
    m = measured(frame, 78, 80)
    assert m.diameter_px == pytest.approx(9, rel=0.15)  # what is clipped hides its profile
    assert (m.center.column, m.center.row) == pytest.approx((80.5, 80.5), abs=0.2)


@pytest.mark.parametrize("apart", [5, 7, 10])
@pytest.mark.parametrize("heights", [(600, 600), (600, 1500)])
def test_of_two_close_spots_the_click_decides(apart, heights):
    left, right = (78.0, 80.0), (78.0 + apart, 80.0)
    frame = scene([(*left, 3.5, heights[0]), (*right, 3.5, heights[1])])
    assert measured(frame, *left).center.column == pytest.approx(left[0], abs=0.6)
    assert measured(frame, *right).center.column == pytest.approx(right[0], abs=0.6)


def test_touching_neighbour_is_not_part_of_the_size():
    alone = measured(scene([(78.0, 80.0, 4, 800)]), 78, 80)
    beside = measured(scene([(78.0, 80.0, 4, 800), (83.5, 80.0, 4, 800)]), 78, 80)
    assert beside.diameter_px == pytest.approx(alone.diameter_px, rel=0.12)


@pytest.mark.parametrize("value", [0, 1300, 4000, 65535])
def test_dead_pixel_is_no_spot(value):
    frame = scene([])
    frame[80, 80] = value
    assert not measure_spot(frame, ImagePoint(80.5, 80.5), spacing=SPACING).found


def test_dead_pixel_beside_a_spot_does_not_attract_the_click():
    frame = scene([(80.5, 80.5, 4, 600)])
    frame[80, 87] = 60000
    assert measured(frame, 84, 80.5).center.column == pytest.approx(80.5, abs=0.3)


def test_noise_alone_refuses_in_words():
    frame = scene([])
    clicks = np.random.default_rng(3).uniform(5, 155, (100, 2))
    results = [measure_spot(frame, ImagePoint(*xy), spacing=SPACING) for xy in clicks]
    assert sum(r.found for r in results) <= 3
    refused = next(r for r in results if not r.found)
    assert refused.reason == "no spot here: nothing rises above the noise within 0.3 mm"
    assert refused.measurement is None
    assert refused.proposal is None


def test_distance_from_the_click_counts():
    frame = scene([(80, 80, 5, 1000)])
    assert measure_spot(frame, ImagePoint(85, 80), spacing=SPACING).found
    assert not measure_spot(frame, ImagePoint(95, 80), spacing=SPACING).found
    assert measure_spot(frame, ImagePoint(95, 80), spacing=SPACING, reach_px=6).found


@pytest.mark.parametrize("turn", range(8))
def test_a_click_on_a_faint_spot_does_not_jump_to_a_bright_one_well_apart(turn: int):
    frame = scene([(80, 80, 4, 130), (90, 80, 5, 1000)])
    at = ImagePoint(80 + 1.5 * math.cos(turn * math.pi / 4), 80 + 1.5 * math.sin(turn * math.pi / 4))
    result = measure_spot(frame, at, spacing=SPACING)
    assert result.found
    assert math.dist((result.measurement.center.column, result.measurement.center.row), (80, 80)) < 1.5


@pytest.mark.parametrize("xy", [(-0.1, 5), (5, -0.1), (161, 5), (5, 161), (1e9, 1e9), (math.nan, 5)])
def test_outside_the_image(xy):
    result = measure_spot(scene([]), ImagePoint(*xy), spacing=SPACING)
    assert (result.found, result.reason) == (False, "the point lies outside the image")


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_flat_air(value):
    assert not measure_spot(np.full((100, 100), value, np.uint16), ImagePoint(50, 50), spacing=SPACING).found


def test_padding_is_background_and_no_part_of_the_noise():
    frame = scene([(60.5, 80.5, 5, 600)])
    frame[:, 70:] = 4000
    padding = PaddingRange(4000, 4000)
    refused = measure_spot(frame, ImagePoint(100, 80), spacing=SPACING, padding=padding)
    assert refused.reason == "no spot here: this is the background outside the breast"
    assert measured(frame, 61, 80, padding=padding).diameter_px == pytest.approx(5, rel=0.1)


def test_image_of_padding_only_but_one_pixel():
    frame = np.full((60, 60), 4000, np.uint16)
    frame[30, 30] = 10
    assert not measure_spot(
        frame, ImagePoint(30.5, 30.5), spacing=SPACING, padding=PaddingRange(4000, 4000)
    ).found


@pytest.mark.parametrize("corner", [(2.5, 2.5), (158.5, 3.0), (2.0, 158.0), (159.0, 159.0)])
def test_spots_at_the_image_s_corners(corner):
    m = measured(scene([(*corner, 3.5, 900)]), *corner)
    assert (m.center.column, m.center.row) == pytest.approx(corner, abs=0.8)


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
@settings(max_examples=60)
def test_any_picture_gets_an_answer_of_finite_numbers(shape, where, seed, inverse):
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 1 << int(rng.integers(1, 17)), shape).astype(np.uint16)
    at = ImagePoint(where[0] * shape[1], where[1] * shape[0])
    result = measure_spot(frame, at, spacing=SPACING, inverse=inverse)
    assert result.found == (result.reason is None) == (result.measurement is not None)
    if result.measurement:
        numbers = [v for v in astuple(result.measurement) if isinstance(v, float)]
        assert np.isfinite(numbers).all()
        assert result.measurement.uncertainty_px > 0


@given(st.integers(-60, 60), st.integers(-60, 60))
@settings(max_examples=25)
def test_the_same_spot_elsewhere_gets_the_same_numbers(dx, dy):
    frame = scene([(80.3, 80.7, 6, 700), (88.0, 84.0, 3, 500)], size=321)
    there = np.roll(frame, (dy + 80, dx + 80), axis=(0, 1))
    here = np.roll(frame, (80, 80), axis=(0, 1))
    a = measured(here, 161, 160)
    b = measured(there, 161 + dx, 160 + dy)
    assert (b.center.column - dx, b.center.row - dy) == pytest.approx(
        (a.center.column, a.center.row), abs=0.02
    )
    assert b.diameter_px == pytest.approx(a.diameter_px, rel=0.01)
    assert b.cnr == pytest.approx(a.cnr, rel=0.1)


@given(st.integers(0, 10_000), st.floats(2.5, 12))
@settings(max_examples=25)
def test_inverse_image_gives_the_same_spot(seed, diameter):
    frame = scene([(80.4, 80.1, diameter, 700)], seed=seed)
    a = measured(frame, 81, 80)
    b = measured(4095 - frame, 81, 80, inverse=True)
    assert astuple(b)[1:9] == pytest.approx(astuple(a)[1:9], rel=1e-5)
    assert (b.center, b.outline) == (a.center, a.outline)


def test_signed_values():
    frame = scene([(80.4, 80.1, 6, 700)])
    assert measured(frame.astype(np.int16) - 2000, 81, 80) == measured(frame, 81, 80)


def test_without_spacing_only_pixels_are_told():
    result = measure_spot(scene([(80, 80, 5, 900)]), ImagePoint(80, 80), spacing=None)
    m = result.measurement
    assert m.diameter_px == pytest.approx(5, rel=0.1)
    assert (m.diameter_mm, m.uncertainty_mm, m.major_mm, m.minor_mm, m.basis) == (None,) * 5
    assert result.proposal is None
    refused = measure_spot(scene([]), ImagePoint(80, 80), spacing=None)
    assert refused.reason == "no spot here: nothing rises above the noise within 4 pixels"


def test_pixels_that_are_not_square():
    spacing = PixelSpacing(0.05, 0.10, SpacingBasis.CALIBRATED)
    m = measured(scene([(80, 80, 8, 900)]), 80, 80, spacing=spacing)
    assert m.diameter_mm == pytest.approx(8 * math.sqrt(0.005), rel=0.08)
    assert (m.major_mm, m.minor_mm) == pytest.approx((0.8, 0.4), rel=0.1)


@pytest.mark.parametrize(
    ("diameter", "kind"), [(4, MarkKind.MICRO), (10, None), (20, MarkKind.MACRO), (40, MarkKind.MACRO)]
)
def test_proposal_is_silent_where_published_cut_offs_disagree(diameter, kind):
    frame = scene([(150, 150, diameter, 900)], size=300)
    assert measure_spot(frame, ImagePoint(150, 150), spacing=SPACING).proposal is kind


def test_cut_offs_of_the_settings_are_used():
    frame = scene([(80, 80, 10, 900)])
    options = {"spacing": SPACING, "micro_below_mm": 0.8, "macro_above_mm": 0.9}
    assert measure_spot(frame, ImagePoint(80, 80), **options).proposal is MarkKind.MICRO


@pytest.mark.parametrize("angle", [0, 30, 90, 150])
def test_axes_and_their_direction(angle):
    """Counter-clockwise from the row direction as displayed, rows growing downwards."""
    steps = np.linspace(-6, 6, 40)
    turn = math.radians(angle)
    pieces = [(80 + s * math.cos(turn), 80 - s * math.sin(turn), 4, 120) for s in steps]
    m = measured(scene(pieces), 80, 80)
    assert min(abs(m.orientation_deg - angle), 180 - abs(m.orientation_deg - angle)) < 5
    assert m.major_px > 2.5 * m.minor_px
    assert m.circularity < 0.75


def test_outline_goes_round_the_spot_with_its_area():
    m = measured(scene([(80.3, 79.6, 8, 900)]), 80, 80)
    points = np.array([(p.column, p.row) for p in m.outline])
    following = np.roll(points, -1, axis=0)
    area = abs(np.sum(points[:, 0] * following[:, 1] - points[:, 1] * following[:, 0])) / 2
    assert contains(m.outline, m.center)
    assert m.outline[0] != m.outline[-1]
    assert 2 * math.sqrt(area / math.pi) == pytest.approx(m.diameter_px, rel=0.05)


def test_uncertainty_grows_with_noise_and_covers_the_spread():
    def spread(cnr):
        found = [measured(scene([(80.2, 80.4, 6, cnr * NOISE)], seed=s), 80, 80) for s in range(15)]
        return np.std([m.diameter_px for m in found]), np.median([m.uncertainty_px for m in found])

    (noisy_spread, noisy), (clean_spread, clean) = spread(7), spread(40)
    assert noisy > clean
    assert noisy_spread < 2 * noisy
    assert clean_spread < 2 * clean
