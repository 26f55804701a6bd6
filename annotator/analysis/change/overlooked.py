"""How many of the marks without a partner are really new or gone, when some were only overlooked on the other exam."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MISSED = (5.0, 45.0)
"""What is overlooked of calcifications that are there, as a Beta distribution: one in ten, give or take four in a hundred."""
_NONE_NEW, _NONE_GONE = 0.5, 0.75
"""Shares of comparisons with none at all."""
_MEAN = 4.0
"""New or gone ones where there are any."""
_LIMITS = (0.2, 0.5, 0.8)
"""Of whole numbers these take in more than they say: nearly nine in ten of pairs with truth (docs/measuring.md)."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the limits that it nearly always lies in, and the probability of 0, 1, 2 ... of them."""

    count: int
    low: int
    high: int
    shares: tuple[float, ...]

    def at_least(self, count: int) -> float:
        """Probability of so many or more."""
        return float(sum(self.shares[count:]))


def really_alone(alone: int, alone_there: int, matched: int) -> tuple[Estimate, Estimate]:
    """(new, gone) among `alone` marks now and `alone_there` marks then without partner, beside `matched` pairs.

    What is overlooked on one side is as often overlooked on the other, so few without partner then make it likely
    that those now are new.
    """
    missed = (np.arange(40) + 0.5) / 80
    a, b = _MISSED
    known = missed ** (a - 1) * (1 - missed) ** (b - 1)
    new, gone = _given(alone, matched, missed, _NONE_NEW), _given(alone_there, matched, missed, _NONE_GONE)
    return _estimate(new @ (known * gone.sum(axis=0))), _estimate(gone @ (known * new.sum(axis=0)))


def _given(alone: int, matched: int, missed: NDArray[np.float64], none: float) -> NDArray[np.float64]:
    """(alone + 1, k): how likely it is that 0, 1 ... of them are new and the others overlooked, for each `missed`."""
    new = np.arange(alone + 1)
    some = (1 - none) / _MEAN * (1 - 1 / _MEAN) ** np.maximum(new - 1, 0)
    overlooked = alone - new
    ways = np.array([math.lgamma(matched + k + 1) - math.lgamma(k + 1) for k in overlooked.tolist()])
    ways -= math.lgamma(matched + 1)
    told = ways[:, None] + overlooked[:, None] * np.log(missed) + matched * np.log1p(-missed)
    told += np.log(np.where(new == 0, none, some))[:, None]
    return np.asarray(np.exp(told - told.max()))


def _estimate(likely: NDArray[np.float64]) -> Estimate:
    shares = likely / likely.sum()
    low, middle, high = (int(np.searchsorted(np.cumsum(shares), at - 1e-9)) for at in _LIMITS)
    return Estimate(middle, low, high, tuple(shares.tolist()))
