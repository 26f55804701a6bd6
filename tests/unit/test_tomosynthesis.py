"""Slabs to the last grey value, and which slices make one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from annotator.imaging.tomosynthesis import (
    Slab,
    SlabKind,
    SlabMean,
    depth_mm,
    distance_mm,
    slab_frame,
    slab_numbers,
    slab_words,
    slice_words,
)
from annotator.model.image import ImageInfo, PaddingRange, SlicePosition

INFO = ImageInfo(Path("none.dcm"), "1.2.840.10008.5.1.4.1.1.13.1.3", "2.25.1", rows=3, columns=4, frames=9)
PADDED = replace(INFO, padding=PaddingRange(0, 2))
BRIGHT_PADDING = replace(INFO, photometric="MONOCHROME1", padding=PaddingRange(0, 2))
ZERO_PADDING = replace(INFO, padding=PaddingRange(0, 0))
DARK_PADDING = replace(INFO, photometric="MONOCHROME1", bits_stored=3, padding=PaddingRange(5, 7))


def apart(count: int, mm: float, first: float = -30.0) -> tuple[SlicePosition, ...]:
    return tuple(SlicePosition(n, first + (n - 1) * mm, abs(mm)) for n in range(1, count + 1))


def unknown(count: int) -> tuple[SlicePosition, ...]:
    return tuple(SlicePosition(n) for n in range(1, count + 1))


@pytest.mark.parametrize("step", [1.0, -1.0])
@pytest.mark.parametrize(
    ("thickness", "expected"), [(0.5, [20]), (1, [20]), (2, [19, 20, 21]), (5, [18, 19, 20, 21, 22])]
)
def test_a_slab_holds_the_slices_within_half_its_thickness(thickness, expected, step) -> None:
    assert [*slab_numbers(apart(52, step), 20, thickness)] == expected


def test_a_slab_ends_with_the_stack() -> None:
    assert slab_numbers(apart(52, 1.0), 1, 10) == range(1, 7)
    assert slab_numbers(apart(52, 1.0), 52, 10) == range(47, 53)
    assert slab_numbers(unknown(5), 5, 4) == range(4, 6)
    assert slab_numbers(unknown(5), 1, 4) == range(1, 4)
    assert slab_numbers(unknown(5), 2, 5) == range(1, 5)


@pytest.mark.parametrize("thickness", [0.2, 1])
def test_the_thinnest_slab_is_one_slice(thickness: float) -> None:
    assert slab_numbers(unknown(5), 3, thickness) == range(3, 4)
    assert slab_numbers(apart(5, 1.0), 3, thickness) == range(3, 4)


def test_there_is_no_distance_from_a_slice_without_a_place() -> None:
    slices = (SlicePosition(1, 2.5), SlicePosition(2), SlicePosition(3, 4.0))
    assert distance_mm(slices, 1, 2) is None
    assert distance_mm(slices, 2, 3) is None
    assert distance_mm(slices, 3, 1) == 1.5


def test_positions_as_decimal_strings_do_not_lose_a_slice() -> None:
    slices = tuple(SlicePosition(n, float(f"{0.1 * n:.3f}")) for n in range(1, 40))
    assert len(slab_numbers(slices, 20, 1.0)) == 11


def test_slices_unevenly_apart_are_taken_by_their_distance() -> None:
    places = (0.0, 1.0, 3.0, 3.5, 4.0, 9.0)
    slices = tuple(SlicePosition(n, place) for n, place in enumerate(places, 1))
    assert slab_numbers(slices, 4, 2.0) == range(3, 6)
    assert slab_numbers(slices, 6, 2.0) == range(6, 7)


def test_without_known_distances_slices_are_counted_and_the_words_say_so() -> None:
    assert slab_numbers(unknown(30), 10, 5) == range(8, 13)
    assert slab_numbers(unknown(30), 10, 4) == range(9, 13)
    assert slab_words(unknown(30), 10, Slab(SlabKind.MEAN, 5)) == "slab mean 5 slices around slice 10"
    assert slice_words(unknown(30), 10) == "slice 10 of 30"
    assert depth_mm(unknown(30), 10) is None


def test_one_place_for_all_slices_is_no_distance() -> None:
    same = tuple(SlicePosition(n, 12.0) for n in range(1, 31))
    assert slab_numbers(same, 10, 5) == range(8, 13)
    assert "mm" not in slice_words(same, 10)


def test_words_with_known_distances() -> None:
    assert slice_words(apart(52, 1.0), 23) == "slice 23 of 52, 22.0 mm"
    assert slice_words(apart(52, -1.0), 23) == "slice 23 of 52, 22.0 mm"
    assert (
        slab_words(apart(52, 1.0), 23, Slab(SlabKind.MAXIMUM, 5))
        == "slab maximum 5 mm (5 slices) around slice 23"
    )
    assert slab_words(apart(52, 2.0), 23, Slab(SlabKind.MEAN, 1)).startswith("slab mean 1 mm (1 slice)")


def stacks(dtype, most: int, least: int = 0):
    return arrays.arrays(dtype, st.tuples(st.integers(1, 9), st.just(3), st.just(4)),
                         elements=st.integers(least, most))  # fmt: skip


def by_number(stack: np.ndarray) -> dict[int, np.ndarray]:
    return dict(enumerate(stack, 1))


def exact_mean(values: list[int]) -> int:
    return floor(Fraction(sum(values), len(values)) + Fraction(1, 2))


@given(st.one_of(stacks(np.uint16, 65535), stacks(np.int16, 32767, -32768)))
def test_the_mean_is_exact_and_ties_go_up(stack: np.ndarray) -> None:
    mean = slab_frame(by_number(stack), SlabKind.MEAN, INFO)
    expected = [exact_mean(column.tolist()) for column in stack.reshape(len(stack), -1).T]
    assert mean.dtype == stack.dtype
    assert mean.ravel().tolist() == expected


@given(stacks(np.uint16, 65535), st.data())
def test_the_running_mean_is_the_mean_wherever_one_scrolls(stack: np.ndarray, data: st.DataObject) -> None:
    info = data.draw(st.sampled_from((INFO, PADDED)))
    stack = np.where(stack < 20_000, stack % 5, stack).astype(np.uint16)
    means = SlabMean(info.padding)
    for _ in range(data.draw(st.integers(1, 6))):
        first = data.draw(st.integers(1, len(stack)))
        last = data.draw(st.integers(first, len(stack)))
        slab = {n: stack[n - 1] for n in range(first, last + 1)}
        running = slab_frame(slab, SlabKind.MEAN, info, means)
        assert (running == slab_frame(slab, SlabKind.MEAN, info)).all()


def test_a_frame_decoded_anew_is_no_frame_counted_twice() -> None:
    means = SlabMean()
    stack = np.arange(5 * 12, dtype=np.uint16).reshape(5, 3, 4)
    means.of({1: stack[0], 2: stack[1], 3: stack[2], 4: stack[3]})
    again = {1: stack[0], 2: stack[1].copy(), 3: stack[2], 4: stack[3]}
    assert (means.of(again) == slab_frame(again, SlabKind.MEAN, INFO)).all()


@given(stacks(np.uint16, 65535))
def test_the_maximum_is_the_brightest_as_shown(stack: np.ndarray) -> None:
    frames = by_number(stack)
    inverse = replace(INFO, photometric="MONOCHROME1")
    assert (slab_frame(frames, SlabKind.MAXIMUM, INFO) == stack.max(axis=0)).all()
    assert (slab_frame(frames, SlabKind.MAXIMUM, inverse) == stack.min(axis=0)).all()


@given(stacks(np.uint16, 7), st.sampled_from((PADDED, BRIGHT_PADDING, ZERO_PADDING, DARK_PADDING)))
def test_padding_stays_only_where_all_slices_have_it(stack: np.ndarray, info: ImageInfo) -> None:
    padding = range(info.padding.low, info.padding.high + 1)
    columns = stack.reshape(len(stack), -1).T.tolist()
    tissue = [[value for value in column if value not in padding] for column in columns]
    brightest = min if info.inverse else max
    maximum = slab_frame(by_number(stack), SlabKind.MAXIMUM, info).ravel().tolist()
    mean = slab_frame(by_number(stack), SlabKind.MEAN, info).ravel().tolist()
    for values, high, middle in zip(tissue, maximum, mean, strict=True):
        if values:
            assert (high, middle) == (brightest(values), exact_mean(values))
        else:
            assert high in padding
            assert middle in padding


@given(stacks(np.int16, 4, -4))
def test_padding_among_signed_values(stack: np.ndarray) -> None:
    info = replace(INFO, signed=True, bits_stored=12, padding=PaddingRange(-4, -3))
    tissue = [[v for v in c if v > -3] for c in stack.reshape(len(stack), -1).T.tolist()]
    mean = slab_frame(by_number(stack), SlabKind.MEAN, info).ravel().tolist()
    maximum = slab_frame(by_number(stack), SlabKind.MAXIMUM, info).ravel().tolist()
    assert all(m == exact_mean(t) if t else m == -4 for m, t in zip(mean, tissue, strict=True))
    assert all(m == max(t) if t else m in (-4, -3) for m, t in zip(maximum, tissue, strict=True))


def test_the_slices_themselves_stay_untouched() -> None:
    stack = np.arange(3 * 12, dtype=np.uint16).reshape(3, 3, 4)
    before = stack.copy()
    for kind in SlabKind:
        assert not slab_frame(by_number(stack), kind, INFO).flags.writeable
    assert (stack == before).all()
