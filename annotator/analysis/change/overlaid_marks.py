"""Lays the constellation of an earlier exam over the one of now: no registration, only the points themselves.

First every turn, scale and shift that puts many points on points, then, for the best of these, who belongs to whom
and how the cluster bent in between, in turns. docs/measuring.md, compared with the prior.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.change.association import agreement, pair_chances
from annotator.jobs import CancelToken

Matrix = NDArray[np.float64]

TURN_SD, SCALE_SD, SHEAR_SD = math.radians(6.0), 0.045, 0.03
"""How a breast lies otherwise on the next exam: standard deviations of turn, scale and shear."""
BEND_SD_MM, BEND_REACH_MM = 0.35, 5.0
"""How tissue bends beyond that, and over which length alike."""
PLACE_SD_MM = 0.24
"""What is left for one calcification: the hand of two marks, and its depth when the cluster tilts."""
SHIFT_SD_MM = 3.0
STAYS_ODDS = 6.0
"""How much likelier a calcification is seen again than not."""
SIZE_SD, CONTRAST_SD = 0.2, 0.25
"""Logarithm of diameter and of contrast, one calcification on two exams."""
_NO_WORSE = -3.0
_TURNS = np.radians(np.arange(-15, 16, 3.0))
_SCALES = (0.95, 1.0, 1.05)
_SCALED_FROM_MM = 12.0
_BIN_MM, _BLUR_MM, _BINS = 0.35, 0.6, 420
_KEPT, _FINISHED = 10, 2
_MANY = 60
_KEPT_OF_MANY = 4
_COARSE = (1.0, 0.7, 0.5)
_FINE = (0.4, 0.3, PLACE_SD_MM, PLACE_SD_MM, PLACE_SD_MM)


@dataclass(frozen=True, eq=False)
class Dots:
    """Points (n, 2) in mm and the logarithms (n, 2) of their diameters and contrasts, nan where not measured."""

    places: Matrix
    features: Matrix

    def __len__(self) -> int:
        return len(self.places)


@dataclass(frozen=True, eq=False)
class Laid:
    """The dots of then laid over those of now: where each lies (m, 2), without its own partner's help, and the
    probability (n, m) of each pair; `score` in natural logarithms, 0 as likely as that nothing belongs together.
    """

    placed: Matrix
    chances: Matrix
    score: float


@dataclass(frozen=True, slots=True)
class _Start:
    weight: float
    turn: float
    scale: float
    shift: tuple[float, float]


def lay_over(now: Dots, then: Dots, token: CancelToken | None = None) -> Laid:
    """The likeliest way to lay `then` over `now`. Deterministic; both have one point at least."""
    alike = _alike(now, then)
    rounds = []
    for start in _starts(now, then, alike):
        if token is not None:
            token.checkpoint()
        rounds.append(_settled(now, then, alike, start, None, _COARSE))
    rounds.sort(key=lambda one: -one[0].score)
    finished = []
    for laid, start in rounds[: _FINISHED if len(then) <= _MANY else 1]:
        if token is not None:
            token.checkpoint()
        finished.append(_settled(now, then, alike, start, laid.chances, _FINE)[0])
    return max(finished, key=lambda one: one.score)


def _alike(now: Dots, then: Dots) -> Matrix:
    """Logarithm (n, m) of how much likelier diameter and contrast of two dots are of one calcification than of two."""
    total = np.zeros((len(now), len(then)))
    for feature, noise in enumerate((SIZE_SD, CONTRAST_SD)):
        mine, theirs = now.features[:, feature], then.features[:, feature]
        if not (np.isfinite(mine).any() and np.isfinite(theirs).any()):
            continue
        apart = (mine - np.nanmedian(mine))[:, None] - (theirs - np.nanmedian(theirs))[None, :]
        spread = np.concatenate([mine - np.nanmedian(mine), theirs - np.nanmedian(theirs)])
        wide = math.sqrt(noise**2 + 2 * max(0.2, float(np.nanstd(spread))) ** 2)
        told = -0.5 * (apart / noise) ** 2 + 0.5 * (apart / wide) ** 2 + math.log(wide / noise)
        total += np.where(np.isfinite(told), np.maximum(told, _NO_WORSE), 0.0)
    return total


def _starts(now: Dots, then: Dots, alike: Matrix) -> list[_Start]:
    """The turns, scales and shifts that put most alike dots on one another, each a place of its own."""
    middle_now, middle_then = now.places.mean(axis=0), then.places.mean(axis=0)
    mine, theirs = now.places - middle_now, then.places - middle_then
    votes = np.exp(np.clip(alike, _NO_WORSE, 2.0)).ravel()
    reach = float(np.abs(mine).max(initial=0) + 1.1 * np.hypot(*theirs.T).max(initial=0)) + 2.0
    step = max(_BIN_MM, 2 * reach / _BINS)
    cells = math.ceil(2 * reach / step) + 1
    large = float(np.ptp(theirs, axis=0).max()) > _SCALED_FROM_MM
    found: list[_Start] = []
    for turn in _TURNS.tolist():
        for scale in _SCALES if large else (1.0,):
            laid = theirs @ (scale * _turning(turn))
            off = ((mine[:, None] - laid[None]).reshape(-1, 2) + reach) / step
            at = np.rint(off).astype(np.intp)
            flat = np.bincount(at[:, 1] * cells + at[:, 0], votes, cells * cells)
            heights: Matrix = flat.astype(np.float64).reshape(cells, cells)
            prior = 0.5 * (turn / TURN_SD) ** 2 + 0.5 * ((scale - 1) / SCALE_SD) ** 2
            for row, column, height in _summits(heights, _BLUR_MM / step):
                shift = (
                    np.array((column, row)) * step
                    - reach
                    + middle_now
                    - middle_then @ (scale * _turning(turn))
                )
                found.append(_Start(height - 0.3 * prior, turn, scale, (float(shift[0]), float(shift[1]))))
    return _apart(found, middle_then, _KEPT if len(then) <= _MANY else _KEPT_OF_MANY)


def _turning(turn: float) -> Matrix:
    """Matrix that turns rows of points, from right to down."""
    return np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])


def _summits(heights: Matrix, blur: float) -> Iterator[tuple[int, int, float]]:
    blurred = cv2.GaussianBlur(heights, (0, 0), blur, borderType=cv2.BORDER_CONSTANT)
    smooth: Matrix = np.asarray(blurred, np.float64) * (2 * math.pi * blur**2)
    tops = np.flatnonzero((smooth == cv2.dilate(smooth, np.ones((5, 5), np.uint8))) & (smooth > 0))
    highest = tops[np.argsort(-smooth.ravel()[tops], kind="stable")[:4]]
    for at in highest.tolist():
        row, column = divmod(at, heights.shape[1])
        yield row, column, float(smooth[row, column])


def _apart(found: list[_Start], middle: NDArray[np.float64], most: int) -> list[_Start]:
    """The best that are not nearly the same as a better one."""
    kept: list[tuple[_Start, NDArray[np.float64]]] = []
    for one in sorted(found, key=lambda one: (-one.weight, one.turn, one.scale, one.shift)):
        at = middle @ (one.scale * _turning(one.turn)) + one.shift
        if all(
            np.hypot(*(at - other_at)) > 1.0 or abs(one.turn - other.turn) > math.radians(6.5)
            for other, other_at in kept
        ):
            kept.append((one, at))
        if len(kept) == most:
            break
    return [one for one, _ in kept]


def _settled(
    now: Dots, then: Dots, alike: Matrix, start: _Start, chances: Matrix | None, noises: tuple[float, ...]
) -> tuple[Laid, _Start]:
    """Who belongs to whom and how the cluster bent, in turns, with ever less doubt about the place."""
    base = then.places @ (start.scale * _turning(start.turn)) + start.shift
    model = _Bend(base, start)
    placed, spread = base, np.tile(np.eye(2) * 0.4, (len(then), 1, 1))
    if chances is not None:
        placed, spread, _ = model.bent(now.places, chances, noises[0])
    crowd = _crowding(now)
    score = -math.inf
    for noise in noises:
        weights = _weights(now, placed, spread + np.eye(2) * noise**2, alike, crowd)
        chances = pair_chances(weights)
        score = agreement(weights, chances)
        placed, spread, cost = model.bent(now.places, chances, noise)
        score -= cost
    assert chances is not None
    return Laid(placed, chances, score), start


def _crowding(now: Dots) -> float:
    """Dots without partner that are to be expected on a mm2 of now."""
    spreads = np.sqrt(
        np.maximum(np.linalg.eigvalsh(np.cov(now.places.T) if len(now) > 1 else np.eye(2)), 0.5)
    )
    return max(1.0, 0.2 * len(now)) / (4 * math.pi * float(spreads.prod()))


def _weights(now: Dots, placed: Matrix, spread: Matrix, alike: Matrix, crowd: float) -> Matrix:
    """How much likelier each pair is than two dots that stand alone."""
    off = now.places[:, None] - placed[None]
    inverse, size = np.linalg.inv(spread), np.linalg.det(spread)
    far = np.einsum("nmi,mij,nmj->nm", off, inverse, off)
    told = alike - 0.5 * far - np.log(2 * math.pi * np.sqrt(size)) + math.log(STAYS_ODDS / crowd)
    return np.asarray(np.exp(np.clip(told, -60, 25)))


class _Bend:
    """How dots may move together: shift, turn, scale, shear, and a smooth bend (a Gaussian process)."""

    def __init__(self, base: Matrix, start: _Start) -> None:
        count = len(base)
        self._base = base
        across, down = (base - base.mean(axis=0)).T
        nothing, one = np.zeros(count), np.ones(count)
        moves = [
            (one, nothing),
            (nothing, one),
            (-down, across),
            (across, down),
            (across, -down),
            (down, across),
        ]
        self._moves = np.stack([np.stack(pair, axis=1).ravel() for pair in moves], axis=1)
        sds = (SHIFT_SD_MM, SHIFT_SD_MM, TURN_SD, SCALE_SD, SHEAR_SD, SHEAR_SD)
        self._variances = np.square(sds)
        far = np.square(base[:, None] - base[None]).sum(axis=2)
        self._smooth = BEND_SD_MM**2 * np.exp(-0.5 * far / BEND_REACH_MM**2)
        # what is usual is no turn at all, wherever the search began
        self._mean = self._moves @ np.array([0, 0, -start.turn, 1 - start.scale, 0, 0])

    def bent(self, now: Matrix, chances: Matrix, noise: float) -> tuple[Matrix, Matrix, float]:
        """Where each dot (m, 2) lies by what all others say, its covariance (m, 2, 2), and how unusual the move is."""
        count = len(self._base)
        sure = np.maximum(chances.sum(axis=0), 1e-5)
        aim = chances.T @ now / sure[:, None]
        doubt = noise**2 / sure
        # the bend is the same across and down, the moves are six: inverses of (m, m) and (6, 6) instead of (2m, 2m)
        bend = np.linalg.inv(self._smooth + np.diag(doubt))
        eased = np.einsum("ij,jcv->icv", bend, self._moves.reshape(count, 2, -1)).reshape(2 * count, -1)
        inner = np.linalg.inv(np.diag(1 / self._variances) + self._moves.T @ eased)
        off = ((aim - self._base).ravel() - self._mean).reshape(count, 2)
        pulled = (bend @ off).ravel() - eased @ (inner @ (eased.T @ off.ravel()))
        blocks = eased.reshape(count, 2, -1)
        precise = np.diag(bend)[:, None, None] * np.eye(2) - np.einsum(
            "iav,vw,ibw->iab", blocks, inner, blocks
        )
        alone = np.linalg.inv(precise)
        placed = aim - np.einsum("mij,mj->mi", alone, pulled.reshape(count, 2))
        spread = alone - doubt[:, None, None] * np.eye(2)
        moved = self._variances * (self._moves.T @ pulled)
        return placed, spread, 0.5 * float(np.sum((moved[2:] / np.sqrt(self._variances[2:])) ** 2))
