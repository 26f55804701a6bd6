"""How well marks are put in groups, and how often the suggested distribution word is the one they were drawn by.

Sets are drawn from the words' definitions in a plane, not from phantoms: what is tested is geometry alone. Some marks
are missed, others are strays, and the nipple is known to 2 mm. Seeds: TRAIN made the trees, DEV chose among them,
TEST was never looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.model.finding import Distribution

Points = NDArray[np.float64]

WORDS = (
    Distribution.LINEAR,
    Distribution.SEGMENTAL,
    Distribution.GROUPED,
    Distribution.REGIONAL,
    Distribution.DIFFUSE,
)
TRAIN, DEV, TEST = 41_000, 41_500, 42_000
MISSED = 0.12
NIPPLE_SD_MM = 2.0


@dataclass(frozen=True)
class Breast:
    """Half an ellipse with the chest wall at x = 0 and the nipple, as it was placed, near (depth, middle)."""

    depth: float
    height: float
    middle: float
    nipple: tuple[float, float]

    @property
    def area(self) -> float:
        return math.pi * self.depth * self.height / 4

    def holds(self, points: Points, margin: float = 3.0) -> NDArray[np.bool_]:
        off = (points - (0, self.middle)) / (self.depth - margin, self.height / 2 - margin)
        inside: NDArray[np.bool_] = (off**2).sum(axis=1) <= 1
        return inside & (points[:, 0] >= margin)


@dataclass(frozen=True)
class NoisySet:
    """The marks of one finding, the word they were drawn by, and the breast around them."""

    points: Points
    word: Distribution
    breast: Breast


def make_breast(rng: np.random.Generator) -> Breast:
    depth = rng.uniform(60, 115)
    height = depth * rng.uniform(1.5, 2.1)
    middle = height / 2 + rng.uniform(0, 30)
    off = rng.normal(0, NIPPLE_SD_MM, 2)
    return Breast(depth, height, middle, (float(depth + off[0]), float(middle + off[1])))


def _somewhere(rng: np.random.Generator, breast: Breast, margin: float) -> NDArray[np.float64]:
    while True:
        at = rng.uniform(
            (0, breast.middle - breast.height / 2), (breast.depth, breast.middle + breast.height / 2)
        )
        if breast.holds(at[None], margin)[0]:
            return np.asarray(at)


def _turned(points: Points, angle: float) -> Points:
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.asarray(points @ np.array([[cosine, sine], [-sine, cosine]]))


def _disc(rng: np.random.Generator, count: int) -> Points:
    angle, far = rng.uniform(0, 2 * math.pi, count), np.sqrt(rng.random(count))
    return np.stack([far * np.cos(angle), far * np.sin(angle)], axis=1)


def _to_nipple(breast: Breast, at: NDArray[np.float64]) -> float:
    return math.atan2(breast.middle - at[1], breast.depth - at[0])


def _linear(rng: np.random.Generator, breast: Breast) -> Points:
    """Along a duct that bends, 8 to 40 mm."""
    length, count = rng.uniform(8, 40), int(rng.integers(5, 21))
    along = np.sort(rng.uniform(-0.5, 0.5, count)) * length
    bend = rng.normal(0, 0.1) * 4 * (along**2) / length
    points = np.stack([along, bend], axis=1) + rng.normal(0, rng.uniform(0.15, 0.8), (count, 2))
    at = _somewhere(rng, breast, 12)
    return at + _turned(points, _to_nipple(breast, at) + rng.normal(0, math.radians(25)))


def _segmental(rng: np.random.Generator, breast: Breast) -> Points:
    """Along the ducts of one lobe: a wedge that points to the nipple, 18 to 60 mm long, 14 to 50 degrees wide."""
    near = rng.uniform(8, 25)
    far = near + rng.uniform(18, max(20.0, min(60.0, breast.depth - near - 4)))
    heading = math.pi + rng.normal(0, math.radians(28))
    half = math.radians(rng.uniform(7, 25))
    count, ducts = int(rng.integers(14, 61)), int(rng.integers(3, 9))
    duct = rng.uniform(-half, half, ducts)[rng.integers(0, ducts, count)]
    angle = heading + duct + rng.normal(0, math.radians(2), count)
    reach = (
        np.sqrt(rng.uniform(near**2, far**2, count)) if rng.random() < 0.5 else rng.uniform(near, far, count)
    )
    points = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1)
    points += rng.normal(0, 0.5, points.shape)
    return np.asarray(points + np.array((breast.depth, breast.middle)))


def _grouped(rng: np.random.Generator, breast: Breast) -> Points:
    """Five to twenty-five within 4 to 19 mm."""
    count, across = int(rng.integers(5, 26)), rng.uniform(4, 19)
    flat = rng.uniform(0.6, 1.0)
    shape = _disc(rng, count) if rng.random() < 0.5 else np.clip(rng.normal(0, 0.45, (count, 2)), -1, 1)
    points = shape * (across / 2, across / 2 * flat)
    return _somewhere(rng, breast, 12) + _turned(points, rng.uniform(0, math.pi))


def _regional(rng: np.random.Generator, breast: Breast) -> Points:
    """Over 24 to 65 mm, any way round, at most a third of the breast."""
    across, flat = rng.uniform(24, 65), rng.uniform(0.6, 1.0)
    across = min(across, math.sqrt(0.30 * breast.area * 4 / (math.pi * flat)))
    points = _disc(rng, int(rng.integers(14, 71))) * (across / 2, across / 2 * flat)
    placed = _somewhere(rng, breast, 16) + _turned(points, rng.uniform(0, math.pi))
    inside = placed[breast.holds(placed, 1.0)]
    return inside if np.ptp(inside, axis=0).max(initial=0) > 22 else _regional(rng, breast)


def _diffuse(rng: np.random.Generator, breast: Breast) -> Points:
    """Through the whole breast."""
    points = rng.uniform(
        (2, breast.middle - breast.height / 2), (breast.depth, breast.middle + breast.height / 2), (300, 2)
    )
    return points[breast.holds(points)][: int(rng.integers(25, 111))]


DRAWN: dict[Distribution, Callable[[np.random.Generator, Breast], Points]] = {
    Distribution.LINEAR: _linear,
    Distribution.SEGMENTAL: _segmental,
    Distribution.GROUPED: _grouped,
    Distribution.REGIONAL: _regional,
    Distribution.DIFFUSE: _diffuse,
}


def noisy_sets(seed: int, count: int) -> Iterator[NoisySet]:
    """`count` sets, each word as often; 12 of 100 marks missed, half as many strays as sets within 12 mm of one."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        word, breast = WORDS[number % len(WORDS)], make_breast(rng)
        while True:
            points = DRAWN[word](rng, breast)
            kept = points[rng.random(len(points)) >= MISSED]
            if len(kept) >= 3:
                break
        strays = rng.poisson(0.5)
        beside = kept[rng.integers(0, len(kept), strays)] + _disc(rng, strays) * 12
        yield NoisySet(rng.permutation(np.concatenate([kept, beside])), word, breast)
