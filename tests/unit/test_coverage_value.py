"""Cells that were seen: they only add up, and count against the cells of the breast."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.model.coverage import Seen
from annotator.model.image import ImageKey

IMAGE = ImageKey("1.2.3")
BITS = st.integers(0, 2**12 - 1)


def seen(bits: int) -> Seen:
    return Seen(IMAGE, 64, 4, 3, bits)


@given(BITS, BITS)
def test_what_was_seen_stays_seen(first: int, later: int) -> None:
    both = seen(first).with_cells(later)
    assert both == seen(later).with_cells(first)
    assert both.share_of(first) == both.share_of(later) == 1.0


def test_the_share_is_that_of_the_breast_and_not_of_the_air() -> None:
    assert seen(0b0011).share_of(0b0110) == 0.5
    assert seen(0).share_of(0b1) == 0.0
    assert seen(0).share_of(0) == 1.0


@pytest.mark.parametrize("wrong", [(64, 4, 3, 1 << 12), (64, 4, 3, -1), (0, 4, 3, 0), (64, 0, 3, 0)])
def test_bits_without_a_cell_are_refused(wrong: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="cell"):
        Seen(IMAGE, *wrong)


@given(BITS, st.integers(10, 200))
def test_another_size_of_cells_never_tells_of_more_than_was_seen(bits: int, cell: int) -> None:
    across, down = -(-256 // cell), -(-192 // cell)
    other = seen(bits).on_grid(cell, across, down)
    for y in range(0, 192, 16):
        for x in range(0, 256, 16):
            if other.bits >> (y // cell * across + x // cell) & 1:
                assert bits >> (y // 64 * 4 + x // 64) & 1
    assert seen(2**12 - 1).on_grid(cell, across, down).bits == (1 << across * down) - 1
