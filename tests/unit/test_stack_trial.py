"""Stacks with a mammogram of the same breast: what is true of one is true of the other, slice by slice."""

from __future__ import annotations

import numpy as np
import pytest

from annotator.analysis.spots.best_slice import best_slice
from annotator.model.geometry import ImagePoint
from annotator.phantom.stack_trial import StackTrial, make_stack_trial

REACH_MM = 0.2
LONG = {"vascular", "fine_linear", "rod", "suture", "rim"}
"""Kinds whose middle is no spot."""


@pytest.fixture(scope="module")
def made() -> list[StackTrial]:
    return [make_stack_trial(seed) for seed in (6, 8)]


def test_stack_and_mammogram_are_of_the_same_breast(made: list[StackTrial]):
    for trial in made:
        beside = {c.id: c for c in trial.mammogram.truth.calcifications}
        assert len(trial.frames) == trial.truth.frames
        assert trial.frames.shape[1:] == (trial.truth.rows, trial.truth.columns)
        assert len(beside) >= 0.95 * len(trial.calcifications) > 20
        for calc in trial.calcifications:
            if calc.id in beside:
                other = beside[calc.id]
                assert calc.column * trial.spacing_mm == pytest.approx(
                    other.column * trial.mammogram.spacing_mm, abs=0.15
                )
                assert calc.row * trial.spacing_mm == pytest.approx(
                    other.row * trial.mammogram.spacing_mm, abs=0.15
                )


def test_scrolling_finds_best_focus_where_the_truth_says(made: list[StackTrial]):
    """Within one slice for 95 % of those above SNR 8."""
    right = []
    for trial in made:
        frames = list(enumerate(trial.frames, start=1))
        for calc in trial.calcifications:
            if calc.snr > 8 and calc.diameter_mm <= 1.2:
                at = ImagePoint(calc.column, calc.row)
                found = best_slice(frames, at, REACH_MM / trial.spacing_mm, pixel_mm=trial.spacing_mm)
                right.append(found is not None and abs(found.frame - calc.frame) <= 1)
    assert len(right) > 80
    assert np.mean(right) >= 0.95


def test_a_slab_of_a_centimetre_shows_what_the_mammogram_shows(made: list[StackTrial]):
    in_slab = in_mammogram = 0
    for trial in made:
        beside = {c.id: c for c in trial.mammogram.truth.calcifications}
        for calc in trial.calcifications:
            if calc.kind in LONG or calc.diameter_mm > 1.2 or calc.id not in beside:
                continue
            first = max(0, calc.frame - 6)
            slab = trial.frames[first : first + 10].max(axis=0)
            in_slab += shows(slab, calc.column, calc.row, trial.spacing_mm)
            other = beside[calc.id]
            in_mammogram += shows(
                trial.mammogram.presentation, other.column, other.row, trial.mammogram.spacing_mm
            )
    assert in_mammogram > 30
    assert abs(in_slab - in_mammogram) <= 0.1 * in_mammogram


def shows(frame: np.ndarray, column: float, row: float, pixel_mm: float) -> bool:
    """Whether a spot stands out at a place of one picture."""
    return (
        best_slice([(1, frame)], ImagePoint(column, row), REACH_MM / pixel_mm, pixel_mm=pixel_mm) is not None
    )
