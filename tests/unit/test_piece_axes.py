"""Linear pieces joined are one, with the gap between them; a part of one keeps its part of the axis."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from annotator.analysis.spots.parts import join_spots, split_spot
from annotator.analysis.spots.piece_axes import with_cut_axes, with_joined_axis
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.mark import SpotMeasurement

SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)


def piece(start, end, row=50.0, width=4.0, turned=False):
    places = tuple(ImagePoint(column, row) for column in np.linspace(start, end, 5).tolist())
    outline = ((start, row - 2), (end, row - 2), (end, row + 2), (start, row + 2))
    middle, length = ImagePoint((start + end) / 2, row), end - start
    return SpotMeasurement(
        middle, 10.0, 0.3, length, width, 0.0, 0.3, 100.0, 9.0, tuple(ImagePoint(*p) for p in outline), level=0.38,
        axis=places[::-1] if turned else places, length_px=length, width_px=width,
    )  # fmt: skip


PIECES = (piece(10, 30), piece(36, 50, width=2.0, turned=True), piece(54, 74))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_pieces_in_a_row_are_one_from_end_to_end_in_whatever_order_they_come(order):
    spots = [PIECES[at] for at in order]
    joined = with_joined_axis(replace(PIECES[0], axis=(), length_px=None), spots, SPACING)
    columns = [place.column for place in joined.axis]
    assert sorted((columns[0], columns[-1])) == [10, 74]
    assert columns in (sorted(columns), sorted(columns, reverse=True))
    assert joined.length_px == pytest.approx(64)
    assert joined.width_px == pytest.approx((20 * 4 + 14 * 2 + 20 * 4) / 54)
    assert (joined.length_mm, joined.width_mm) == pytest.approx((6.4, joined.width_px / 10))
    assert (joined.center.column, joined.center.row) == pytest.approx((42, 50))


def test_with_a_round_one_among_them_they_are_no_linear_piece():
    spot = replace(PIECES[0], axis=(), length_px=None, width_px=None)
    assert with_joined_axis(spot, (PIECES[1], spot), SPACING) is spot


def test_parts_share_the_axis_and_keep_the_width():
    whole = piece(10, 74)
    parts = [replace(piece(*ends), axis=(), length_px=None, width_px=None) for ends in ((10, 30), (31, 74))]
    short, long = with_cut_axes(parts, whole, None)
    assert (short.length_px, long.length_px) == (pytest.approx(20, abs=0.6), pytest.approx(43, abs=0.6))
    assert (short.width_px, short.length_mm, short.width_mm) == (4.0, None, None)
    assert short.center.column == pytest.approx(20, abs=0.5)
    assert with_cut_axes(parts, replace(whole, length_px=None, axis=()), None) == tuple(parts)
    beside = replace(parts[0], outline=tuple(ImagePoint(p.column, p.row + 20) for p in parts[0].outline))
    assert with_cut_axes((beside, parts[1]), replace(whole, axis=whole.axis[2:]), None)[0] is beside


def test_on_an_image_a_cast_is_joined_from_two_and_cut_again():
    frame = np.random.default_rng(2).normal(1000, 5, (100, 100))
    frame[48:52, 10:74] += 300
    joined = join_spots(frame.astype(np.uint16), (PIECES[0], PIECES[2]), spacing=SPACING)
    assert joined.is_linear
    assert joined.length_mm == pytest.approx(6.4)
    first, second = split_spot(frame.astype(np.uint16), joined, ImagePoint(40.0, 50.0), spacing=SPACING)
    assert first.is_linear
    assert second.is_linear
    assert first.length_mm + second.length_mm == pytest.approx(6.4, abs=0.1)
