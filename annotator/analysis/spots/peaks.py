"""Bright peaks around a click, over place and scale, in deviations above their surroundings."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.blobs import FINEST_PX, blob_response, bright_up
from annotator.analysis.noise import FloatImage, NoiseCurve, middle, noise_curve, spread, without_dead_pixels
from annotator.model.geometry import ImagePoint
from annotator.model.image import PaddingRange

SURE_Z = 5.0
"""A peak this many deviations high is certain; beyond, only the distance from the click counts."""

ON_THE_SPOT = 1.0
"""Within so many reaches of its edge a click counts as on the spot."""
LIMIT_REACHES = 2.0
"""Nothing whose outline is farther from the click than so many reaches is offered."""

_SCALES = 7


@dataclass(frozen=True)
class Search:
    """One way of looking around a click: how far, at which scales, and what evidence it asks for.

    `least_z` is needed when the click is right on the spot, more when it is beside it; where there is no such
    peak, one of `weak_z` is worth a look at its outline. `pixel_mm` is the coarseness to average to, None for the
    pixels as they are.
    """

    half_mm: float
    finest_mm: float
    coarsest_mm: float
    least_z: float
    weak_z: float | None = None
    pixel_mm: float | None = None


CLOSE = Search(half_mm=3.2, finest_mm=0.065, coarsest_mm=0.55, least_z=4.1, weak_z=3.4)
WIDE = Search(half_mm=12.0, finest_mm=0.55, coarsest_mm=2.4, least_z=2.2, pixel_mm=0.21)


@dataclass(frozen=True)
class Click:
    """Where somebody clicked, `reach` (pixels) counting as one deviation of the distance to a spot."""

    frame: NDArray[Any]
    at: ImagePoint
    pixel_mm: float
    reach: float
    inverse: bool
    padding: PaddingRange | None


@dataclass(frozen=True)
class Patch:
    """A piece of the image, bright spots up; `left` and `top` are its corner in the image.

    One pixel of the patch is the mean of `step` x `step` pixels of the image.
    """

    left: int
    top: int
    step: int
    values: FloatImage
    stabilised: FloatImage
    valid: NDArray[np.bool_]
    noise: NoiseCurve


@dataclass(frozen=True)
class Peak:
    """A place in the patch, in its pixels; `coarsest` when a still larger scale might fit better, `weak` when only its outline can tell."""

    column: float
    row: float
    sigma: float
    z: float
    coarsest: bool
    weak: bool = False


def cut(click: Click, search: Search) -> Patch:
    """The surroundings of the click, cut at the image's edges, padding filled with the median."""
    step = 1 if search.pixel_mm is None else max(1, round(search.pixel_mm / click.pixel_mm))
    reach = math.ceil(search.half_mm / click.pixel_mm + LIMIT_REACHES * click.reach)
    column, row = int(click.at.column), int(click.at.row)
    box = (column - reach, row - reach, column + reach + 1, row + reach + 1)
    return cut_box(click.frame, box, click.padding, inverse=click.inverse, step=step)


def cut_box(
    frame: NDArray[Any],
    box: tuple[int, int, int, int],
    padding: PaddingRange | None,
    *,
    inverse: bool,
    step: int = 1,
) -> Patch:
    """What of a box (left, top, right, bottom) lies in the image, averaged over `step` x `step` pixels."""
    left, top, values, valid = cut_values(frame, box, padding, inverse=inverse)
    if step > 1:
        values, valid = averaged(values, step), averaged(valid.astype(np.float32), step) > 0.99
    noise = noise_curve(values, valid)
    stabilised, values = without_dead_pixels(noise.stabilised(values), values)
    return Patch(left, top, step, values, stabilised, valid, noise)


def cut_values(
    frame: NDArray[Any], box: tuple[int, int, int, int], padding: PaddingRange | None, *, inverse: bool
) -> tuple[int, int, FloatImage, NDArray[np.bool_]]:
    """The corner of what of a box lies in the image, its values bright up, and which of them are picture.

    Values count from their own middle: nothing then depends on the offset that a machine stores.
    """
    left, top = max(0, int(box[0])), max(0, int(box[1]))
    values, valid = bright_up(frame[top : box[3], left : box[2]], padding, inverse=inverse)
    return left, top, values - np.float32(math.floor(middle(values[::4, ::4]))), valid


def peaks_near(patch: Patch, click: Click, search: Search) -> list[Peak]:
    """Likely peaks, likeliest first: evidence, capped where it is certain, against distance from the edge."""
    column = (click.at.column - patch.left) / patch.step
    row = (click.at.row - patch.top) / patch.step
    reach = click.reach / patch.step
    cap = max(SURE_Z, search.least_z)

    def beside(peak: Peak) -> float:
        away = math.hypot(peak.column - column, peak.row - row) - 1.2 * peak.sigma
        return max(0.0, away / reach - ON_THE_SPOT)

    def likelihood(peak: Peak) -> float:
        return (min(peak.z, cap) ** 2 - beside(peak) ** 2) / 2

    found = _peaks(
        patch, click.pixel_mm * patch.step, replace(search, least_z=search.weak_z or search.least_z)
    )
    peaks = [p for p in found if beside(p) <= LIMIT_REACHES]
    if any(beside(p) == 0 for p in peaks):
        # Whoever clicks on a faint spot does not mean a bright one that lies well apart.
        peaks = [p for p in peaks if beside(p) <= 1]
    likely = [p for p in peaks if likelihood(p) >= search.least_z**2 / 2]
    if not likely and search.weak_z is not None:
        likely = [replace(p, weak=True) for p in peaks if likelihood(p) >= search.weak_z**2 / 2]
    return sorted(likely, key=likelihood, reverse=True)


def _peaks(patch: Patch, pixel_mm: float, search: Search) -> list[Peak]:
    """Local maxima over place and scale of the Laplacian of Gaussian."""
    finest = max(search.finest_mm / pixel_mm, FINEST_PX)
    sigmas = np.geomspace(finest, max(search.coarsest_mm / pixel_mm, 4 * finest), _SCALES)
    z = np.stack([_significance(patch, float(sigma)) for sigma in sigmas])
    around = np.stack([cv2.dilate(layer, np.ones((3, 3), np.uint8)) for layer in z])
    highest = around.copy()
    highest[1:] = np.maximum(highest[1:], around[:-1])
    highest[:-1] = np.maximum(highest[:-1], around[1:])
    found = np.argwhere((z >= highest) & (z >= search.least_z) & patch.valid).tolist()
    return [
        Peak(c + 0.5, r + 0.5, float(sigmas[k]), float(z[k, r, c]), k == _SCALES - 1) for k, r, c in found
    ]


def _significance(patch: Patch, sigma: float) -> FloatImage:
    """Minus the Laplacian at one scale over its own robust deviation, at least that of white noise."""
    response, white = blob_response(patch.stabilised, sigma)
    tissue = response[patch.valid] if patch.valid.any() else response
    return np.asarray(response / np.float32(max(white, spread(tissue))), np.float32)


def averaged(values: FloatImage, step: int) -> FloatImage:
    """Means of `step` x `step` pixels; what is left over at the far edges is left out."""
    if step == 1:
        return values
    rows, columns = (max(1, size // step) for size in values.shape)
    whole = np.ascontiguousarray(values[: rows * step, : columns * step])
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA))
