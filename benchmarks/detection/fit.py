"""Fit both passes of the judge of candidates and keep them as plain arrays."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from annotator.analysis import candidate_context, candidate_features
from annotator.analysis.candidate_context import context
from annotator.analysis.candidate_model import LIMIT, MOST_LEAVES, SECOND_LOOKS, Judge, read_model
from annotator.phantom import trial

FOLDS = 4
NEGATIVES = 3000
"""Of each image in the first pass, drawn at random and weighing as much as all."""
TREES = {"first": 250, "second": 350}

Arrays = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """One image: what was measured of each peak, where it is, whether it is a calcification, what it weighs."""

    seed: int
    numbers: np.ndarray
    x_mm: np.ndarray
    y_mm: np.ndarray
    true: np.ndarray
    weight: np.ndarray


def fit_passes(examples: Sequence[Example], kind: str) -> Arrays:
    """Both passes as arrays by name; the second sees first scores of folds that did not train on their image."""
    rng = np.random.default_rng(0)
    drawn = [_drawn(e, rng) for e in examples]
    first = _fit(*_together(examples, drawn), kind, "first")
    folds = {seed: k % FOLDS for k, seed in enumerate(sorted({e.seed for e in examples}))}
    alone: list[np.ndarray] = [np.zeros(0)] * len(examples)
    for fold in range(FOLDS):
        others = [k for k, e in enumerate(examples) if folds[e.seed] != fold]
        judge = as_judge(
            _fit(*_together([examples[k] for k in others], [drawn[k] for k in others]), kind, "first"),
            "first",
        )
        for k, e in enumerate(examples):
            if folds[e.seed] == fold:
                alone[k] = judge.likely(e.numbers)
    rows, true, weight = [], [], []
    for e, likely in zip(examples, alone, strict=True):
        asked = np.argsort(-likely, kind="stable")[:SECOND_LOOKS]
        asked = asked[e.weight[asked] > 0]
        beside = context(e.x_mm, e.y_mm, likely, asked)
        rows.append(np.concatenate([e.numbers[asked], beside], axis=1))
        true.append(e.true[asked])
        weight.append(e.weight[asked])
    second = _fit(np.concatenate(rows), np.concatenate(true), np.concatenate(weight), kind, "second")
    return {**first, **second}


def _drawn(example: Example, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """All calcifications of an image and some of the rest, with weights that make up for what was left out."""
    used = example.weight > 0
    true, false = np.flatnonzero(used & example.true), np.flatnonzero(used & ~example.true)
    some = false if len(false) <= NEGATIVES else np.sort(rng.choice(false, NEGATIVES, replace=False))
    weight = np.concatenate([example.weight[true], example.weight[some] * (len(false) / max(1, len(some)))])
    return np.concatenate([true, some]), weight


def _together(
    examples: Sequence[Example], drawn: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.concatenate([e.numbers[chosen] for e, (chosen, _) in zip(examples, drawn, strict=True)]),
        np.concatenate([e.true[chosen] for e, (chosen, _) in zip(examples, drawn, strict=True)]),
        np.concatenate([weight for _, weight in drawn]),
    )


def _fit(rows: np.ndarray, true: np.ndarray, weight: np.ndarray, kind: str, name: str) -> Arrays:
    made = _fit_line(rows, true, weight) if kind == "line" else _fit_trees(rows, true, weight, TREES[name])
    made["calibration"] = np.array([1.0, 0.0])
    return {f"{name}_{field}": values for field, values in made.items()}


def _fit_line(rows: np.ndarray, true: np.ndarray, weight: np.ndarray) -> Arrays:
    mean = np.average(rows, axis=0, weights=weight)
    deviation = np.sqrt(np.average((rows - mean) ** 2, axis=0, weights=weight)) + 1e-6
    squeezed = np.clip((rows - mean) / deviation, -LIMIT, LIMIT)
    model = LogisticRegression(C=0.3, max_iter=400).fit(squeezed, true, sample_weight=weight)
    return {
        "mean": mean.astype(np.float32),
        "deviation": deviation.astype(np.float32),
        "weights": model.coef_[0].astype(np.float32),
        "line_start": np.float64(model.intercept_[0]),
    }


def _fit_trees(rows: np.ndarray, true: np.ndarray, weight: np.ndarray, count: int) -> Arrays:
    model = HistGradientBoostingClassifier(
        max_iter=count,
        max_leaf_nodes=MOST_LEAVES,
        learning_rate=0.06,
        min_samples_leaf=40,
        l2_regularization=3,
        early_stopping=False,
        random_state=0,
    ).fit(rows, true, sample_weight=weight)
    return flat_trees(model)


# the library tells its trees in no other way
# ruff: noqa: SLF001


def flat_trees(model: HistGradientBoostingClassifier) -> Arrays:
    """Inner nodes and leaves of all trees as the arrays of `candidate_model.Trees`."""
    column: list[int] = []
    threshold: list[float] = []
    mask: list[int] = []
    first: list[int] = []
    values = np.zeros((len(model._predictors), MOST_LEAVES), np.float32)
    for number, (predictor,) in enumerate(model._predictors):
        first.append(len(column))
        nodes = predictor.nodes
        order: list[int] = []

        def below(node: int, nodes: np.ndarray = nodes, order: list[int] = order) -> int:
            """Bits of the leaves below a node, numbered from the left."""
            if nodes[node]["is_leaf"]:
                order.append(node)
                return 1 << (len(order) - 1)
            left = below(int(nodes[node]["left"]))
            right = below(int(nodes[node]["right"]))
            column.append(int(nodes[node]["feature_idx"]))
            threshold.append(float(nodes[node]["num_threshold"]))
            mask.append(0xFFFF & ~left)
            return left | right

        below(0)
        values[number, : len(order)] = nodes["value"][order]
    return {
        "column": np.array(column, np.int16),
        # numbers are float32: round down, so that what was not above stays not above
        "threshold": _rounded_down(np.array(threshold)),
        "mask": np.array(mask, np.uint16),
        "first": np.array(first, np.int32),
        "values": values,
        "start": np.float64(np.ravel(model._baseline_prediction)[0]),
    }


def _rounded_down(values: np.ndarray) -> np.ndarray:
    made = np.clip(values, -3e38, 3e38).astype(np.float32)
    return np.asarray(np.where(made > values, np.nextafter(made, np.float32(-np.inf)), made), np.float32)


def as_judge(arrays: Arrays, name: str) -> Judge:
    """One pass as the program evaluates it."""
    names = (*candidate_features.NAMES, *candidate_context.NAMES)
    both = {**{k.replace(name, other): v for other in ("first", "second") for k, v in arrays.items()}}
    model = read_model({**both, "names": np.array(names), "version": np.array("in training")})
    return model.first


def write_model(file: Path, arrays: Arrays, seeds: Sequence[int], kind: str) -> str:
    """Write arrays and, beside them, the record of how they were made; returns the version's name."""
    names = (*candidate_features.NAMES, *candidate_context.NAMES)
    content = b"".join(np.ascontiguousarray(arrays[k]).tobytes() for k in sorted(arrays))
    digest = hashlib.sha256("\n".join(names).encode() + content).hexdigest()[:8]
    version = f"{kind}-{digest}"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(file, names=np.array(names), version=np.array(version), **arrays)
    record = {
        "version": version,
        "made": dt.datetime.now(dt.UTC).date().isoformat(),
        "kind": kind,
        "trained_on": "synthetic images alone (annotator.phantom.trial)",
        "seeds": _spans(seeds),
        "ranges": "TRAINED",
        "trial_version": trial.VERSION,
        "numbers": len(names),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit_learn": sklearn.__version__,
    }
    file.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    return version


def _spans(seeds: Sequence[int]) -> str:
    spans: list[list[int]] = []
    for seed in sorted(seeds):
        if spans and seed == spans[-1][1] + 1:
            spans[-1][1] = seed
        else:
            spans.append([seed, seed])
    return ", ".join(f"{a}-{b}" for a, b in spans)
