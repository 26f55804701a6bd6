"""Every act on a reading as a function Reading -> Reading, and what two readings differ in."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from annotator.model.finding import Finding, Reading, Stage
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.image import ImageKey
from annotator.model.mark import Cluster, Mark, MarkKind, SpotMeasurement

_Item = TypeVar("_Item", Finding, Mark, Cluster)


def new_id() -> str:
    """A fresh id for a mark, cluster, finding or reading."""
    return uuid.uuid4().hex


def new_uid() -> str:
    """A fresh DICOM UID made from a UUID (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def add_finding(reading: Reading, *, stage: Stage = Stage.SCREEN) -> tuple[Reading, Finding]:
    """An empty finding at the end; nothing but the stage of the exam is filled in."""
    finding = Finding(id=new_id(), number=_next_number(reading.findings), tracking_uid=new_uid(), stage=stage)
    return replace(reading, findings=(*reading.findings, finding)), finding


def describe(reading: Reading, finding_id: str, **said: Any) -> Reading:
    """Replace fields of a finding by what the reader said, e.g. `distribution=Distribution.GROUPED`."""
    changed = replace(reading.finding(finding_id), **said)
    return replace(reading, findings=_put(reading.findings, {finding_id: changed}))


def remove_finding(reading: Reading, finding_id: str) -> Reading:
    """Take a finding away with its marks and clusters."""
    reading.finding(finding_id)
    return replace(
        reading,
        findings=tuple(f for f in reading.findings if f.id != finding_id),
        marks=tuple(m for m in reading.marks if m.finding_id != finding_id),
        clusters=tuple(c for c in reading.clusters if c.finding_id != finding_id),
    )


def add_mark(
    reading: Reading,
    finding_id: str,
    image: ImageKey,
    point: ImagePoint,
    kind: MarkKind,
    measurement: SpotMeasurement | None = None,
) -> tuple[Reading, Mark]:
    """Mark one calcification for a finding."""
    reading.finding(finding_id)
    mark = Mark(new_id(), _next_number(reading.marks), finding_id, image, point, kind, measurement)
    return replace(reading, marks=(*reading.marks, mark)), mark


def move_mark(
    reading: Reading, mark_id: str, point: ImagePoint, measurement: SpotMeasurement | None = None
) -> Reading:
    """Put a mark elsewhere on its image with the measurement made there (None: unmeasured)."""
    moved = replace(reading.mark(mark_id), point=point, measurement=measurement)
    return replace(reading, marks=_put(reading.marks, {mark_id: moved}))


def set_mark_kind(reading: Reading, mark_ids: Collection[str], kind: MarkKind) -> Reading:
    """Call these marks micro or macro."""
    changed = {i: replace(reading.mark(i), kind=kind) for i in mark_ids}
    return replace(reading, marks=_put(reading.marks, changed))


def remove_marks(reading: Reading, mark_ids: Collection[str]) -> Reading:
    """Take marks away, out of their clusters too; a cluster left without any goes with its last one."""
    gone = set(mark_ids)
    marks = tuple(m for m in reading.marks if m.id not in gone)
    return replace(reading, marks=marks, clusters=_without(reading.clusters, gone))


def add_cluster(
    reading: Reading,
    finding_id: str,
    image: ImageKey,
    outline: tuple[ImagePoint, ...],
    mark_ids: Collection[str] = (),
    spacing: PixelSpacing | None = None,
) -> tuple[Reading, Cluster]:
    """Tie marks of one image together under a finding; of a stack, also from several of its frames.

    Marks that belonged to another finding move to this one and leave their clusters. A cluster may
    be empty: an outlined area whose calcifications the reader does not mark one by one.
    """
    reading.finding(finding_id)
    members = {i: replace(reading.mark(i), finding_id=finding_id) for i in mark_ids}
    if any(m.image.sop_instance_uid != image.sop_instance_uid for m in members.values()):
        raise ValueError("the marks of a cluster lie on its image")
    number = _next_number(reading.clusters)
    cluster = Cluster(new_id(), number, finding_id, image, outline, tuple(members), spacing)
    clusters = (*_without(reading.clusters, members), cluster)
    return replace(reading, marks=_put(reading.marks, members), clusters=clusters), cluster


def remove_cluster(reading: Reading, cluster_id: str) -> Reading:
    """Untie a cluster; its marks stay."""
    reading.cluster(cluster_id)
    return replace(reading, clusters=tuple(c for c in reading.clusters if c.id != cluster_id))


def assign_marks(reading: Reading, mark_ids: Collection[str], finding_id: str) -> Reading:
    """Hand marks to another finding; they leave the clusters of the one they had."""
    reading.finding(finding_id)
    moved = {i: replace(reading.mark(i), finding_id=finding_id) for i in mark_ids}
    leaving = {i for i in moved if reading.mark(i).finding_id != finding_id}
    return replace(reading, marks=_put(reading.marks, moved), clusters=_without(reading.clusters, leaving))


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two readings: per kind, id -> new value, or None where it is gone."""

    findings: Mapping[str, Finding | None] = field(default_factory=dict)
    marks: Mapping[str, Mark | None] = field(default_factory=dict)
    clusters: Mapping[str, Cluster | None] = field(default_factory=dict)
    lexicon_edition: str | None = None

    def __bool__(self) -> bool:
        return bool(self.findings or self.marks or self.clusters or self.lexicon_edition)


def diff(before: Reading, after: Reading) -> Changes:
    """The changes that turn `before` into `after` (see `apply`)."""
    same_edition = before.lexicon_edition == after.lexicon_edition
    return Changes(
        _differences(before.findings, after.findings),
        _differences(before.marks, after.marks),
        _differences(before.clusters, after.clusters),
        None if same_edition else after.lexicon_edition,
    )


def apply(reading: Reading, changes: Changes) -> Reading:
    """`reading` with `changes` made: apply(a, diff(a, b)) == b."""
    return replace(
        reading,
        findings=_put(reading.findings, changes.findings),
        marks=_put(reading.marks, changes.marks),
        clusters=_put(reading.clusters, changes.clusters),
        lexicon_edition=changes.lexicon_edition or reading.lexicon_edition,
    )


def _next_number(items: Iterable[Finding | Mark | Cluster]) -> int:
    return max((item.number for item in items), default=0) + 1


def _without(clusters: Iterable[Cluster], gone: Collection[str]) -> tuple[Cluster, ...]:
    """Clusters with these marks taken out; one that loses its last mark goes with it."""
    left = []
    for cluster in clusters:
        kept = tuple(i for i in cluster.mark_ids if i not in gone)
        if kept == cluster.mark_ids:
            left.append(cluster)
        elif kept:
            left.append(replace(cluster, mark_ids=kept))
    return tuple(left)


def _put(items: tuple[_Item, ...], changed: Mapping[str, _Item | None]) -> tuple[_Item, ...]:
    if not changed:
        return items
    kept = [changed.get(item.id, item) for item in items]
    known = {item.id for item in items}
    kept += [item for key, item in changed.items() if key not in known]
    return tuple(sorted((item for item in kept if item is not None), key=lambda item: item.number))


def _differences(before: tuple[_Item, ...], after: tuple[_Item, ...]) -> dict[str, _Item | None]:
    if before is after:
        return {}
    old = {item.id: item for item in before}
    changed: dict[str, _Item | None] = {}
    for item in after:
        known = old.pop(item.id, None)
        if known is not item and known != item:
            changed[item.id] = item
    changed.update(dict.fromkeys(old))
    return changed
