"""Readings of the sample exams that between them hold everything a written object has to say."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread

from annotator.analysis.findings.measured import FindingMeasurer
from annotator.exchange.outgoing import Outgoing
from annotator.imaging.collection import group_exams, list_images
from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.candidate import Candidate, CandidateHint
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
from annotator.model.geometry import ImagePoint, Orientation, SpacingBasis, convex_hull
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ExamInfo, ImageInfo, ImageKey, Laterality
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.model.pseudonym import Pseudonyms
from annotator.model.seen_on_image import (
    ChestWall,
    MarkedPixels,
    NipplePlace,
    RecallReason,
    TechnicalRecall,
)
from annotator.model.signing import Signature, SignedFinding
from annotator.rules import follow_up, load_rules

SAMPLES = Path(__file__).resolve().parents[1] / "sample_dicoms"
PSEUDONYMS = Pseudonyms(bytes(range(32)))


MARKED_IMAGES = {
    "single": 1,
    "cluster": 1,
    "several views": 2,
    "tomosynthesis frame": 1,
    "no spacing": 1,
    "magnification": 2,
    "non-Latin": 1,
    "500 marks": 1,
    "everything": 2,
}
"""On how many images something is drawn, by the names of `matrix`."""


def matrix(folder: Path, *, identified: bool = False) -> dict[str, Outgoing]:
    """A reading for each thing an object can be wrong about, by name; images that had to be made lie in `folder`.

    single, cluster, several views, tomosynthesis frame, no spacing, magnification, non-Latin comments, 500 marks,
    described (nothing marked), everything. Behind pseudonyms unless `identified`.
    """
    made: dict[str, Callable[[], Outgoing]] = {
        "single": lambda: _single(identified),
        "cluster": lambda: _cluster(identified),
        "several views": lambda: _several_views(identified),
        "tomosynthesis frame": lambda: _tomosynthesis_frame(identified),
        "no spacing": lambda: _no_spacing(folder, identified),
        "magnification": lambda: _magnification(identified),
        "non-Latin": lambda: _non_latin(identified),
        "500 marks": lambda: _many(500, identified),
        "described": lambda: _described(identified),
        "everything": lambda: _everything(identified),
    }
    return {name: make() for name, make in made.items()}


def going_out(reading: Reading, exam: ExamInfo, *, identified: bool = False) -> Outgoing:
    """A reading as `annotator.reporting.outgoing` makes it ready, without a database."""
    measurer, table = FindingMeasurer(), load_rules()
    told = {one.id: follow_up(reading.described(one.id), table) for one in reading.findings}
    return Outgoing(
        reading=reading,
        exam=exam,
        lexicon=load_lexicon(reading.lexicon_edition),
        rules_version=table.version,
        measured={one.id: measurer.of(reading, one.id, exam) for one in reading.findings},
        follow_ups={
            one.id: told[one.id] if one.assessment is not None else told[one.id].before_choice()
            for one in reading.findings
        },
        name=PSEUDONYMS.exam(reading.study_instance_uid),
        patient=PSEUDONYMS.patient("sample"),
        displays=("uncalibrated display",),
        pseudonyms=None if identified else PSEUDONYMS,
    )


@cache
def sample_exam(name: str) -> ExamInfo:
    """One of the sample exams: screening, workup, prior or tomosynthesis."""
    return group_exams(list_images([SAMPLES / name]).images)[0]


@cache
def truth(exam: str, view: str) -> Mapping[str, Any]:
    """What is known of an image of the sample exams."""
    read: Mapping[str, Any] = json.loads((SAMPLES / exam / f"{view}.truth.json").read_text())
    return read


def image_of(exam: ExamInfo, name: str) -> ImageInfo:
    """The image in the file of that name."""
    return next(info for info in exam.images if info.path.stem == name)


def begun(exam: ExamInfo, reader: str = "Reader One", edition: str = "5") -> Reading:
    """A reading of an exam in which nothing is said."""
    return Reading(
        id=edits.new_id(),
        reader=reader,
        study_instance_uid=exam.study_instance_uid,
        lexicon_edition=edition,
    )


def mark_group(
    reading: Reading, finding_id: str, exam: ExamInfo, view: str, group: str, *, most: int = 100
) -> Reading:
    """Mark and measure the calcifications of one group of the truth, and tie them together where there are several."""
    info = image_of(exam, view)
    folder = info.path.parent.name
    known = [one for one in truth(folder, view)["calcifications"] if one["group"] == group][:most]
    ids, key = [], info.key()
    for one in known:
        key = info.key(one.get("frame", 1))
        place = ImagePoint(one["column"], one["row"])
        measured = spot(place, one["diameter_mm"], info)
        reading, mark = edits.add_mark(reading, finding_id, key, place, MarkKind.MICRO, measured)
        ids.append(mark.id)
    if len(ids) > 1:
        around = [point for i in ids for point in _outline_of(reading, i)]
        reading, _ = edits.add_cluster(reading, finding_id, key, convex_hull(around), ids, info.spacing)
    return reading


def spot(place: ImagePoint, diameter_mm: float, info: ImageInfo) -> SpotMeasurement:
    """A measurement of a spot of a known size, as a click gives it: an outline at half height, lengths with their basis."""
    scale = info.spacing.mean_mm if info.spacing else 0.07
    radius = diameter_mm / scale / 2
    angles = np.linspace(0, 2 * math.pi, 16, endpoint=False)
    outline = tuple(
        ImagePoint(place.column + 1.2 * radius * math.cos(a), place.row + 0.8 * radius * math.sin(a))
        for a in angles
    )
    plain = SpotMeasurement(
        center=ImagePoint(place.column + 0.12, place.row - 0.07),
        diameter_px=2 * radius,
        uncertainty_px=0.21,
        major_px=2.4 * radius,
        minor_px=1.6 * radius,
        orientation_deg=0.5,
        circularity=0.93,
        contrast=231.7,
        cnr=11.3,
        outline=outline,
        level=0.5,
    )
    if info.spacing is None:
        return plain
    mm = info.spacing.mean_mm
    return replace(
        plain,
        diameter_mm=plain.diameter_px * mm,
        uncertainty_mm=plain.uncertainty_px * mm,
        major_mm=plain.major_px * mm,
        minor_mm=plain.minor_px * mm,
        basis=info.spacing.basis,
    )


def _outline_of(reading: Reading, mark_id: str) -> tuple[ImagePoint, ...]:
    measured = reading.mark(mark_id).measurement
    return () if measured is None else measured.outline


def _single(identified: bool) -> Outgoing:
    exam = sample_exam("screening")
    reading, finding = edits.add_finding(begun(exam))
    reading = mark_group(reading, finding.id, exam, "RCC", "B2", most=1)
    reading = edits.describe(
        reading,
        finding.id,
        size=MarkKind.MACRO,
        distributions=(Distribution.SINGLE,),
        laterality=Laterality.RIGHT,
        assessment=Assessment.BENIGN,
        recommendation=Recommendation.ROUTINE_SCREENING,
        recommended_months=24,
    )
    return going_out(reading, exam, identified=identified)


def _suspicious(reading: Reading, finding_id: str) -> Reading:
    return edits.describe(
        reading,
        finding_id,
        morphology=(Morphology.FINE_PLEO,),
        distributions=(Distribution.GROUPED,),
        laterality=Laterality.RIGHT,
        change=Change.INCREASED,
        quadrant=Quadrant.UPPER_INNER,
        clock_face=2,
        depth=Depth.MIDDLE,
        extent=SaidLength(8.5, SpacingBasis.AT_DETECTOR),
        assessment=Assessment.MODERATE_SUSPICION,
        recommendation=Recommendation.BIOPSY,
    )


def _cluster(identified: bool) -> Outgoing:
    exam = sample_exam("screening")
    reading, finding = edits.add_finding(edits.set_stage(begun(exam), Stage.SCREEN))
    reading = mark_group(reading, finding.id, exam, "RCC", "S1")
    return going_out(_suspicious(reading, finding.id), exam, identified=identified)


def _several_views(identified: bool) -> Outgoing:
    exam = sample_exam("screening")
    reading, finding = edits.add_finding(edits.set_stage(begun(exam, edition="v2025"), Stage.SCREEN))
    for view in ("RCC", "RMLO"):
        reading = mark_group(reading, finding.id, exam, view, "S1")
    reading = _suspicious(reading, finding.id)
    reading, second = edits.add_finding(reading)
    for view in ("RCC", "RMLO"):
        reading = mark_group(reading, second.id, exam, view, "B2")
    # not yet given a category: nothing of the table may leave
    reading = edits.describe(reading, second.id, morphology=(Morphology.MILK,), change=Change.STABLE_2Y)
    return going_out(reading, exam, identified=identified)


def _tomosynthesis_frame(identified: bool) -> Outgoing:
    exam = sample_exam("tomosynthesis")
    reading, finding = edits.add_finding(begun(exam))
    reading = mark_group(reading, finding.id, exam, "RCC-tomo", "S1")
    reading = _suspicious(reading, finding.id)
    reading, loose = edits.add_finding(reading)
    stack = image_of(exam, "RCC-tomo")
    for frame, column in ((3, 100.25), (3, 120.5), (4, 140.0)):
        place = ImagePoint(column, 400.75)
        reading, _ = edits.add_mark(reading, loose.id, stack.key(frame), place, MarkKind.MACRO)
    return going_out(reading, exam, identified=identified)


def _no_spacing(folder: Path, identified: bool) -> Outgoing:
    dataset = dcmread(SAMPLES / "tomosynthesis" / "RCC.dcm")
    for keyword in ("ImagerPixelSpacing", "PixelSpacing", "EstimatedRadiographicMagnificationFactor"):
        if keyword in dataset:
            delattr(dataset, keyword)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "2.25.4711"
    dataset.StudyInstanceUID = "2.25.4712"
    place = folder / "no spacing"
    place.mkdir(parents=True, exist_ok=True)
    dataset.save_as(place / "RCC.dcm")
    exam = group_exams(list_images([place]).images)[0]
    reading, finding = edits.add_finding(begun(exam))
    info, ids = exam.images[0], []
    for one in truth("tomosynthesis", "RCC")["calcifications"][:7]:
        point = ImagePoint(one["column"], one["row"])
        measured = spot(point, one["diameter_mm"], info)
        reading, mark = edits.add_mark(reading, finding.id, info.key(), point, MarkKind.MICRO, measured)
        ids.append(mark.id)
    around = [point for i in ids for point in _outline_of(reading, i)]
    reading, _ = edits.add_cluster(reading, finding.id, info.key(), convex_hull(around), ids, info.spacing)
    return going_out(_suspicious(reading, finding.id), exam, identified=identified)


def _magnification(identified: bool) -> Outgoing:
    exam = sample_exam("workup")
    reading, finding = edits.add_finding(edits.set_stage(begun(exam), Stage.WORKUP))
    for view in ("RMCC", "RMML"):
        reading = mark_group(reading, finding.id, exam, view, "S1")
    return going_out(_suspicious(reading, finding.id), exam, identified=identified)


def _non_latin(identified: bool) -> Outgoing:
    exam = sample_exam("screening")
    reading, finding = edits.add_finding(begun(exam, reader="Ζωή Παπαδοπούλου"))
    reading = mark_group(reading, finding.id, exam, "LCC", "B3")
    reading = edits.describe(
        reading,
        finding.id,
        morphology=(Morphology.RIM,),
        certain=True,
        assessment=Assessment.BENIGN,
        comment="Ölzyste, „Eierschale“ \\ ^ = <b>\nΔιάμετρος ≈ 4 мм, 石灰化 微小, تكلس 🙂\tEnd ",  # noqa: RUF001
    )
    recall = TechnicalRecall(exam.images[0].sop_instance_uid, (RecallReason.MOTION,), "размыто 下")
    return going_out(edits.recall_view(reading, recall), exam, identified=identified)


def _many(count: int, identified: bool) -> Outgoing:
    exam = sample_exam("screening")
    reading, finding = edits.add_finding(begun(exam))
    info, rng = image_of(exam, "RCC"), np.random.default_rng(500)
    ids = []
    for column, row, size in rng.uniform((1500, 800, 0.2), (2500, 2500, 0.8), (count, 3)).tolist():
        place = ImagePoint(column, row)
        measured = spot(place, size, info)
        kind = MarkKind.MICRO if size < 0.5 else MarkKind.MACRO
        reading, mark = edits.add_mark(reading, finding.id, info.key(), place, kind, measured)
        ids.append(mark.id)
    hull = convex_hull([reading.mark(i).point for i in ids])
    reading, _ = edits.add_cluster(reading, finding.id, info.key(), hull, ids, info.spacing)
    reading = edits.describe(
        reading, finding.id, distributions=(Distribution.DIFFUSE,), assessment=Assessment.BENIGN
    )
    return going_out(reading, exam, identified=identified)


def _described(identified: bool) -> Outgoing:
    exam = sample_exam("prior")
    reading, finding = edits.add_finding(edits.set_stage(begun(exam), Stage.FU12))
    reading = edits.describe(
        reading,
        finding.id,
        morphology=(Morphology.ROUND, Morphology.PUNCTATE),
        distributions=(Distribution.DIFFUSE,),
        spread=Spread.BILATERAL,
        change=Change.STABLE_LT2Y,
        laterality=Laterality.BOTH,
        assessment=Assessment.PROBABLY_BENIGN,
        recommendation=Recommendation.TWELVE_MONTHS,
    )
    return going_out(reading, exam, identified=identified)


def _everything(identified: bool) -> Outgoing:
    """Everything said that can be said, of a finding, of images, of candidates, and signed twice."""
    exam = sample_exam("screening")
    reading, finding = edits.add_finding(edits.set_stage(begun(exam), Stage.SCREEN))
    reading = edits.finish_first_pass(reading)
    reading = mark_group(reading, finding.id, exam, "RCC", "S1", most=6)
    reading = _linear_piece(reading, finding.id, image_of(exam, "RMLO"))
    corners = (ImagePoint(1500.0, 1400.0), ImagePoint(1600.5, 1400.0), ImagePoint(1550.0, 1500.25))
    reading, _ = edits.add_cluster(reading, finding.id, image_of(exam, "RMLO").key(), corners)
    reading = edits.describe(
        reading,
        finding.id,
        stage=Stage.WORKUP,
        size=MarkKind.MICRO,
        morphology=(Morphology.UNCHARACTERISED, Morphology.FINE_LINEAR),
        distributions=(Distribution.SEGMENTAL, Distribution.LINEAR),
        spread=Spread.ONE_SITE,
        change=Change.MORPH_CHANGED,
        certain=True,
        known_cancer_here=True,
        adjacent_cancer=True,
        priors_requested=True,
        laterality=Laterality.RIGHT,
        quadrant=Quadrant.AXILLARY_TAIL,
        clock_face=11,
        depth=Depth.POSTERIOR,
        nipple_distance=SaidLength(61.0),
        extent=SaidLength(12.5, SpacingBasis.AT_DETECTOR),
        associated=(Associated.MASS, Associated.TRABECULAR_THICKENING),
        certainty=Certainty.MODERATE,
        assessment=Assessment.HIGHLY_SUGGESTIVE,
        recommendation=Recommendation.BIOPSY,
        recommended_months=0,
        kept=("milk without lateral", "single many"),
        comment="seen on both views",
    )
    reading, bare = edits.add_finding(reading)
    reading = edits.describe(reading, bare.id, change=Change.NO_PRIOR)
    reading = _seen_on_images(reading, exam)
    return going_out(_signed(reading), exam, identified=identified)


def _linear_piece(reading: Reading, finding_id: str, info: ImageInfo) -> Reading:
    place = ImagePoint(1795.86, 1669.49)
    axis = tuple(ImagePoint(place.column + 4.1 * step, place.row + 0.3 * step) for step in (-1, 0, 1))
    measured = replace(spot(place, 0.3, info), axis=axis, length_px=8.2, width_px=2.1, level=0.4)
    measured = replace(measured, length_mm=8.2 * 0.07, width_mm=2.1 * 0.07)
    return edits.add_mark(reading, finding_id, info.key(), place, MarkKind.MICRO, measured)[0]


def _seen_on_images(reading: Reading, exam: ExamInfo) -> Reading:
    cc, mlo, other = (image_of(exam, name) for name in ("RCC", "RMLO", "LCC"))
    reading = edits.place_nipple(reading, NipplePlace(cc.key(), ImagePoint(1322.2097, 1670.5), cc.spacing))
    wall = (ImagePoint(2100.0, 0.0), ImagePoint(2559.5, 1400.125))
    reading = edits.draw_chest_wall(reading, ChestWall(mlo.key(), wall, mlo.spacing))
    recall = TechnicalRecall(
        other.sop_instance_uid,
        (RecallReason.NIPPLE_NOT_IN_PROFILE, RecallReason.TISSUE_MISSED),
        "fold below",
    )
    reading = edits.recall_view(reading, recall)
    hung = HangingChoice(
        other.sop_instance_uid, Laterality.LEFT, "CC", ("M",), Orientation(flip_columns=True)
    )
    reading = edits.choose_hanging(reading, hung)
    reading = edits.keep_pixels(reading, [MarkedPixels(cc.key(), "0123456789abcdef" * 4)])
    candidate = Candidate(
        "c" * 32, cc.key(), ImagePoint(1904.3, 1539.5), 0.97, 3.7, 0.26, CandidateHint.ARTERY, True
    )
    taken = edits.AcceptedCandidate(candidate, candidate.point, MarkKind.MICRO)
    reading, _ = edits.accept_candidates(reading, reading.findings[0].id, "3", [taken])
    other_one = replace(candidate, id="d" * 32, hint=None, diameter_mm=None, in_pectoral=False)
    return edits.reject_candidates(reading, "3", [other_one])


def _signed(reading: Reading) -> Reading:
    table = load_rules()
    beside = tuple(
        SignedFinding(
            finding_id=one.id,
            follow_up=follow_up(reading.described(one.id), table),
            assessment=one.assessment,
        )
        for one in reading.findings
        if one.assessment is not None
    )
    for version, reason in ((1, ""), (2, "Seen again with the workup")):
        signature = Signature(
            version=version,
            reader=reading.reader,
            at=f"2024-03-1{version}T10:00:00Z",
            reason=reason,
            content="ab" * 32,
            program_version="0.1.0",
            lexicon_edition="5",
            lexicon_version="1.0.0",
            rules_version=table.version,
            rules="cd" * 32,
            display="uncalibrated display",
            findings=beside,
        )
        if version > 1:
            reading = edits.amend(reading, reason)
        reading = edits.sign(reading, signature)
    return edits.amend(reading, "one more look")


def stack_key(outgoing: Outgoing) -> ImageKey:
    """The first marked frame, for a test that asks about frames."""
    return outgoing.reading.marks[0].image
