"""Reports that this program wrote, read back so that nothing of the reading is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from annotator.exchange.findings_file import reading_faults
from annotator.exchange.sr import concepts as named
from annotator.exchange.sr.coded_terms import term_of
from annotator.exchange.sr.finding_items import fields_said
from annotator.exchange.sr.groups import lengths_of
from annotator.exchange.sr.read_object import (
    Report,
    SrReading,
    Suggestion,
    Unusable,
    converted,
    images_in,
    record,
)
from annotator.exchange.sr.regions import POLYLINE, as_written, middle
from annotator.exchange.sr.texts import readable
from annotator.exchange.sr.tree import Item
from annotator.model.candidate import CandidateDecision
from annotator.model.finding import Finding, Reading, Stage
from annotator.model.geometry import ImagePoint
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ImageInfo, ImageKey
from annotator.model.mark import Cluster, Mark, MarkKind, SpotMeasurement
from annotator.model.seen_on_image import (
    ChestWall,
    MarkedPixels,
    NipplePlace,
    RecallReason,
    TechnicalRecall,
)
from annotator.model.signing import Signature

_RECORDED: Mapping[str, type[Any]] = {
    "hanging": HangingChoice,
    "pixels": MarkedPixels,
    "decisions": CandidateDecision,
    "signatures": Signature,
}


@dataclass(slots=True)
class _Found:
    """What was met so far, group by group."""

    images: Mapping[str, ImageInfo]
    findings: list[Finding] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    tracked: dict[str, str] = field(default_factory=dict)
    suggestions: dict[str, Suggestion] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def size(self, key: ImageKey) -> tuple[float, float]:
        info = self.images.get(key.sop_instance_uid)
        return (float(info.columns), float(info.rows)) if info else (float("inf"), float("inf"))

    def finding_of(self, tracking_uid: str) -> str:
        if tracking_uid not in self.tracked:
            raise Unusable("a calcification in it belongs to a finding that is not there")
        return self.tracked[tracking_uid]


def is_own(root: Item) -> bool:
    """Whether this program wrote it."""
    return root.first(named.READING) is not None


def own_reading(report: Report) -> SrReading:
    """The reading in a report of this program. Raises Unusable."""
    said = report.root.first(named.READING)
    assert said is not None
    found = _Found(images_in(report.root))
    for measurements in report.root.all(named.MEASUREMENTS):
        for group in measurements.all(named.GROUP):
            _take(found, group)
    plain = record(said.first(named.READING_RECORD), dict[str, Any], "reading")
    whole = {
        "stage": _stage(said),
        "first_pass": said.first(named.FIRST_PASS) is not None,
        "done": said.first(named.DONE) is not None,
        "findings": tuple(found.findings),
        "marks": tuple(sorted(found.marks, key=lambda mark: mark.number)),
        "clusters": tuple(sorted(found.clusters, key=lambda cluster: cluster.number)),
        "nipples": tuple(_nipple(found, one) for one in said.all(named.NIPPLE)),
        "chest_walls": tuple(_chest_wall(found, one) for one in said.all(named.CHEST_WALL)),
        "recalls": tuple(map(_recall, said.all(named.RECALL))),
    }
    for name, kind in _RECORDED.items():
        whole[name] = tuple(record(one, kind, name) for one in said.all(named.RECORDS[name]))
    reading = converted(plain | whole, Reading, "reading")
    for fault in reading_faults(reading):
        raise Unusable(f"what it says does not fit together: {fault}")
    return SrReading(reading, found.images, True, tuple(found.notes), found.suggestions)


def _stage(said: Item) -> Stage | None:
    item = said.first(named.STAGE)
    return None if item is None else term_of(Stage, item)


def _take(found: _Found, group: Item) -> None:
    tracked = group.text_of(named.TRACKING_UID)
    told = group.first(named.FINDING_RECORD)
    if told is not None:
        finding = _finding(group, told, tracked)
        found.findings.append(finding)
        found.tracked[tracked] = finding.id
        for suggestion in group.all(named.SUGGESTION):
            found.suggestions[finding.id] = _suggestion(suggestion)
    cluster, mark = group.first(named.CLUSTER_RECORD), group.first(named.MARK_RECORD)
    if cluster is not None:
        found.clusters.append(_cluster(found, group, cluster, found.finding_of(tracked)))
    if mark is not None:
        finding_id = found.finding_of(group.text_of(named.PART_OF) or tracked)
        found.marks.append(_mark(found, group, mark, finding_id))


def _finding(group: Item, told: Item, tracked: str) -> Finding:
    plain = record(told, dict[str, Any], "finding")
    said = fields_said(group.children, own=True).fields
    exact = plain.get("comment")
    if isinstance(exact, str) and readable(exact).rstrip() != said.get("comment", "").rstrip():
        del plain["comment"]
    return converted({"tracking_uid": tracked} | said | plain, Finding, "finding")


def _suggestion(item: Item) -> Suggestion:
    said = item.code_of(named.SUGGESTED)
    return Suggestion(
        said.value.removeprefix("suggested-") if said else "",
        item.text_of(named.RULE_ROW),
        item.text_of(named.RULES_VERSION),
        item.text_of(named.EDITION),
    )


def _drawn(group: Item) -> tuple[ImageKey, Item]:
    region = next((one for one in group.children if one.kind == "SCOORD"), None)
    image = None if region is None else next((one for one in region.children if one.kind == "IMAGE"), None)
    if region is None or image is None or not region.points:
        raise Unusable("a finding in it is drawn nowhere, or on no image")
    return ImageKey(image.sop_instance_uid, image.frames[0] if image.frames else 1), region


def _cluster(found: _Found, group: Item, told: Item, finding_id: str) -> Cluster:
    plain = record(told, dict[str, Any], "cluster")
    key, region = _drawn(group)
    outline = region.points[:-1]
    exact = converted(plain.get("outline", []), tuple[ImagePoint, ...], "cluster")
    if as_written(outline, exact, found.size(key)):
        outline = exact
    plain |= {"finding_id": finding_id, "image": key, "outline": outline}
    return converted(plain, Cluster, "cluster")


def _mark(found: _Found, group: Item, told: Item, finding_id: str) -> Mark:
    plain = record(told, dict[str, Any], "calcification")
    key, region = _drawn(group)
    point = converted(plain.get("point"), ImagePoint, "calcification")
    measured = _measurement(plain, region)
    if not _as_said(group, region, point, measured, found.size(key)):
        found.notes.append(
            "A calcification was changed by another program; its place is the one drawn now, and its measurement is left out."
        )
        point, measured = middle(region.points), None
    plain = {"id": plain.get("id"), "number": plain.get("number"), "kind": _kind(group)}
    plain |= {"finding_id": finding_id, "image": key, "point": point, "measurement": measured}
    return converted(plain, Mark, "calcification")


def _measurement(plain: dict[str, Any], region: Item) -> SpotMeasurement | None:
    said = plain.get("measurement")
    if not isinstance(said, dict):
        return None
    if "outline" not in said:
        said = said | {"outline": region.points[:-1]}
    return converted(said, SpotMeasurement, "calcification")


def _as_said(
    group: Item, region: Item, point: ImagePoint, measured: SpotMeasurement | None, size: tuple[float, float]
) -> bool:
    """Whether what is drawn and the lengths beside it are still those of the record."""
    if region.graphic == POLYLINE:
        drawn = measured is not None and as_written(region.points[:-1], measured.outline, size)
    elif len(region.points) == 2:
        drawn = measured is not None and as_written(region.points[:1], (measured.center,), size)
    else:
        drawn = as_written(region.points, (point,), size)
    return drawn and all(
        any(one.number == value for one in group.all(name) if one.unit and one.unit.value == unit.value)
        for name, value, unit in (() if measured is None else lengths_of(measured))
    )


def _kind(group: Item) -> MarkKind | None:
    """What a calcification was called: in a group that is a finding too, the word that is its own."""
    said = list(group.all(named.TYPE))
    own = [one for one in said if (whose := one.code_of(named.ORIGIN)) and whose.value == named.OF_MARK.value]
    return next((kind for one in own or said if (kind := term_of(MarkKind, one)) is not None), None)


def _nipple(found: _Found, item: Item) -> NipplePlace:
    key, region = _drawn(item)
    plain = record(item.first(named.NIPPLE_RECORD), dict[str, Any], "nipple")
    exact = (converted(plain.get("point"), ImagePoint, "nipple"),)
    plain |= {
        "image": key,
        "point": exact[0] if as_written(region.points, exact, found.size(key)) else region.points[0],
    }
    return converted(plain, NipplePlace, "nipple")


def _chest_wall(found: _Found, item: Item) -> ChestWall:
    key, region = _drawn(item)
    plain = record(item.first(named.CHEST_WALL_RECORD), dict[str, Any], "chest wall")
    exact = converted(plain.get("ends"), tuple[ImagePoint, ...], "chest wall")
    plain |= {
        "image": key,
        "ends": exact if as_written(region.points, exact, found.size(key)) else region.points,
    }
    return converted(plain, ChestWall, "chest wall")


def _recall(item: Item) -> TechnicalRecall:
    plain = record(item.first(named.RECALL_RECORD), dict[str, Any], "technical recall")
    plain |= {"sop_instance_uid": item.text_of(named.OF_IMAGE), "reasons": tuple(_reasons(item))}
    return converted(plain, TechnicalRecall, "technical recall")


def _reasons(item: Item) -> Iterator[RecallReason]:
    for one in item.all(named.RECALL_REASON):
        reason = term_of(RecallReason, one)
        if reason is not None:
            yield reason
