"""Marks in groups, the facts of a group, and the distribution word they suggest."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from annotator.analysis.clusters.distribution import suggested_distribution
from annotator.analysis.clusters.grouping import cluster_facts, grouped
from annotator.analysis.clusters.linkage import nearest_distances
from annotator.model.cluster_facts import ClusterFacts
from annotator.model.finding import Distribution
from annotator.model.geometry import SpacingBasis

steps = st.integers(0, 400).map(lambda quarter: quarter / 4)
clouds = arrays.arrays(np.float64, st.tuples(st.integers(1, 60), st.just(2)), elements=steps)
clusters = arrays.arrays(
    np.float64, st.tuples(st.integers(5, 30), st.just(2)), elements=st.floats(0, 30), unique=True
)

PLACES = {"hull", "middle_line", "axis_deg"}


def groups_by_hand(points: np.ndarray, link: float, least: int) -> list[int]:
    """Single linkage as its definition says, point by point."""
    root = list(range(len(points)))
    for i in range(len(points)):
        for j in range(i):
            if np.sum((points[i] - points[j]) ** 2) <= link**2:
                old, new = root[i], root[j]
                root = [new if one == old else one for one in root]
    kept = [one for one in dict.fromkeys(root) if root.count(one) >= least]
    return [kept.index(one) if one in kept else -1 for one in root]


@given(clouds, st.sampled_from([2.5, 10.0, 12.25]))
def test_groups_are_those_of_single_linkage(points: np.ndarray, link: float) -> None:
    assert grouped(points, link).tolist() == groups_by_hand(points, link, 3)


@pytest.mark.parametrize("name", ["dense", "two cells apart", "one place", "a row"])
def test_groups_of_thousands_are_exact(name: str) -> None:
    rng = np.random.default_rng(3)
    sides = rng.uniform(0, (3, 9), (1500, 2))
    points = {
        "dense": rng.normal(0, 5, (3000, 2)),
        "two cells apart": np.concatenate([sides, sides + np.array((13.5, 0))]),
        "one place": np.zeros((3000, 2)),
        "a row": np.stack([np.arange(3000) * 9.999, np.zeros(3000)], axis=1),
    }[name]
    assert set(grouped(points).tolist()) == ({0, 1} if name == "two cells apart" else {0})


@pytest.mark.parametrize("mirrored", [1, -1])
@pytest.mark.parametrize(("gap", "alone"), [(9.95, 0), (10.05, 1)])
def test_the_nearest_marks_count_not_the_outermost(gap: float, alone: int, mirrored: int) -> None:
    """A ring of marks, and one beside it in a direction in which none of the ring's outermost marks lies."""
    turns = np.radians(np.arange(0, 360, 7.5))
    ring = 3.4 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    way = np.array([math.cos(math.pi / 8), math.sin(math.pi / 8)])
    points = np.concatenate([ring, [(3.4 + gap) * way]]) * mirrored
    assert np.count_nonzero(grouped(points) == -1) == alone


def test_no_marks_are_in_no_group_and_have_no_facts() -> None:
    assert grouped(np.zeros((0, 2))).tolist() == []
    with pytest.raises(ValueError, match="one mark"):
        cluster_facts([])
    with pytest.raises(ValueError, match="finite"):
        grouped([[0.0, math.nan]])


@given(clouds)
def test_nearest_distances_are_those_of_all_pairs(points: np.ndarray) -> None:
    apart = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    assert np.allclose(nearest_distances(points), apart.min(axis=1))


def test_facts_of_a_row_of_marks() -> None:
    facts = cluster_facts(
        [(2.0 * k, 5.0) for k in range(6)],
        [0.4] * 5 + [math.nan],
        (-20.0, 5.0),
        5000.0,
        basis=SpacingBasis.AT_DETECTOR,
    )
    assert facts.count == 6
    assert facts.extent_mm == pytest.approx(10.0)
    assert str(facts.extent) == "10.0 mm at detector"
    assert facts.extent_with_sizes_mm == pytest.approx(10.4)
    assert facts.median_diameter_mm == pytest.approx(0.4)
    assert facts.hull_mm2 == facts.breast_share == 0
    assert facts.area_mm2 == pytest.approx(6 * math.pi, rel=0.02)
    assert facts.density_per_cm2 == pytest.approx(600 / facts.area_mm2)
    assert facts.spacing_mm == pytest.approx(2.0)
    assert facts.spacing_variation == pytest.approx(0)
    assert facts.length_mm == pytest.approx(10.0)
    assert facts.width_mm == pytest.approx(0, abs=1e-9)
    assert facts.line_likeness == pytest.approx(20)
    assert facts.axis_deg in (pytest.approx(0, abs=1e-6), pytest.approx(180, abs=1e-6))
    assert facts.nipple_distance_mm == pytest.approx(25.0)
    assert facts.axis_to_nipple_deg == pytest.approx(0, abs=1e-4)
    assert facts.angular_spread_deg == pytest.approx(0, abs=1e-9)
    assert facts.radial_spread_mm == pytest.approx(8.4)
    assert facts.strays == 0


def test_a_bent_duct_is_as_narrow_as_a_straight_one_and_a_stray_widens_neither() -> None:
    along = np.linspace(-10, 10, 21)
    bent = np.stack([along, 0.03 * along**2], axis=1)
    assert cluster_facts(bent).width_mm == pytest.approx(0, abs=0.05)
    facts = cluster_facts(np.concatenate([bent, [[0.0, 9.0]]]))
    assert facts.strays == 1
    assert facts.count == 22
    assert facts.width_mm == pytest.approx(0, abs=0.05)
    assert facts.core_hull_mm2 < facts.hull_mm2


@pytest.mark.parametrize("count", [1, 2])
def test_facts_of_one_and_two_marks(count: int) -> None:
    facts = cluster_facts([(1.0, 1.0), (1.0, 4.0)][:count], basis=SpacingBasis.UNVERIFIED)
    assert facts.extent_mm == (0 if count == 1 else 3)
    assert (facts.extent is None) == (facts.spacing_mm is None) == (count == 1)
    hint = suggested_distribution(facts)
    assert hint.word is Distribution.SINGLE
    assert len(hint.because) == 1


def test_marks_on_one_place_and_at_the_nipple_have_facts() -> None:
    facts = cluster_facts([(3.0, 3.0)] * 5, nipple_mm=(3.0, 3.0))
    assert facts.extent_mm == facts.spacing_mm == facts.hull_mm2 == facts.nipple_distance_mm == 0
    assert facts.axis_deg is None
    assert facts.axis_to_nipple_deg is None


def same(one: ClusterFacts, other: ClusterFacts, tolerance: float) -> None:
    for field in fields(ClusterFacts):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name not in PLACES and isinstance(a, float):
            loose = 0.03 if field.name in ("area_mm2", "density_per_cm2") else tolerance
            assert b == pytest.approx(a, rel=loose, abs=tolerance), field.name


@given(clusters, st.randoms(use_true_random=False))
def test_the_order_of_the_marks_changes_nothing(points: np.ndarray, shuffled: object) -> None:
    order = list(range(len(points)))
    shuffled.shuffle(order)  # type: ignore[attr-defined]
    assert cluster_facts(points[order], nipple_mm=(50, 9)) == cluster_facts(points, nipple_mm=(50, 9))


@given(clusters, st.floats(-3, 3), st.tuples(st.floats(-90, 90), st.floats(-90, 90)))
def test_turned_and_shifted_clusters_have_the_same_facts(
    points: np.ndarray, angle: float, shift: tuple[float, float]
) -> None:
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    facts = cluster_facts(points, nipple_mm=(50, 9))
    # without a long axis there is none to turn, and a mark may be just a stray or not
    assume(facts.elongation > 1.1)
    nearest = nearest_distances(points)
    assume((np.abs(nearest - 3 * np.median(nearest)) > 1e-6).all())
    there = cluster_facts(points @ turn + shift, nipple_mm=tuple(np.array((50, 9)) @ turn + shift))
    same(facts, there, 1e-4)


def wedge(rng: np.random.Generator) -> np.ndarray:
    far, angle = rng.uniform(12, 60, 40), np.radians(rng.uniform(-16, 16, 40))
    return np.stack([100 - far * np.cos(angle), 90 - far * np.sin(angle)], axis=1)


DRAWN = {
    Distribution.LINEAR: lambda rng: np.stack(
        [60 + rng.uniform(-12, 12, 14), 90 + rng.normal(0, 0.4, 14)], axis=1
    ),
    Distribution.SEGMENTAL: wedge,
    Distribution.GROUPED: lambda rng: rng.normal(60, 2.5, (15, 2)),
    Distribution.REGIONAL: lambda rng: rng.uniform((30, 40), (70, 80), (40, 2)),
    Distribution.DIFFUSE: lambda rng: rng.uniform((5, 25), (75, 155), (80, 2)),
}


@pytest.mark.parametrize("word", list(DRAWN))
def test_plain_cases_are_called_by_their_word_and_say_why(word: Distribution) -> None:
    for seed in range(5):
        points = DRAWN[word](np.random.default_rng(seed))
        hint = suggested_distribution(
            cluster_facts(points, nipple_mm=(100.0, 90.0), breast_area_mm2=14_000.0)
        )
        assert hint.word is word, (seed, hint)
        assert hint.share is not None
        assert hint.next_share is not None
        assert 1 >= hint.share >= hint.next_share >= 0
        assert hint.next_word is not word
        assert all(sentence.endswith(".") and "mm" in sentence for sentence in hint.because[:1])


def test_what_was_left_out_or_not_known_is_said() -> None:
    row = [(2.0 * k, 5.0) for k in range(12)]
    hint = suggested_distribution(cluster_facts([*row, (11.0, 17.0)]))
    assert hint.word is Distribution.LINEAR
    assert "One mark lies apart and is left out of this." in hint.because
    assert "Where the nipple lies is not known, so nothing is told of the direction." in hint.because
    assert len(suggested_distribution(cluster_facts(row, nipple_mm=(90.0, 5.0))).because) == 1


def test_a_few_marks_far_apart_are_no_line() -> None:
    hint = suggested_distribution(cluster_facts([(0.0, 0.0), (25.0, 3.0), (47.0, 1.0)]))
    assert hint.word is Distribution.SINGLE
    assert hint.because == (
        "3 marks, 22.1 mm from one to the nearest other; so few so far apart make no arrangement.",
    )
    near = suggested_distribution(cluster_facts([(0.0, 0.0), (6.0, 0.3), (12.0, 0.1), (18.0, 0.2)]))
    assert near.word is Distribution.LINEAR
