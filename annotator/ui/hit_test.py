"""Which of many points lies under the pointer; numpy only, no Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from annotator.model.geometry import ImagePoint, ViewTransform

Points = NDArray[np.float64]


def as_array(points: Sequence[ImagePoint]) -> Points:
    """(n, 2) array of column, row."""
    return np.array([(p.column, p.row) for p in points], np.float64).reshape(-1, 2)


def to_screen(view: ViewTransform, points: Points) -> Points:
    """Screen positions of many points of the stored image: `ViewTransform.to_screen` for arrays."""
    turn = view.orientation
    shown = points[:, ::-1] if turn.transpose else points
    width, height = turn.displayed_size(view.columns, view.rows)
    x = width - shown[:, 0] if turn.flip_columns else shown[:, 0]
    y = height - shown[:, 1] if turn.flip_rows else shown[:, 1]
    return np.stack([view.left + x * view.scale, view.top + y * view.scale_down], axis=1)


def distance_to_outline(at: tuple[float, float], corners: Points) -> float:
    """Shortest distance from a place to the closed line through `corners` (n, 2); infinite for none."""
    if not len(corners):
        return math.inf
    step = np.roll(corners, -1, axis=0) - corners
    away = np.asarray(at) - corners
    squared = np.maximum((step**2).sum(axis=1), np.finfo(np.float64).tiny)
    along = np.clip((away * step).sum(axis=1) / squared, 0, 1)
    rest = away - along[:, None] * step
    return float(np.hypot(rest[:, 0], rest[:, 1]).min())


class PointIndex:
    """Points sorted down the image, so that a question looks at a narrow band of them only."""

    def __init__(self, points: Points) -> None:
        self._order = np.argsort(points[:, 1], kind="stable")
        self._sorted = points[self._order]

    def nearest(
        self, at: ImagePoint, reach: float, scale_column: float = 1.0, scale_row: float = 1.0
    ) -> int | None:
        """Index of the point nearest to `at` within `reach`; the first of several equally near, or None.

        Distances are measured after scaling columns and rows, so `reach` may be in screen pixels.
        """
        band = reach / scale_row
        rows = self._sorted[:, 1]
        start, stop = np.searchsorted(rows, (at.row - band, np.nextafter(at.row + band, np.inf)))
        if start == stop:
            return None
        away = (self._sorted[start:stop] - (at.column, at.row)) * (scale_column, scale_row)
        distances = np.hypot(away[:, 0], away[:, 1])
        least = distances.min()
        if least > reach:
            return None
        return int(self._order[start:stop][distances == least].min())
