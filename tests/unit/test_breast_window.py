"""The window a picture opens with: made for the breast, whatever lies around it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.imaging.breast_window import CHOSEN_FROM_HISTOGRAM, default_voi, flat_air
from annotator.imaging.grayscale import display_lut, full_range, modality_values, voi_fraction
from annotator.model.image import ImageInfo, ModalityLut, PaddingRange, Window


def image(**changes) -> ImageInfo:
    info = ImageInfo(Path("x.dcm"), "1.2", "1.2.3", rows=4, columns=4, bits_stored=12, high_bit=11)
    return replace(info, **changes)


def breast_beside_air(air: float, low: float, high: float) -> np.ndarray:
    frame = np.full((400, 400), air)
    frame[:, :200] = np.random.default_rng(1).uniform(low, high, (400, 200))
    return frame.astype(np.uint16)


@pytest.mark.parametrize("air", [0, 4000])
def test_window_of_a_file_without_one_spans_the_breast_and_not_the_air(air):
    window = default_voi(image(), breast_beside_air(air, 1500, 2500))
    assert window.name == CHOSEN_FROM_HISTOGRAM
    assert window.center == pytest.approx(2000, abs=20)
    assert window.width == pytest.approx(1000, abs=30)


def test_air_that_is_not_zero_takes_nothing_from_thin_tissue():
    window = default_voi(image(), breast_beside_air(1000, 1150, 2150))
    assert window.center == pytest.approx(1650, abs=20)
    assert window.width == pytest.approx(1000, abs=30)


def test_window_from_the_histogram_is_in_modality_values_without_padding():
    info = image(slope=2.0, intercept=-1000.0, padding=PaddingRange(4000, 4095))
    window = default_voi(info, breast_beside_air(4000, 1500, 2500))
    assert window.center == pytest.approx(3000, abs=40)
    assert window.width == pytest.approx(2000, abs=60)


@pytest.mark.parametrize("padding", [None, PaddingRange(0, 10)])
def test_flat_image_gets_a_window_all_the_same(padding):
    window = default_voi(image(padding=padding), np.full((20, 20), 7, np.uint16))
    assert window.width >= 1


def test_file_s_first_alternative_is_the_default():
    first, second = Window(1, 2), Window(3, 4)
    assert default_voi(image(voi=(first, second)), np.zeros((2, 2), np.uint16)) is first


@pytest.mark.parametrize("center", [40_000.0, -40_000.0])
def test_a_window_of_the_file_that_leaves_the_breast_black_or_white_is_passed_over(center: float):
    useless = Window(center, 1000.0)
    frame = breast_beside_air(0, 1500, 2500)
    window = default_voi(image(voi=(useless,)), frame)
    assert window.name == CHOSEN_FROM_HISTOGRAM
    shown = voi_fraction(window, frame[frame > 1000].astype(float))
    assert shown.std() > 0.2


def test_a_narrow_window_of_the_file_is_the_makers_choice():
    narrow = Window(2000.0, 150.0)
    assert default_voi(image(voi=(narrow,)), breast_beside_air(0, 1500, 2500)) is narrow


def breast_with_a_rim(air: float, rim: tuple[float, float], body: tuple[float, float]) -> np.ndarray:
    """Air, a twentieth of the breast whose skin thins out towards the air, and its body."""
    random = np.random.default_rng(2)
    frame = np.full((400, 400), air)
    frame[:, :200] = random.normal((body[0] + body[1]) / 2, (body[1] - body[0]) / 4, (400, 200))
    frame[:, 190:200] = np.linspace(*rim, 4000).reshape(400, 10)
    return frame.clip(0, 4095).astype(np.uint16)


def ends(window: Window) -> tuple[float, float]:
    return window.center - window.width / 2, window.center + window.width / 2


@pytest.mark.parametrize(
    ("frame", "least", "most"),
    [
        (breast_with_a_rim(0, (60, 2000), (2100, 2700)), 1600, 3100),
        (breast_with_a_rim(4095, (2000, 3900), (1100, 1700)), 700, 2200),
    ],
    ids=["dark air", "bright air"],
)
def test_the_rim_does_not_take_the_contrast_of_the_breast(frame: np.ndarray, least: float, most: float):
    low, high = ends(default_voi(image(), frame))
    assert least < low < high < most
    body = frame[:, :190]
    assert np.mean((body > low) & (body < high)) > 0.97


def test_signed_values():
    frame = breast_beside_air(0, 1500, 2500).astype(np.int16) - 2000
    assert default_voi(image(signed=True), frame).center == pytest.approx(0, abs=20)


def test_bright_air_of_a_raw_image_is_left_out_and_black_when_the_file_says_inverse():
    """For Processing, linear: the more tissue, the fewer X-rays; air is the brightest and noisy."""
    random = np.random.default_rng(3)
    thick = np.clip(np.linspace(-5, 8, 400), 0, 1)[None, :] + random.uniform(0, 0.4, (400, 400))
    thick[:, :154] = 0
    frame = np.clip(3600 * np.exp(-2 * thick) + random.normal(0, 12, (400, 400)), 0, 4095).astype(np.uint16)
    info = image(photometric="MONOCHROME1")
    window = default_voi(info, frame)
    grey = display_lut(info, window)[frame]
    assert grey[:, :154].mean() < 5
    assert 60 < np.median(grey[:, 200:]) < 220
    assert grey[:, 200:].std() > 30


def test_through_a_modality_table():
    falling = np.arange(4095, -1, -1).astype("<u2")
    info = image(modality_lut=ModalityLut(0, 12, falling.tobytes()))
    window = default_voi(info, breast_beside_air(0, 1500, 2500))
    assert window.center == pytest.approx(4095 - 2000, abs=20)


@given(
    st.integers(0, 4095),
    st.integers(0, 4095),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
    st.booleans(),
)
def test_any_picture_gets_a_window_within_its_own_values(a, b, seed, photometric, signed):
    low, high = sorted((a, b))
    random = np.random.default_rng(seed)
    frame = random.integers(low, high + 1, (16, 16)).astype(np.uint16)
    frame[: seed % 16] = low
    if signed:
        frame = frame.astype(np.int16) - 2048
    info = image(photometric=photometric, signed=signed)
    window = default_voi(info, frame)
    values = modality_values(info, frame)
    least, most = ends(window)
    assert window.width >= 1
    assert values.min() - 0.5 <= least <= most <= values.max() + 0.5


def test_a_picture_of_padding_alone_shows_all_values():
    info = image(padding=PaddingRange(0, 10))
    assert default_voi(info, np.zeros((8, 8), np.uint16)) == full_range(info)


def test_flat_air_is_known_and_nothing_else_is():
    frame = breast_beside_air(0, 1500, 2500)
    assert flat_air(image(), frame) == PaddingRange(0, 0)
    assert flat_air(image(photometric="MONOCHROME1"), 4095 - frame) == PaddingRange(4095, 4095)
    assert flat_air(image(padding=PaddingRange(0, 5)), frame) is None
    noisy = frame + np.random.default_rng(1).integers(0, 40, frame.shape).astype(np.uint16)
    assert flat_air(image(), noisy) is None
    assert flat_air(image(photometric="MONOCHROME1"), frame) is None  # shown white: not air, or not hidden
    assert flat_air(image(), np.full((20, 20), 7, np.uint16)) is None
