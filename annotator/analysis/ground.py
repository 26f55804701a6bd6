"""The background under a spot."""

from __future__ import annotations

import numpy as np

from annotator.analysis.noise import FloatImage, spread
from annotator.analysis.peaks import Patch
from annotator.analysis.shapes import Mask


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
    terms = np.stack([np.ones(ring_rows.size), x[ring_columns], y[ring_rows, 0]], axis=1)
    values = patch.values[ring].astype(np.float64)
    kept = np.ones(values.size, np.bool_)
    for _ in range(4):
        plane, *_rest = np.linalg.lstsq(terms[kept], values[kept], rcond=None)
        off = values - terms @ plane
        width = spread(off[kept] - np.median(off[kept])) + 1e-6
        inner = (off < 2 * width) & (off > -3.5 * width)
        if inner.sum() < 8:
            break
        kept = inner
    return np.asarray(plane[0] + plane[1] * x + plane[2] * y, np.float32)
