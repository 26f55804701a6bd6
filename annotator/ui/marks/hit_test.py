"""Which of many points lies under the pointer, in a box or in an outline; numpy only, no Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.mark_table import Points, as_array, table_of
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.model.image import ImageKey


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


def inside(outline: Points, points: Points) -> NDArray[np.bool_]:
    """Which of `points` lie inside the closed polygon `outline` (even-odd rule): `contains` for arrays.

    Only points in the box of the outline are looked at; each edge then asks the sorted rows it spans.
    """
    within = np.zeros(len(points), np.bool_)
    if len(outline) < 3:
        return within
    near = np.flatnonzero(np.all((points >= outline.min(axis=0)) & (points <= outline.max(axis=0)), axis=1))
    order = near[np.argsort(points[near, 1], kind="stable")]
    across, rows = points[order, 0], points[order, 1]
    crossed = np.zeros(len(order), np.bool_)
    following = np.roll(outline, -1, axis=0)
    # a row is crossed by an edge whose ends lie on either side of it: the upper end counts, the lower does not
    low, high = np.minimum(outline[:, 1], following[:, 1]), np.maximum(outline[:, 1], following[:, 1])
    starts, stops = np.searchsorted(rows, low), np.searchsorted(rows, high)
    for (ax, ay), (bx, by), start, stop in zip(outline, following, starts, stops, strict=True):
        if start < stop:
            part = slice(start, stop)
            crossed[part] ^= across[part] < ax + (rows[part] - ay) / (by - ay) * (bx - ax)
    within[order] = crossed
    return within


class ShowsImages(Protocol):
    """A picture, as far as it says whose marks are seen on it."""

    def shows(self, image: ImageKey) -> bool: ...


def marks_inside(reading: Reading, picture: ShowsImages, outline: Sequence[ImagePoint]) -> tuple[str, ...]:
    """Ids of the marks seen on a picture that lie inside an outline, in order."""
    table = table_of(reading)
    seen = table.is_on([key for key in table.codes.images if picture.shows(key)])
    within = seen & inside(as_array(outline), table.points)
    return tuple(reading.marks[row].id for row in np.flatnonzero(within).tolist())


class PointIndex:
    """Points sorted into square cells of the image, so that a question looks at the cells around it only.

    `points` are (column, row). About as many cells as points, so that a cell holds few.
    """

    def __init__(self, points: Points) -> None:
        self._points = points
        low = points.min(axis=0) if len(points) else np.zeros(2)
        extent = points.max(axis=0) - low if len(points) else np.ones(2)
        self._low = low
        self._side = max(
            math.sqrt(max(float(np.prod(extent)), 0.0) / max(len(points), 1)), 1.0, extent.max() / 512
        )
        self._across, self._down = (int(n) + 1 for n in extent // self._side)
        cells = self._cells(points)
        at = cells[:, 1] * self._across + cells[:, 0]
        self._order = np.argsort(at, kind="stable")
        self._starts = np.searchsorted(at[self._order], np.arange(self._across * self._down + 1))

    def within(self, low: tuple[float, float], high: tuple[float, float]) -> NDArray[np.intp]:
        """Indices, in order, of the points in a box, its edges included; corners are (column, row)."""
        found = self._in_cells(low, high)
        near = self._points[found]
        inside_box: NDArray[np.bool_] = np.all((near >= low) & (near <= high), axis=1)
        return np.sort(found[inside_box])

    def nearest(
        self, at: ImagePoint, reach: float, scale_column: float = 1.0, scale_row: float = 1.0
    ) -> int | None:
        """Index of the point nearest to `at` within `reach`; the first of several equally near, or None.

        Distances are measured after scaling columns and rows, so `reach` may be in screen pixels.
        """
        across, down = reach / scale_column, reach / scale_row
        found = self._in_cells((at.column - across, at.row - down), (at.column + across, at.row + down))
        if not len(found):
            return None
        away = (self._points[found] - (at.column, at.row)) * (scale_column, scale_row)
        distances = np.hypot(away[:, 0], away[:, 1])
        least = distances.min()
        return None if least > reach else int(found[distances == least].min())

    def _cells(self, points: Points) -> NDArray[np.int64]:
        """Cell (across, down) of each point; those beyond the edge belong to the cell there."""
        cells = np.floor((points - self._low) / self._side)
        held: NDArray[np.int64] = np.clip(cells, 0, (self._across - 1, self._down - 1)).astype(np.int64)
        return held

    def _in_cells(self, low: tuple[float, float], high: tuple[float, float]) -> NDArray[np.intp]:
        """Indices of the points in the cells that a box touches, and a cell around it against rounding."""
        edge = self._side
        (left, top), (right, bottom) = self._cells(
            np.array([(low[0] - edge, low[1] - edge), (high[0] + edge, high[1] + edge)])
        )
        rows = [
            self._order[
                self._starts[row * self._across + left] : self._starts[row * self._across + right + 1]
            ]
            for row in range(top, bottom + 1)
        ]
        found: NDArray[np.intp] = np.concatenate(rows)
        return found
