"""What a candidate looks like: the walls of an artery, a ring in the skin, a rim; and the lines of the list."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from annotator.analysis.candidates.arteries import arteries
from annotator.analysis.candidates.find import find_candidates, rows_of
from annotator.analysis.candidates.hints import on_rims
from annotator.imaging.dicom_file import open_image
from annotator.model.candidate import SHOWN_FROM, Candidate, CandidateHint
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey


def wall(x0, y0, angle, count=9, apart=1.3):
    along = np.arange(count) * apart
    return x0 + along * np.cos(angle), y0 + along * np.sin(angle), np.full(count, angle % np.pi)


def together(*walls):
    return tuple(np.concatenate(part) for part in zip(*walls, strict=True))


def tube(x0, y0, angle, width=1.8, count=9):
    aside = np.array([-np.sin(angle), np.cos(angle)]) * width
    return together(wall(x0, y0, angle, count), wall(x0 + aside[0], y0 + aside[1], angle, count))


def linear(x):
    return np.ones(len(x), np.bool_)


def arteries_of(x, y, direction):
    return arteries(x, y, direction, linear(x), linear(x))


def alike(one, other):
    """The same marks in the same arteries, however these are numbered."""
    return [set(np.flatnonzero(one == n)) for n in np.unique(one[one >= 0])] == sorted(
        (set(np.flatnonzero(other == n)) for n in np.unique(other[other >= 0])), key=min
    )


def test_two_walls_beside_each_other_are_one_artery():
    for angle in (0.0, 0.4, 1.5, 2.6):
        assert arteries_of(*tube(10, 10, angle)).tolist() == [0] * 18


def test_one_wall_alone_is_none():
    assert (arteries_of(*wall(10, 10, 0.3, count=20)) == -1).all()


def test_a_short_piece_of_two_walls_is_none_but_where_there_is_an_artery():
    short, long = tube(10, 10, 0.0, count=4), tube(60, 60, 1.2)
    assert (arteries_of(*short) == -1).all()
    assert (arteries_of(*together(short, long)) >= 0).all()
    assert (arteries_of(*together(tube(10, 10, 0.0, width=2.6, count=4), long))[:8] == -1).all()


def test_walls_too_far_apart_are_none():
    assert (arteries_of(*tube(10, 10, 0.0, width=4.0)) == -1).all()


def test_a_wall_goes_on_where_the_other_is_not_seen():
    x, y, direction = together(tube(10, 10, 0.0), wall(10 + 9 * 1.3, 10, 0.0, count=4))
    assert (arteries_of(x, y, direction) == 0).all()


def test_crossing_lines_are_no_walls():
    assert (arteries_of(*together(wall(10, 10, 0.0), wall(12, 6, np.pi / 2))) == -1).all()


def test_two_arteries_are_two():
    found = arteries_of(*together(tube(10, 10, 0.0), tube(10, 60, 0.5)))
    assert found.tolist() == [0] * 18 + [1] * 18


def test_round_spots_along_two_lines_are_no_artery():
    x, y, direction = tube(10, 10, 0.0)
    assert (arteries(x, y, direction, np.zeros(len(x), np.bool_), linear(x)) == -1).all()


def test_what_is_not_sure_is_no_piece_though_it_lies_on_a_wall():
    x, y, direction = together(tube(10, 10, 0.0), wall(10.3, 10.2, 1.5, count=1))
    lines = np.arange(len(x)) < 18
    assert (arteries(x, y, direction, lines, linear(x)) == 0).all()
    assert arteries(x, y, direction, lines, lines)[-1] == -1


def fan(rng, stems=4):
    """Casts in ducts that part from one place."""
    at = []
    for angle in rng.uniform(0, np.pi) + 0.45 * np.arange(stems) + rng.uniform(-0.1, 0.1, stems):
        along = np.cumsum(rng.uniform(0.5, 1.6, 12))
        off = rng.normal(0, 0.1, 12)
        x, y = along * np.cos(angle) - off * np.sin(angle), along * np.sin(angle) + off * np.cos(angle)
        at.append((40 + x, 40 + y, (angle + rng.normal(0, 0.15, 12)) % np.pi))
    return together(*at)


def test_casts_that_fan_out_are_no_artery():
    for seed in range(40):
        assert (arteries_of(*fan(np.random.default_rng(seed))) == -1).all(), seed


def test_casts_beside_an_artery_stay_to_be_seen():
    for seed in range(20):
        casts = fan(np.random.default_rng(seed))
        found = arteries_of(*together(tube(36, 33, 0.0, count=14), casts))
        assert (found[:28] >= 0).mean() > 0.6, seed
        assert (found[28:] >= 0).mean() < 0.1, seed


def scene(seed):
    rng = np.random.default_rng(seed)
    x, y, direction = together(tube(15, 20, rng.uniform(0, np.pi)), fan(rng, 2), tube(70, 70, 0.3, count=5))
    return x + rng.normal(0, 0.05, len(x)), y + rng.normal(0, 0.05, len(x)), direction


@pytest.mark.parametrize("seed", range(8))
def test_order_and_mirror_change_no_artery(seed):
    x, y, direction = scene(seed)
    found = arteries_of(x, y, direction)
    assert (found >= 0).any()
    order = np.random.default_rng(seed).permutation(len(x))
    shuffled = np.empty_like(found)
    shuffled[order] = arteries_of(x[order], y[order], direction[order])
    assert alike(found, shuffled)
    assert alike(found, arteries_of(-x, y, (np.pi - direction) % np.pi))
    assert alike(found, arteries_of(x, -y, (np.pi - direction) % np.pi))
    assert alike(found, arteries_of(y, x, (np.pi / 2 - direction) % np.pi))


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


@pytest.mark.parametrize("view", ["LCC", "LMLO"])
def test_both_vessels_of_the_sample_exam_are_a_line_each_and_its_rim_is_one(sample_dicoms: Path, view: str):
    path = sample_dicoms / "screening" / f"{view}.dcm"
    truth = json.loads(path.with_suffix(".truth.json").read_text())
    image = open_image(path)
    info = image.info
    found = find_candidates(
        image.frame(1), spacing=info.spacing, image=info.key(), inverse=info.inverse, padding=info.padding
    )
    shown = {c.id: c for c in found.candidates if c.score >= SHOWN_FROM}
    rows = [[shown[i] for i in row.ids if i in shown] for row in found.rows]
    arteries_ = [row for row in rows if row and row[0].hint is CandidateHint.ARTERY]
    rims = [row for row in rows if row and row[0].hint is CandidateHint.RIM]
    assert 1 <= len(arteries_) <= 3
    assert max(map(len, rims)) >= 30

    def kind(candidate: Candidate) -> str:
        """That of the nearest calcification by its edge."""
        return min(
            truth["calcifications"],
            key=lambda c: (
                np.hypot(c["column"] - candidate.point.column, c["row"] - candidate.point.row)
                * truth["pixel_mm"]
                - c["diameter_mm"] / 2
            ),
        )["kind"]

    hints = {k: [c.hint for c in shown.values() if kind(c) == k] for k in ("vascular", "rim")}
    assert np.mean([h is CandidateHint.ARTERY for h in hints["vascular"]]) > 0.25
    assert np.mean([h is CandidateHint.RIM for h in hints["rim"]]) > 0.6
    assert np.mean([h is CandidateHint.ARTERY for h in hints["rim"]]) < 0.05
