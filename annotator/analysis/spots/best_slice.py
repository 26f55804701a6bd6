"""The slice of a stack in which a spot is sharpest, by the strength of a Laplacian of Gaussian there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.blobs import ASSUMED_SLICE_PIXEL_MM, FINEST_PX, blob_response, bright_up
from annotator.analysis.noise import spread
from annotator.model.geometry import ImagePoint
from annotator.model.image import PaddingRange

SCALES_MM = (0.08, 0.13, 0.2, 0.32, 0.5)
"""Widths of the filter: of specks up to some 1.5 mm across."""
LEAST_REACH_PX = 1.5
LEAST_Z = 5.5
"""Less does not stand out of the noise, which reaches 4.5 somewhere in a hundred slices."""
SURROUNDINGS_PX = 16
"""How far around the spot the noise is taken from."""


@dataclass(frozen=True, slots=True)
class BestSlice:
    """`frame` is the number of the slice, `at` where the spot stands out most in it.

    `sharpness` says for each slice looked at (`numbers`) how far the spot stands out there, in
    deviations of the noise.
    """

    frame: int
    at: ImagePoint
    numbers: tuple[int, ...]
    sharpness: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Look:
    """What one slice shows at the spot: the highest response of each scale, where, and the noise of each."""

    highest: tuple[float, ...]
    places: tuple[ImagePoint, ...]
    noise: tuple[float, ...]


def best_slice(
    frames: Iterable[tuple[int, NDArray[Any]]],
    at: ImagePoint,
    reach_px: float,
    *,
    pixel_mm: float | None = None,
    inverse: bool = False,
    padding: PaddingRange | None = None,
) -> BestSlice | None:
    """Where the spot within `reach_px` pixels of `at` is in focus; None when none stands out anywhere.

    `frames` are numbered slices in the order of the stack, of stored values, taken one after the other:
    only a small piece of each is looked at. `inverse`: low values are shown white.

    A calcification is sharp in its own slice and smeared along the sweep of the tube in the others, so
    its response falls off on both sides. Noise is that of the surroundings in all slices.
    """
    sigmas = tuple(max(mm / (pixel_mm or ASSUMED_SLICE_PIXEL_MM), FINEST_PX) for mm in SCALES_MM)
    numbers, looks = [], []
    for number, frame in frames:
        numbers.append(number)
        looks.append(_look(frame, at, max(reach_px, LEAST_REACH_PX), sigmas, inverse, padding))
    if not looks:
        return None
    # a picture without any noise is made by a computer; everything stands out there
    noise = np.maximum(np.median([look.noise for look in looks], axis=0), 1e-6)
    z = np.array([look.highest for look in looks]) / noise
    sharpness = z.max(axis=1)
    best = int(_evened(sharpness).argmax())
    if sharpness[best] < LEAST_Z:
        return None
    place = looks[best].places[int(z[best].argmax())]
    return BestSlice(numbers[best], place, tuple(numbers), tuple(sharpness.tolist()))


def _evened(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value with half of its neighbours: noise of one slice decides less."""
    padded = np.pad(curve, 1, mode="edge")
    return np.asarray(padded[:-2] / 4 + padded[1:-1] / 2 + padded[2:] / 4)


def _look(
    frame: NDArray[Any],
    at: ImagePoint,
    reach: float,
    sigmas: tuple[float, ...],
    inverse: bool,
    padding: PaddingRange | None,
) -> _Look:
    half = math.ceil(reach + 3 * max(sigmas) + SURROUNDINGS_PX)
    left, top = max(0, int(at.column) - half), max(0, int(at.row) - half)
    stored = frame[top : int(at.row) + half + 1, left : int(at.column) + half + 1]
    values, valid = bright_up(stored, padding, inverse=inverse)
    rows, columns = stored.shape
    away = np.hypot(
        np.arange(columns) + 0.5 + left - at.column, (np.arange(rows) + 0.5 + top - at.row)[:, None]
    )
    near = (away <= reach) & valid
    highest, places, noise = [], [], []
    for sigma in sigmas:
        response, _ = blob_response(values, sigma)
        noise.append(spread(response - np.median(response)))
        inside = np.where(near, response, -np.inf)
        row, column = divmod(int(inside.argmax()), columns)
        highest.append(float(inside[row, column]) if near.any() else 0.0)
        places.append(ImagePoint(left + column + 0.5, top + row + 0.5))
    return _Look(tuple(highest), tuple(places), tuple(noise))
