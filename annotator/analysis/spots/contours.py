"""The outline of one bright spot: level lines on an upsampled patch, split from its neighbours.

Lengths here are pixels of the patch; coordinates are continuous, (0, 0) its outer corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.mark_table import Points
from annotator.analysis.noise import FloatImage
from annotator.analysis.spots.shapes import Mask, Place, SpotCells, SpotShape, shape_of, slopes, steepness

Cell = tuple[int, int]

LEVELS = np.round(np.arange(0.30, 0.781, 0.04), 2)
"""Fractions of the peak at which an outline is tried."""

FORCED = (0.30, 0.78)
"""The lowest and the highest level that can be asked for."""

_JOIN_LEVELS = np.round(np.arange(0.30, 0.961, 0.04), 2)
_EDGE_BLUR_PX = 0.65
_WANTED_LEVEL = 0.38  # calcifications are domes in thickness: half height would be too small


@dataclass(frozen=True)
class _Hill:
    """An upsampled window, a summit on it, its component at each of the levels of joining, its ground."""

    fine: FloatImage
    summit: Cell
    joined: list[Mask]
    basin: Mask | None


@dataclass(frozen=True)
class _Level:
    at: float
    mask: Mask
    area: float
    steepness: float


def spot_shape(
    height: FloatImage,
    seed: Place,
    click: Place,
    scale: float,
    radius: float,
    noise: float,
    level: float | None,
) -> SpotShape | None:
    """The spot around `seed` (column, row) on `height`, the patch above its background.

    Where several spots run into each other below `seed`, the one nearest to `click` is meant. `scale` is
    how well the seed is placed, `radius` a first guess, `noise` the deviation of a pixel. `level` forces the
    share of the peak's height at which the outline is taken; the lowest at which it closes where that is
    higher. None when nothing stands up there.
    """
    for widening in (1, 2, 4):
        hill, factor, corner, smoothed = _standing(height, seed, click, scale, radius * widening, noise)
        levels = [] if hill is None else _level_lines(hill, factor)
        if hill is not None and levels:
            best, diameters = _best(levels)
            line = levels[best] if level is None else _forced(hill, factor, level, levels[0])
            return shape_of(
                SpotCells(line.mask, factor, corner),
                level=line.at,
                peak=float(hill.fine[hill.summit]),
                steepness=line.steepness,
                noise=noise,
                diameters=diameters,
                smoothed=smoothed,
                dome=_dome(levels, smoothed),
            )
    return None


def _standing(
    height: FloatImage, seed: Place, click: Place, scale: float, radius: float, noise: float
) -> tuple[_Hill | None, int, Cell, float]:
    """The hill in an upsampled window of 3 radii, how much upsampled, the window's corner, and its smoothing."""
    column, row, window = _window(height, seed, radius)
    factor = 4 if radius < 10 else 2 if radius < 24 else 1
    sigma = float(np.interp(float(window.max()) / noise, [5, 20], [0.95, 0.45]))
    smooth = cv2.GaussianBlur(window, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    upsampled = cv2.resize(smooth, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    fine: FloatImage = np.asarray(upsampled, np.float32)
    near = _near(fine, ((seed[0] - column) * factor, (seed[1] - row) * factor), max(scale, 1.0) * factor)
    meant = ((click[0] - column) * factor, (click[1] - row) * factor)
    summit: Cell | None = _cell(int(np.where(near, fine, -np.inf).argmax()), fine)
    hill = None
    for _ in range(2):  # once more when the click belongs to the neighbour
        if summit is None or fine[summit] <= 0:
            break
        hill, summit = _hill(fine, summit, near, meant, noise)
    return hill, factor, (column, row), sigma


def _window(height: FloatImage, seed: Place, radius: float) -> tuple[int, int, FloatImage]:
    """The neighbourhood and its corner, one row or column of background added where the patch ends."""
    reach = round(max(3.0 * radius, 8.0))
    rows, columns = height.shape
    left, top = int(seed[0]) - reach, int(seed[1]) - reach
    right, bottom = left + 2 * reach + 1, top + 2 * reach + 1
    window = height[max(0, top) : bottom, max(0, left) : right]
    above, below, before, after = int(top < 0), int(bottom > rows), int(left < 0), int(right > columns)
    closed = cv2.copyMakeBorder(window, above, below, before, after, cv2.BORDER_CONSTANT, value=0)
    return max(0, left) - before, max(0, top) - above, np.asarray(closed, np.float32)


def _near(fine: FloatImage, place: Place, within: float) -> Mask:
    rows, columns = np.ogrid[: fine.shape[0], : fine.shape[1]]
    away = np.hypot(columns + 0.5 - place[0], rows + 0.5 - place[1])
    return np.asarray(away <= max(within, 1.5, float(away.min())))


def _cell(index: int, fine: FloatImage) -> Cell:
    return index // fine.shape[1], index % fine.shape[1]


def _component(mask: Mask, point: Cell) -> Mask:
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    return np.asarray((labels == labels[point]) & mask)


def _hill(
    fine: FloatImage, summit: Cell, near: Mask, click: Place, noise: float
) -> tuple[_Hill, Cell | None]:
    """The ground of a summit, and the neighbouring summit that the click is nearer to, if any.

    A neighbour stands on its own when the saddle lies a fifth of the peak and 2.5 noise units below the
    lower of both summits. Ground below the saddle goes to the nearer of what stands above it.
    """
    peak = float(fine[summit])
    joined = [_component(fine > level * peak, summit) for level in _JOIN_LEVELS]
    whole = _Hill(fine, summit, joined, None)
    tops = (fine == cv2.dilate(fine, np.ones((5, 5), np.uint8))) & (joined[0] | near)
    tops[summit] = False
    others = np.argwhere(tops)
    if not len(others):
        return whole, None
    inside = np.array([mask[others[:, 0], others[:, 1]] for mask in joined]).sum(axis=0)
    saddle = _JOIN_LEVELS[np.maximum(inside - 1, 0)] * peak
    rise = np.minimum(fine[others[:, 0], others[:, 1]], peak) - saddle
    apart = rise > max(0.2 * peak, 2.5 * noise)
    if not apart.any():
        return whole, None
    level = min(int(inside[apart].max()), len(joined) - 1)
    ours, theirs = _away(joined[level]), _away(_cores(fine, others[apart], _JOIN_LEVELS[level] * peak))
    basin: Mask = ours <= theirs
    cell = (min(max(int(click[1]), 0), fine.shape[0] - 1), min(max(int(click[0]), 0), fine.shape[1] - 1))
    nearest = others[apart][np.hypot(*(others[apart] - cell).T).argmin()]
    meant = None if basin[cell] else (int(nearest[0]), int(nearest[1]))
    return _Hill(fine, summit, joined, basin), meant


def _cores(fine: FloatImage, summits: NDArray[np.intp], level: float) -> Mask:
    """What is joined to any of the summits above a level, the summits themselves at least."""
    above = fine > level
    _, labels = cv2.connectedComponents(above.astype(np.uint8), connectivity=4)
    cores = above & np.isin(labels, labels[summits[:, 0], summits[:, 1]])
    cores[summits[:, 0], summits[:, 1]] = True
    return np.asarray(cores)


def _away(mask: Mask) -> FloatImage:
    """Distance of every cell from the mask."""
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE))


def _level_lines(hill: _Hill, factor: int) -> list[_Level]:
    """The closed outlines around the summit, lowest level first; those that leave the window are none."""
    gradient = slopes(hill.fine, factor)
    tried = zip(LEVELS.tolist(), hill.joined, strict=False)
    lines = (_level_line(hill, gradient, at, mask, factor) for at, mask in tried)
    return [line for line in lines if line is not None]


def _level_line(hill: _Hill, gradient: FloatImage, at: float, mask: Mask, factor: int) -> _Level | None:
    own = mask if hill.basin is None else _component(mask & hill.basin, hill.summit)
    if own[0].any() or own[-1].any() or own[:, 0].any() or own[:, -1].any():
        return None
    return _Level(at, own, float(own.sum()) / factor**2, steepness(gradient, own))


def _forced(hill: _Hill, factor: int, level: float, lowest: _Level) -> _Level:
    """The outline at a level, or the lowest that closes."""
    at = min(max(level, FORCED[0]), FORCED[1])
    above = _component(hill.fine > at * float(hill.fine[hill.summit]), hill.summit)
    return _level_line(hill, slopes(hill.fine, factor), at, above, factor) or lowest


def _dome(levels: list[_Level], smoothed: float) -> float:
    """How much the sides lean in with the level: 1 as those of a dome, 0 as those of a disc, 0.5 when unclear.

    Below some five pixels blur alone makes a dome of everything.
    """
    # higher up noise alone wears the outline down
    low, high = (
        levels[0],
        max((line for line in levels if line.at <= 0.62), key=lambda line: line.at, default=levels[0]),
    )
    if high.at - low.at < 0.2:
        return 0.5
    # a blurred straight edge crosses half its height where it was; 2.53 (0.5 - level) is its place in deviations
    blur = 2 * math.hypot(_EDGE_BLUR_PX, smoothed) * 2.53
    foot, top = (2 * math.sqrt(line.area / math.pi) - blur * (0.5 - line.at) for line in (low, high))
    if min(foot, top) <= 1:
        return 0.5
    leaning = math.log(top / foot) / (math.log((1 - high.at**2) / (1 - low.at**2)) / 2)
    trust = float(np.interp(foot, [3.0, 7.0], [0.0, 1.0]))
    return 0.5 + trust * (min(max(leaning, 0.0), 1.0) - 0.5)


def _best(levels: list[_Level]) -> tuple[int, Points]:
    """Index of the best level line, and the diameters of all that are about as good.

    Steep border, an area that hardly changes with the level, and a level near 0.38.
    """
    at = np.array([line.at for line in levels])
    areas = np.array([line.area for line in levels])
    steep = np.array([line.steepness for line in levels])
    instability = np.abs(np.gradient(np.log(areas), at)) if len(levels) > 1 else np.zeros(1)
    score = steep / max(float(steep.max()), 1e-9) - 0.22 * instability / 10 - 1.1 * (at - _WANTED_LEVEL) ** 2
    best = int(score.argmax())
    good = score >= score[best] - 0.05
    good[max(0, best - 1) : best + 2] = True
    return best, 2 * np.sqrt(areas[good] / math.pi)
