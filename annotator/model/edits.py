"""Every act on a reading as a function Reading -> Reading."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from annotator.errors import SignedReading
from annotator.model.candidate import Candidate, CandidateDecision, Verdict
from annotator.model.changes import BY_UID, by_candidate, by_image, decided_in_order, hung_in_order, put
from annotator.model.finding import Finding, Reading, Stage
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ImageKey
from annotator.model.mark import Cluster, Mark, MarkKind, SpotMeasurement
from annotator.model.seen_on_image import ChestWall, MarkedPixels, NipplePlace, TechnicalRecall
from annotator.model.signing import Signature


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
    return _said(reading, nipples=by_image([*others, place]))


def remove_nipple(reading: Reading, sop_instance_uid: str) -> Reading:
    """Take the nipple of an image away; the same reading when none was placed."""
    left = tuple(n for n in reading.nipples if n.image.sop_instance_uid != sop_instance_uid)
    return reading if left == reading.nipples else _said(reading, nipples=left)


def draw_chest_wall(reading: Reading, wall: ChestWall) -> Reading:
    """Put the chest wall of an image where the reader sees it, in place of an earlier one there."""
    others = [w for w in reading.chest_walls if w.image.sop_instance_uid != wall.image.sop_instance_uid]
    return _said(reading, chest_walls=by_image([*others, wall]))


def remove_chest_wall(reading: Reading, sop_instance_uid: str) -> Reading:
    """Take the chest wall of an image away; the same reading when none was drawn."""
    left = tuple(w for w in reading.chest_walls if w.image.sop_instance_uid != sop_instance_uid)
    return reading if left == reading.chest_walls else _said(reading, chest_walls=left)


def recall_view(reading: Reading, recall: TechnicalRecall) -> Reading:
    """Ask for a view to be taken again, in place of what was asked for it before."""
    others = [r for r in reading.recalls if r.sop_instance_uid != recall.sop_instance_uid]
    return _said(reading, recalls=tuple(sorted([*others, recall], key=BY_UID)))


def keep_view(reading: Reading, sop_instance_uid: str) -> Reading:
    """Take a technical recall back; the same reading when there is none."""
    left = tuple(r for r in reading.recalls if r.sop_instance_uid != sop_instance_uid)
    return reading if left == reading.recalls else _said(reading, recalls=left)


def finish_first_pass(reading: Reading) -> Reading:
    """Say that the reader has looked at the exam alone, so that candidates may be shown."""
    if reading.first_pass:
        return reading
    _open(reading)
    return replace(reading, first_pass=True)


def accept_candidates(
    reading: Reading, finding_id: str, model_version: str, accepted: Sequence[AcceptedCandidate]
) -> tuple[Reading, tuple[Mark, ...]]:
    """Mark candidates for a finding, and keep that and by which model they were proposed.

    An earlier verdict on one of them is replaced. One with an outline becomes a cluster of the marks that the others become.
    """
    marks: list[Mark] = []
    decisions = by_candidate(reading.decisions)
    for one in sorted(accepted, key=lambda one: bool(one.outline)):
        image, became = one.candidate.image, ""
        if one.outline:
            tied = [mark.id for mark in marks if mark.image.sop_instance_uid == image.sop_instance_uid]
            reading, cluster = add_cluster(reading, finding_id, image, one.outline, tied, one.spacing)
            became = cluster.id
        else:
            reading, mark = add_mark(reading, finding_id, image, one.point, one.kind, one.measurement)
            marks.append(mark)
            became = mark.id
        decisions[one.candidate.id] = CandidateDecision(
            one.candidate, model_version, Verdict.ACCEPTED, became
        )
    return _said(reading, decisions=decided_in_order(decisions.values())), tuple(marks)


def remove_accepted(reading: Reading, decisions: Iterable[CandidateDecision]) -> Reading:
    """Take away what accepted candidates became and is still there, also where it was moved since; verdicts stay."""
    became = {one.mark_id for one in decisions if one.verdict is Verdict.ACCEPTED}
    for cluster in [one for one in reading.clusters if one.id in became]:
        reading = remove_cluster(reading, cluster.id)
    return remove_marks(reading, frozenset(mark.id for mark in reading.marks if mark.id in became))


def reject_candidates(reading: Reading, model_version: str, rejected: Collection[Candidate]) -> Reading:
    """Keep that these candidates are none, in place of an earlier verdict; marks they became stay."""
    said = {one.id: CandidateDecision(one, model_version, Verdict.REJECTED) for one in rejected}
    decisions = by_candidate(reading.decisions) | said
    return _said(reading, decisions=decided_in_order(decisions.values())) if said else reading


def reconsider_candidates(reading: Reading, candidate_ids: Collection[str]) -> Reading:
    """Take verdicts back; marks the candidates became stay. The same reading when there are none of these."""
    gone = frozenset(candidate_ids)
    left = tuple(d for d in reading.decisions if d.candidate.id not in gone)
    return reading if len(left) == len(reading.decisions) else _said(reading, decisions=left)


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
    return _said(reading, findings=put(reading.findings, {finding_id: changed}))


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
    return _said(reading, marks=put(reading.marks, {mark_id: moved}))


def set_mark_kind(reading: Reading, mark_ids: Collection[str], kind: MarkKind) -> Reading:
    """Call these marks micro or macro; the same reading when they are called so already."""
    marks = reading.marks_by_id(mark_ids)
    changed = {i: replace(mark, kind=kind) for i, mark in marks.items() if mark.kind is not kind}
    return _said(reading, marks=put(reading.marks, changed)) if changed else reading


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
    return _said(reading, marks=put(reading.marks, _handed(tied, finding_id)), clusters=clusters), cluster


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
    return _said(reading, marks=put(reading.marks, moved), clusters=_without(reading.clusters, moved))


def choose_hanging(reading: Reading, choice: HangingChoice) -> Reading:
    """Hang an image as the reader says; a choice of nothing hangs it as its file says again.

    How images hang says nothing new about the breast, so an exam that was called done stays done; sides and views of
    a signed reading stay as they were signed (SignedReading).
    """
    _open(reading)
    others = [c for c in reading.hanging if c.sop_instance_uid != choice.sop_instance_uid]
    return replace(reading, hanging=hung_in_order([*others, choice]))


def set_done(reading: Reading, done: bool) -> Reading:
    """Call the exam done, or not done any more.

    A later act on findings, marks or clusters takes `done` back in the same step, so that undoing the one
    brings back the other.
    """
    return replace(reading, done=done)


@dataclass(frozen=True, slots=True)
class AcceptedCandidate:
    """A candidate that the reader accepts: where the mark goes, what it is called, and what was measured there.

    With an `outline` it becomes a cluster, on an image of that `spacing`.
    """

    candidate: Candidate
    point: ImagePoint
    kind: MarkKind
    measurement: SpotMeasurement | None = None
    outline: tuple[ImagePoint, ...] = ()
    spacing: PixelSpacing | None = None


def keep_pixels(reading: Reading, pixels: Iterable[MarkedPixels]) -> Reading:
    """Keep what the pixels of frames are, as far as nothing is kept of them yet: what came first stays.

    It is no word of the reader's: an exam that is done stays so. The same reading when nothing is new.
    """
    known = {one.image for one in reading.pixels}
    new = [one for one in pixels if one.image not in known]
    if not new:
        return reading
    _open(reading)
    return replace(reading, pixels=tuple(sorted([*reading.pixels, *new])))


def restore(reading: Reading, earlier: Reading) -> Reading:
    """What the reading said in an earlier revision of it, said again; the same reading when it says that already.

    Signatures stay, and so does what cannot be made undone: that candidates were shown, and what pixels were. Raises
    SignedReading when the reading is closed, ValueError for a revision of another reading.
    """
    if (earlier.id, earlier.reader, earlier.study_instance_uid) != (
        reading.id,
        reading.reader,
        reading.study_instance_uid,
    ):
        raise ValueError("a revision of another reading cannot be restored in this one")
    _open(reading)
    restored = replace(
        earlier,
        signatures=reading.signatures,
        amending=reading.amending,
        first_pass=reading.first_pass,
        pixels=reading.pixels,
        done=False,
    )
    return reading if restored == replace(reading, done=False) else restored


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
