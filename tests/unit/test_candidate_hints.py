"""What a candidate looks like: the walls of an artery, a ring in the skin, a rim; and the lines of the list."""

from __future__ import annotations

import numpy as np

from annotator.analysis.candidate_hints import arteries, on_rims
from annotator.analysis.candidates import rows_of
from annotator.model.candidate import Candidate, CandidateHint
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey


def wall(x0, y0, angle, count=6, apart=1.5):
    along = np.arange(count) * apart
    return x0 + along * np.cos(angle), y0 + along * np.sin(angle), np.full(count, angle % np.pi)


def together(*walls):
    return tuple(np.concatenate(part) for part in zip(*walls, strict=True))


def linear(x):
    return np.ones(len(x), np.bool_)


def test_two_walls_beside_each_other_are_one_artery():
    for angle in (0.0, 0.4, 1.5, 2.6):
        aside = np.array([-np.sin(angle), np.cos(angle)]) * 1.8
        x, y, direction = together(wall(10, 10, angle), wall(10 + aside[0], 10 + aside[1], angle))
        assert arteries(x, y, direction, linear(x)).tolist() == [0] * 12


def test_one_wall_alone_is_none():
    x, y, direction = wall(10, 10, 0.3, count=12)
    assert (arteries(x, y, direction, linear(x)) == -1).all()


def test_walls_too_far_apart_are_none():
    x, y, direction = together(wall(10, 10, 0.0), wall(10, 14, 0.0))
    assert (arteries(x, y, direction, linear(x)) == -1).all()


def test_a_gap_ends_a_wall():
    x, y, direction = together(wall(10, 10, 0.0, apart=3.0), wall(10, 12, 0.0, apart=3.0))
    assert (arteries(x, y, direction, linear(x)) == -1).all()


def test_crossing_lines_are_no_walls():
    x, y, direction = together(wall(10, 10, 0.0), wall(12, 6, np.pi / 2))
    assert (arteries(x, y, direction, linear(x)) == -1).all()


def test_two_arteries_are_two():
    x, y, direction = together(
        wall(10, 10, 0.0), wall(10, 11.5, 0.0), wall(10, 40, 0.5), wall(10.5, 41.5, 0.5)
    )
    found = arteries(x, y, direction, linear(x))
    assert set(found[:12]) != set(found[12:])
    assert (found >= 0).all()


def test_round_spots_along_two_lines_are_no_artery():
    x, y, direction = together(wall(10, 10, 0.0), wall(10, 11.5, 0.0))
    assert (arteries(x, y, direction, np.zeros(len(x), np.bool_)) == -1).all()


def circle(count=12, radius=3.0, turned=np.pi / 2):
    angle = np.arange(count) * (2 * np.pi / count)
    return 20 + radius * np.cos(angle), 20 + radius * np.sin(angle), (angle + turned) % np.pi


def test_marks_that_run_round_a_circle_are_on_a_rim():
    x, y, direction = circle()
    assert on_rims(x, y, direction, linear(x)).all()


def test_half_a_circle_is_no_rim():
    x, y, direction = (values[:6] for values in circle())
    assert not on_rims(x, y, direction, linear(x)).any()


def test_marks_that_run_across_a_circle_are_no_rim():
    x, y, direction = circle(turned=0.0)
    assert not on_rims(x, y, direction, linear(x)).any()


def test_a_full_circle_is_no_rim():
    rng = np.random.default_rng(4)
    rim, inside = circle(), rng.uniform(18.5, 21.5, (2, 12))
    x, y, direction = together(rim, (*inside, rng.uniform(0, np.pi, 12)))
    assert not on_rims(x, y, direction, linear(x)).any()


def test_a_scattered_group_is_no_rim():
    rng = np.random.default_rng(3)
    for _ in range(20):
        x, y = rng.normal(20, 2, (2, 30))
        assert not on_rims(x, y, rng.uniform(0, np.pi, 30), linear(x)).any()


def test_pieces_of_an_artery_are_one_line_of_the_list():
    def candidate(number, hint=None):
        return Candidate(str(number), ImageKey("1.2"), ImagePoint(number, 1), 1 - number / 10, 3.0, hint=hint)

    artery = CandidateHint.ARTERY
    found = [candidate(0), candidate(1, artery), candidate(2), candidate(3, artery)]
    rows = rows_of(found, [-1, 0, -1, 0])
    assert [row.ids for row in rows] == [("0",), ("1", "3"), ("2",)]
    assert [row.hint for row in rows] == [None, artery, None]
