"""How well a cluster is laid over the same one of an earlier exam, and how often two different ones are told apart.

Beside it, what a reader has without: the difference of the two counts. The pairs are drawn by `matching_pairs`; TUNED_ON
made the program what it is, UNSEEN was never looked at.

    python -m benchmarks.detection.matching --set dev
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.change.compare import FEWEST, compare_clusters
from annotator.analysis.change.overlooked import really_alone
from annotator.analysis.change.suggested_change import suggested_change
from annotator.model.compared import Compared, Constellation
from annotator.model.finding import Change
from benchmarks.detection.matching_pairs import (
    AS_DRAWN,
    HARDER,
    TUNED_ON,
    UNSEEN,
    TruePair,
    true_pairs,
    unlike_pairs,
)

SEEDS = {"dev": TUNED_ON, "test": UNSEEN}
PAIRS = 249
MANY_NEW = 3


@dataclass(frozen=True)
class Trial:
    """One true pair, what came out, and the seconds of one core that it took."""

    pair: TruePair
    compared: Compared
    seconds: float

    @property
    def difference(self) -> int:
        return len(self.pair.now) - len(self.pair.then)


def tables(sets: str) -> list[str]:
    """The tables of a set ("dev" or "test") as Markdown."""
    seed = SEEDS[sets]
    conditions: dict[str, tuple[list[TruePair], Callable[[Constellation], Constellation]]] = {
        "as drawn": (list(true_pairs(seed, PAIRS, AS_DRAWN)), lambda one: one),
        "without sizes and contrasts": (list(true_pairs(seed, PAIRS, AS_DRAWN)), places_alone),
        "harder: twice the bend and tilt, one in five overlooked": (
            list(true_pairs(seed + 1, PAIRS, HARDER)),
            lambda one: one,
        ),
    }
    rows, counts, hints = [], [], []
    for name, (pairs, shown) in conditions.items():
        done = [trial(pair, shown) for pair in pairs if min(len(pair.now), len(pair.then)) >= FEWEST]
        harsh = HARDER if name.startswith("harder") else AS_DRAWN
        unlike = [
            compare_clusters(shown(now), shown(then)).can_be_matched
            for now, then in unlike_pairs(seed + 2, PAIRS, harsh)
            if min(len(now), len(then)) >= FEWEST
        ]
        rows.append(_pairs_row(name, done, unlike))
        counts.append(_counts_row(name, done))
        if name == "as drawn":
            hints = _hints(done)
    return [
        "\n".join([*_PAIRS_HEAD, *rows]),
        "\n".join([*_COUNTS_HEAD, *counts]),
        "\n".join(hints),
    ]


def places_alone(one: Constellation) -> Constellation:
    return replace(one, diameters_mm=(), contrasts=())


def trial(pair: TruePair, shown: Callable[[Constellation], Constellation]) -> Trial:
    start = time.process_time()
    compared = compare_clusters(shown(pair.now), shown(pair.then))
    return Trial(pair, compared, time.process_time() - start)


def area_under(scores: Sequence[float], truth: Sequence[bool]) -> float:
    """Of the ROC curve: how often a true one scores higher than one that is not, ties half; nan without either."""
    told, yes = np.array(scores, np.float64), np.array(truth, np.bool_)
    if yes.all() or not yes.any():
        return math.nan
    apart: NDArray[np.float64] = np.sign(told[yes][:, None] - told[~yes][None, :])
    return float((apart.mean() + 1) / 2)


_PAIRS_HEAD = (
    "| | clusters | pairs found | of those found right | said not to be matched, though the same | said so of different ones | time of one core, median | longest |",
    "|---|---|---|---|---|---|---|---|",
)


def _pairs_row(name: str, done: Sequence[Trial], unlike: Sequence[bool]) -> str:
    matched = [one for one in done if one.compared.can_be_matched]
    found = [({(p.now, p.then) for p in one.compared.pairs}, one.pair.pairs) for one in matched]
    right = sum(len(told & true) for told, true in found)
    recall, precision = (
        right / sum(len(true) for _, true in found),
        right / sum(len(told) for told, _ in found),
    )
    seconds = [one.seconds for one in done]
    return (
        f"| {name} | {len(done)} | {recall:.1%} | {precision:.1%} | {1 - len(matched) / len(done):.1%} "
        f"| {1 - np.mean(unlike):.1%} | {1000 * float(np.median(seconds)):.0f} ms | {1000 * max(seconds):.0f} ms |"
    )


_COUNTS_HEAD = (
    f"| mean error of the number of | marks without partner | by the counts alone | really new ones | by the counts alone | within the limits told | area under the ROC curve, {MANY_NEW} new or more | by the counts alone |",
    "|---|---|---|---|---|---|---|---|",
)


def _counts_row(name: str, done: Sequence[Trial]) -> str:
    done = [one for one in done if one.compared.can_be_matched]
    alone, counted, new, counted_new = (
        float(np.mean(errors))
        for errors in zip(
            *(
                (
                    abs(len(one.compared.new) - one.pair.without_partner),
                    abs(one.difference - one.pair.without_partner),
                    abs(one.compared.new_count - one.pair.really_new),
                    abs(max(0, one.difference) - one.pair.really_new),
                )
                for one in done
            ),
            strict=True,
        )
    )
    within = [one.compared.new_range[0] <= one.pair.really_new <= one.compared.new_range[1] for one in done]
    many = [one.pair.really_new >= MANY_NEW for one in done]
    told = [_many_new(one.compared) for one in done]
    return (
        f"| {name} | {alone:.2f} | {counted:.2f} | {new:.2f} | {counted_new:.2f} | {np.mean(within):.0%} "
        f"| {area_under(told, many):.3f} | {area_under([one.difference for one in done], many):.3f} |"
    )


def _many_new(compared: Compared) -> float:
    return really_alone(len(compared.new), len(compared.gone), len(compared.pairs))[0].at_least(MANY_NEW)


def _hints(done: Sequence[Trial]) -> list[str]:
    """What is suggested for "change" where none, one or two, and more are new."""
    lines = [
        "| really new | clusters | increased | stable | something else | nothing |",
        "|---|---|---|---|---|---|",
    ]
    for low, high, name in ((0, 0, "none, none gone"), (1, 2, "1 or 2"), (3, 99, f"{MANY_NEW} or more")):
        mine = [one for one in done if low <= one.pair.really_new <= high and (high or not one.pair.lost)]
        said = [suggested_change(one.compared, 12).change for one in mine]
        increased, stable, nothing = (
            sum(word is wanted for word in said) for wanted in (Change.INCREASED, Change.STABLE_LT2Y, None)
        )
        other = len(said) - increased - stable - nothing
        lines.append(f"| {name} | {len(mine)} | {increased} | {stable} | {other} | {nothing} |")
    return lines


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection.matching")
    parser.add_argument("--set", choices=tuple(SEEDS), default="test", help="which seeds (%(default)s)")
    print("\n\n".join(tables(parser.parse_args(words).set)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
