"""Marks against the truth of one image.

A target is a calcification of at most 1.2 mm and SNR 5 or more. A mark within 0.25 mm + radius of its middle finds it;
one mark finds one target, the best mark first. A mark within 0.3 mm of what any calcification covers is never false.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from annotator.analysis.clusters.grouping import grouped
from annotator.phantom.trial import Trial
from annotator.phantom.truth import TrueCalcification
from benchmarks.detection.seen import Marks

LARGEST_MM = 1.2
LEAST_SNR = 5.0
WITHIN_MM = 0.25
NEVER_FALSE_MM = 0.3
LINK_MM = 10.0
LEAST_MARKS = 3
ON_GROUP = 2
LEAST_MEMBERS = 4
"""A group counts with so many targets."""
STEPS = 60
"""Thresholds at which clusters are made."""

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """One image: for each target the score of the mark that finds it (-inf: none), and the scores of false marks.

    `false_on` names the distractor that each false mark lies on, "tissue" where there is none. `groups` holds, for each
    group that counts, the highest score at which it is found as a cluster; `false_clusters` (thresholds, counts) how many
    false clusters there are when only marks from each threshold on are left.
    """

    seed: int
    density: str
    view: str
    targets: tuple[TrueCalcification, ...]
    hits: Scores
    false: Scores
    false_on: tuple[str, ...]
    groups: tuple[tuple[str, bool], ...]
    group_hits: Scores
    false_clusters: tuple[Scores, NDArray[np.intp]]


def counts(calcification: TrueCalcification) -> bool:
    """Whether a calcification is a target."""
    return calcification.diameter_mm <= LARGEST_MM and calcification.snr >= LEAST_SNR


def judged(trial: Trial, marks: Marks) -> Judged:
    """What marks on a trial come to."""
    order = np.argsort(-marks.score, kind="stable")
    places = np.stack([marks.column, marks.row], axis=1)[order]
    scores = marks.score[order]
    calcs = trial.truth.calcifications
    targets = tuple(c for c in calcs if counts(c))
    hits, used = _hits(places, scores, targets, trial.spacing_mm)
    on = _lies_on(places, trial)
    false = np.array([not owners and not served for owners, served in zip(on, used, strict=True)], dtype=bool)
    groups = _counting_groups(targets)
    members = [{i for i, c in enumerate(calcs) if c.group == name} for name, _ in groups]
    found, false_clusters = _clusters(places * trial.spacing_mm, scores, on, members)
    return Judged(
        seed=trial.seed,
        density=trial.truth.density,
        view=trial.truth.view,
        targets=targets,
        hits=hits,
        false=scores[false],
        false_on=tuple(_distractor(trial, x, y) for x, y in places[false]),
        groups=tuple((_kind(calcs, name), benign) for name, benign in groups),
        group_hits=found,
        false_clusters=false_clusters,
    )


def _hits(
    places: Scores, scores: Scores, targets: tuple[TrueCalcification, ...], pixel_mm: float
) -> tuple[Scores, list[bool]]:
    """Marks from the best on: each takes the nearest target in reach that none has taken."""
    hits = np.full(len(targets), -np.inf)
    used = [False] * len(places)
    if not targets or not len(places):
        return hits, used
    centres = np.array([(t.column, t.row) for t in targets])
    reach = np.array([(WITHIN_MM + t.diameter_mm / 2) / pixel_mm for t in targets])
    near = cKDTree(centres).query_ball_point(places, float(reach.max()))
    for number, candidates in enumerate(near):
        away = {k: float(np.hypot(*(centres[k] - places[number]))) for k in candidates}
        within = [k for k in candidates if away[k] <= reach[k]]
        used[number] = bool(within)
        free = [k for k in within if hits[k] == -np.inf]
        if free:
            hits[min(free, key=lambda k: away[k])] = scores[number]
    return hits, used


def _lies_on(places: Scores, trial: Trial) -> list[set[int]]:
    """The calcifications that each mark lies on or within 0.3 mm of."""
    covered, owner = [np.zeros((0, 2))], [np.zeros(0, np.intp)]
    for number, patch in enumerate(trial.patches):
        rows, columns = np.nonzero(patch.coverage > 0)
        covered.append(np.stack([columns + patch.left + 0.5, rows + patch.top + 0.5], axis=1))
        owner.append(np.full(len(rows), number))
    pixels, owners = np.concatenate(covered), np.concatenate(owner)
    if not len(pixels) or not len(places):
        return [set() for _ in places]
    near = cKDTree(pixels).query_ball_point(places, NEVER_FALSE_MM / trial.spacing_mm + 0.5)
    return [set(owners[found].tolist()) for found in near]


def _counting_groups(targets: tuple[TrueCalcification, ...]) -> list[tuple[str, bool]]:
    names = {t.group: t.benign for t in targets}
    return [
        (name, benign)
        for name, benign in sorted(names.items())
        if sum(t.group == name for t in targets) >= LEAST_MEMBERS
    ]


def _kind(calcs: tuple[TrueCalcification, ...], group: str) -> str:
    return next(c.kind for c in calcs if c.group == group)


def _clusters(
    places_mm: Scores, scores: Scores, on: list[set[int]], members: list[set[int]]
) -> tuple[Scores, tuple[Scores, NDArray[np.intp]]]:
    """At some thresholds the clusters of the marks above each: which groups they hit, and how many are false.

    A cluster is three marks or more linked at 10 mm; it hits a group with two marks on it, and is false when fewer than
    two of its marks lie on anything calcified. All marks down to a score are tried, densely among the best.
    """
    found = np.full(len(members), -np.inf)
    if len(scores) < LEAST_MARKS:
        return found, (np.zeros(0), np.zeros(0, np.intp))
    sizes = np.unique(np.geomspace(LEAST_MARKS, len(scores), STEPS).astype(int))
    false = []
    for size in sizes:
        labels = grouped(places_mm[:size], LINK_MM, LEAST_MARKS)
        wrong = 0
        for number in range(int(labels.max(initial=-1)) + 1):
            marks = [on[k] for k in np.flatnonzero(labels == number)]
            wrong += sum(bool(owners) for owners in marks) < ON_GROUP
            for group, ids in enumerate(members):
                if found[group] == -np.inf and sum(bool(owners & ids) for owners in marks) >= ON_GROUP:
                    found[group] = scores[size - 1]
        false.append(wrong)
    return found, (scores[sizes - 1], np.array(false, dtype=np.intp))


def _distractor(trial: Trial, column: float, row: float) -> str:
    """The distractor nearest to a mark that reaches it; lines and columns by their own rows and columns."""
    reach = NEVER_FALSE_MM / trial.spacing_mm
    for defect in trial.defects:
        across, down = abs(column - defect.column), abs(row - defect.row)
        if defect.kind in ("gain column", "line"):
            if min(across, down) <= 2 and max(across, down) <= defect.reach_mm / trial.spacing_mm:
                return defect.kind
        elif np.hypot(across, down) <= defect.reach_mm / trial.spacing_mm + reach:
            return defect.kind
    return "tissue"
