"""Resolution levels, resampling and placement against brute force on stored pixels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.imaging import placement
from annotator.imaging.air import chest_wall_edge, tissue_mask
from annotator.imaging.pyramid import build_levels
from annotator.imaging.render import Mode, covered_rect, fit, render_values, shade
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis, ViewTransform
from annotator.model.image import PaddingRange

ORIENTATIONS = [Orientation(*turn) for turn in itertools.product((False, True), repeat=3)]
OUTSIDE = 7


def noise(rows=37, columns=53, dtype=np.uint16, seed=1):
    low, high = (-2000, 2000) if dtype is np.int16 else (100, 4000)
    return np.random.default_rng(seed).integers(low, high, (rows, columns)).astype(dtype)


def turned(frame, orientation):
    """The frame as displayed, by the definition of Orientation."""
    shown = frame.T if orientation.transpose else frame
    shown = shown[:, ::-1] if orientation.flip_columns else shown
    return shown[::-1] if orientation.flip_rows else shown


def mean_by_brute_force(frame, view, width, height):
    """Area means of the displayed frame, one screen pixel at a time; NaN outside."""
    shown = turned(frame, view.orientation).astype(float)
    rows, columns = shown.shape

    def shares(count, size, start, scale):
        edges = (np.arange(count + 1) - start) / scale
        low, high = np.arange(size), np.arange(size) + 1
        inside = np.minimum(edges[1:, None], high) - np.maximum(edges[:-1, None], low)
        return np.clip(inside, 0, None)

    down = shares(height, rows, view.top, view.scale_down)
    across = shares(width, columns, view.left, view.scale)
    area = down.sum(1)[:, None] * across.sum(1)[None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        return down @ shown @ across.T / area


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize(("left", "top"), [(0, 0), (-11, 5), (9, -20)])
def test_at_one_to_one_the_viewport_shows_the_stored_pixels(orientation, left, top):
    frame = noise()
    view = ViewTransform(53, 37, 1.0, float(left), float(top), orientation)
    values = render_values(build_levels(frame), view, 60, 45, outside=OUTSIDE)
    shown = turned(frame, orientation)
    for y, x in itertools.product(range(45), range(60)):
        row, column = y - top, x - left
        inside = 0 <= row < shown.shape[0] and 0 <= column < shown.shape[1]
        assert values[y, x] == (shown[row, column] if inside else OUTSIDE)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("scale", [2.0, 3.0, 7.3])
def test_above_one_to_one_every_pixel_is_a_whole_square(orientation, scale):
    frame = noise(9, 12)
    view = ViewTransform(12, 9, scale, 3.17, -4.71, orientation)
    values = render_values(build_levels(frame), view, 50, 40, outside=OUTSIDE)
    for y, x in itertools.product(range(40), range(50)):
        point = view.to_image(x + 0.5, y + 0.5)
        inside = 0 <= point.column < 12 and 0 <= point.row < 9
        expected = frame[int(point.row), int(point.column)] if inside else OUTSIDE
        assert values[y, x] == expected


@given(
    st.sampled_from(ORIENTATIONS),
    st.floats(0.13, 0.99),
    st.floats(-40, 40),
    st.floats(-40, 40),
    st.sampled_from([None, 0.8, 1.0]),
)
def test_zoomed_out_each_screen_pixel_is_the_mean_of_its_area(orientation, scale, left, top, stretch):
    frame = noise(61, 83)
    rows_scale = None if stretch is None else scale * stretch
    view = ViewTransform(83, 61, scale, left, top, orientation, rows_scale)
    values = render_values(build_levels(frame), view, 40, 33, outside=OUTSIDE).astype(float)
    expected = mean_by_brute_force(frame, view, 40, 33)
    x0, y0, x1, y1 = covered_rect(view, 40, 33)
    inner = np.s_[y0 + 1 : max(y1 - 1, 0), x0 + 1 : max(x1 - 1, 0)]
    np.testing.assert_allclose(values[inner], expected[inner], atol=0.51)
    outside = np.ones_like(values, bool)
    outside[y0:y1, x0:x1] = False
    assert (values[outside] == OUTSIDE).all()


def test_far_out_the_mean_comes_from_a_level_and_stays_close():
    frame = np.linspace(0, 60000, 700 * 900).reshape(700, 900).astype(np.uint16)
    view = ViewTransform(900, 700, 0.03, 2.3, 1.7)
    values = render_values(build_levels(frame), view, 32, 25, outside=OUTSIDE).astype(float)
    expected = mean_by_brute_force(frame, view, 32, 25)
    x0, y0, x1, y1 = covered_rect(view, 32, 25)
    assert np.abs(values - expected)[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1].max() < 0.005 * 60000


@given(
    st.integers(0, 199),
    st.integers(0, 149),
    st.floats(0.04, 0.7),
    st.sampled_from(ORIENTATIONS),
    st.booleans(),
)
def test_speck_true_loses_no_speck(column, row, scale, orientation, inverse):
    background, speck = (3000, 1000) if inverse else (1000, 3000)
    frame = np.full((150, 200), background, np.uint16)
    frame[row, column] = speck
    width, height = (120, 160) if orientation.transpose else (160, 120)
    view = fit(200, 150, width, height, orientation, scale=scale)
    values = render_values(
        build_levels(frame, inverse=inverse), view, width, height, Mode.SPECK_TRUE, outside=background
    )
    contrast = np.abs(values.astype(int) - background)
    fading = min(1 / scale - 1, 1)
    assert contrast.max() >= 0.5 * fading * 2000 - 1
    y, x = np.unravel_index(contrast.argmax(), contrast.shape)
    at = view.to_screen(ImagePoint(column + 0.5, row + 0.5))
    assert abs(x + 0.5 - at[0]) <= 1.01
    assert abs(y + 0.5 - at[1]) <= 1.01


def test_speck_true_is_the_plain_picture_at_one_to_one_and_above():
    levels = build_levels(noise())
    for scale in (1.0, 2.5):
        view = ViewTransform(53, 37, scale, -3.0, 2.0)
        plain, true = (render_values(levels, view, 50, 50, mode, outside=0) for mode in Mode)
        assert (plain == true).all()


def test_values_of_a_signed_frame_come_back_as_bit_patterns():
    frame = noise(dtype=np.int16)
    levels = build_levels(frame)
    crop = render_values(levels, ViewTransform(53, 37, 1.0, 0.0, 0.0), 53, 37, outside=0)
    assert (crop.view(np.int16) == frame).all()
    view = ViewTransform(53, 37, 0.5, 0.0, 0.0)
    mean = render_values(levels, view, 26, 18, outside=0).view(np.int16)
    np.testing.assert_allclose(mean, mean_by_brute_force(frame, view, 26, 18), atol=0.51)


@pytest.mark.parametrize("padding_value", [0, 65535])
@pytest.mark.parametrize("scale", [0.11, 0.37, 0.8, 1.0, 2.0])
@pytest.mark.parametrize("mode", list(Mode))
def test_padding_stays_padding_and_colours_nothing_beside_it(padding_value, scale, mode):
    frame = noise(200, 300)
    frame[:, 151:] = padding_value
    levels = build_levels(frame, padding=PaddingRange(padding_value, padding_value))
    view = ViewTransform(300, 200, scale, 0.0, 0.0)
    values = render_values(levels, view, int(300 * scale), int(200 * scale), mode, outside=padding_value)
    tissue = values != padding_value
    assert values[tissue].min() >= 100
    assert values[tissue].max() < 4000
    edge = round(151 * scale)
    assert tissue[:, : edge - 1].all()
    assert not tissue[:, edge + 1 :].any()


def test_smooth_interpolates_between_pixel_centres():
    frame = np.array([[0, 1000], [2000, 3000]], np.uint16)
    view = ViewTransform(2, 2, 4.0, 0.0, 0.0)
    values = render_values(build_levels(frame), view, 8, 8, smooth=True, outside=0)
    centres = (np.arange(8) + 0.5) / 4 - 0.5
    ramp = np.clip(centres, 0, 1)
    np.testing.assert_allclose(values, ramp[None] * 1000 + ramp[:, None] * 2000, atol=35)


def test_outside_the_image_is_black_under_every_table():
    lut = np.full(65536, 200, np.uint8)
    view = ViewTransform(53, 37, 1.0, 4.0, 6.0)
    values = render_values(build_levels(noise()), view, 70, 60, outside=0)
    grey = shade(values, lut, view)
    assert (grey[6:43, 4:57] == 200).all()
    assert grey.sum() == 200 * 37 * 53
    away = ViewTransform(53, 37, 1.0, 400.0, 0.0)
    assert not shade(render_values(build_levels(noise()), away, 70, 60, outside=0), lut, away).any()


@given(st.integers(1, 300), st.integers(1, 300), st.booleans(), st.booleans())
@settings(max_examples=40)
def test_every_level_holds_the_extremes_of_the_frame(rows, columns, inverse, signed):
    frame = noise(rows, columns, np.int16 if signed else np.uint16)
    levels = build_levels(frame, inverse=inverse)
    best = frame.min() if inverse else frame.max()
    for k, (mean, peak) in enumerate(zip(levels.mean, levels.peak, strict=True), 1):
        assert mean.shape == peak.shape == levels.shape(k) == (-(-rows // 2**k), -(-columns // 2**k))
        assert (peak.min() if inverse else peak.max()) == best
        assert not (mean.flags.writeable)
        assert not (peak.flags.writeable)


@given(
    st.sampled_from(ORIENTATIONS),
    st.sampled_from(["left", "right", "center"]),
    st.integers(50, 900),
    st.integers(50, 900),
)
def test_fit_shows_the_whole_picture_at_its_edge(orientation, align, width, height):
    view = fit(300, 400, width, height, orientation, align)
    corners = [view.to_screen(ImagePoint(c, r)) for c in (0, 300) for r in (0, 400)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    assert min(xs) >= -1.01
    assert max(xs) <= width + 1.01
    assert min(ys) >= -1.01
    assert max(ys) <= height + 1.01
    if align == "left":
        assert min(xs) == pytest.approx(0, abs=0.5)
    if align == "right":
        assert max(xs) == pytest.approx(width, abs=0.5)


@pytest.mark.parametrize("transpose", [False, True])
def test_pixels_that_are_not_square_keep_their_shape(transpose):
    spacing = PixelSpacing(0.05, 0.1, SpacingBasis.AT_DETECTOR)
    view = fit(200, 300, 500, 500, Orientation(transpose=transpose), spacing=spacing)
    (x0, y0), (x1, y1) = view.to_screen(ImagePoint(0, 0)), view.to_screen(ImagePoint(200, 300))
    across, down = abs(x1 - x0), abs(y1 - y0)
    assert across / down == pytest.approx(15 / 20 if transpose else 20 / 15)


def test_pixels_that_are_square_but_for_rounding_are_shown_as_they_are():
    spacing = PixelSpacing(0.0941, 0.0943, SpacingBasis.AT_DETECTOR)
    view = placement.one_to_one(fit(200, 300, 500, 500, spacing=spacing), 500, 500)
    assert (view.scale, view.scale_down) == (1, 1)


@given(
    st.floats(0, 800), st.floats(0, 600), st.floats(0.3, 3), st.floats(0.1, 6), st.sampled_from(ORIENTATIONS)
)
def test_zoom_keeps_the_point_under_the_pointer(x, y, factor, scale, orientation):
    view = placement.one_to_one(fit(3000, 4000, 800, 600, orientation), 800, 600)
    view = placement.zoom_at(view, 400, 300, scale, 800, 600)
    before = view.to_image(x, y)
    after = placement.zoom_at(view, x, y, factor, 800, 600)
    if placement.clamp(after, 800, 600) != after or not (
        0 <= before.column <= 3000 and 0 <= before.row <= 4000
    ):
        return
    assert after.to_screen(before) == pytest.approx((x, y), abs=0.51)


def test_zooming_past_one_to_one_stops_there_on_whole_pixels():
    view = fit(3000, 4000, 800, 600)
    while view.scale < 1:
        view = placement.zoom_at(view, 123, 77, 1.37, 800, 600)
    assert view.scale == 1
    assert view.left == int(view.left)
    assert view.top == int(view.top)


@given(st.floats(-9000, 9000), st.floats(-9000, 9000), st.floats(0.05, 20))
def test_the_picture_cannot_be_lost(dx, dy, factor):
    view = placement.zoom_at(fit(3000, 4000, 800, 600), 10, 10, factor, 800, 600)
    view = placement.pan_by(view, dx, dy, 800, 600)
    x0, y0, x1, y1 = covered_rect(view, 800, 600)
    seen_across = min(800, 3000 * view.scale) / 4
    seen_down = min(600, 4000 * view.scale) / 4
    assert x1 - x0 >= int(seen_across) - 1
    assert y1 - y0 >= int(seen_down) - 1


def test_center_on_brings_a_point_to_the_middle():
    view = placement.one_to_one(fit(3000, 4000, 800, 600), 800, 600)
    point = ImagePoint(1200.0, 2100.0)
    assert placement.center_on(view, point, 800, 600).to_screen(point) == pytest.approx((400, 300), abs=1)


@pytest.mark.parametrize("inverse", [False, True])
def test_the_breast_and_its_chest_wall_are_found_in_the_pixels(inverse):
    frame = np.random.default_rng(2).integers(1500, 2500, (400, 300)).astype(np.uint16)
    y, x = np.mgrid[0:400, 0:300]
    air = ((y - 200) / 170) ** 2 + (x / 160) ** 2 > 1
    frame[air] = 4000 if inverse else 20
    ways = {"left": frame, "right": frame[:, ::-1], "top": frame.T, "bottom": frame.T[::-1]}
    for edge, way in ways.items():
        assert chest_wall_edge(build_levels(way.copy(), inverse=inverse)) == edge
    levels = build_levels(frame, inverse=inverse)
    found = tissue_mask(levels)
    step = levels.coarsest_block
    assert (found != ~air[step // 2 :: step, step // 2 :: step]).mean() < 0.05


def test_a_frame_without_air_has_no_chest_wall():
    frame = np.random.default_rng(2).integers(1500, 2500, (400, 300)).astype(np.uint16)
    assert chest_wall_edge(build_levels(frame)) is None
