"""Train the judge of candidates anew from synthetic images and write the arrays that the program ships.

    python -m benchmarks.detection.train --cache DIR [--more 420] [--crowded 300] [--unprocessed 160] [--workers 2] [--out FILE]

Trained on the set "train" of `sets.py`, `--more` further seeds of the same ranges and `--crowded` with more in the way, for
presentation, the first `--unprocessed` of them unprocessed too. Scores are made to mean what they say on the set "dev", and what
is found there goes into the record beside the arrays. An hour and a half on two cores, and 12 MB of memory for each image.
Needs PyTorch (the extra "training").
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch

from annotator.analysis.candidates.looks import look
from annotator.analysis.candidates.model import SECOND_LOOKS
from annotator.analysis.candidates.sieve import Sieve, read_sieve
from annotator.phantom.trial import Trial
from benchmarks.detection import chosen, sets
from benchmarks.detection.fit import (
    FALSE_ROWS,
    Example,
    as_model,
    drawn,
    fit_first,
    fit_judges,
    spans,
    write_model,
)
from benchmarks.detection.labels import true_of

MORE_FROM = 10000
"""Seeds that belong to no set."""
SIEVE_SEEDS = 120
"""So many of the first images train the sieve."""
RAW_WEIGHT = 0.6
FAINT_WEIGHT = 0.3


def examples(
    cache: Path, seeds: Sequence[int], unprocessed: Collection[int], sieve: Sieve | None, workers: int = 1
) -> Iterator[Example]:
    """What is seen on each trial for presentation, on some of them unprocessed too, with what is true of it.

    With a sieve the peaks that it lets through, else those that it is trained with.
    """
    wanted = [(seed, raw) for seed in seeds for raw in (False, True) if not raw or seed in unprocessed]
    with ProcessPoolExecutor(max_workers=workers) as pool:
        for number, made in enumerate(pool.map(partial(_example_of, cache, sieve), wanted), start=1):
            if made is not None:
                yield made
            print(f"\rlooked at {number} of {len(wanted)} ", end="", file=sys.stderr)
    print(file=sys.stderr)


def _example_of(cache: Path, sieve: Sieve | None, wanted: tuple[int, bool]) -> Example | None:
    cv2.setNumThreads(1)
    seed, raw = wanted
    made = example(sets.kept_or_made(cache, seed), raw=raw)
    if made is None:
        return None
    if sieve is None:
        kept, _ = drawn(made.likely, made.true, made.weight, FALSE_ROWS["sieve"], seed)
        return made.only(np.sort(kept))
    likely = sieve.likely(made.numbers, made.pictures)
    asked = np.argsort(-likely, kind="stable")[:SECOND_LOOKS]
    return replace(made, likely=likely).only(asked)


def example(trial: Trial, *, raw: bool) -> Example | None:
    """The peaks of one image, whether each is a calcification, and what each weighs in training."""
    frame = np.asarray(trial.raw if raw else trial.presentation)
    looked = look(frame, trial.spacing_mm, inverse=raw and trial.raw_inverse)
    if looked is None:
        return None
    found, counted, beside = true_of(trial, looked.column, looked.row)
    weight = np.where(found, np.where(counted, 1.0, FAINT_WEIGHT), 1.0)
    weight[beside & ~found] = 0
    return Example(
        seed=trial.seed,
        numbers=looked.numbers,
        pictures=looked.patches.astype(np.float16),
        x_mm=looked.x_mm,
        y_mm=looked.y_mm,
        direction=looked.direction,
        likely=looked.peaks.strength,
        true=found,
        weight=weight * (RAW_WEIGHT if raw else 1.0),
        lines=looked.lines.astype(np.float16),
    )


def main() -> int:
    given = _parsed()
    cv2.setNumThreads(1)
    usual = (*sets.SETS["train"].seeds, *range(MORE_FROM, MORE_FROM + given.more))
    crowded = sets.CROWDED_SEEDS[: given.crowded]
    both_ways = frozenset(usual[: given.unprocessed])
    first = examples(given.cache, usual[:SIEVE_SEEDS], both_ways, None, given.workers)
    parts = {"sieve": fit_first(list(first))}
    sieve = read_sieve(parts["sieve"])
    made = list(examples(given.cache, (*usual, *crowded), both_ways, sieve, given.workers))
    record = {
        "seeds": spans(usual),
        "seeds_crowded": spans(crowded),
        "seeds_unprocessed_too": spans(sorted(both_ways)),
        "seeds_of_the_sieve": spans(usual[:SIEVE_SEEDS]),
        "ranges": "TRAINED, CROWDED",
        "images": len(made),
        "peaks": sum(len(e.true) for e in made),
        "calcified": int(sum((e.true & (e.weight > 0)).sum() for e in made)),
        "torch": torch.__version__,
    }
    parts |= fit_judges(made)
    calibration, record["dev"] = chosen.calibrated(as_model(parts), given.cache, given.workers)
    print(write_model(given.out, parts, calibration, record))
    return 0


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection.train", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--cache", type=Path, required=True, help="folder that the trials are kept in")
    parser.add_argument("--more", type=int, default=420, help="how many further trials to train on")
    parser.add_argument("--crowded", type=int, default=300, help="how many trials with more in the way")
    parser.add_argument(
        "--unprocessed", type=int, default=160, help="how many trials are looked at unprocessed too"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that look at trials")
    parser.add_argument(
        "--out", type=Path, default=Path("annotator/analysis/candidates/models/candidates.npz")
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
