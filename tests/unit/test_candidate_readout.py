"""Rows and columns of the detector that were read out a little off."""

from __future__ import annotations

import numpy as np
import pytest

from annotator.analysis.candidates.readout import even_readout

PIXEL_MM = 0.07
ROWS, COLUMNS = 900, 700


def ground(seed: int = 3) -> np.ndarray:
    """Slow tissue in noise of deviation 1."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    tissue = 6 * np.sin(rows / 90) * np.cos(columns / 60)
    return (tissue + np.random.default_rng(seed).normal(0, 1, (ROWS, COLUMNS))).astype(np.float32)


def evened(values: np.ndarray, inside: np.ndarray | None = None) -> np.ndarray:
    made = values.copy()
    even_readout(made, np.ones(values.shape, np.uint8) if inside is None else inside, PIXEL_MM)
    return made


def left_over(made: np.ndarray, plain: np.ndarray, line: tuple[slice, slice]) -> float:
    return float(abs((made - plain)[line].mean()))


@pytest.mark.parametrize("amount", [1.5, -1.5])
@pytest.mark.parametrize("wide", [1, 2])
@pytest.mark.parametrize("upright", [True, False])
def test_a_misread_line_is_evened(amount: float, wide: int, upright: bool):
    plain = ground()
    line = (
        (slice(200, None), slice(333, 333 + wide)) if upright else (slice(333, 333 + wide), slice(None, 600))
    )
    values = plain.copy()
    values[line] += amount
    made = evened(values)
    assert left_over(values, plain, line) == pytest.approx(1.5, abs=1e-3)
    assert left_over(made, plain, line) < 0.25
    changed = np.abs(made - values) > 0
    changed[line] = False
    assert changed.mean() < 0.002


def test_what_is_even_stays_as_it_is():
    plain = ground()
    assert (evened(plain) != plain).mean() < 0.002


def test_a_short_bright_piece_is_no_misread_line():
    values = ground()
    values[300:430, 350] += 4  # 9 mm: a straight cast, say
    np.testing.assert_array_equal(evened(values)[300:430, 350], values[300:430, 350])


def test_an_upright_vessel_keeps_its_height():
    values = ground()
    columns = np.arange(COLUMNS)
    values += (8 * np.exp(-0.5 * ((columns - 350) / 6) ** 2)).astype(np.float32)
    made = evened(values)
    assert abs((made - values)[:, 330:370]).max() < 1.6


def test_a_line_that_leaves_the_breast_is_evened_within_it():
    plain = ground()
    inside = np.zeros((ROWS, COLUMNS), np.uint8)
    inside[:, :400] = 1
    values = plain.copy()
    values[400] += 2
    made = evened(values, inside)
    assert left_over(made, plain, (slice(400, 401), slice(0, 330))) < 0.3
    np.testing.assert_array_equal(made[:, 460:], values[:, 460:])


def test_a_picture_too_small_to_tell_stays_as_it_is():
    values = ground()[:150, :150]
    values[:, 70] += 3
    np.testing.assert_array_equal(evened(values), values)
