"""The marks of a finding put together on each image, with their facts and the distribution word they suggest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.breast.location import BreastOnImage
from annotator.analysis.clusters.distribution import suggested_distribution
from annotator.analysis.clusters.grouping import LEAST, cluster_facts, grouped
from annotator.analysis.mark_table import MarkTable, Points, table_of
from annotator.hanging import is_detail
from annotator.jobs import CancelToken
from annotator.model.cluster_facts import ClusterFacts, DistributionHint, Place
from annotator.model.clusters_on_image import ClustersOnImage, GroupOnImage, NippleKnown
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis, convex_hull
from annotator.model.image import ExamInfo, ImageInfo, ImageKey

AROUND_MM = 1.0
"""How far outside its marks the line around a group runs, so that it covers none of them."""
_TURNS = np.arange(16) * (np.pi / 8)

NO_SPACING = "The file does not say how large a pixel is, so distances are not told and no word is suggested."
ONLY_A_PART = "A view of a part of the breast: the word is suggested on the whole views."
TOO_FEW = f"{LEAST} marks make a distribution."

Breasts = Callable[[ImageInfo], BreastOnImage | None]


def clusters_of(
    reading: Reading,
    finding_id: str,
    exam: ExamInfo,
    breast_of: Breasts,
    token: CancelToken | None = None,
) -> tuple[ClustersOnImage, ...]:
    """A finding on each image of its exam that has marks of it, in the order of the exam.

    Ten thousand marks take some tenths of a second; `token` is asked between groups. KeyError for no such finding.
    """
    reading.finding(finding_id)
    token = token or CancelToken()
    token.checkpoint()
    table = table_of(reading)
    rows = table.rows_of(finding_id)
    found = []
    for info in exam.images:
        here = rows[table.is_on(_keys(table, info))[rows]]
        if len(here):
            token.checkpoint()
            found.append(_on_image(reading, finding_id, info, _Here(table, here), breast_of(info), token))
    return tuple(found)


@dataclass(frozen=True)
class _Here:
    """The rows of a finding's marks on one image."""

    table: MarkTable
    rows: NDArray[np.intp]

    @property
    def points(self) -> Points:
        return self.table.points[self.rows]

    @property
    def diameters(self) -> NDArray[np.float64]:
        return self.table.millimetres[self.rows]


def _on_image(
    reading: Reading,
    finding_id: str,
    info: ImageInfo,
    here: _Here,
    breast: BreastOnImage | None,
    token: CancelToken,
) -> ClustersOnImage:
    uid, count = info.sop_instance_uid, len(here.rows)
    if info.spacing is None:
        return ClustersOnImage(
            finding_id=finding_id, sop_instance_uid=uid, label=info.label, count=count, why_not=NO_SPACING
        )
    placed = reading.nipple_on(uid)
    estimated = None if breast is None else breast.nipple
    nipple = estimated if placed is None else placed.point
    known = NippleKnown.ESTIMATED if estimated is not None else NippleKnown.UNKNOWN
    seen = _Seen(info.spacing, nipple, None if breast is None else breast.area_mm2(info.spacing))
    facts = seen.facts(here.points, here.diameters)
    hint, why_not = _hint(info, facts)
    return ClustersOnImage(
        finding_id=finding_id,
        sop_instance_uid=uid,
        label=info.label,
        count=count,
        facts=facts,
        hint=hint,
        nipple=known if placed is None else NippleKnown.PLACED,
        groups=_groups(reading, finding_id, uid, here, seen, facts, token),
        why_not=why_not,
    )


@dataclass(frozen=True)
class _Seen:
    """What facts on one image are told against."""

    spacing: PixelSpacing
    nipple: ImagePoint | None
    breast_mm2: float | None

    def mm(self, points: Points) -> Points:
        """Millimetres to the right and down in the image as stored."""
        return points * (self.spacing.column_mm, self.spacing.row_mm)

    def facts(self, points: Points, diameters: NDArray[np.float64]) -> ClusterFacts:
        nipple: Place | None = None
        if self.nipple is not None:
            nipple = (
                self.nipple.column * self.spacing.column_mm,
                self.nipple.row * self.spacing.row_mm,
            )
        basis: SpacingBasis = self.spacing.basis
        return cluster_facts(self.mm(points), diameters, nipple, self.breast_mm2, basis=basis)

    def around(self, facts: ClusterFacts) -> tuple[ImagePoint, ...]:
        """The outline around the hull of a set, some way outside it."""
        ring = AROUND_MM * np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1)
        corners = (np.array(facts.hull)[:, None, :] + ring).reshape(-1, 2)
        across, down = self.spacing.column_mm, self.spacing.row_mm
        return convex_hull([ImagePoint(x / across, y / down) for x, y in corners.tolist()])


def _hint(info: ImageInfo, facts: ClusterFacts) -> tuple[DistributionHint | None, str]:
    """The word, or why there is none."""
    if facts.count < LEAST:
        return None, TOO_FEW
    if is_detail(info):
        return None, ONLY_A_PART
    return suggested_distribution(facts), ""


def _groups(
    reading: Reading,
    finding_id: str,
    uid: str,
    here: _Here,
    seen: _Seen,
    whole: ClusterFacts,
    token: CancelToken,
) -> tuple[GroupOnImage, ...]:
    """The reader's clusters of two marks and more, then what lies together and in none of them."""
    made, tied = [], []
    for cluster in reading.clusters_of(finding_id):
        rows = here.table.rows_with(cluster.mark_ids)
        if cluster.image.sop_instance_uid == uid and len(rows) > 1:
            token.checkpoint()
            facts = seen.facts(here.table.points[rows], here.table.millimetres[rows])
            made.append(GroupOnImage(facts, cluster.outline, cluster.id))
            tied.append(rows)
    labels = grouped(seen.mm(here.points))
    for label in range(int(labels.max(initial=-1)) + 1):
        token.checkpoint()
        member = labels == label
        rows = here.rows[member]
        if any(np.isin(rows, others).all() for others in tied):
            continue
        facts = whole if member.all() else seen.facts(here.points[member], here.diameters[member])
        made.append(GroupOnImage(facts, seen.around(facts)))
    return tuple(made)


def _keys(table: MarkTable, info: ImageInfo) -> list[ImageKey]:
    """Its frames that have marks: of a stack they are looked at together."""
    return [key for key in table.codes.images if key.sop_instance_uid == info.sop_instance_uid]
