"""What a viewport shows, without a screen: the visible region resampled, and a table applied to it.

The area mean when the picture is smaller than its pixels, a plain crop at 1:1, whole squares above.
The mean is exact down to an eighth; below, it is taken over a level at least four times finer than the
screen. "Speck-true" blends in the local peak where many image pixels fall on one screen pixel, so that
a speck of one pixel is not averaged away; it fades out towards 1:1, where both are the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.imaging.placement import fit
from annotator.imaging.pyramid import Levels, Plane
from annotator.model.geometry import ViewTransform

__all__ = ["Mode", "apply_lut", "covered_rect", "fit", "render_values", "shade"]

PEAK_SHARE = 0.5
FINER_THAN_SCREEN = 4


class Mode(StrEnum):
    """How many image pixels become one screen pixel."""

    MEAN = "mean"
    SPECK_TRUE = "speck-true"


def render_values(
    levels: Levels,
    view: ViewTransform,
    width: int,
    height: int,
    mode: Mode = Mode.MEAN,
    *,
    smooth: bool = False,
    outside: int,
) -> Plane:
    """The stored values, as indices of a display table, of a viewport of `width` x `height` pixels.

    At exactly 1:1 the result is the frame's own pixels, bit for bit. `smooth` interpolates above 1:1.
    `outside` fills what the image does not cover; padding inside the image keeps a padding value.
    """
    axes = _axes(view, width, height)
    canvas = np.full((axes.rows.count, axes.columns.count), outside, np.uint16)
    down, across = axes.rows.covered, axes.columns.covered
    if down and across:
        canvas[down.start : down.stop, across.start : across.stop] = _resample(levels, axes, mode, smooth)
    turned = canvas.T if view.orientation.transpose else canvas
    if view.orientation.flip_columns:
        turned = turned[:, ::-1]
    if view.orientation.flip_rows:
        turned = turned[::-1]
    return np.ascontiguousarray(turned)


def apply_lut(values: Plane, lut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey levels of stored values through a table of 65,536 entries."""
    return np.asarray(cv2.LUT(values, lut))


def covered_rect(view: ViewTransform, width: int, height: int) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the screen pixels the image covers; right and bottom excluded."""
    axes = _axes(view, width, height)
    turn = view.orientation
    across, down = axes.columns, axes.rows
    if turn.transpose:
        across, down = down, across
    left, right = across.on_screen(turn.flip_columns)
    top, bottom = down.on_screen(turn.flip_rows)
    return left, top, right, bottom


def shade(values: Plane, lut: NDArray[np.uint8], view: ViewTransform) -> NDArray[np.uint8]:
    """`apply_lut` with everything outside the image black, whatever the table says.

    An inverted table may have no black entry, and the values are kept while tables change.
    """
    grey = apply_lut(values, lut)
    height, width = grey.shape
    left, top, right, bottom = covered_rect(view, width, height)
    if right <= left or bottom <= top:
        grey[:] = 0
        return grey
    grey[:top] = 0
    grey[bottom:] = 0
    grey[:, :left] = 0
    grey[:, right:] = 0
    return grey


@dataclass(frozen=True)
class _Axis:
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

    def nearest(self, level: int, length: int) -> NDArray[np.intp]:
        """The pixel of a level under the centre of each covered screen pixel."""
        covered = self.covered
        centres = np.arange(covered.start, covered.stop, dtype=np.float64) + 0.5
        under = np.floor((centres - self.start) / self.scale / 2**level).astype(np.intp)
        return np.asarray(np.clip(under, 0, length - 1))


@dataclass(frozen=True)
class _Axes:
    columns: _Axis
    rows: _Axis


def _axes(view: ViewTransform, width: int, height: int) -> _Axes:
    turn = view.orientation
    shown_columns, shown_rows = turn.displayed_size(view.columns, view.rows)
    across = _axis(shown_columns, view.scale, view.left, width, turn.flip_columns)
    down = _axis(shown_rows, view.scale_down, view.top, height, turn.flip_rows)
    return _Axes(columns=down, rows=across) if turn.transpose else _Axes(columns=across, rows=down)


def _axis(size: int, scale: float, start: float, count: int, flipped: bool) -> _Axis:
    return _Axis(size, scale, count - start - size * scale if flipped else start, count)


def _resample(levels: Levels, axes: _Axes, mode: Mode, smooth: bool) -> Plane:
    scales = axes.columns.scale, axes.rows.scale
    enlarged = min(scales) >= 1
    if enlarged and not (smooth and max(scales) > 1):
        return _pick(levels.stored, axes, 0)
    level = _level(levels, max(scales))
    if enlarged:
        values = _interpolate(levels.mean[0], axes)
    else:
        finer = _level(levels, max(scales) * FINER_THAN_SCREEN)
        values = _area_mean(levels.mean[finer], axes, finer)
        share = PEAK_SHARE * min(1 / min(scales) - 1, 1)
        if mode is Mode.SPECK_TRUE:
            peak = _local_peak(levels.peak[level], axes, level, levels.inverse)
            values = np.asarray(cv2.addWeighted(values, 1 - share, peak, share, 0))
    values = levels.to_stored(values)
    if levels.background:
        values[_pick(levels.background[level], axes, level) > 127] = levels.padding_value
    return values


def _level(levels: Levels, scale: float) -> int:
    """The coarsest level whose pixels are not larger than a screen pixel at `scale`."""
    halvings = math.floor(math.log2(1 / scale)) if scale < 1 else 0
    return min(halvings, len(levels.mean) - 1)


def _pick(plane: NDArray[Any], axes: _Axes, level: int) -> NDArray[Any]:
    """Nearest pixels; a slice where they follow each other."""
    rows = axes.rows.nearest(level, plane.shape[0])
    columns = axes.columns.nearest(level, plane.shape[1])
    narrow = plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if narrow.shape == (len(rows), len(columns)):
        return narrow
    picked = np.take(np.take(narrow, columns - columns[0], axis=1), rows - rows[0], axis=0)
    return np.asarray(picked)


def _interpolate(plane: Plane, axes: _Axes) -> Plane:
    """Bilinear between pixel centres, for pictures larger than their pixels."""
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
    return np.asarray(
        cv2.warpAffine(
            plane[top:bottom, left:right],
            to_source,
            (len(across.covered), len(down.covered)),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )


def _area_mean(plane: Plane, axes: _Axes, level: int) -> Plane:
    """The mean over each screen pixel's own area, parts of image pixels weighted by their share."""
    rows, columns = axes.rows.edges(level), axes.columns.edges(level)
    top, bottom = math.floor(rows[0]), math.ceil(rows[-1])
    left, right = math.floor(columns[0]), math.ceil(columns[-1])
    source = plane[top:bottom, left:right].astype(np.float32)
    reduced = _mean_rows(source, rows - top)
    turned = _mean_rows(_turn(reduced), columns - left)
    return _turn((turned + np.float32(0.5)).astype(np.uint16))


def _turn(plane: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(cv2.transpose(plane))


def _mean_rows(source: NDArray[np.float32], edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weighted means of consecutive rows between `edges`."""
    length = source.shape[0]
    taps = min(math.ceil(float(np.diff(edges).max())) + 1, length)
    first = np.minimum(np.floor(edges[:-1]).astype(np.intp), length - taps)
    inside = first[:, None] + np.arange(taps)
    weights = np.minimum(edges[1:, None], inside + 1) - np.maximum(edges[:-1, None], inside)
    weights = np.clip(weights, 0, None)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    means = np.empty((len(first), source.shape[1]), np.float32)
    for row, (start, weight) in enumerate(zip(first.tolist(), weights, strict=True)):
        np.dot(weight, source[start : start + taps], out=means[row])
    return means


def _local_peak(plane: Plane, axes: _Axes, level: int, inverse: bool) -> Plane:
    """The brightest of the level's pixels whose centres fall on each screen pixel: none is left out."""
    reduced = _peak_rows(plane, axes.rows.edges(level), inverse)
    turned = _peak_rows(_turn(reduced), axes.columns.edges(level), inverse)
    return _turn(turned)


def _peak_rows(source: Plane, edges: NDArray[np.float64], inverse: bool) -> Plane:
    length = source.shape[0]
    bounds = np.clip(np.ceil(edges - 0.5).astype(np.intp), 0, length)
    first = np.minimum(bounds[:-1], length - 1)
    last = np.maximum(bounds[1:] - 1, first)
    brightest = np.minimum if inverse else np.maximum
    peaks: Plane = np.take(source, first, axis=0)
    for step in range(1, int((last - first).max()) + 1):
        brightest(peaks, np.take(source, np.minimum(first + step, last), axis=0), out=peaks)
    return peaks
