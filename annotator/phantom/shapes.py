"""Shapes of single calcifications: path length of the beam through each, seen in a given view.

`u` runs from the chest wall towards the nipple, `v` downwards, both mm from the shape's own centre.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from annotator.phantom.body import BodyPoint, Breast, PhantomView
from annotator.phantom.texture import Field, as_field

Grid = NDArray[np.float64]


class Shape(Protocol):
    """Anything that casts a shadow."""

    def reach_mm(self) -> float:
        """Radius of a circle about the centre that holds the whole shape in every view."""

    def thickness_mm(self, u: Grid, v: Grid, view: PhantomView, breast: Breast) -> Field:
        """Path length at each (u, v)."""


@dataclass(frozen=True, slots=True)
class Grain:
    """A star-shaped grain: harmonics 2 to 6 of its outline fall as 1 / k^0.9; each view turns it otherwise."""

    diameter_mm: float
    height: float
    elongation: float
    amplitudes: tuple[float, ...]
    phases: tuple[float, ...]
    turn: float

    def reach_mm(self) -> float:
        return self.diameter_mm * (0.6 + 0.5 * sum(map(abs, self.amplitudes))) * math.sqrt(self.elongation)

    def thickness_mm(self, u: Grid, v: Grid, view: PhantomView, breast: Breast) -> Field:
        del breast
        turn = self.turn + {PhantomView.CC: 0.0, PhantomView.MLO: 1.1, PhantomView.ML: 2.0}[view]
        s = math.sqrt(self.elongation)
        a = (u * math.cos(turn) + v * math.sin(turn)) / s
        b = (v * math.cos(turn) - u * math.sin(turn)) * s
        angle = np.arctan2(b, a)
        outline = np.ones_like(angle)
        for k, (amplitude, phase) in enumerate(zip(self.amplitudes, self.phases, strict=True), start=2):
            outline += amplitude * np.cos(k * angle + phase)
        radius = self.diameter_mm / 2 * np.clip(outline, 0.25, None)
        q = (a * a + b * b) / (radius * radius)
        return as_field(self.diameter_mm * self.height * np.sqrt(np.clip(1 - q, 0, None)))


def make_grain(
    rng: np.random.Generator, diameter_mm: float, irregularity: float, elongation: float = 1.0
) -> Grain:
    """A grain of a given size; `irregularity` 0 is smooth, 0.55 crushed stone."""
    harmonics = range(2, 7)
    return Grain(
        diameter_mm=diameter_mm,
        height=float(rng.uniform(0.6, 1.0)),
        elongation=elongation,
        amplitudes=tuple(float(irregularity * rng.normal(0, 0.5) / k**0.9) for k in harmonics),
        phases=tuple(float(rng.uniform(0, 2 * math.pi)) for _ in harmonics),
        turn=float(rng.uniform(0, 2 * math.pi)),
    )


@dataclass(frozen=True, slots=True)
class Ball:
    """A round calcification, the same from every side."""

    diameter_mm: float

    def reach_mm(self) -> float:
        return self.diameter_mm * 0.55

    def thickness_mm(self, u: Grid, v: Grid, view: PhantomView, breast: Breast) -> Field:
        del view, breast
        return as_field(2 * np.sqrt(np.clip((self.diameter_mm / 2) ** 2 - u * u - v * v, 0, None)))


@dataclass(frozen=True, slots=True)
class Piece:
    """A cast of a stretch of duct, a rod, a vessel wall: a round tube about a line in space.

    `points` are offsets (depth, lateral, up) from the centre; `flat` below 1 thins it along the beam.
    """

    points: tuple[tuple[float, float, float], ...]
    width_mm: float
    flat: float = 1.0
    taper: float = 0.0

    def reach_mm(self) -> float:
        return max(math.hypot(*p) for p in self.points) + self.width_mm

    def thickness_mm(self, u: Grid, v: Grid, view: PhantomView, breast: Breast) -> Field:
        line = [(-p[0], -breast.vertical(BodyPoint(*p), view)) for p in self.points]
        best = np.zeros_like(u)
        for index, ((ax, ay), (bx, by)) in enumerate(pairwise(line)):
            length2 = max((bx - ax) ** 2 + (by - ay) ** 2, 1e-12)
            t = np.clip(((u - ax) * (bx - ax) + (v - ay) * (by - ay)) / length2, 0, 1)
            off2 = (u - ax - t * (bx - ax)) ** 2 + (v - ay - t * (by - ay)) ** 2
            along = (index + t) / (len(line) - 1)
            radius = self.width_mm / 2 * (1 - self.taper * np.abs(2 * along - 1) ** 2)
            np.maximum(best, 2 * self.flat * np.sqrt(np.clip(radius * radius - off2, 0, None)), out=best)
        return as_field(best)


@dataclass(frozen=True, slots=True)
class Shell:
    """A calcified rim about a lucent middle; the wall varies round the rim."""

    diameter_mm: float
    wall_mm: float
    turn: float
    lobe: float = 0.06

    def reach_mm(self) -> float:
        return self.diameter_mm * (0.52 + 0.8 * self.lobe)

    def thickness_mm(self, u: Grid, v: Grid, view: PhantomView, breast: Breast) -> Field:
        del breast
        angle = np.arctan2(v, u) + self.turn + (0.9 if view is not PhantomView.CC else 0.0)
        r2 = u * u + v * v
        outer = self.diameter_mm / 2 * (1 + self.lobe * (np.cos(2 * angle + 0.7) + 0.4 * np.cos(3 * angle)))
        wall = self.wall_mm * np.clip(1 + 0.5 * np.cos(angle) + 0.4 * np.cos(3 * angle + 1.1), 0.05, None)
        inner = np.clip(outer - wall, 0, None)
        chord = np.sqrt(np.clip(outer**2 - r2, 0, None)) - np.sqrt(np.clip(inner**2 - r2, 0, None))
        return as_field(2 * chord)


@dataclass(frozen=True, slots=True)
class Pool:
    """Milk of calcium in a cyst: a teacup seen from the side, a faint smudge seen from above."""

    radius_mm: float
    level: float

    def reach_mm(self) -> float:
        return self.radius_mm * 1.05

    def thickness_mm(self, u: Grid, v: Grid, view: PhantomView, breast: Breast) -> Field:
        del breast
        r = self.radius_mm
        half = np.sqrt(np.clip(r * r - u * u - v * v, 0, None))
        if view is PhantomView.CC:
            return as_field(0.45 * np.clip(half - self.level * r, 0, None))
        return as_field(np.where(v > self.level * r, 2 * half * 0.3, 0))


@dataclass(frozen=True, slots=True)
class Torus:
    """A skin calcification: a ring with a lucent centre."""

    diameter_mm: float
    tube_mm: float

    def reach_mm(self) -> float:
        return self.diameter_mm * 0.55

    def thickness_mm(self, u: Grid, v: Grid, view: PhantomView, breast: Breast) -> Field:
        del view, breast
        off = np.hypot(u, v) - (self.diameter_mm - self.tube_mm) / 2
        return as_field(2 * np.sqrt(np.clip((self.tube_mm / 2) ** 2 - off * off, 0, None)))
