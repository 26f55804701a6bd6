"""What the records of many images come to: single calcifications, clusters, and the outlines that clicks find.

Hit rules are in `RULES`, printed beside every table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.clusters.grouping import LEAST, LINK_MM, grouped
from benchmarks.detection.datasets.annotated import TargetKind
from benchmarks.detection.froc import RATES, threshold
from benchmarks.detection.public_examine import OUTLINE_MM, POINT_MM, ImageRecord, TargetRecord

CLUSTER_RATES = (0.0, 0.1, 0.2, 0.5, 1.0, 2.3)
RULES = (
    (
        f"single: a mark inside the outline widened by {OUTLINE_MM} mm, or within {POINT_MM} mm of a single point; one"
        " mark serves one calcification, further marks on one that is hit are free; marks on what was left unnamed are"
        " neither right nor false"
    ),
    (
        f"cluster: marks linked at {LINK_MM:g} mm, {LEAST} at least; a drawn cluster or region is hit when two of them"
        " lie in it, a group of calcifications marked one by one when they lie on two of them; one with two marks on"
        " other single calcifications is neither right nor false"
    ),
)
_ROUNDS = 500
_CLUSTER_STEPS = 40


@dataclass(frozen=True, slots=True)
class Rate:
    """The share found at so many false marks an image, with its 95 % interval over images."""

    false_per_image: float
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class _Scored:
    """One image: the best score of a mark on each target (-inf: none), and the scores of its false marks."""

    hits: NDArray[np.float64]
    false: NDArray[np.float64]


Chosen = Callable[[TargetRecord], bool]


def single_rates(
    records: Sequence[ImageRecord], rates: Sequence[float] = RATES, chosen: Chosen = lambda _: True
) -> list[Rate]:
    """How many of the chosen calcifications marked one by one are found at each number of false marks an image."""
    return _rates([_singles(record, chosen) for record in records], rates)


def singles_per_area(records: Sequence[ImageRecord], false_per_cm2: float) -> Rate:
    """The same at a number of false marks per square centimetre of breast."""
    area = sum(record.breast_cm2 for record in records) / len(records)
    return single_rates(records, (false_per_cm2 * area,))[0]


def cluster_rates(records: Sequence[ImageRecord], rates: Sequence[float] = CLUSTER_RATES) -> list[Rate]:
    """How many clusters or regions are found at each number of false clusters an image."""
    return _rates([_clusters(record) for record in records], rates)


def overlaps(records: Sequence[ImageRecord]) -> NDArray[np.float64]:
    """Intersection over union of outline and measurement for each click, 0 where nothing was found."""
    return np.array([t.overlap for record in records for t in record.targets if t.overlap is not None])


def true_clusters(record: ImageRecord) -> list[list[set[int]]]:
    """Of each true cluster the marks on its members, two of whom must be hit; a region is hit by two marks in it.

    Calcifications marked one by one are grouped by the same rule as marks; a group of which two lie in a drawn
    cluster is that cluster.
    """
    drawn = [t for t in record.targets if t.kind in (TargetKind.CLUSTER, TargetKind.REGION)]
    found = [[{mark} for mark in target.marks] for target in drawn]
    singles = [t for t in record.targets if t.kind is TargetKind.CALCIFICATION]
    if not singles:
        return found
    labels = grouped(np.array([(t.column, t.row) for t in singles], np.float64) * record.pixel_mm)
    for number in range(int(labels.max()) + 1):
        members = [one for one, label in zip(singles, labels, strict=True) if label == number]
        if sum(one.in_cluster for one in members) < 2:
            found.append([set(one.marks) for one in members])
    return found


def _singles(record: ImageRecord, chosen: Chosen) -> _Scored:
    """Marks from the best on: each takes the nearest calcification it lies on that none has taken yet.

    Those not `chosen` are taken too, and not counted.
    """
    targets = [t for t in record.targets if t.kind is TargetKind.CALCIFICATION]
    on = [set(t.marks) for t in targets]
    spared = {mark for t in record.targets if t.kind is TargetKind.UNNAMED for mark in t.marks}
    hits = np.full(len(targets), -np.inf)
    false = []
    order = sorted(range(len(record.marks)), key=lambda mark: -record.marks[mark][2])
    for mark in order:
        column, row, score = record.marks[mark]
        under = [number for number, marks in enumerate(on) if mark in marks]
        free = [number for number in under if hits[number] == -np.inf]
        if free:
            hits[min(free, key=lambda number: _away(targets[number], column, row))] = score
        elif not under and mark not in spared:
            false.append(score)
    return _Scored(hits[[chosen(target) for target in targets]] if targets else hits, np.array(false))


def _away(target: TargetRecord, column: float, row: float) -> float:
    assert target.column is not None
    assert target.row is not None
    return math.hypot(target.column - column, target.row - row)


def _clusters(record: ImageRecord) -> _Scored:
    """At each of some thresholds the clusters that the marks above it make; a true one counts from its highest on.

    False ones are counted as many as there were at any threshold above, though they grow together as it is lowered.
    Those with two marks on single calcifications, which are no true cluster, are neither right nor false.
    """
    truth = true_clusters(record)
    singles = [
        set(t.marks) for t in record.targets if t.kind in (TargetKind.CALCIFICATION, TargetKind.UNNAMED)
    ]
    scores = np.array([score for _, _, score in record.marks])
    hits = np.full(len(truth), -np.inf)
    false: list[float] = []
    for level in _levels():
        wrong = 0
        for group in _groups(record, np.flatnonzero(scores >= level)):
            right = [n for n, members in enumerate(truth) if _touched(group, members) >= 2]
            for number in right:
                hits[number] = max(hits[number], level)
            wrong += not right and _touched(group, singles) < 2
        false += [level] * max(0, wrong - len(false))
    return _Scored(hits, np.array(false))


def _touched(group: set[int], members: Sequence[set[int]]) -> int:
    return sum(bool(group & member) for member in members)


def _groups(record: ImageRecord, chosen: NDArray[np.intp]) -> list[set[int]]:
    if len(chosen) < LEAST:
        return []
    points = np.array([record.marks[mark][:2] for mark in chosen]) * record.pixel_mm
    labels = grouped(points)
    return [set(chosen[labels == number].tolist()) for number in range(int(labels.max()) + 1)]


def _levels() -> NDArray[np.float64]:
    """From high scores down to none, the same for every image, so that images can be counted together."""
    return np.append(1 / (1 + np.exp(-np.linspace(6, -6, _CLUSTER_STEPS))), 0.0)


def _rates(scored: Sequence[_Scored], rates: Sequence[float]) -> list[Rate]:
    """Shares with a bootstrap over images, always the same draws."""
    rng = np.random.default_rng(20260101)
    draws = [rng.integers(len(scored), size=len(scored)) for _ in range(_ROUNDS)]
    found = []
    for rate in rates:
        share = _share(scored, rate)
        again = [_share([scored[i] for i in draw], rate) for draw in draws]
        known = np.array([one for one in again if not math.isnan(one)])
        low, high = np.percentile(known, (2.5, 97.5)) if known.size else (math.nan, math.nan)
        found.append(Rate(rate, share, float(low), float(high)))
    return found


def _share(scored: Sequence[_Scored], rate: float) -> float:
    """Found from the score on that allows no more than `rate` false ones an image."""
    hits = np.concatenate([one.hits for one in scored])
    return float((hits >= threshold([one.false for one in scored], rate)).mean()) if hits.size else math.nan
