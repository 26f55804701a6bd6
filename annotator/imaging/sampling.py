"""How rows and columns of a level become those of a screen: means of areas, peaks, nearest pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.imaging.pyramid import Levels, Plane
from annotator.model.geometry import ViewTransform

_BAND_ROWS = 64
"""Screen rows worked on at a time, so that what is read and written stays in the processor's cache."""
_WORTH_TWO = 500_000
"""Screen pixels from which on a second processor gains more than calling it costs."""
_CLOSER_WITHIN = 16
"""Pixels of a level among which `Axis.snapped` looks for one that begins near a whole screen pixel."""


@dataclass(frozen=True)
class Axis:
    """One axis of the stored image on the screen, flips undone: pixel i begins at `start + i * scale`."""

    size: int
    scale: float
    start: float
    count: int

    @property
    def covered(self) -> range:
        """Screen pixels whose centre lies on the image."""
        first = math.ceil(self.start - 0.5)
        stop = math.ceil(self.start + self.size * self.scale - 0.5)
        return range(min(max(first, 0), self.count), min(max(stop, 0), self.count))

    def on_screen(self, flipped: bool) -> tuple[int, int]:
        """First covered screen pixel and the one after the last, flips done."""
        covered = self.covered
        if flipped:
            return self.count - covered.stop, self.count - covered.start
        return covered.start, covered.stop

    def edges(self, level: int) -> NDArray[np.float64]:
        """Where the covered screen pixels begin, and the last ends, in pixels of a level.

        A sliver of the image on less than half a screen pixel goes to its neighbour: nothing is lost.
        """
        covered = self.covered
        screen = np.arange(covered.start, covered.stop + 1, dtype=np.float64)
        edges = np.clip((screen - self.start) / self.scale, 0, self.size)
        if self.start >= 0:
            edges[0] = 0
        if self.start + self.size * self.scale <= self.count:
            edges[-1] = self.size
        return np.asarray(edges / 2**level)

    def bounds(self, level: int) -> NDArray[np.intp]:
        """The pixel of a level each covered screen pixel begins with, and the one after the last.

        A pixel belongs to the screen pixel its centre lies on, so that each belongs to one.
        """
        length = -(-self.size // (1 << level))
        edges = self.edges(level)
        bounds = np.clip(np.ceil(edges - 0.5), 0, length).astype(np.intp)
        if edges[-1] * 2**level >= self.size:
            # the last pixel of a level may lie on the image with less than half of itself
            bounds[-1] = length
        return bounds

    def nearest(self, level: int, length: int) -> NDArray[np.intp]:
        """The pixel of a level under the centre of each covered screen pixel."""
        covered = self.covered
        centres = np.arange(covered.start, covered.stop, dtype=np.float64) + 0.5
        under = np.floor((centres - self.start) / self.scale / 2**level).astype(np.intp)
        return np.asarray(np.clip(under, 0, length - 1))

    def snapped(self, level: int) -> PixelRun:
        """A run of whole pixels of a level on whole screen pixels, which covers the screen as this does.

        Where the image goes on beyond the screen, a run is taken that begins and ends next to whole
        screen pixels already, so that hardly anything is shifted.
        """
        block = 1 << level
        step = self.scale * block
        length = -(-self.size // block)

        def place(pixel: int) -> float:
            return self.start + pixel * step

        first = min(max(math.floor(-self.start / step), 0), length - 1)
        stop = min(max(math.ceil((self.count - self.start) / step), first + 1), length)
        if first > 0:
            among = range(max(first - _CLOSER_WITHIN, 1), first + 1)
            first = min(among, key=lambda pixel: abs(place(pixel) - round(place(pixel))))
        if stop < length:
            among = range(stop, min(stop + _CLOSER_WITHIN, length - 1) + 1)
            stop = min(among, key=lambda pixel: abs(place(pixel) - round(place(pixel))))
        left = round(place(first))
        return PixelRun(first, stop, left, max(round(place(stop)) - left, 1), level)


@dataclass(frozen=True, slots=True)
class PixelRun:
    """Pixels `first` to `stop` of a level on `width` screen pixels from `left` on."""

    first: int
    stop: int
    left: int
    width: int
    level: int

    def axis(self, like: Axis) -> Axis:
        """The axis as it is shown so."""
        scale = self.width / (self.stop - self.first) / (1 << self.level)
        return Axis(like.size, scale, self.left - self.first * (1 << self.level) * scale, like.count)


@dataclass(frozen=True)
class Axes:
    """Both axes of the stored image."""

    columns: Axis
    rows: Axis

    @property
    def scales(self) -> tuple[float, float]:
        """Screen pixels per image pixel along a row and down a column of the stored image."""
        return self.columns.scale, self.rows.scale

    @property
    def covered(self) -> tuple[slice, slice]:
        """Rows and columns of the screen, turns undone, that the image covers."""
        down, across = self.rows.covered, self.columns.covered
        return slice(down.start, down.stop), slice(across.start, across.stop)


def axes_of(view: ViewTransform, width: int, height: int) -> Axes:
    """The axes of a view on a viewport, turns undone."""
    turn = view.orientation
    shown_columns, shown_rows = turn.displayed_size(view.columns, view.rows)
    across = _axis(shown_columns, view.scale, view.left, width, turn.flip_columns)
    down = _axis(shown_rows, view.scale_down, view.top, height, turn.flip_rows)
    return Axes(columns=down, rows=across) if turn.transpose else Axes(columns=across, rows=down)


def _axis(size: int, scale: float, start: float, count: int, flipped: bool) -> Axis:
    return Axis(size, scale, count - start - size * scale if flipped else start, count)


def view_of(axes: Axes, view: ViewTransform) -> ViewTransform:
    """The inverse of `axes_of`: the view, turned as `view`, whose axes are these."""
    turn = view.orientation
    across, down = (axes.rows, axes.columns) if turn.transpose else (axes.columns, axes.rows)
    left, top = _start(across, turn.flip_columns), _start(down, turn.flip_rows)
    scale_rows = None if across.scale == down.scale else down.scale
    return ViewTransform(view.columns, view.rows, across.scale, left, top, turn, scale_rows)


def _start(axis: Axis, flipped: bool) -> float:
    return axis.count - axis.start - axis.size * axis.scale if flipped else axis.start


def nearest(plane: NDArray[Any], axes: Axes, level: int) -> NDArray[Any]:
    """The pixels under the centres of the screen pixels; a slice where they follow each other."""
    rows = axes.rows.nearest(level, plane.shape[0])
    columns = axes.columns.nearest(level, plane.shape[1])
    narrow = plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if narrow.shape == (len(rows), len(columns)):
        return narrow
    picked = np.take(np.take(narrow, columns - columns[0], axis=1), rows - rows[0], axis=0)
    return np.asarray(picked)


def bilinear(levels: Levels, axes: Axes) -> Plane:
    """Straight lines between pixel centres, for pictures larger than their pixels."""
    down, across = axes.rows, axes.columns
    first_row, first_column = down.covered.start, across.covered.start
    to_source = np.array(
        [
            [1 / across.scale, 0, (first_column + 0.5 - across.start) / across.scale - 0.5],
            [0, 1 / down.scale, (first_row + 0.5 - down.start) / down.scale - 0.5],
        ]
    )
    left = max(int(to_source[0, 2]) - 1, 0)
    top = max(int(to_source[1, 2]) - 1, 0)
    right = left + int(len(across.covered) / across.scale) + 4
    bottom = top + int(len(down.covered) / down.scale) + 4
    to_source[0, 2] -= left
    to_source[1, 2] -= top
    source = levels.filled(levels.crop(0, slice(top, bottom), slice(left, right)))
    return np.asarray(
        cv2.warpAffine(
            source,
            to_source,
            (len(across.covered), len(down.covered)),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )


def area_mean(levels: Levels, axes: Axes, level: int) -> Plane:
    """The mean over each screen pixel's own area, parts of image pixels weighted by their share."""
    rows, columns = axes.rows.edges(level), axes.columns.edges(level)
    across = slice(math.floor(columns[0]), math.ceil(columns[-1]))
    reduced = np.empty((len(rows) - 1, across.stop - across.start), np.float32)

    def reduce_rows(band: slice) -> None:
        edges = rows[band.start : band.stop + 1]
        down = slice(math.floor(edges[0]), math.ceil(edges[-1]))
        source = levels.filled(levels.crop(level, down, across)).astype(np.float32)
        _mean_rows(source, edges - down.start, reduced[band])

    turned = np.empty((len(columns) - 1, len(reduced)), levels.stored.dtype)

    def reduce_columns(band: slice) -> None:
        edges = columns[band.start : band.stop + 1]
        part = slice(math.floor(edges[0]) - across.start, math.ceil(edges[-1]) - across.start)
        means = np.empty((len(edges) - 1, len(reduced)), np.float32)
        _mean_rows(_turn(reduced[:, part]), edges - across.start - part.start, means)
        np.rint(means, out=turned[band], casting="unsafe")

    _in_bands(reduce_rows, len(reduced), len(reduced) * len(turned))
    _in_bands(reduce_columns, len(turned), len(reduced) * len(turned))
    return _turn(turned)


def local_peak(levels: Levels, axes: Axes, level: int) -> Plane:
    """The brightest of the level's pixels whose centres fall on each screen pixel: none is left out."""
    rows, columns = axes.rows.bounds(level), axes.columns.bounds(level)
    length = levels.shape(level)
    across = _run(columns, length[1])
    peaks = np.empty((len(rows) - 1, len(columns) - 1), levels.stored.dtype)

    def reduce(band: slice) -> None:
        bounds = rows[band.start : band.stop + 1]
        down = _run(bounds, length[0])
        part = levels.crop(level, down, across, peak=True)
        reduced = _peak_rows(part, bounds - down.start, levels.inverse)
        turned = _peak_rows(_turn(reduced), columns - across.start, levels.inverse)
        cv2.transpose(turned, dst=peaks[band])

    _in_bands(reduce, len(peaks), peaks.size)
    return peaks


def _in_bands(work: Callable[[slice], None], count: int, pixels: int) -> None:
    """Do `work` on `count` rows, a band at a time; on two processors when there is enough of it."""
    bands = [slice(top, min(top + _BAND_ROWS, count)) for top in range(0, count, _BAND_ROWS)]
    half = len(bands) // 2 if pixels >= _WORTH_TWO else 0

    def several(some: list[slice]) -> None:
        for band in some:
            work(band)

    other = _second_processor().submit(several, bands[:half]) if half else None
    several(bands[half:])
    if other is not None:
        other.result()


@lru_cache
def _second_processor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="render")


def _run(bounds: NDArray[np.intp], length: int) -> slice:
    """The pixels between the first and last bound, at least one."""
    first = min(int(bounds[0]), length - 1)
    return slice(first, max(int(bounds[-1]), first + 1))


def _turn(plane: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(cv2.transpose(plane))


def _mean_rows(source: NDArray[np.float32], edges: NDArray[np.float64], means: NDArray[np.float32]) -> None:
    """Weighted means of consecutive rows between `edges`."""
    length = source.shape[0]
    taps = min(math.ceil(float(np.diff(edges).max())) + 1, length)
    first = np.minimum(np.floor(edges[:-1]).astype(np.intp), length - taps)
    inside = first[:, None] + np.arange(taps)
    weights = np.minimum(edges[1:, None], inside + 1) - np.maximum(edges[:-1, None], inside)
    weights = np.clip(weights, 0, None)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    for row, (start, weight) in enumerate(zip(first.tolist(), weights, strict=True)):
        np.dot(weight, source[start : start + taps], out=means[row])


def _peak_rows(source: Plane, bounds: NDArray[np.intp], inverse: bool) -> Plane:
    """The brightest of consecutive rows from each bound to the next; the nearest where there is none."""
    length = source.shape[0]
    first = np.minimum(bounds[:-1], length - 1)
    last = np.maximum(np.minimum(bounds[1:], length) - 1, first)
    brightest = np.minimum if inverse else np.maximum
    peaks: Plane = np.take(source, first, axis=0)
    for step in range(1, int((last - first).max()) + 1):
        brightest(peaks, np.take(source, np.minimum(first + step, last), axis=0), out=peaks)
    return peaks
