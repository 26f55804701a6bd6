"""Exams as a whole: the same for a seed, consistent across views and visits, truth where the picture shows it."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from annotator.phantom.anatomy import make_anatomy
from annotator.phantom.body import PhantomView, Side
from annotator.phantom.exams import Exam, Person, make_person, take_exam
from annotator.phantom.physics import Exposure
from annotator.phantom.placement import FULL_FIELD, Placement
from annotator.phantom.presentation import Processing
from annotator.phantom.radiograph import Radiograph, take

SEED = 5
BINNING = 4
PLAN = "98c0d227fae0a50a3de6cee78b07c225e212096d64f02e4f42f1dcdc7935c95a"


@pytest.fixture(scope="module")
def person() -> Person:
    return make_person(SEED, density="b", benign=("vascular", "milk", "rim"))


@pytest.fixture(scope="module")
def exams(person: Person) -> dict[Exam, list[Radiograph]]:
    return {exam: [r for _, r in take_exam(person, exam, binning=BINNING)] for exam in Exam}


def plan_digest(person: Person) -> str:
    plan = [
        [c.id, group.kind, *(round(v, 4) + 0.0 for v in c.centre)]
        for side in Side
        for group in person.groups[side]
        for c in group.calcifications
    ]
    return hashlib.sha256(json.dumps(plan).encode()).hexdigest()


def test_a_seed_always_means_the_same_person(person: Person):
    assert plan_digest(person) == PLAN
    assert plan_digest(make_person(SEED + 1, density="b", benign=("vascular", "milk", "rim"))) != PLAN


def test_the_same_call_gives_the_same_picture(person: Person, exams: dict[Exam, list[Radiograph]]):
    _, again = next(take_exam(person, Exam.SCREENING, binning=BINNING))
    first = exams[Exam.SCREENING][0]
    assert again.truth == first.truth
    assert np.array_equal(again.pixels, first.pixels)


def test_picture_statistics_of_the_seed_have_not_moved(exams: dict[Exam, list[Radiograph]]):
    picture = exams[Exam.SCREENING][0].pixels
    breast = picture[picture > 0]
    assert breast.size / picture.size == pytest.approx(0.2608, abs=0.005)
    assert float(breast.mean()) == pytest.approx(1411.9, rel=0.02)
    assert float(breast.std()) == pytest.approx(548.9, rel=0.03)


def test_standard_exam_has_both_breasts_in_two_views(exams: dict[Exam, list[Radiograph]]):
    for exam in (Exam.SCREENING, Exam.PRIOR):
        assert [r.truth.laterality + r.truth.view for r in exams[exam]] == ["RCC", "LCC", "RMLO", "LMLO"]


def test_nipple_points_away_from_the_chest_wall(exams: dict[Exam, list[Radiograph]]):
    for picture in exams[Exam.SCREENING]:
        chest = slice(0, 20) if picture.truth.laterality == "L" else slice(-20, None)
        assert (picture.pixels[:, chest] > 0).mean() > 0.3
        share = picture.truth.nipple_column / picture.truth.columns
        assert (share > 0.3) if picture.truth.laterality == "L" else (share < 0.7)


def test_calcifications_lie_equally_deep_behind_the_nipple_in_both_views(
    exams: dict[Exam, list[Radiograph]],
):
    depths: dict[tuple[str, str], dict[str, float]] = {}
    for picture in exams[Exam.SCREENING]:
        truth = picture.truth
        for calc in truth.calcifications:
            depth = abs(truth.nipple_column - calc.column) * truth.in_breast_mm
            depths.setdefault((truth.laterality, calc.id), {})[truth.view] = depth
    both = [d for d in depths.values() if len(d) == 2]
    assert len(both) > 0.9 * len(depths)
    assert max(abs(d["CC"] - d["MLO"]) for d in both) <= 10


def test_suspicious_group_is_in_every_view_of_one_breast(person: Person, exams: dict[Exam, list[Radiograph]]):
    for exam in Exam:
        for picture in exams[exam]:
            suspicious = [g for g in picture.truth.groups if not g.benign]
            if picture.truth.laterality != person.suspicious.value:
                assert not suspicious
                continue
            assert [(g.kind, g.distribution) for g in suspicious] == [("fine_pleo", "grouped")]
            assert suspicious[0].count >= 5


def test_prior_lacks_30_to_60_percent_of_one_group(exams: dict[Exam, list[Radiograph]]):
    for now, before in zip(exams[Exam.SCREENING], exams[Exam.PRIOR], strict=True):
        for group in now.truth.groups:
            new = {c.id for c in now.truth.calcifications if c.group == group.id}
            old = {c.id for c in before.truth.calcifications if c.group == group.id}
            if group.benign:
                continue
            assert old < new
            assert 0.3 <= 1 - len(old) / len(new) <= 0.6


def test_magnification_enlarges_pixels_not_truth(exams: dict[Exam, list[Radiograph]]):
    plain = {c.id: c for r in exams[Exam.SCREENING] if r.truth.view == "CC" for c in r.truth.calcifications}
    magnified = exams[Exam.WORKUP][0].truth
    assert magnified.magnification == 1.8
    shared = [c for c in magnified.calcifications if c.group == "S1"]
    assert len(shared) >= 15
    for calc in shared:
        assert calc.diameter_mm == pytest.approx(plain[calc.id].diameter_mm, rel=0.15)


def test_milk_of_calcium_is_a_smudge_in_cc_and_a_cup_in_ml(exams: dict[Exam, list[Radiograph]]):
    cc, ml = ({c.id: c for c in r.truth.calcifications if c.kind == "milk"} for r in exams[Exam.WORKUP])
    shared = cc.keys() & ml.keys()
    assert len(shared) >= 3
    assert all(ml[i].area_mm2 < 0.6 * cc[i].area_mm2 for i in shared)


@pytest.mark.parametrize("side", list(Side))
def test_the_picture_brightens_at_the_truth(side: Side):
    """The same exposure with and without calcifications differs where the truth says, and nowhere else."""
    person = make_person(SEED, density="c", benign=("round", "punctate"))
    anatomy = make_anatomy(person.breasts[side], PhantomView.CC, 0.42)
    placement = Placement(FULL_FIELD.binned(2), anatomy.canvas)
    given = (placement, Exposure(), Processing(), "same noise")
    with_calcs, without = (take(anatomy, groups, *given) for groups in (person.groups[side], ()))
    change = with_calcs.pixels.astype(int) - without.pixels
    strong = [c for c in with_calcs.truth.calcifications if c.snr > 15]
    assert len(strong) >= 6
    near = np.zeros(change.shape, dtype=bool)
    for calc in with_calcs.truth.calcifications:
        reach = round(calc.diameter_mm / placement.detector.pixel_mm * 5) + 30
        row, column = int(calc.row), int(calc.column)
        near[max(0, row - reach) : row + reach, max(0, column - reach) : column + reach] = True
        if calc.snr > 15:
            assert change[row - 1 : row + 2, column - 1 : column + 2].max() > 40, calc
    assert np.abs(change[~near]).max() < 60
