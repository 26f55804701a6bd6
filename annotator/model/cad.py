"""What a CAD program says of the images of an exam: its marks of calcifications, and how far it got.

"It ran and found nothing" and "it failed" are different things, and neither is "there is no report".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from annotator.model.geometry import ImagePoint, circle_outline, ellipse_outline, polygon_area
from annotator.model.image import ImageKey


class CadKind(StrEnum):
    """What a mark of calcifications stands for (CID 6014)."""

    SINGLE = "calcification"
    CLUSTER = "calcification cluster"


class RenderingIntent(StrEnum):
    """What the program's maker wants done with a mark (CID 6034): 111150, 111151 and 111152."""

    REQUIRED = "presentation required"
    OPTIONAL = "presentation optional"
    NOT_SHOWN = "not for presentation"


class CadStatus(StrEnum):
    """How the detections or analyses of a report went (CID 6042): 111222 to 111225."""

    SUCCEEDED = "succeeded"
    PARTIAL = "partially succeeded"
    FAILED = "failed"
    NOT_ATTEMPTED = "not attempted"


class OutlineShape(StrEnum):
    """How an outline is given (PS3.3 C.18.6.1.2)."""

    POLYLINE = "polyline"
    CIRCLE = "circle"
    ELLIPSE = "ellipse"


@dataclass(frozen=True, slots=True)
class CadOutline:
    """An outline as given: the corners; centre and a point of the circle; or the ends of the major, then of the minor axis."""

    shape: OutlineShape
    points: tuple[ImagePoint, ...]

    @property
    def corners(self) -> tuple[ImagePoint, ...]:
        """A closed polygon along it, its first point not repeated."""
        if self.shape is OutlineShape.POLYLINE:
            return (
                self.points[:-1]
                if len(self.points) > 1 and self.points[0] == self.points[-1]
                else self.points
            )
        if self.shape is OutlineShape.CIRCLE:
            middle, edge = self.points
            return circle_outline(middle, math.hypot(edge.column - middle.column, edge.row - middle.row))
        return ellipse_outline(self.points)

    @property
    def diameter_px(self) -> float:
        """The diameter of the circle of its area."""
        return 2 * math.sqrt(polygon_area(self.corners) / math.pi)


@dataclass(frozen=True, slots=True, order=True)
class Algorithm:
    """Who says it: the name and version in the report, '' where it gives none."""

    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name or 'unnamed program'} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class CadMark:
    """A calcification or a cluster on one image. `id` is its place in the report's tree ("1.3.2"), for a feature to name.

    `certainty` (of the finding) and `probability` (of cancer) in [0, 1], None where the report gives none;
    `operating_point` the one from which on an optional mark is to be shown. `members` are calcifications of a cluster,
    `number` how many the report says it has. `type_codes` and `distribution_code` are SNOMED or DICOM code values.
    """

    id: str
    kind: CadKind
    image: ImageKey
    center: ImagePoint
    algorithm: Algorithm
    intent: RenderingIntent
    outline: CadOutline | None = None
    certainty: float | None = None
    probability: float | None = None
    operating_point: float | None = None
    number: int | None = None
    members: tuple[CadMark, ...] = ()
    type_codes: tuple[str, ...] = ()
    distribution_code: str = ""


@dataclass(frozen=True, slots=True)
class CadFeature:
    """Marks of several images that the program takes for one thing, by their ids."""

    mark_ids: tuple[str, ...]
    intent: RenderingIntent
    certainty: float | None = None


@dataclass(frozen=True, slots=True)
class CadDetection:
    """That a program looked for something on some images, and whether it could. `what` in words."""

    what: str
    algorithm: Algorithm
    images: tuple[str, ...]
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CadReport:
    """One report. `marks` are those of calcifications, also what is not for presentation; members stand in their cluster.

    `device` wrote it; `others` counts marks of other things by their words; `images` are those the report is about. `detected` is the
    summary of detections, `analysed` of analyses, None where it does not say; `with_findings` likewise.
    `notes` say in sentences what was mended or left out to understand it.
    """

    sop_instance_uid: str
    study_instance_uid: str
    device: Algorithm
    images: tuple[str, ...]
    marks: tuple[CadMark, ...]
    features: tuple[CadFeature, ...] = ()
    others: tuple[tuple[str, int], ...] = ()
    detections: tuple[CadDetection, ...] = ()
    detected: CadStatus | None = None
    analysed: CadStatus | None = None
    with_findings: bool | None = None
    notes: tuple[str, ...] = ()

    @property
    def algorithms(self) -> tuple[Algorithm, ...]:
        """Every program that speaks in it, by name."""
        said = {mark.algorithm for mark in self.marks} | {one.algorithm for one in self.detections}
        return tuple(sorted(said)) or (self.device,)

    @property
    def shown(self) -> tuple[CadMark, ...]:
        """The marks that may be shown, optional ones too."""
        return tuple(mark for mark in self.marks if mark.intent is not RenderingIntent.NOT_SHOWN)

    @property
    def failures(self) -> tuple[CadDetection, ...]:
        """What could not be looked for."""
        return tuple(one for one in self.detections if one.failed)

    @property
    def status(self) -> CadStatus | None:
        """How looking went, by the summary and by what is said of each detection; None where nothing is said."""
        failed = len(self.failures)
        if self.detected in (CadStatus.SUCCEEDED, None) and failed:
            return CadStatus.FAILED if failed == len(self.detections) else CadStatus.PARTIAL
        if self.detected is None and (self.detections or self.marks):
            return CadStatus.SUCCEEDED
        return self.detected
