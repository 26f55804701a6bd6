"""A reading in which everything is said, and its report."""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import cache
from pathlib import Path

from annotator.exchange.report_content import Material, report_of
from annotator.exchange.report_finding import Beside, SeenBefore
from annotator.exchange.report_parts import Picture, Pictures, Report
from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.finding import (
    Assessment,
    Associated,
    Certainty,
    Change,
    Depth,
    Distribution,
    Morphology,
    Quadrant,
    Reading,
    Recommendation,
    SaidLength,
    Spread,
    Stage,
)
from annotator.model.follow_up import Contradiction
from annotator.model.geometry import ImagePoint, Millimetres, PixelSpacing, SpacingBasis
from annotator.model.image import ExamInfo, ImageInfo, ImageKey, Laterality, View
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.model.measured import Measured
from annotator.model.origin import Origin
from annotator.model.seen_on_image import NipplePlace, RecallReason, TechnicalRecall
from annotator.rules import breast_assessments, follow_up, load_rules

STUDY = "1.2.826.0.1.3680043.8.498.1"
SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def image(view: str, number: int) -> ImageInfo:
    return ImageInfo(
        path=Path("/exams/DOE_JANE/a.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid=f"2.25.{number}",
        rows=100,
        columns=80,
        study_instance_uid=STUDY,
        laterality=Laterality.RIGHT,
        view=View(view),
        patient_key="P-12345",
        patient_name="Doe^Jane",
        exam_date="20240131",
        spacing=SPACING,
    )


EXAM = ExamInfo(STUDY, (image("CC", 1), image("MLO", 2)))
SEEN = SeenBefore(
    interval="6 months earlier", date="2023-07-30", category=Assessment.PROBABLY_BENIGN, marks=4
)
CONFLICT = Contradiction("x", "depth", "Said to lie in front, but it lies behind.", ("BR5",), kept=True)


def spot(diameter_px: float, *, calibrated: bool = True) -> SpotMeasurement:
    center = ImagePoint(1.0, 1.0)
    plain = SpotMeasurement(center, diameter_px, 0.2, diameter_px, diameter_px, 0.0, 1.0, 9.0, 9.0)
    if not calibrated:
        return plain
    return replace(plain, diameter_mm=diameter_px / 10, basis=SPACING.basis)


@cache
def marked() -> Reading:
    """One finding with three marks on the CC and an outline without marks on the MLO, and nothing said."""
    reading = Reading(id="r", reader="dr a", study_instance_uid=STUDY)
    reading, finding = edits.add_finding(reading)
    ids = []
    for column, diameter in ((10.0, 2.0), (20.0, 3.0), (30.0, 5.0)):
        reading, mark = edits.add_mark(
            reading, finding.id, ImageKey("2.25.1"), ImagePoint(column, 5.0), MarkKind.MICRO, spot(diameter)
        )
        ids.append(mark.id)
    corners = (ImagePoint(0.0, 0.0), ImagePoint(40.0, 0.0), ImagePoint(40.0, 9.0))
    reading, _ = edits.add_cluster(reading, finding.id, ImageKey("2.25.1"), corners, ids, SPACING)
    return edits.add_cluster(reading, finding.id, ImageKey("2.25.2"), corners)[0]


@cache
def full() -> Reading:
    """The same with everything said that can be said."""
    reading = edits.set_stage(marked(), Stage.SCREEN)
    reading = edits.recall_view(
        reading, TechnicalRecall("2.25.2", (RecallReason.MOTION, RecallReason.COMPRESSION), "blurred below")
    )
    reading = edits.place_nipple(reading, NipplePlace(ImageKey("2.25.1"), ImagePoint(70.0, 50.0), SPACING))
    return edits.describe(
        reading,
        reading.findings[0].id,
        stage=Stage.WORKUP,
        size=MarkKind.MICRO,
        morphology=(Morphology.MILK, Morphology.FINE_PLEO),
        distributions=(Distribution.SEGMENTAL, Distribution.GROUPED),
        spread=Spread.BILATERAL,
        change=Change.INCREASED,
        certain=True,
        known_cancer_here=True,
        adjacent_cancer=True,
        priors_requested=True,
        laterality=Laterality.RIGHT,
        quadrant=Quadrant.UPPER_OUTER,
        clock_face=10,
        depth=Depth.POSTERIOR,
        nipple_distance=SaidLength(61.0),
        extent=SaidLength(12.5, SpacingBasis.AT_DETECTOR),
        associated=(Associated.MASS, Associated.SKIN_RETRACTION),
        certainty=Certainty.MODERATE,
        assessment=Assessment.LOW_SUSPICION,
        recommendation=Recommendation.BIOPSY,
        recommended_months=3,
        comment="<script>alert('x')</script> & so on",
        origin=Origin(
            source="CBIS-DDSM",
            values=(("calc type", "PLEOMORPHIC"), ("calc distribution", "N/A")),
            unmapped=("calc type",),
        ),
    )


def measured() -> Measured:
    return Measured(
        sides=(Laterality.RIGHT,),
        views=("CC",),
        count=3,
        micro=3,
        extent=Millimetres(2.0, SPACING.basis),
        smallest=Millimetres(0.2, SPACING.basis),
        median=Millimetres(0.3, SPACING.basis),
        largest=Millimetres(0.5, SPACING.basis),
        nipple_distance=Millimetres(58.0, SPACING.basis),
        nipple_placed=True,
    )


def material(reading: Reading, **more: object) -> Material:
    table = load_rules()
    found = {f.id: follow_up(reading.described(f.id), table) for f in reading.findings}
    lexicon = load_lexicon(reading.lexicon_edition)
    sides = {i.sop_instance_uid: i.laterality for i in EXAM.images}
    beside = {
        f.id: Beside(
            follow_up=found[f.id],
            measured=measured() if reading.marks_of(f.id) else None,
            contradictions=(CONFLICT,),
            seen=(SEEN,),
            pictures=(Pictures("RCC", (Picture(PNG, "RCC, whole view", 1, 1),)),),
        )
        for f in reading.findings
    }
    given = {
        "reading": reading,
        "exam": EXAM,
        "lexicon": lexicon,
        "beside": beside,
        "breasts": breast_assessments(reading, found, sides, lexicon),
        "displays": ("uncalibrated",),
        "rules_version": table.version,
    }
    return Material(**(given | more))  # type: ignore[arg-type]


def report(reading: Reading, finding_id: str | None = None, *, identified: bool = False) -> Report:
    return report_of(material(reading), finding_id, identified=identified)
