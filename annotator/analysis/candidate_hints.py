"""What a candidate looks like beside a calcification of its own: the wall of an artery, a ring in the skin, a rim.

A hint takes nothing off the list. It is a question to the reader; the pieces of one artery become one line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from annotator.analysis.candidate_features import NAMES, sample
from annotator.analysis.candidate_looks import Look
from annotator.model.candidate import CandidateHint

GAP_MM, BEND_DEG = 2.5, 25.0
"""Marks continue each other that far apart and that far off each other's direction."""
TRACKS_MM = (0.7, 3.0)
"""Apart are both walls of an artery."""
LEAST_CHAIN, LEAST_CHAIN_MM = 3, 4.0
PARALLEL_SHARE = 0.4
"""Of a chain that has another beside it."""
SKIN_WITHIN_MM = 15.0

_QUANTISED_DEG = 11.25
_LEAST_PIECE = 2.0
_RING_RADII_MM = (0.3, 0.38, 0.46, 0.55, 0.65)
_RING_SECTORS = 8
_RING_HEIGHT, _RING_DEPTH = 4.0, 0.35
_RIM_RADII_MM = tuple(float(r) for r in np.arange(1.0, 6.1, 0.4))
_RIM_OFF_MM, _RIM_MARKS, _RIM_SECTORS = 0.3, 8, 7
_RIM_TURN_DEG, _RIM_ALONG, _RIM_INSIDE = 30.0, 0.75, 0.2

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hints:
    """For each told candidate its hint, and the number of its artery (-1: none)."""

    hints: tuple[CandidateHint | None, ...]
    artery: tuple[int, ...]


def hints_of(looked: Look, told: NDArray[np.int64], sure: NDArray[np.bool_]) -> Hints:
    """Hints for the peaks `told`; only those `sure` enough make up an artery or a rim."""
    count = len(told)
    hints: list[CandidateHint | None] = [None] * count
    if not count:
        return Hints((), ())
    x, y, direction = looked.x_mm[told], looked.y_mm[told], looked.direction[told]
    linear = sure & (looked.numbers[told, NAMES.index("piece")] > _LEAST_PIECE)
    artery = arteries(x, y, direction, linear)
    skin_mm = looked.ground.skin_at(looked.peaks.column[told], looked.peaks.row[told])
    for k in np.flatnonzero(on_rims(x, y, direction, sure & (artery < 0))):
        hints[k] = CandidateHint.RIM
    for k in np.flatnonzero(sure & ringed(looked, told)):
        hints[k] = CandidateHint.SKIN if skin_mm[k] <= SKIN_WITHIN_MM else CandidateHint.RIM
    for k in np.flatnonzero(artery >= 0):
        hints[k] = CandidateHint.ARTERY
    return Hints(tuple(hints), tuple(artery.tolist()))


def arteries(x: Points, y: Points, direction: Points, linear: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The number of the artery that each mark is a piece of, -1 for none.

    Linear marks that continue each other make a chain; chains that run beside another are the walls of one artery.
    """
    made = np.full(len(x), -1, np.int64)
    at = np.flatnonzero(linear)
    if len(at) < 2 * LEAST_CHAIN:
        return made
    across, down = x[at] - x[at][:, None], y[at] - y[at][:, None]
    away = np.hypot(across, down)
    bearing = np.arctan2(down, across)
    own, other = direction[at][:, None], direction[at][None, :]
    off = np.radians(BEND_DEG + _QUANTISED_DEG)
    same_way = _apart(own, other) < off
    turned = np.maximum(_apart(bearing, own), _apart(bearing, other))
    continues = (away < GAP_MM) & same_way & (turned < off) & (away * np.sin(turned) < TRACKS_MM[0])
    np.fill_diagonal(continues, val=False)
    chain = _joined(continues)
    long = _long_enough(x[at], y[at], chain)
    beside = (away > TRACKS_MM[0]) & (away < TRACKS_MM[1]) & same_way
    beside &= (_apart(bearing, own) > math.radians(45)) & long[:, None] & long[None, :]
    beside &= chain[:, None] != chain[None, :]
    pairs = np.zeros_like(beside)
    for number in np.unique(chain[long]):
        members = chain == number
        if beside[members].any(axis=1).mean() >= PARALLEL_SHARE:
            pairs |= beside & members[:, None]
    pairs |= pairs.T
    if not pairs.any():
        return made
    whole = _joined(pairs | (continues & long[:, None] & long[None, :]))
    walls = {int(n) for n in whole[pairs.any(axis=1)]}
    numbers = {name: k for k, name in enumerate(sorted(walls))}
    made[at] = [numbers.get(int(n), -1) if ok else -1 for n, ok in zip(whole, long, strict=True)]
    return made


def _apart(one: Points, other: Points) -> Points:
    """Angle between two lines, 0 to a quarter turn."""
    turned = np.abs(one - other) % np.pi
    return np.minimum(turned, np.pi - turned)


def _joined(linked: NDArray[np.bool_]) -> NDArray[np.int64]:
    _, labels = connected_components(coo_array(linked), directed=False)
    return np.asarray(labels, np.int64)


def _long_enough(x: Points, y: Points, chain: NDArray[np.int64]) -> NDArray[np.bool_]:
    made = np.zeros(len(x), np.bool_)
    for number in np.unique(chain):
        members = chain == number
        extent = math.hypot(float(np.ptp(x[members])), float(np.ptp(y[members])))
        made[members] = members.sum() >= LEAST_CHAIN and extent >= LEAST_CHAIN_MM
    return made


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
    along = _apart(bearing + np.pi / 2, way) < math.radians(_RIM_TURN_DEG)
    sectors = set((np.floor((bearing[on & along] + np.pi) / (np.pi / 4)).astype(int) % 8).tolist())
    whole = on.sum() >= _RIM_MARKS and len(sectors) >= _RIM_SECTORS and inside <= _RIM_INSIDE * on.sum()
    return on & along if whole and along[on].mean() >= _RIM_ALONG else np.zeros(len(on), np.bool_)
