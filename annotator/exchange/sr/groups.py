"""Findings and calcifications as measurement groups: TID 1410 where something is drawn, TID 1501 where nothing is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from pydicom import Dataset

from annotator.errors import ExportError
from annotator.exchange.finding_json import cluster_facts
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.sr import concepts as named
from annotator.exchange.sr.coded_terms import SHORTER, term_item
from annotator.exchange.sr.finding_items import millimetres, said_items, site_item
from annotator.exchange.sr.items import OBSERVED, ImageRef, code, container, num, scoord, text, uidref
from annotator.exchange.sr.regions import Region, around, closed, in_full, region_of_mark
from annotator.exchange.sr.texts import json_text, survives
from annotator.exchange.written_object import as_uid
from annotator.lexicon.loader import Code, Lexicon
from annotator.model.finding import Finding, Reading
from annotator.model.follow_up import FollowUp
from annotator.model.geometry import greatest_extent
from annotator.model.image import ImageInfo, ImageKey
from annotator.model.mark import Cluster, Mark, SpotMeasurement
from annotator.model.measured import Measured

PLANAR, PLAIN = "1410", "1501"
Label = Callable[[str, str], str]
"""Makes a tracking identifier from a name and the graphic of its region ('' where there is none)."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What groups are written from: `reading` in the names it leaves under, images by those names.

    `label` and `copied`: how cornerstone3D wants tracking identifiers, and a copy of each region below the first number.
    """

    outgoing: Outgoing
    reading: Reading
    images: Mapping[str, ImageInfo]
    label: Label
    copied: bool = False

    def image(self, key: ImageKey) -> ImageInfo:
        """The image of a mark; ExportError where it is not at hand."""
        info = self.images.get(key.sop_instance_uid)
        if info is None:
            raise ExportError(
                "An image that is marked is not at hand, and a structured report has to say what kind of image it is; "
                "open or name the folder with all images of the exam."
            )
        return info

    def ref(self, key: ImageKey) -> ImageRef:
        """How a group names an image, or one frame of a stack."""
        info = self.image(key)
        return ImageRef(info.sop_class_uid, key.sop_instance_uid, key.frame if info.is_stack else None)


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a finding lies on one image: a cluster the reader drew, or marks that are not in one."""

    key: ImageKey
    cluster: Cluster | None
    marks: tuple[Mark, ...]

    @property
    def lone(self) -> Mark | None:
        """The calcification, where it is the only one."""
        return self.marks[0] if self.cluster is None and len(self.marks) == 1 else None


def groups(writing: Writing) -> Iterator[Dataset]:
    """Each finding with the groups of its images, then each of its calcifications."""
    for finding in writing.reading.findings:
        marks = writing.reading.marks_of(finding.id)
        numbers = {mark.id: f"C{finding.number}.{place:02d}" for place, mark in enumerate(marks, 1)}
        parts = list(_parts(writing.reading, finding.id, marks))
        for part in parts:
            yield _finding_group(writing, finding, part, first=part is parts[0])
        if not parts:
            yield _unmarked(writing, finding)
        lone = {part.lone.id for part in parts if part.lone is not None}
        for mark in marks:
            if mark.id not in lone:
                yield _mark_group(writing, finding, mark, numbers[mark.id])


def _parts(reading: Reading, finding_id: str, marks: Sequence[Mark]) -> Iterator[_Part]:
    clusters = reading.clusters_of(finding_id)
    for cluster in clusters:
        yield _Part(cluster.image, cluster, tuple(reading.marks_by_id(cluster.mark_ids).values()))
    outlined = {cluster.image.sop_instance_uid for cluster in clusters}
    by_frame: dict[ImageKey, list[Mark]] = {}
    for mark in marks:
        if mark.image.sop_instance_uid not in outlined:
            by_frame.setdefault(mark.image, []).append(mark)
    for key, here in by_frame.items():
        yield _Part(key, None, tuple(here))


def _finding_group(writing: Writing, finding: Finding, part: _Part, *, first: bool) -> Dataset:
    info, lone = writing.image(part.key), part.lone
    if lone is not None:
        region, kind = region_of_mark(lone, info), "individual_calcification"
    else:
        kind = "calcification_cluster"
        region = around(part.marks, info) if part.cluster is None else closed(part.cluster.outline, info)
    concepts = writing.outgoing.lexicon.concepts
    items = [
        text(named.SESSION, "Reading", relation=OBSERVED),
        *_tracked(writing, f"F{finding.number}", as_uid(finding.tracking_uid), region.graphic),
        code(named.FINDING, concepts[kind]),
        site_item(finding),
        scoord(named.REGION, region.graphic, region.points, writing.ref(part.key)),
    ]
    if part.cluster is None and lone is None:
        items.append(code(named.DERIVED, named.YES))
    items += _measured(writing, finding, part, info)
    items += said_items(finding, writing.outgoing.lexicon, first=first)
    if lone is not None:
        items += _mark_items(writing, lone, info, named.OF_MARK)
    if first:
        items += _once(writing, finding)
    if part.cluster is not None:
        items += [uidref(named.MEMBER, as_uid(mark_id)) for mark_id in part.cluster.mark_ids]
        items.append(text(named.CLUSTER_RECORD, json_text(_cluster_record(part.cluster, info))))
    return _group(writing, items, region, part.key)


def _mark_group(writing: Writing, finding: Finding, mark: Mark, name: str) -> Dataset:
    info = writing.image(mark.image)
    region = region_of_mark(mark, info)
    items = [
        *_tracked(writing, name, as_uid(mark.id), region.graphic),
        code(named.FINDING, writing.outgoing.lexicon.concepts["individual_calcification"]),
        scoord(named.REGION, region.graphic, region.points, writing.ref(mark.image)),
        uidref(named.PART_OF, as_uid(finding.tracking_uid)),
        *_mark_items(writing, mark, info),
    ]
    return _group(writing, items, region, mark.image)


def _unmarked(writing: Writing, finding: Finding) -> Dataset:
    items = [
        text(named.SESSION, "Reading", relation=OBSERVED),
        *_tracked(writing, f"F{finding.number}", as_uid(finding.tracking_uid), ""),
        code(named.FINDING, writing.outgoing.lexicon.concepts["calcification_of_breast"]),
        site_item(finding),
        *said_items(finding, writing.outgoing.lexicon, first=True),
        *_once(writing, finding),
    ]
    return container(named.GROUP, items, template=PLAIN)


def _group(writing: Writing, items: list[Dataset], region: Region, key: ImageKey) -> Dataset:
    if writing.copied:
        number = next((one for one in items if one.ValueType == "NUM"), None)
        if number is not None:
            again = scoord(
                named.REGION, region.graphic, region.points, writing.ref(key), relation="INFERRED FROM"
            )
            number.ContentSequence = [*number.get("ContentSequence", ()), again]
    return container(named.GROUP, items, template=PLANAR)


def _tracked(writing: Writing, name: str, uid: str, graphic: str) -> tuple[Dataset, Dataset]:
    return (
        text(named.TRACKING_ID, writing.label(name, graphic), relation=OBSERVED),
        uidref(named.TRACKING_UID, uid, relation=OBSERVED),
    )


def _measured(writing: Writing, finding: Finding, part: _Part, info: ImageInfo) -> Iterator[Dataset]:
    """How many there are on this image and how far they reach, as counted and measured and not as the reader says."""
    if part.marks:
        yield num(named.COUNT, len(part.marks), named.CALCIFICATIONS)
    if part.cluster is not None:
        facts = cluster_facts(part.cluster, writing.reading)
        if facts["extent_mm"] is not None:
            yield millimetres(named.LONG_AXIS, facts["extent_mm"], facts["basis"], named.MEASURED)
        else:
            yield num(named.LONG_AXIS, facts["extent_px"], named.PIXELS)
    elif len(part.marks) > 1 and info.spacing is not None:
        extent = greatest_extent([mark.point for mark in part.marks], info.spacing)
        yield millimetres(named.LONG_AXIS, extent.value, extent.basis, named.MEASURED)
    measured = writing.outgoing.measured.get(finding.id, Measured())
    for one in measured.on_images:
        distance = one.nipple_distance
        if distance is not None and one.sop_instance_uid == info.sop_instance_uid:
            yield millimetres(named.NIPPLE_DISTANCE, distance.value, distance.basis, named.MEASURED)


_Rows = tuple[tuple[str, Code], ...]
_IN_PIXELS: _Rows = (
    ("diameter_px", named.DIAMETER),
    ("major_px", named.LONG_AXIS),
    ("minor_px", named.SHORT_AXIS),
)
_IN_MM: _Rows = (
    ("diameter_mm", named.DIAMETER),
    ("major_mm", named.LONG_AXIS),
    ("minor_mm", named.SHORT_AXIS),
)
_LINEAR_PIXELS: _Rows = (("length_px", named.LENGTH), ("width_px", named.WIDTH))
_LINEAR_MM: _Rows = (("length_mm", named.LENGTH), ("width_mm", named.WIDTH))


def lengths_of(measured: SpotMeasurement) -> Iterator[tuple[Code, float, Code]]:
    """(concept, value, unit) of the lengths that are written of a measurement: in millimetres where they are known."""
    in_mm = measured.basis is not None and measured.size_mm is not None
    if measured.is_linear:
        rows = _LINEAR_MM if in_mm else _LINEAR_PIXELS
    else:
        rows = _IN_MM if in_mm else _IN_PIXELS
    for field, name in rows:
        value = getattr(measured, field)
        if value is not None:
            yield name, value, named.MM if in_mm else named.PIXELS


def _mark_items(
    writing: Writing, mark: Mark, info: ImageInfo, whose: Code | None = None
) -> Iterator[Dataset]:
    yield term_item(writing.outgoing.lexicon, named.TYPE, mark.kind, whose=whose)
    if mark.measurement is not None:
        for name, value, unit in lengths_of(mark.measurement):
            if unit is named.MM:
                yield millimetres(name, value, str(mark.measurement.basis))
            else:
                yield num(name, value, unit)
    yield text(named.MARK_RECORD, json_text(_mark_record(mark, info)))


def _mark_record(mark: Mark, info: ImageInfo) -> dict[str, Any]:
    """What the items of its group do not say; the outline only where 32 bits do not hold it."""
    record: dict[str, Any] = {"id": mark.id, "number": mark.number, "point": msgspec.to_builtins(mark.point)}
    if mark.measurement is not None:
        measured = msgspec.to_builtins(mark.measurement)
        if len(mark.measurement.outline) > 2 and in_full(mark.measurement.outline, info):
            del measured["outline"]
        record["measurement"] = measured
    return record


def _cluster_record(cluster: Cluster, info: ImageInfo) -> dict[str, Any]:
    record: dict[str, Any] = {"id": cluster.id, "number": cluster.number, "mark_ids": list(cluster.mark_ids)}
    if not in_full(cluster.outline, info):
        record["outline"] = msgspec.to_builtins(cluster.outline)
    if cluster.spacing is not None:
        record["spacing"] = msgspec.to_builtins(cluster.spacing)
    return record


def _once(writing: Writing, finding: Finding) -> Iterator[Dataset]:
    record: dict[str, Any] = {"id": finding.id, "number": finding.number}
    if as_uid(finding.tracking_uid) != finding.tracking_uid:
        record["tracking_uid"] = finding.tracking_uid
    if finding.kept:
        record["kept"] = list(finding.kept)
    if finding.comment and not survives(finding.comment):
        record["comment"] = finding.comment
    if finding.origin is not None:
        record["origin"] = msgspec.to_builtins(finding.origin)
    yield text(named.FINDING_RECORD, json_text(record))
    told = writing.outgoing.follow_ups.get(finding.id)
    if told is not None and finding.assessment is not None and not told.is_kept_back:
        yield _suggestion(writing.outgoing.lexicon, told)


def _suggestion(lexicon: Lexicon, told: FollowUp) -> Dataset:
    """What the table says, under codes of this program only: never as an assessment category."""
    items = []
    if told.suggested_assessment is not None:
        meaning = f"The table's suggestion: category {told.suggested_assessment}"
        items.append(code(named.SUGGESTED, named.own(f"suggested-{told.suggested_assessment}", meaning)))
    if told.follow_up is not None:
        step, term = told.follow_up.value, lexicon.recommendations[told.follow_up.value]
        items.append(code(named.SUGGESTED_STEP, named.own(SHORTER.get(step, step), term.word)))
    items += [
        text(named.RULE_ROW, told.row),
        text(named.RULE_TEXT, told.text),
        text(named.RULES_VERSION, told.rules_version),
        text(named.EDITION, told.lexicon_edition),
    ]
    return container(named.SUGGESTION, items)
