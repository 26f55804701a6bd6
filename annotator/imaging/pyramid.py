"""Resolution levels of a frame that lose no speck: area means, and the local peaks beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.model.image import ImageInfo, PaddingRange

SMALLEST_SIDE = 128
SIGN_BIT = np.uint16(0x8000)

Plane = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Levels:
    """One frame at full, half, quarter ... resolution; made by `build_levels`, never changed.

    `stored` holds the frame's own values as uint16 bit patterns, which index a display table. `mean`
    and `peak` hold values in their order (for a signed frame: bit patterns with the sign bit turned),
    so that they can be averaged and compared; level k covers blocks of 2**k x 2**k pixels, the last
    ones possibly in part. `peak` is the brightest as shown: the maximum, or the minimum where the
    frame is shown inverted (MONOCHROME1). `background` is the share of padding in 0..255, empty for a
    frame without any; in `mean` and `peak` the darkest tissue stands in its place, so that padding,
    which may be any number, colours nothing beside it.
    """

    stored: Plane
    mean: tuple[Plane, ...]
    peak: tuple[Plane, ...]
    background: tuple[NDArray[np.uint8], ...] = ()
    signed: bool = False
    inverse: bool = False
    padding_value: int = 0

    @property
    def rows(self) -> int:
        """Rows of the frame."""
        return int(self.stored.shape[0])

    @property
    def columns(self) -> int:
        """Columns of the frame."""
        return int(self.stored.shape[1])

    def to_stored(self, ordered: Plane) -> Plane:
        """Bit patterns for a display table from values in their order."""
        return np.bitwise_xor(ordered, SIGN_BIT) if self.signed else ordered


def build_levels(
    frame: NDArray[Any], *, inverse: bool = False, padding: PaddingRange | None = None
) -> Levels:
    """The levels of one frame (2-D, uint16 or int16); some 15 ms for 13.6 million pixels.

    `inverse`: low values are shown white, so the peak of a spot is its minimum. `padding` as in the
    header, both ends included.
    """
    if frame.ndim != 2 or frame.dtype not in (np.uint16, np.int16):
        raise ValueError(f"a frame is two-dimensional and of 16 bits, not {frame.ndim}-D {frame.dtype}")
    signed = frame.dtype == np.int16
    stored: Plane = np.ascontiguousarray(frame).view(np.uint16)
    base: Plane = np.bitwise_xor(stored, SIGN_BIT) if signed else stored
    padded = _padded_values(padding, 0x8000 if signed else 0)
    mask: NDArray[np.uint8] | None = None
    if padded is not None:
        mask = np.asarray(cv2.inRange(base, padded.start, padded.stop - 1), np.uint8)
    if padded is not None and mask is not None and mask.any():
        base = _without_padding(base, mask, padded, inverse)
    else:
        mask = None
    mean, peak = [base], [base]
    background = [] if mask is None else [mask]
    while max(mean[-1].shape) > SMALLEST_SIDE and min(mean[-1].shape) > 1:
        mean.append(_halve_mean(mean[-1]))
        peak.append(_halve_peak(peak[-1], inverse))
        if background:
            background.append(_halve_mean(background[-1]))
    return Levels(
        stored=stored,
        mean=_read_only(mean),
        peak=_read_only(peak),
        background=_read_only(background),
        signed=signed,
        inverse=inverse,
        padding_value=0 if padding is None else padding.low & 0xFFFF,
    )


def levels_of(info: ImageInfo, frame: NDArray[Any]) -> Levels:
    """The levels of a frame of an image, with the padding and the inversion its header says."""
    return build_levels(frame, inverse=info.inverse, padding=info.padding)


def _padded_values(padding: PaddingRange | None, offset: int) -> range | None:
    """The padding as ordered values, None where no stored value can be padding."""
    if padding is None:
        return None
    values = range(max(padding.low + offset, 0), min(padding.high + offset, 0xFFFF) + 1)
    return values or None


def _without_padding(base: Plane, mask: NDArray[np.uint8], padded: range, inverse: bool) -> Plane:
    tissue = cv2.bitwise_not(mask)
    if not tissue.any():
        return base
    low, high, _, _ = cv2.minMaxLoc(base, tissue)
    # every value of the padding range is padding, so a table does it in one pass
    table = np.arange(0x10000, dtype=np.uint16)
    table[padded.start : padded.stop] = int(high if inverse else low)
    return np.asarray(cv2.LUT(base, table))


def _even(plane: NDArray[Any]) -> NDArray[Any]:
    """The plane with its last row or column doubled where their number is odd."""
    rows, columns = plane.shape
    if rows % 2 == 0 and columns % 2 == 0:
        return plane
    return np.asarray(cv2.copyMakeBorder(plane, 0, rows % 2, 0, columns % 2, cv2.BORDER_REPLICATE))


def _halve_mean(plane: NDArray[Any]) -> NDArray[Any]:
    even = _even(plane)
    size = (even.shape[1] // 2, even.shape[0] // 2)
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA))


def _halve_peak(plane: Plane, inverse: bool) -> Plane:
    even = _even(plane)
    brightest = np.minimum if inverse else np.maximum
    rows = brightest(even[::2], even[1::2])
    return np.asarray(brightest(rows[:, ::2], rows[:, 1::2]))


def _read_only(planes: list[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
    for plane in planes:
        plane.flags.writeable = False
    return tuple(planes)
