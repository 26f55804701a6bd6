"""Bright peaks of the ground: spots over place and scale, and pieces of line."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from annotator.analysis.candidates.ground import Ground
from annotator.analysis.candidates.lines import WIDTH_SCALE, Lines
from annotator.analysis.candidates.scales import SCALES_MM, Scale
from annotator.analysis.noise import FloatImage
from annotator.jobs import CancelToken

MOST, MOST_LINES = 9000, 3000
"""Peaks looked at more closely, and how many more that are pieces of line only."""
LEAST_Z = 2.4
SKIN_MM = 2.0
"""Nearer to the skin nothing is proposed: its edge is brighter than any speck on images not for presentation."""

_PEAK_RADIUS_MM, _LINE_RADIUS_MM = 0.13, 0.3
_APART_MM, _APART_SIGMAS = 0.18, 1.15

_Index = NDArray[np.int64]
Column = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Peaks:
    """Peaks as columns, strongest first: place in pixels of the ground, which scale sees each best, how strongly.

    `linear` is 1 for those that only stand out as a piece of line.
    """

    column: Column
    row: Column
    scale: _Index
    strength: Column
    linear: Column

    def __len__(self) -> int:
        return len(self.column)

    def only(self, chosen: NDArray[np.generic]) -> Peaks:
        """Some of them, by index or mask."""
        return Peaks(
            self.column[chosen],
            self.row[chosen],
            self.scale[chosen],
            self.strength[chosen],
            self.linear[chosen],
        )


def find_peaks(ground: Ground, scales: tuple[Scale, ...], lines: Lines, token: CancelToken) -> Peaks:
    """The strongest peaks at least `SKIN_MM` within the breast, none beside a stronger one of its kind."""
    spots = _spots(ground, scales, token)
    token.checkpoint()
    pieces = _pieces(ground, lines)
    if len(spots) and len(pieces):
        away, _ = cKDTree(np.stack([spots.column, spots.row], axis=1)).query(
            np.stack([pieces.column, pieces.row], axis=1)
        )
        pieces = pieces.only(away * ground.pixel_mm > _APART_MM)
    pieces = pieces.only(np.arange(min(len(pieces), MOST_LINES)))
    return Peaks(
        np.concatenate([spots.column, pieces.column]),
        np.concatenate([spots.row, pieces.row]),
        np.concatenate([spots.scale, pieces.scale]),
        np.concatenate([spots.strength, pieces.strength]),
        np.concatenate([spots.linear, pieces.linear]),
    )


def _spots(ground: Ground, scales: tuple[Scale, ...], token: CancelToken) -> Peaks:
    token.checkpoint()
    highest = _over_scales(ground, scales)
    token.checkpoint()
    row, column = _summits(highest, _PEAK_RADIUS_MM / ground.pixel_mm, 4 * MOST)
    deep = ground.skin_at(column + 0.5, row + 0.5) >= SKIN_MM
    row, column = row[deep], column[deep]
    token.checkpoint()
    z = highest[row, column]
    x, y = column + 0.5, row + 0.5
    best = responses_at(scales, x, y).argmax(axis=1)
    roundness = np.zeros(len(z))
    for k, scale in enumerate(scales):
        of_it = best == k
        roundness[of_it] = blobness(scale, x[of_it], y[of_it])
    strength = (z * (0.72 + 0.28 * np.clip(1.6 * roundness, 0, 1))).astype(np.float32)
    # ties are broken by place, so that the order is the same every time
    order = np.lexsort((column, row, -strength))
    order = order[strength[order] > LEAST_Z][: 2 * MOST]
    reach = np.maximum(_APART_MM, _APART_SIGMAS * np.asarray(SCALES_MM)[best[order]]) / ground.pixel_mm
    kept = order[_apart(x[order], y[order], reach)][:MOST]
    dx, dy = _beside(highest, row[kept], column[kept])
    return Peaks(
        (x[kept] + dx).astype(np.float32),
        (y[kept] + dy).astype(np.float32),
        best[kept],
        strength[kept],
        np.zeros(len(kept), np.float32),
    )


def _pieces(ground: Ground, lines: Lines) -> Peaks:
    row, column = _summits(lines.response, _LINE_RADIUS_MM / (ground.pixel_mm * lines.step), 4 * MOST_LINES)
    x, y = (column + 0.5) * lines.step, (row + 0.5) * lines.step
    deep = ground.skin_at(x, y) >= SKIN_MM
    row, column, x, y = row[deep], column[deep], x[deep], y[deep]
    strength = lines.response[row, column]
    order = np.lexsort((column, row, -strength))
    count = len(order)
    return Peaks(
        x[order].astype(np.float32),
        y[order].astype(np.float32),
        np.full(count, WIDTH_SCALE, np.int64),
        strength[order].astype(np.float32),
        np.ones(count, np.float32),
    )


def _summits(image: FloatImage, radius: float, most: int) -> tuple[_Index, _Index]:
    """Rows and columns of the highest places within `radius` pixels, the `most` highest of them."""
    whole = max(1, round(radius))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * whole + 1, 2 * whole + 1))
    row, column = np.nonzero((image >= cv2.dilate(image, disc)) & (image > LEAST_Z))
    if len(row) > most:
        kept = np.argpartition(-image[row, column], most)[:most]
        row, column = row[kept], column[kept]
    return row, column


def _over_scales(ground: Ground, scales: tuple[Scale, ...]) -> FloatImage:
    rows, columns = ground.values.shape
    highest = np.full((rows, columns), -1e9, np.float32)
    for scale in scales:
        full = scale.response
        if scale.step > 1:
            high, wide = (length * scale.step for length in full.shape)
            full = np.asarray(cv2.resize(full, (wide, high), interpolation=cv2.INTER_LINEAR), np.float32)
            part = highest[:high, :wide]
            np.maximum(part, full[:rows, :columns], out=part)
        else:
            cv2.max(highest, full, dst=highest)
    return highest


def responses_at(
    scales: tuple[Scale, ...], x: NDArray[np.floating], y: NDArray[np.floating]
) -> NDArray[np.float32]:
    """The highest response within a pixel of each place, a column for each scale."""
    return np.stack([highest_near(s.response, s.step, x, y) for s in scales], axis=1).astype(np.float32)


def highest_near(image: FloatImage, step: int, x: NDArray[np.floating], y: NDArray[np.floating]) -> Column:
    """The highest value within a pixel of places given in pixels of the ground."""
    i, j = index(image, step, x, y)
    found = image[i, j]
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            if down or across:
                found = np.maximum(found, image[i + down, j + across])
    return np.asarray(found, np.float32)


def index(
    image: NDArray[np.generic], step: int, x: NDArray[np.floating], y: NDArray[np.floating]
) -> tuple[_Index, _Index]:
    """Rows and columns of the pixels that hold places given in pixels of the ground, off the outermost ring."""
    rows, columns = image.shape
    i = np.clip((np.asarray(y) / step).astype(np.int64), 1, rows - 2)
    j = np.clip((np.asarray(x) / step).astype(np.int64), 1, columns - 2)
    return i, j


def blobness(scale: Scale, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float64]:
    """1 for a round bright spot, 0 for a straight line, less for a saddle; from the second derivatives there."""
    g = scale.smooth
    i, j = index(g, scale.step, x, y)
    middle = g[i, j]
    across = g[i, j - 1] + g[i, j + 1] - 2 * middle
    down = g[i - 1, j] + g[i + 1, j] - 2 * middle
    both = (g[i - 1, j - 1] + g[i + 1, j + 1] - g[i - 1, j + 1] - g[i + 1, j - 1]) / 4
    height = -(across + down)
    unequal = np.sqrt((across - down) ** 2 + 4 * both**2)
    return np.clip((height - unequal) / np.maximum(np.abs(height), 1e-6), -2, 1).astype(np.float64)


def _apart(
    x: NDArray[np.floating], y: NDArray[np.floating], reach: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Which places to keep, strongest first: none within the reach of one that is kept."""
    keep = np.ones(len(x), np.bool_)
    if len(x) < 2:
        return keep
    pairs = cKDTree(np.stack([x, y], axis=1)).query_pairs(float(reach.max()), output_type="ndarray")
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    away = np.hypot(x[pairs[:, 0]] - x[pairs[:, 1]], y[pairs[:, 0]] - y[pairs[:, 1]])
    for a, b in pairs[away <= reach[pairs[:, 0]]].tolist():
        if keep[a]:
            keep[b] = False
    return keep


def _beside(
    image: FloatImage, row: _Index, column: _Index
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far the summit of a parabola through a peak and its neighbours lies beside it, across and down."""
    rows, columns = image.shape
    i, j = np.clip(row, 1, rows - 2), np.clip(column, 1, columns - 2)

    def summit(before: NDArray[np.floating], after: NDArray[np.floating]) -> NDArray[np.float64]:
        bend = 2 * image[i, j] - before - after
        shift = np.where(bend > 1e-6, (after - before) / (2 * np.maximum(bend, 1e-6)), 0.0)
        return np.clip(shift, -0.5, 0.5).astype(np.float64)

    return summit(image[i, j - 1], image[i, j + 1]), summit(image[i - 1, j], image[i + 1, j])
