"""A cluster now beside the same cluster on an earlier exam (docs/measuring.md, compared with the prior)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.change.overlaid_marks import CONTRAST_SD, SIZE_SD, Dots, Laid, lay_over
from annotator.analysis.change.overlooked import really_alone
from annotator.analysis.clusters.grouping import cluster_facts
from annotator.jobs import CancelToken, Progress
from annotator.model.cluster_facts import ClusterFacts
from annotator.model.compared import Compared, Constellation, Pair

FEWEST, MOST = 4, 300
"""Marks on each side: fewer fit one another by accident, more take minutes."""
CHANCE_FACTOR = 1.5
"""How much better than by chance two clusters must agree."""
SURE = 0.5

_JITTER_MM = 2.0
_STEPS = 7
_FEWEST_MEASURED = 3
_BEYOND = 3.0


def compare_clusters(now: Constellation, then: Constellation, token: CancelToken | None = None) -> Compared:
    """Lay the earlier constellation over the one now and say what was matched, what is new and what is gone.

    Both hang the same way; where they lie does not matter, nor in which order their marks come. Says that they cannot
    be matched without known pixel spacing, with fewer than 4 or more than 300 marks on a side, and where unlike
    arrangements of the same marks agree nearly as well. ValueError without any mark on a side; `Cancelled` soon after
    the token was cancelled.
    """
    facts = _facts(now), _facts(then)
    in_mm = now.in_mm and then.in_mm
    why_not = _why_not(now, then)
    if why_not:
        return Compared(now=facts[0], then=facts[1], can_be_matched=False, why_not=why_not, in_mm=in_mm)
    rows_now, rows_then = _ordered(now), _ordered(then)
    dots_now, dots_then = _dots(now, rows_now), _dots(then, rows_then)
    _step(token, 0)
    laid = lay_over(dots_now, dots_then, token)
    chance, level = _chance(dots_now, dots_then, token)
    if laid.score < CHANCE_FACTOR * max(chance, 1.0):
        return Compared(
            now=facts[0],
            then=facts[1],
            can_be_matched=False,
            why_not="The two cannot be matched: unlike arrangements of the same marks agree nearly as well.",
            score=laid.score,
            chance_score=chance,
            chance_level=level,
        )
    return _matched(now, then, facts, (rows_now, rows_then), laid, (chance, level))


def _facts(of: Constellation) -> ClusterFacts:
    diameters = np.array(of.diameters_mm, np.float64) if of.diameters_mm else None
    return cluster_facts(
        of.places, diameters, of.nipple, of.breast_area_mm2, basis=of.basis if of.in_mm else None
    )


def _why_not(now: Constellation, then: Constellation) -> str:
    """Why these two are not compared at all; empty when they can be."""
    unknown = [name for name, of in (("now", now), ("then", then)) if not of.in_mm]
    if unknown:
        return (
            f"The size of a pixel is not known for the image {' and the one '.join(unknown)}, "
            "so the two cannot be matched; calibrate it to compare."
        )
    fewest = min(len(now), len(then))
    if fewest < FEWEST:
        return f"The two cannot be matched: it takes {FEWEST} marks on each side, and here are {fewest}."
    most = max(len(now), len(then))
    if most > MOST:
        return f"The two cannot be matched: {most} marks are more than the {MOST} that can be compared."
    return ""


def _ordered(of: Constellation) -> NDArray[np.intp]:
    """Numbers of the marks from left to right, so that their order tells nothing."""
    places = np.array(of.places)
    return np.lexsort((places[:, 1], places[:, 0]))


def _dots(of: Constellation, rows: NDArray[np.intp]) -> Dots:
    features = np.full((len(of), 2), np.nan)
    for column, values in enumerate((of.diameters_mm, of.contrasts)):
        if values:
            told = np.array(values, np.float64)
            features[:, column] = np.log(np.where(told > 0, told, np.nan))
    return Dots(np.array(of.places)[rows], features[rows])


def _step(token: CancelToken | None, done: int) -> None:
    if token is not None:
        token.checkpoint(Progress(done, _STEPS, "comparing"))


def _chance(now: Dots, then: Dots, token: CancelToken | None) -> tuple[float, int]:
    """Mean score of unlike arrangements, and how many pairs they have (median)."""
    scores, pairs = [], []
    for done, other in enumerate(_unlike(then), 1):
        _step(token, done)
        laid = lay_over(now, other, token)
        scores.append(laid.score)
        pairs.append(len(_pairs(laid.chances)))
    return float(np.mean(scores)), int(np.median(pairs))


def _unlike(then: Dots) -> list[Dots]:
    """The same marks arranged otherwise: turned by 180 degrees, end for end, and strewn, sizes given to others.

    All keep the outline of the cluster, so that it does not count by itself.
    """
    rng = np.random.default_rng(len(then))
    middle = then.places.mean(axis=0)
    off = then.places - middle
    long_axis = np.linalg.eigh(off.T @ off)[1][:, 1]
    turned, ended = middle - off, middle + off - 2 * np.outer(off @ long_axis, long_axis)
    strewn = (then.places + rng.normal(0, _JITTER_MM, off.shape) for _ in range(2))
    given = [Dots(one, then.features[rng.permutation(len(then))]) for one in (turned, ended, *strewn)]
    return [Dots(turned, then.features), Dots(ended, then.features), *given]


def _pairs(chances: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Who belongs to whom: of those likelier paired than alone, the likeliest pairs first, each mark once."""
    rows = np.flatnonzero(chances.sum(axis=1) > SURE)
    columns = np.flatnonzero(chances.sum(axis=0) > SURE)
    left = chances[np.ix_(rows, columns)].copy()
    found = []
    while left.size and left.max() > 0.1:
        row, column = np.unravel_index(int(left.argmax()), left.shape)
        found.append((int(rows[row]), int(columns[column])))
        left[row, :] = left[:, column] = 0.0
    return sorted(found)


def _matched(
    now: Constellation,
    then: Constellation,
    facts: tuple[ClusterFacts, ClusterFacts],
    rows: tuple[NDArray[np.intp], NDArray[np.intp]],
    laid: Laid,
    chance: tuple[float, int],
) -> Compared:
    found = _pairs(laid.chances)
    pairs = sorted(
        (
            Pair(
                int(rows[0][row]),
                int(rows[1][column]),
                math.dist(now.places[int(rows[0][row])], laid.placed[column].tolist()),
                min(1.0, float(laid.chances[row].sum())),
            )
            for row, column in found
        ),
        key=lambda pair: pair.now,
    )
    new = tuple(sorted(set(range(len(now))) - {pair.now for pair in pairs}))
    gone = tuple(sorted(set(range(len(then))) - {pair.then for pair in pairs}))
    grown, lost = really_alone(len(new), len(gone), len(pairs))
    lies = np.empty((len(then), 2))
    lies[rows[1]] = laid.placed
    return Compared(
        now=facts[0],
        then=facts[1],
        can_be_matched=True,
        pairs=tuple(pairs),
        new=new,
        gone=gone,
        new_count=grown.count,
        new_range=(grown.low, grown.high),
        gone_count=lost.count,
        gone_range=(lost.low, lost.high),
        score=laid.score,
        chance_score=chance[0],
        chance_level=chance[1],
        **_move(now, then, pairs),
        then_on_now=tuple((float(x), float(y)) for x, y in lies),
        **_appearance(now, then, pairs),
    )


def _move(now: Constellation, then: Constellation, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Turn, scale and shift of the middle that bring the pairs' marks of then nearest to those of now."""
    if not pairs:
        return {}
    here = np.array([complex(*now.places[pair.now]) for pair in pairs])
    there = np.array([complex(*then.places[pair.then]) for pair in pairs])
    shift = here.mean() - there.mean()
    off = there - there.mean()
    spread = float(np.vdot(off, off).real)
    moved = complex(np.vdot(off, here - here.mean())) / spread if spread > 0 else 1 + 0j
    return {
        "turn_deg": math.degrees(math.atan2(moved.imag, moved.real)),
        "scale": abs(moved),
        "shift_mm": (float(shift.real), float(shift.imag)),
    }


def _appearance(now: Constellation, then: Constellation, pairs: Sequence[Pair]) -> dict[str, Any]:
    """How sizes and contrasts of the pairs changed, as far as they were measured on both sides."""
    sizes = _ratios(now.diameters_mm, then.diameters_mm, pairs)
    contrasts = _ratios(now.contrasts, then.contrasts, pairs)
    return {
        "measured_pairs": len(sizes),
        "size_change": float(np.exp(np.median(sizes))) if len(sizes) >= _FEWEST_MEASURED else None,
        "size_outliers": _outliers(sizes, SIZE_SD),
        "contrast_outliers": _outliers(contrasts, CONTRAST_SD),
    }


def _ratios(
    now: Sequence[float | None], then: Sequence[float | None], pairs: Sequence[Pair]
) -> NDArray[np.float64]:
    """Logarithms of now over then, of the pairs that have both."""
    if not now or not then:
        return np.zeros(0)
    both = [(now[pair.now], then[pair.then]) for pair in pairs]
    return np.array([math.log(a / b) for a, b in both if a is not None and b is not None and a > 0 and b > 0])


def _outliers(ratios: NDArray[np.float64], noise: float) -> int | None:
    if len(ratios) < _FEWEST_MEASURED:
        return None
    return int(np.count_nonzero(np.abs(ratios - np.median(ratios)) > _BEYOND * noise))
