"""Counts, lengths and places of the findings of the sample exams against what is true of them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from annotator.bootstrap import make_workspace
from annotator.imaging.dicom_file import read_image
from annotator.model import edits
from annotator.model.finding import (
    Assessment,
    Change,
    Distribution,
    Morphology,
    Reading,
    Recommendation,
    SaidLength,
    Spread,
    Stage,
)
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo, Laterality
from annotator.model.mark import MarkKind
from annotator.model.measured import Half
from annotator.model.seen_on_image import NipplePlace
from annotator.settings import Settings
from annotator.workspace import Workspace

ESTIMATED_MM, PLACED_MM = 5.0, 0.1
"""How far a distance from the nipple may be off: with the nipple estimated, and placed where it is."""


class Exam:
    """A sample exam with its truth, and a reading that marks each calcification where it is."""

    def __init__(self, folder: Path, workspace: Workspace) -> None:
        self.workspace = workspace
        (self.info,) = workspace.group_exams(workspace.list_images([folder]).images)
        self.truth = {
            info.sop_instance_uid: json.loads(
                info.path.with_suffix(".truth.json").read_text(encoding="utf-8")
            )
            for info in self.info.images
        }

    def reading(self, *groups: str, stage: Stage | None = None, measured: bool = False) -> Reading:
        """One finding for each group, marked in every view; `measured` as a click would."""
        reading = Reading(id="r", reader="a", study_instance_uid=self.info.study_instance_uid, stage=stage)
        for group in groups:
            reading, finding = edits.add_finding(reading)
            for info in self.info.images:
                frames: dict[int, object] = {}
                for one in self.truth[info.sop_instance_uid]["calcifications"]:
                    if one["group"] != group:
                        continue
                    number = one.get("frame", 1)
                    point, spot = ImagePoint(one["column"], one["row"]), None
                    if measured:
                        if number not in frames:
                            frames[number] = read_image(info.path, number).frame(number)
                        spot = self.workspace.spots.measure(info, frames[number], point).measurement
                    kind = MarkKind.MACRO if one["kind"] == "rim" else MarkKind.MICRO
                    reading, _ = edits.add_mark(reading, finding.id, info.key(number), point, kind, spot)
        return reading

    def with_nipples(self, reading: Reading) -> Reading:
        """The reading with every nipple where it is."""
        for info in self.info.images:
            true = self.truth[info.sop_instance_uid]
            point = ImagePoint(true["nipple_column"], true["nipple_row"])
            reading = edits.place_nipple(reading, NipplePlace(info.key(), point, info.spacing))
        return reading

    def true_distance(self, uid: str, group: str) -> float:
        """Millimetres from the true nipple to the middle of a group."""
        true = self.truth[uid]
        mine = [(c["column"], c["row"]) for c in true["calcifications"] if c["group"] == group]
        column, row = np.mean(mine, axis=0)
        pixels = math.hypot(column - true["nipple_column"], row - true["nipple_row"])
        return float(pixels * true["in_breast_mm"])


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    database = f"sqlite:///{tmp_path_factory.mktemp('places') / 'readings.db'}"
    return make_workspace(Settings(database=database, reader="a"))


@pytest.fixture(scope="module")
def exams(sample_dicoms: Path, workspace: Workspace) -> dict[str, Exam]:
    names = ("screening", "prior", "workup", "tomosynthesis")
    return {name: Exam(sample_dicoms / name, workspace) for name in names}


GROUPS = {
    "screening": ("S1", "B2", "B1", "B3"),
    "prior": ("S1", "B2", "B1", "B3"),
    "tomosynthesis": ("S1", "B2"),
}


@pytest.mark.parametrize("name", GROUPS)
def test_distances_from_the_nipple_are_true_within_what_is_said(name: str, exams: dict[str, Exam]):
    exam = exams[name]
    reading = exam.reading(*GROUPS[name])
    exam.workspace.find_breasts(reading, exam.info)
    for placed, tolerance in ((False, ESTIMATED_MM), (True, PLACED_MM)):
        now = exam.with_nipples(reading) if placed else reading
        for finding, group in zip(now.findings, GROUPS[name], strict=True):
            measured = exam.workspace.measured(now, finding.id, exam.info)
            assert measured.nipple_placed is placed
            assert len(measured.on_images) == 2
            for one in measured.on_images:
                assert one.nipple_distance is not None
                true = exam.true_distance(one.sop_instance_uid, group)
                assert one.nipple_distance.value == pytest.approx(true, abs=tolerance)
            distances = [one.nipple_distance.value for one in measured.on_images]
            assert measured.nipple_distance.value == max(distances)


def test_extents_and_counts_are_those_of_the_fullest_view(exams: dict[str, Exam]):
    exam = exams["screening"]
    reading = exam.reading("S1")
    measured = exam.workspace.measured(reading, reading.findings[0].id, exam.info)
    reach = []
    for true in exam.truth.values():
        mine = np.array([(c["column"], c["row"]) for c in true["calcifications"] if c["group"] == "S1"])
        if len(mine):
            between = mine[:, None] - mine[None]
            reach.append(float(np.hypot(between[..., 0], between[..., 1]).max()) * true["in_breast_mm"])
    assert (measured.count, measured.marks_per_image) == (40, 20)
    assert max(reach) > 10 > 0.9 * max(reach)
    assert 15 <= measured.in_circle < 20
    assert measured.extent.value == pytest.approx(max(reach), abs=1e-6)


def test_halves_are_those_of_the_truth_and_no_quadrant_is_guessed_from_an_oblique_view(
    exams: dict[str, Exam],
):
    """The milk of calcium lies in the upper inner quadrant: the ML shows it above the nipple, the MLO below."""
    exam = exams["screening"]
    reading = exam.reading("S1", "B2")
    exam.workspace.find_breasts(reading, exam.info)
    suspicious, milk = (exam.workspace.measured(reading, f.id, exam.info) for f in reading.findings)
    assert {one.view: one.half for one in suspicious.on_images} == {"CC": Half.OUTER, "MLO": Half.UPPER}
    assert {one.view: one.half for one in milk.on_images} == {"CC": Half.INNER, "MLO": Half.LOWER}
    lateral = next(t for t in exams["workup"].truth.values() if t["view"] == "ML")
    rows = [c["row"] for c in lateral["calcifications"] if c["group"] == "B2"]
    assert np.mean(rows) < lateral["nipple_row"]
    assert milk.quadrant is None


def test_magnification_views_give_sizes_and_extents_but_no_place(exams: dict[str, Exam]):
    exam = exams["workup"]
    reading = exam.with_nipples(exam.reading("S1"))
    exam.workspace.find_breasts(reading, exam.info)
    measured = exam.workspace.measured(reading, reading.findings[0].id, exam.info)
    assert measured.extent is not None
    assert (measured.nipple_distance, measured.depth, measured.quadrant, measured.outside_breast) == (
        None,
    ) * 4


def test_marks_in_the_air_are_counted_and_those_at_the_skin_are_not(exams: dict[str, Exam]):
    exam = exams["screening"]
    info = next(i for i in exam.info.images if i.label == "RCC")
    true = exam.truth[info.sop_instance_uid]
    reading, finding = edits.add_finding(exam.reading())
    # stored with the chest wall at the right edge
    near = 1.0 / true["in_breast_mm"]
    for away in (-near, 15 * near):
        point = ImagePoint(true["nipple_column"] - away, true["nipple_row"])
        reading, _ = edits.add_mark(reading, finding.id, info.key(), point, MarkKind.MICRO)
    unknown = Workspace.measured(make_workspace(exam.workspace.settings), reading, finding.id, exam.info)
    assert unknown.outside_breast is None
    exam.workspace.find_breasts(reading, exam.info)
    assert exam.workspace.measured(reading, finding.id, exam.info).outside_breast == 1


def described(reading: Reading, at: int, **said) -> Reading:
    return edits.describe(reading, reading.findings[at].id, spread=Spread.ONE_SITE, **said)


_RIGHT = {"laterality": Laterality.RIGHT, "size": MarkKind.MICRO, "distributions": (Distribution.GROUPED,)}
_FINE = _RIGHT | {"morphology": (Morphology.FINE_PLEO,)}
_VESSEL = {
    "laterality": Laterality.LEFT,
    "size": MarkKind.MICRO,
    "distributions": (Distribution.LINEAR,),
    "morphology": (Morphology.VASCULAR,),
    "certain": True,
    "assessment": Assessment.BENIGN,
    "recommendation": Recommendation.ROUTINE_SCREENING,
}
_RIM = _VESSEL | {
    "size": MarkKind.MACRO,
    "distributions": (Distribution.SINGLE,),
    "morphology": (Morphology.RIM,),
}
_RECALL = {
    "assessment": Assessment.INCOMPLETE,
    "recommendation": Recommendation.MAGNIFICATION_VIEWS,
}
_FIRST = {"change": Change.NO_PRIOR}
TEN = (
    ("screening", "S1", Stage.SCREEN, True, _FINE | _RECALL | {"change": Change.INCREASED}),
    ("screening", "B2", Stage.SCREEN, True, _RIGHT | _RECALL | {"morphology": (Morphology.AMORPHOUS,), "change": Change.STABLE_2Y}),
    ("screening", "B1", Stage.SCREEN, True, _VESSEL | {"change": Change.STABLE_2Y}),
    ("screening", "B3", Stage.SCREEN, True, _RIM | {"change": Change.STABLE_2Y}),
    ("prior", "S1", Stage.SCREEN, False, _FINE | _RECALL | _FIRST),
    ("prior", "B1", Stage.SCREEN, False, _VESSEL | _FIRST),
    ("prior", "B3", Stage.SCREEN, False, _RIM | _FIRST),
    ("workup", "S1", Stage.WORKUP, True, _FINE | {"change": Change.INCREASED, "assessment": Assessment.MODERATE_SUSPICION, "recommendation": Recommendation.BIOPSY}),
    ("workup", "B2", Stage.WORKUP, True, _RIGHT | {"morphology": (Morphology.MILK,), "certain": True, "change": Change.STABLE_2Y, "assessment": Assessment.BENIGN, "recommendation": Recommendation.ROUTINE_SCREENING}),
    ("tomosynthesis", "S1", Stage.SCREEN, False, _FINE | _RECALL | _FIRST),
)  # fmt: skip
"""Exam, group, stage, whether there is an earlier exam, and what a careful reader says."""


@pytest.mark.parametrize(
    ("name", "group", "stage", "earlier", "said"), TEN, ids=[f"{t[0]}-{t[1]}" for t in TEN]
)
def test_nothing_contradicts_itself_in_ten_findings_that_are_described_well(
    name: str, group: str, stage: Stage, earlier: bool, said: dict, exams: dict[str, Exam]
):
    exam = exams[name]
    reading = described(exam.reading(group, stage=stage, measured=True), 0, **said)
    exam.workspace.find_breasts(reading, exam.info)
    finding = reading.findings[0].id
    measured = exam.workspace.measured(reading, finding, exam.info)
    shown = {
        "depth": measured.depth,
        "quadrant": measured.quadrant,
        "extent": measured.extent and SaidLength(round(measured.extent.value), measured.extent.basis),
        "nipple_distance": measured.nipple_distance
        and SaidLength(round(measured.nipple_distance.value), measured.nipple_distance.basis),
    }
    reading = edits.describe(reading, finding, **shown)
    told = exam.workspace.contradictions(reading, finding, exam.info, earlier_exam=earlier)
    assert [one.text for one in told] == []


def test_the_same_findings_said_of_the_other_breast_contradict_their_images(exams: dict[str, Exam]):
    exam = exams["screening"]
    reading = described(exam.reading("S1"), 0, laterality=Laterality.LEFT)
    told = exam.workspace.contradictions(reading, reading.findings[0].id, exam.info)
    assert [one.id for one in told] == ["laterality_image"]
    assert told[0].text == "Said to lie in the left breast, but marked on images of the right breast."


def test_an_earlier_exam_is_known_once_it_was_read(exams: dict[str, Exam], tmp_path: Path):
    workspace = make_workspace(Settings(database=f"sqlite:///{tmp_path / 'read.db'}", reader="a"))
    screening, prior = exams["screening"].info, exams["prior"].info

    def read(exam: ExamInfo) -> None:
        from annotator.model.history import Act

        opened = workspace.open_reading(exam.study_instance_uid, exam)
        after, _ = edits.add_finding(opened.reading)
        workspace.save(after, based_on=opened.revision, act=Act.EDIT, label="Begin F1")

    assert workspace.was_read_before(screening) is False
    read(screening)
    assert workspace.was_read_before(screening) is False
    assert workspace.was_read_before(prior) is False
    read(prior)
    assert workspace.was_read_before(screening) is True
    assert workspace.was_read_before(prior) is False
    workspace.close()
