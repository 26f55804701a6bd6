"""Fit the passes of the judge of candidates, and keep them as plain arrays with the record of their making."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotator.analysis.candidates.context import NAMES as CONTEXT_NAMES
from annotator.analysis.candidates.context import context
from annotator.analysis.candidates.features import NAMES as FEATURE_NAMES
from annotator.analysis.candidates.model import SECOND_LOOKS, Network
from annotator.phantom import trial
from benchmarks.detection.network import as_network, fit_network

FOLDS = 2
FALSE_ROWS = (1000, 1000)
"""Of each image, in the first and the later passes: half the strongest, half drawn and weighing as much as all others."""
EPOCHS = (6, 6)
FOLD_EPOCHS = 4
TRAINING_TURNS = 1

Arrays = dict[str, Any]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Example:
    """One image: what was measured of each peak, whether it is a calcification, what it weighs (0: not asked)."""

    seed: int
    numbers: np.ndarray
    pictures: np.ndarray
    x_mm: np.ndarray
    y_mm: np.ndarray
    direction: np.ndarray
    true: np.ndarray
    weight: np.ndarray


def fit_passes(
    examples: Sequence[Example], tell: Tell = print, seed: int = 0, passes: int = 2
) -> list[Arrays]:
    """The arrays of each pass; a later one sees scores of networks that did not train on the image."""
    fitted: list[Arrays] = []
    likely: list[np.ndarray] | None = None
    for number in range(passes):
        later = number > 0
        fitted.append(_fit(examples, likely, list(range(len(examples))), seed + number, tell, EPOCHS[later]))
        if number + 1 == passes:
            break
        seeds = sorted({e.seed for e in examples})
        fold = [seeds.index(e.seed) % FOLDS for e in examples]
        outside: list[np.ndarray] = [np.zeros(0)] * len(examples)
        for k in range(FOLDS):
            others = [i for i, f in enumerate(fold) if f != k]
            network = as_network(_fit(examples, likely, others, seed + 100 + k, tell, FOLD_EPOCHS))
            for i, f in enumerate(fold):
                if f == k:
                    outside[i] = _judge(network, examples[i], likely[i] if later and likely else None)
        likely = outside
    return fitted


def _judge(network: Network, example: Example, likely: np.ndarray | None) -> np.ndarray:
    if likely is None:
        return network.likely(example.numbers, example.pictures, TRAINING_TURNS)
    asked = np.argsort(-likely, kind="stable")[:SECOND_LOOKS]
    made = np.zeros(len(likely))
    rows = _beside(example, likely, asked)
    made[asked] = network.likely(rows, example.pictures[asked], TRAINING_TURNS)
    return made


def _beside(example: Example, likely: np.ndarray, asked: np.ndarray) -> np.ndarray:
    beside = context(example.x_mm, example.y_mm, example.direction, likely, asked)
    return np.concatenate([example.numbers[asked], beside], axis=1)


def _fit(
    examples: Sequence[Example],
    likely: Sequence[np.ndarray] | None,
    chosen: Sequence[int],
    seed: int,
    tell: Tell,
    epochs: int,
) -> Arrays:
    rng = np.random.default_rng(seed)
    rows, pictures, true, weight = [], [], [], []
    for k in chosen:
        e = examples[k]
        if likely is None:
            asked = np.arange(len(e.true))
        else:
            asked = np.argsort(-likely[k], kind="stable")[:SECOND_LOOKS]
        drawn, worth = _drawn(e.true[asked], e.weight[asked], FALSE_ROWS[likely is not None], rng)
        asked = asked[drawn]
        rows.append(e.numbers[asked] if likely is None else _beside(e, likely[k], asked))
        pictures.append(e.pictures[asked].astype(np.float16))
        true.append(e.true[asked])
        weight.append(worth)
    tell(f"{sum(map(len, true))} rows of {len(chosen)} images, {sum(int(t.sum()) for t in true)} true")
    return fit_network(
        np.concatenate(rows),
        np.concatenate(pictures),
        np.concatenate(true),
        np.concatenate(weight),
        epochs=epochs,
        seed=seed,
        tell=tell,
    )


def _drawn(
    true: np.ndarray, weight: np.ndarray, most: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """All calcifications and some of the rest, strongest first, with weights that make up for what was left out."""
    used = weight > 0
    calcified, false = np.flatnonzero(used & true), np.flatnonzero(used & ~true)
    strongest, others = false[: most // 2], false[most // 2 :]
    some = others if len(others) <= most // 2 else np.sort(rng.choice(others, most // 2, replace=False))
    chosen = np.concatenate([calcified, strongest, some])
    stands_for = len(others) / max(1, len(some))
    return chosen, np.concatenate([weight[calcified], weight[strongest], weight[some] * stands_for])


def write_model(file: Path, passes: Sequence[Arrays], record: dict[str, Any]) -> str:
    """Write arrays and, beside them, the record of how they were made; returns the version's name."""
    names = (*FEATURE_NAMES, *CONTEXT_NAMES)
    arrays = {f"pass{k}_{name}": _small(v) for k, fitted in enumerate(passes) for name, v in fitted.items()}
    content = b"".join(np.ascontiguousarray(arrays[k]).tobytes() for k in sorted(arrays))
    digest = hashlib.sha256("\n".join(names).encode() + content).hexdigest()
    version = f"network-{digest[:8]}"
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays |= {"names": np.array(names), "version": np.array(version), "passes": np.array(len(passes))}
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
        "epochs": list(EPOCHS),
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
