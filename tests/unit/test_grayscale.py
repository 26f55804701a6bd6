from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_voi, apply_windowing

from annotator.imaging.grayscale import (
    DRAG_SPAN_PX,
    display_lut,
    dragged_window,
    voi_fraction,
    window_like,
)
from annotator.model.image import ImageInfo, ModalityLut, PaddingRange, VoiFunction, VoiLut, Window


def image(**changes) -> ImageInfo:
    info = ImageInfo(
        Path("x.dcm"),
        "1.2",
        "1.2.3",
        rows=4,
        columns=4,
        bits_stored=12,
        high_bit=11,
        photometric="MONOCHROME2",
    )
    return replace(info, **changes)


def header(info: ImageInfo) -> Dataset:
    ds = Dataset()
    ds.PhotometricInterpretation = info.photometric
    ds.BitsStored = info.bits_stored
    ds.PixelRepresentation = int(info.signed)
    return ds


def stored_values(info: ImageInfo) -> np.ndarray:
    half = 1 << (info.bits_stored - 1)
    return np.arange(-half, half) if info.signed else np.arange(2 * half)


def looked_up(lut: np.ndarray, values: np.ndarray) -> np.ndarray:
    return lut[values.astype(np.int32) & 0xFFFF]


def assert_same_grey(ours: np.ndarray, expected: np.ndarray) -> None:
    """Equal, a rounding tie of two orders of summation apart."""
    tie = np.abs(expected - np.floor(expected) - 0.5) < 1e-6
    assert np.array_equal(ours[~tie], np.floor(expected + 0.5)[~tie])
    assert np.all(np.abs(ours[tie].astype(float) - expected[tie]) < 0.51)


@given(
    function=st.sampled_from(VoiFunction),
    bits=st.integers(6, 16),
    signed=st.booleans(),
    center=st.floats(-70_000, 70_000, allow_subnormal=False),
    width=st.floats(1.5, 70_000),
    levels=st.sampled_from([256, 1024, 65536]),
)
def test_windows_equal_pydicom_at_every_stored_value(function, bits, signed, center, width, levels):
    info = image(bits_stored=bits, high_bit=bits - 1, signed=signed)
    ds = header(info)
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = f"{center:.8g}", f"{width:.8g}", str(function)
    window = Window(float(ds.WindowCenter), float(ds.WindowWidth), function)
    values = stored_values(info)
    with np.errstate(over="ignore"):  # pydicom's sigmoid overflows to the right answer
        theirs = apply_windowing(values, ds)
    bottom = float(values[0])
    expected = (theirs - bottom) / (float(values[-1]) - bottom) * (levels - 1)
    assert_same_grey(looked_up(display_lut(info, window, levels=levels), values), expected)


@given(
    bits=st.integers(10, 16),
    first=st.integers(-3000, 3000),
    entries=st.integers(2, 5000),
    signed=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_voi_luts_equal_pydicom_at_every_stored_value(bits, first, entries, signed, seed):
    info = image(signed=signed)
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 1 << bits, entries).astype("<u2")
    table[-1] = (1 << bits) - 1
    ds = header(info)
    item = Dataset()
    item.add_new("LUTDescriptor", "SS", [entries, first, bits])
    item.add_new("LUTData", "US", table.tolist())
    ds.VOILUTSequence = [item]
    values = stored_values(info)
    expected = apply_voi(values, ds) / ((1 << bits) - 1) * 255.0
    ours = display_lut(info, VoiLut(first, bits, table.tobytes()))
    assert_same_grey(looked_up(ours, values), expected)


def test_linear_by_hand():
    """PS3.3 C.11.2.1.2.1, its own example: centre 2048, width 4096 maps 0..4095 straight to the output."""
    lut = display_lut(image(), Window(2048, 4096), levels=4096)
    assert np.array_equal(lut[:4096], np.arange(4096))
    assert np.all(lut[4096:] == 4095)


def test_linear_of_width_one_is_a_threshold_above_centre_minus_half():
    """PS3.3 C.11.2.1.2.1: x <= c - 0.5 is black, x > c - 0.5 is white when the width is 1."""
    lut = display_lut(image(), Window(100, 1))
    assert lut[99] == 0
    assert lut[100] == 255


@pytest.mark.parametrize("function", VoiFunction)
@pytest.mark.parametrize("width", [0.0, -5.0])
def test_a_width_no_window_can_have_still_gives_a_picture(function, width):
    lut = display_lut(image(), Window(100, width, function))
    assert set(np.unique(lut)) == {0, 255}


def test_linear_exact_by_hand():
    """PS3.3 C.11.2.1.3.2: (x - c) / w + 0.5."""
    lut = display_lut(image(), Window(100, 200, VoiFunction.LINEAR_EXACT), levels=201)
    assert [lut[x] for x in (0, 1, 100, 200, 300)] == [0, 1, 100, 200, 200]


def test_sigmoid_by_hand():
    """PS3.3 C.11.2.1.3.1: half at the centre, 1/(1+e^-2) half a width above."""
    lut = display_lut(image(), Window(1000, 400, VoiFunction.SIGMOID), levels=1001)
    assert lut[1000] == 500
    assert lut[1200] == round(1000 / (1 + np.exp(-2)))
    assert lut[800] == 1000 - lut[1200]


def test_eight_bit_table_with_more_than_256_entries():
    """PS3.3 C.11.1.1.1 allows 65,536 entries of 8 bits; pydicom 3.0 wraps their index at 256."""
    table = (np.arange(1024) // 4).astype("<u2")
    lut = display_lut(image(), VoiLut(0, 8, table.tobytes()))
    assert lut[1023] == 255
    assert lut[512] == 128


def test_table_whose_declared_depth_would_show_black_only():
    table = np.arange(4096).astype("<u2")
    lut = display_lut(image(), VoiLut(0, 16, table.tobytes()))
    assert (lut[0], lut[4095]) == (0, 255)


def test_signed_values_are_found_by_their_bit_pattern():
    lut = display_lut(image(signed=True), Window(0, 200, VoiFunction.LINEAR_EXACT))
    values = np.array([-100, 0, 99], np.int16)
    assert list(lut[values.view(np.uint16)]) == [0, 128, 254]


@pytest.mark.parametrize("width", [5e-324, 2.3e-308, 1e-300])
@pytest.mark.parametrize("function", [VoiFunction.SIGMOID, VoiFunction.LINEAR_EXACT])
def test_a_width_next_to_nothing_is_a_threshold(function, width):
    lut = display_lut(image(), Window(100, width, function), levels=255)
    assert (lut[99], lut[100], lut[101]) == (0, 127, 254)


def test_a_modality_table_comes_before_the_window():
    """PS3.3 C.11.1.1.1: below the first entry the first, above the last the last."""
    table = ModalityLut(10, 12, np.array([5, 100, 150, 300], "<u2").tobytes())
    info = image(modality_lut=table)
    lut = display_lut(info, Window(100, 200, VoiFunction.LINEAR_EXACT), levels=201)
    assert [lut[x] for x in (0, 10, 11, 12, 13, 4095)] == [5, 5, 100, 150, 200, 200]
    assert display_lut(info, None, levels=4096)[12] == 150


def test_a_modality_table_of_signed_values():
    table = ModalityLut(-2, 12, np.array([0, 10, 20, 30], "<u2").tobytes())
    lut = display_lut(image(signed=True, modality_lut=table), None, levels=4096)
    assert [lut[x & 0xFFFF] for x in (-2048, -2, -1, 0, 1, 2047)] == [0, 0, 10, 20, 30, 30]


def plain_lut(info: ImageInfo, window: Window, invert: bool, levels: int) -> np.ndarray:
    """The same in one step for each of 65,536 bit patterns, as slow as you like."""
    patterns = np.arange(1 << 16, dtype=np.uint16)
    values = patterns.view(np.int16) if info.signed else patterns
    fraction = voi_fraction(window, values.astype(np.float64) * info.slope + info.intercept)
    if info.inverse != invert:
        fraction = 1.0 - fraction
    grey = np.floor(fraction * (levels - 1) + 0.5)
    if info.padding is not None:
        grey[(values >= info.padding.low) & (values <= info.padding.high)] = 0
    return grey


@given(
    window=st.builds(Window, st.floats(-9000, 9000), st.floats(0, 9000), st.sampled_from(VoiFunction)),
    bits=st.integers(1, 16),
    signed=st.booleans(),
    slope=st.sampled_from([1.0, 0.5, -1.0, 2.25]),
    intercept=st.integers(-3000, 3000),
    invert=st.booleans(),
    levels=st.sampled_from([2, 256, 1024, 65536]),
    ends=st.none() | st.tuples(st.integers(-40_000, 70_000), st.integers(-40_000, 70_000)).map(sorted),
)
def test_the_table_is_that_of_the_plain_formula(window, bits, signed, slope, intercept, invert, levels, ends):
    padding = None if ends is None else PaddingRange(*ends)
    more = {"signed": signed, "slope": slope, "intercept": intercept, "padding": padding}
    info = image(bits_stored=bits, high_bit=bits - 1, **more)
    values = stored_values(info)
    found, plain = (
        display_lut(info, window, invert=invert, levels=levels),
        plain_lut(info, window, invert, levels),
    )
    assert np.array_equal(looked_up(found, values), looked_up(plain, values))
    if padding is not None:
        patterns = np.arange(1 << 16, dtype=np.uint16)
        held = patterns.view(np.int16) if signed else patterns
        assert not found[(held >= padding.low) & (held <= padding.high)].any()


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_by_hand(photometric, invert):
    """Inside signed data: black itself, its neighbours as the window says."""
    info = image(signed=True, photometric=photometric, padding=PaddingRange(-300, -200))
    lut = display_lut(info, Window(0, 4096, VoiFunction.LINEAR_EXACT), invert=invert, levels=4096)
    turned = info.inverse != invert
    levels = {x: int(lut[x & 0xFFFF]) for x in (-301, -300, -250, -200, -199)}
    upright = {-301: 1747, -199: 1849}  # 1746.57 and 1848.55 by (x / 4096 + 0.5) * 4095
    expected = {x: 4095 - y if turned else y for x, y in upright.items()}
    assert levels == {**expected, -300: 0, -250: 0, -200: 0}


def test_padding_that_the_stored_bits_cannot_hold_costs_no_tissue():
    info = image(padding=PaddingRange(5000, 65535))
    assert display_lut(info, Window(2048, 4096))[4095] == 255


def test_rescale_comes_before_the_window():
    lut = display_lut(image(slope=2.0, intercept=-100.0), Window(100, 200, VoiFunction.LINEAR_EXACT))
    assert (lut[50], lut[100], lut[150]) == (0, 128, 255)


def test_no_window_shows_the_stored_range():
    assert display_lut(image(), None)[4095] == 255
    signed = display_lut(image(signed=True), None)
    assert (signed[-2048], signed[2047]) == (0, 255)


def test_monochrome1_and_inverse_are_one_statement():
    plain = display_lut(image(), Window(2048, 4096))
    for info in (
        image(photometric="MONOCHROME1"),
        image(presentation_lut_inverse=True),
        image(photometric="MONOCHROME1", presentation_lut_inverse=True),
    ):
        turned = display_lut(info, Window(2048, 4096))
        assert (turned[0], turned[4095]) == (255, 0)
        assert np.array_equal(display_lut(info, Window(2048, 4096), invert=True), plain)


@given(
    window=st.builds(
        Window,
        st.floats(-5000, 5000),
        st.floats(0, 9000),
        st.sampled_from(VoiFunction),
    ),
    invert=st.booleans(),
    photometric=st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
    signed=st.booleans(),
    ends=st.tuples(st.integers(-2048, 2047), st.integers(-2048, 2047)).map(sorted),
)
def test_padding_is_black_in_every_window_and_inversion(window, invert, photometric, signed, ends):
    low, high = ends if signed else (end + 2048 for end in ends)
    info = image(photometric=photometric, signed=signed, padding=PaddingRange(low, high))
    padded = looked_up(display_lut(info, window, invert=invert), np.arange(low, high + 1))
    assert not padded.any()


def test_more_than_256_levels_are_sixteen_bit():
    assert display_lut(image(), None).dtype == np.uint8
    assert display_lut(image(), None, levels=1024).dtype == np.uint16


@given(
    st.builds(Window, st.floats(-4000, 4000), st.floats(2, 5000), st.sampled_from(VoiFunction)),
    st.floats(-400, 400),
    st.floats(-400, 400),
)
def test_drag_scales_with_the_width_and_keeps_the_function(window, right, down):
    after = dragged_window(window, right, down)
    assert after.function is window.function
    assert after.center - window.center == pytest.approx(window.width * down / DRAG_SPAN_PX, abs=1e-6)
    assert after.width == pytest.approx(max(window.width * np.exp(right / DRAG_SPAN_PX), 1e-3), abs=1.0)


def test_drag_far_to_the_left_never_loses_the_picture():
    narrow = dragged_window(Window(100, 50), -1e9, 0)
    assert narrow.width == 1.0


@given(
    st.floats(500, 3500),
    st.floats(200, 3000),
    st.sampled_from([VoiFunction.SIGMOID, VoiFunction.LINEAR_EXACT]),
)
def test_window_like_a_table_that_was_made_from_a_window(center, width, function):
    values = np.arange(-8000.0, 12000.0)
    table = np.round(voi_fraction(Window(center, width, function), values) * 4095).astype("<u2")
    found = window_like(VoiLut(-8000, 12, table.tobytes(), "made"))
    assert found.function is function
    assert found.center == pytest.approx(center, abs=2)
    assert found.width == pytest.approx(width, rel=0.02, abs=2)
    assert found.name == "made"
