"""The first judge of candidates, of all peaks of an image: quick, and generous."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.features import Columns
from annotator.analysis.candidates.patches import symmetries
from annotator.jobs import CancelToken

LIMIT = 5.0
"""Deviations from the mean that a number is squeezed to."""
TURNS = 2
"""In how many ways pictures are turned; the mean of all counts."""

_BLOCK = 1000

Scores = NDArray[np.float64]
Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Sieve:
    """Filters of both pictures, a layer of the numbers, one of both together, and their sum.

    Numbers are squeezed to within LIMIT deviations of their mean.
    """

    mean: Columns
    deviation: Columns
    filters: Columns
    filters_start: Columns
    numbers: Columns
    numbers_start: Columns
    both: Columns
    both_start: Columns
    last: Columns
    last_start: float

    def likely(
        self, numbers: Columns, pictures: Columns, token: CancelToken | None = None, turns: int = TURNS
    ) -> Scores:
        """How likely each row is a calcification of the training images, 0..1."""
        made = np.empty(len(numbers))
        # turning the filters once is cheaper than turning every picture
        turned = [self._turned(order) for order in symmetries()[:turns]]
        split = self.filters.shape[1]
        for begin in range(0, len(numbers), _BLOCK):
            if token is not None:
                token.checkpoint()
            some = slice(begin, begin + _BLOCK)
            squeezed = np.clip((numbers[some] - self.mean) / self.deviation, -LIMIT, LIMIT)
            by_number = np.maximum(squeezed @ self.numbers + self.numbers_start, 0) @ self.both[split:]
            total = np.zeros(len(squeezed), np.float32)
            for filters in turned:
                seen = np.maximum(pictures[some] @ filters + self.filters_start, 0)
                joined = np.maximum(seen @ self.both[:split] + by_number + self.both_start, 0)
                total += joined @ self.last
            made[some] = total / turns + self.last_start
        return np.asarray(1 / (1 + np.exp(-np.clip(made, -40, 40))))

    def _turned(self, order: NDArray[np.int64]) -> Columns:
        turned = np.empty_like(self.filters)
        turned[order] = self.filters
        return turned


def read_sieve(arrays: Arrays, prefix: str = "") -> Sieve:
    """The sieve from the arrays whose names begin with `prefix`."""

    def get(name: str) -> Columns:
        return np.ascontiguousarray(arrays[prefix + name], np.float32)

    return Sieve(
        mean=get("mean"),
        deviation=get("deviation"),
        filters=get("filters"),
        filters_start=get("filters_start"),
        numbers=get("numbers"),
        numbers_start=get("numbers_start"),
        both=get("both"),
        both_start=get("both_start"),
        last=get("last"),
        last_start=float(arrays[prefix + "last_start"]),
    )
