"""Resolution levels of a frame that lose no speck: area means, and the local peaks beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.model.image import ImageInfo, PaddingRange

SMALLEST_SIDE = 128
_CHUNK_ROWS = 512

Plane = NDArray[Any]
"""Values in the signedness of their frame: uint16 or int16."""

Table = NDArray[np.uint16]
"""Another number for each of 65,536 bit patterns."""


@dataclass(frozen=True, eq=False)
class Levels:
    """One frame at full, half, quarter ... resolution; made by `build_levels`, never changed.

    Level 0 is the frame itself, `stored`; `mean` and `peak` begin at level 1. Level k covers blocks of
    2**k x 2**k pixels, the last ones possibly in part. `peak` is the brightest as shown: the maximum,
    or the minimum where the frame is shown inverted (MONOCHROME1).

    Padding may be any number. In the levels `hole` stands for it, the darkest number there is, None in
    a frame without padding: a block is a hole in `mean` when most of it is padding, in `peak` when all
    of it is. `padding_value` is what padding is called in the frame.
    """

    stored: Plane
    mean: tuple[Plane, ...]
    peak: tuple[Plane, ...]
    inverse: bool = False
    hole: int | None = None
    padding_value: int = 0
    _holed: Table | None = None
    _filled: Table | None = None
    _apart: Table | None = None
    _named: Table | None = None

    @property
    def rows(self) -> int:
        """Rows of the frame."""
        return int(self.stored.shape[0])

    @property
    def columns(self) -> int:
        """Columns of the frame."""
        return int(self.stored.shape[1])

    @property
    def count(self) -> int:
        """How many levels there are, the frame itself included."""
        return len(self.mean) + 1

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Everything that takes memory: the frame, the levels and the tables for padding."""
        tables = (self._holed, self._filled, self._apart, self._named)
        return (self.stored, *self.mean, *self.peak, *(table for table in tables if table is not None))

    @property
    def coarsest_block(self) -> int:
        """Side, in pixels of the frame, of a pixel of the last level."""
        return 1 << len(self.mean)

    def shape(self, level: int) -> tuple[int, int]:
        """Rows and columns of a level."""
        block = 1 << level
        return -(-self.rows // block), -(-self.columns // block)

    def crop(self, level: int, rows: slice, columns: slice, *, peak: bool = False) -> Plane:
        """A part of a level, with holes; not to be written to."""
        if level:
            return (self.peak if peak else self.mean)[level - 1][rows, columns]
        return _through(self.stored[rows, columns], self._holed)

    def coarsest(self) -> Plane:
        """The means of the last level, with holes."""
        return self.crop(self.count - 1, slice(None), slice(None))

    def filled(self, values: Plane) -> Plane:
        """`values` with the darkest tissue in place of holes, so that they colour nothing beside them."""
        return _through(values, self._filled)

    def holes(self, values: Plane, level: int) -> NDArray[np.bool_] | None:
        """Where `values`, picked from a level, are padding; None in a frame without."""
        if self.hole is None:
            return None
        return np.asarray((values if level else _through(values, self._holed)) == self.hole)

    def to_stored(self, values: Plane, holes: NDArray[np.bool_] | None) -> NDArray[np.uint16]:
        """Indices of a display table (bit patterns) from tissue `values`; padding where `holes`."""
        indices = _through(values, self._apart).view(np.uint16)
        if holes is not None:
            np.putmask(indices, holes, self.padding_value)
        return indices

    def holes_to_stored(self, values: Plane) -> NDArray[np.uint16]:
        """Indices of a display table from `values` with holes."""
        return _through(values, self._named).view(np.uint16)


def build_levels(
    frame: NDArray[Any], *, inverse: bool = False, padding: PaddingRange | None = None
) -> Levels:
    """The levels of one frame (2-D, uint16 or int16); some 10 ms for 13.6 million pixels.

    They take two thirds of the frame's own memory. `inverse`: low values are shown white, so the peak
    of a spot is its minimum. `padding` as in the header, both ends included.
    """
    if frame.ndim != 2 or frame.dtype not in (np.uint16, np.int16):
        raise ValueError(f"a frame is two-dimensional and of 16 bits, not {frame.ndim}-D {frame.dtype}")
    stored: Plane = np.ascontiguousarray(frame).view()
    stored.flags.writeable = False
    padded = None if padding is None else _numbers_of(padding, stored.dtype)
    tissue = None if padded is None else _tissue_range(stored, padded)
    if padded is None or tissue is None:
        mean, peak = _levels_above(stored, inverse)
        value = 0 if padded is None else padded.start & 0xFFFF
        return Levels(stored, mean, peak, inverse, padding_value=value)
    hole = _darkest_number(stored.dtype, inverse)
    value = padded.start & 0xFFFF
    holed = _holed_table(stored.dtype, padded, hole)
    filled = _table({hole: tissue[1 if inverse else 0]})
    mean, peak = _levels_above(stored, inverse, hole, holed, filled)
    apart: dict[int, int] = {}
    if tissue[0] < padded.start <= tissue[1]:
        # means of tissue that happen to be numbers of the padding become the number after it
        apart = dict.fromkeys(padded, padded.stop)
    return Levels(
        stored,
        mean,
        peak,
        inverse,
        hole,
        value,
        _holed=holed,
        _filled=filled,
        _apart=_table(apart) if apart else None,
        _named=_table(apart | {hole: value}) if apart or value != hole & 0xFFFF else None,
    )


def levels_of(info: ImageInfo, frame: NDArray[Any]) -> Levels:
    """The levels of a frame of an image, with the padding and the inversion its header says."""
    return build_levels(frame, inverse=info.inverse, padding=info.padding)


def _numbers_of(padding: PaddingRange, dtype: np.dtype[Any]) -> range | None:
    """The padding among the numbers a frame can hold, None where it holds none of them."""
    limits = np.iinfo(dtype)
    return range(max(padding.low, limits.min), min(padding.high, limits.max) + 1) or None


def _darkest_number(dtype: np.dtype[Any], inverse: bool) -> int:
    limits = np.iinfo(dtype)
    return int(limits.max if inverse else limits.min)


def _tissue_range(stored: Plane, padded: range) -> tuple[int, int] | None:
    """Least and largest value that is no padding; None where the frame holds no padding at all.

    A frame of nothing but padding has the padding's own value for both.
    """
    ends: list[float] = []
    found = False
    for top in range(0, stored.shape[0], _CHUNK_ROWS):
        part = stored[top : top + _CHUNK_ROWS]
        tissue = cv2.bitwise_not(cv2.inRange(part, padded.start, padded.stop - 1))
        count = cv2.countNonZero(tissue)
        found = found or count < part.size
        if count:
            low, high, _, _ = cv2.minMaxLoc(part, tissue)
            ends += [low, high]
    if not found:
        return None
    return (int(min(ends)), int(max(ends))) if ends else (padded.start, padded.start)


def _table(changed: dict[int, int]) -> Table:
    """Every number stays itself but those in `changed`."""
    table = np.arange(1 << 16, dtype=np.uint16)
    for number, other in changed.items():
        table[number & 0xFFFF] = other & 0xFFFF
    return table


def _holed_table(dtype: np.dtype[Any], padded: range, hole: int) -> Table | None:
    """Padding becomes the hole; tissue of that very number becomes the number beside it."""
    if len(padded) == 1 and padded.start == hole:
        return None
    beside = hole - 1 if hole == np.iinfo(dtype).max else hole + 1
    return _table({hole: beside} | dict.fromkeys(padded, hole))


def _through(values: Plane, table: Table | None) -> Plane:
    if table is None:
        return values
    return np.asarray(cv2.LUT(values.view(np.uint16), table)).view(values.dtype)


def _levels_above(
    stored: Plane,
    inverse: bool,
    hole: int | None = None,
    holed: Table | None = None,
    filled: Table | None = None,
) -> tuple[tuple[Plane, ...], tuple[Plane, ...]]:
    means: list[Plane] = []
    peaks: list[Plane] = []
    below_mean = below_peak = stored
    while max(below_mean.shape) > SMALLEST_SIDE and min(below_mean.shape) > 1:
        first = below_mean is stored
        rows, columns = (-(-side // 2) for side in below_mean.shape)
        mean, peak = np.empty((rows, columns), stored.dtype), np.empty((rows, columns), stored.dtype)
        # in parts, which stay in the processor's cache and need no second frame
        for top in range(0, below_mean.shape[0], _CHUNK_ROWS):
            below = slice(top, top + _CHUNK_ROWS)
            part = slice(top // 2, (top + _CHUNK_ROWS) // 2)
            plain = _through(below_mean[below], holed if first else None)
            _halve_mean(plain, mean[part], hole, filled)
            _halve_peak(plain if first else below_peak[below], peak[part], inverse)
        means.append(mean)
        peaks.append(peak)
        below_mean, below_peak = mean, peak
    for plane in (*means, *peaks):
        plane.flags.writeable = False
    return tuple(means), tuple(peaks)


def _even(plane: Plane) -> Plane:
    """The plane with its last row or column doubled where their number is odd."""
    rows, columns = plane.shape
    if rows % 2 == 0 and columns % 2 == 0:
        return plane
    return np.asarray(cv2.copyMakeBorder(plane, 0, rows % 2, 0, columns % 2, cv2.BORDER_REPLICATE))


def _halve_mean(plane: Plane, into: Plane, hole: int | None, filled: Table | None) -> None:
    even = _even(plane)
    size = (into.shape[1], into.shape[0])
    cv2.resize(_through(even, filled), size, dst=into, interpolation=cv2.INTER_AREA)
    if hole is not None:
        share = cv2.resize((even == hole).astype(np.uint8) * 4, size, interpolation=cv2.INTER_AREA)
        into[share > 2] = hole


def _halve_peak(plane: Plane, into: Plane, inverse: bool) -> None:
    even = _even(plane)
    brightest = np.minimum if inverse else np.maximum
    rows = brightest(even[::2], even[1::2])
    brightest(rows[:, ::2], rows[:, 1::2], out=into)
