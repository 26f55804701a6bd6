"""The walk shows all of a breast, whatever its shape, the size of the window, and how the image hangs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.analysis.breast.coverage import bits_of, cells_in_view, grid_size
from annotator.analysis.breast.walk import quadrants
from annotator.imaging.placement import center_on, fit, one_to_one
from annotator.model.geometry import Orientation

CELL = 16
orientations = st.builds(Orientation, st.booleans(), st.booleans(), st.booleans())
edges = st.sampled_from(["left", "right", "center"])


def half_ellipse(columns, rows, wide, high, at, chest_left):
    """Cells of a breast against one edge of the stored image."""
    across, down = grid_size(columns, rows, CELL)
    y, x = np.mgrid[0:down, 0:across]
    from_wall = x if chest_left else across - 1 - x
    return (from_wall / (across * wide)) ** 2 + ((y - down * at) / (down * high)) ** 2 < 1


def seen_from(points, columns, rows, turn, width, height):
    """Bits of what a viewport of this size shows at 1:1 when it is brought to each of the points."""
    bits = 0
    for point in points:
        view = one_to_one(fit(columns, rows, width, height, turn), width, height)
        bits |= cells_in_view(center_on(view, point, width, height), width, height, CELL)
    return bits


@given(
    st.integers(40, 700), st.integers(40, 900), st.floats(0.1, 1.2), st.floats(0.1, 0.8), st.floats(0, 1),
    st.booleans(), st.integers(64, 640), st.integers(64, 480), orientations, edges,
)  # fmt: skip
@settings(max_examples=300)
def test_every_cell_of_a_breast_is_seen_at_1_to_1(
    columns, rows, wide, high, at, chest_left, width, height, turn, edge
):
    cells = half_ellipse(columns, rows, wide, high, at, chest_left)
    points = quadrants(cells, CELL, (columns, rows), (width - 2, height - 2), turn, edge)
    breast = bits_of(cells)
    assert breast & ~seen_from(points, columns, rows, turn, width, height) == 0
    assert bool(points) == cells.any()


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.3), st.integers(64, 300), st.integers(64, 300), orientations)
@settings(max_examples=150)
def test_cells_strewn_about_are_all_seen_too(seed, density, width, height, turn):
    columns, rows = 500, 430
    across, down = grid_size(columns, rows, CELL)
    cells = np.random.default_rng(seed).random((down, across)) < density
    points = quadrants(cells, CELL, (columns, rows), (width - 2, height - 2), turn)
    assert bits_of(cells) & ~seen_from(points, columns, rows, turn, width, height) == 0


def test_it_begins_at_the_chest_wall_on_top_and_turns_at_each_end():
    cells = np.ones((60, 60), np.bool_)
    points = quadrants(cells, CELL, (960, 960), (400, 400), chest_wall="left")
    across = [round(p.column) for p in points]
    down = [round(p.row) for p in points]
    assert down == sorted(down)
    assert across == [200, 480, 760, 760, 480, 200, 200, 480, 760]
    turned = quadrants(cells, CELL, (960, 960), (400, 400), chest_wall="right")
    assert [round(p.column) for p in turned] == [760, 480, 200, 200, 480, 760, 760, 480, 200]
    mirrored = quadrants(cells, CELL, (960, 960), (400, 400), Orientation(flip_columns=True), "left")
    assert [round(p.column) for p in mirrored] == [round(p.column) for p in turned]


def test_air_is_left_out_and_views_share_an_edge():
    cells = half_ellipse(2560, 3328, 0.5, 0.4, 0.5, True)
    whole = quadrants(np.ones_like(cells), CELL, (2560, 3328), (800, 800))
    breast = quadrants(cells, CELL, (2560, 3328), (800, 800))
    assert len(breast) < len(whole) * 0.6
    rows = sorted({p.row for p in breast})
    assert all(after - before <= 800 - CELL for before, after in pairwise(rows))


@pytest.mark.parametrize("edge", ["left", "right"])
def test_an_image_narrower_than_the_view_keeps_its_chest_wall_at_the_edge(edge):
    cells = np.ones((60, 10), np.bool_)
    points = quadrants(cells, CELL, (160, 960), (400, 400), chest_wall=edge)
    assert {p.column for p in points} == ({200.0} if edge == "left" else {160 - 200.0})


def test_an_image_without_breast_has_no_places():
    assert quadrants(np.zeros((5, 5), np.bool_), CELL, (80, 80), (400, 400)) == ()
