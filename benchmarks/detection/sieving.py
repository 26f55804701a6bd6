"""Train the sieve of `annotator.analysis.candidates.sieve`: plain numpy, minutes on two cores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from annotator.analysis.candidates.patches import symmetries
from annotator.analysis.candidates.sieve import LIMIT

FILTERS, NUMBERS, BOTH = 80, 64, 48
BATCH = 1024
RATE, DECAY = 2e-3, 2e-3
MOST_WEIGHT = 8.0
_BETA = (0.9, 0.999)

Arrays = dict[str, Any]


def fit_sieve(
    numbers: np.ndarray,
    pictures: np.ndarray,
    true: np.ndarray,
    weight: np.ndarray,
    *,
    epochs: int,
    seed: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Arrays:
    """Arrays of a sieve that says of each row whether it is true, by Adam on the log loss.

    Each batch of pictures is turned or mirrored at random.
    """
    rng = np.random.default_rng(seed)
    weight = np.minimum(weight, MOST_WEIGHT).astype(np.float32)
    mean = np.average(numbers, axis=0, weights=weight)
    deviation = np.sqrt(np.average((numbers - mean) ** 2, axis=0, weights=weight)) + 1e-6
    squeezed = np.clip((numbers - mean) / deviation, -LIMIT, LIMIT).astype(np.float32)
    at = _started(rng, squeezed.shape[1], pictures.shape[1])
    first = {k: np.zeros_like(v) for k, v in at.items()}
    second = {k: np.zeros_like(v) for k, v in at.items()}
    turns = symmetries()
    steps, done = epochs * (len(true) // BATCH), 0
    target = true.astype(np.float32)
    for epoch in range(epochs):
        order = rng.permutation(len(true))
        loss = 0.0
        for begin in range(0, len(order) - BATCH + 1, BATCH):
            rows = order[begin : begin + BATCH]
            turned = pictures[rows].astype(np.float32)[:, turns[rng.integers(len(turns))]]
            more, slopes = _slopes(at, squeezed[rows], turned, target[rows], weight[rows])
            loss += more
            done += 1
            rate = RATE * 0.5 * (1 + np.cos(np.pi * done / steps))
            _step(at, slopes, first, second, done, rate)
        tell(f"epoch {epoch + 1} of {epochs}: {loss / max(1, len(order) // BATCH):.4f}")
    return {
        "mean": mean.astype(np.float32),
        "deviation": deviation.astype(np.float32),
        **at,
        "last": at["last"][:, 0],
        "last_start": at["last_start"][0],
    }


def _started(rng: np.random.Generator, numbers: int, samples: int) -> Arrays:
    def layer(inputs: int, outputs: int, scale: float = 1.0) -> np.ndarray:
        made = rng.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs) * scale
        return np.asarray(made, np.float32)

    return {
        "filters": layer(samples, FILTERS, 0.5),
        "filters_start": np.zeros(FILTERS, np.float32),
        "numbers": layer(numbers, NUMBERS),
        "numbers_start": np.zeros(NUMBERS, np.float32),
        "both": layer(FILTERS + NUMBERS, BOTH),
        "both_start": np.zeros(BOTH, np.float32),
        "last": layer(BOTH, 1, 0.1),
        "last_start": np.full(1, -3.0, np.float32),
    }


def _slopes(
    at: Arrays, numbers: np.ndarray, pictures: np.ndarray, target: np.ndarray, weight: np.ndarray
) -> tuple[float, Arrays]:
    """Mean log loss of a batch, and its derivative by every array."""
    seen = np.maximum(pictures @ at["filters"] + at["filters_start"], 0)
    counted = np.maximum(numbers @ at["numbers"] + at["numbers_start"], 0)
    together = np.concatenate([seen, counted], axis=1)
    joined = np.maximum(together @ at["both"] + at["both_start"], 0)
    odds = (joined @ at["last"])[:, 0] + at["last_start"][0]
    likely = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    total = float(weight.sum())
    loss = float((weight * (np.logaddexp(0, odds) - target * odds)).sum()) / total
    by_odds = (weight * (likely - target) / total).astype(np.float32)[:, None]
    by_joined = by_odds @ at["last"].T * (joined > 0)
    by_together = by_joined @ at["both"].T * (together > 0)
    by_seen, by_counted = by_together[:, :FILTERS], by_together[:, FILTERS:]
    return loss, {
        "filters": pictures.T @ by_seen,
        "filters_start": by_seen.sum(axis=0),
        "numbers": numbers.T @ by_counted,
        "numbers_start": by_counted.sum(axis=0),
        "both": together.T @ by_joined,
        "both_start": by_joined.sum(axis=0),
        "last": joined.T @ by_odds,
        "last_start": by_odds.sum(axis=0),
    }


def _step(at: Arrays, slopes: Arrays, first: Arrays, second: Arrays, done: int, rate: float) -> None:
    """One step of Adam with weight decay apart (Loshchilov 2019), in place."""
    for name, slope in slopes.items():
        first[name] += (1 - _BETA[0]) * (slope - first[name])
        second[name] += (1 - _BETA[1]) * (slope**2 - second[name])
        moved = first[name] / (1 - _BETA[0] ** done)
        size = np.sqrt(second[name] / (1 - _BETA[1] ** done)) + 1e-8
        at[name] -= (rate * (moved / size + DECAY * at[name])).astype(np.float32)
