"""Which clusters of earlier exams one of this exam may be compared with: on the same view, the likeliest first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from annotator.analysis.breast.location import BreastOnImage
from annotator.analysis.change.same_place import apart_mm, placed_marks, propose_pairs
from annotator.analysis.clusters.grouping import LEAST, grouped
from annotator.analysis.mark_table import as_array
from annotator.hanging import is_detail
from annotator.model.candidate import Candidate
from annotator.model.comparison import ClusterOnImage, EarlierCluster, EarlierClusters, Provenance
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo, ImageInfo
from annotator.model.mark import Mark, MarkKind, SpotMeasurement
from annotator.model.timeline import ReadExam

FAR_MM = 25.0
"""Beyond three deviations of the same place on two exams (analysis.same_place) nothing is proposed."""

BreastOf = Callable[[ImageInfo], BreastOnImage | None]


@dataclass(frozen=True, slots=True)
class ReadBefore:
    """An earlier exam whose images are at hand, and what was said of it as far as this reader may see; None: nothing."""

    exam: ExamInfo
    read: ReadExam
    reading: Reading | None = None


def earlier_clusters(
    reading: Reading, finding_id: str, exam: ExamInfo, before: Sequence[ReadBefore], breast_of: BreastOf
) -> EarlierClusters:
    """What the marks of a finding may be compared with in the exams before, the last of these first.

    A finding called the same comes first, then those nearest as seen from the nipple (`breast_of` tells estimated
    ones); exams at hand of which nothing was said still tell their views.
    """
    finding = reading.finding(finding_id)
    mine = _clusters(reading, finding_id, exam)
    if not mine:
        return EarlierClusters(
            why_not=f"Nothing of F{finding.number} is marked on an image; mark it to compare it."
        )
    if not before:
        return EarlierClusters(
            why_not="No earlier exam of this patient is open here; open its folder to compare with it."
        )
    offered, views = [], []
    for one in before:
        for now in mine:
            for info in one.exam.images:
                if not _same_view(now.info, info):
                    continue
                views.append((now, _on(one.reading, info, ()), one.read))
                there = list(_offered(now, finding.tracking_uid, one, info, breast_of))
                offered += _with_likelihood(now, there, breast_of)
    if not views:
        shown = " and ".join(dict.fromkeys(now.info.label or "a view of unknown side" for now in mine))
        return EarlierClusters(why_not=f"The earlier exams that are open have no image like {shown}.")
    order = {one.read: number for number, one in enumerate(before)}
    offered.sort(key=lambda one: _likelihood(one, order[one.exam]))
    why = "" if offered else "Nothing is marked on the earlier image of this view."
    return EarlierClusters(tuple(offered), why, tuple(views))


def candidates_there(
    now: ClusterOnImage,
    then: ClusterOnImage,
    candidates: Sequence[Candidate],
    breast_of: BreastOf,
    measure: Callable[[Candidate], SpotMeasurement | None],
) -> ClusterOnImage | None:
    """Of the candidates of an earlier image those that lie together nearest to where the cluster of now lies.

    As marks that nobody made: `measure` tells their sizes. What looks like an artery or like skin is left out. None where no `LEAST` of them lie within 10 mm, or none of
    these groups within `FAR_MM` of the place.
    """
    spacing = then.info.spacing
    candidates = [one for one in candidates if one.makes_groups]
    if spacing is None or not candidates:
        return None
    points = as_array([one.point for one in candidates])
    labels = grouped(points * (spacing.column_mm, spacing.row_mm), least=LEAST)
    found = []
    for label in range(int(labels.max()) + 1):
        members = [candidates[row] for row in np.flatnonzero(labels == label).tolist()]
        marks = tuple(
            Mark(one.id, number, "", one.image, one.point, MarkKind.MICRO)
            for number, one in enumerate(members, start=1)
        )
        cluster = replace(then, marks=marks)
        away = marks_apart_mm(now, cluster, breast_of)
        if away is not None and away <= FAR_MM:
            found.append((away, cluster, members))
    if not found:
        return None
    _, nearest, members = min(found, key=lambda one: one[0])
    sizes = [measure(one) for one in members]
    marks = tuple(replace(mark, measurement=size) for mark, size in zip(nearest.marks, sizes, strict=True))
    return replace(nearest, marks=marks)


def _likelihood(one: EarlierCluster, exam: int) -> tuple[bool, int, int, float, float]:
    """Sorts the likeliest first: the same finding, the last exam, the fullest view, the likeliest place."""
    away = math.inf if one.apart_mm is None else one.apart_mm
    return one.provenance is not Provenance.SAME, exam, -len(one.now.marks), -(one.likely or 0.0), away


def _offered(
    now: ClusterOnImage, tracking_uid: str, one: ReadBefore, info: ImageInfo, breast_of: BreastOf
) -> Iterator[EarlierCluster]:
    if one.reading is None:
        return
    for finding in one.reading.findings:
        marks = _marks_on(one.reading, finding.id, info)
        if not marks:
            continue
        then = _on(one.reading, info, marks)
        same = finding.tracking_uid == tracking_uid
        yield EarlierCluster(
            now=now,
            then=then,
            exam=one.read,
            finding_id=finding.id,
            number=finding.number,
            provenance=Provenance.SAME if same else Provenance.LIKELIEST,
            apart_mm=marks_apart_mm(now, then, breast_of),
        )


def _with_likelihood(
    now: ClusterOnImage, there: Sequence[EarlierCluster], breast_of: BreastOf
) -> list[EarlierCluster]:
    """The clusters of one earlier image with how likely each is the same, as seen from the nipple."""
    mine = placed_marks("", now, breast_of(now.info))
    others = [placed_marks(str(row), one.then, breast_of(one.then.info)) for row, one in enumerate(there)]
    known = [one for one in others if one is not None]
    if mine is None or not known:
        return list(there)
    likely = {pair.then: pair.likely for pair in propose_pairs([mine], known)}
    return [replace(one, likely=likely.get(str(row))) for row, one in enumerate(there)]


def marks_apart_mm(now: ClusterOnImage, then: ClusterOnImage, breast_of: BreastOf) -> float | None:
    """How far the middles of two clusters lie from one another, each as seen from its nipple; None where not known."""
    one, other = (placed_marks("", cluster, breast_of(cluster.info)) for cluster in (now, then))
    return None if one is None or other is None else apart_mm(one, other)


def _clusters(reading: Reading, finding_id: str, exam: ExamInfo) -> list[ClusterOnImage]:
    """The marks of a finding on each image of its exam, the fullest first."""
    found = [_on(reading, info, _marks_on(reading, finding_id, info)) for info in exam.images]
    return sorted((one for one in found if one.marks), key=lambda one: -len(one.marks))


def _on(reading: Reading | None, info: ImageInfo, marks: tuple[Mark, ...]) -> ClusterOnImage:
    placed = None if reading is None else reading.nipple_on(info.sop_instance_uid)
    return ClusterOnImage(info=info, marks=marks, nipple=None if placed is None else placed.point)


def _marks_on(reading: Reading, finding_id: str, info: ImageInfo) -> tuple[Mark, ...]:
    uid = info.sop_instance_uid
    return tuple(mark for mark in reading.marks_of(finding_id) if mark.image.sop_instance_uid == uid)


def _same_view(now: ImageInfo, then: ImageInfo) -> bool:
    """Whether two images show the same breast from the same side, both of them whole or both of them a part."""
    return (
        now.laterality is not None
        and now.laterality is then.laterality
        and bool(now.view.name)
        and now.view.name == then.view.name
        and is_detail(now) == is_detail(then)
        and now.is_stack == then.is_stack
    )
