"""Free-response curves over many images, with the spread that other images would give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.phantom.truth import TrueCalcification
from benchmarks.detection.judged import Judged

RATES = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
CLUSTER_RATES = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)
ROUNDS = 1000
DEEPEST = 60
"""False marks of one image that can matter at ten an image."""

Chosen = Callable[[TrueCalcification], bool]


@dataclass(frozen=True, slots=True)
class Share:
    """A share found with its 95 % interval over images, of `count`; `share` is nan of none."""

    share: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return "-" if not self.count else f"{self.share:.2f}"

    @property
    def interval(self) -> str:
        """With its interval in brackets."""
        return "-" if not self.count else f"{self.share:.2f} [{self.low:.2f}-{self.high:.2f}]"


def everything(target: TrueCalcification) -> bool:
    return bool(target)


def found_at(images: Sequence[Judged], rate: float, chosen: Chosen = everything) -> Share:
    """The share of chosen targets found when all images together show `rate` false marks each.

    The interval is a bootstrap over images, the threshold found anew for each draw.
    """
    hits = [
        image.hits[[chosen(t) for t in image.targets]] if image.targets else image.hits for image in images
    ]
    false = [np.sort(image.false)[::-1][:DEEPEST] for image in images]
    count = sum(map(len, hits))
    if not count:
        return Share(float("nan"), float("nan"), float("nan"), 0)
    rng = np.random.default_rng(20)
    draws = rng.integers(0, len(images), (ROUNDS, len(images)))
    shares = [_share(hits, false, draw, rate) for draw in draws]
    low, high = np.nanpercentile(shares, (2.5, 97.5))
    return Share(_share(hits, false, range(len(images)), rate), float(low), float(high), count)


def _share(
    hits: Sequence[NDArray[np.float64]],
    false: Sequence[NDArray[np.float64]],
    draw: Sequence[int] | NDArray[np.intp],
    rate: float,
) -> float:
    drawn = np.concatenate([hits[k] for k in draw])
    return float((drawn >= threshold([false[k] for k in draw], rate)).mean()) if len(drawn) else float("nan")


def threshold(false: Sequence[NDArray[np.float64]], rate: float) -> float:
    """The score from which on there are at most `rate` false marks an image."""
    together = np.concatenate(false)
    allowed = int(rate * len(false))
    if len(together) <= allowed:
        return -np.finfo(np.float64).max
    highest_refused = np.partition(together, len(together) - allowed - 1)[len(together) - allowed - 1]
    return float(np.nextafter(highest_refused, np.inf))


def false_marks(images: Sequence[Judged], rate: float) -> dict[str, float]:
    """What the false marks of an image lie on, at a rate of all."""
    least = threshold([image.false for image in images], rate)
    kinds = [
        kind for image in images for kind, s in zip(image.false_on, image.false, strict=True) if s >= least
    ]
    return {
        kind: kinds.count(kind) / len(images) for kind in sorted(set(kinds), key=lambda k: -kinds.count(k))
    }


def clusters_at(images: Sequence[Judged], rate: float, *, suspicious: bool | None = None) -> Share:
    """The share of groups found as a cluster at `rate` false clusters an image; only suspicious ones, or benign."""
    hits = [
        image.group_hits[[suspicious is None or benign is not suspicious for _, benign in image.groups]]
        if image.groups
        else image.group_hits
        for image in images
    ]
    count = sum(map(len, hits))
    if not count:
        return Share(float("nan"), float("nan"), float("nan"), 0)
    levels = np.unique(np.concatenate([image.false_clusters[0] for image in images]))[::-1]
    false = np.array([_false_from(image, levels) for image in images])
    groups = np.array([[int((h >= level).sum()) for level in levels] for h in hits])
    sizes = np.array(list(map(len, hits)))
    rng = np.random.default_rng(21)
    draws = rng.integers(0, len(images), (ROUNDS, len(images)))
    shares = [_cluster_share(groups, false, sizes, draw, rate) for draw in draws]
    low, high = np.nanpercentile(shares, (2.5, 97.5))
    whole = _cluster_share(groups, false, sizes, np.arange(len(images)), rate)
    return Share(whole, float(low), float(high), count)


def _false_from(image: Judged, levels: NDArray[np.float64]) -> NDArray[np.intp]:
    """How many false clusters the marks from each level on make, at most: as they grow together they become fewer."""
    scores, numbers = image.false_clusters
    if not len(scores):
        return np.zeros(len(levels), np.intp)
    most = np.maximum.accumulate(numbers)
    at = np.searchsorted(-scores, -levels, side="right") - 1
    return np.where(at >= 0, most[np.maximum(at, 0)], 0)


def _cluster_share(
    groups: NDArray[np.intp],
    false: NDArray[np.intp],
    sizes: NDArray[np.intp],
    draw: NDArray[np.intp],
    rate: float,
) -> float:
    total = int(sizes[draw].sum())
    if not total:
        return float("nan")
    allowed = false[draw].sum(axis=0) <= rate * len(draw)
    reached = groups[draw].sum(axis=0)[allowed]
    return float(reached.max(initial=0)) / total
