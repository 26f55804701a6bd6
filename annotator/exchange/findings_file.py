"""Reads findings that this program wrote as JSON, and refuses in one sentence what is damaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from annotator.errors import InvalidFinding
from annotator.exchange.finding_json import FORMAT, FORMAT_VERSION, findings_document
from annotator.exchange.json_faults import sentence, shortened
from annotator.lexicon.loader import EDITIONS
from annotator.model.finding import Description, Finding, Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo, ImageKey, Laterality, View
from annotator.model.mark import Cluster, Mark, MarkKind, SpotMeasurement
from annotator.model.older import finding_as_of_now

LARGEST_BYTES = 64_000_000
"""Ten thousand marks with their outlines take some 40 MB."""

MOST_PARTS = 6_000_000
"""Objects, lists and values in a file: some 150 for each mark with its outline. Empty ones by the million would take
twenty times the room of their file.
"""

MOST_FINDINGS = 1_000
MOST_MARKS = 100_000
FARTHEST_PX = 1_000_000
"""No image has a pixel so far out."""

_Kind = TypeVar("_Kind")
_Item = TypeVar("_Item", Finding, Mark, Cluster)


@dataclass(frozen=True, slots=True)
class FindingsFile:
    """A reading from a file, and the images it tells of by SOP Instance UID: side, view and size, no path."""

    reading: Reading
    images: Mapping[str, ImageInfo]


def read_document(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises InvalidFinding, which names the file."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        why = error.strerror or "unreadable"
        raise InvalidFinding(f"{path} cannot be read ({why}); check the name and your rights.") from error
    if len(data) > LARGEST_BYTES:
        raise InvalidFinding(
            f"{path} is larger than {LARGEST_BYTES:,} bytes, which no findings are; name another file."
        )
    try:
        return decode_object(data)
    except InvalidFinding as fault:
        raise InvalidFinding(f"{path}: {fault}") from fault


def decode_object(data: bytes) -> dict[str, Any]:
    """The JSON object in some bytes, a byte order mark or not. Raises InvalidFinding."""
    parts = sum(data.count(sign) for sign in (b"{", b"[", b","))
    if parts > MOST_PARTS:
        raise InvalidFinding(
            f"this holds {parts:,} objects, lists and values; findings hold {MOST_PARTS:,} at most."
        )
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise InvalidFinding(
            shortened(f"this is not a finding as JSON ({fault}); write {{...}} with its fields.")
        ) from fault


def is_findings_file(document: Mapping[str, Any]) -> bool:
    """Whether an object is a whole findings file, not a single finding."""
    return "format" in document


def read_findings(path: Path) -> Reading:
    """The reading in a file of findings. Raises InvalidFinding, which names file, field and what was expected."""
    return findings_of(read_document(path), path).reading


def findings_of(document: Mapping[str, Any], path: Path) -> FindingsFile:
    """The reading in the document of a findings file; `path` is named in the InvalidFinding of a damaged one.

    Whatever is there is understood or refused: unknown keys, ids used twice, marks of another finding, clusters of marks
    that are not there, lengths that cannot be.
    """
    if document.get("format") != FORMAT:
        raise InvalidFinding(f"{path} holds no findings of this program: its 'format' is not {FORMAT!r}.")
    if document.get("format_version") != FORMAT_VERSION:
        version = shortened(repr(document.get("format_version")))
        raise InvalidFinding(
            f"{path} has the format version {version}, this program reads {FORMAT_VERSION}; update the older of the two."
        )
    try:
        reading = _reading(document)
        for fault in reading_faults(reading):
            raise InvalidFinding(fault)
        return FindingsFile(reading, _images(document))
    except InvalidFinding as fault:
        raise InvalidFinding(f"{path}: {fault}") from fault


def reading_faults(reading: Reading) -> Iterator[str]:
    """What no reading can be, in sentences: used twice, tied to what is not there, values that cannot be."""
    return chain(_unlike(reading), _untied(reading), _impossible(reading))


def decode_finding(data: bytes) -> Finding:
    """A single finding as JSON; what it does not say stays unsaid, and its marks and clusters are passed over.

    Raises InvalidFinding, which names the field and the values it may have.
    """
    return finding_of(decode_object(data))


def finding_of(document: Mapping[str, Any]) -> Finding:
    """A single finding from its JSON object; see `decode_finding`."""
    said = finding_as_of_now(dict(document))
    known = _keys("findings") | {"id", "number", "tracking_uid"}
    wanted = [field.name for field in fields(Description)]
    strangers = islice((key for key in said if key not in known), len(known))
    slips = [key for key in strangers if _close(key, wanted)]
    if said and not slips and not {field.name for field in fields(Finding)} & set(said):
        raise InvalidFinding(f"this holds no field of a finding; a finding has {', '.join(wanted)}.")
    _refuse_unknown(slips or said, known, "", wanted)
    said |= {name: said.get(name, new) for name, new in _NAMELESS.items()}
    finding = _convert(said, Finding, "")
    _refuse_unread(said, msgspec.to_builtins(finding), "")
    return finding


_NAMELESS = {"id": "finding", "number": 1, "tracking_uid": "none"}


def _reading(document: Mapping[str, Any]) -> Reading:
    _refuse_unknown(document, _keys(""), "")
    findings = _list(document, "findings", "", MOST_FINDINGS)
    made: list[Finding] = []
    marks: list[Mark] = []
    clusters: list[Cluster] = []
    for at, one in enumerate(findings):
        place = f"findings[{at}]"
        said = finding_as_of_now(_object(one, place))
        _refuse_unknown(said, _keys("findings"), place)
        finding = _convert(said, Finding, place)
        _refuse_unread(said, msgspec.to_builtins(finding), place)
        made.append(finding)
        marks += _parts(said, "marks", Mark, finding, place)
        clusters += _parts(said, "clusters", Cluster, finding, place)
    rest = {"id": document.get("reading_id")}
    rest |= {field.name: document[field.name] for field in fields(Reading) if field.name in document}
    rest |= {"findings": (), "marks": (), "clusters": ()}
    reading = _convert(rest, Reading, "")
    _refuse_unread(rest, msgspec.to_builtins(reading), "")
    return replace(reading, findings=tuple(made), marks=_in_order(marks), clusters=_in_order(clusters))


def _parts(
    said: Mapping[str, Any], what: str, kind: type[_Item], finding: Finding, place: str
) -> Iterator[_Item]:
    for at, one in enumerate(_list(said, what, place, MOST_MARKS)):
        here = f"{place}.{what}[{at}]"
        _refuse_unknown(_object(one, here), _keys(what), here)
        part = _convert(one, kind, here)
        _refuse_unread(one, msgspec.to_builtins(part), here)
        if isinstance(part, Mark | Cluster) and part.finding_id != finding.id:
            raise InvalidFinding(
                shortened(
                    f"{here}.finding_id is {part.finding_id!r} and not that of its finding, {finding.id!r}."
                )
            )
        yield part


def _in_order(items: list[_Item]) -> tuple[_Item, ...]:
    return tuple(sorted(items, key=lambda item: item.number))


def _unlike(reading: Reading) -> Iterator[str]:
    """What is there twice and must be there once."""
    unique: dict[str, Iterable[object]] = {
        "findings: id": (one.id for one in reading.findings),
        "findings: number": (one.number for one in reading.findings),
        "findings: tracking_uid": (one.tracking_uid for one in reading.findings),
        "marks: id": (one.id for one in reading.marks),
        "marks: number": (one.number for one in reading.marks),
        "clusters: id": (one.id for one in reading.clusters),
        "clusters: number": (one.number for one in reading.clusters),
        "nipples: image": (one.image.sop_instance_uid for one in reading.nipples),
        "chest_walls: image": (one.image.sop_instance_uid for one in reading.chest_walls),
        "pixels: image": (one.place for one in reading.pixels),
        "recalls: sop_instance_uid": (one.sop_instance_uid for one in reading.recalls),
        "decisions: candidate": (one.candidate.id for one in reading.decisions),
        "hanging: sop_instance_uid": (one.sop_instance_uid for one in reading.hanging),
    }
    for field, values in unique.items():
        for value, times in Counter(values).items():
            if times > 1:
                yield shortened(f"{field} {value!r} stands there {times} times; each must have its own.")


def _untied(reading: Reading) -> Iterator[str]:
    """What points to something that is not there."""
    marks = {mark.id: mark for mark in reading.marks}
    for cluster in reading.clusters:
        for mark_id in cluster.mark_ids:
            mark = marks.get(mark_id)
            if mark is None:
                yield shortened(
                    f"clusters: mark_ids of {cluster.id!r} names the mark {mark_id!r}, which is not there."
                )
            elif mark.finding_id != cluster.finding_id:
                yield shortened(
                    f"clusters: mark_ids of {cluster.id!r} names {mark_id!r}, a mark of another finding."
                )
            elif mark.image.sop_instance_uid != cluster.image.sop_instance_uid:
                yield shortened(
                    f"clusters: mark_ids of {cluster.id!r} names {mark_id!r}, a mark on another image."
                )
    versions = [signature.version for signature in reading.signatures]
    if versions != list(range(1, len(versions) + 1)):
        yield "signatures: version must count from 1 without a gap."
    if reading.amending and not reading.signatures:
        yield "amending is said of a reading that was never signed; it must be ''."


def _impossible(reading: Reading) -> Iterator[str]:
    """Values that no reading can have, though they are of the right kind."""
    for field in ("id", "reader", "study_instance_uid"):
        if not getattr(reading, field).strip():
            yield f"{'reading_id' if field == 'id' else field} is empty; it must say one."
    if reading.lexicon_edition not in EDITIONS:
        yield shortened(f"lexicon_edition is {reading.lexicon_edition!r}; it may be {', '.join(EDITIONS)}.")
    for finding in reading.findings:
        if finding.number < 1 or not finding.id or not finding.tracking_uid:
            yield f"findings: {finding.id!r} needs an id, a tracking_uid and a number from 1 on."
    placed: list[tuple[str, int, ImageKey, tuple[ImagePoint, ...]]]
    placed = [(f"marks: {mark.id!r}", mark.number, mark.image, (mark.point,)) for mark in reading.marks]
    placed += [(f"clusters: {one.id!r}", one.number, one.image, one.outline) for one in reading.clusters]
    placed += [("nipples", 1, nipple.image, (nipple.point,)) for nipple in reading.nipples]
    placed += [("chest_walls", 1, wall.image, wall.ends) for wall in reading.chest_walls]
    said = [one.candidate for one in reading.decisions]
    placed += [(f"decisions: {one.id!r}", 1, one.image, (one.point,)) for one in said]
    for candidate in said:
        if not (candidate.id and 0 <= candidate.score <= 1):
            yield shortened(f"decisions: {candidate.id!r} needs an id and a score from 0 to 1.")
        sizes = [("diameter_px", candidate.diameter_px), ("diameter_mm", candidate.diameter_mm)]
        yield from (shortened(f"decisions: {candidate.id!r}: {fault}") for fault in _no_lengths(sizes))
    for name, number, image, points in placed:
        yield from (shortened(f"{name}: {fault}") for fault in _misplaced(number, image, points))
    for mark in reading.marks:
        if mark.measurement is not None:
            yield from (shortened(f"marks: {mark.id!r}: {fault}") for fault in _mismeasured(mark.measurement))


def _misplaced(number: int, image: ImageKey, points: Iterable[ImagePoint]) -> Iterator[str]:
    if number < 1:
        yield f"number is {number}; it must be 1 or more."
    if not image.sop_instance_uid or image.frame < 1:
        yield f"image needs a sop_instance_uid and a frame from 1 on, not {image.frame}."
    for point in points:
        if not (abs(point.column) < FARTHEST_PX and abs(point.row) < FARTHEST_PX):
            yield f"a place is {point.column:g}, {point.row:g}; it must be less than {FARTHEST_PX:,} pixels away."


_LENGTHS = ("diameter", "uncertainty", "major", "minor", "length", "width")


def _mismeasured(measured: SpotMeasurement) -> Iterator[str]:
    names = [f"measurement.{length}_{unit}" for length in _LENGTHS for unit in ("px", "mm")]
    yield from _no_lengths((name, getattr(measured, name.removeprefix("measurement."))) for name in names)
    if measured.level is not None and not 0 < measured.level < 1:
        yield f"measurement.level is {measured.level:g}; it is a share of the height, more than 0 and less than 1."
    for name, points in (
        ("center", (measured.center,)),
        ("outline", measured.outline),
        ("axis", measured.axis),
    ):
        far = next((p for p in points if not max(abs(p.column), abs(p.row)) < FARTHEST_PX), None)
        if far is not None:
            yield (
                f"measurement.{name} has a place at {far.column:g}, {far.row:g}; it must be less than {FARTHEST_PX:,} pixels "
                "away."
            )


def _no_lengths(named: Iterable[tuple[str, float | None]]) -> Iterator[str]:
    for name, value in named:
        if value is not None and not 0 <= value < FARTHEST_PX:
            yield f"{name} is {value:g}; a length is 0 or more and less than {FARTHEST_PX:,}."


def _images(document: Mapping[str, Any]) -> dict[str, ImageInfo]:
    found = {}
    for at, one in enumerate(_list(document, "images", "", MOST_MARKS)):
        place = f"images[{at}]"
        said = _object(one, place)

        def read(name: str, kind: type[_Kind], said: dict[str, Any] = said, place: str = place) -> _Kind:
            return _convert(said.get(name), kind, f"{place}.{name}")

        uid = read("sop_instance_uid", str)
        found[uid] = ImageInfo(
            path=Path(),
            sop_class_uid="",
            sop_instance_uid=uid,
            rows=read("rows", int),
            columns=read("columns", int),
            frames=read("frames", int),
            laterality=None if said.get("laterality") is None else read("laterality", Laterality),
            view=View(read("view", str), tuple(read("view_modifiers", list[str]))),
        )
    return found


def _convert(value: Any, kind: Callable[..., _Kind], place: str) -> _Kind:
    try:
        made: _Kind = msgspec.convert(value, kind)
    except msgspec.ValidationError as fault:
        raise InvalidFinding(sentence(fault, kind, place)) from fault
    return made


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidFinding(
            f"{place} cannot be read (Expected `object`); it must be an object with its fields."
        )
    return value


def _list(said: Mapping[str, Any], name: str, place: str, most: int) -> list[Any]:
    where = f"{place}.{name}" if place else name
    value = said.get(name)
    if not isinstance(value, list):
        got = "nothing" if value is None else f"`{type(value).__name__}`"
        raise InvalidFinding(f"{where} cannot be read (Expected `array`, got {got}); it must be a list.")
    if len(value) > most:
        raise InvalidFinding(f"{where} has {len(value):,} entries; it may have {most:,}.")
    return value


def _refuse_unknown(
    said: Collection[str], known: Collection[str], place: str, meant: Collection[str] | None = None
) -> None:
    """Refuse what would silently say nothing: a key that names no field; `meant` are those it may be a slip of."""
    for key in said:
        if key in known:
            continue
        close = _close(key, meant or known)
        hint = f"did you mean {close[0]!r}?" if close else "remove it."
        where = f"{place} has" if place else "there is"
        raise InvalidFinding(shortened(f"{where} no field {key!r}; {hint}"))


def _refuse_unread(said: Mapping[str, Any], read: Mapping[str, Any], place: str) -> None:
    """Refuse keys that were passed over inside the fields of what was read."""
    for name in said:
        if name in read:
            _refuse_within(said[name], read[name], f"{place}.{name}" if place else name)


def _refuse_within(said: Any, read: Any, place: str) -> None:
    if isinstance(said, dict) and isinstance(read, dict):
        _refuse_unknown(said, read, place)
        _refuse_unread(said, read, place)
    elif isinstance(said, list) and isinstance(read, list | tuple):
        for at, (one, other) in enumerate(zip(said, read, strict=False)):
            _refuse_within(one, other, f"{place}[{at}]")


def _close(key: str, names: Collection[str]) -> list[str]:
    return get_close_matches(key.lower()[:60], list(names), n=1, cutoff=0.7)


@cache
def _keys(what: str) -> frozenset[str]:
    """The keys that the program writes: of the document (''), of each of its findings, marks or clusters."""
    image, point = ImageKey("1"), ImagePoint(1.0, 1.0)
    document = findings_document(
        Reading(
            id="1",
            reader="1",
            study_instance_uid="1",
            findings=(Finding(id="1", number=1, tracking_uid="1"),),
            marks=(Mark("1", 1, "1", image, point, MarkKind.MICRO),),
            clusters=(Cluster("1", 1, "1", image, (point, point, point)),),
        ),
        {},
        {},
    )
    finding: dict[str, Any] = document["findings"][0]
    if what in ("", "findings"):
        return frozenset(document if what == "" else finding)
    return frozenset(finding[what][0])
