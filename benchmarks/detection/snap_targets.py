"""What can be clicked on in a synthetic mammogram: calcifications as they are seen, with their true shadows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label, zoom

from annotator.model.geometry import ImagePoint
from annotator.phantom.trial import Trial

Cover = NDArray[np.float32]
Points = NDArray[np.float64]
_T = TypeVar("_T", bound=np.generic)

VISIBLE_SNR = 5.0
LONG = {"fine_linear", "vascular", "rod", "suture"}
RINGS = {"rim", "skin", "milk"}
OBJECTS = {"clip", "deodorant", "hair", "marker"}
_FINE = 4


@dataclass(frozen=True)
class Shadow:
    """One true calcification: the share of each pixel that it covers, first pixel at (`left`, `top`).

    `axis` (column, row) is the true one of a long piece, empty where there is none, `width_mm` how wide it is.
    """

    kind: str
    snr: float
    left: int
    top: int
    cover: Cover
    axis: Points
    width_mm: float | None


@dataclass(frozen=True)
class Picture:
    """A mammogram with everything that is calcified in it; `pixel_mm` is the pixel size in the breast.

    `objects` (column, row, reach in pixels) are other bright things that a click may be meant for.
    """

    seed: int
    frame: NDArray[np.uint16]
    pixel_mm: float
    shadows: tuple[Shadow, ...]
    objects: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Target:
    """What is seen as one: a calcification, or those whose shadows lie on one another.

    `pieces` are how many; `alone`: nothing else lies within 0.15 mm of its shadow.
    """

    kind: str
    snr: float
    left: int
    top: int
    cover: Cover
    pixel_mm: float
    pieces: int
    alone: bool
    axes: tuple[Points, ...] = ()
    width_mm: float | None = None

    @cached_property
    def center(self) -> tuple[float, float]:
        """(column, row) of the middle of its shadow."""
        rows, columns = (np.arange(size) + 0.5 for size in self.cover.shape)
        total = self.cover.sum()
        across, down = (self.cover.sum(axis=0) @ columns) / total, (self.cover.sum(axis=1) @ rows) / total
        return self.left + float(across), self.top + float(down)

    @cached_property
    def diameter_mm(self) -> float:
        """Diameter of a disc of the same area."""
        return 2 * math.sqrt(float(self.cover.sum()) / math.pi) * self.pixel_mm

    @cached_property
    def away(self) -> NDArray[np.float64]:
        """Distance (pixels) of each pixel of a margin of 2 mm about it from its shadow."""
        return np.asarray(distance_transform_edt(np.pad(self.cover, self.margin) < 0.5))

    @property
    def margin(self) -> int:
        return math.ceil(2 / self.pixel_mm)

    def from_edge(self, at: ImagePoint) -> float:
        """Distance (mm) of a place from its shadow, 0 on it; infinite beyond 2 mm."""
        row, column = int(at.row) - self.top + self.margin, int(at.column) - self.left + self.margin
        rows, columns = self.away.shape
        if not (0 <= row < rows and 0 <= column < columns):
            return math.inf
        return float(self.away[row, column]) * self.pixel_mm

    @cached_property
    def length_mm(self) -> float | None:
        """From end to end of a single long piece; its axis ends in the middle of its round ends."""
        if len(self.axes) != 1 or self.width_mm is None:
            return None
        steps = np.hypot(*np.diff(self.axes[0], axis=0).T)
        return float(steps.sum()) * self.pixel_mm + self.width_mm

    @cached_property
    def edge(self) -> Points:
        """Places (column, row) of its outermost pixels."""
        covered = np.pad(self.cover >= 0.5, 1)
        inner = distance_transform_edt(covered)
        rows, columns = np.nonzero((inner > 0) & (inner < 2))
        return np.stack([columns + self.left - 0.5, rows + self.top - 0.5], axis=1)

    @cached_property
    def axis(self) -> NDArray[np.float64]:
        """Places (column, row) along the middle of its shadow, as known or as thinning leaves it."""
        if self.axes:
            return np.concatenate([along(axis) for axis in self.axes])
        fine = zoom(np.pad(self.cover, 2), _FINE, order=1, grid_mode=True, mode="grid-constant") >= 0.4
        rows, columns = np.nonzero(thinned(fine))
        corner = (self.left - 2, self.top - 2)
        return np.stack([columns + 0.5, rows + 0.5], axis=1) / _FINE + corner


def along(axis: Points) -> Points:
    """Places a quarter of a pixel apart along a broken line."""
    steps = np.hypot(*np.diff(axis, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    every = np.linspace(0, at[-1], max(2, int(at[-1] * 4)))
    return np.stack([np.interp(every, at, axis[:, k]) for k in (0, 1)], axis=1)


def picture_of(trial: Trial) -> Picture:
    """A trial as the machine shows it."""
    shadows = (
        Shadow(
            calcification.kind,
            calcification.snr,
            patch.left,
            patch.top,
            np.asarray(patch.coverage, np.float32),
            np.array(patch.axis, np.float64).reshape(-1, 2),
            patch.width_mm,
        )
        for calcification, patch in zip(trial.truth.calcifications, trial.patches, strict=True)
    )
    pixel = trial.spacing_mm
    objects = tuple((d.column, d.row, d.reach_mm / pixel) for d in trial.defects if d.kind in OBJECTS)
    return Picture(trial.seed, trial.presentation, pixel, tuple(shadows), objects)


def targets_of(picture: Picture) -> list[Target]:
    """Everything visible in a picture, calcifications that lie on one another as one."""
    rows, columns = picture.frame.shape
    covered = np.zeros((rows, columns), np.float32)
    for shadow in picture.shadows:
        np.maximum(_window(covered, shadow), shadow.cover, out=_window(covered, shadow))
    joined, _ = label(covered > 0.25, np.ones((3, 3)))
    members: dict[int, list[Shadow]] = {}
    for shadow in picture.shadows:
        names = _window(joined, shadow)[shadow.cover > 0.25]
        members.setdefault(int(names[0]) if names.size else -1 - len(members), []).append(shadow)
    near = np.zeros((rows, columns), np.int32)
    for name, shadows in members.items():
        for shadow in shadows:
            _window(near, shadow)[shadow.cover > 0] = name
    return [
        target
        for name, shadows in members.items()
        if (target := _joined(shadows, near, name, picture.pixel_mm)).snr >= VISIBLE_SNR
    ]


def _window(of: NDArray[_T], shadow: Shadow) -> NDArray[_T]:
    height, width = shadow.cover.shape
    return of[shadow.top : shadow.top + height, shadow.left : shadow.left + width]


def _joined(shadows: Sequence[Shadow], near: NDArray[np.int32], name: int, pixel_mm: float) -> Target:
    left, top = min(s.left for s in shadows), min(s.top for s in shadows)
    right = max(s.left + s.cover.shape[1] for s in shadows)
    bottom = max(s.top + s.cover.shape[0] for s in shadows)
    cover = np.zeros((bottom - top, right - left), np.float32)
    for s in shadows:
        height, width = s.cover.shape
        part = cover[s.top - top : s.top - top + height, s.left - left : s.left - left + width]
        np.maximum(part, s.cover, out=part)
    reach = math.ceil(0.15 / pixel_mm)
    around = near[max(0, top - reach) : bottom + reach, max(0, left - reach) : right + reach]
    others = (around != 0) & (around != name)
    own = distance_transform_edt(around != name)
    alone = not bool((others & (own * pixel_mm <= 0.15)).any())
    largest = max(shadows, key=lambda s: float(s.cover.sum()))
    snr = math.sqrt(sum(s.snr**2 for s in shadows))
    axes = tuple(s.axis for s in shadows if len(s.axis) > 1)
    width = shadows[0].width_mm if len(shadows) == 1 else None
    return Target(largest.kind, snr, left, top, cover, pixel_mm, len(shadows), alone, axes, width)


def thinned(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask worn down to lines one cell wide that keep its connections (Zhang and Suen 1984)."""
    now = np.pad(mask, 1).astype(np.uint8)
    while True:
        before = int(now.sum())
        for first in (True, False):
            ring = [
                np.roll(now, shift, (0, 1))
                for shift in ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
            ]
            north, east, south, west = ring[0], ring[2], ring[4], ring[6]
            filled = sum(r.astype(np.int8) for r in ring)
            turns = sum(
                ((a == 0) & (b == 1)).astype(np.int8) for a, b in zip(ring, ring[1:] + ring[:1], strict=True)
            )
            sides = (
                (north & east & south) | (east & south & west)
                if first
                else (north & east & west) | (north & south & west)
            )
            now[(now == 1) & (filled >= 2) & (filled <= 6) & (turns == 1) & (sides == 0)] = 0
        if int(now.sum()) == before:
            return now[1:-1, 1:-1].astype(np.bool_)
