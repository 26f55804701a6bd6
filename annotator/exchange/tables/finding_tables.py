"""The tables of findings, of images and of readings: one row each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from annotator.exchange.tables.columns import Column, Kind, Table, one_of
from annotator.exchange.tables.object_tables import CLUSTERS, MARKS
from annotator.exchange.tables.said_columns import (
    BASIS,
    FILE,
    PROGRAM,
    READER,
    RULES,
    exam_columns,
    finding_columns,
    image_columns,
    reading_columns,
)
from annotator.exchange.tables.told import ToldFinding, ToldImage, ToldReading
from annotator.model.finding import (
    Associated,
    Certainty,
    Change,
    Depth,
    Quadrant,
    Recommendation,
    SaidLength,
    Spread,
    Stage,
)
from annotator.model.follow_up import FollowUp
from annotator.model.geometry import Millimetres
from annotator.model.image import Intent, Laterality
from annotator.model.mark import MarkKind
from annotator.model.measured import Measured

_Of = Callable[[ToldFinding], Any]


def _said(name: str, kind: Kind, meaning: str, values: str = "", unit: str = "") -> Column[ToldFinding]:
    return Column(name, kind, meaning, lambda f: getattr(f.finding, name), unit, values, READER)


def _part(length: SaidLength | Millimetres | None, part: str) -> Any:
    return None if length is None else getattr(length, part)


def _length(
    name: str, meaning: str, value: _Of, basis: _Of, values: str, source: str
) -> tuple[Column[ToldFinding], Column[ToldFinding]]:
    """Millimetres, and how they are known."""
    return (
        Column(f"{name}_mm", Kind.NUMBER, meaning, value, "mm", source=source),
        Column(f"{name}_basis", Kind.TEXT, f"how {name}_mm is known", basis, values=values, source=source),
    )


def _said_length(name: str, meaning: str) -> tuple[Column[ToldFinding], Column[ToldFinding]]:
    def of(part: str) -> _Of:
        return lambda f: _part(getattr(f.finding, name), part)

    known = f"as the reader says|{BASIS}"
    meaning = f"{meaning}, as the reader stands for it"
    return _length(name, meaning, of("value_mm"), of("how_known"), known, READER)


def _measured(part: Callable[[Measured], Any]) -> _Of:
    def found(item: ToldFinding) -> Any:
        measured = item.told.out.measured.get(item.finding.id)
        return None if measured is None else part(measured)

    return found


def _count(name: str, meaning: str) -> Column[ToldFinding]:
    return Column(
        f"measured_{name}", Kind.WHOLE, meaning, _measured(lambda m: getattr(m, name)), source=PROGRAM
    )


def _measured_length(name: str, meaning: str) -> tuple[Column[ToldFinding], Column[ToldFinding]]:
    def of(part: str) -> _Of:
        return _measured(lambda measured: _part(getattr(measured, name), part))

    return _length(f"measured_{name}", meaning, of("value"), of("basis"), BASIS, PROGRAM)


def _suggested(part: Callable[[FollowUp], Any]) -> _Of:
    def found(item: ToldFinding) -> Any:
        follow_up = item.told.out.follow_ups.get(item.finding.id)
        return None if follow_up is None else part(follow_up)

    return found


_SUGGESTED: tuple[Column[ToldFinding], ...] = (
    Column(
        "suggested_category",
        Kind.TEXT,
        "category that the decision table names; never the reader's, empty before the reader's own",
        _suggested(lambda f: f.suggested_assessment),
        source=RULES,
    ),
    Column(
        "suggested_row", Kind.TEXT, "row of the decision table", _suggested(lambda f: f.row), source=RULES
    ),
    Column(
        "suggested_follow_up",
        Kind.TEXT,
        "what the decision table names as documented follow-up",
        _suggested(lambda f: f.follow_up),
        source=RULES,
    ),
    Column(
        "suggested_interval_months",
        Kind.WHOLE,
        "after how many months",
        _suggested(lambda f: f.interval_months),
        "months",
        source=RULES,
    ),
)

_MEASURED: tuple[Column[ToldFinding], ...] = (
    _count("count", "marks on all images; a calcification seen in two views is marked twice"),
    _count("micro", "of them micro"),
    _count("macro", "of them macro"),
    _count("marks_per_image", "largest count on any one image"),
    _count("in_circle", "most marks that one circle of 1 cm holds"),
    *_measured_length("extent", "greatest extent on any one image"),
    Column(
        "measured_extent_uncertainty_mm",
        Kind.NUMBER,
        "standard uncertainty of that extent",
        _measured(lambda m: m.extent_uncertainty_mm),
        "mm",
        source=PROGRAM,
    ),
    *_measured_length("smallest", "smallest diameter of a calcification"),
    *_measured_length("median", "median diameter"),
    *_measured_length("largest", "largest diameter"),
    *_measured_length("nipple_distance", "greatest distance of the middle of the marks from the nipple"),
    Column(
        "measured_depth",
        Kind.TEXT,
        "third of the breast, where the images that tell agree",
        _measured(lambda m: m.depth),
        values=one_of(Depth),
        source=PROGRAM,
    ),
    Column(
        "measured_quadrant",
        Kind.TEXT,
        "quadrant, where the images that tell agree",
        _measured(lambda m: m.quadrant),
        values=one_of(Quadrant),
        source=PROGRAM,
    ),
)

FINDINGS: Table[ToldFinding] = Table(
    "findings",
    "one finding of one reader, with or without marks",
    (
        reading_columns(lambda f: f.told),
        finding_columns(lambda f: f.told, lambda f: f.finding),
        Column(
            "stage",
            Kind.TEXT,
            "where in the work-up; of the finding, else of the exam",
            lambda f: f.told.reading.stage_of(f.finding.id),
            values=one_of(Stage),
            source=READER,
        ),
        Column(
            "size",
            Kind.TEXT,
            "the reader's word, else that of all marks",
            lambda f: f.told.reading.size_of(f.finding.id),
            values=one_of(MarkKind),
            source=READER,
        ),
        _said("laterality", Kind.TEXT, "side", one_of(Laterality)),
        _said("quadrant", Kind.TEXT, "quadrant or region", one_of(Quadrant)),
        _said("clock_face", Kind.WHOLE, "hour of the clock face as seen from in front", "1 to 12"),
        _said("depth", Kind.TEXT, "third of the breast", one_of(Depth)),
        *_said_length("nipple_distance", "distance from the nipple"),
        *_said_length("extent", "greatest extent in any one view"),
        _said("spread", Kind.TEXT, "one site or both breasts", one_of(Spread)),
        _said("change", Kind.TEXT, "against the exam before", one_of(Change)),
        _said("certain", Kind.YES_NO, "sure of the benign type"),
        _said("known_cancer_here", Kind.YES_NO, "proven by biopsy at this site"),
        _said("adjacent_cancer", Kind.YES_NO, "beside a cancer"),
        _said("priors_requested", Kind.YES_NO, "exams before were asked for"),
        _said("associated", Kind.TEXT, "seen with the calcifications", one_of(Associated)),
        _said("certainty", Kind.TEXT, "how sure of the finding as described", one_of(Certainty)),
        _said("recommendation", Kind.TEXT, "what the reader wants done next", one_of(Recommendation)),
        _said("recommended_months", Kind.WHOLE, "after how many months", unit="months"),
        _said(
            "comment",
            Kind.TEXT,
            "the reader's own words; the names in the headers are stars unless identified, and it is empty"
            " where no header was at hand to know them from",
        ),
        Column(
            "source_said",
            Kind.TEXT,
            "what the data set said that the finding was brought in from",
            lambda f: None if f.finding.origin is None else str(f.finding.origin),
            source="data set",
        ),
        *_MEASURED,
        *_SUGGESTED,
    ),
)


def _first(image: ToldImage) -> ToldReading:
    return image.exam.readings[0]


def _marks_on(image: ToldImage) -> int:
    uid = image.info.sop_instance_uid
    return sum(m.image.sop_instance_uid == uid for one in image.exam.readings for m in one.reading.marks)


IMAGES: Table[ToldImage] = Table(
    "images",
    "one image of an exam whose file was at hand, with marks or without",
    (
        *exam_columns(_first),
        Column(
            "sop_instance_uid",
            Kind.TEXT,
            "SOP Instance UID: made up, or its own in an identified export",
            lambda i: i.exam.out.uid(i.info.sop_instance_uid),
            source=FILE,
        ),
        Column("laterality", Kind.TEXT, "side", lambda i: i.info.laterality, values="R|L|B", source=FILE),
        *image_columns(lambda i: i.info),
        Column("frames", Kind.WHOLE, "frames", lambda i: i.info.frames, source=FILE),
        Column(
            "intent",
            Kind.TEXT,
            "Presentation Intent Type",
            lambda i: i.info.intent,
            values=one_of(Intent),
            source=FILE,
        ),
        Column(
            "photometric", Kind.TEXT, "Photometric Interpretation", lambda i: i.info.photometric, source=FILE
        ),
        Column("inverse", Kind.YES_NO, "low stored values are white", lambda i: i.info.inverse, source=FILE),
        Column(
            "bits_stored", Kind.WHOLE, "bits of a stored value", lambda i: i.info.bits_stored, source=FILE
        ),
        Column(
            "generated_2d", Kind.YES_NO, "made from tomosynthesis", lambda i: i.info.generated_2d, source=FILE
        ),
        Column("lossy", Kind.YES_NO, "compressed with loss", lambda i: i.info.lossy, source=FILE),
        Column("manufacturer", Kind.TEXT, "Manufacturer", lambda i: i.info.manufacturer, source=FILE),
        Column(
            "model_name", Kind.TEXT, "Manufacturer's Model Name", lambda i: i.info.model_name, source=FILE
        ),
        Column("marks", Kind.WHOLE, "marks of all readers on it", _marks_on, source=READER),
        Column(
            "finished",
            Kind.YES_NO,
            "every reader signed the exam or called it done",
            lambda i: i.exam.finished,
            source=READER,
        ),
    ),
)

READINGS: Table[ToldReading] = Table(
    "readings",
    "one reader's reading of one exam",
    (
        reading_columns(lambda r: r),
        Column(
            "stage",
            Kind.TEXT,
            "where in the work-up the exam stands",
            lambda r: r.reading.stage,
            values=one_of(Stage),
            source=READER,
        ),
        Column("findings", Kind.WHOLE, "findings", lambda r: len(r.reading.findings), source=READER),
        Column("clusters", Kind.WHOLE, "clusters", lambda r: len(r.reading.clusters), source=READER),
        Column("marks", Kind.WHOLE, "marks", lambda r: len(r.reading.marks), source=READER),
        Column(
            "images", Kind.WHOLE, "images of the exam at hand", lambda r: len(r.out.exam.images), source=FILE
        ),
        Column("displays", Kind.TEXT, "what it was read on", lambda r: r.out.displays, source=PROGRAM),
    ),
)

TABLES: tuple[Table[Any], ...] = (READINGS, IMAGES, FINDINGS, CLUSTERS, MARKS)
"""Every table of an export, from few rows to many."""
