"""The trained judge of candidates: arrays made by `benchmarks/detection/train.py`, evaluated here with numpy alone."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.context import NAMES as CONTEXT_NAMES
from annotator.analysis.candidates.context import context
from annotator.analysis.candidates.features import NAMES as FEATURE_NAMES
from annotator.analysis.candidates.features import Columns
from annotator.analysis.candidates.looks import Look
from annotator.analysis.candidates.patches import symmetries
from annotator.errors import AnnotatorError
from annotator.jobs import CancelToken

MODEL_FILE = "candidates.npz"
SECOND_LOOKS = 3000
"""So many of the likeliest are judged again beside their neighbours; the rest are not calcifications."""
TURNS = (2, 8)
"""In how many ways pictures are turned and mirrored in the first and the later passes; the mean of all counts."""
LIMIT = 5.0
"""Deviations from the mean that a number is squeezed to."""

_BLOCK = 1000

Scores = NDArray[np.float64]
Arrays = Mapping[str, NDArray[np.generic]]


class ModelDoesNotFit(AnnotatorError):
    """The shipped arrays are of other measurements than this program makes."""


@dataclass(frozen=True, slots=True)
class Network:
    """A small network: filters of both pictures, a layer of the numbers, one of both together, and their sum.

    Numbers are squeezed to within LIMIT deviations of their mean. `slope` and `offset` make log odds of the sum that
    mean what they say.
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
    slope: float
    offset: float

    def likely(
        self, numbers: Columns, pictures: Columns, turns: int, token: CancelToken | None = None
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
            made[some] = self.slope * (total / turns + self.last_start) + self.offset
        return np.asarray(1 / (1 + np.exp(-np.clip(made, -40, 40))))

    def _turned(self, order: NDArray[np.int64]) -> Columns:
        turned = np.empty_like(self.filters)
        turned[order] = self.filters
        return turned


@dataclass(frozen=True, slots=True)
class Model:
    """Passes one after the other: the first judges each candidate by itself, the later ones beside its neighbours."""

    version: str
    passes: tuple[Network, ...]

    def scores(self, looked: Look, token: CancelToken | None = None) -> Scores:
        """How likely each peak of an image is a calcification, 0..1; 0 for those not worth a second look."""
        if not len(looked.peaks):
            return np.zeros(0)
        first, *later = self.passes
        likely = first.likely(looked.numbers, looked.patches, TURNS[0], token)
        for network in later:
            likely = judged_again(network, looked, likely, token)
        return likely


def judged_again(network: Network, looked: Look, likely: Scores, token: CancelToken | None = None) -> Scores:
    """How likely each peak is, now beside the likely ones around it."""
    asked = np.argsort(-likely, kind="stable")[:SECOND_LOOKS]
    beside = context(looked.x_mm, looked.y_mm, looked.direction, likely, asked)
    numbers = np.concatenate([looked.numbers[asked], beside], axis=1)
    made = np.zeros(len(likely))
    made[asked] = network.likely(numbers, looked.patches[asked], TURNS[1], token)
    return made


@functools.lru_cache(maxsize=1)
def shipped_model() -> Model:
    """The model that comes with the program."""
    file = resources.files("annotator.analysis.candidates") / "models" / MODEL_FILE
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        return read_model(dict(arrays))


def read_model(arrays: Arrays) -> Model:
    """A model from its arrays by name, as `train.py` writes them."""
    names = (*FEATURE_NAMES, *CONTEXT_NAMES)
    if tuple(str(n) for n in arrays["names"]) != names:
        raise ModelDoesNotFit(
            f"{MODEL_FILE} was trained on other measurements than this version makes: install the program anew"
        )
    count = int(arrays["passes"])
    return Model(str(arrays["version"]), tuple(read_network(arrays, f"pass{k}_") for k in range(count)))


def read_network(arrays: Arrays, prefix: str = "") -> Network:
    """One pass from the arrays whose names begin with `prefix`."""

    def get(name: str) -> Columns:
        return np.ascontiguousarray(arrays[prefix + name], np.float32)

    slope, offset = arrays[prefix + "calibration"].astype(np.float64).tolist()
    return Network(
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
        slope=slope,
        offset=offset,
    )
