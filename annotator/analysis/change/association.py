"""Which points of two sets belong to one another, one to one at most, from how likely each pair is by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_ROUNDS = 60
_SETTLED = 1e-4
_LARGEST = 1e12


def pair_chances(weights: Matrix) -> Matrix:
    """Probability (n, m) that i and j are a pair, when each has one partner or none.

    `weights` (n, m): how much likelier it is that i and j are one than that both stand alone. Exact where no two
    pairs compete; elsewhere by passing messages, which is near to it and always settles (Williams and Lau 2014).
    """
    weights = np.minimum(weights, _LARGEST)
    to_rows = np.ones_like(weights)
    for _ in range(_ROUNDS):
        pulled = weights * to_rows
        to_columns = weights / (1 + pulled.sum(axis=1, keepdims=True) - pulled)
        before = to_rows
        to_rows = 1 / (1 + to_columns.sum(axis=0, keepdims=True) - to_columns)
        if float(np.abs(to_rows - before).max(initial=0)) < _SETTLED:
            break
    pulled = weights * to_rows
    return np.asarray(pulled / (1 + pulled.sum(axis=1, keepdims=True)))


def agreement(weights: Matrix, chances: Matrix) -> float:
    """Logarithm of the weight of all pairings together (0: as likely as nothing being paired), after Bethe."""
    weights = np.minimum(weights, _LARGEST)
    inside = np.clip(chances, 1e-300, 1 - 1e-12)
    alone_rows = np.clip(1 - chances.sum(axis=1), 1e-12, 1)
    alone_columns = np.clip(1 - chances.sum(axis=0), 1e-12, 1)
    paired = chances * (np.log(np.maximum(weights, 1e-300)) - np.log(inside))
    free = (1 - inside) * np.log(1 - inside)
    alone = -(alone_rows * np.log(alone_rows)).sum() - (alone_columns * np.log(alone_columns)).sum()
    return float(paired.sum() + free.sum() + alone)
