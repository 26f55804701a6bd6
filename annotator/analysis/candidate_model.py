"""The trained judge of candidates: arrays made by `benchmarks/detection/train.py`, evaluated here with numpy alone."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from annotator.analysis import candidate_context, candidate_features
from annotator.analysis.candidate_context import context
from annotator.analysis.candidate_features import Columns
from annotator.errors import AnnotatorError
from annotator.jobs import CancelToken

MODEL_FILE = "candidates.npz"
SECOND_LOOKS = 3000
"""So many of the likeliest are judged again beside their neighbours; the rest are not calcifications."""
MOST_LEAVES = 16
"""Of one tree: the leaves still possible are the bits of a 16-bit number."""

Scores = NDArray[np.float64]


class ModelDoesNotFit(AnnotatorError):
    """The shipped arrays are of other measurements than this program makes."""


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees as flat arrays, one row for each inner node, those of a tree together.

    Going right at a node leaves only the leaves of `mask`. `values` has a row of MOST_LEAVES for each tree; a row of
    numbers is worth `start` and the value of the leaf it ends in of every tree, as log odds.
    """

    column: NDArray[np.int16]
    threshold: NDArray[np.float32]
    mask: NDArray[np.uint16]
    first: NDArray[np.int32]
    values: NDArray[np.float32]
    start: float

    def log_odds(self, numbers: Columns, token: CancelToken | None = None) -> Scores:
        """One number for each row.

        All nodes of a tree are asked, not only those on the way: the leaf that is reached is the lowest bit left when
        every node that says "right" has struck out what lies on its left (Lucchese 2015).
        """
        by_column = np.ascontiguousarray(numbers.T)
        total = np.full(len(numbers), self.start)
        ends = np.append(self.first[1:], len(self.column))
        left = np.empty(len(numbers), np.uint16)
        for tree, (begin, end) in enumerate(zip(self.first, ends, strict=True)):
            if token is not None and tree % 32 == 0:
                token.checkpoint()
            left.fill(0xFFFF)
            for node in range(begin, end):
                goes_left = by_column[self.column[node]] <= self.threshold[node]
                # multiplying a truth by all ones is quicker than choosing between two numbers
                left &= goes_left * np.uint16(0xFFFF) | self.mask[node]
            total += self.values[tree][_LOWEST[left]]
        return total


def _lowest_bits() -> NDArray[np.uint8]:
    numbers = np.arange(1 << MOST_LEAVES, dtype=np.uint32)
    lowest = numbers & (~numbers + 1)
    found = np.zeros(len(numbers), np.uint8)
    for bit in range(MOST_LEAVES):
        found[lowest == 1 << bit] = bit
    return found


_LOWEST = _lowest_bits()


@dataclass(frozen=True, slots=True)
class Line:
    """A logistic regression: the columns, squeezed to within `LIMIT` deviations of their mean, and their weights."""

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    weights: NDArray[np.float32]
    start: float

    def log_odds(self, numbers: Columns) -> Scores:
        """One number for each row."""
        squeezed = np.clip((numbers - self.mean) / self.deviation, -LIMIT, LIMIT)
        return np.asarray(squeezed @ self.weights + self.start, np.float64)


LIMIT = 4.0


@dataclass(frozen=True, slots=True)
class Judge:
    """One pass: trees, a line, or both together, and how their sum becomes log odds that mean what they say."""

    line: Line | None
    trees: Trees | None
    slope: float
    offset: float

    def likely(self, numbers: Columns, token: CancelToken | None = None) -> Scores:
        """How likely each row is a calcification of the training images, 0..1."""
        total = np.zeros(len(numbers))
        if self.line is not None:
            total += self.line.log_odds(numbers)
        if self.trees is not None:
            total += self.trees.log_odds(numbers, token)
        return np.asarray(1 / (1 + np.exp(-np.clip(self.slope * total + self.offset, -40, 40))))


@dataclass(frozen=True, slots=True)
class Model:
    """Two passes, each one's judge: `first` by the candidate itself, `second` beside its neighbours."""

    version: str
    first: Judge
    second: Judge

    def scores(
        self,
        numbers: Columns,
        x_mm: NDArray[np.floating],
        y_mm: NDArray[np.floating],
        token: CancelToken | None = None,
    ) -> Scores:
        """How likely each candidate of one image is a calcification, 0..1; 0 for those not worth a second look."""
        made = np.zeros(len(numbers))
        if not len(numbers):
            return made
        alone = self.first.likely(numbers, token)
        asked = np.argsort(-alone, kind="stable")[:SECOND_LOOKS]
        if token is not None:
            token.checkpoint()
        beside = context(x_mm, y_mm, alone, asked)
        made[asked] = self.second.likely(np.concatenate([numbers[asked], beside], axis=1), token)
        return made


@functools.lru_cache(maxsize=1)
def shipped_model() -> Model:
    """The model that comes with the program."""
    file = resources.files("annotator.analysis") / "models" / MODEL_FILE
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        return read_model(dict(arrays))


def read_model(arrays: dict[str, NDArray[np.generic]]) -> Model:
    """A model from its arrays by name, as `train.py` writes them."""
    names = (*candidate_features.NAMES, *candidate_context.NAMES)
    if tuple(str(n) for n in arrays["names"]) != names:
        raise ModelDoesNotFit(
            f"{MODEL_FILE} was trained on other measurements than this version makes: install the program anew"
        )
    return Model(str(arrays["version"]), _judge(arrays, "first"), _judge(arrays, "second"))


def _judge(arrays: dict[str, NDArray[np.generic]], name: str) -> Judge:
    def get(field: str) -> NDArray[np.generic]:
        return arrays[f"{name}_{field}"]

    line = trees = None
    if f"{name}_weights" in arrays:
        line = Line(
            get("mean").astype(np.float32),
            get("deviation").astype(np.float32),
            get("weights").astype(np.float32),
            float(get("line_start")),
        )
    if f"{name}_mask" in arrays:
        trees = Trees(
            get("column").astype(np.int16),
            get("threshold").astype(np.float32),
            get("mask").astype(np.uint16),
            get("first").astype(np.int32),
            get("values").astype(np.float32),
            float(get("start")),
        )
    slope, offset = get("calibration").astype(np.float64)
    return Judge(line, trees, float(slope), float(offset))
