"""The background under a spot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.noise import FloatImage, middle, spread
from annotator.analysis.spots.peaks import Patch
from annotator.analysis.spots.shapes import Mask


def plane_around(patch: Patch, place: tuple[float, float], radius: float) -> FloatImage:
    """A plane through the ring of 1 to 2.2 radii, neighbours above and gaps below left out."""
    rows, columns = patch.values.shape
    x, y = np.arange(columns) + 0.5 - place[0], (np.arange(rows) + 0.5 - place[1])[:, None]
    distance = np.hypot(x, y)
    return plane_through(patch, (distance > radius + 0.8) & (distance < max(2.2 * radius, radius + 4)))


def plane_through(patch: Patch, ring: Mask) -> FloatImage:
    """A plane through the pixels of a ring, neighbours above and gaps below left out."""
    rows, columns = patch.values.shape
    x, y = np.arange(columns) - columns / 2, (np.arange(rows) - rows / 2)[:, None]
    ring = ring & patch.valid
    ring_rows, ring_columns = np.nonzero(ring)
    if ring_rows.size < 8:
        return np.full(patch.values.shape, np.median(patch.values), np.float32)
    terms = np.stack([np.ones(ring_rows.size), x[ring_columns], y[ring_rows, 0]])
    values = patch.values[ring].astype(np.float64)
    kept = np.ones(values.size)
    for _ in range(4):
        plane = _fitted(terms, values, kept)
        off = values - (plane[0] + plane[1] * terms[1] + plane[2] * terms[2])
        inside = off[kept > 0]
        width = spread(inside - middle(inside)) + 1e-6
        inner = (off < 2 * width) & (off > -3.5 * width)
        if inner.sum() < 8:
            break
        kept = inner.astype(np.float64)
    return np.asarray(plane[0] + plane[1] * x + plane[2] * y, np.float32)


def _fitted(
    terms: NDArray[np.float64], values: NDArray[np.float64], kept: NDArray[np.float64]
) -> list[float]:
    """Least squares of three terms over the values kept, by hand: numpy's own starts threads for it."""
    weighted = terms * kept
    matrix = np.array([[float((a * b).sum()) for b in terms] for a in weighted])
    right = np.array([float((a * values).sum()) for a in weighted])
    matrix += np.eye(3) * 1e-9 * float(np.trace(matrix))
    solved: list[float] = np.linalg.solve(matrix, right).tolist()
    return solved
