"""A cluster beside the same one on an earlier exam: pairs, new, gone, and when nothing can be matched."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.analysis.breast.axes import BreastAxes
from annotator.analysis.breast.location import BreastOnImage
from annotator.analysis.change.association import agreement, pair_chances
from annotator.analysis.change.compare import MOST, compare_clusters
from annotator.analysis.change.overlooked import really_alone
from annotator.analysis.change.same_place import placed_cluster, propose_pairs
from annotator.analysis.change.suggested_change import suggested_change
from annotator.jobs import Cancelled, CancelToken, Progress
from annotator.model.compared import Compared, Constellation, PlacedCluster
from annotator.model.finding import Change
from annotator.model.geometry import Orientation, SpacingBasis
from annotator.model.image import ImageInfo, Laterality, View


def cluster(seed: int, count: int = 14, spread: float = 4.0) -> Constellation:
    rng = np.random.default_rng(seed)
    return Constellation(
        places=tuple((float(x), float(y)) for x, y in rng.normal(60, spread, (count, 2))),
        diameters_mm=tuple(map(float, np.exp(rng.normal(-1.2, 0.4, count)))),
        contrasts=tuple(map(float, np.exp(rng.normal(5, 0.4, count)))),
        basis=SpacingBasis.AT_DETECTOR,
    )


def moved(
    one: Constellation, degrees: float = 0.0, scale: float = 1.0, shift: tuple[float, float] = (0, 0)
) -> Constellation:
    angle = math.radians(degrees)
    turn = scale * np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return replace(one, places=tuple((float(x), float(y)) for x, y in np.array(one.places) @ turn + shift))


def only(one: Constellation, rows: list[int]) -> Constellation:
    return replace(
        one,
        places=tuple(one.places[row] for row in rows),
        diameters_mm=tuple(one.diameters_mm[row] for row in rows) if one.diameters_mm else (),
        contrasts=tuple(one.contrasts[row] for row in rows) if one.contrasts else (),
    )


def numbers(compared: Compared) -> list[tuple[int, int]]:
    return [(pair.now, pair.then) for pair in compared.pairs]


@settings(max_examples=8)
@given(st.integers(0, 10_000), st.integers(6, 25), st.booleans())
def test_a_cluster_beside_itself_is_matched_throughout(seed: int, count: int, bare: bool) -> None:
    one = cluster(seed, count)
    one = replace(one, diameters_mm=(), contrasts=()) if bare else one
    compared = compare_clusters(one, one)
    assert compared.can_be_matched, compared
    assert numbers(compared) == [(row, row) for row in range(count)]
    assert (compared.new, compared.gone, compared.new_count, compared.gone_count) == ((), (), 0, 0)
    assert compared.turn_deg == pytest.approx(0, abs=1e-9)
    assert compared.scale == pytest.approx(1)
    assert compared.shift_mm == pytest.approx((0, 0))
    assert compared.extent_change_mm == 0
    assert max(pair.apart_mm for pair in compared.pairs) < 0.5


def test_two_marks_on_one_place_are_two_pairs() -> None:
    one = cluster(4, 10)
    twice = replace(one, places=(*one.places[:9], one.places[0]), diameters_mm=(), contrasts=())
    compared = compare_clusters(twice, twice)
    assert len(compared.pairs) == 10
    assert len({pair.then for pair in compared.pairs}) == 10


@settings(max_examples=5)
@given(
    st.integers(0, 10_000), st.floats(-8, 8), st.floats(0.95, 1.05), st.floats(-60, 60), st.floats(-60, 60)
)
def test_where_it_lies_and_how_it_is_turned_a_little_does_not_matter(
    seed: int, degrees: float, scale: float, right: float, down: float
) -> None:
    then = cluster(seed, 16)
    compared = compare_clusters(moved(then, degrees, scale, (right, down)), then)
    assert numbers(compared) == [(row, row) for row in range(16)]
    assert compared.turn_deg == pytest.approx(degrees, abs=1e-6)
    assert compared.scale == pytest.approx(scale)
    lies, now = np.array(compared.then_on_now), np.array(moved(then, degrees, scale, (right, down)).places)
    assert np.abs(lies - now).max() < 1.0


@settings(max_examples=4)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_the_marks_does_not_matter(seed: int, shuffled: object) -> None:
    then, now = cluster(seed, 12), moved(cluster(seed, 14), 4.0, 1.02, (5, 3))
    order = list(range(14))
    shuffled.shuffle(order)  # type: ignore[attr-defined]
    plain, other = compare_clusters(now, then), compare_clusters(only(now, order), then)
    assert plain.can_be_matched == other.can_be_matched
    assert sorted((order[pair.now], pair.then) for pair in other.pairs) == numbers(plain)
    assert sorted(order[row] for row in other.new) == list(plain.new)
    assert other.score == pytest.approx(plain.score)


@settings(max_examples=5)
@given(st.integers(0, 10_000))
def test_clusters_of_other_people_cannot_be_matched(seed: int) -> None:
    """What is found by accident is told apart from what is there; one in thirty by accident is allowed for."""
    refused = [
        not compare_clusters(cluster(seed * 7 + k, 14), cluster(seed * 7 + k + 100_000, 14)).can_be_matched
        for k in range(4)
    ]
    assert sum(refused) >= 3


def test_new_and_gone_marks_are_those_without_partner() -> None:
    all_ = cluster(11, 24)
    then, now = only(all_, [*range(15)]), moved(only(all_, [*range(1, 24)]), -5.0, 0.98, (12, -7))
    compared = compare_clusters(now, then)
    assert numbers(compared) == [(row, row + 1) for row in range(14)]
    assert compared.new == tuple(range(14, 23))
    assert compared.gone == (0,)
    assert 1 <= compared.new_range[0] <= compared.new_count <= compared.new_range[1] <= 9
    assert compared.gone_count == compared.gone_range[0] == 0
    assert compared.score > 1.5 * compared.chance_score
    assert compared.chance_level < len(compared.pairs)
    assert compared.in_sentence == (
        f"Matched 14, new 9, gone 1 (by chance {compared.chance_level} would match)."
    )
    hint = suggested_change(compared, months=6)
    assert hint.change is Change.INCREASED
    assert hint.number.changed is True
    assert hint.appearance.changed is False
    assert "14 were matched; 9 now and 1 then have no partner." in hint.number.because


@pytest.mark.parametrize(
    ("months", "change"),
    [(6, Change.STABLE_LT2Y), (24, Change.STABLE_2Y), (None, None), (-6, None)],
)
def test_what_did_not_change_is_stable_for_as_long_as_that_is(
    months: float | None, change: Change | None
) -> None:
    hint = suggested_change(compare_clusters(cluster(3), moved(cluster(3), 2.0)), months)
    assert hint.change is change
    assert [answer.changed for answer in (hint.appearance, hint.number, hint.pattern)] == [False] * 3


def test_grown_calcifications_changed_in_appearance() -> None:
    then = cluster(5, 12)
    now = replace(then, diameters_mm=tuple(size * 1.5 for size in then.diameters_mm if size is not None))
    compared = compare_clusters(now, then)
    assert compared.size_change == pytest.approx(1.5)
    hint = suggested_change(compared, 12)
    assert hint.change is Change.MORPH_CHANGED
    assert hint.appearance.because[0].startswith("The 12 measured pairs are 50 % larger now")
    some = (*(2.2 * (size or 0) for size in then.diameters_mm[:4]), *then.diameters_mm[4:])
    outliers = compare_clusters(replace(then, diameters_mm=some), then)
    assert outliers.size_outliers == 4
    assert suggested_change(outliers).appearance.changed is True


def test_a_pattern_that_grew_is_told_and_what_was_not_measured_is_not() -> None:
    then = replace(cluster(8, 12, 2.5), diameters_mm=(), contrasts=())
    rng = np.random.default_rng(1)
    far = tuple((float(x), float(y)) for x, y in rng.normal((78, 60), 2.5, (10, 2)))
    hint = suggested_change(compare_clusters(replace(then, places=(*then.places, *far)), then), 6)
    assert hint.change is Change.INCREASED
    assert hint.pattern.changed is True
    assert hint.appearance.changed is None
    assert hint.appearance.because == ("No pair is measured on both exams; it takes three.",)


def test_fewer_are_a_decrease() -> None:
    then = cluster(21, 22)
    compared = compare_clusters(only(then, [*range(10)]), then)
    assert compared.gone_range[0] >= 1
    hint = suggested_change(compared, 6)
    assert hint.number.changed is True
    assert hint.change is (Change.DECREASED if hint.pattern.changed is False else None)


def test_without_millimetres_nothing_is_matched_and_it_says_so() -> None:
    then = replace(cluster(2), in_mm=False, basis=None)
    compared = compare_clusters(cluster(2), then)
    assert not compared.can_be_matched
    assert compared.why_not.startswith("The size of a pixel is not known for the image then,")
    assert compared.extent_change_mm is None
    assert compared.then.extent is None
    assert compared.now.count == 14
    hint = suggested_change(compared)
    assert hint.change is hint.appearance.changed is hint.number.changed is hint.pattern.changed is None
    assert hint.because[1] == "14 marks now, 14 then; which of them are the same is not known."


@pytest.mark.parametrize(
    ("count", "says"), [(3, "it takes 4 marks on each side, and here are 3"), (MOST + 1, "more than")]
)
def test_too_few_and_too_many_are_not_matched(count: int, says: str) -> None:
    compared = compare_clusters(cluster(1, count), cluster(1, 8))
    assert not compared.can_be_matched
    assert says in compared.why_not


def test_no_marks_at_all_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="one mark"):
        compare_clusters(Constellation(places=()), cluster(1))
    with pytest.raises(ValueError, match="as many sizes"):
        Constellation(places=((1.0, 1.0),), diameters_mm=(0.2, 0.3))


def test_it_tells_how_far_it_is_and_stops_when_it_is_no_longer_wanted() -> None:
    told: list[Progress] = []
    compare_clusters(cluster(1), cluster(1), CancelToken(told.append))
    assert [one.done for one in told] == list(range(7))
    assert {one.total for one in told} == {7}
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        compare_clusters(cluster(1), cluster(1), token)


def exact(weights: np.ndarray) -> tuple[np.ndarray, float]:
    """All pairings one by one."""
    chances, total = np.zeros_like(weights), 0.0

    def go(row: int, used: frozenset[int], weight: float, pairs: tuple[tuple[int, int], ...]) -> None:
        nonlocal total
        if row == len(weights):
            total += weight
            for pair in pairs:
                chances[pair] += weight
            return
        go(row + 1, used, weight, pairs)
        for column in set(range(weights.shape[1])) - used:
            go(row + 1, used | {column}, weight * weights[row, column], (*pairs, (row, column)))

    go(0, frozenset(), 1.0, ())
    return chances / total, math.log(total)


def test_chances_of_pairs_are_near_to_counting_every_pairing() -> None:
    rng, off = np.random.default_rng(1), []
    for _ in range(60):
        weights = np.exp(rng.normal(-1, 2.5, (3, 4)))
        chances, total = exact(weights)
        found = pair_chances(weights)
        off.append(np.abs(found - chances).max())
        assert agreement(weights, found) == pytest.approx(total, abs=0.3)
    assert np.mean(off) < 0.03
    assert max(off) < 0.12


def test_chances_are_exact_where_no_two_pairs_compete() -> None:
    weights = np.diag([0.0, 0.5, 3.0, 1e20])
    assert np.allclose(np.diag(pair_chances(weights)), [0, 1 / 3, 3 / 4, 1])
    assert agreement(weights, pair_chances(weights)) == pytest.approx(math.log(1.5 * 4 * 1e12), abs=1e-3)


def test_new_ones_are_told_from_overlooked_ones_by_what_is_missing_on_the_other_side() -> None:
    assert really_alone(0, 0, 12)[0].count == 0
    few, many = really_alone(4, 0, 12)[0], really_alone(4, 4, 12)[0]
    assert few.count > many.count
    assert few.at_least(1) > many.at_least(1)
    new, gone = really_alone(8, 1, 12)
    assert new.low >= 3
    assert gone.low == 0
    for one in (few, many, new, gone):
        assert 0 <= one.low <= one.count <= one.high
        assert sum(one.shares) == pytest.approx(1)


def at(name: str, mm: float, degrees: float, view: str = "CC", count: int = 10) -> PlacedCluster:
    return PlacedCluster(
        id=name, laterality=Laterality.RIGHT, view=view, nipple_mm=mm, angle_deg=degrees, count=count
    )


def test_the_cluster_at_the_same_place_from_the_nipple_is_proposed_first() -> None:
    then = [at("far", 70, -30), at("near", 43, 12), at("other view", 40, 10, "MLO")]
    proposed = propose_pairs([at("now", 40, 10)], then)
    assert [pair.then for pair in proposed] == ["near", None, "far"]
    assert proposed[0].likely > 0.8
    assert proposed[0].apart_mm == pytest.approx(3.3, abs=0.1)
    assert sum(pair.likely for pair in proposed) == pytest.approx(1)
    assert [pair.then for pair in propose_pairs([at("now", 40, 10)], [at("far", 90, 60)])] == [None, "far"]
    assert propose_pairs([at("now", 40, 10)], [])[0].likely == 1


def test_of_two_at_the_same_place_the_one_as_numerous_comes_first() -> None:
    proposed = propose_pairs(
        [at("now", 40, 10)], [at("large", 40, 10, count=60), at("alike", 40, 10, count=9)]
    )
    assert [pair.then for pair in proposed] == ["alike", "large", None]


def sample(folder: Path, exam: str, view: str, group: str) -> Constellation:
    truth = json.loads((folder / exam / f"{view}.truth.json").read_text(encoding="utf-8"))
    those = [one for one in truth["calcifications"] if one["group"] == group]
    pixel = truth["pixel_mm"]
    return Constellation(
        places=tuple((one["column"] * pixel, one["row"] * pixel) for one in those),
        diameters_mm=tuple(one["diameter_mm"] for one in those),
        contrasts=tuple(one["contrast"] for one in those),
        mark_ids=tuple(one["id"] for one in those),
    )


@pytest.mark.parametrize(
    ("view", "group", "matched", "new", "change"),
    [
        ("RCC", "S1", 12, 8, Change.INCREASED),
        ("RMLO", "S1", 12, 8, Change.INCREASED),
        ("RMLO", "B2", 10, 0, Change.STABLE_LT2Y),
        ("LCC", "B1", 46, 0, Change.STABLE_LT2Y),
    ],
)
def test_the_sample_exams_and_their_prior(
    sample_dicoms: Path, view: str, group: str, matched: int, new: int, change: Change
) -> None:
    now, then = (sample(sample_dicoms, exam, view, group) for exam in ("screening", "prior"))
    compared = compare_clusters(now, then)
    assert all(now.mark_ids[pair.now] == then.mark_ids[pair.then] for pair in compared.pairs)
    assert (len(compared.pairs), len(compared.new), len(compared.gone)) == (matched, new, 0)
    assert set(now.ids(compared.new)) == set(now.mark_ids) - set(then.mark_ids)
    assert suggested_change(compared, 12).change is change


def test_two_clusters_of_one_sample_exam_cannot_be_matched(sample_dicoms: Path) -> None:
    compared = compare_clusters(
        sample(sample_dicoms, "screening", "RCC", "B2"), sample(sample_dicoms, "prior", "RCC", "S1")
    )
    assert not compared.can_be_matched
    assert compared.pairs == compared.new == compared.gone == ()
    assert "unlike arrangements" in compared.in_sentence


@pytest.mark.parametrize("wall_right", [False, True])
def test_a_cluster_is_placed_as_seen_from_the_nipple_on_either_side(wall_right: bool) -> None:
    away, wall = (-1, 1000.0) if wall_right else (1, 0.0)
    axes = BreastAxes(1000, 2000, Orientation(), wall, away, 900.0, 0.1, 0.1)
    info = ImageInfo(
        path=Path("none.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid="2.25.11",
        rows=2000,
        columns=1000,
        laterality=Laterality.RIGHT if wall_right else Laterality.LEFT,
        view=View("CC"),
    )
    nipple = axes.to_point(70, 0)
    breast = BreastOnImage("2.25.11", (None, "", (), None), np.ones((1, 1), bool), 1, axes, nipple, True)
    placed = placed_cluster("C1", info, breast, axes.to_point(40, -30), count=7)
    assert placed is not None
    assert (placed.id, placed.view, placed.laterality, placed.count) == ("C1", "CC", info.laterality, 7)
    assert placed.nipple_mm == pytest.approx(math.hypot(30, 30))
    assert placed.angle_deg == pytest.approx(45)
    moved_nipple = placed_cluster("C1", info, breast, axes.to_point(40, -30), nipple=axes.to_point(70, -30))
    assert moved_nipple is not None
    assert moved_nipple.angle_deg == pytest.approx(0)
    assert placed_cluster("C1", info, replace(breast, axes=None), axes.to_point(40, -30)) is None
