"""What can be counted and measured of a finding from its marks; shown beside the reader's words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.mark_table import MarkTable, Points, as_array, outermost, table_of
from annotator.model.finding import Finding, Reading
from annotator.model.geometry import ImagePoint, Millimetres, PixelSpacing, greatest_extent
from annotator.model.image import ExamInfo, ImageInfo

GROUP_CIRCLE_MM = 10.0
"""Diameter of the circle in which "grouped" counts 5 calcifications or more (docs/domain.md, words)."""

_COUNTED_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one finding; `extent` is the greatest in any one view (docs/domain.md, combining)."""

    side: str
    views: tuple[str, ...]
    marks: int
    extent: Millimetres | None
    in_circle: int | None
    median: Millimetres | None

    @property
    def short(self) -> str:
        """One line for the list of findings; it has no room for a length with its basis, so it has none."""
        count = f"{self.marks} mark{'' if self.marks == 1 else 's'}"
        return " · ".join(part for part in (count, " + ".join(self.views)) if part)

    @property
    def measured(self) -> str:
        """The measured facts in words, '' when there are none."""
        parts = []
        if self.in_circle is not None and self.in_circle > 1:
            parts.append(f"{self.in_circle} within {GROUP_CIRCLE_MM:.0f} mm")
        if self.extent is not None:
            parts.append(f"extent {self.extent}")
        if self.median is not None:
            parts.append(f"median size {self.median}")
        return f"measured: {', '.join(parts)}" if parts else ""


def facts_of(reading: Reading, finding: Finding, exam: ExamInfo) -> Facts:
    """Count and measure the marks (and outlines) of a finding on the images of its exam."""
    infos = {image.sop_instance_uid: image for image in exam.images}
    table = table_of(reading)
    rows = table.rows_of(finding.id)
    points = _points_by_image(table, rows)
    outlines: dict[str, list[ImagePoint]] = {}
    for cluster in reading.clusters_of(finding.id):
        outlines.setdefault(cluster.image.sop_instance_uid, []).extend(cluster.outline)
    seen = [infos[uid] for uid in dict.fromkeys((*points, *outlines)) if uid in infos]
    extents, counts = [], []
    for info in seen:
        if info.spacing is None:
            continue
        here = points.get(info.sop_instance_uid, as_array(()))
        lone = here if len(here) else as_array(outlines.get(info.sop_instance_uid, ()))
        if len(lone) > 1:
            extents.append(greatest_extent(outermost(lone), info.spacing))
        if len(here) <= _COUNTED_AT_MOST:
            near = [ImagePoint(*point) for point in here.tolist()]
            counts.append(most_in_circle(near, info.spacing, GROUP_CIRCLE_MM))
    return Facts(
        side=_sides(seen),
        views=tuple(dict.fromkeys(_view(info) for info in seen if _view(info))),
        marks=sum(map(len, points.values())),
        extent=max(extents, key=lambda e: e.value, default=None),
        in_circle=max(counts, default=None),
        median=_median_size(table, rows),
    )


def most_in_circle(points: Sequence[ImagePoint], spacing: PixelSpacing, diameter_mm: float) -> int:
    """The largest number of points that one circle of that diameter can hold.

    Some best circle has a point on its rim; for each point the directions of the centre that take in
    each neighbour form an arc, and the deepest overlap of arcs is counted.
    """
    placed = [(p.column * spacing.column_mm, p.row * spacing.row_mm) for p in points]
    best = min(len(placed), 1)
    for i, (x, y) in enumerate(placed):
        turns: list[tuple[float, int]] = []
        coincident = 1
        for j, (u, v) in enumerate(placed):
            distance = math.hypot(u - x, v - y)
            if i == j or distance > diameter_mm:
                continue
            if distance == 0:
                coincident += 1
                continue
            middle = math.atan2(v - y, u - x)
            half = math.acos(distance / diameter_mm)
            start, end = middle - half, middle + half
            turns += [(a, s) for lap in (0.0, 2 * math.pi) for a, s in ((start + lap, -1), (end + lap, 1))]
        depth = 0
        best = max(best, coincident)
        for _, step in sorted(turns):
            depth -= step
            best = max(best, depth + coincident)
    return best


def _points_by_image(table: MarkTable, rows: NDArray[np.intp]) -> dict[str, Points]:
    """Places of some marks by SOP Instance UID, in the order in which the images come."""
    codes, first = np.unique(table.images[rows], return_index=True)
    points: dict[str, Points] = {}
    for at in np.sort(first).tolist():
        uid = table.marks[int(rows[at])].image.sop_instance_uid
        frames = [table.codes.images[key] for key in table.codes.images if key.sop_instance_uid == uid]
        mine = codes[np.isin(codes, frames)]
        points.setdefault(uid, table.points[rows[np.isin(table.images[rows], mine)]])
    return points


def _median_size(table: MarkTable, rows: NDArray[np.intp]) -> Millimetres | None:
    measured = rows[table.bases[rows] >= 0]
    # Sizes of different calibration are never mixed.
    if len(np.unique(table.bases[measured])) != 1:
        return None
    basis = table.basis(int(measured[0]))
    assert basis is not None
    return Millimetres(float(np.median(table.millimetres[measured])), basis)


def _sides(infos: Sequence[ImageInfo]) -> str:
    return "+".join(dict.fromkeys(str(i.laterality) for i in infos if i.laterality))


def _view(info: ImageInfo) -> str:
    return ("M" if info.view.magnified else "") + info.view.name
