"""The same cluster on two exams, drawn with its truth: what stays, what is new, what is gone, what was overlooked.

A cluster lies in space. The later exam sees it turned (sd 6 degrees), scaled (3.5 %), sheared (3 %), tilted out of the
plane (3.5 degrees, so that depth shifts each calcification by its own amount), bent by 0.35 mm, and from any
place. One in ten is overlooked on each side. Sizes are measured to 12 %, contrasts to 15 % and on another scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from annotator.model.compared import Constellation
from annotator.model.geometry import SpacingBasis

Points = NDArray[np.float64]

TUNED_ON, UNSEEN = 51_000, 52_000
BEND_WAVE_MM = 6.0
HAND_MM = 0.08
SIZE_SD, CONTRAST_SD = 0.12, 0.15


@dataclass(frozen=True)
class Between:
    """What differs between two exams: standard deviations, and the share that is overlooked on each."""

    turn_deg: float = 6.0
    scale: float = 0.035
    shear: float = 0.03
    tilt_deg: float = 3.5
    bend_mm: float = 0.35
    missed: float = 0.1


AS_DRAWN, HARDER = Between(), Between(tilt_deg=7.0, bend_mm=0.7, missed=0.2)


@dataclass(frozen=True)
class TruePair:
    """Two constellations and which calcification each mark is; `grown` were not there then, `lost` are
    so many that are there no longer."""

    now: Constellation
    then: Constellation
    who_now: tuple[int, ...]
    who_then: tuple[int, ...]
    grown: frozenset[int]
    lost: int

    @property
    def pairs(self) -> set[tuple[int, int]]:
        """Numbers (now, then) of the marks that are one calcification."""
        place = {who: row for row, who in enumerate(self.who_then)}
        return {(row, place[who]) for row, who in enumerate(self.who_now) if who in place}

    @property
    def without_partner(self) -> int:
        """Marks now of calcifications that are not marked then, new or overlooked."""
        return len(self.who_now) - len(self.pairs)

    @property
    def really_new(self) -> int:
        """Marks now of calcifications that were not there then."""
        return sum(who in self.grown for who in self.who_now)


def _cloud(rng: np.random.Generator, count: int) -> Points:
    """A group, a row along a duct, or a wedge, (n, 3) millimetres."""
    kind = rng.random()
    depth = rng.normal(0, 2.5, count)
    if kind < 0.6:
        spread = rng.uniform(2.0, 4.5) * np.array([1.0, rng.uniform(0.5, 1.0)])
        flat = rng.normal(0, 1, (count, 2)) * spread
    elif kind < 0.8:
        along = rng.uniform(-0.5, 0.5, count) * rng.uniform(10, 28)
        flat = np.stack([along, 0.01 * along**2 + rng.normal(0, 0.5, count)], axis=1)
    else:
        far, angle = rng.uniform(10, 40, count), np.radians(rng.uniform(-14, 14, count))
        flat = np.stack([far * np.cos(angle), far * np.sin(angle)], axis=1) - (25, 0)
    turn = rng.uniform(0, math.pi)
    cosine, sine = math.cos(turn), math.sin(turn)
    return np.column_stack([flat @ np.array([[cosine, sine], [-sine, cosine]]), depth])


def _seen_later(rng: np.random.Generator, cloud: Points, between: Between) -> Points:
    """Where the cluster of then lies on the later image, (n, 2)."""
    turn, tilt = (
        rng.normal(0, math.radians(between.turn_deg)),
        rng.normal(0, math.radians(between.tilt_deg), 2),
    )
    scale, shear = 1 + rng.normal(0, between.scale), rng.normal(0, between.shear)
    flat = cloud[:, :2] + cloud[:, 2:] * np.sin(tilt)
    cosine, sine = math.cos(turn), math.sin(turn)
    flat = flat @ (scale * np.array([[cosine, sine], [-sine, cosine]]) @ np.array([[1, shear], [0, 1]]))
    bend = np.zeros_like(flat)
    for _ in range(8):
        way, phase = rng.normal(0, 1 / BEND_WAVE_MM, 2), rng.uniform(0, 2 * math.pi)
        bend += rng.normal(0, 1, 2) * np.cos(flat @ way + phase)[:, None]
    return np.asarray(flat + bend * between.bend_mm / 2 + rng.uniform(-15, 15, 2))


def _marked(
    rng: np.random.Generator, places: Points, sizes: Points, contrasts: Points, gain: float
) -> Constellation:
    count = len(places)
    return Constellation(
        places=tuple((float(x), float(y)) for x, y in places + rng.normal(0, HAND_MM, places.shape)),
        diameters_mm=tuple(map(float, sizes * np.exp(rng.normal(0, SIZE_SD, count)))),
        contrasts=tuple(map(float, gain * contrasts * np.exp(rng.normal(0, CONTRAST_SD, count)))),
        basis=SpacingBasis.AT_DETECTOR,
    )


def true_pairs(seed: int, count: int, between: Between = AS_DRAWN) -> Iterator[TruePair]:
    """`count` clusters of 5 to 28 that were there then; half grew by 1 to 8, a quarter lost 1 to 3."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        there = int(rng.integers(5, 29))
        grown = int(rng.integers(1, 9)) if rng.random() < 0.5 else 0
        lost = int(rng.integers(1, 4)) if rng.random() < 0.25 else 0
        cloud = _cloud(rng, there + grown)
        rng.shuffle(cloud)
        sizes, contrasts = np.exp(rng.normal(-1.2, 0.38, len(cloud))), np.exp(rng.normal(5, 0.4, len(cloud)))
        later = _seen_later(rng, cloud, between)
        seen = rng.random((2, len(cloud))) >= between.missed
        then, now = np.flatnonzero(seen[0]), np.flatnonzero(seen[1])
        then = rng.permutation(then[then < there])
        now = rng.permutation(now[now >= lost])
        if len(then) < 3 or len(now) < 3:
            continue
        yield TruePair(
            _marked(rng, later[now], sizes[now], contrasts[now], float(np.exp(rng.normal(0, 0.4)))),
            _marked(rng, cloud[then, :2], sizes[then], contrasts[then], 1.0),
            tuple(now.tolist()),
            tuple(then.tolist()),
            frozenset(range(there, there + grown)),
            lost,
        )


def unlike_pairs(
    seed: int, count: int, between: Between = AS_DRAWN
) -> Iterator[tuple[Constellation, Constellation]]:
    """(now, then) of two different clusters, each drawn the same way."""
    those = list(true_pairs(seed, count + 1, between))
    for one, other in pairwise(those):
        yield one.now, other.then
