"""Slices of a stack: where one lies, which belong to a slab of so many millimetres, and what it shows."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.imaging.grayscale import stored_range
from annotator.model.counts import counted
from annotator.model.image import ImageInfo, PaddingRange, SlicePosition

ROUNDING_MM = 1e-3
"""Positions are decimal strings: a slice this little beyond the edge of a slab lies on it."""

BAND_ROWS = 64
"""Sums are divided in bands that stay in the processor's cache."""

Frame = NDArray[Any]


class SlabKind(StrEnum):
    """What a slab shows of the slices in it: their mean, or the brightest value as shown."""

    MEAN = "mean"
    MAXIMUM = "maximum"


@dataclass(frozen=True, slots=True)
class Slab:
    """How slices are put together: `thickness` in mm, or in slices where their distance is not known."""

    kind: SlabKind
    thickness: float


def has_depth(slices: Sequence[SlicePosition]) -> bool:
    """Whether the distance between slices is known: every position is, and no two are the same."""
    places = [s.position_mm for s in slices]
    return None not in places and len(set(places)) == len(places)


def depth_mm(slices: Sequence[SlicePosition], number: int) -> float | None:
    """Distance of a slice from the first one; None when the file does not say where slices lie."""
    if not has_depth(slices):
        return None
    return distance_mm(slices, 1, number)


def distance_mm(slices: Sequence[SlicePosition], a: int, b: int) -> float | None:
    """Distance between two slices of a stack, None when it is not known."""
    one, other = slices[a - 1].position_mm, slices[b - 1].position_mm
    return None if one is None or other is None else abs(one - other)


def slab_numbers(slices: Sequence[SlicePosition], number: int, thickness: float) -> range:
    """The slices of a slab around one: those whose middle lies at most half the thickness from its middle.

    Slices 1 mm apart make 5 of a slab of 5 mm and 11 of one of 10 mm. Without known distances
    `thickness` counts slices, an even one with one more above. At the ends of the stack there are fewer.
    """
    if not has_depth(slices):
        count = max(1, round(thickness))
        return range(max(1, number - (count - 1) // 2), min(len(slices), number + count // 2) + 1)
    first = last = number
    half = thickness / 2 + ROUNDING_MM
    while first > 1 and (distance_mm(slices, first - 1, number) or 0.0) <= half:
        first -= 1
    while last < len(slices) and (distance_mm(slices, last + 1, number) or 0.0) <= half:
        last += 1
    return range(first, last + 1)


def slice_words(slices: Sequence[SlicePosition], number: int) -> str:
    """Which slice it is and how far from the first: "slice 23 of 52, 22.0 mm"."""
    depth = depth_mm(slices, number)
    place = "" if depth is None else f", {depth:.1f} mm"
    return f"slice {number} of {len(slices)}{place}"


def slab_words(slices: Sequence[SlicePosition], number: int, slab: Slab) -> str:
    """What a slab is: "slab maximum 5 mm (5 slices) around slice 23"."""
    count = len(slab_numbers(slices, number, slab.thickness))
    number_of = counted(count, "slice")
    size = f"{slab.thickness:g} mm ({number_of})" if has_depth(slices) else number_of
    return f"slab {slab.kind} {size} around slice {number}"


def brightest(frames: Sequence[Frame], info: ImageInfo) -> Frame:
    """The brightest value of each pixel as shown: the maximum, or the minimum when low values are white.

    Padding counts only where all slices have it. The type of the frames stays.
    """
    pick = np.minimum if info.inverse else np.maximum
    found = frames[0].copy()
    padding = info.padding
    for frame in frames[1:]:
        if padding is None or _is_darkest(padding, info):
            pick(found, frame, out=found)
            continue
        better = pick(found, frame)
        # a padding value may be brighter than any tissue: it gives way to tissue, and never wins over it
        np.copyto(better, frame, where=_padded(found, padding))
        np.copyto(better, found, where=_padded(frame, padding))
        found = better
    return _read_only(found)


def _is_darkest(padding: PaddingRange, info: ImageInfo) -> bool:
    """Whether no stored value can be shown darker than padding, so that any tissue wins over it by itself."""
    lowest, highest = stored_range(info)
    return padding.high >= highest if info.inverse else padding.low <= lowest


@dataclass
class SlabMean:
    """Means of slabs of one stack, each from the sum of the one before: a step costs two passes.

    The mean of n values is floor(sum / n + 1/2): exact, ties go up. Padding does not count; where
    all slices have it, it stays. Safe to call from several threads.
    """

    padding: PaddingRange | None = None
    _members: dict[int, Frame] = field(default_factory=dict)
    _sum: NDArray[np.int32] | None = None
    _holes: NDArray[np.uint8] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def of(self, frames: Mapping[int, Frame]) -> Frame:
        """The mean of these frames, by number, 255 at most; shape and type of the frames stay."""
        with self._lock:
            self._take(frames)
            return _read_only(self._mean(next(iter(frames.values()))))

    def _take(self, frames: Mapping[int, Frame]) -> None:
        leaving = [n for n in self._members if self._members[n] is not frames.get(n)]
        entering = [n for n in frames if frames[n] is not self._members.get(n)]
        if self._sum is None or len(leaving) + len(entering) >= len(frames):
            shape = next(iter(frames.values())).shape
            self._sum = np.zeros(shape, np.int32)
            self._holes = None if self.padding is None else np.zeros(shape, np.uint8)
            leaving, entering, self._members = [], list(frames), {}
        for number in leaving:
            self._change(self._members.pop(number), np.subtract)
        for number in entering:
            self._members[number] = frames[number]
            self._change(frames[number], np.add)

    def _change(self, frame: Frame, change: np.ufunc) -> None:
        if self.padding is not None and self._holes is not None:
            padded = _padded(frame, self.padding)
            change(self._holes, padded.view(np.uint8), out=self._holes)
            # of a padding that is 0 nothing has to be taken out of the sum
            if self.padding != PaddingRange(0, 0):
                frame = cv2.bitwise_and(frame, frame, mask=np.logical_not(padded).view(np.uint8))
        change(self._sum, frame, out=self._sum)

    def _mean(self, like: Frame) -> Frame:
        assert self._sum is not None
        mean = np.empty_like(like)
        count = len(self._members)
        half, whole = np.int32(count // 2), np.int32(count)
        for top in range(0, len(mean), BAND_ROWS):
            band = slice(top, top + BAND_ROWS)
            np.floor_divide(self._sum[band] + half, whole, out=mean[band], casting="unsafe")
        if self._holes is None or self.padding is None:
            return mean
        np.copyto(mean, self.padding.low, where=self._holes == count)
        # a few along the skin, where the outline moves from slice to slice
        partly = np.flatnonzero(cv2.inRange(self._holes, 1, count - 1)) if count > 1 else ()
        if len(partly):
            counts = count - self._holes.ravel()[partly].astype(np.int32)
            mean.ravel()[partly] = (self._sum.ravel()[partly] + counts // 2) // counts
        return mean


def slab_frame(
    frames: Mapping[int, Frame], kind: SlabKind, info: ImageInfo, means: SlabMean | None = None
) -> Frame:
    """What a slab of these slices shows, in stored values; `means` goes on from the slab before."""
    if kind is SlabKind.MEAN:
        return (means or SlabMean(info.padding)).of(frames)
    return brightest([*frames.values()], info)


def _padded(frame: Frame, padding: PaddingRange) -> NDArray[np.bool_]:
    found = np.asarray(cv2.inRange(frame, padding.low, padding.high), np.uint8)
    return (found >> 7).view(np.bool_)


def _read_only(frame: Frame) -> Frame:
    frame.flags.writeable = False
    return frame
