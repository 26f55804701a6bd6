"""Which cells hold breast and which a view shows, against the same asked of every single pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.analysis.breast.coverage import (
    bits_of,
    breast_cells,
    breast_outline,
    cells_in_view,
    cells_of,
    cells_touched,
    grid_size,
)
from annotator.model.coverage import Seen
from annotator.model.geometry import ImagePoint, Orientation, ViewTransform
from annotator.model.image import ImageKey

masks = st.integers(0, 2**32 - 1).flatmap(
    lambda seed: st.tuples(st.just(seed), st.integers(1, 9), st.integers(1, 9))
)
orientations = st.builds(Orientation, st.booleans(), st.booleans(), st.booleans())


@given(masks, st.sampled_from([1, 2, 4, 8, 16]), st.integers(1, 20), st.floats(0, 1), st.integers(0, 15))
def test_a_cell_holds_breast_when_any_of_its_pixels_does(mask, block, cell_px, density, short):
    seed, high, wide = mask
    tissue = np.random.default_rng(seed).random((high, wide)) < density
    # the last square may reach beyond the image
    rows, columns = high * block - min(short, block - 1), wide * block - min(short, block - 1)
    pixels = tissue.repeat(block, 0).repeat(block, 1)[:rows, :columns]
    across, down = grid_size(columns, rows, cell_px)
    found = cells_of(breast_cells(tissue, block, columns, rows, cell_px), across, down)
    for row in range(down):
        for column in range(across):
            part = pixels[row * cell_px : (row + 1) * cell_px, column * cell_px : (column + 1) * cell_px]
            assert found[row, column] == part.any()


def seen_pixels(view, width, height):
    """Which pixels of the stored image are wholly on the screen, (rows, columns)."""
    seen = np.zeros((view.rows, view.columns), bool)
    for row in range(view.rows):
        for column in range(view.columns):
            corners = [view.to_screen(ImagePoint(column + x, row + y)) for x in (0, 1) for y in (0, 1)]
            seen[row, column] = all(
                -1e-6 <= x <= width + 1e-6 and -1e-6 <= y <= height + 1e-6 for x, y in corners
            )
    return seen


@given(
    st.integers(1, 30), st.integers(1, 30), st.sampled_from([1.0, 1.5, 2.0, 4.0]), st.integers(-40, 40),
    st.integers(-40, 40), st.integers(1, 80), st.integers(1, 80), st.integers(1, 9), orientations,
    st.sampled_from([None, 1.0, 3.0]),
)  # fmt: skip
@settings(max_examples=150)
def test_a_cell_is_seen_when_all_of_its_pixels_are_on_the_screen(
    columns, rows, scale, left, top, width, height, cell_px, turn, scale_rows
):
    view = ViewTransform(columns, rows, scale, left, top, turn, scale_rows)
    pixels = seen_pixels(view, width, height)
    across, down = grid_size(columns, rows, cell_px)
    found = cells_of(cells_in_view(view, width, height, cell_px), across, down)
    for row in range(down):
        for column in range(across):
            part = pixels[row * cell_px : (row + 1) * cell_px, column * cell_px : (column + 1) * cell_px]
            assert found[row, column] == part.all()


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(1, 30),
    orientations,
)
def test_what_a_lens_lies_over_is_every_cell_it_touches(columns, rows, left, top, side, turn):
    view = ViewTransform(columns, rows, 1.5, 3.0, -2.0, turn)
    across, down = grid_size(columns, rows, 7)
    found = cells_of(cells_touched(view, (left, top, left + side, top + side), 7), across, down)
    for row in range(down):
        for column in range(across):
            ends = [view.to_screen(ImagePoint(min(c * 7, columns + 7), r * 7))
                    for c, r in ((column, row), (column + 1, row + 1))]  # fmt: skip
            (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(*ends, strict=True))
            assert found[row, column] == (x0 < left + side and x1 > left and y0 < top + side and y1 > top)


@pytest.mark.parametrize(("scale", "scale_rows"), [(0.99, None), (0.5, None), (1.0, 0.9), (0.9, 1.0)])
def test_nothing_is_seen_while_pixels_are_put_together(scale, scale_rows):
    view = ViewTransform(40, 30, scale, 0, 0, scale_rows=scale_rows)
    assert cells_in_view(view, 400, 300, 8) == 0


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_cells_and_bits_are_the_same_thing(columns, rows, seed):
    cells = np.random.default_rng(seed).random((rows, columns)) < 0.5
    bits = bits_of(cells)
    assert (cells_of(bits, columns, rows) == cells).all()
    seen = Seen(ImageKey("2.25.1"), 8, columns, rows, bits)
    assert seen.bits.bit_count() == cells.sum()
    assert all(bool(bits >> (row * columns + column) & 1) == cells[row, column]
               for row in range(rows) for column in range(columns))  # fmt: skip


def test_letters_in_the_air_are_no_breast_and_dark_fat_inside_is():
    tissue = np.zeros((60, 50), np.bool_)
    tissue[10:50, 20:50] = True
    tissue[25:30, 30:35] = False
    tissue[2:5, 2:6] = True
    outline = breast_outline(tissue)
    assert outline[27, 32]
    assert not outline[2:5, 2:6].any()
    assert outline.sum() == 40 * 30
    assert not breast_outline(np.zeros((5, 5), np.bool_)).any()


def test_two_large_pieces_are_both_breast():
    tissue = np.zeros((60, 50), np.bool_)
    tissue[5:25, 20:50] = tissue[35:55, 20:50] = True
    assert (breast_outline(tissue) == tissue).all()
