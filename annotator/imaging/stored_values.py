"""Pixels as the header means them: which bits of a cell are the value, and its sign (PS3.5 8.1.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.model.image import ImageInfo

_ROWS = 256
"""Rows looked at together: what is worked out of them takes no memory to speak of beside the picture."""


def stored_values(cells: NDArray[Any], info: ImageInfo, precision: int) -> tuple[NDArray[Any], bool]:
    """Read-only uint16 (int16 when signed) values of `cells`, and whether other bits than theirs were set.

    `precision` is the number of bits a compressed frame has, BitsAllocated otherwise: a frame of just
    BitsStored bits is already in place, whatever HighBit says.
    """
    bits = cells.astype(cells.dtype.newbyteorder("="), copy=False)
    bits = bits.view(np.uint16) if bits.dtype == np.int16 else bits.astype(np.uint16, copy=False)
    shift = info.high_bit + 1 - info.bits_stored if precision > info.bits_stored else 0
    if info.signed:
        return _signed(bits, info, shift, cells.dtype.itemsize)
    if info.bits_stored == 16 and not shift:
        return _frozen(bits, cells), False
    mask = np.uint16((1 << info.bits_stored) - 1)
    foreign = bool(np.bitwise_or.reduce(bits, axis=None) & ~np.uint16(mask << np.uint16(shift)))
    if not foreign and not shift:
        return _frozen(bits, cells), False
    return _frozen((bits >> np.uint16(shift)) & mask, cells), foreign


def _signed(
    bits: NDArray[np.uint16], info: ImageInfo, shift: int, bytes_per_cell: int
) -> tuple[NDArray[Any], bool]:
    unused = 16 - info.bits_stored
    up = np.uint16(unused - shift) if unused >= shift else np.uint16(0)
    cell = np.uint16(0xFF if bytes_per_cell == 1 else 0xFFFF)
    mask = np.uint16(((1 << info.bits_stored) - 1) << shift)
    values = np.empty(bits.shape, np.int16)
    # The bits above may repeat the sign or be clear; anything else belongs to somebody else.
    repeat = clear = True
    for top in range(0, len(bits), _ROWS):
        part, kept = bits[top : top + _ROWS], values[top : top + _ROWS]
        np.right_shift((part << up).view(np.int16), np.int16(unused), out=kept)
        again = kept.view(np.uint16) << np.uint16(shift)
        repeat = repeat and np.array_equal(again & cell, part & cell)
        clear = clear and np.array_equal(part & mask, part)
    values.flags.writeable = False
    return values, not (repeat or clear)


def _frozen(values: NDArray[np.uint16], origin: NDArray[Any]) -> NDArray[np.uint16]:
    owned = np.ascontiguousarray(values)
    if owned is origin and origin.base is not None and owned.flags.writeable:
        owned = owned.copy()
    owned.flags.writeable = False
    return owned
