"""Every act on a reading as a function Reading -> Reading, and what two readings differ in.

A reading may hold ten thousand marks, and every act of a hand passes here before the next frame: what did
not change is told along whole tuples, by identity where there is one, and not looked into.
"""

from __future__ import annotations

import operator
import uuid
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, count
from typing import Any, TypeVar

from annotator.errors import SignedReading
from annotator.model.finding import Finding, Reading, Stage
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ImageKey
from annotator.model.mark import Cluster, Mark, MarkKind, SpotMeasurement
from annotator.model.seen_on_image import NipplePlace, TechnicalRecall
from annotator.model.signing import Signature

_Item = TypeVar("_Item", Finding, Mark, Cluster)
_OfImage = TypeVar("_OfImage", HangingChoice, TechnicalRecall)
_Key = TypeVar("_Key", str, int)
_Value = TypeVar("_Value")


def new_id() -> str:
    """A fresh id for a mark, cluster, finding or reading."""
    return uuid.uuid4().hex


def new_uid() -> str:
    """A fresh DICOM UID made from a UUID (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def add_finding(reading: Reading, *, tracking_uid: str = "") -> tuple[Reading, Finding]:
    """An empty finding at the end; nothing is filled in.

    `tracking_uid` is that of the same finding in an earlier exam, '' for one that is not known from there.
    """
    number = _next_number(reading.findings)
    finding = Finding(id=new_id(), number=number, tracking_uid=tracking_uid or new_uid())
    return _said(reading, findings=(*reading.findings, finding)), finding


def track(reading: Reading, finding_id: str, tracking_uid: str) -> Reading:
    """Call a finding the same as that of an earlier exam; '' takes that back and gives it a tracking UID of its own.

    ValueError when another finding of this reading is that one already.
    """
    if any(f.tracking_uid == tracking_uid and f.id != finding_id for f in reading.findings):
        raise ValueError("two findings of one exam cannot be the same finding of an earlier one")
    return describe(reading, finding_id, tracking_uid=tracking_uid or new_uid())


def set_stage(reading: Reading, stage: Stage | None) -> Reading:
    """Say where in the work-up the exam stands (None: not said)."""
    return reading if stage is reading.stage else _said(reading, stage=stage)


def place_nipple(reading: Reading, place: NipplePlace) -> Reading:
    """Put the nipple of an image where the reader sees it, in place of an earlier one there."""
    others = [n for n in reading.nipples if n.image.sop_instance_uid != place.image.sop_instance_uid]
    return _said(reading, nipples=_by_image([*others, place]))


def remove_nipple(reading: Reading, sop_instance_uid: str) -> Reading:
    """Take the nipple of an image away; the same reading when none was placed."""
    left = tuple(n for n in reading.nipples if n.image.sop_instance_uid != sop_instance_uid)
    return reading if left == reading.nipples else _said(reading, nipples=left)


def recall_view(reading: Reading, recall: TechnicalRecall) -> Reading:
    """Ask for a view to be taken again, in place of what was asked for it before."""
    others = [r for r in reading.recalls if r.sop_instance_uid != recall.sop_instance_uid]
    return _said(reading, recalls=tuple(sorted([*others, recall], key=_UID)))


def keep_view(reading: Reading, sop_instance_uid: str) -> Reading:
    """Take a technical recall back; the same reading when there is none."""
    left = tuple(r for r in reading.recalls if r.sop_instance_uid != sop_instance_uid)
    return reading if left == reading.recalls else _said(reading, recalls=left)


def sign(reading: Reading, signature: Signature) -> Reading:
    """Close the reading with the next signature. ValueError when it is closed already or the version is another."""
    if reading.is_signed or signature.version != len(reading.signatures) + 1:
        raise ValueError("a reading is signed once for every version, in order")
    return replace(reading, signatures=(*reading.signatures, signature), amending="", done=True)


def amend(reading: Reading, reason: str) -> Reading:
    """Open a signed reading again for an amendment. ValueError without a reason, or when it is not signed."""
    if not reading.is_signed or not reason.strip():
        raise ValueError("only a signed reading is amended, and for a reason")
    return replace(reading, amending=reason.strip(), done=False)


def withdraw(reading: Reading, signed: Reading) -> Reading:
    """Give an amendment up: what `signed` says, the reading as it was signed last, stands again.

    ValueError when no amendment is open or `signed` is not that reading.
    """
    if not reading.amending or not signed.is_signed or signed.signatures != reading.signatures:
        raise ValueError("only an open amendment is withdrawn, to what was signed last")
    return signed


def describe(reading: Reading, finding_id: str, **said: Any) -> Reading:
    """Replace fields of a finding by what the reader said, e.g. `distribution=Distribution.GROUPED`."""
    known = reading.finding(finding_id)
    changed = replace(known, **said)
    if changed == known:
        return reading
    return _said(reading, findings=_put(reading.findings, {finding_id: changed}))


def remove_finding(reading: Reading, finding_id: str) -> Reading:
    """Take a finding away with its marks and clusters."""
    reading.finding(finding_id)
    return _said(
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
    return _said(reading, marks=(*reading.marks, mark)), mark


def move_mark(
    reading: Reading, mark_id: str, point: ImagePoint, measurement: SpotMeasurement | None = None
) -> Reading:
    """Put a mark elsewhere on its image with the measurement made there (None: unmeasured)."""
    moved = replace(reading.mark(mark_id), point=point, measurement=measurement)
    return _said(reading, marks=_put(reading.marks, {mark_id: moved}))


def set_mark_kind(reading: Reading, mark_ids: Collection[str], kind: MarkKind) -> Reading:
    """Call these marks micro or macro; the same reading when they are called so already."""
    marks = reading.marks_by_id(mark_ids)
    changed = {i: replace(mark, kind=kind) for i, mark in marks.items() if mark.kind is not kind}
    return _said(reading, marks=_put(reading.marks, changed)) if changed else reading


def remove_marks(reading: Reading, mark_ids: Collection[str]) -> Reading:
    """Take marks away, out of their clusters too; a cluster left without any goes with its last one."""
    gone = set(mark_ids)
    if not gone:
        return reading
    marks = tuple(m for m in reading.marks if m.id not in gone)
    return _said(reading, marks=marks, clusters=_without(reading.clusters, gone))


def add_cluster(
    reading: Reading,
    finding_id: str,
    image: ImageKey,
    outline: tuple[ImagePoint, ...],
    mark_ids: Collection[str] = (),
    spacing: PixelSpacing | None = None,
) -> tuple[Reading, Cluster]:
    """Tie marks of one image together under a finding; of a stack, also from several of its frames.

    `mark_ids` in the order they are to be kept. Marks that belonged to another finding move to this one and leave their clusters. A cluster may
    be empty: an outlined area whose calcifications the reader does not mark one by one.
    """
    reading.finding(finding_id)
    tied = reading.marks_by_id(mark_ids)
    if any(m.image.sop_instance_uid != image.sop_instance_uid for m in tied.values()):
        raise ValueError("the marks of a cluster lie on its image")
    number = _next_number(reading.clusters)
    cluster = Cluster(new_id(), number, finding_id, image, outline, tuple(tied), spacing)
    clusters = (*_without(reading.clusters, tied), cluster)
    return _said(reading, marks=_put(reading.marks, _handed(tied, finding_id)), clusters=clusters), cluster


def remove_cluster(reading: Reading, cluster_id: str) -> Reading:
    """Untie a cluster; its marks stay."""
    reading.cluster(cluster_id)
    return _said(reading, clusters=tuple(c for c in reading.clusters if c.id != cluster_id))


def assign_marks(reading: Reading, mark_ids: Collection[str], finding_id: str) -> Reading:
    """Hand marks to another finding; they leave the clusters of the one they had."""
    reading.finding(finding_id)
    moved = _handed(reading.marks_by_id(mark_ids), finding_id)
    if not moved:
        return reading
    return _said(reading, marks=_put(reading.marks, moved), clusters=_without(reading.clusters, moved))


def choose_hanging(reading: Reading, choice: HangingChoice) -> Reading:
    """Hang an image as the reader says; a choice of nothing hangs it as its file says again.

    How images hang says nothing new about the breast, so an exam that was called done stays done; sides and views of
    a signed reading stay as they were signed (SignedReading).
    """
    _open(reading)
    others = [c for c in reading.hanging if c.sop_instance_uid != choice.sop_instance_uid]
    return replace(reading, hanging=_hung_in_order([*others, choice]))


def set_done(reading: Reading, done: bool) -> Reading:
    """Call the exam done, or not done any more.

    A later act on findings, marks or clusters takes `done` back in the same step, so that undoing the one
    brings back the other.
    """
    return replace(reading, done=done)


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two readings: per kind, id -> new value, or None where it is gone.

    Of `lexicon_edition`, `done`, `stage` and `amending` None says that nothing changed; a `stage` of (None,) that
    it is no longer said. What is said of images goes by SOP Instance UID, `signatures` by version.
    """

    findings: Mapping[str, Finding | None] = field(default_factory=dict)
    marks: Mapping[str, Mark | None] = field(default_factory=dict)
    clusters: Mapping[str, Cluster | None] = field(default_factory=dict)
    lexicon_edition: str | None = None
    hanging: Mapping[str, HangingChoice | None] = field(default_factory=dict)
    done: bool | None = None
    stage: tuple[Stage | None] | None = None
    nipples: Mapping[str, NipplePlace | None] = field(default_factory=dict)
    recalls: Mapping[str, TechnicalRecall | None] = field(default_factory=dict)
    signatures: Mapping[int, Signature | None] = field(default_factory=dict)
    amending: str | None = None

    def __bool__(self) -> bool:
        by_key = (
            self.findings,
            self.marks,
            self.clusters,
            self.hanging,
            self.nipples,
            self.recalls,
            self.signatures,
        )
        single = (self.lexicon_edition, self.done, self.stage, self.amending)
        return any(by_key) or any(one is not None for one in single)


def diff(before: Reading, after: Reading) -> Changes:
    """The changes that turn `before` into `after` (see `apply`)."""
    same_edition = before.lexicon_edition == after.lexicon_edition
    return Changes(
        _differences(before.findings, after.findings),
        _differences(before.marks, after.marks),
        _differences(before.clusters, after.clusters),
        None if same_edition else after.lexicon_edition,
        _changed(_by_uid(before.hanging), _by_uid(after.hanging)),
        None if before.done == after.done else after.done,
        None if before.stage is after.stage else (after.stage,),
        _changed(_by_nipple(before.nipples), _by_nipple(after.nipples)),
        _changed(_by_uid(before.recalls), _by_uid(after.recalls)),
        _changed(_by_version(before.signatures), _by_version(after.signatures)),
        None if before.amending == after.amending else after.amending,
    )


def apply(reading: Reading, changes: Changes) -> Reading:
    """`reading` with `changes` made: apply(a, diff(a, b)) == b."""
    hanging = _merged(_by_uid(reading.hanging), changes.hanging)
    nipples = _merged(_by_nipple(reading.nipples), changes.nipples)
    recalls = _merged(_by_uid(reading.recalls), changes.recalls)
    signatures = _merged(_by_version(reading.signatures), changes.signatures)
    return replace(
        reading,
        findings=_put(reading.findings, changes.findings),
        marks=_put(reading.marks, changes.marks),
        clusters=_put(reading.clusters, changes.clusters),
        lexicon_edition=changes.lexicon_edition or reading.lexicon_edition,
        hanging=_hung_in_order(hanging.values()),
        done=reading.done if changes.done is None else changes.done,
        stage=reading.stage if changes.stage is None else changes.stage[0],
        nipples=_by_image(nipples.values()),
        recalls=tuple(sorted(recalls.values(), key=_UID)),
        signatures=tuple(signatures[version] for version in sorted(signatures)),
        amending=reading.amending if changes.amending is None else changes.amending,
    )


def unchanged_ends(before: Sequence[object], after: Sequence[object]) -> tuple[int, int]:
    """How many items at the beginning, and then at the end, are the same in both.

    What lies between is all that an act changed; the two ends never overlap. Readings share what did not
    change, so that the same is nearly always the same object and is told without looking into it.
    """
    shorter = min(len(before), len(after))
    start = _same_at_start(before, after, shorter)
    end = _same_at_start(before[::-1], after[::-1], shorter - start)
    return start, end


_AT_ONCE = 256


def _same_at_start(one: Sequence[object], other: Sequence[object], most: int) -> int:
    """How many items, up to `most`, are the same from the start on; whole pieces are compared ten times as fast."""
    for start in range(0, most, _AT_ONCE):
        piece, beside = (items[start : min(start + _AT_ONCE, most)] for items in (one, other))
        if piece != beside:
            return start + next(compress(count(), map(operator.ne, piece, beside)))
    return most


def _said(reading: Reading, **parts: Any) -> Reading:
    """The reading with other content: whoever says more of an exam is not done with it. SignedReading when closed."""
    _open(reading)
    return replace(reading, done=False, **parts)


def _open(reading: Reading) -> None:
    if reading.is_signed:
        raise SignedReading(
            "This reading is signed and cannot be changed; begin an amendment and give its reason."
        )


def _handed(marks: Mapping[str, Mark], finding_id: str) -> dict[str, Mark]:
    """Those of `marks` that another finding has, as marks of this one."""
    return {i: replace(m, finding_id=finding_id) for i, m in marks.items() if m.finding_id != finding_id}


def _next_number(items: Sequence[Finding | Mark | Cluster]) -> int:
    return items[-1].number + 1 if items else 1


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
    """Items with some replaced, added or (None) taken away, in the order of their numbers."""
    if not changed:
        return items
    quick = _put_in_place(items, changed) if len(changed) <= _FEW else None
    if quick is not None:
        return quick
    kept = [changed.get(item.id, item) for item in items]
    known = {item.id for item in items}
    kept += [item for key, item in changed.items() if key not in known]
    return tuple(sorted((item for item in kept if item is not None), key=_NUMBER))


_FEW = 8
"""Up to so many changes are put where their numbers say, without looking at every item."""

_NUMBER = operator.attrgetter("number")


def _put_in_place(items: tuple[_Item, ...], changed: Mapping[str, _Item | None]) -> tuple[_Item, ...] | None:
    """The same as `_put`, found by number, which an item keeps for life; None where that does not fit."""
    put = list(items)
    for key, item in changed.items():
        if item is None:
            at = next((at for at in reversed(range(len(put))) if put[at].id == key), None)
            if at is not None:
                del put[at]
            continue
        at = bisect_left(put, item.number, key=_NUMBER)
        if at == len(put):
            put.append(item)
        elif put[at].id == key:
            put[at] = item
        else:
            return None
    return tuple(put)


def _differences(before: tuple[_Item, ...], after: tuple[_Item, ...]) -> dict[str, _Item | None]:
    if before is after:
        return {}
    start, end = unchanged_ends(before, after)
    old = {item.id: item for item in before[start : len(before) - end]}
    changed: dict[str, _Item | None] = {}
    for item in after[start : len(after) - end]:
        known = old.pop(item.id, None)
        if known is not item and known != item:
            changed[item.id] = item
    changed.update(dict.fromkeys(old))
    return changed


_UID = operator.attrgetter("sop_instance_uid")


def _by_uid(items: Iterable[_OfImage]) -> dict[str, _OfImage]:
    return {item.sop_instance_uid: item for item in items}


def _by_nipple(places: Iterable[NipplePlace]) -> dict[str, NipplePlace]:
    return {place.image.sop_instance_uid: place for place in places}


def _by_version(signatures: Iterable[Signature]) -> dict[int, Signature]:
    return {signature.version: signature for signature in signatures}


def _changed(before: Mapping[_Key, _Value], after: Mapping[_Key, _Value]) -> dict[_Key, _Value | None]:
    """New and other values by key, None for what is gone."""
    changed: dict[_Key, _Value | None] = {
        key: value for key, value in after.items() if before.get(key) != value
    }
    return changed | dict.fromkeys(key for key in before if key not in after)


def _merged(known: Mapping[_Key, _Value], changed: Mapping[_Key, _Value | None]) -> dict[_Key, _Value]:
    merged = {**known, **changed}
    return {key: value for key, value in merged.items() if value is not None}


def _by_image(places: Iterable[NipplePlace]) -> tuple[NipplePlace, ...]:
    return tuple(sorted(places, key=lambda place: place.image))


def _hung_in_order(choices: Iterable[HangingChoice]) -> tuple[HangingChoice, ...]:
    return tuple(sorted((c for c in choices if c), key=_UID))
