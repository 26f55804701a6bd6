"""Trials: a seed means one view, its truth lies on its pixels, and what is in the way is named."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from annotator.phantom.body import PhantomView, Side
from annotator.phantom.distractors import on_the_breast
from annotator.phantom.physics import moved
from annotator.phantom.texture import Field, as_field, stream
from annotator.phantom.trial import ELSEWHERE, TRAINED, Circumstances, Trial, draw_circumstances, make_trial
from annotator.phantom.trial_ranges import DetectorKind, Intervals, Ranges
from tests.unit.test_phantom_anatomy import spectral_exponent

SEED = 1015
TRUTH = "5b63e9c999e9026de0fea8ee68b5c64385685cb131046b89c8f8bdf4f27fbe7f"
COARSE = replace(TRAINED, detectors=(DetectorKind(1147, 957, 0.2),))


@pytest.fixture(scope="module")
def made() -> Trial:
    return make_trial(SEED)


def circumstances(seed: int, ranges: Ranges) -> Circumstances:
    return draw_circumstances(seed, stream(seed, "trial", "circumstances"), ranges)


def truth_digest(trial: Trial) -> str:
    plan = [
        [c.id, c.kind, *(round(v, 2) + 0.0 for v in (c.column, c.row, c.diameter_mm, c.z_mm))]
        for c in trial.truth.calcifications
    ]
    return hashlib.sha256(json.dumps(plan).encode()).hexdigest()


def test_the_truth_of_a_seed_is_frozen(made: Trial):
    assert truth_digest(made) == TRUTH


def test_the_picture_of_a_seed_keeps_its_statistics(made: Trial):
    breast = made.presentation[made.presentation > 0]
    assert breast.size / made.presentation.size == pytest.approx(0.1916, abs=0.005)
    assert float(breast.mean()) == pytest.approx(357.8, rel=0.02)
    assert float(breast.std()) == pytest.approx(167.8, rel=0.03)
    assert made.raw_state == "log"
    assert float(made.raw.mean()) == pytest.approx(1106.9, rel=0.02)


def test_coverage_lies_where_the_truth_says(made: Trial):
    assert len(made.patches) == len(made.truth.calcifications) > 15
    for calc, patch in zip(made.truth.calcifications, made.patches, strict=True):
        area = float(patch.coverage.sum()) * made.spacing_mm**2
        assert area == pytest.approx(calc.area_mm2, rel=1e-3)
        rows, columns = np.indices(patch.coverage.shape)
        weight = patch.coverage / patch.coverage.sum()
        assert patch.left + float((weight * (columns + 0.5)).sum()) == pytest.approx(calc.column, abs=0.01)
        assert patch.top + float((weight * (rows + 0.5)).sum()) == pytest.approx(calc.row, abs=0.01)


@pytest.mark.parametrize("seed", [2, 5])
def test_calcifications_stand_out_on_both_kinds_of_picture(seed: int):
    """They are brighter for presentation, and in unprocessed values on the side that the trial names."""
    trial = make_trial(seed, COARSE)
    sign = -1 if trial.raw_inverse else 1
    lifted: dict[str, list[float]] = {"presentation": [], "raw": []}
    for calc, patch in zip(trial.truth.calcifications, trial.patches, strict=True):
        if calc.snr < 25 or calc.diameter_mm > 2 or calc.kind == "skin":
            continue
        rows, columns = patch.coverage.shape
        reach = np.s_[patch.top - 3 : patch.top + rows + 3, patch.left - 3 : patch.left + columns + 3]
        on = np.pad(patch.coverage, 3)
        for name, image, side in (("presentation", trial.presentation, 1), ("raw", trial.raw, sign)):
            values = image[reach].astype(float) * side
            lifted[name].append(float((values * on).sum() / on.sum() - np.median(values[on == 0])))
    assert len(lifted["raw"]) >= 5
    for name, lifts in lifted.items():
        assert np.mean(np.array(lifts) > 0) > 0.9, name


def test_linear_pieces_have_an_axis_within_what_they_cover():
    axes = 0
    for seed in range(20, 40):
        trial = make_trial(seed, COARSE)
        for patch in trial.patches:
            if not patch.axis:
                continue
            axes += 1
            assert patch.width_mm is not None
            for column, row in patch.axis:
                assert patch.left - 1 <= column <= patch.left + patch.coverage.shape[1] + 1
                assert patch.top - 1 <= row <= patch.top + patch.coverage.shape[0] + 1
        if axes > 60:
            break
    assert axes > 60


def test_trials_differ_as_machines_and_people_do():
    drawn = [circumstances(seed, TRAINED) for seed in range(300)]
    assert {d.breast.density for d in drawn} == set("abcd")
    assert {d.view for d in drawn} == set(PhantomView)
    assert {d.breast.side for d in drawn} == set(Side)
    assert {d.detector.pixel_mm for d in drawn} == {0.065, 0.07, 0.085, 0.1}
    per_pixel = [d.exposure.quanta / (d.detector.pixel_mm / 0.07) ** 2 for d in drawn]
    assert 700 <= min(per_pixel) < 800
    assert 2400 < max(per_pixel) <= 2600
    assert 0 < sum(d.exposure.motion_mm > 0 for d in drawn) < 40


@pytest.mark.parametrize("name", ["quanta", "thickness_mm", "enhancement", "scatter"])
def test_elsewhere_is_beside_what_was_trained_on(name: str):
    apart: tuple[Intervals, Intervals] = getattr(ELSEWHERE, name), getattr(TRAINED, name)
    for low, high in apart[0]:
        assert all(high <= a or low >= b for a, b in apart[1])
    assert not {d.pixel_mm for d in ELSEWHERE.detectors} & {d.pixel_mm for d in TRAINED.detectors}


def test_a_quarter_of_the_trials_has_nothing_suspicious():
    tiny = replace(TRAINED, detectors=(DetectorKind(291, 224, 0.8),))
    made = [make_trial(seed, tiny) for seed in range(24)]
    without = sum(all(g.benign for g in trial.truth.groups) for trial in made)
    assert 1 <= without <= 13
    assert all(trial.truth.groups for trial in made)


def test_what_is_in_the_way_is_named_and_is_never_calcification(made: Trial):
    kinds = [d.kind for d in made.defects]
    assert 10 <= sum(kind in ("few counts", "many counts") for kind in kinds) <= 20
    for defect in made.defects:
        if defect.kind == "few counts":
            row, column = int(defect.row), int(defect.column)
            about = made.presentation[row - 2 : row + 3, column - 2 : column + 3]
            assert about.max() >= np.median(about) + 3
    assert not {c.kind for c in made.truth.calcifications} & set(kinds)


def test_every_distractor_on_the_breast_is_drawn_sooner_or_later():
    inside = np.zeros((600, 400), dtype=np.float32)
    inside[:, :250] = 1
    seen: set[str] = set()
    for seed in range(120):
        attenuation = as_field(2 * inside)
        before = attenuation.copy()
        found = on_the_breast(stream(seed, "try"), attenuation, inside, PhantomView.MLO, 0.2)
        seen.update(d.kind for d in found)
        assert bool(found) == bool((attenuation != before).any())
    assert seen == {"skin fold", "deodorant", "hair", "clip"}


def test_motion_draws_out_along_its_direction():
    spot: Field = np.zeros((41, 41), dtype=np.float32)
    spot[20, 20] = 1
    drawn = moved(spot, 8, 90)
    assert float(drawn.sum()) == pytest.approx(1, rel=1e-5)
    rows = np.arange(41) - 20
    spread = [math.sqrt(float((drawn.sum(axis=axis) * rows**2).sum())) for axis in (1, 0)]
    assert spread[0] == pytest.approx(8 / math.sqrt(12), rel=0.1)
    assert spread[1] < 0.1
    assert moved(spot, 0, 90) is spot


def test_the_tissue_of_trials_has_the_spectrum_of_tissue(made: Trial):
    """The realism gate: 2.9 to 3.6 behind the nipple, of the logarithm of the raw values."""
    others = replace(TRAINED, detectors=(DetectorKind(2294, 1914, 0.1, scintillator=True),))
    exponents = [
        behind_the_nipple(trial) for trial in (made, make_trial(1006, others), make_trial(1010, others))
    ]
    assert 2.9 <= float(np.mean(exponents)) <= 3.6


def behind_the_nipple(trial: Trial) -> float:
    log = -np.log(trial.raw + 1.0) if trial.raw_inverse else trial.raw.astype(float)
    half, back = (int(mm / trial.spacing_mm) for mm in (18, 42))
    column = int(trial.nipple[0] + (back if trial.truth.laterality == "R" else -back))
    row = int(trial.nipple[1])
    return spectral_exponent(log[row - half : row + half, column - half : column + half], trial.spacing_mm)
