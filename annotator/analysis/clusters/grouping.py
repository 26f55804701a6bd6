"""Which marks lie together, and how: groups by distance, and the facts of one group (docs/measuring.md, clusters)."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.analysis.clusters.linkage import linked, nearest_distances
from annotator.analysis.clusters.shape import along, from_nipple, without_strays
from annotator.analysis.mark_table import Points, outermost
from annotator.model.cluster_facts import ClusterFacts, Place
from annotator.model.geometry import (
    ImagePoint,
    PixelSpacing,
    SpacingBasis,
    convex_hull,
    greatest_extent,
    polygon_area,
)

LINK_MM = 10.0
"""Marks this near to one another belong together, and so do those that a third one joins: the 1 cm of "grouped"."""
LEAST = 3
"""Fewer are no group: two specks near one another are everywhere."""

_DISC_MM = 1.0
_MANY_CELLS = 6_000_000


def grouped(points_mm: ArrayLike, link_mm: float = LINK_MM, least: int = LEAST) -> NDArray[np.intp]:
    """The group of each point, from 0 in the order of their first points; -1 for those in none.

    `points_mm` is (n, 2). Points nearer than `link_mm` are in one group, through others too (single linkage);
    groups of fewer than `least` are none. Exact, also with coincident points and points in a row. Ten thousand
    points take some milliseconds, however they lie.
    """
    points = _as_points(points_mm)
    roots = linked(points, link_mm)
    _, first, group, sizes = np.unique(roots, return_index=True, return_inverse=True, return_counts=True)
    kept = np.flatnonzero(sizes >= least)
    number = np.full(len(sizes), -1, np.intp)
    number[kept[np.argsort(first[kept])]] = np.arange(len(kept))
    return number[group]


def cluster_facts(
    points_mm: ArrayLike,
    diameters_mm: ArrayLike | None = None,
    nipple_mm: Place | None = None,
    breast_area_mm2: float | None = None,
    *,
    basis: SpacingBasis | None = None,
) -> ClusterFacts:
    """The facts of one cluster from the places of its marks, (n, 2) millimetres right and down.

    `diameters_mm` holds one for each mark, nan where not measured. `nipple_mm` in the same coordinates. Nothing
    depends on the order of the marks. ValueError without any mark.
    """
    points = _as_points(points_mm)
    if not len(points):
        raise ValueError("a cluster has one mark at least")
    points = points[np.lexsort(points.T)]
    extent, hull, corners = _around(points)
    diameter = _median(diameters_mm)
    area = _dilated_area(points)
    spacing, variation, core = None, None, points
    if len(points) > 1:
        nearest = nearest_distances(points)
        spacing, variation = float(np.median(nearest)), float(nearest.std() / max(nearest.mean(), 1e-9))
        core = without_strays(points, nearest)
    core_extent, core_hull, _ = _around(core)
    return ClusterFacts(
        count=len(points),
        basis=basis,
        extent_mm=extent,
        extent_with_sizes_mm=None if diameter is None else extent + diameter,
        median_diameter_mm=diameter,
        hull_mm2=hull,
        area_mm2=area,
        density_per_cm2=len(points) / (area / 100),
        spacing_mm=spacing,
        spacing_variation=variation,
        breast_share=None if not breast_area_mm2 else min(1.0, hull / breast_area_mm2),
        hull=tuple((corner.column, corner.row) for corner in corners),
        strays=len(points) - len(core),
        core_extent_mm=core_extent,
        core_hull_mm2=core_hull,
        **along(core),
        **from_nipple(core, nipple_mm),
    )


_MILLIMETRES = PixelSpacing(1.0, 1.0, SpacingBasis.UNVERIFIED)


def _as_points(points_mm: ArrayLike) -> Points:
    points = np.asarray(points_mm, np.float64).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise ValueError("a mark lies at a finite place")
    return points


def _median(diameters_mm: ArrayLike | None) -> float | None:
    known = np.array([] if diameters_mm is None else diameters_mm, np.float64)
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else None


def _around(points: Points) -> tuple[float, float, tuple[ImagePoint, ...]]:
    """Extent, area and corners of the smallest convex outline."""
    corners = convex_hull(outermost(points))
    return greatest_extent(corners, _MILLIMETRES).value, polygon_area(corners), corners


def _dilated_area(points: Points) -> float:
    """Of all places within 1 mm of a point, in mm2, counted on a grid of 0.05 mm, a coarser one for large clusters."""
    middle = points.mean(axis=0)
    low, size = points.min(axis=0) - middle, np.ptp(points, axis=0) + 2 * _DISC_MM
    step = max(0.05, math.sqrt(float(size.prod()) / _MANY_CELLS))
    cells = np.ceil(size / step).astype(int) + 4
    drawn = np.zeros((int(cells[1]), int(cells[0])), np.uint8)
    sixteenths = np.rint(((points - middle - low + _DISC_MM) / step + 1.5) * 16).astype(int)
    radius = round(_DISC_MM / step * 16)
    for column, row in np.unique(sixteenths, axis=0).tolist():
        cv2.circle(drawn, (column, row), radius, 1, cv2.FILLED, cv2.LINE_8, 4)
    single = np.zeros_like(drawn[: 2 * radius // 16 + 5, : 2 * radius // 16 + 5])
    cv2.circle(single, (single.shape[1] * 8, single.shape[0] * 8), radius, 1, cv2.FILLED, cv2.LINE_8, 4)
    # discs as drawn are a little larger than they are
    return math.pi * _DISC_MM**2 * cv2.countNonZero(drawn) / cv2.countNonZero(single)
