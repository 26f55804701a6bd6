"""Which places of a trial are calcifications: what the judge of candidates is trained with."""

from __future__ import annotations

import cv2
import numpy as np

from annotator.phantom.trial import Trial
from benchmarks.detection.judged import LARGEST_MM, LEAST_SNR, NEVER_FALSE_MM, WITHIN_MM

LEAST_TRAINED_SNR = 3.0


def true_of(trial: Trial, column: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which places find a calcification, which of these one that counts, and which lie on or beside one."""
    found, counted, beside = (np.zeros(len(column), np.bool_) for _ in range(3))
    for calc, patch in zip(trial.truth.calcifications, trial.patches, strict=True):
        away = np.hypot(column - calc.column, row - calc.row) * trial.spacing_mm
        hit = away <= WITHIN_MM + calc.diameter_mm / 2
        beside |= hit
        if calc.snr >= LEAST_TRAINED_SNR:
            found |= hit
        if calc.snr >= LEAST_SNR and calc.diameter_mm <= LARGEST_MM:
            counted |= hit
        beside |= _on(patch.coverage > 0, column - patch.left, row - patch.top, trial.spacing_mm)
    return found, counted, beside


def _on(covered: np.ndarray, column: np.ndarray, row: np.ndarray, pixel_mm: float) -> np.ndarray:
    """Which places lie on covered pixels or within `NEVER_FALSE_MM` of them."""
    margin = int(np.ceil(NEVER_FALSE_MM / pixel_mm))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin + 1, 2 * margin + 1))
    wide = cv2.copyMakeBorder(
        covered.astype(np.uint8), margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0
    )
    wide = cv2.dilate(wide, disc)
    i, j = np.floor(row).astype(int) + margin, np.floor(column).astype(int) + margin
    within = (i >= 0) & (j >= 0) & (i < wide.shape[0]) & (j < wide.shape[1])
    made = np.zeros(len(column), np.bool_)
    made[within] = wide[i[within], j[within]] > 0
    return made
