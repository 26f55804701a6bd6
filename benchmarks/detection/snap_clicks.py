"""Clicks into synthetic mammograms, and what each method answers, in numbers.

Clicks are fixed by the seed of the picture.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial import cKDTree

from annotator.model.geometry import ImagePoint
from benchmarks.detection.sets import trial
from benchmarks.detection.snap_methods import METHODS, Found
from benchmarks.detection.snap_targets import LONG, RINGS, Picture, Target, along, picture_of, targets_of

CLICK_WITHIN_MM = 0.4
CENTRE_WITHIN_MM = AXIS_WITHIN_MM = 0.2
TISSUE_CLICKS = 150
FAR_FROM_ANY_MM = 2.0
_FINE = 8


@dataclass(frozen=True)
class Answer:
    """What a method said to one click for one target, and how many seconds it took."""

    target: Target
    at: ImagePoint
    found: Found | None
    seconds: float

    @cached_property
    def hit(self) -> bool:
        """Whether the centre is right."""
        if self.found is None:
            return False
        column, row = self.target.center
        away = math.hypot(self.found.column - column, self.found.row - row)
        return away * self.target.pixel_mm <= CENTRE_WITHIN_MM

    @cached_property
    def dice(self) -> float:
        """Overlap of the outline with the true shadow, pixels counted by their share; 0 when refused."""
        if self.found is None:
            return 0.0
        target, outline = self.target, self.found.outline
        corner = np.minimum(np.floor(outline.min(axis=0)).astype(int), (target.left, target.top)) - 1
        rows, columns = target.cover.shape
        far = np.maximum(np.ceil(outline.max(axis=0)).astype(int), (target.left + columns, target.top + rows))
        width, height = (far - corner + 2).tolist()
        mask = np.zeros((height * _FINE, width * _FINE), np.uint8)
        cells = np.round(((outline - corner) * _FINE - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(mask, [cells], 1, cv2.LINE_8, 4)
        ours = mask.reshape(height, _FINE, width, _FINE).mean((1, 3))
        theirs = np.zeros_like(ours)
        top, left = target.top - corner[1], target.left - corner[0]
        theirs[top : top + rows, left : left + columns] = target.cover
        return float(2 * np.minimum(ours, theirs).sum() / (ours.sum() + theirs.sum()))

    @cached_property
    def size_error(self) -> float:
        """Share by which the diameter is too large."""
        assert self.found is not None
        return self.found.diameter_px * self.target.pixel_mm / self.target.diameter_mm - 1

    def covered(self, times: float) -> bool | None:
        """Whether the true diameter lies within so many uncertainties; None where none is told."""
        if self.found is None or self.found.uncertainty_px is None:
            return None
        off = abs(self.found.diameter_px - self.target.diameter_mm / self.target.pixel_mm)
        return off <= times * self.found.uncertainty_px

    @cached_property
    def from_axis(self) -> float:
        """Mean distance (mm) of the axis found from the true one; of the centre where there is no axis."""
        if self.found is None:
            return math.inf
        centre = np.array([[self.found.column, self.found.row]])
        places = centre if self.found.axis is None else along(self.found.axis)
        away, _ = cKDTree(self.target.axis).query(places)
        return float(np.mean(away)) * self.target.pixel_mm

    @cached_property
    def length_overlap(self) -> float:
        """Share of the true axis that lies within 0.2 mm of the axis found."""
        if self.found is None or self.found.axis is None:
            return 0.0
        away, _ = cKDTree(along(self.found.axis)).query(self.target.axis)
        return float(np.mean(away * self.target.pixel_mm <= AXIS_WITHIN_MM))


@dataclass(frozen=True)
class Row:
    """One answer in numbers; `size`, `length`, `width` are the shares by which those are too large."""

    kind: str
    snr: float
    diameter_mm: float
    alone: bool
    pieces: int
    method: str
    refused: bool
    hit: bool
    dice: float
    from_axis_mm: float
    overlap: float
    size: float
    within: tuple[bool, bool] | None
    length: float
    width: float
    seconds: float

    @property
    def compact(self) -> bool:
        return self.kind not in LONG | RINGS


@dataclass(frozen=True)
class Seen:
    """What was asked of one picture: a row for each click and method, and what was refused on empty tissue."""

    rows: list[Row]
    refused: list[dict[str, bool]]


def row_of(method: str, answer: Answer) -> Row:
    target, found = answer.target, answer.found
    one, two = answer.covered(1), answer.covered(2)
    return Row(
        kind=target.kind,
        snr=target.snr,
        diameter_mm=target.diameter_mm,
        alone=target.alone,
        pieces=target.pieces,
        method=method,
        refused=found is None,
        hit=answer.hit,
        dice=answer.dice,
        from_axis_mm=answer.from_axis,
        overlap=answer.length_overlap,
        size=math.nan if found is None else answer.size_error,
        within=None if one is None or two is None else (one, two),
        length=_off(None if found is None else found.length_px, target.length_mm, target.pixel_mm),
        width=_off(None if found is None else found.width_px, target.width_mm, target.pixel_mm),
        seconds=answer.seconds,
    )


def _off(measured_px: float | None, true_mm: float | None, pixel_mm: float) -> float:
    return math.nan if measured_px is None or true_mm is None else measured_px * pixel_mm / true_mm - 1


def looked_at(cache: Path, seed: int, methods: Sequence[str] = tuple(METHODS)) -> Seen:
    """All clicks into the trial of a seed."""
    cv2.setNumThreads(1)
    picture = picture_of(trial(cache, seed))
    rows = [row_of(name, answer) for name, answer in clicks(picture, methods)]
    return Seen(rows, list(refusals(picture, methods)))


def clicks(picture: Picture, methods: Sequence[str]) -> Iterator[tuple[str, Answer]]:
    """Each method's answer to one click beside each visible calcification.

    The click is uniform in a disc about a place on the calcification; meant is the visible one whose edge is
    nearest to the click, as for a reader.
    """
    rng = np.random.default_rng([picture.seed, 1])
    targets = targets_of(picture)
    for aimed in targets:
        turn, share = rng.uniform(0, 2 * math.pi), math.sqrt(rng.random())
        column, row = _aim(aimed, rng)
        away = CLICK_WITHIN_MM * share / picture.pixel_mm
        at = ImagePoint(column + away * math.cos(turn), row + away * math.sin(turn))
        target = min(targets, key=lambda t: (t.from_edge(at), -t.snr))
        for name in methods:
            yield name, _timed(name, picture, target, at)


def _aim(target: Target, rng: np.random.Generator) -> tuple[float, float]:
    """The middle of a compact one, anywhere along a long one or on a ring; of a rim on its edge."""
    places = target.edge if target.kind == "rim" else target.axis
    if target.kind not in LONG | RINGS or not len(places):
        return target.center
    column, row = places[int(rng.integers(len(places)))].tolist()
    return column, row


def _timed(name: str, picture: Picture, target: Target, at: ImagePoint) -> Answer:
    start = time.thread_time()
    found = METHODS[name](picture.frame, at, picture.pixel_mm)
    return Answer(target, at, found, time.thread_time() - start)


def refusals(picture: Picture, methods: Sequence[str]) -> Iterator[dict[str, bool]]:
    """Whether each method finds nothing where there is breast tissue and no calcification."""
    rng = np.random.default_rng([picture.seed, 2])
    free = picture.frame[::4, ::4] > 0
    reach = FAR_FROM_ANY_MM / picture.pixel_mm
    taken: list[tuple[float, float, float, float]] = [
        (s.left, s.top, s.left + s.cover.shape[1], s.top + s.cover.shape[0]) for s in picture.shadows
    ]
    taken += [(x - r, y - r, x + r, y + r) for x, y, r in picture.objects]
    for left, top, right, bottom in taken:
        first, last = max(0, int((top - reach) / 4)), int((bottom + reach) / 4) + 1
        free[first:last, max(0, int((left - reach) / 4)) : int((right + reach) / 4) + 1] = False
    rows, columns = np.nonzero(free)
    for index in rng.choice(rows.size, min(TISSUE_CLICKS, rows.size), replace=False):
        at = ImagePoint(4 * columns[index] + 0.5, 4 * rows[index] + 0.5)
        yield {name: METHODS[name](picture.frame, at, picture.pixel_mm) is None for name in methods}
