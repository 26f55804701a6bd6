"""A guard against getting worse: what is found and measured on two small pieces, with a margin.

The figures themselves, with their spread, are in benchmarks/detection/README.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from annotator.analysis.spots.snapping import measure_spot
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.mark import SpotMeasurement
from annotator.phantom.trial import Trial
from annotator.phantom.truth import TrueCalcification
from benchmarks.detection import methods, sets
from benchmarks.detection.froc import clusters_at, found_at
from benchmarks.detection.judged import counts, judged
from benchmarks.detection.seen import Seen, presented, unprocessed

LONG = {"fine_linear", "vascular", "rod", "suture", "rim"}
PLAIN_SNR = 15
FALSE_MARKS = 10.0
"""Of two pieces together twenty: fewer would hang on a single one."""


@pytest.fixture(scope="module")
def pieces() -> tuple[Trial, ...]:
    return sets.smoke()


@pytest.mark.parametrize("view", [presented, unprocessed], ids=["presentation", "raw"])
def test_plain_calcifications_are_found_and_their_groups_are_clusters(
    pieces: tuple[Trial, ...], view: Callable[[Trial], Seen]
):
    found = [judged(piece, methods.program(view(piece))) for piece in pieces]
    plain = found_at(found, FALSE_MARKS, lambda target: target.snr >= PLAIN_SNR)
    assert plain.count > 30
    assert plain.share >= 0.75
    assert found_at(found, FALSE_MARKS).share >= 0.6
    assert clusters_at(found, 1.0).share >= 0.6


def test_training_adds_to_what_the_filter_finds(pieces: tuple[Trial, ...]):
    trained, plain = (
        found_at([judged(piece, method(presented(piece))) for piece in pieces], 1.0).share
        for method in (methods.program, methods.plain_response)
    )
    assert trained >= plain + 0.1


def test_a_click_beside_a_plain_calcification_finds_its_middle_and_size(pieces: tuple[Trial, ...]):
    near: list[bool] = []
    sizes: list[float] = []
    for piece in pieces:
        spacing = PixelSpacing(piece.spacing_mm, piece.spacing_mm, SpacingBasis.CALIBRATED)
        for calc in piece.truth.calcifications:
            if not counts(calc) or calc.kind in LONG or calc.snr < PLAIN_SNR:
                continue
            at = ImagePoint(calc.column + 0.1 / piece.spacing_mm, calc.row)
            found = measure_spot(piece.presentation, at, spacing=spacing).measurement
            near.append(found is not None and away_mm(found, calc, piece) <= 0.2)
            if near[-1] and found is not None and found.diameter_mm is not None:
                sizes.append(abs(found.diameter_mm / calc.diameter_mm - 1))
    assert len(near) > 15
    assert np.mean(near) >= 0.75
    assert np.median(sizes) <= 0.2


def away_mm(spot: SpotMeasurement, calc: TrueCalcification, piece: Trial) -> float:
    column, row = spot.center.column - calc.column, spot.center.row - calc.row
    return math.hypot(column, row) * piece.spacing_mm
