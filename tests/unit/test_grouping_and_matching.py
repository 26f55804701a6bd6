"""What the tables of groups, words and comparisons are made of, and a small part of them as a guard."""

from __future__ import annotations

import numpy as np
import pytest

from annotator.analysis.change.compare import compare_clusters
from annotator.analysis.clusters.distribution import WORDS, suggested_distribution
from annotator.analysis.clusters.grouping import cluster_facts, grouped
from benchmarks.detection import grouping, matching, matching_pairs
from benchmarks.detection.grouping import adjusted_rand, by_rules, noisy_sets, scenes
from benchmarks.detection.matching_pairs import true_pairs, unlike_pairs

SEED = 77_000
"""Of no set."""


def groups(text: str) -> np.ndarray:
    return np.array([-1 if letter == "." else "abc".index(letter) for letter in text])


@pytest.mark.parametrize(
    ("one", "other", "index"),
    [
        ("aabb", "bbaa", 1.0),
        ("aa..", "aa..", 1.0),
        ("....", "....", 1.0),
        # their formula by hand: 1 pair is together in both, 4 in one, 2 in the other, of 10
        ("aaabb", "aabb.", (1 - 4 * 2 / 10) / ((4 + 2) / 2 - 4 * 2 / 10)),
    ],
)
def test_groupings_are_compared_as_hubert_and_arabie_do(one: str, other: str, index: float) -> None:
    assert adjusted_rand(groups(one), groups(other)) == pytest.approx(index)
    assert adjusted_rand(groups(other), groups(one)) == pytest.approx(index)


def test_drawn_sets_are_as_said() -> None:
    drawn = list(noisy_sets(SEED, 50))
    assert [one.word for one in drawn] == [*WORDS] * 10
    assert all(len(one.points) >= 3 for one in drawn)
    again = list(noisy_sets(SEED, 50))
    assert all((one.points == other.points).all() for one, other in zip(drawn, again, strict=True))


def test_most_words_and_groups_are_right() -> None:
    drawn = list(noisy_sets(SEED, 150))
    facts = [cluster_facts(one.points, None, one.breast.nipple, one.breast.area) for one in drawn]
    right = [suggested_distribution(f).word is one.word for f, one in zip(facts, drawn, strict=True)]
    ruled = [by_rules(f) is one.word for f, one in zip(facts, drawn, strict=True)]
    assert np.mean(right) > 0.92
    assert np.mean(right) > np.mean(ruled) > 0.7
    apart = [adjusted_rand(grouped(one.points), one.group) for one in scenes(SEED, 40, 20.0)]
    assert np.mean(apart) > 0.9


def test_most_pairs_are_found_and_different_clusters_told_apart() -> None:
    hit = found = true = 0
    off, counted = [], []
    for pair in true_pairs(SEED, 12):
        compared = compare_clusters(pair.now, pair.then)
        if not compared.can_be_matched:
            continue
        told = {(one.now, one.then) for one in compared.pairs}
        hit, found, true = hit + len(told & pair.pairs), found + len(told), true + len(pair.pairs)
        off.append(abs(len(compared.new) - pair.without_partner))
        counted.append(abs(len(pair.now) - len(pair.then) - pair.without_partner))
    assert len(off) >= 10
    assert hit / true > 0.93
    assert hit / found > 0.93
    assert np.mean(off) < 0.5 < np.mean(counted)
    refused = [not compare_clusters(now, then).can_be_matched for now, then in unlike_pairs(SEED, 8)]
    assert sum(refused) >= 6


def test_the_area_under_a_curve_counts_ties_half() -> None:
    assert matching.area_under([1, 2, 3, 4], [False, False, True, True]) == 1
    assert matching.area_under([1, 1], [False, True]) == 0.5
    assert np.isnan(matching.area_under([1, 1], [True, True]))


def test_tables_come_out_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "PAIRS", 3)
    for name, count in (("SETS", 10), ("SCENES", 3), ("BREASTS", 1)):
        monkeypatch.setattr(grouping, name, count)
    for text in (*matching.tables("dev"), *grouping.tables("dev")):
        rows = text.splitlines()
        assert len(rows) >= 3
        assert len({row.count("|") for row in rows}) == 1


def test_a_drawn_pair_knows_who_is_who() -> None:
    for pair in true_pairs(SEED, 20):
        for now, then in pair.pairs:
            assert pair.who_now[now] == pair.who_then[then]
        assert not pair.grown & set(pair.who_then)
        assert pair.really_new <= pair.without_partner == len(pair.now) - len(pair.pairs)
    assert matching_pairs.TUNED_ON != matching_pairs.UNSEEN
