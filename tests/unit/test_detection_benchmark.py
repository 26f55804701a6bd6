"""What the benchmark of candidates counts as found, as false, and as a cluster, on marks put by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from annotator.phantom.distractors import Defect
from annotator.phantom.texture import stream
from annotator.phantom.trial import TRAINED, CoveredPixels, Trial, draw_circumstances
from annotator.phantom.truth import TrueCalcification, TrueGroup, TrueView
from benchmarks.detection.froc import clusters_at, false_marks, found_at, threshold
from benchmarks.detection.judged import Judged, judged
from benchmarks.detection.seen import Marks

PIXEL = 0.1
ROUND = np.ones((4, 4), dtype=np.float32)


def calcification(
    number: int, column: float, row: float, *, snr: float = 20, mm: float = 0.4
) -> TrueCalcification:
    area = np.pi * mm**2 / 4
    return TrueCalcification(
        f"S1-{number:02d}", "fine_pleo", "S1", False, column, row, mm, float(area), 0.2, snr, 0.0
    )


def trial(*calcs: TrueCalcification, defects: tuple[Defect, ...] = ()) -> Trial:
    truth = TrueView(
        "L", "CC", "b", 1000, 800, PIXEL, PIXEL, 1.0, 50.0, 500.0, 500.0,
        (TrueGroup("S1", "fine_pleo", "grouped", False, len(calcs)),), calcs,
    )  # fmt: skip
    patches = tuple(CoveredPixels(int(c.column) - 2, int(c.row) - 2, ROUND) for c in calcs)
    none = np.zeros((0, 0), dtype=np.uint16)
    drawn = draw_circumstances(1, stream(1), TRAINED)
    return Trial(1, none, none, "log", truth, patches, defects, drawn)


def marks(*places: tuple[float, float, float]) -> Marks:
    return Marks(*np.array(places, dtype=float).reshape(-1, 3).T)


def test_a_mark_finds_the_calcification_it_lies_on_and_only_one():
    """Two targets 0.5 mm apart, reach 0.45 mm: the best mark takes the nearer, the second the other."""
    image = trial(calcification(1, 100, 100), calcification(2, 105, 100))
    result = judged(image, marks((101, 100, 0.9), (101.5, 100, 0.7), (102, 100, 0.5)))
    assert result.hits.tolist() == [0.9, 0.7]
    assert not len(result.false)


def test_a_mark_out_of_reach_finds_nothing():
    image = trial(calcification(1, 100, 100))
    assert judged(image, marks((104.4, 100, 0.9))).hits.tolist() == [0.9]
    result = judged(image, marks((106, 100, 0.9)))
    assert result.hits.tolist() == [-np.inf]
    assert result.false.tolist() == [0.9]


def test_what_is_too_faint_or_too_large_is_no_target_and_never_false():
    image = trial(calcification(1, 100, 100, snr=4.9), calcification(2, 300, 300, mm=1.3))
    result = judged(image, marks((101, 100, 0.9), (300, 302, 0.8), (500, 500, 0.7)))
    assert not result.targets
    assert result.false.tolist() == [0.7]


def test_false_marks_are_told_by_what_they_lie_on():
    image = trial(
        calcification(1, 100, 100), defects=(Defect("clip", 400, 400, 1.5), Defect("line", 400, 600.5, 40.0))
    )
    result = judged(image, marks((410, 400, 0.9), (700, 600, 0.8), (700, 100, 0.7)))
    assert result.false_on == ("clip", "line", "tissue")
    assert false_marks([result], 3.0) == {"clip": 1.0, "line": 1.0, "tissue": 1.0}


def group(count: int, column: float) -> list[TrueCalcification]:
    return [calcification(n, column + 20 * n, 500) for n in range(count)]


def test_a_cluster_needs_two_of_three_marks_on_the_group():
    image = trial(*group(4, 200))
    two_on = judged(image, marks((200, 500, 0.9), (220, 500, 0.8), (230, 520, 0.7)))
    assert two_on.group_hits.tolist() == [0.7]
    assert two_on.false_clusters[1].tolist() == [0]
    one_on = judged(image, marks((200, 500, 0.9), (210, 540, 0.8), (230, 540, 0.7)))
    assert one_on.group_hits.tolist() == [-np.inf]
    assert one_on.false_clusters[1].tolist() == [1]


def test_a_group_of_three_targets_does_not_count():
    assert not judged(trial(*group(3, 200)), marks((200, 500, 0.9))).groups


def images(hits: list[list[float]], false: list[list[float]]) -> list[Judged]:
    empty = judged(trial(), marks())
    return [
        replace(
            empty,
            targets=tuple(calcification(n, 0, 0, snr=6 if n % 2 else 20) for n in range(len(h))),
            hits=np.array(h),
            false=np.array(f),
            false_on=("tissue",) * len(f),
        )
        for h, f in zip(hits, false, strict=True)
    ]


def test_the_threshold_lets_so_many_false_marks_through_as_are_asked_for():
    false = [np.array([0.9, 0.5]), np.array([0.7, 0.1])]
    assert 0.9 < threshold(false, 0.0) < 0.91
    assert 0.5 < threshold(false, 1.0) <= 0.7
    assert threshold(false, 2.0) < 0.1


def test_the_share_found_at_a_rate():
    two = images([[0.95, 0.8, 0.3], [0.6, -np.inf]], [[0.9, 0.5], [0.7, 0.1]])
    assert found_at(two, 0.0).share == pytest.approx(1 / 5)
    assert found_at(two, 1.0).share == pytest.approx(3 / 5)
    assert found_at(two, 5.0).share == pytest.approx(4 / 5)
    weak = found_at(two, 1.0, lambda target: target.snr < 8)
    assert (weak.count, weak.share) == (2, pytest.approx(1 / 2))
    assert found_at(two, 1.0).low <= 3 / 5 <= found_at(two, 1.0).high


def test_an_interval_over_like_images_is_a_point_and_over_unlike_ones_is_wide():
    alike = images([[0.9, -np.inf]] * 10, [[0.1]] * 10)
    assert (found_at(alike, 0.0).low, found_at(alike, 0.0).high) == (0.5, 0.5)
    unlike = images([[0.9, 0.9]] * 5 + [[-np.inf, -np.inf]] * 5, [[0.1]] * 10)
    assert found_at(unlike, 0.0).low < 0.35
    assert found_at(unlike, 0.0).high > 0.65


def test_clusters_at_a_rate_of_false_ones():
    """The group is found only with marks that make a false cluster elsewhere first."""
    image = trial(*group(4, 200))
    far = [(600.0, 100.0 + 20 * n, 0.9 - n / 100) for n in range(3)]
    near = [(200.0 + 20 * n, 500.0, 0.5) for n in range(3)]
    result = judged(image, marks(*far, *near))
    assert clusters_at([result], 0.0).share == 0
    assert clusters_at([result], 1.0).share == 1
    assert clusters_at([result], 1.0, suspicious=False).count == 0


def test_a_false_cluster_stays_one_when_it_grows_together_with_a_true_one():
    """Three marks 9 mm beside a group; the mark between them, a lower one, joins both."""
    image = trial(*group(4, 200))
    far = [(400.0, 500.0 + 20 * n, 0.9 - n / 100) for n in range(3)]
    near = [(200.0 + 20 * n, 500.0, 0.5) for n in range(4)]
    result = judged(image, marks(*far, *near, (330.0, 500.0, 0.4)))
    assert result.false_clusters[1].tolist()[-1] == 0
    assert clusters_at([result], 0.0).share == 0
    assert clusters_at([result], 1.0).share == 1
