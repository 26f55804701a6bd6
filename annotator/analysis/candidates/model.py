"""The trained judges of candidates: arrays made by `benchmarks/detection/train.py`, evaluated here with numpy alone."""

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
from annotator.analysis.candidates.judge import Judge, Odds, read_judge
from annotator.analysis.candidates.looks import Look
from annotator.analysis.candidates.neighbour_maps import neighbour_maps
from annotator.analysis.candidates.sieve import Sieve, read_sieve
from annotator.errors import AnnotatorError
from annotator.jobs import CancelToken

MODEL_FILE = "candidates.npz"
SECOND_LOOKS = 3600
"""So many of the likeliest are looked at closely; the rest are not calcifications."""
TURNS = (1, 2)
"""In how many ways pictures are turned and mirrored without and with their neighbours; the mean of all counts."""
LAST_LOOKS, LAST_TURNS = 1200, (4, 8)
"""So many of the likeliest are looked at in more ways."""

Scores = NDArray[np.float64]
Arrays = Mapping[str, NDArray[np.generic]]


class ModelDoesNotFit(AnnotatorError):
    """The shipped arrays are of other measurements than this program makes."""


@dataclass(frozen=True, slots=True)
class Model:
    """A sieve for all peaks, a judge of each by itself, and one of each beside its neighbours.

    `slope` and `offset` make log odds that mean what they say.
    """

    version: str
    sieve: Sieve
    alone: Judge
    beside: Judge
    slope: float = 1.0
    offset: float = 0.0

    def scores(self, looked: Look, token: CancelToken | None = None) -> Scores:
        """How likely each peak of an image is a calcification, 0..1; 0 for those not worth a second look."""
        made = np.zeros(len(looked.peaks))
        if not len(made):
            return made
        likely = self.sieve.likely(looked.numbers, looked.patches, token)
        asked = np.argsort(-likely, kind="stable")[:SECOND_LOOKS]
        numbers, pictures = looked.numbers[asked], looked.patches[asked]
        x, y, direction = looked.x_mm[asked], looked.y_mm[asked], looked.direction[asked]
        odds = _in_turn(self.alone, numbers, pictures, None, (TURNS[0], LAST_TURNS[0]), token)
        more, maps = among_neighbours(x, y, direction, odds, looked.lines)
        numbers = np.concatenate([numbers, more], axis=1)
        odds = _in_turn(self.beside, numbers, pictures, maps, (TURNS[1], LAST_TURNS[1]), token)
        made[asked] = chances(self.slope * odds + self.offset)
        return made


def _in_turn(
    judge: Judge,
    numbers: Columns,
    pictures: Columns,
    maps: NDArray[np.float32] | None,
    turns: tuple[int, int],
    token: CancelToken | None,
) -> Odds:
    """Log odds of all in the first ways, and of the likeliest in more of them."""
    first, most = turns
    odds = judge.odds(numbers, pictures, range(first), maps, token)
    last = np.argsort(-odds, kind="stable")[:LAST_LOOKS]
    beside = None if maps is None else maps[last]
    others = judge.odds(numbers[last], pictures[last], range(first, most), beside, token)
    odds[last] = (first * odds[last] + (most - first) * others) / most
    return odds


def among_neighbours(
    x_mm: NDArray[np.floating],
    y_mm: NDArray[np.floating],
    direction: NDArray[np.floating],
    odds: NDArray[np.floating],
    lines: NDArray[np.floating],
) -> tuple[Columns, NDArray[np.float32]]:
    """What neighbours and lines say of each candidate, as numbers and as maps."""
    numbers = context(x_mm, y_mm, direction, chances(odds), np.arange(len(odds)))
    return numbers, neighbour_maps(x_mm, y_mm, odds, lines)


def chances(odds: NDArray[np.floating]) -> Scores:
    """Log odds as chances, 0..1."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -40, 40))), np.float64)


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
    slope, offset = arrays["calibration"].astype(np.float64).tolist()
    return Model(
        version=str(arrays["version"]),
        sieve=read_sieve(arrays, "sieve_"),
        alone=read_judge(arrays, "alone_"),
        beside=read_judge(arrays, "beside_"),
        slope=slope,
        offset=offset,
    )
