"""What a source says, on the images at hand: findings with marks and clusters, exam by exam, each exam whole or not at all."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from annotator.errors import AnnotatorError, UnreadableAnnotations
from annotator.exchange.datasets.found import Found, ImageName, Pixels, SourceFinding, SourceShape
from annotator.exchange.datasets.gathering import together
from annotator.exchange.datasets.images import KnownImages
from annotator.exchange.datasets.region_masks import outlines_of
from annotator.exchange.json_faults import shortened
from annotator.jobs import CancelToken, Progress
from annotator.model.edits import new_id, new_uid
from annotator.model.finding import Finding
from annotator.model.geometry import ImagePoint, contains
from annotator.model.image import ExamInfo, ImageInfo, ImageKey, Laterality
from annotator.model.mark import Cluster, Mark, MarkKind, SpotMeasurement

Measure = Callable[[ImageInfo, int, tuple[ImagePoint, ...]], SpotMeasurement | None]
"""What the pixels under an outline of one calcification come to; None where they cannot be measured."""

OTHER_SIDE = (
    "The header of an image says the other side; the side of the finding is the one that the source says."
)
SIZED = "Micro or macro is not said by the source: it follows from the size drawn, and a single point counts as micro."


@dataclass(frozen=True, slots=True)
class Means:
    """What is needed of the images: pixels of mask files, sizes of drawn calcifications, and from which size on macro."""

    pixels: Pixels
    measure: Measure
    macro_from_mm: float


@dataclass(frozen=True, slots=True)
class Brought:
    """What one reader of a source says of one exam; `reader` '' for that of the source itself."""

    exam: ExamInfo
    reader: str
    findings: tuple[Finding, ...]
    marks: tuple[Mark, ...]
    clusters: tuple[Cluster, ...]


@dataclass(frozen=True, slots=True)
class Assembled:
    """`missing` are images that are not at hand; `refused` exams that were left out, one sentence each."""

    brought: tuple[Brought, ...]
    missing: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    empty: int = 0


_Whose = tuple[str, str]
"""Study Instance UID and reader."""


@dataclass
class _OfExam:
    exam: ExamInfo
    reader: str = ""
    parts: list[tuple[SourceFinding, list[tuple[SourceShape, ImageInfo]]]] = field(default_factory=list)


def assemble(found: Found, known: KnownImages, means: Means, token: CancelToken) -> Assembled:
    """The findings of a source by exam. One fault in an exam leaves all of it out, and is told."""
    exams: dict[_Whose, _OfExam] = {}
    missing: dict[str, None] = {}
    refused: list[str] = []
    for one in found.findings:
        _place(one, known, exams, missing, refused)
    why_not: dict[str, str] = {}
    for broken in found.broken:
        places = known.find(broken.image)
        if places:
            exam = places[0][0]
            exams.setdefault((exam.study_instance_uid, ""), _OfExam(exam))
            why_not[exam.study_instance_uid] = broken.why
        else:
            refused.append(broken.why)
    brought = []
    for number, ((study, _reader), of_exam) in enumerate(exams.items()):
        token.checkpoint(Progress(number, len(exams), "exams"))
        try:
            if study in why_not:
                raise UnreadableAnnotations(why_not[study])
            brought.append(_brought(of_exam, means, token))
        except AnnotatorError as fault:
            refused.append(shortened(str(fault)))
    empty = sum(len(known.find(image)) == 1 for image in found.empty)
    missing |= dict.fromkeys(image.shown for image in found.empty if not known.find(image))
    return Assembled(tuple(brought), tuple(missing), tuple(refused), empty)


def _place(
    finding: SourceFinding,
    known: KnownImages,
    exams: dict[_Whose, _OfExam],
    missing: dict[str, None],
    refused: list[str],
) -> None:
    """Put a finding to the exams of its images; those whose images are not at hand are told."""
    by_exam: dict[str, list[tuple[SourceShape, ImageInfo]]] = defaultdict(list)
    for drawn in finding.drawn:
        places = known.find(drawn.image)
        if not places:
            missing[drawn.image.shown] = None
        elif len(places) > 1:
            sentence = (
                f"{drawn.image.shown} can be any of {len(places)} images at hand, so nothing was taken for it; name the folder of"
                " the right one to 'annotator import --images'."
            )
            refused += [] if sentence in refused else [sentence]
        else:
            ((exam, info),) = places
            exams.setdefault((exam.study_instance_uid, finding.reader), _OfExam(exam, finding.reader))
            by_exam[exam.study_instance_uid].append((drawn, info))
    for uid, parts in by_exam.items():
        exams[uid, finding.reader].parts.append((finding, parts))


def _brought(of_exam: _OfExam, means: Means, token: CancelToken) -> Brought:
    findings: list[Finding] = []
    marks: list[Mark] = []
    clusters: list[Cluster] = []
    for members in _joined(of_exam.parts):
        token.checkpoint()
        finding = _finding(members, len(findings) + 1)
        of_finding: list[Mark] = []
        for source, parts in members:
            for drawn, info in parts:
                _refuse_size(drawn.image, info)
                for outline in outlines_of(drawn, info, means.pixels):
                    _refuse_places(outline, drawn, info, source)
                    if drawn.single:
                        number = len(marks) + len(of_finding) + 1
                        of_finding.append(_mark(drawn, info, outline, finding.id, number, means))
                    else:
                        clusters.append(_cluster(drawn, info, outline, finding.id, len(clusters) + 1))
        if any(drawn.single and drawn.kind is None for _, parts in members for drawn, _ in parts):
            assert finding.origin is not None
            finding = replace(finding, origin=replace(finding.origin, notes=(*finding.origin.notes, SIZED)))
        findings.append(finding)
        marks += of_finding
        clusters = [_tied(one, of_finding) if one.finding_id == finding.id else one for one in clusters]
    return Brought(of_exam.exam, of_exam.reader, tuple(findings), tuple(marks), tuple(clusters))


_Parts = list[tuple[SourceShape, ImageInfo]]


def _joined(parts: Sequence[tuple[SourceFinding, _Parts]]) -> Iterator[list[tuple[SourceFinding, _Parts]]]:
    """Findings of one group on one breast together, the others each by itself."""
    groups: dict[tuple[str, Laterality | None], list[tuple[SourceFinding, _Parts]]] = {}
    for number, (finding, placed) in enumerate(parts):
        # one number may stand for a lesion in each breast; a tracking UID is one finding wherever it is
        side = None if finding.tracking_uid else placed[0][1].laterality
        key = (finding.group, side) if finding.group else (f"\0{number}", None)
        groups.setdefault(key, []).append((finding, placed))
    yield from groups.values()


def _finding(members: Sequence[tuple[SourceFinding, _Parts]], number: int) -> Finding:
    said = together([source.said for source, _ in members])
    origins = [source.origin for source, _ in members]
    origin = replace(
        origins[0],
        values=tuple(dict.fromkeys(value for one in origins for value in one.values)),
        unmapped=tuple(dict.fromkeys(name for one in origins for name in one.unmapped)),
        notes=tuple(dict.fromkeys(note for one in origins for note in one.notes)),
    )
    sides = {info.laterality for _, parts in members for _, info in parts if info.laterality is not None}
    if said.laterality is not None and sides - {said.laterality, Laterality.BOTH}:
        origin = replace(origin, notes=(*origin.notes, OTHER_SIDE))
    return Finding(
        id=new_id(),
        number=number,
        tracking_uid=next((one.tracking_uid for one, _ in members if one.tracking_uid), "") or new_uid(),
        morphology=said.morphology,
        distributions=said.distributions,
        assessment=said.assessment,
        change=said.change,
        associated=said.associated,
        # else that of the images where they agree
        laterality=said.laterality or (next(iter(sides)) if len(sides) == 1 else None),
        origin=origin,
    )


def _mark(
    drawn: SourceShape,
    info: ImageInfo,
    outline: tuple[ImagePoint, ...],
    finding_id: str,
    number: int,
    means: Means,
) -> Mark:
    measured = means.measure(info, drawn.frame, outline) if len(outline) > 2 else None
    point = drawn.point or (middle_of(outline) if measured is None else measured.center)
    size = None if measured is None else measured.size_mm
    by_size = MarkKind.MACRO if size is not None and size >= means.macro_from_mm else MarkKind.MICRO
    return Mark(new_id(), number, finding_id, info.key(drawn.frame), point, drawn.kind or by_size, measured)


def _cluster(
    drawn: SourceShape, info: ImageInfo, outline: tuple[ImagePoint, ...], finding_id: str, number: int
) -> Cluster:
    return Cluster(new_id(), number, finding_id, info.key(drawn.frame), outline, spacing=info.spacing)


def _tied(cluster: Cluster, marks: Sequence[Mark]) -> Cluster:
    inside = (
        one.id for one in marks if _same(one.image, cluster.image) and contains(cluster.outline, one.point)
    )
    return replace(cluster, mark_ids=tuple(inside))


def _same(one: ImageKey, other: ImageKey) -> bool:
    return one.sop_instance_uid == other.sop_instance_uid


def middle_of(outline: Sequence[ImagePoint]) -> ImagePoint:
    """The centre of the area of an outline (shoelace), the mean of points that enclose none."""
    pairs = list(zip(outline, (*outline[1:], *outline[:1]), strict=True))
    crossed = [a.column * b.row - b.column * a.row for a, b in pairs]
    twice = sum(crossed)
    if len(outline) < 3 or abs(twice) < 1e-6:
        count = len(outline)
        return ImagePoint(sum(p.column for p in outline) / count, sum(p.row for p in outline) / count)
    column = sum((a.column + b.column) * c for (a, b), c in zip(pairs, crossed, strict=True))
    row = sum((a.row + b.row) * c for (a, b), c in zip(pairs, crossed, strict=True))
    return ImagePoint(column / (3 * twice), row / (3 * twice))


def _refuse_size(name: ImageName, info: ImageInfo) -> None:
    if name.rows and name.columns and (name.rows, name.columns) != (info.rows, info.columns):
        raise UnreadableAnnotations(
            f"{name.shown} was annotated at {name.columns} x {name.rows} pixels and has {info.columns} x {info.rows}: the"
            " places belong to another or a resized picture, so the exam was left out."
        )


def _refuse_places(
    outline: Sequence[ImagePoint], drawn: SourceShape, info: ImageInfo, source: SourceFinding
) -> None:
    if not outline:
        raise UnreadableAnnotations(f"{source.origin.source} draws nothing on {drawn.image.shown}.")
    if not 1 <= drawn.frame <= info.frames:
        raise UnreadableAnnotations(
            f"{drawn.image.shown} has {info.frames} frames, and something is drawn on frame {drawn.frame}; the exam was left"
            " out."
        )
    for point in outline:
        beyond = max(-point.column, -point.row, point.column - info.columns, point.row - info.rows)
        if not math.isfinite(beyond) or beyond > 1:
            raise UnreadableAnnotations(
                f"{drawn.image.shown} has {info.columns} x {info.rows} pixels, and something is drawn at column"
                f" {point.column:g}, row {point.row:g}; the exam was left out."
            )
