"""Fit the judges of candidates one after the other, and keep them as plain arrays with the record of their making."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from annotator.analysis.candidates.context import NAMES as CONTEXT_NAMES
from annotator.analysis.candidates.features import NAMES as FEATURE_NAMES
from annotator.analysis.candidates.judge import read_judge
from annotator.analysis.candidates.model import Model, among_neighbours
from annotator.analysis.candidates.sieve import read_sieve
from annotator.phantom import trial
from benchmarks.detection.judging import fit_judge
from benchmarks.detection.sieving import fit_sieve

FOLDS = 2
FALSE_ROWS = {"sieve": 1000, "alone": 800, "beside": 600}
"""Of each image; which share of them are the likeliest is `HARD`, the rest weigh as much as all that are left out."""
HARD = 0.7
MOST_WEIGHT = 8.0
EPOCHS = {"sieve": 6, "alone": 10, "beside": 12}
FOLD_EPOCHS = 7
OUTSIDE_TURNS = 2
"""In how many ways judges look at images that they were not trained on."""

Arrays = dict[str, Any]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Example:
    """Peaks of one image: what was measured, whether it is a calcification, what it weighs (0: not asked).

    `likely` is by what the hard ones are chosen; `lines` are the cells of the whole image.
    """

    seed: int
    numbers: np.ndarray
    pictures: np.ndarray
    x_mm: np.ndarray
    y_mm: np.ndarray
    direction: np.ndarray
    likely: np.ndarray
    true: np.ndarray
    weight: np.ndarray
    lines: np.ndarray

    def only(self, rows: np.ndarray) -> Example:
        """Some of its peaks."""
        whole = ("seed", "lines")
        return replace(
            self, **{n: getattr(self, n)[rows] for n in self.__dataclass_fields__ if n not in whole}
        )


def fit_first(examples: Sequence[Example], tell: Tell = print, seed: int = 0) -> Arrays:
    """The arrays of the sieve."""
    rows = [drawn(e.likely, e.true, e.weight, FALSE_ROWS["sieve"], seed) for e in examples]
    return fit_sieve(
        *_together(examples, rows, [e.numbers for e in examples]),
        epochs=EPOCHS["sieve"],
        seed=seed,
        tell=tell,
    )


def fit_judges(examples: Sequence[Example], tell: Tell = print, seed: int = 0) -> dict[str, Arrays]:
    """The arrays of both judges; the second learns from what judges say of images that they were not trained on."""
    outside: list[np.ndarray] = [np.zeros(0)] * len(examples)
    seeds = sorted({e.seed for e in examples})
    fold = {s: k % FOLDS for k, s in enumerate(seeds)}
    for k in range(FOLDS):
        others = [e for e in examples if fold[e.seed] != k]
        judge = read_judge(_alone(others, seed + 1 + k, FOLD_EPOCHS, tell))
        for i, e in enumerate(examples):
            if fold[e.seed] == k:
                outside[i] = judge.odds(e.numbers, e.pictures, range(OUTSIDE_TURNS))
    return {
        "alone": _alone(examples, seed, EPOCHS["alone"], tell),
        "beside": _beside(examples, outside, seed + 1, tell),
    }


def _alone(examples: Sequence[Example], seed: int, epochs: int, tell: Tell) -> Arrays:
    rows = [drawn(e.likely, e.true, e.weight, FALSE_ROWS["alone"], seed) for e in examples]
    numbers, pictures, true, weight = _together(examples, rows, [e.numbers for e in examples])
    tell(f"{len(true)} rows of {len(examples)} images, {int(true.sum())} true")
    return fit_judge(numbers, pictures, None, true, weight, epochs=epochs, seed=seed, tell=tell)


def _beside(examples: Sequence[Example], odds: Sequence[np.ndarray], seed: int, tell: Tell) -> Arrays:
    rows, numbers, maps = [], [], []
    for e, said in zip(examples, odds, strict=True):
        chosen = drawn(said, e.true, e.weight, FALSE_ROWS["beside"], seed)
        more, around = among_neighbours(e.x_mm, e.y_mm, e.direction, said, e.lines)
        rows.append(chosen)
        numbers.append(np.concatenate([e.numbers, more], axis=1))
        maps.append(around[chosen[0]].astype(np.float16))
    columns = _together(examples, rows, numbers)
    return fit_judge(
        columns[0],
        columns[1],
        np.concatenate(maps),
        *columns[2:],
        epochs=EPOCHS["beside"],
        seed=seed + 10,
        tell=tell,
    )


def _together(
    examples: Sequence[Example],
    rows: Sequence[tuple[np.ndarray, np.ndarray]],
    numbers: Sequence[np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Numbers, pictures, truth and weight of the rows drawn from each image."""
    each = list(zip(examples, rows, numbers, strict=True))
    return (
        np.concatenate([n[chosen] for _, (chosen, _), n in each]),
        np.concatenate([e.pictures[chosen] for e, (chosen, _), _ in each]),
        np.concatenate([e.true[chosen] for e, (chosen, _), _ in each]),
        np.concatenate([weight for _, (_, weight), _ in each]),
    )


def drawn(
    likely: np.ndarray, true: np.ndarray, weight: np.ndarray, most: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """All calcifications and some of the rest, likeliest first, with weights that make up for what was left out."""
    rng = np.random.default_rng(seed)
    used = weight > 0
    calcified, false = np.flatnonzero(used & true), np.flatnonzero(used & ~true)
    false = false[np.argsort(-likely[false], kind="stable")]
    hard = int(HARD * most)
    hardest, others = false[:hard], false[hard:]
    some = others if len(others) <= most - hard else np.sort(rng.choice(others, most - hard, replace=False))
    chosen = np.concatenate([calcified, hardest, some])
    stands_for = min(MOST_WEIGHT, len(others) / max(1, len(some)))
    return chosen, np.concatenate([weight[calcified], weight[hardest], weight[some] * stands_for])


def as_model(parts: dict[str, Arrays]) -> Model:
    """As the program evaluates them; nothing is made of the odds yet."""
    return Model("", read_sieve(parts["sieve"]), read_judge(parts["alone"]), read_judge(parts["beside"]))


def write_model(file: Path, parts: dict[str, Arrays], calibration: np.ndarray, record: dict[str, Any]) -> str:
    """Write arrays and, beside them, the record of how they were made; returns the version's name."""
    names = (*FEATURE_NAMES, *CONTEXT_NAMES)
    arrays = {f"{part}_{name}": _small(v) for part, fitted in parts.items() for name, v in fitted.items()}
    arrays["calibration"] = calibration
    content = b"".join(np.ascontiguousarray(arrays[k]).tobytes() for k in sorted(arrays))
    digest = hashlib.sha256("\n".join(names).encode() + content).hexdigest()
    version = f"network-{digest[:8]}"
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays |= {"names": np.array(names), "version": np.array(version)}
    save: Callable[..., None] = np.savez_compressed
    save(file, **arrays)
    whole = {
        "version": version,
        "sha256": digest,
        "made": dt.datetime.now(dt.UTC).date().isoformat(),
        "made_by": "python -m benchmarks.detection.train",
        "trained_on": "synthetic images alone (annotator.phantom.trial)",
        "trial_version": trial.VERSION,
        "folds": FOLDS,
        "epochs": EPOCHS,
        "python": platform.python_version(),
        "numpy": np.__version__,
        **record,
    }
    file.with_suffix(".json").write_text(json.dumps(whole, indent=1) + "\n")
    return version


def _small(values: Any) -> np.ndarray:
    """Weights to three digits: half the bytes, and scores differ in the third digit."""
    made = np.asarray(values)
    return made.astype(np.float16) if made.ndim == 2 else made


def spans(seeds: Sequence[int]) -> str:
    """ "1000-1099, 10000-10059"."""
    found: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if found and seed == found[-1][1] + 1:
            found[-1][1] = seed
        else:
            found.append([seed, seed])
    return ", ".join(f"{a}-{b}" for a, b in found)
