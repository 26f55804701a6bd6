"""The distribution word that the facts of a cluster suggest, with the numbers behind it (docs/measuring.md, clusters).

Small trees, made by `benchmarks/detection/train_words.py` from sets whose word is known, give the word and how
often it is right; the sentences tell the facts that speak for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from annotator.model.cluster_facts import ClusterFacts, DistributionHint
from annotator.model.finding import Distribution
from annotator.model.geometry import mm_digits

WORDS = (
    Distribution.LINEAR,
    Distribution.SEGMENTAL,
    Distribution.GROUPED,
    Distribution.REGIONAL,
    Distribution.DIFFUSE,
)
FEATURES = (
    "count",
    "strays",
    "extent_mm",
    "hull_mm2",
    "area_mm2",
    "density_per_cm2",
    "spacing_mm",
    "spacing_variation",
    "core_extent_mm",
    "core_hull_mm2",
    "length_mm",
    "width_mm",
    "line_likeness",
    "elongation",
    "nipple_distance_mm",
    "axis_to_nipple_deg",
    "angular_spread_deg",
    "radial_spread_mm",
    "tangential_spread_mm",
    "breast_share",
    "widening",
)
"""Facts that the trees look at, in their order; three shares made of them follow."""
_UNKNOWN = -1.0
FEWEST = 3
"""Fewer marks have no distribution."""
_FEW, _APART_MM = 5, 10.0
"""Three or four places taken at random nearly always lie near some line; it tells nothing where none is near another."""


@dataclass(frozen=True, eq=False)
class Trees:
    """Sums of small trees, one sum for each word: nodes of all trees in a row, a leaf leads to itself."""

    roots: NDArray[np.int32]
    words: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]
    start: NDArray[np.float64]

    def shares(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of each word of WORDS."""
        at = self.roots
        while True:
            after = np.where(features[self.feature[at]] <= self.threshold[at], self.left[at], self.right[at])
            if np.array_equal(after, at):
                break
            at = after
        sums = self.start + np.bincount(self.words, self.value[at], len(WORDS))
        likely = np.exp(sums - sums.max())
        return np.asarray(likely / likely.sum())


@lru_cache(maxsize=1)
def trained() -> Trees:
    """The trees that come with the program."""
    with (files("annotator.analysis.clusters") / "models" / "distribution.npz").open("rb") as file:
        kept = np.load(file, allow_pickle=False)
        return Trees(**{name: kept[name] for name in Trees.__dataclass_fields__})


def features_of(facts: ClusterFacts) -> NDArray[np.float64]:
    """What the trees look at, -1 for what is not known."""
    values = [_number(getattr(facts, name)) for name in FEATURES]
    deep, across = facts.radial_spread_mm, facts.tangential_spread_mm
    values += [
        facts.area_mm2 / (facts.hull_mm2 + facts.area_mm2),
        facts.core_hull_mm2 / max(facts.core_extent_mm, 1.0) ** 2,
        _UNKNOWN if deep is None or across is None else deep / max(across, 0.1),
    ]
    return np.array(values, np.float64)


def _number(fact: float | None) -> float:
    return _UNKNOWN if fact is None else float(fact)


def suggested_distribution(facts: ClusterFacts) -> DistributionHint:
    """The word that sets like this one mostly have, why, and the word that comes second.

    A suggestion to look at: readers among one another agree on this word with a kappa of 0.47 (Berg 2000).
    """
    if facts.count < FEWEST:
        marks = "One mark alone" if facts.count == 1 else f"Only {facts.count} marks"
        return DistributionHint(Distribution.SINGLE, (f"{marks}; an arrangement takes {FEWEST}.",))
    if facts.count < _FEW and facts.spacing_mm is not None and facts.spacing_mm > _APART_MM:
        apart = f"{facts.count} marks, {mm_digits(facts.spacing_mm)} mm from one to the nearest other"
        return DistributionHint(Distribution.SINGLE, (f"{apart}; so few so far apart make no arrangement.",))
    shares = trained().shares(features_of(facts))
    best, second = np.argsort(-shares, kind="stable")[:2].tolist()
    word = WORDS[best]
    because = (_BECAUSE[word](facts), *_reservations(facts, word))
    return DistributionHint(word, because, float(shares[best]), WORDS[second], float(shares[second]))


def _linear(facts: ClusterFacts) -> str:
    width = f"{mm_digits(facts.width_mm)} mm to its sides"
    return f"{_marks(facts)} lie along a line of {mm_digits(facts.length_mm)} mm, {width}."


def _segmental(facts: ClusterFacts) -> str:
    said = f"{_marks(facts)} lie over {mm_digits(facts.core_extent_mm)} mm"
    if facts.radial_spread_mm is None or facts.tangential_spread_mm is None:
        return f"{said}, longer than wide."
    deep, across = mm_digits(facts.radial_spread_mm), mm_digits(facts.tangential_spread_mm)
    seen = f"{facts.angular_spread_deg:.0f} degrees as seen from the nipple"
    opens = ", opening away from it" if (facts.widening or 0.0) > _OPENS else ""
    return f"{said}: {deep} mm towards the nipple and {across} mm across, within {seen}{opens}."


_OPENS = 0.04


def _grouped(facts: ClusterFacts) -> str:
    return (
        f"{_marks(facts)} lie within {mm_digits(facts.core_extent_mm)} mm, {facts.density_per_cm2:.0f} to a cm²"
        f"{'' if facts.count >= 5 else '; five within 1 cm are asked for'}."
    )


def _regional(facts: ClusterFacts) -> str:
    said = f"{_marks(facts)} lie over {mm_digits(facts.core_extent_mm)} mm"
    off = facts.axis_to_nipple_deg
    way = "" if off is None else f"; their long axis lies {off:.0f} degrees off the nipple"
    return f"{said}, {facts.core_hull_mm2 / 100:.1f} cm², and not in a line{way}."


def _diffuse(facts: ClusterFacts) -> str:
    over = f"{_marks(facts)} lie over {mm_digits(facts.extent_mm)} mm"
    share = facts.breast_share
    return (
        f"{over}." if share is None else f"{over}; their outline takes in {100 * share:.0f} % of the breast."
    )


_BECAUSE = {
    Distribution.LINEAR: _linear,
    Distribution.SEGMENTAL: _segmental,
    Distribution.GROUPED: _grouped,
    Distribution.REGIONAL: _regional,
    Distribution.DIFFUSE: _diffuse,
}


def _marks(facts: ClusterFacts) -> str:
    return f"{facts.count - facts.strays} marks"


def _reservations(facts: ClusterFacts, word: Distribution) -> list[str]:
    """What was left out, and what was not known."""
    said = []
    if facts.strays and word is not Distribution.DIFFUSE:
        said.append(
            "One mark lies apart and is left out of this."
            if facts.strays == 1
            else f"{facts.strays} marks lie apart and are left out of this."
        )
    if facts.nipple_distance_mm is None and word is not Distribution.GROUPED:
        said.append("Where the nipple lies is not known, so nothing is told of the direction.")
    return said
