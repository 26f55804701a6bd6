"""Train the judge of candidates anew from synthetic images and write the arrays that the program ships.

    python -m benchmarks.detection.train --cache DIR [--more 60] [--unprocessed 51] [--out FILE]

Trained on the set "train" of `sets.py` and `--more` further seeds of the same ranges, for presentation, the first
`--unprocessed` of them unprocessed too. How good it became is for the tables of `python -m benchmarks.detection` to say, on "dev" while choosing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from annotator.analysis.candidate_looks import look
from annotator.phantom.trial import Trial
from benchmarks.detection import sets
from benchmarks.detection.fit import Example, fit_passes, spans, write_model
from benchmarks.detection.judged import LARGEST_MM, LEAST_SNR, NEVER_FALSE_MM, WITHIN_MM

MORE_FROM = 10000
"""Seeds that belong to no set."""
RAW_WEIGHT = 0.6
FAINT_WEIGHT = 0.3
LEAST_TRAINED_SNR = 3.0


def examples(cache: Path, seeds: Sequence[int], unprocessed: int) -> Iterator[Example]:
    """What is seen on each trial for presentation, on the first of them unprocessed too, with what is true of it."""
    for number, seed in enumerate(seeds, start=1):
        trial = sets.trial(cache, seed)
        for raw in (False, True) if number <= unprocessed else (False,):
            made = example(trial, raw=raw)
            if made is not None:
                yield made
        print(f"\rlooked at {number} of {len(seeds)} ", end="", file=sys.stderr)
    print(file=sys.stderr)


def example(trial: Trial, *, raw: bool) -> Example | None:
    """The peaks of one image, whether each is a calcification, and what each weighs in training."""
    frame = np.asarray(trial.raw if raw else trial.presentation)
    looked = look(frame, trial.spacing_mm, inverse=raw and trial.raw_inverse)
    if looked is None:
        return None
    found, counted, beside = _true(trial, looked.column, looked.row)
    weight = np.where(found, np.where(counted, 1.0, FAINT_WEIGHT), 1.0)
    weight[beside & ~found] = 0
    return Example(
        seed=trial.seed,
        numbers=looked.numbers,
        pictures=looked.patches.astype(np.float16),
        x_mm=looked.x_mm,
        y_mm=looked.y_mm,
        direction=looked.direction,
        true=found,
        weight=weight * (RAW_WEIGHT if raw else 1.0),
    )


def _true(trial: Trial, column: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection.train", description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="folder that the trials are kept in")
    parser.add_argument("--more", type=int, default=60, help="how many further trials to train on")
    parser.add_argument(
        "--unprocessed", type=int, default=51, help="how many trials are looked at unprocessed too"
    )
    parser.add_argument("--out", type=Path, default=Path("annotator/analysis/models/candidates.npz"))
    given = parser.parse_args()
    cv2.setNumThreads(1)
    seeds = (*sets.SETS["train"].seeds, *range(MORE_FROM, MORE_FROM + given.more))
    made = list(examples(given.cache, seeds, given.unprocessed))
    record = {
        "seeds": spans(seeds),
        "seeds_unprocessed_too": spans(seeds[: given.unprocessed]),
        "ranges": "TRAINED",
        "images": len(made),
        "peaks": sum(len(e.true) for e in made),
        "calcified": int(sum((e.true & (e.weight > 0)).sum() for e in made)),
    }
    print(write_model(given.out, fit_passes(made), record))
    return 0


if __name__ == "__main__":
    sys.exit(main())
