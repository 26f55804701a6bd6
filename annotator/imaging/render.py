"""What a viewport shows, without a screen: the visible region resampled, and a table applied to it.

The area mean when the picture is smaller than its pixels, a plain crop at 1:1, whole squares above.
The mean is exact down to an eighth; below, it is taken over a level at least four times finer than the
screen. "Speck-true" blends in the local peak where many image pixels fall on one screen pixel, so that
a speck of one pixel is not averaged away; it fades out towards 1:1, where both are the same.
"""

from __future__ import annotations

import math
from enum import StrEnum
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.imaging.placement import fit
from annotator.imaging.pyramid import Levels, Plane
from annotator.imaging.sampling import (
    Axes,
    PixelRun,
    area_mean,
    axes_of,
    bilinear,
    local_peak,
    nearest,
    view_of,
)
from annotator.model.geometry import Orientation, ViewTransform

__all__ = [
    "PEAK_SHARE",
    "Mode",
    "apply_lut",
    "covered_rect",
    "fit",
    "modes_differ",
    "peak_share",
    "render_moving",
    "render_values",
    "shade",
]

PEAK_SHARE = 0.5
FINER_THAN_SCREEN = 4


class Mode(StrEnum):
    """How many image pixels become one screen pixel."""

    MEAN = "mean"
    SPECK_TRUE = "speck-true"


def modes_differ(view: ViewTransform) -> bool:
    """Whether both modes show something else: only while the picture is smaller than its pixels."""
    return peak_share(view) > 0


def peak_share(view: ViewTransform) -> float:
    """How much of the local peak "speck-true" blends in: a half up to 1:2, nothing from 1:1 on."""
    return _peak_share(min(view.scale, view.scale_down))


def render_values(
    levels: Levels,
    view: ViewTransform,
    width: int,
    height: int,
    mode: Mode = Mode.MEAN,
    *,
    smooth: bool = False,
    outside: int,
) -> NDArray[np.uint16]:
    """The stored values, as indices of a display table, of a viewport of `width` x `height` pixels.

    At exactly 1:1 the result is the frame's own pixels, bit for bit. `smooth` interpolates above 1:1.
    `outside` fills what the image does not cover; padding inside the image keeps a padding value.
    """
    axes = axes_of(view, width, height)
    rows, columns = axes.covered
    covered = None
    if rows.start < rows.stop and columns.start < columns.stop:
        covered = _settled(levels, axes, mode, smooth)
    return _placed(covered, axes, view.orientation, outside)


def render_moving(
    levels: Levels,
    view: ViewTransform,
    width: int,
    height: int,
    mode: Mode = Mode.MEAN,
    *,
    smooth: bool = False,
    outside: int,
) -> tuple[NDArray[np.uint16], ViewTransform]:
    """`render_values` made quickly, for a view that is about to change again, and the view really shown.

    Below 1:1 it is whole pixels of a level on whole screen pixels, interpolated, so it lies up to half
    a screen pixel beside `view`: whatever is drawn on it must use the view returned. The peaks of
    "speck-true" are as complete as those of `render_values`. From 1:1 on both are the same.
    """
    axes = axes_of(view, width, height)
    rows, columns = axes.covered
    if min(axes.scales) >= 1 or rows.start >= rows.stop or columns.start >= columns.stop:
        return render_values(levels, view, width, height, mode, smooth=smooth, outside=outside), view
    level = _level(levels, max(axes.scales))
    down, across = axes.rows.snapped(level), axes.columns.snapped(level)
    shown = Axes(columns=across.axis(axes.columns), rows=down.axis(axes.rows))
    rows, columns = shown.covered
    covered = None
    if rows.start < rows.stop and columns.start < columns.stop:
        covered = _moving(levels, shown, down, across, mode)
    return _placed(covered, shown, view.orientation, outside), view_of(shown, view)


def apply_lut(values: NDArray[np.uint16], lut: NDArray[Any]) -> NDArray[Any]:
    """Grey levels of stored values through a table of 65,536 entries."""
    return np.asarray(cv2.LUT(values, lut))


@lru_cache(maxsize=64)
def covered_rect(view: ViewTransform, width: int, height: int) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the screen pixels the image covers; right and bottom excluded."""
    axes = axes_of(view, width, height)
    turn = view.orientation
    across, down = axes.columns, axes.rows
    if turn.transpose:
        across, down = down, across
    left, right = across.on_screen(turn.flip_columns)
    top, bottom = down.on_screen(turn.flip_rows)
    return left, top, right, bottom


def shade(values: NDArray[np.uint16], lut: NDArray[Any], view: ViewTransform) -> NDArray[Any]:
    """`apply_lut` with everything outside the image black, whatever the table says.

    An inverted table may have no black entry, and the values are kept while tables change.
    """
    height, width = values.shape
    left, top, right, bottom = covered_rect(view, width, height)
    grey = np.zeros(values.shape, lut.dtype)
    if right > left and bottom > top:
        grey[top:bottom, left:right] = apply_lut(values[top:bottom, left:right], lut)
    return grey


def _placed(
    covered: NDArray[np.uint16] | None, axes: Axes, turn: Orientation, outside: int
) -> NDArray[np.uint16]:
    """What covers the screen, turned as it hangs, on a viewport of `outside`."""
    shape = axes.rows.count, axes.columns.count
    if covered is None or covered.shape != shape:
        canvas = np.full(shape, outside, np.uint16)
        if covered is not None:
            canvas[axes.covered] = covered
    else:
        canvas = covered
    if turn.transpose:
        canvas = np.asarray(cv2.transpose(canvas))
    if turn.flip_columns or turn.flip_rows:
        return np.asarray(cv2.flip(canvas, (1 if not turn.flip_rows else 0 if not turn.flip_columns else -1)))
    return np.ascontiguousarray(canvas)


def _settled(levels: Levels, axes: Axes, mode: Mode, smooth: bool) -> NDArray[np.uint16]:
    scales = axes.scales
    enlarged = min(scales) >= 1
    if enlarged and not (smooth and max(scales) > 1):
        return nearest(levels.stored, axes, 0).view(np.uint16)
    level = _level(levels, max(scales))
    if enlarged:
        return levels.to_stored(bilinear(levels, axes), _holes(levels, axes, level))
    finer = _level(levels, max(scales) * FINER_THAN_SCREEN)
    values = area_mean(levels, axes, finer)
    if mode is Mode.MEAN:
        return levels.to_stored(values, _holes(levels, axes, level))
    peak = local_peak(levels, axes, level)
    holes = None if levels.hole is None else peak == levels.hole
    return levels.to_stored(_blended(values, peak, axes), holes)


def _moving(levels: Levels, shown: Axes, down: PixelRun, across: PixelRun, mode: Mode) -> NDArray[np.uint16]:
    rows, columns = slice(down.first, down.stop), slice(across.first, across.stop)
    part = levels.crop(down.level, rows, columns)
    drawn = np.asarray(cv2.resize(part, (across.width, down.width), interpolation=cv2.INTER_LINEAR))
    top, left = (covered.start - run.left for covered, run in zip(shown.covered, (down, across), strict=True))
    height, width = (covered.stop - covered.start for covered in shown.covered)
    values = drawn[top : top + height, left : left + width]
    if mode is Mode.SPECK_TRUE:
        values = _blended(values, local_peak(levels, shown, down.level), shown)
    return levels.holes_to_stored(values)


def _blended(values: Plane, peak: Plane, axes: Axes) -> Plane:
    share = _peak_share(min(axes.scales))
    return np.asarray(cv2.addWeighted(values, 1 - share, peak, share, 0))


def _peak_share(scale: float) -> float:
    return PEAK_SHARE * min(max(1 / scale - 1, 0), 1)


def _holes(levels: Levels, axes: Axes, level: int) -> NDArray[np.bool_] | None:
    """Which covered screen pixels have padding under their centre."""
    if levels.hole is None:
        return None
    plane = levels.mean[level - 1] if level else levels.stored
    return levels.holes(nearest(plane, axes, level), level)


def _level(levels: Levels, scale: float) -> int:
    """The coarsest level whose pixels are not larger than a screen pixel at `scale`."""
    halvings = math.floor(math.log2(1 / scale)) if scale < 1 else 0
    return min(halvings, levels.count - 1)
