"""Reports of other programs: what is drawn as marks and outlines, the words beside it as far as they have a term here."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from annotator.exchange.sr import concepts as named
from annotator.exchange.sr.finding_items import fields_said
from annotator.exchange.sr.read_object import Report, SrReading, Unusable, images_in
from annotator.exchange.sr.regions import middle
from annotator.exchange.sr.tree import Item
from annotator.model.finding import Finding, Reading
from annotator.model.geometry import ImagePoint, circle_outline, ellipse_outline
from annotator.model.image import ImageKey
from annotator.model.mark import Cluster, Mark, MarkKind
from annotator.model.origin import Origin

COORDINATES = "SCOORD: column, row in pixels from the outer corner of the first pixel (PS3.3 C.18.6); frames count from 1"
MACRO_ABOVE_MM = 1.0
"""From which a calcification is called macro where the source has no size word (docs/domain.md, size words)."""
MOST_GROUPS = 10_000

_INDIVIDUAL = "129770007"
_PASSED_OVER = (
    named.TRACKING_UID,
    named.REGION,
    named.SESSION,
)


@dataclass(slots=True)
class _Taken:
    """One finding as it is put together from groups with one tracking UID."""

    id: str
    number: int
    tracking_uid: str
    said: dict[str, Any] = field(default_factory=dict)
    values: list[tuple[str, str]] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


@dataclass(slots=True)
class _Document:
    """The marks and outlines met so far, and what ids are made from: the same file gives the same ids."""

    uid: str
    only_image: str
    findings: dict[str, _Taken] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)

    def new_id(self, kind: str, number: int) -> str:
        return hashlib.sha256(f"{self.uid} {kind} {number}".encode()).hexdigest()[:32]

    def finding(self, tracking_uid: str, place: int) -> _Taken:
        key = tracking_uid or f"group {place}"
        if key not in self.findings:
            number = len(self.findings) + 1
            made = self.new_id("finding", number)
            self.findings[key] = _Taken(made, number, tracking_uid or f"2.25.{int(made, 16)}")
        return self.findings[key]


def foreign_reading(report: Report) -> SrReading:
    """What a report of another program says of calcifications. Raises Unusable where it says nothing."""
    root = report.root
    groups = list(_groups(root))
    if not groups:
        raise Unusable("it has no measurement group, so that there is nothing to take in")
    if len(groups) > MOST_GROUPS:
        raise Unusable(f"it has {len(groups):,} measurement groups; {MOST_GROUPS:,} can be taken in")
    images = images_in(root)
    document = _Document(report.header["SOPInstanceUID"], _only_image(report))
    for place, group in enumerate(groups, 1):
        _take(document, group, place)
    made = Reading(
        id=document.new_id("reading", 1),
        reader=_observer(root),
        study_instance_uid=_study(report),
        findings=tuple(_finding(one, report) for one in document.findings.values()),
        marks=tuple(document.marks),
        clusters=tuple(document.clusters),
    )
    notes = dict.fromkeys(note for one in document.findings.values() for note in one.notes)
    return SrReading(made, images, False, tuple(notes))


def _groups(item: Item) -> Iterator[Item]:
    for one in item.children:
        if one.kind == "CONTAINER" and one.named(named.GROUP):
            yield one
        elif one.kind == "CONTAINER":
            yield from _groups(one)


def _observer(root: Item) -> str:
    """Who said it: the person, else the device."""
    for name in (named.PERSON_NAME, named.DEVICE_NAME):
        said = " ".join(root.text_of(name).replace("^", " ").replace("=", " ").split())
        if said:
            return said[:64]
    return "unknown reader"


def _study(report: Report) -> str:
    """The study of the images that are spoken of; that of the report where it does not say."""
    found = next(iter(report.evidence), "") or report.header["StudyInstanceUID"]
    if not found:
        raise Unusable("it does not say of which exam it is")
    return found


def _only_image(report: Report) -> str:
    """The image where the evidence has one only; ''."""
    found = frozenset[str]().union(*report.evidence.values())
    return next(iter(found)) if len(found) == 1 else ""


def _take(document: _Document, group: Item, place: int) -> None:
    taken = document.finding(group.text_of(named.TRACKING_UID).strip(), place)
    kind = group.code_of(named.FINDING)
    individual = kind is not None and kind.value == _INDIVIDUAL
    told = fields_said(group.children, own=False)
    if individual:
        # its long axis is its own, not how far a group reaches
        told.fields.pop("extent", None)
    for name, value in told.fields.items():
        taken.said.setdefault(name, value)
    _keep_words(taken, group, told.left)
    size = taken.said.get("size") or _size_by_length(group)
    for region in _regions(group):
        key = _image_of(document, region, taken)
        if key is not None:
            _draw(
                document,
                taken,
                region,
                key,
                size if individual else taken.said.get("size"),
                individual=individual,
            )
    if any(one.kind == "SCOORD3D" for one in group.children):
        taken.note("A region in three dimensions was left out: mammograms have none.")
    if any(one.segments for one in group.children):
        taken.note("A region that lies in a segmentation was left out; open the segmentation.")


def _keep_words(taken: _Taken, group: Item, left: list[Item]) -> None:
    """Every word of the group as it stands there; the names of those that no field holds."""
    unheld = {id(item) for item in left}
    for item in group.children:
        if item.name is None or any(item.named(name) for name in _PASSED_OVER):
            continue
        words = item.said.strip()
        if not words or item.kind in ("IMAGE", "COMPOSITE", "SCOORD", "UIDREF"):
            continue
        name = item.name.meaning or item.name.value
        site = item.code_of(named.SIDE) if item.named(named.FINDING_SITE) else None
        pair = (name, f"{words}, {site.meaning}" if site is not None else words)
        if pair in taken.values:
            continue
        taken.values.append(pair)
        kept = item.named(named.FINDING) or item.named(named.TRACKING_ID)
        if id(item) in unheld and not kept and name not in taken.unmapped:
            taken.unmapped.append(name)


def _regions(group: Item) -> Iterator[Item]:
    """What is drawn: right in the group, else below its numbers, as some programs have it."""
    drawn = [one for one in group.children if one.kind == "SCOORD"]
    below = [
        one for item in group.children if item.kind == "NUM" for one in item.children if one.kind == "SCOORD"
    ]
    seen = set()
    for region in drawn or below:
        if (region.graphic, region.points) not in seen:
            seen.add((region.graphic, region.points))
            yield region


def _image_of(document: _Document, region: Item, taken: _Taken) -> ImageKey | None:
    image = next((one for one in region.children if one.kind == "IMAGE"), None)
    uid = image.sop_instance_uid if image is not None else document.only_image
    if not uid:
        taken.note("A region was left out: it does not say on which image it lies.")
        return None
    frames = image.frames if image is not None else ()
    if len(frames) > 1:
        taken.note("A region drawn on several frames was taken for the first of them.")
    return ImageKey(uid, max(1, frames[0]) if frames else 1)


def _draw(
    document: _Document,
    taken: _Taken,
    region: Item,
    key: ImageKey,
    size: MarkKind | None,
    *,
    individual: bool,
) -> None:
    outline = _outline(region)
    if region.graphic in ("POINT", "MULTIPOINT"):
        for point in region.points:
            _mark(document, taken, key, point, size)
    elif not outline:
        taken.note(
            f"A {region.graphic or 'region'} with {len(region.points)} points was left out: it is no outline."
        )
    elif individual:
        _mark(document, taken, key, middle(outline), size)
    else:
        number = len(document.clusters) + 1
        made = document.new_id("cluster", number)
        document.clusters.append(Cluster(made, number, taken.id, key, outline))


def _mark(
    document: _Document, taken: _Taken, key: ImageKey, point: ImagePoint, size: MarkKind | None
) -> None:
    if size is None:
        taken.note(
            "The source has no size word for a calcification; it stands as micro until the reader says."
        )
    number = len(document.marks) + 1
    made = document.new_id("mark", number)
    document.marks.append(Mark(made, number, taken.id, key, point, size or MarkKind.MICRO))


def _size_by_length(group: Item) -> MarkKind | None:
    for name in (named.DIAMETER, named.LONG_AXIS):
        item = group.first(name)
        if item is not None and item.number is not None and item.unit is not None and item.unit.value == "mm":
            return MarkKind.MACRO if item.number > MACRO_ABOVE_MM else MarkKind.MICRO
    return None


def _outline(region: Item) -> tuple[ImagePoint, ...]:
    """A closed outline without its first point again; () where the graphic has none."""
    points = region.points
    if region.graphic in ("POLYLINE", "POLYGON"):
        corners = points[:-1] if len(points) > 1 and points[0] == points[-1] else points
        return corners if len(set(corners)) > 2 else ()
    if region.graphic == "CIRCLE" and len(points) == 2 and points[0] != points[1]:
        return circle_outline(
            points[0], math.hypot(points[1].column - points[0].column, points[1].row - points[0].row)
        )
    if region.graphic == "ELLIPSE" and len(points) == 4:
        return ellipse_outline(points) if len(set(points)) > 2 else ()
    return ()


def _finding(taken: _Taken, report: Report) -> Finding:
    said = report.header
    source = " ".join(
        part
        for part in ("DICOM SR", report.header["Manufacturer"], report.header["ManufacturerModelName"])
        if part
    )
    origin = Origin(
        source=source,
        version=said["SoftwareVersions"],
        coordinates=COORDINATES,
        values=tuple(taken.values),
        unmapped=tuple(taken.unmapped),
        notes=tuple(taken.notes),
    )
    plain = Finding(id=taken.id, number=taken.number, tracking_uid=taken.tracking_uid, origin=origin)
    return replace(plain, **taken.said)
