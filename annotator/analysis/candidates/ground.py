"""The ground that candidates are looked for on: one breast, bright side up, in units of its noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.readout import even_readout
from annotator.analysis.noise import QUIETEST, FloatImage, NoiseCurve, spread
from annotator.jobs import CancelToken
from annotator.model.image import PaddingRange

COARSE_MM = 0.5
"""Grid of what changes slowly: where the breast is, how far the skin, how busy the tissue."""
FINEST_PIXEL_MM = 0.045
"""Finer pixels are averaged in twos first: they carry no more of a speck and cost four times as much."""
LEAST_SIDE = 24
"""Pixels: a smaller frame holds no spot with surroundings."""

_AIR_SHARE = 0.12
"""Breast begins this far from air to the median of the breast."""
_LEAST_MIDDLE = 0.15
"""The middle of the breast lies at least so far from air to its brightest parts."""
_BINS = 40
_SAMPLES = 1_500_000
_DEAD_HEIGHT, _DEAD_EIGHT, _DEAD_FOUR = 6.0, 0.2, 0.18
_SATURATED_MM2 = 60.0
"""A larger flat area at the top of the scale is a collimator's blade or a label, not tissue."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A breast in noise units: standard deviation of the noise is about 1 at every grey value.

    `values` is the part of the image from pixel (`left`, `top`), each of its pixels `step` x `step` of the image's and
    `pixel_mm` wide. Outside the breast it goes on as a blurred copy of the inside. `skin_mm`, on a grid of `COARSE_MM`,
    is how far the edge of the breast is (0 outside); the image's own edges are none.
    """

    values: FloatImage
    left: int
    top: int
    step: int
    pixel_mm: float
    skin_mm: FloatImage

    def skin_at(self, column: NDArray[np.floating], row: NDArray[np.floating]) -> NDArray[np.float64]:
        """Distance in mm from the edge of the breast of places in pixels of the ground."""
        rows, columns = self.values.shape
        high, wide = self.skin_mm.shape
        i = np.clip((np.asarray(row) * high / rows).astype(int), 0, high - 1)
        j = np.clip((np.asarray(column) * wide / columns).astype(int), 0, wide - 1)
        return np.asarray(self.skin_mm[i, j], np.float64)


def make_ground(
    frame: NDArray[Any],
    pixel_mm: float,
    *,
    inverse: bool = False,
    padding: PaddingRange | None = None,
    token: CancelToken | None = None,
) -> Ground | None:
    """The breast of a frame of stored values in noise units; None where there is none to be found.

    `inverse`: low values are shown white. Padding is never breast.
    """
    token = token or CancelToken()
    if min(frame.shape) < LEAST_SIDE:
        return None
    bright, step = _bright_up(frame, pixel_mm, inverse=inverse)
    pixel_mm *= step
    padded = None if padding is None else _padded(frame, padding, bright.shape)
    token.checkpoint()
    coarse, covered = _coarse(bright, padded, pixel_mm)
    breast = _breast(coarse, covered, float(bright.max()))
    if breast is None:
        return None
    box = _bounds(breast, bright.shape)
    (top, bottom), (left, right), (high, low), (near, far) = box
    breast = np.ascontiguousarray(breast[high:low, near:far])
    part = np.ascontiguousarray(bright[top:bottom, left:right])
    inside = _resized(breast, part.shape, cv2.INTER_NEAREST).astype(np.uint8)
    if padded is not None:
        inside[padded[top:bottom, left:right]] = 0
    token.checkpoint()
    values = _stabilised(part, inside)
    if values is None:
        return None
    token.checkpoint()
    _mend_dead_pixels(values)
    even_readout(values, inside, pixel_mm)
    _fill_outside(values, inside, breast.shape)
    return Ground(values, left * step, top * step, step, pixel_mm, _skin_mm(breast, coarse.shape, box))


def _bright_up(frame: NDArray[Any], pixel_mm: float, *, inverse: bool) -> tuple[FloatImage, int]:
    """The frame as float32 with what is shown bright above, and how many pixels each way became one."""
    values = frame.astype(np.float32)
    if not np.isfinite(values).all():
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    if inverse:
        np.negative(values, out=values)
    step = 1
    while pixel_mm * step < FINEST_PIXEL_MM and min(frame.shape) // (2 * step) >= LEAST_SIDE:
        step *= 2
    if step > 1:
        rows, columns = (length // step * step for length in frame.shape)
        size = (columns // step, rows // step)
        values = _resized(values[:rows, :columns], size[::-1], cv2.INTER_AREA)
    return np.asarray(values, np.float32), step


def _resized(image: NDArray[Any], shape: tuple[int, ...], how: int) -> FloatImage:
    """An image with so many rows and columns."""
    return np.asarray(cv2.resize(image, (shape[1], shape[0]), interpolation=how), np.float32)


def _padded(frame: NDArray[Any], padding: PaddingRange, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask = ((frame >= padding.low) & (frame <= padding.high)).view(np.uint8)
    if mask.shape != shape:
        step = mask.shape[0] // shape[0]
        mask = mask[: shape[0] * step, : shape[1] * step]
        mask = (cv2.resize(mask * 255, shape[::-1], interpolation=cv2.INTER_AREA) > 0).view(np.uint8)
    return mask.view(np.bool_)


def _coarse(
    bright: FloatImage, padded: NDArray[np.bool_] | None, pixel_mm: float
) -> tuple[FloatImage, FloatImage]:
    """Means on the coarse grid, and which share of each cell is picture."""
    rows, columns = bright.shape
    size = (max(2, round(columns * pixel_mm / COARSE_MM)), max(2, round(rows * pixel_mm / COARSE_MM)))
    size = (min(size[0], columns), min(size[1], rows))
    if padded is None:
        return _resized(bright, size[::-1], cv2.INTER_AREA), np.ones(size[::-1], np.float32)
    valid = (~padded).astype(np.float32)
    share = _resized(valid, size[::-1], cv2.INTER_AREA)
    valid *= bright
    total = _resized(valid, size[::-1], cv2.INTER_AREA)
    return np.asarray(total / np.maximum(share, 1e-6), np.float32), share


def _breast(coarse: FloatImage, covered: FloatImage, highest: float) -> NDArray[np.uint8] | None:
    """1 where the breast is on the coarse grid: the largest piece that stands out of the air."""
    picture = covered > 0.5
    if not picture.any():
        return None
    values = coarse[picture]
    air, dense = (float(v) for v in np.percentile(values, (1, 99.5)))
    if not dense > air:
        return None
    even = np.where(picture, coarse, air).astype(np.float32)
    smooth = cv2.GaussianBlur(even, (0, 0), 1.5, borderType=cv2.BORDER_REPLICATE)
    middle = float(np.median(values[values > air + 0.05 * (dense - air)]))
    if middle - air < _LEAST_MIDDLE * (dense - air):
        # where air glows with scatter around the breast, its darkest is far below the rest of it
        parted = _parted(values, air, dense)
        air, middle = float(np.median(values[~parted])), float(np.median(values[parted]))
    mask = ((smooth > air + _AIR_SHARE * (middle - air)) & picture).astype(np.uint8)
    mask &= ~_saturated(coarse, highest) & 1
    mask = _largest(mask)
    # with nothing beyond the image: where skin runs into its edge, closing would fill the corner
    closed = cv2.morphologyEx(
        cv2.copyMakeBorder(mask, 9, 9, 9, 9, cv2.BORDER_CONSTANT, value=0),
        cv2.MORPH_CLOSE,
        np.ones((9, 9), np.uint8),
    )[9:-9, 9:-9]
    closed = (closed & picture.view(np.uint8)).astype(np.uint8)
    return closed if closed.any() else None


def _parted(values: FloatImage, low: float, high: float) -> NDArray[np.bool_]:
    """Which values belong to the brighter of two kinds (Otsu 1979)."""
    grey = np.clip((values - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
    _, bright = cv2.threshold(grey.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray(bright[:, 0] > 0)


def _saturated(coarse: FloatImage, highest: float) -> NDArray[np.uint8]:
    """1 where a large area has the highest value of all and nothing else."""
    full = (coarse >= highest - 1e-6 * max(1.0, abs(highest))).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(full, connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] * COARSE_MM**2 > _SATURATED_MM2
    large[0] = False
    if count == 1 or not large.any():
        return np.zeros(coarse.shape, np.uint8)
    return np.asarray(cv2.dilate(large[labels].astype(np.uint8), np.ones((5, 5), np.uint8)), np.uint8)


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    if count == 1:
        return mask
    return np.asarray(labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()), np.uint8)


_Range = tuple[int, int]


def _bounds(breast: NDArray[np.uint8], shape: tuple[int, ...]) -> tuple[_Range, _Range, _Range, _Range]:
    """Rows and columns of the image that hold the breast, then the same on the coarse grid."""
    found: list[_Range] = []
    coarse: list[_Range] = []
    for axis in (0, 1):
        at = np.flatnonzero(breast.any(axis=1 - axis))
        begin, end = int(at[0]), int(at[-1]) + 1
        scale = shape[axis] / breast.shape[axis]
        coarse.append((begin, end))
        found.append(
            (round(begin * scale), min(shape[axis], max(round(end * scale), round(begin * scale) + 2)))
        )
    return found[0], found[1], coarse[0], coarse[1]


def _stabilised(part: FloatImage, inside: NDArray[np.uint8]) -> FloatImage | None:
    """The picture through the monotone curve after which its noise is 1 everywhere (Bria 2018).

    Noise against grey value is found from residuals that are blind to planes and straight edges, in bins
    of equal population by local mean.
    """
    kernel = np.array([1, -2, 1], np.float32)
    residual = cv2.sepFilter2D(part, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REFLECT)
    mean = cv2.blur(part, (5, 5), borderType=cv2.BORDER_REFLECT)
    every = max(1, math.isqrt(part.size // _SAMPLES))
    chosen = inside[::every, ::every] > 0
    means = mean[::every, ::every][chosen]
    sizes = np.abs(residual[::every, ::every][chosen]) / 6
    if means.size < 4 * _BINS:
        return None
    order = np.argsort(means)
    nodes, deviations = [], []
    for bin_ in np.array_split(order, _BINS):
        nodes.append(float(np.median(means[bin_])))
        deviations.append(spread(sizes[bin_]))
    even = np.convolve(np.pad(deviations, 2, mode="edge"), np.full(5, 0.2), mode="valid")
    least = QUIETEST if np.issubdtype(part.dtype, np.floating) and _whole(part) else 1e-12
    sd = np.maximum(even, max(least, 0.02 * float(even.max())))
    values, first = np.unique(np.asarray(nodes), return_index=True)
    return _through(part, NoiseCurve(values, sd[first]))


def _whole(part: FloatImage) -> bool:
    """Whether grey values are whole numbers, as stored ones are."""
    some = part[:: max(1, part.shape[0] // 64), :: max(1, part.shape[1] // 64)]
    return bool((some == np.rint(some)).all())


def _through(part: FloatImage, noise: NoiseCurve) -> FloatImage:
    """`part` in units of its noise, 0 at the middle one of the nodes."""
    x, y = noise.units(float(part.min()), float(part.max()))
    y -= np.interp(np.median(noise.values), x, y)
    low, high = x[0], x[-1]
    # a table of 65,536 steps is as good as the curve itself and ten times as fast
    steps = 65536
    table = np.interp(np.linspace(low, high, steps), x, y).astype(np.float32)
    index = (part - np.float32(low)) * np.float32((steps - 1) / (high - low)) + np.float32(0.5)
    return np.asarray(table[np.clip(index, 0, steps - 1).astype(np.uint16)], np.float32)


def _mend_dead_pixels(values: FloatImage) -> None:
    """Replace single hot and cold pixels by the median of their neighbours, in place.

    Dead is what stands out by 6 noise units while its neighbours carry too little of it: optics spread
    even a point over its neighbours.
    """
    rows, columns = values.shape
    at = np.flatnonzero(cv2.absdiff(values, cv2.medianBlur(values, 5)) > _DEAD_HEIGHT)
    row, column = np.divmod(at, columns)
    inner = (row >= 2) & (row < rows - 2) & (column >= 2) & (column < columns - 2)
    row, column = row[inner], column[inner]
    if not row.size:
        return
    around = [(i, j) for i in range(-2, 3) for j in range(-2, 3)]
    square = np.stack([values[row + i, column + j] for i, j in around], axis=1)
    ground = np.median(square, axis=1)
    sign = np.sign(square[:, 12] - ground)[:, None]
    height = (square - ground[:, None]) * sign
    size = height[:, 12]
    # dead ones come in pairs too: of the neighbours the likeliest partner is left out
    four = _without_highest(height[:, [7, 11, 13, 17]])
    eight = _without_highest(height[:, [6, 7, 8, 11, 13, 16, 17, 18]])
    dead = (four < _DEAD_FOUR * size) & (eight < _DEAD_EIGHT * size)
    values[row[dead], column[dead]] = ground[dead]


def _without_highest(heights: NDArray[np.floating]) -> NDArray[np.floating]:
    """Mean of each row but its highest."""
    return np.asarray((heights.sum(axis=1) - heights.max(axis=1)) / (heights.shape[1] - 1))


def _fill_outside(values: FloatImage, inside: NDArray[np.uint8], grid: tuple[int, ...]) -> None:
    """Continue the breast beyond its edge by a blurred copy of itself, in place: a step there would ring."""
    if inside.all():
        return
    outside = inside == 0
    values[outside] = 0
    weight = _resized(inside.astype(np.float32), grid, cv2.INTER_AREA)
    level = _resized(values, grid, cv2.INTER_AREA)
    made = np.zeros_like(level)
    found = np.zeros_like(level)
    for sigma in (1.5, 5.0, 16.0, 50.0):
        near = cv2.GaussianBlur(weight, (0, 0), sigma)
        trust = np.clip(near / 0.15, 0, 1) * (1 - found)
        made += trust * cv2.GaussianBlur(level, (0, 0), sigma) / np.maximum(near, 1e-4)
        found += trust
    made /= np.maximum(found, 1e-3)
    full = _resized(made, values.shape, cv2.INTER_LINEAR)
    values[outside] = full[outside]


def _skin_mm(
    breast: NDArray[np.uint8], whole: tuple[int, ...], box: tuple[_Range, _Range, _Range, _Range]
) -> FloatImage:
    """Distance to the nearest cell that is not breast; beyond the image's own edges the breast goes on."""
    (high, low), (near, far) = box[2], box[3]
    reach = 60
    padded = np.zeros((breast.shape[0] + 2 * reach, breast.shape[1] + 2 * reach), np.uint8)
    padded[reach:-reach, reach:-reach] = breast
    if near == 0:
        padded[:, :reach] = padded[:, reach : reach + 1]
    if far == whole[1]:
        padded[:, -reach:] = padded[:, -reach - 1 : -reach]
    if high == 0:
        padded[:reach] = padded[reach : reach + 1]
    if low == whole[0]:
        padded[-reach:] = padded[-reach - 1 : -reach]
    away = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[reach:-reach, reach:-reach]
    return np.asarray(away * np.float32(COARSE_MM), np.float32)
