"""What a reading says about one picture, ready to be hit and drawn."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.mark_table import Points, table_of
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, ViewTransform, contains
from annotator.model.image import ImageKey
from annotator.model.mark import Mark
from annotator.ui.marks.cluster_shapes import Chest, ClusterShapes
from annotator.ui.marks.hit_test import PointIndex, distance_to_outline, to_screen

_NO_BOX = (np.inf, np.inf, -np.inf, -np.inf)


class MarkLayer:
    """Marks and clusters of one picture; `rows` are the rows of its marks in the table of the reading.

    Of a stack, `frames` are those shown, `near` the slices beside them, whose marks are shown dimmed.
    `shapes` keeps what was worked out of clusters from one reading to the next.
    """

    def __init__(
        self,
        reading: Reading,
        image: ImageKey,
        chest: Chest,
        frames: Collection[int] = (),
        near: Collection[int] = (),
        shapes: ClusterShapes | None = None,
    ) -> None:
        sharp = {ImageKey(image.sop_instance_uid, n) for n in frames} or {image}
        seen = sharp | {ImageKey(image.sop_instance_uid, n) for n in near}
        self.table = table = table_of(reading)
        self.rows = rows = table.rows_on(seen)
        self.points: Points = table.points[rows]
        self.macro: NDArray[np.bool_] = table.macro[rows]
        self.diameters: NDArray[np.float64] = table.diameters[rows]
        self.reaches: NDArray[np.float64] = table.reaches[rows]
        self.faint: NDArray[np.bool_] = ~table.is_on(sharp)[rows]
        clusters = [c for c in reading.clusters if c.image in seen]
        self.clusters = (shapes or ClusterShapes()).of(reading, clusters, chest)
        self.faint_clusters = frozenset(c.id for c in clusters if c.image not in sharp)
        self.labels = {f.id: f"F{f.number}" for f in reading.findings}
        boxes = [s.bounds.getCoords() if s.outline else _NO_BOX for s in self.clusters]
        self._boxes = np.array(boxes).reshape(-1, 4)

    def looks_like(self, other: MarkLayer) -> bool:
        """Whether the same marks, clusters and labels are drawn, whatever else the two readings say."""
        old, new = changed_places(other, self)
        return (
            not old
            and not new
            and self.clusters == other.clusters
            and self.labels == other.labels
            and self.faint_clusters == other.faint_clusters
            and bool(np.array_equal(self.faint, other.faint))
        )

    def mark(self, index: int) -> Mark:
        """A mark by its place in the layer."""
        found: Mark = self.table.marks[int(self.rows[index])]
        return found

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All marks of the picture, in order."""
        return tuple(self.table.marks[row] for row in self.rows)

    def index_of(self, mark_id: str | None) -> int | None:
        """Place of a mark in the layer; None when it is not on the picture."""
        row = self.table.place.get(mark_id or "")
        at = None if row is None else int(np.searchsorted(self.rows, row))
        return at if at is not None and at < len(self.rows) and self.rows[at] == row else None

    def chosen(self, mark_ids: Collection[str]) -> NDArray[np.bool_]:
        """Which marks of the layer have these ids."""
        if not mark_ids:
            return np.zeros(len(self.rows), np.bool_)
        return np.isin(self.rows, self.table.rows_with(mark_ids), assume_unique=True)

    @cached_property
    def first_marks(self) -> list[int]:
        """Place of the first mark of each finding that no cluster labels."""
        codes, first = np.unique(self.table.findings[self.rows], return_index=True)
        known = self.table.codes.findings
        outlined = {known.get(c.finding_id) for c in self.clusters}
        return [int(at) for code, at in zip(codes, first, strict=True) if int(code) not in outlined]

    @cached_property
    def area(self) -> float:
        """Square pixels of the image in the box around all marks."""
        return float(np.prod(np.ptp(self.points, axis=0))) if len(self.points) else 0.0

    @cached_property
    def index(self) -> PointIndex:
        """Made when the pointer first asks."""
        return PointIndex(self.points)

    def mark_at(self, point: ImagePoint, reach_px: float, view: ViewTransform) -> str | None:
        """Id of the mark within `reach_px` screen pixels of a point of the image."""
        across, down = _scales(view)
        found = self.index.nearest(point, reach_px, across, down)
        return None if found is None else self.mark(found).id

    def cluster_at(self, point: ImagePoint) -> str | None:
        """Id of the cluster around a point; the last drawn when several are."""
        around = (self.clusters[i] for i in reversed(self._near(point, 0.0, 0.0)))
        return next((c.id for c in around if len(c.outline) > 2 and contains(c.outline, point)), None)

    def outline_at(self, point: ImagePoint, reach_px: float, view: ViewTransform) -> str | None:
        """Id of the cluster whose line passes within `reach_px` screen pixels of a point; the nearest."""
        at = view.to_screen(point)
        across, down = _scales(view)
        near = [self.clusters[i] for i in self._near(point, reach_px / across, reach_px / down)]
        away = {c.id: distance_to_outline(at, to_screen(view, c.corners)) for c in near}
        nearest = min(away, key=away.__getitem__, default=None)
        return nearest if nearest is not None and away[nearest] <= reach_px else None

    def _near(self, point: ImagePoint, across: float, down: float) -> list[int]:
        """Clusters whose box, grown by image pixels, holds a point."""
        box, reach = self._boxes, (across, down)
        at = (point.column, point.row)
        inside = np.all((box[:, :2] - reach <= at) & (box[:, 2:] + reach >= at), axis=1)
        return [int(i) for i in np.flatnonzero(inside)]


def changed_places(before: MarkLayer, now: MarkLayer) -> tuple[list[int], list[int]]:
    """Places, in either layer, of the marks that are not the same objects in both."""
    if before is now:
        return [], []
    start, end = now.table.ends_since(before.table.marks)
    places = []
    for layer in (before, now):
        stop = len(layer.table.marks) - end
        places.append(np.flatnonzero((layer.rows >= start) & (layer.rows < stop)).tolist())
    return places[0], places[1]


def _scales(view: ViewTransform) -> tuple[float, float]:
    """Screen pixels per column and per row of the stored image."""
    if view.orientation.transpose:
        return view.scale_down, view.scale
    return view.scale, view.scale_down
