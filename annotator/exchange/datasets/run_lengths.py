"""Masks as COCO counts them: runs of pixels out of it and in it by turns, down the columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_PIXELS = 200_000_000


def mask_of(counts: str | Sequence[Any], rows: int, columns: int) -> NDArray[np.bool_]:
    """The mask of `rows` x `columns` of runs, as a list or in COCO's compressed text. Raises ValueError."""
    if not (rows > 0 and columns > 0 and rows * columns <= MOST_PIXELS):
        raise ValueError(f"a mask of {columns} x {rows} pixels is no image")
    runs = np.asarray(_unpacked(counts) if isinstance(counts, str) else counts, dtype=np.int64)
    if runs.ndim != 1 or (runs < 0).any() or int(runs.sum()) != rows * columns:
        raise ValueError("its runs do not add up to the pixels of the image")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(columns, rows).T


def _unpacked(text: str) -> list[int]:
    """Each number in groups of 5 bits, the lowest first, bit 5 for "more follows"; from the third on differences to two before."""
    numbers: list[int] = []
    value = shift = 0
    for sign in text:
        group = ord(sign) - 48
        if not 0 <= group < 64:
            raise ValueError(f"its runs hold the sign {sign!r}")
        value |= (group & 31) << shift
        shift += 5
        if group & 32:
            if shift > 60:
                raise ValueError("its runs hold a number that is too large")
            continue
        if group & 16:
            value -= 1 << shift
        numbers.append(value + (numbers[-2] if len(numbers) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError("its runs end within a number")
    return numbers
