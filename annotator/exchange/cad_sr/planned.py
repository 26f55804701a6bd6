"""What of a reading, or of candidates, a CAD report says; the same value that reading the file gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from annotator import __version__
from annotator.errors import ExportError
from annotator.exchange.cad_sr import codes
from annotator.exchange.outgoing import Outgoing
from annotator.model.cad import (
    Algorithm,
    CadDetection,
    CadFeature,
    CadKind,
    CadMark,
    CadOutline,
    CadReport,
    CadStatus,
    OutlineShape,
    RenderingIntent,
)
from annotator.model.candidate import SHOWN_FROM, Candidate, Candidates
from annotator.model.finding import Finding
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey
from annotator.model.mark import Cluster, Mark, MarkKind

MAKER = "Mammogram Annotator"
READER = Algorithm(f"{MAKER}, marks of a reader", __version__)
CANDIDATES = f"{MAKER}, candidates for labelling"


def of_reading(outgoing: Outgoing) -> CadReport:
    """The marks and clusters of a reading. Raises ExportError where an image of them is not at hand."""
    _refuse_missing(outgoing)
    marks, features = [], []
    for finding in outgoing.reading.findings:
        mine = [*_clusters(outgoing, finding), *_loose(outgoing, finding)]
        marks += mine
        first = {mark.image.sop_instance_uid: mark.id for mark in reversed(mine)}
        if len(first) > 1:
            features.append(CadFeature(tuple(reversed(first.values())), RenderingIntent.REQUIRED))
    images = tuple(outgoing.uid(info.sop_instance_uid) for info in outgoing.exam.images)
    looked_for = tuple(CadDetection(kind.value, READER, images) for kind in CadKind)
    return _report(outgoing, marks, features, looked_for, CadStatus.SUCCEEDED)


def of_candidates(
    outgoing: Outgoing, found: Mapping[str, Candidates], score: float = SHOWN_FROM
) -> CadReport:
    """The candidates of at least `score`, by the SOP Instance UID of the image they were looked for on.

    An image on which no breast was found counts as one on which looking failed. Raises ExportError.
    """
    marks, detections = [], []
    for uid, here in found.items():
        if outgoing.image(uid) is None:
            raise ExportError(
                "The candidates are of an image that is not at hand; open it with its exam first."
            )
        algorithm = Algorithm(CANDIDATES, here.model_version)
        marks += [_of_candidate(outgoing, one, algorithm) for one in here.candidates if one.score >= score]
        looked = CadDetection(CadKind.SINGLE, algorithm, (outgoing.uid(uid),), failed=not here.breast_found)
        detections.append(looked)
    failed = sum(one.failed for one in detections)
    status = CadStatus.SUCCEEDED if not failed else CadStatus.PARTIAL
    if failed == len(detections):
        status = CadStatus.FAILED if failed else CadStatus.NOT_ATTEMPTED
    return _report(outgoing, marks, [], _joined(detections), status)


def _joined(detections: Sequence[CadDetection]) -> tuple[CadDetection, ...]:
    """One for each program and outcome, with all of its images."""
    held: dict[tuple[Algorithm, bool], list[str]] = {}
    for one in detections:
        held.setdefault((one.algorithm, one.failed), []).extend(one.images)
    joined = [
        CadDetection(CadKind.SINGLE, algorithm, tuple(images), failed=failed)
        for (algorithm, failed), images in held.items()
    ]
    return tuple(sorted(joined, key=lambda one: one.failed))


def _report(
    outgoing: Outgoing,
    marks: Sequence[CadMark],
    features: Sequence[CadFeature],
    detections: tuple[CadDetection, ...],
    status: CadStatus,
) -> CadReport:
    return CadReport(
        sop_instance_uid="",
        study_instance_uid=outgoing.uid(outgoing.exam.study_instance_uid),
        device=Algorithm(MAKER, __version__),
        images=tuple(outgoing.uid(info.sop_instance_uid) for info in outgoing.exam.images),
        marks=tuple(marks),
        features=tuple(features),
        detections=detections,
        detected=status,
        analysed=CadStatus.NOT_ATTEMPTED,
        with_findings=bool(marks),
    )


def _refuse_missing(outgoing: Outgoing) -> None:
    reading = outgoing.reading
    wanted = {mark.image.sop_instance_uid for mark in reading.marks}
    wanted |= {cluster.image.sop_instance_uid for cluster in reading.clusters}
    missing = sum(outgoing.image(uid) is None for uid in wanted)
    if missing:
        which = "an image" if missing == 1 else f"{missing} images"
        raise ExportError(
            f"The CAD report was not written: {which} with marks of {outgoing.name} cannot be found; "
            "open the exam with all of its images."
        )


def _key(outgoing: Outgoing, key: ImageKey) -> ImageKey:
    return ImageKey(outgoing.uid(key.sop_instance_uid), key.frame)


def _clusters(outgoing: Outgoing, finding: Finding) -> Iterator[CadMark]:
    reading = outgoing.reading
    for cluster in reading.clusters_of(finding.id):
        marks = reading.marks_by_id(cluster.mark_ids).values()
        members = tuple(_single(outgoing, finding, mark) for mark in marks)
        distributions = (outgoing.lexicon.code(one) for one in finding.distributions)
        yield CadMark(
            id=cluster.id,
            kind=CadKind.CLUSTER,
            image=_key(outgoing, cluster.image),
            center=_middle(cluster, members),
            algorithm=READER,
            intent=RenderingIntent.REQUIRED,
            outline=_closed(cluster.outline),
            number=len(members) or None,
            members=members,
            type_codes=_types(outgoing, finding),
            distribution_code=next((code.value for code in distributions if code is not None), ""),
        )


def _loose(outgoing: Outgoing, finding: Finding) -> Iterator[CadMark]:
    reading = outgoing.reading
    tied = {i for cluster in reading.clusters for i in cluster.mark_ids}
    return (_single(outgoing, finding, m) for m in reading.marks_of(finding.id) if m.id not in tied)


def _single(outgoing: Outgoing, finding: Finding, mark: Mark) -> CadMark:
    size = codes.MACRO if mark.kind is MarkKind.MACRO else codes.MICRO
    return CadMark(
        id=mark.id,
        kind=CadKind.SINGLE,
        image=_key(outgoing, mark.image),
        center=mark.point,
        algorithm=READER,
        intent=RenderingIntent.REQUIRED,
        outline=None if mark.measurement is None else _closed(mark.measurement.outline),
        type_codes=_types(outgoing, finding) or (size.value,),
    )


def _of_candidate(outgoing: Outgoing, one: Candidate, algorithm: Algorithm) -> CadMark:
    edge = ImagePoint(one.point.column + one.diameter_px / 2, one.point.row)
    return CadMark(
        id=one.id,
        kind=CadKind.SINGLE,
        image=_key(outgoing, one.image),
        center=one.point,
        algorithm=algorithm,
        intent=RenderingIntent.REQUIRED,
        outline=CadOutline(OutlineShape.CIRCLE, (one.point, edge)) if one.diameter_px > 0 else None,
        certainty=one.score,
    )


def _types(outgoing: Outgoing, finding: Finding) -> tuple[str, ...]:
    found = (outgoing.lexicon.code(one) for one in finding.morphology)
    return tuple(dict.fromkeys(code.value for code in found if code is not None))


def _closed(points: Sequence[ImagePoint]) -> CadOutline | None:
    """A closed polyline repeats its first point (PS3.3 C.18.6.1.2)."""
    if len(points) < 3:
        return None
    ends = () if points[0] == points[-1] else (points[0],)
    return CadOutline(OutlineShape.POLYLINE, (*points, *ends))


def _middle(cluster: Cluster, members: Sequence[CadMark]) -> ImagePoint:
    points = [one.center for one in members] or list(cluster.outline)
    count = len(points)
    return ImagePoint(sum(p.column for p in points) / count, sum(p.row for p in points) / count)
