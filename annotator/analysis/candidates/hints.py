"""What a candidate looks like beside a calcification of its own: the wall of an artery, a ring in the skin, a rim.

A hint takes nothing off the list. It is a question to the reader; the pieces of one artery, and of one large rim, become
one line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.arteries import angle_between, arteries, joined
from annotator.analysis.candidates.features import NAMES, sample
from annotator.analysis.candidates.looks import Look
from annotator.model.candidate import CandidateHint

SKIN_WITHIN_MM = 15.0

_LEAST_PIECE = 2.0
_RING_RADII_MM = (0.3, 0.38, 0.46, 0.55, 0.65)
_RING_SECTORS = 8
_RING_HEIGHT, _RING_DEPTH = 4.0, 0.35
_RIM_RADII_MM = tuple(float(r) for r in np.arange(1.0, 6.1, 0.4))
_RIM_OFF_MM, _RIM_MARKS, _RIM_SECTORS = 0.3, 8, 7
_ONE_RIM_MM = 2.5
_RIM_TURN_DEG, _RIM_ALONG, _RIM_INSIDE = 30.0, 0.75, 0.45

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hints:
    """For each told candidate its hint, and the number of the artery or rim that it is a piece of (-1: none)."""

    hints: tuple[CandidateHint | None, ...]
    whole: tuple[int, ...]


def hints_of(looked: Look, told: NDArray[np.int64], sure: NDArray[np.bool_]) -> Hints:
    """Hints for the peaks `told`; only those `sure` enough make up an artery or a rim."""
    count = len(told)
    hints: list[CandidateHint | None] = [None] * count
    if not count:
        return Hints((), ())
    x, y, direction = looked.x_mm[told], looked.y_mm[told], looked.direction[told]
    linear = sure & (looked.numbers[told, NAMES.index("piece")] > _LEAST_PIECE)
    rim = on_rims(x, y, direction, sure)
    artery = arteries(x, y, direction, linear & ~rim, sure & ~rim)
    small = sure & ringed(looked, told) & ~rim & (artery < 0)
    skin_mm = looked.ground.skin_at(looked.peaks.column[told], looked.peaks.row[told])
    for k in np.flatnonzero(rim | small):
        near_skin = small[k] and skin_mm[k] <= SKIN_WITHIN_MM
        hints[k] = CandidateHint.SKIN if near_skin else CandidateHint.RIM
    for k in np.flatnonzero(artery >= 0):
        hints[k] = CandidateHint.ARTERY
    whole = artery.copy()
    at = np.flatnonzero(rim)
    whole[at] = artery.max() + 1 + _each_rim(x[at], y[at])
    return Hints(tuple(hints), tuple(whole.tolist()))


def _each_rim(x: Points, y: Points) -> NDArray[np.int64]:
    """The number of the rim that each mark on one is a piece of."""
    if not len(x):
        return np.zeros(0, np.int64)
    return joined(np.hypot(x - x[:, None], y - y[:, None]) < _ONE_RIM_MM)


def ringed(looked: Look, told: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which peaks lie on or in a small bright ring, closed all round, with a darker middle."""
    ground, peaks = looked.ground, looked.peaks
    shift = np.arange(-2, 3) * 0.16
    offsets = np.stack(np.meshgrid(shift, shift), axis=-1).reshape(-1, 2)
    angle = (np.arange(2 * _RING_SECTORS) + 0.5) * (np.pi / _RING_SECTORS)
    column = peaks.column[told, None] - 0.5 + offsets[:, 0] / ground.pixel_mm
    row = peaks.row[told, None] - 0.5 + offsets[:, 1] / ground.pixel_mm

    def mean_round(radius: float) -> NDArray[np.float32]:
        """Means of each sector: peaks x offsets x sectors."""
        around = [
            sample(
                ground.values,
                column + radius * np.cos(a) / ground.pixel_mm,
                row + radius * np.sin(a) / ground.pixel_mm,
            )
            for a in angle
        ]
        each = np.stack(around, axis=-1)
        return np.asarray((each[..., ::2] + each[..., 1::2]) / 2, np.float32)

    middle = mean_round(0.1).mean(axis=-1)
    found = np.zeros(len(told), np.bool_)
    for radius in _RING_RADII_MM:
        ring, outside = mean_round(radius), mean_round(radius + 0.45).mean(axis=-1)
        height = ring.mean(axis=-1) - outside
        depth = ring.mean(axis=-1) - middle
        closed = (ring > outside[..., None] + 0.3 * height[..., None]).mean(axis=-1) >= 0.99
        good = (height > _RING_HEIGHT) & (depth > _RING_DEPTH * height) & closed
        found |= good.any(axis=1)
    return found


def on_rims(x: Points, y: Points, direction: Points, sure: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which marks lie with others all round on a circle of 1 to 6 mm radius and run along it, few of them inside."""
    made = np.zeros(len(x), np.bool_)
    at = np.flatnonzero(sure)
    if len(at) < _RIM_MARKS:
        return made
    px, py, way = x[at], y[at], direction[at]
    step = 0.4
    for radius in _RIM_RADII_MM:
        # the middle of a rim lies straight beside the way it runs
        centres = np.concatenate(
            [
                np.stack([px + side * radius * np.sin(way), py - side * radius * np.cos(way)], axis=1)
                for side in (-1, 1)
            ]
        )
        cells = np.rint(centres / step).astype(np.int64)
        around = np.concatenate([cells + np.array((i, j)) for i in (-1, 0, 1) for j in (-1, 0, 1)])
        kinds, votes = np.unique(around, axis=0, return_counts=True)
        for centre in kinds[votes >= _RIM_MARKS - 2] * step:
            on = _on_circle(px - centre[0], py - centre[1], way, radius)
            made[at[on]] = True
    return made


def _on_circle(across: Points, down: Points, way: Points, radius: float) -> NDArray[np.bool_]:
    """The marks on a rim of this radius about (0, 0); none where they make no rim."""
    away = np.hypot(across, down)
    on = np.abs(away - radius) < _RIM_OFF_MM
    inside = (away < radius - _RIM_OFF_MM).sum()
    bearing = np.arctan2(down, across)
    along = angle_between(bearing + np.pi / 2, way) < math.radians(_RIM_TURN_DEG)
    sectors = set((np.floor((bearing[on & along] + np.pi) / (np.pi / 4)).astype(int) % 8).tolist())
    whole = on.sum() >= _RIM_MARKS and len(sectors) >= _RIM_SECTORS and inside <= _RIM_INSIDE * on.sum()
    return on & along if whole and along[on].mean() >= _RIM_ALONG else np.zeros(len(on), np.bool_)
