"""Where a cluster of now lies on the prior: by its place as seen from the nipple, no image laid over another."""

from __future__ import annotations

import math
from collections.abc import Sequence

from annotator.analysis.breast.location import BreastOnImage
from annotator.model.compared import PlacedCluster, ProposedPair
from annotator.model.comparison import ClusterOnImage
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo

PLACE_SD_MM = 6.8
"""Either way, of the same place on two exams: mean distance 8.5 mm over 390 pairs (Filev, Hadjiiski et al., Med Phys
2008;35:5340), which is 1.25 deviations."""
NONE_PER_MM2 = 0.2 / (math.pi * 25.0**2)
"""Clusters of a prior that lie there by accident: one in five within 25 mm."""
_COUNT_SD = 0.7


def placed_cluster(
    cluster_id: str,
    info: ImageInfo,
    breast: BreastOnImage,
    middle: ImagePoint,
    *,
    nipple: ImagePoint | None = None,
    count: int = 0,
    extent_mm: float | None = None,
) -> PlacedCluster | None:
    """A cluster as seen from the nipple (None: as estimated); None where side, spacing or nipple are not known.

    `middle` is a place of the stored image, up or outwards is positive as it hangs.
    """
    nipple = nipple or breast.nipple
    if breast.axes is None or nipple is None:
        return None
    (depth, below), (nipple_depth, nipple_below) = breast.axes.to_mm(middle), breast.axes.to_mm(nipple)
    back, up = nipple_depth - depth, nipple_below - below
    return PlacedCluster(
        id=cluster_id,
        laterality=info.laterality,
        view=info.view.name,
        nipple_mm=math.hypot(back, up),
        angle_deg=math.degrees(math.atan2(up, back)),
        count=count,
        extent_mm=extent_mm,
    )


def placed_marks(name: str, cluster: ClusterOnImage, breast: BreastOnImage | None) -> PlacedCluster | None:
    """The marks of a cluster as seen from the nipple; None where that is not known, and without any mark."""
    if breast is None or not cluster.marks:
        return None
    return placed_cluster(
        name, cluster.info, breast, cluster.middle, nipple=cluster.nipple, count=len(cluster.marks)
    )


def apart_mm(one: PlacedCluster, other: PlacedCluster) -> float:
    """How far two clusters lie from one another, each as seen from its nipple."""
    turn = math.radians(one.angle_deg - other.angle_deg)
    squared = one.nipple_mm**2 + other.nipple_mm**2 - 2 * one.nipple_mm * other.nipple_mm * math.cos(turn)
    return math.sqrt(max(0.0, squared))


def propose_pairs(now: Sequence[PlacedCluster], then: Sequence[PlacedCluster]) -> tuple[ProposedPair, ...]:
    """For each cluster of now those of the prior that may be the same, the likeliest first, and "none of them".

    Only the same view of the same breast is looked at. Every cluster stands for itself: two of now may both be
    likeliest the same one of then, and the reader chooses.
    """
    found: list[ProposedPair] = []
    for one in now:
        weights = [(other, *_weight(one, other)) for other in then if _same_view(one, other)]
        total = NONE_PER_MM2 + sum(weight for _, _, weight in weights)
        offered = [ProposedPair(one.id, other.id, apart, weight / total) for other, apart, weight in weights]
        offered.append(ProposedPair(one.id, None, None, NONE_PER_MM2 / total))
        found += sorted(offered, key=lambda pair: (-pair.likely, pair.then or ""))
    return tuple(found)


def _same_view(one: PlacedCluster, other: PlacedCluster) -> bool:
    known = one.laterality is not None and bool(one.view)
    return known and (one.laterality, one.view) == (other.laterality, other.view)


def _weight(one: PlacedCluster, other: PlacedCluster) -> tuple[float, float]:
    """(mm apart, likelihood per mm2); counts that differ much speak a little against it."""
    apart = apart_mm(one, other)
    weight = math.exp(-0.5 * (apart / PLACE_SD_MM) ** 2) / (2 * math.pi * PLACE_SD_MM**2)
    if one.count and other.count:
        weight *= math.exp(-0.5 * min(4.0, (math.log(one.count / other.count) / _COUNT_SD) ** 2))
    return apart, weight
