"""Clusters ready to draw: outline, count, extent, and which way the longest axis points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPolygonF

from annotator.analysis.mark_table import Points, as_array, outermost, table_of
from annotator.hanging import edge_for
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, convex_hull, greatest_extent
from annotator.model.image import ImageInfo
from annotator.model.mark import Cluster, Mark

TOWARDS_NIPPLE_DEG = 30.0
"""An axis this near to the perpendicular of the chest wall counts as pointing towards the nipple."""

LONGER_THAN_WIDE = 1.5
"""From this ratio of length to width on a set of marks has a longest axis worth telling."""


@dataclass(frozen=True, slots=True)
class Chest:
    """What the words on a cluster need to know of its picture.

    `across`: direction (column, row) of the stored image that is perpendicular to the chest wall, None
    where the picture shows no chest wall or its side is not known.
    """

    spacing: PixelSpacing | None = None
    across: tuple[float, float] | None = None


def chest_of(info: ImageInfo, orientation: Orientation) -> Chest:
    """The chest wall of a picture as it hangs: upright, so the way to the nipple is across the screen.

    A spot or magnification view need not show it.
    """
    partly = {"M", "S"} & set(info.view.modifiers)
    if partly or edge_for(info) == "center":
        return Chest(info.spacing)
    return Chest(info.spacing, (0.0, 1.0) if orientation.transpose else (1.0, 0.0))


@dataclass(frozen=True, eq=False)
class ClusterShape:
    """What the reader drew around a cluster, or the hull of its marks.

    `outline` in image points, `corners` the same as an array, `lines` and their `bounds` to draw in image
    coordinates. `numbers` counts and measures, `axis` says where the longest axis points, '' where that
    means nothing.
    """

    id: str
    finding_id: str
    finding_label: str
    outline: tuple[ImagePoint, ...]
    numbers: str
    axis: str = ""
    corners: Points = field(default_factory=lambda: np.zeros((0, 2)))
    lines: list[QLineF] = field(default_factory=list)
    bounds: QRectF = field(default_factory=QRectF)

    @property
    def numbers_of_finding(self) -> str:
        """The name of its finding, count and extent."""
        return f"{self.finding_label}  {self.numbers}"

    @property
    def told(self) -> str:
        """Numbers and axis."""
        return " · ".join(part for part in (self.numbers, self.axis) if part)


@dataclass(frozen=True, slots=True)
class _Known:
    """A shape, what it was made of, and the rows of its marks in the table of then, in order."""

    made_of: tuple[Cluster, str, Chest]
    rows: NDArray[np.intp]
    shape: ClusterShape

    def after(self, start: int, stop: int, grown: int) -> _Known | None:
        """The same in a table whose rows from `start` to before `stop` are others, `grown` more; None where
        its marks are among them.
        """
        first, last = self.rows.searchsorted((start, stop)).tolist()
        if first < last:
            return None
        if not grown or last == len(self.rows):
            return self
        return replace(self, rows=np.where(self.rows < start, self.rows, self.rows + grown))


class ClusterShapes:
    """Makes shapes, again only of clusters that an act changed or whose marks it did."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._marks: tuple[Mark, ...] = ()

    def of(self, reading: Reading, clusters: Sequence[Cluster], chest: Chest) -> tuple[ClusterShape, ...]:
        """The shapes of some clusters of a reading, in their order."""
        if not clusters:
            self._known, self._marks = {}, ()
            return ()
        table = table_of(reading)
        start, end = table.ends_since(self._marks)
        grown = len(table.marks) - len(self._marks)
        labels = {f.id: f"F{f.number}" for f in reading.findings}
        known = {}
        for cluster in clusters:
            made_of = cluster, labels[cluster.finding_id], chest
            same = self._known.get(cluster.id)
            if same is not None and same.made_of == made_of:
                same = same.after(start, len(self._marks) - end, grown)
            else:
                same = None
            if same is None:
                rows = table.rows_with(cluster.mark_ids)
                same = _Known(made_of, rows, _shape(table.points[rows], *made_of))
            known[cluster.id] = same
        self._known, self._marks = known, table.marks
        return tuple(one.shape for one in known.values())


def _shape(members: Points, cluster: Cluster, label: str, chest: Chest) -> ClusterShape:
    spacing = cluster.spacing or chest.spacing
    outer = outermost(members)
    outline = cluster.outline if len(cluster.outline) > 2 else convex_hull(outer)
    return ClusterShape(
        cluster.id,
        cluster.finding_id,
        label,
        outline,
        _numbers(len(members), outer or outline, spacing),
        axis_words(outer, spacing, chest.across),
        as_array(outline),
        *closed_line(outline),
    )


def closed_line(outline: Sequence[ImagePoint]) -> tuple[list[QLineF], QRectF]:
    """The closed line through some points, and the box around it, in image coordinates."""
    ends = [QPointF(p.column, p.row) for p in outline]
    return [QLineF(*two) for two in zip(ends, [*ends[1:], *ends[:1]], strict=True)], QPolygonF(
        ends
    ).boundingRect()


def axis_words(
    points: Sequence[ImagePoint], spacing: PixelSpacing | None, across: tuple[float, float] | None
) -> str:
    """Where the longest axis of a set points: '' without spacing or chest wall, or for a set as wide as long."""
    hull = as_array(convex_hull(points))
    if spacing is None or across is None or len(hull) < 2:
        return ""
    placed = hull * (spacing.column_mm, spacing.row_mm)
    between = placed[:, None, :] - placed[None, :, :]
    lengths = np.hypot(between[..., 0], between[..., 1])
    axis = between[np.unravel_index(lengths.argmax(), lengths.shape)]
    length = float(lengths.max())
    sideways = placed @ np.array([-axis[1], axis[0]]) / length
    if length < LONGER_THAN_WIDE * float(np.ptp(sideways)):
        return ""
    away = math.degrees(math.acos(min(1.0, abs(float(axis @ np.array(across))) / length)))
    towards = away <= TOWARDS_NIPPLE_DEG
    return "longest axis towards the nipple" if towards else "longest axis not towards the nipple"


def _numbers(count: int, points: Sequence[ImagePoint], spacing: PixelSpacing | None) -> str:
    """Count and extent of a cluster; of its outline when no calcification in it is marked."""
    counted = f"{count}" if count else "area"
    if spacing is None:
        return f"{counted} · size unknown (no pixel spacing)"
    return f"{counted} · {greatest_extent(points, spacing)}"
