"""The slice in focus, found in small stacks whose specks lie in known slices."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from annotator.analysis.spots.best_slice import best_slice
from annotator.model.geometry import ImagePoint
from annotator.model.image import PaddingRange

SIDE, SLICES, NOISE = 80, 30, 8.0
STREAK_PX = 2.6
"""How much longer a speck 0.1 mm pixels off its slice is smeared along the sweep, for each mm."""


def speck(radius: float, place: tuple[float, float], off: float) -> np.ndarray:
    """A disk of height 1 seen `off` slices from its own: smeared along the rows, its sum kept."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    sharp = np.clip(radius + 0.5 - np.hypot(x - place[0], y - place[1]), 0, 1)
    length = max(1, round(1 + STREAK_PX * abs(off)))
    return cv2.blur(sharp, (1, length), borderType=cv2.BORDER_REFLECT)


def stack(rng, focus: float, height: float, radius: float = 1.5, place=(40.0, 40.0)):
    tissue = 500 + 60 * np.sin(np.arange(SIDE) / 15)
    frames = []
    for number in range(1, SLICES + 1):
        noise = cv2.GaussianBlur(rng.normal(0, NOISE, (SIDE, SIDE)), (0, 0), 0.5)
        frame = tissue + noise + height * speck(radius, place, number - focus)
        frames.append((number, frame.clip(0, 65535).astype(np.uint16)))
    return frames


def height_for(snr: float, radius: float) -> float:
    """Height of a speck whose matched filter tells it from the noise by `snr` deviations."""
    shape = speck(radius, (40.0, 40.0), 0)
    white = math.sqrt(float((shape**2).sum()))
    return snr * NOISE / white


@pytest.mark.parametrize("radius", [1.0, 1.5, 3.0])
def test_the_slice_in_focus_is_found_within_one_for_95_of_100_specks(radius: float) -> None:
    rng = np.random.default_rng(7)
    off = []
    for _ in range(40):
        focus = int(rng.integers(3, SLICES - 1))
        place = (40 + rng.uniform(-1, 1), 40 + rng.uniform(-1, 1))
        frames = stack(rng, focus, height_for(rng.uniform(8, 20), radius), radius, place)
        found = best_slice(frames, ImagePoint(40.5, 39.5), 4.0)
        off.append(99 if found is None else abs(found.frame - focus))
    assert sum(o <= 1 for o in off) >= 0.95 * len(off), off


def test_the_curve_says_how_far_the_spot_stands_out_in_each_slice() -> None:
    frames = stack(np.random.default_rng(1), 12, 300)
    found = best_slice(frames, ImagePoint(40, 40), 3.0)
    assert found is not None
    assert found.frame == 12
    assert found.numbers == tuple(range(1, SLICES + 1))
    assert max(found.sharpness) == found.sharpness[11]
    assert found.sharpness[11] > 3 * found.sharpness[24]
    assert math.hypot(found.at.column - 40, found.at.row - 40) < 1.5


def test_noise_alone_is_in_focus_nowhere() -> None:
    rng = np.random.default_rng(5)
    found = [best_slice(stack(rng, 10, 0), ImagePoint(40, 40), 4.0) for _ in range(20)]
    assert found.count(None) >= 19


def test_only_some_slices_of_a_stack_may_be_looked_at() -> None:
    frames = stack(np.random.default_rng(2), 12, 300)
    found = best_slice(frames[13:18], ImagePoint(40, 40), 3.0)
    assert found is not None
    assert found.frame == 14
    assert found.numbers == (14, 15, 16, 17, 18)
    assert best_slice([], ImagePoint(40, 40), 3.0) is None


def test_dark_spots_count_where_low_values_are_white() -> None:
    bright = stack(np.random.default_rng(3), 20, 200, 3.0)
    dark = [(number, (4000 - frame).astype(np.uint16)) for number, frame in bright]
    found = best_slice(dark, ImagePoint(40, 40), 1.5, inverse=True)
    assert found is not None
    assert found.frame == 20
    assert best_slice(dark, ImagePoint(40, 40), 1.5) is None


def test_a_brighter_spot_out_of_reach_does_not_count() -> None:
    rng = np.random.default_rng(4)
    near, far = stack(rng, 8, 200, place=(30.0, 40.0)), stack(rng, 25, 2000, place=(55.0, 40.0))
    both = [(n, np.maximum(a, b)) for (n, a), (_, b) in zip(near, far, strict=True)]
    found = best_slice(both, ImagePoint(30, 40), 4.0)
    assert found is not None
    assert found.frame == 8


def test_padding_beside_a_spot_is_no_spot() -> None:
    frames = stack(np.random.default_rng(6), 15, 200)
    for _, frame in frames:
        frame[:, 44:] = 0
    found = best_slice(frames, ImagePoint(40, 40), 6.0, padding=PaddingRange(0, 0))
    assert found is not None
    assert found.frame == 15


@pytest.mark.parametrize("place", [(0.5, 0.5), (79.5, 40.0), (40.0, 79.9)])
def test_the_edge_of_the_image_is_no_obstacle(place: tuple[float, float]) -> None:
    frames = stack(np.random.default_rng(8), 11, 800, 2.0, place)
    found = best_slice(frames, ImagePoint(*place), 3.0)
    assert found is not None
    assert abs(found.frame - 11) <= 1
