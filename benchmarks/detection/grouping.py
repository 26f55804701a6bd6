"""How well marks are put in groups, and how often the suggested distribution word is the one they were drawn by.

Sets are drawn from the words' definitions in a plane: what is tested is geometry alone. Some marks are missed, others
are strays, and the nipple is known to 2 mm. Seeds: TRAIN made the trees, DEV chose among them, TEST was never looked
at. A second source are the arrangements of the phantoms, drawn in space by other code and projected.

    python -m benchmarks.detection.grouping --set dev
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.clusters.distribution import suggested_distribution
from annotator.analysis.clusters.grouping import cluster_facts, grouped
from annotator.model.cluster_facts import ClusterFacts
from annotator.model.finding import Distribution
from annotator.phantom.arranged import arrange
from annotator.phantom.body import BodyPoint, PhantomView, Side, make_breast
from annotator.phantom.calcifications import make_bed
from annotator.phantom.texture import stream

Points = NDArray[np.float64]

WORDS = (
    Distribution.LINEAR,
    Distribution.SEGMENTAL,
    Distribution.GROUPED,
    Distribution.REGIONAL,
    Distribution.DIFFUSE,
)
TRAIN, DEV, TEST = 41_000, 41_500, 42_000
SEEDS = {"dev": DEV, "test": TEST}
SETS, SCENES, BREASTS = 1500, 300, 40
KINDS_OF_SCENES = (
    ("sets 20 mm apart, no strays", 20.0, 0),
    ("sets 20 mm apart", 20.0, 6),
    ("sets 12 mm apart", 12.0, 6),
    ("in one another too", 0.0, 6),
)
"""Name, least distance of marks of two sets, and most strays."""
MISSED = 0.12
NIPPLE_SD_MM = 2.0


@dataclass(frozen=True)
class Breast:
    """Half an ellipse with the chest wall at x = 0 and the nipple, as it was placed, near (depth, middle)."""

    depth: float
    height: float
    middle: float
    nipple: tuple[float, float]

    @property
    def area(self) -> float:
        return math.pi * self.depth * self.height / 4

    def holds(self, points: Points, margin: float = 3.0) -> NDArray[np.bool_]:
        off = (points - (0, self.middle)) / (self.depth - margin, self.height / 2 - margin)
        inside: NDArray[np.bool_] = (off**2).sum(axis=1) <= 1
        return inside & (points[:, 0] >= margin)


@dataclass(frozen=True)
class NoisySet:
    """The marks of one finding, the word they were drawn by, and the breast around them."""

    points: Points
    word: Distribution
    breast: Breast


def any_breast(rng: np.random.Generator) -> Breast:
    depth = rng.uniform(60, 115)
    height = depth * rng.uniform(1.5, 2.1)
    middle = height / 2 + rng.uniform(0, 30)
    off = rng.normal(0, NIPPLE_SD_MM, 2)
    return Breast(depth, height, middle, (float(depth + off[0]), float(middle + off[1])))


def _somewhere(rng: np.random.Generator, breast: Breast, margin: float) -> NDArray[np.float64]:
    while True:
        at = rng.uniform(
            (0, breast.middle - breast.height / 2), (breast.depth, breast.middle + breast.height / 2)
        )
        if breast.holds(at[None], margin)[0]:
            return np.asarray(at)


def _turned(points: Points, angle: float) -> Points:
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.asarray(points @ np.array([[cosine, sine], [-sine, cosine]]))


def _disc(rng: np.random.Generator, count: int) -> Points:
    angle, far = rng.uniform(0, 2 * math.pi, count), np.sqrt(rng.random(count))
    return np.stack([far * np.cos(angle), far * np.sin(angle)], axis=1)


def _to_nipple(breast: Breast, at: NDArray[np.float64]) -> float:
    return math.atan2(breast.middle - at[1], breast.depth - at[0])


def _linear(rng: np.random.Generator, breast: Breast) -> Points:
    """Along a duct that bends, 8 to 40 mm."""
    length, count = rng.uniform(8, 40), int(rng.integers(5, 21))
    along = np.sort(rng.uniform(-0.5, 0.5, count)) * length
    bend = rng.normal(0, 0.1) * 4 * (along**2) / length
    points = np.stack([along, bend], axis=1) + rng.normal(0, rng.uniform(0.15, 0.8), (count, 2))
    at = _somewhere(rng, breast, 12)
    return at + _turned(points, _to_nipple(breast, at) + rng.normal(0, math.radians(25)))


def _segmental(rng: np.random.Generator, breast: Breast) -> Points:
    """Along the ducts of one lobe: a wedge that points to the nipple, 18 to 60 mm long, 14 to 50 degrees wide."""
    near = rng.uniform(8, 25)
    far = near + rng.uniform(18, max(20.0, min(60.0, breast.depth - near - 4)))
    heading = math.pi + rng.normal(0, math.radians(28))
    half = math.radians(rng.uniform(7, 25))
    count, ducts = int(rng.integers(14, 61)), int(rng.integers(3, 9))
    duct = rng.uniform(-half, half, ducts)[rng.integers(0, ducts, count)]
    angle = heading + duct + rng.normal(0, math.radians(2), count)
    reach = (
        np.sqrt(rng.uniform(near**2, far**2, count)) if rng.random() < 0.5 else rng.uniform(near, far, count)
    )
    points = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1)
    points += rng.normal(0, 0.5, points.shape)
    return np.asarray(points + np.array((breast.depth, breast.middle)))


def _grouped(rng: np.random.Generator, breast: Breast) -> Points:
    """Five to twenty-five within 4 to 19 mm."""
    count, across = int(rng.integers(5, 26)), rng.uniform(4, 19)
    flat = rng.uniform(0.6, 1.0)
    shape = _disc(rng, count) if rng.random() < 0.5 else np.clip(rng.normal(0, 0.45, (count, 2)), -1, 1)
    points = shape * (across / 2, across / 2 * flat)
    return _somewhere(rng, breast, 12) + _turned(points, rng.uniform(0, math.pi))


def _regional(rng: np.random.Generator, breast: Breast) -> Points:
    """Over 24 to 65 mm, any way round, at most a third of the breast."""
    across, flat = rng.uniform(24, 65), rng.uniform(0.6, 1.0)
    across = min(across, math.sqrt(0.30 * breast.area * 4 / (math.pi * flat)))
    points = _disc(rng, int(rng.integers(14, 71))) * (across / 2, across / 2 * flat)
    placed = _somewhere(rng, breast, 16) + _turned(points, rng.uniform(0, math.pi))
    inside = placed[breast.holds(placed, 1.0)]
    return inside if np.ptp(inside, axis=0).max(initial=0) > 22 else _regional(rng, breast)


def _diffuse(rng: np.random.Generator, breast: Breast) -> Points:
    """Through the whole breast."""
    points = rng.uniform(
        (2, breast.middle - breast.height / 2), (breast.depth, breast.middle + breast.height / 2), (300, 2)
    )
    return points[breast.holds(points)][: int(rng.integers(25, 111))]


DRAWN: dict[Distribution, Callable[[np.random.Generator, Breast], Points]] = {
    Distribution.LINEAR: _linear,
    Distribution.SEGMENTAL: _segmental,
    Distribution.GROUPED: _grouped,
    Distribution.REGIONAL: _regional,
    Distribution.DIFFUSE: _diffuse,
}


def noisy_sets(seed: int, count: int) -> Iterator[NoisySet]:
    """`count` sets, each word as often; 12 of 100 marks missed, half as many strays as sets within 12 mm of one."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        word, breast = WORDS[number % len(WORDS)], any_breast(rng)
        while True:
            points = DRAWN[word](rng, breast)
            kept = points[rng.random(len(points)) >= MISSED]
            if len(kept) >= 3:
                break
        strays = rng.poisson(0.5)
        beside = kept[rng.integers(0, len(kept), strays)] + _disc(rng, strays) * 12
        yield NoisySet(rng.permutation(np.concatenate([kept, beside])), word, breast)


@dataclass(frozen=True)
class Scene:
    """Marks of one image and which group each was drawn in, -1 for strays."""

    points: Points
    group: NDArray[np.intp]


def scenes(seed: int, count: int, gap_mm: float, most_strays: int = 6) -> Iterator[Scene]:
    """`count` breasts with one to five grouped, linear or segmental sets, and strays anywhere in them.

    Marks of two sets lie `gap_mm` apart at least; 0: sets may lie in one another.
    """
    rng = np.random.default_rng(seed)
    words = (Distribution.GROUPED, Distribution.GROUPED, Distribution.LINEAR, Distribution.SEGMENTAL)
    for _ in range(count):
        breast, wanted = any_breast(rng), int(rng.integers(1, 6))
        parts: list[Points] = []
        for _ in range(40):
            points = DRAWN[words[int(rng.integers(0, len(words)))]](rng, breast)
            points = points[rng.random(len(points)) >= MISSED]
            if len(points) < 3 or any(_apart(points, other) < gap_mm for other in parts):
                continue
            parts.append(points)
            if len(parts) == wanted:
                break
        strays = [_somewhere(rng, breast, 3) for _ in range(int(rng.integers(0, most_strays + 1)))]
        group = [np.full(len(points), number) for number, points in enumerate(parts)]
        yield Scene(
            np.concatenate([*parts, np.array(strays).reshape(-1, 2)]),
            np.concatenate([*group, np.full(len(strays), -1)]).astype(np.intp),
        )


def _apart(one: Points, other: Points) -> float:
    return float(np.hypot(*(one[:, None] - other).transpose(2, 0, 1)).min())


def adjusted_rand(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    """Agreement of two groupings: 1 the same, 0 as by chance (Hubert and Arabie 1985). Each -1 stands alone."""
    labels = []
    for groups in (one, other):
        alone = groups < 0
        labels.append(np.where(alone, np.arange(len(groups)) + groups.max(initial=0) + 1, groups))
    table = np.unique(np.stack(labels, axis=1), axis=0, return_counts=True)[1]
    sums = [np.unique(label, return_counts=True)[1] for label in labels]
    both, mine, theirs = (float((n * (n - 1) / 2).sum()) for n in (table, *sums))
    pairs = len(one) * (len(one) - 1) / 2
    by_chance = mine * theirs / pairs
    most = (mine + theirs) / 2
    return 1.0 if most == by_chance else (both - by_chance) / (most - by_chance)


def by_rules(facts: ClusterFacts) -> Distribution:
    """The first rule that fires of six plain ones: what the suggested word is compared with."""
    share, off = facts.breast_share or 0.0, facts.axis_to_nipple_deg
    deep, across = facts.radial_spread_mm or 0.0, facts.tangential_spread_mm or 0.1
    if facts.count < 3:
        return Distribution.SINGLE
    if share > 0.38:
        return Distribution.DIFFUSE
    if facts.length_mm > 5 and facts.line_likeness > 2.7 and facts.width_mm < 2.2:
        return Distribution.LINEAR
    pointing = off is not None and off < 28 and deep / across > 1.25 and (facts.angular_spread_deg or 0) < 55
    if facts.extent_mm > 16 and pointing:
        return Distribution.SEGMENTAL
    return Distribution.GROUPED if facts.extent_mm <= 21 else Distribution.REGIONAL


def arranged_sets(seed: int, breasts: int) -> Iterator[tuple[ClusterFacts, Distribution]]:
    """What the phantoms arrange in each word, projected on CC or MLO, 12 of 100 marks missed."""
    for number in range(breasts):
        rng = stream(seed, "arranged", str(number))
        breast = make_breast(seed + number, Side.LEFT, "abcd"[number % 4])
        view = (PhantomView.CC, PhantomView.MLO)[number % 2]
        for word in WORDS:
            depth = rng.uniform(25, breast.depth_mm - 22)
            off, around = 0.35 * depth * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
            bed = make_bed(breast, BodyPoint(depth, off * math.cos(around), off * math.sin(around)))
            group = arrange(rng, bed, "G1", "punctate", word.value)
            points = np.array(
                [(-m.centre.depth, breast.vertical(m.centre, view)) for m in group.calcifications]
            )
            kept = points[rng.random(len(points)) >= MISSED]
            nipple = tuple(rng.normal(0, NIPPLE_SD_MM, 2).tolist())
            area = 0.45 * math.pi * breast.depth_mm**2
            yield cluster_facts(kept, None, (nipple[0], nipple[1]), area), word


def tables(sets: str) -> list[str]:
    """The tables of a set ("dev" or "test") as Markdown."""
    seed = SEEDS[sets]
    drawn = list(noisy_sets(seed, SETS))
    told = [cluster_facts(one.points, None, one.breast.nipple, one.breast.area) for one in drawn]
    bare = [cluster_facts(one.points) for one in drawn]
    words = [one.word for one in drawn]
    arranged = list(arranged_sets(seed, BREASTS))
    suggested = [suggested_distribution(facts) for facts in told]
    sure = [
        hint.word is word for hint, word in zip(suggested, words, strict=True) if (hint.share or 0) >= 0.8
    ]
    rows = [
        ("suggested word", f"{SETS} sets", _right([hint.word for hint in suggested], words)),
        ("- where it says 80 % or more", f"{len(sure)} of them", float(np.mean(sure))),
        ("- nipple and breast not known", f"{SETS} sets", _right(_suggested(bare), words)),
        (
            "- arranged by the phantoms",
            f"{len(arranged)} sets",
            _right(_suggested([f for f, _ in arranged]), [w for _, w in arranged]),
        ),
        ("six plain rules", f"{SETS} sets", _right([by_rules(facts) for facts in told], words)),
        (
            "- arranged by the phantoms",
            f"{len(arranged)} sets",
            _right([by_rules(f) for f, _ in arranged], [w for _, w in arranged]),
        ),
    ]
    return [
        _groups_table(seed),
        _words_table(rows),
        _confusion([hint.word for hint in suggested], words),
        _times(),
    ]


def _suggested(facts: Sequence[ClusterFacts]) -> list[Distribution]:
    return [suggested_distribution(one).word for one in facts]


def _right(said: Sequence[Distribution], truth: Sequence[Distribution]) -> float:
    return float(np.mean([one is other for one, other in zip(said, truth, strict=True)]))


def _groups_table(seed: int) -> str:
    drawn = [list(scenes(seed, SCENES, gap, strays)) for _, gap, strays in KINDS_OF_SCENES]
    heads = " | ".join(name for name, _, _ in KINDS_OF_SCENES)
    lines = [f"| adjusted Rand index, mean of {SCENES} scenes | {heads} |", "|---" * (1 + len(drawn)) + "|"]
    for link, least in ((10.0, 3), (5.0, 3), (15.0, 3), (10.0, 5)):
        means = [
            np.mean([adjusted_rand(grouped(s.points, link, least), s.group) for s in of]) for of in drawn
        ]
        what = " (the program's)" if (link, least) == (10.0, 3) else ""
        told = " | ".join(f"{mean:.3f}" for mean in means)
        lines.append(f"| linked at {link:.0f} mm, {least} marks or more{what} | {told} |")
    return "\n".join(lines)


def _words_table(rows: Sequence[tuple[str, str, float]]) -> str:
    return "\n".join(
        ["| word | of | right |", "|---|---|---|", *(f"| {a} | {b} | {c:.1%} |" for a, b, c in rows)]
    )


def _confusion(said: Sequence[Distribution], truth: Sequence[Distribution]) -> str:
    lines = ["| drawn as | " + " | ".join(f"called {word.value}" for word in WORDS) + " |", "|---" * 6 + "|"]
    for drawn in WORDS:
        counts = [
            sum(s is called and t is drawn for s, t in zip(said, truth, strict=True)) for called in WORDS
        ]
        lines.append(f"| {drawn.value} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines)


def _times() -> str:
    rng = np.random.default_rng(1)
    heaps = rng.uniform(0, (110, 200), (500, 1, 2)) + rng.normal(0, 2, (500, 20, 2))
    cases: dict[str, Points] = {
        "10,000 marks over a whole breast": rng.uniform(0, (110, 200), (10_000, 2)),
        "10,000 marks in 500 clusters": heaps.reshape(-1, 2),
        "10,000 marks within 2 cm": rng.normal(0, 4, (10_000, 2)),
        "20 marks": rng.normal(0, 4, (20, 2)),
    }
    lines = ["| | groups, median | facts of one cluster of all, median |", "|---|---|---|"]
    for name, points in cases.items():
        took = (_milliseconds(partial(grouped, points)), _milliseconds(partial(cluster_facts, points)))
        lines.append(f"| {name} | {took[0]} | {took[1]} |")
    return "\n".join(lines)


def _milliseconds(work: Callable[[], object]) -> str:
    seconds = []
    for _ in range(9):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return f"{1000 * float(np.median(seconds)):.1f} ms"


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection.grouping")
    parser.add_argument("--set", choices=tuple(SEEDS), default="test", help="which seeds (%(default)s)")
    print("\n\n".join(tables(parser.parse_args(words).set)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
