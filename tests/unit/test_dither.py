"""Error diffusion: nothing added, nothing lost, nothing far off, the same every time."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from annotator.imaging.dither import STEPS, WHITE, to_8_bit

pictures = arrays.arrays(
    np.uint16, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, WHITE)
)


@given(pictures)
def test_no_pixel_is_a_level_off(picture):
    assert np.abs(to_8_bit(picture).astype(float) - picture / STEPS).max() < 1


@given(pictures)
def test_over_any_stretch_of_a_column_the_sum_is_right_to_a_level(picture):
    error = np.cumsum(to_8_bit(picture) - picture / STEPS, axis=0)
    assert np.ptp(np.vstack([np.zeros(picture.shape[1]), error]), axis=0).max() <= 1


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_whole_levels_stay_as_they_are(levels):
    assert np.array_equal(to_8_bit(levels.astype(np.uint16) * STEPS), levels)


@given(pictures)
def test_the_same_picture_gives_the_same_result(picture):
    assert np.array_equal(to_8_bit(picture), to_8_bit(picture.copy()))


def test_a_ramp_of_a_fraction_of_a_level_survives_smoothing():
    ramp = np.broadcast_to(np.linspace(100 * STEPS, 104 * STEPS, 1024).astype(np.uint16), (256, 1024))
    inner = np.s_[16:-16, 16:-16]

    def seen(picture: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 4)[inner]

    truth = seen(ramp / STEPS)
    rounded = np.abs(seen(np.rint(ramp / STEPS)) - truth).mean()
    assert np.abs(seen(to_8_bit(ramp)) - truth).mean() < rounded / 10


def test_areas_keep_their_mean():
    for value in (1, 37, 128, 200, 255):
        flat = np.full((64, 64), 90 * STEPS + value, np.uint16)
        assert to_8_bit(flat).mean() == pytest.approx(90 + value / STEPS, abs=0.02)


def test_neighbouring_columns_do_not_step_together():
    flat = np.full((64, 64), 90 * STEPS + 128, np.uint16)
    share = to_8_bit(flat).mean(axis=1) - 90
    assert np.abs(share - 0.5).max() < 0.1


def test_values_above_white_are_refused():
    with pytest.raises(ValueError, match="65,280"):
        to_8_bit(np.array([[WHITE + 1]], np.uint16))


def test_an_empty_picture_stays_empty():
    assert to_8_bit(np.zeros((0, 7), np.uint16)).shape == (0, 7)
