"""What a trained judge is worth on the set "dev": scores that mean what they say, and the figures of its record."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from annotator.analysis.candidates.find import best_of_each_spot
from annotator.analysis.candidates.looks import look
from annotator.analysis.candidates.model import Model
from benchmarks.detection import sets
from benchmarks.detection.froc import RATES, clusters_at, found_at, threshold
from benchmarks.detection.judged import Judged, judged
from benchmarks.detection.labels import true_of
from benchmarks.detection.seen import Marks, presented, unprocessed

ROUNDS = 30
"""Of Newton's method; it stands still after some ten."""

Told = tuple[Judged, np.ndarray, np.ndarray]


def calibrated(model: Model, cache: Path, workers: int) -> tuple[np.ndarray, dict[str, Any]]:
    """(slope, offset) of the log odds, fitted on images for presentation, and what is found at which rate of false marks."""
    told = {}
    for name, raw in (("for_presentation", False), ("unprocessed", True)):
        with ProcessPoolExecutor(max_workers=workers) as pool:
            told[name] = list(pool.map(partial(_told, cache, model, raw), sets.SETS["dev"].seeds))
    shown = told["for_presentation"]
    odds, true = (np.concatenate([one[k] for one in shown]) for k in (1, 2))
    slope, offset = straight_odds(odds, true)
    level = threshold([one[0].false for one in shown], 1.0)
    figures: dict[str, Any] = {
        "seeds": "1500-1519",
        "score_at_1_false_mark": round(float(1 / (1 + np.exp(-(slope * _odds(level) + offset)))), 3),
        "false_marks_per_image": list(RATES),
    }
    for name, looked in told.items():
        figures[name] = _figures([one[0] for one in looked])
    return np.array([slope, offset]), figures


def straight_odds(odds: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """Slope and offset that make log odds mean what they say: logistic regression on one number."""
    design = np.stack([odds, np.ones(len(odds))], axis=1)
    at = np.array([1.0, 0.0])
    for _ in range(ROUNDS):
        likely = 1 / (1 + np.exp(-np.clip(design @ at, -40, 40)))
        spread = likely * (1 - likely)
        at = at + np.linalg.solve(design.T @ (design * spread[:, None]), design.T @ (true - likely))
    return float(at[0]), float(at[1])


def _told(cache: Path, model: Model, raw: bool, seed: int) -> Told:
    """A trial judged by the model; the log odds of what is told, and whether each is a calcification."""
    cv2.setNumThreads(1)
    trial = sets.trial(cache, seed)
    seen = unprocessed(trial) if raw else presented(trial)
    looked = look(seen.frame, seen.pixel_mm, inverse=seen.inverse)
    if looked is None:
        none = np.zeros(0)
        return judged(trial, Marks(none, none, none)), none, none
    peaks, likely = best_of_each_spot(looked, model.scores(looked))
    column, row = looked.column[peaks], looked.row[peaks]
    found, _, beside = true_of(trial, column, row)
    plain = found | ~beside
    return judged(trial, Marks(column, row, likely)), _odds(likely[plain]), found[plain].astype(np.float64)


def _odds(likely: np.ndarray | float) -> Any:
    held = np.clip(likely, 1e-9, 1 - 1e-9)
    return np.log(held / (1 - held))


def _figures(images: Sequence[Judged]) -> dict[str, Any]:
    strata = {
        "found_snr_5": (5.0, np.inf),
        "found_snr_5_8": (5.0, 8.0),
        "found_snr_8_15": (8.0, 15.0),
        "found_snr_15_more": (15.0, np.inf),
    }
    made: dict[str, Any] = {}
    for name, (least, below) in strata.items():
        shares = (found_at(images, r, lambda t, a=least, b=below: a <= t.snr < b) for r in RATES)  # type: ignore[misc]
        made[name] = [round(one.share, 3) for one in shares]
    made["clusters_at_0.2"] = round(clusters_at(images, 0.2).share, 3)
    return made
