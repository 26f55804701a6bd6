"""A CAD report as the content of a document by TID 4000: image library, impressions, findings, what was looked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydicom import Dataset

from annotator.exchange.cad_sr import codes
from annotator.exchange.cad_sr.codes import Coded
from annotator.exchange.cad_sr.items import (
    CONTAINS,
    INFERRED,
    MODIFIED,
    PROPERTIES,
    coded_item,
    container,
    decimal,
    number_item,
    place_item,
    reference,
    text_item,
)
from annotator.model.cad import (
    Algorithm,
    CadDetection,
    CadFeature,
    CadKind,
    CadMark,
    CadReport,
    CadStatus,
    RenderingIntent,
)
from annotator.model.geometry import ImagePoint, PixelSpacing, greatest_extent
from annotator.model.image import ImageKey

LIBRARY = (1, 2)
"""Where the image library stands: references name its images by their place."""
_DETECTION_CODES = {kind.value: code for kind, code in codes.KIND_CODES.items()}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where images stand in the library, their spacings, and the words of codes by value.

    `places` of what marks lie on, slices of stacks each for itself; `wholes` of all images by SOP Instance UID.
    """

    places: Mapping[ImageKey, tuple[int, ...]]
    wholes: Mapping[str, tuple[int, ...]]
    spacings: Mapping[str, PixelSpacing | None]
    words: Mapping[str, Coded]


def content(report: CadReport, library: Sequence[Dataset], around: Surroundings) -> list[Dataset]:
    """The items below the root of a report. Marks are written as they stand, their ids are not."""
    return [
        coded_item(MODIFIED, codes.LANGUAGE, codes.ENGLISH),
        container(CONTAINS, codes.IMAGE_LIBRARY, library),
        _summary(report, around),
        _detections(report, around),
        coded_item(CONTAINS, codes.ANALYSES, codes.STATUS_CODES[CadStatus.NOT_ATTEMPTED]),
    ]


def _summary(report: CadReport, around: Surroundings) -> Dataset:
    status = (
        CadStatus.FAILED if report.status in (CadStatus.FAILED, CadStatus.NOT_ATTEMPTED) else report.status
    )
    said = codes.SUMMARY_CODES[status or CadStatus.SUCCEEDED, bool(report.marks)]
    return coded_item(CONTAINS, codes.SUMMARY, said, _impressions(report, around))


def _impressions(report: CadReport, around: Surroundings) -> Iterator[Dataset]:
    """One for each feature seen on several images, and one for every mark of no feature."""
    marks = {mark.id: mark for mark in report.marks}
    for feature in report.features:
        linked = [marks[i] for i in feature.mark_ids]
        yield _impression(feature.intent, _linked(feature, linked, around))
    in_features = {i for feature in report.features for i in feature.mark_ids}
    for mark in report.marks:
        if mark.id not in in_features:
            yield _impression(mark.intent, finding(mark, CONTAINS, around))


def _impression(intent: RenderingIntent, below: Dataset) -> Dataset:
    return container(INFERRED, codes.IMPRESSION, [_intent(intent), below])


def _linked(feature: CadFeature, marks: Sequence[CadMark], around: Surroundings) -> Dataset:
    """A composite feature has two parts; of three images, one of them is a composite of two."""
    held = finding(marks[0], INFERRED, around)
    relation = INFERRED
    for at, mark in enumerate(marks[1:], 1):
        relation = CONTAINS if at == len(marks) - 1 else INFERRED
        held = coded_item(
            relation,
            codes.COMPOSITE,
            codes.KIND_CODES[CadKind.CLUSTER if CadKind.CLUSTER in (mark.kind, marks[0].kind) else mark.kind],
            [
                _intent(feature.intent),
                coded_item(PROPERTIES, codes.COMPOSITE_TYPE, codes.RELATED_IN_SPACE),
                coded_item(PROPERTIES, codes.SCOPE, codes.ON_SEVERAL_IMAGES),
                *_algorithm(mark.algorithm),
                held,
                finding(mark, INFERRED, around),
            ],
        )
    return held


def finding(mark: CadMark, relation: str, around: Surroundings) -> Dataset:
    """A mark as a single image finding (TID 4006), the calcifications of a cluster below it."""
    place = around.places[mark.image]
    parts = [_intent(mark.intent, mark.operating_point), *_algorithm(mark.algorithm)]
    for name, share in ((codes.CERTAINTY, mark.certainty), (codes.PROBABILITY, mark.probability)):
        if share is not None:
            parts.append(number_item(PROPERTIES, name, decimal(share * 100), codes.PERCENT))
    parts.append(place_item(PROPERTIES, codes.CENTER, "POINT", [mark.center], place))
    if mark.outline is not None:
        shape = mark.outline.shape.name
        parts.append(place_item(PROPERTIES, codes.OUTLINE, shape, mark.outline.points, place))
    parts += _described(mark, place, around)
    parts += [finding(member, INFERRED, around) for member in mark.members]
    return coded_item(relation, codes.FINDING, codes.KIND_CODES[mark.kind], parts)


def _described(mark: CadMark, place: tuple[int, ...], around: Surroundings) -> list[Dataset]:
    """Shape, distribution and number (TID 4009, 4010); a finding of which none is known is measured in their place."""
    said = [coded_item(PROPERTIES, codes.TYPE, around.words[value]) for value in mark.type_codes]
    if mark.kind is CadKind.CLUSTER:
        if mark.distribution_code:
            said.append(coded_item(PROPERTIES, codes.DISTRIBUTION, around.words[mark.distribution_code]))
        if mark.number is not None:
            said.append(number_item(PROPERTIES, codes.NUMBER, str(mark.number), codes.ONE))
    return said or _measured(mark, place, around)


def _measured(mark: CadMark, place: tuple[int, ...], around: Surroundings) -> list[Dataset]:
    """The greatest extent of its outline along the line it was measured on: in mm where the spacing is known."""
    if mark.outline is None:
        return []
    corners = mark.outline.corners
    spacing = around.spacings.get(mark.image.sop_instance_uid)
    ends = _ends(corners)
    if spacing is None:
        across = max(abs(ends[0].column - ends[1].column), 0.0), abs(ends[0].row - ends[1].row)
        number, unit = (across[0] ** 2 + across[1] ** 2) ** 0.5, codes.PIXELS
    else:
        number, unit = greatest_extent(corners, spacing).value, codes.MM
    name = codes.DIAMETER if mark.kind is CadKind.SINGLE else codes.LONG_AXIS
    path = place_item(INFERRED, codes.PATH, "POLYLINE", ends, place)
    return [number_item(PROPERTIES, name, decimal(number), unit, [path])]


def _ends(corners: Sequence[ImagePoint]) -> tuple[ImagePoint, ImagePoint]:
    """The two corners that lie farthest apart."""
    pairs = ((a, b) for at, a in enumerate(corners) for b in corners[at + 1 :])
    return max(pairs, key=lambda two: (two[0].column - two[1].column) ** 2 + (two[0].row - two[1].row) ** 2)


def _detections(report: CadReport, around: Surroundings) -> Dataset:
    status = report.detected or CadStatus.SUCCEEDED
    parts = []
    for name, failed in ((codes.DONE_DETECTIONS, False), (codes.FAILED_DETECTIONS, True)):
        told = [_detection(one, around) for one in report.detections if one.failed is failed]
        if told:
            parts.append(container(INFERRED, name, told))
    return coded_item(CONTAINS, codes.DETECTIONS, codes.STATUS_CODES[status], parts)


def _detection(one: CadDetection, around: Surroundings) -> Dataset:
    places = [around.wholes[uid] for uid in one.images]
    parts = [*_algorithm(one.algorithm), *(reference(PROPERTIES, place) for place in places)]
    return coded_item(CONTAINS, codes.DETECTION, _DETECTION_CODES[one.what], parts)


def _intent(intent: RenderingIntent, operating_point: float | None = None) -> Dataset:
    below = []
    if operating_point is not None:
        unit = Coded("{1:n}", "UCUM", "range: 1:n")
        below = [number_item(PROPERTIES, codes.OPERATING_POINT, decimal(operating_point), unit)]
    return coded_item(MODIFIED, codes.INTENT, codes.INTENT_CODES[intent], below)


def _algorithm(one: Algorithm) -> list[Dataset]:
    return [
        text_item(PROPERTIES, codes.ALGORITHM, one.name),
        text_item(PROPERTIES, codes.ALGORITHM_VERSION, one.version),
    ]
