"""From stored values to grey levels: modality values, values of interest, presentation, padding.

Everything is one table of 65,536 entries per setting, so that a window drag costs a table and never a
picture. The table is indexed by stored value; a signed one by its two's complement bit pattern.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.model.image import ImageInfo, ModalityLut, PaddingRange, Voi, VoiFunction, VoiLut, Window

STORED_VALUES = 1 << 16

DRAGGED = "set by hand"

_BLOCK = 1 << 12
"""Entries computed at a time: intermediate results stay in the processor's nearest cache."""

DRAG_SPAN_PX = 250.0
"""Screen pixels of right-drag that multiply the width by e, or move the centre by one width."""


def display_lut(info: ImageInfo, voi: Voi | None, *, invert: bool = False, levels: int = 256) -> NDArray[Any]:
    """Grey level of every stored value: 65,536 entries, 0 black, `levels` - 1 white.

    uint8 up to 256 levels, uint16 above. `voi` None shows the whole range of the stored bits.
    Values of interest per PS3.3 C.11.2.1.2 and C.11.2.1.3; MONOCHROME1 and Presentation LUT Shape
    INVERSE are the same statement (PS3.3 C.8.11.3.1.2) and turn the output once, `invert` turns it
    again. Padding is black whatever the window or inversion (PS3.3 C.7.5.1.1.2). Output is rounded to the
    nearest level. Entries that the stored bits cannot reach repeat the nearest one that they can.
    """
    if not 2 <= levels <= STORED_VALUES:
        raise ValueError("levels is between 2 and 65,536")
    low, high = stored_range(info)
    voi = full_range(info) if voi is None else voi
    turned = info.inverse != invert
    grey = np.empty(high - low + 1, np.uint8 if levels <= 256 else np.uint16)
    for start in range(0, grey.size, _BLOCK):
        block = grey[start : start + _BLOCK]
        first = low + start
        fraction = voi_fraction(
            voi, _modality_block(first, block.size, info.slope, info.intercept, info.modality_lut)
        )
        if turned:
            np.subtract(1.0, fraction, out=fraction)
        fraction *= levels - 1
        fraction += 0.5  # and the cast cuts off: rounds to nearest
        block[:] = fraction
    lut = _by_bit_pattern(grey, low)
    if info.padding is not None:
        _blacken(lut, info.padding, signed=info.signed)
    return lut


def stored_range(info: ImageInfo) -> tuple[int, int]:
    """Lowest and highest value that the stored bits can hold."""
    low = -(1 << info.bits_stored - 1) if info.signed else 0
    return low, low + (1 << info.bits_stored) - 1


def modality_values(info: ImageInfo, stored: NDArray[Any]) -> NDArray[np.float64]:
    """Modality values of stored values of any shape: by the table, else rescaled (PS3.3 C.11.1)."""
    return _modality(stored, info.slope, info.intercept, info.modality_lut)


def _modality(
    stored: NDArray[Any], slope: float, intercept: float, table: ModalityLut | None
) -> NDArray[np.float64]:
    if table is None:
        return stored.astype(np.float64) * slope + intercept
    entries = np.frombuffer(table.data, dtype="<u2")
    index = np.clip(stored.astype(np.int64) - table.first, 0, entries.size - 1)
    return entries[index].astype(np.float64)


@lru_cache(maxsize=64)
def _modality_block(
    first: int, count: int, slope: float, intercept: float, table: ModalityLut | None
) -> NDArray[np.float64]:
    """Modality values of so many stored values in a row: the same at every step of a window drag."""
    values = _modality(np.arange(first, first + count, dtype=np.float64), slope, intercept, table)
    values.flags.writeable = False
    return values


def full_range(info: ImageInfo) -> Window:
    """The window over every modality value that the file could hold."""
    if info.modality_lut is not None:
        ends = (0.0, float((1 << info.modality_lut.bits) - 1))
    else:
        low, high = stored_range(info)
        ends = (low * info.slope + info.intercept, high * info.slope + info.intercept)
    return Window((ends[0] + ends[1]) / 2, max(abs(ends[1] - ends[0]), 1e-9), VoiFunction.LINEAR_EXACT)


def voi_fraction(voi: Voi, modality: NDArray[np.float64]) -> NDArray[np.float64]:
    """Output of one VOI transform as a fraction of its range, 0..1, for modality values of any shape."""
    if isinstance(voi, VoiLut):
        return _lut_fraction(voi, modality)
    center, width = voi.center, voi.width
    if voi.function is VoiFunction.SIGMOID and width > 0:
        fraction = _over(modality - center, width)
        np.clip(fraction, -175.0, 175.0, out=fraction)
        fraction *= -4.0
        np.exp(fraction, out=fraction)
        fraction += 1.0
        return np.divide(1.0, fraction, out=fraction)
    if voi.function is VoiFunction.LINEAR:
        center, width = center - 0.5, width - 1.0
    if width <= 0:  # the standard's limit of LINEAR at width 1; headers with 0 and below exist
        return (modality > center).astype(np.float64)
    return np.clip(_over(modality - center, width) + 0.5, 0.0, 1.0)


def is_padding(values: NDArray[Any], padding: PaddingRange) -> NDArray[np.bool_]:
    """Which stored values are background; `values` in the signedness of the header."""
    inside: NDArray[np.bool_] = (values >= padding.low) & (values <= padding.high)
    return inside


def dragged_window(voi: Voi, right_px: float, down_px: float) -> Window:
    """The window after a drag of so many screen pixels from where `voi` was in force.

    Right widens, down raises the centre (darker), both in proportion to the width, so that 8-bit and
    14-bit images feel alike. A table becomes the window nearest to it first.
    """
    start = voi if isinstance(voi, Window) else window_like(voi)
    smallest = 1.0 if start.function is VoiFunction.LINEAR else 1e-3
    width = max(start.width, smallest)
    stretched = width * math.exp(min(max(right_px / DRAG_SPAN_PX, -20.0), 20.0))
    center = start.center + width * down_px / DRAG_SPAN_PX
    return Window(center, max(stretched, smallest), start.function, DRAGGED)


def window_like(lut: VoiLut) -> Window:
    """The window, straight or sigmoid, that comes nearest to a table over the table's own span."""
    inputs = np.arange(lut.first, lut.first + max(len(lut.data) // 2, 1), dtype=np.float64)
    output = voi_fraction(lut, inputs)
    rising = np.maximum.accumulate(output)

    def reached(fraction: float) -> float:
        level = rising[0] + fraction * (rising[-1] - rising[0])
        return float(inputs[np.searchsorted(rising, level)])

    center, half = (reached(0.25) + reached(0.75)) / 2, max(reached(0.75) - reached(0.25), 0.5)
    straight = Window(center, 2 * half, VoiFunction.LINEAR_EXACT, lut.name)
    # 1/(1+exp(-4x/w)) passes 1/4 and 3/4 at -/+ w ln(3)/4
    curved = Window(reached(0.5), 2 * half / math.log(3), VoiFunction.SIGMOID, lut.name)
    return min(straight, curved, key=lambda w: float(np.abs(voi_fraction(w, inputs) - output).mean()))


def _over(distance: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Distance in widths; a width next to nothing gives infinity, which every caller cuts off."""
    with np.errstate(over="ignore"):
        return distance / width


def _by_bit_pattern(grey: NDArray[Any], low: int) -> NDArray[Any]:
    """A table by bit pattern from one by value; `grey[0]` belongs to the stored value `low`."""
    lut = np.empty(STORED_VALUES, grey.dtype)
    from_zero = grey[-low:]
    lut[: from_zero.size] = from_zero
    lut[from_zero.size :] = from_zero[-1]
    if low < 0:
        lut[STORED_VALUES // 2 : STORED_VALUES + low] = grey[0]
        lut[STORED_VALUES + low :] = grey[:-low]
    return lut


def _blacken(lut: NDArray[Any], padding: PaddingRange, *, signed: bool) -> None:
    low, high = padding.low, padding.high
    if signed and low < 0:
        lut[max(STORED_VALUES + low, STORED_VALUES // 2) : STORED_VALUES + min(high, -1) + 1] = 0
    if high >= 0:
        lut[max(low, 0) : min(high, STORED_VALUES // 2 - 1 if signed else high) + 1] = 0


def _lut_fraction(lut: VoiLut, modality: NDArray[np.float64]) -> NDArray[np.float64]:
    """PS3.3 C.11.1.1.1 and C.11.2.1.1: below the first entry the first, above the last the last."""
    fractions = _fractions(lut)
    index = np.clip(np.floor(modality - lut.first), 0, fractions.size - 1).astype(np.intp)
    return fractions[index]


@lru_cache(maxsize=16)
def _fractions(lut: VoiLut) -> NDArray[np.float64]:
    """Entries of a table as fractions of its depth."""
    entries = np.frombuffer(lut.data, dtype="<u2")
    if entries.size == 0:
        raise ValueError("a VOI LUT has at least one entry")
    top = (1 << lut.bits) - 1
    largest = int(entries.max())
    if 0 < largest < top // 4:
        # a depth declared far above the entries (16 for 12-bit data is common) would show black only
        top = (1 << largest.bit_length()) - 1
    return np.minimum(entries / top, 1.0)
