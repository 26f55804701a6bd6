"""The partner of a cluster on another view of the same breast, by its distance from the nipple.

That distance stays about the same from view to view, so readers look for a finding along an arc (van Engeland and
Karssemeijer, MICCAI 2001, on 327 pairs of views). How often the right group comes first: docs/measuring.md, partner view.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotator.analysis.breast.location import BreastOnImage
from annotator.analysis.clusters.grouping import cluster_facts, grouped
from annotator.analysis.mark_table import Points, as_array
from annotator.model.candidate import Candidate
from annotator.model.cluster_facts import ClusterFacts
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, Millimetres
from annotator.model.image import ImageInfo
from annotator.model.mark import Mark
from annotator.model.partner import BAND_MM, PartnerBand, PartnerProposal, PartnerSearch

PROPOSED_AT_MOST = 9
"""One digit each."""
LEAST_CANDIDATES = 3
"""Fewer candidates near one another are no group to propose; marks of a reader are, even one alone."""
ON_A_MARK_MM = 0.5
"""A candidate this near to a mark is what the mark is on."""

_DISTANCE_SD_MM = 5.0
_COUNT_SD, _EXTENT_SD, _SIZE_SD, _SHAPE_SD = 0.5, 0.45, 0.35, 0.7
"""By how much the logarithm of the ratio between two views of one group may differ; chosen by hand, never fitted."""
_WORST = 4.0
"""What one likeness may speak against a group at most: views differ, and readers miss some."""


@dataclass(frozen=True, eq=False)
class OnView:
    """An image with where its breast lies and the nipple as the reader placed it (None: as estimated)."""

    info: ImageInfo
    breast: BreastOnImage
    placed: ImagePoint | None = None

    @property
    def nipple(self) -> ImagePoint | None:
        """The nipple, placed or estimated; None where it is not known."""
        return self.placed or self.breast.nipple

    def from_nipple(self, points: Points) -> Points:
        """(n, 2): millimetres straight back from the nipple and below it, as the image hangs; needs axes and nipple."""
        axes, nipple = self.breast.axes, self.nipple
        assert axes is not None
        assert nipple is not None
        back, below = axes.to_mm(nipple)
        places = [axes.to_mm(ImagePoint(*point)) for point in points.tolist()]
        return np.array([(back - depth, down - below) for depth, down in places]).reshape(-1, 2)


@dataclass(frozen=True, eq=False)
class MarkGroup:
    """Marks or candidates that lie together: places (n, 2) in image pixels, diameters in mm (nan: not known), ids."""

    points: Points
    diameters_mm: np.ndarray
    finding_id: str = ""
    mark_ids: tuple[str, ...] = ()
    candidate_ids: tuple[str, ...] = ()


def why_not_here(view: OnView) -> str:
    """Why distances from the nipple cannot be told on an image, in one sentence; '' where they can be."""
    name = view.info.label or "this image"
    if view.info.spacing is None:
        return f"No pixel spacing is known of {name}, so that it has no distances from the nipple."
    if view.breast.axes is None:
        return f"{name} shows a part of the breast, or no known side, so that it has no distances from the nipple."
    if view.nipple is None:
        return f"The nipple was not found on {name}; place it, and ask again."
    return ""


def find_partner(
    seen: OnView, cluster: MarkGroup, other: OnView, groups: Sequence[MarkGroup]
) -> PartnerSearch:
    """What on another view of the same breast may be the partner of a cluster, the likeliest first.

    Proposed are groups whose middle lies in the band, by the distance from the nipple or by the depth straight
    behind it, whichever agrees better: far to the side of the nipple the two differ.
    """
    why = why_not_here(seen) or why_not_here(other)
    if seen.info.laterality != other.info.laterality:
        why = f"{other.info.label or 'That image'} is not of the same breast."
    if why or not len(cluster.points):
        return PartnerSearch(None, why_not=why or "Nothing of the finding is marked on this image.")
    spacing, nipple = seen.info.spacing, other.nipple
    assert spacing is not None
    assert nipple is not None
    wanted = _seen_from_nipple(seen, cluster)
    band = PartnerBand(
        sop_instance_uid=other.info.sop_instance_uid,
        label=other.info.label,
        seen_on=seen.info.label,
        distance=Millimetres(wanted.distance, spacing.basis),
        nipple=nipple,
        nipple_placed=other.placed is not None,
        nipple_placed_there=seen.placed is not None,
    )
    offered = []
    for group in groups:
        there = _seen_from_nipple(other, group)
        farther, deeper = there.distance - wanted.distance, there.depth - wanted.depth
        if min(abs(farther), abs(deeper)) <= BAND_MM:
            offered.append((_unlikeness(wanted, there), farther, deeper, group, there))
    offered.sort(key=lambda one: one[0])
    offered = offered[:PROPOSED_AT_MOST]
    shares = [math.exp(-cost) for cost, *_ in offered]
    proposals = tuple(
        PartnerProposal(
            number=number,
            finding_id=group.finding_id,
            mark_ids=group.mark_ids,
            candidate_ids=group.candidate_ids,
            middle=ImagePoint(*group.points.mean(axis=0).tolist()),
            farther_mm=farther,
            deeper_mm=deeper,
            count=len(group.points),
            extent_mm=there.facts.extent_mm,
            likely=share / sum(shares),
            because=_because(wanted, there, farther, deeper),
        )
        for number, ((_, farther, deeper, group, there), share) in enumerate(
            zip(offered, shares, strict=True), start=1
        )
    )
    return PartnerSearch(band, proposals)


def group_of(reading: Reading, finding_id: str, info: ImageInfo) -> MarkGroup:
    """All marks of a finding on an image as one group, however far apart they lie."""
    uid = info.sop_instance_uid
    marks = [mark for mark in reading.marks_of(finding_id) if mark.image.sop_instance_uid == uid]
    return _group(finding_id, marks)


def groups_of_marks(reading: Reading, view: OnView, but: str) -> tuple[MarkGroup, ...]:
    """The marks on an image as they lie together, finding by finding; those of the finding `but` are left out."""
    uid = view.info.sop_instance_uid
    found: list[MarkGroup] = []
    for finding in reading.findings:
        marks = [m for m in reading.marks_of(finding.id) if m.image.sop_instance_uid == uid]
        if finding.id == but or not marks:
            continue
        labels = grouped(_in_mm(view, as_array([mark.point for mark in marks])), least=1)
        found.extend(
            _group(finding.id, [marks[row] for row in np.flatnonzero(labels == label)])
            for label in range(int(labels.max()) + 1)
        )
    return tuple(found)


def _group(finding_id: str, marks: Sequence[Mark]) -> MarkGroup:
    sizes = [None if mark.measurement is None else mark.measurement.diameter_mm for mark in marks]
    return MarkGroup(
        as_array([mark.point for mark in marks]),
        np.array([_size(size) for size in sizes]),
        finding_id,
        mark_ids=tuple(mark.id for mark in marks),
    )


def groups_of_candidates(
    candidates: Sequence[Candidate], view: OnView, reading: Reading
) -> tuple[MarkGroup, ...]:
    """Candidates of an image as they lie together, without those that are marked or that the reader rejected, and
    without what looks like an artery or like skin.
    """
    uid = view.info.sop_instance_uid
    here = [
        one
        for one in candidates
        if one.image.sop_instance_uid == uid and one.makes_groups and reading.decision_on(one.id) is None
    ]
    marked = as_array([m.point for m in reading.marks if m.image.sop_instance_uid == uid])
    points, taken = as_array([one.point for one in here]), _in_mm(view, marked)
    if len(points) and len(taken):
        apart = np.hypot(*(_in_mm(view, points)[:, None] - taken).transpose(2, 0, 1)).min(axis=1)
        here = [one for one, far in zip(here, apart.tolist(), strict=True) if far > ON_A_MARK_MM]
        points = as_array([one.point for one in here])
    if not here:
        return ()
    sizes = np.array([_size(one.diameter_mm) for one in here])
    labels = grouped(_in_mm(view, points), least=LEAST_CANDIDATES)
    return tuple(
        MarkGroup(points[mine], sizes[mine], candidate_ids=tuple(here[row].id for row in mine))
        for label in range(int(labels.max(initial=-1)) + 1)
        for mine in (np.flatnonzero(labels == label),)
    )


@dataclass(frozen=True, eq=False)
class _Seen:
    """A group as seen from the nipple: how far its middle is, how far straight back, and its facts."""

    distance: float
    depth: float
    facts: ClusterFacts


def _seen_from_nipple(view: OnView, group: MarkGroup) -> _Seen:
    places = view.from_nipple(group.points)
    back, below = places.mean(axis=0).tolist()
    return _Seen(math.hypot(back, below), back, cluster_facts(places, group.diameters_mm, (0.0, 0.0)))


def _unlikeness(one: _Seen, other: _Seen) -> float:
    """Half the squared deviations of what two views of one group share; 0 for groups that are alike in all."""
    away = min(abs(one.distance - other.distance), abs(one.depth - other.depth))
    a, b = one.facts, other.facts
    told = [
        away / _DISTANCE_SD_MM,
        math.log((a.count + 1) / (b.count + 1)) / _COUNT_SD,
        math.log((a.extent_mm + 2) / (b.extent_mm + 2)) / _EXTENT_SD,
        math.log((a.line_likeness + 0.5) / (b.line_likeness + 0.5)) / _SHAPE_SD,
    ]
    if a.median_diameter_mm and b.median_diameter_mm:
        told.append(math.log(a.median_diameter_mm / b.median_diameter_mm) / _SIZE_SD)
    return sum(min(deviation**2 / 2, _WORST) for deviation in told)


def _because(one: _Seen, other: _Seen, farther: float, deeper: float) -> tuple[str, ...]:
    a, b = one.facts, other.facts
    told = [
        f"{abs(farther):.0f} mm {'farther from' if farther > 0 else 'nearer to'} the nipple",
        f"{abs(deeper):.0f} mm {'deeper' if deeper > 0 else 'less deep'}",
        f"{b.count} beside {a.count}",
        f"{b.extent_mm:.0f} mm beside {a.extent_mm:.0f} mm across",
    ]
    if a.median_diameter_mm and b.median_diameter_mm:
        told.append(f"median size {b.median_diameter_mm:.2f} beside {a.median_diameter_mm:.2f} mm")
    return tuple(told)


def _in_mm(view: OnView, points: Points) -> Points:
    spacing = view.info.spacing
    assert spacing is not None
    return points * (spacing.column_mm, spacing.row_mm)


def _size(diameter_mm: float | None) -> float:
    return diameter_mm or math.nan
