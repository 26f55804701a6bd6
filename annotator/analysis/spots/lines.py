"""Evidence for a thin bright line near a click: narrow elongated filters in all directions at three widths."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from annotator.analysis.noise import FloatImage, spread
from annotator.analysis.spots.peaks import Click, Patch, averaged

_NOTHING = np.zeros((0, 0), np.float32)
WIDTHS_MM = (0.09, 0.15, 0.3)
"""Standard deviations across; along they are four times as long."""

DIRECTIONS = 16
_LONGER = 4.0
_TYPICAL = 15
"""The deviation of tissue's response is taken at so many by so many places."""


@dataclass(frozen=True)
class LinePiece:
    """A piece of a line in the pixels of a patch: a place on it, its direction (radians), its width.

    `strength` at each of WIDTHS_MM is the response over that of the tissue around.
    """

    column: float
    row: float
    angle: float
    sigma: float
    strength: tuple[float, ...]


def line_near(patch: Patch, click: Click, within: float) -> LinePiece | None:
    """The strongest line at most `within` pixels of the image from the click."""
    place = ((click.at.column - patch.left) / patch.step, (click.at.row - patch.top) / patch.step)
    found = [_at_width(patch, place, within / patch.step, w / click.pixel_mm / patch.step) for w in WIDTHS_MM]
    if any(one is None for one in found):
        return None
    best = max((one for one in found if one is not None), key=lambda one: one[0])
    return LinePiece(*best[1:], strength=tuple(one[0] for one in found if one is not None))


def _at_width(
    patch: Patch, place: tuple[float, float], within: float, sigma: float
) -> tuple[float, float, float, float, float] | None:
    """Strength, column, row, angle and sigma (pixels) of the best response near a place."""
    step = max(1, int(0.75 * sigma))
    values = averaged(patch.stabilised, step)
    kernels, reach = _kernels(round(sigma / step, 2))
    side = 2 * reach + 1
    rows, columns = values.shape
    if rows < side + 2 or columns < side + 2:
        return None
    windows = sliding_window_view(values, (side, side))
    x, y = place[0] / step - 0.5 - reach, place[1] / step - 0.5 - reach
    far = within / step
    near_rows, near_columns = _span(y, far, windows.shape[0]), _span(x, far, windows.shape[1])
    if not near_rows.size or not near_columns.size:
        return None
    near = _responses(
        windows[near_rows[0] : near_rows[-1] + 1, near_columns[0] : near_columns[-1] + 1], kernels
    )
    every = [max(1, math.ceil(size / _TYPICAL)) for size in windows.shape[:2]]
    typical = spread(_responses(windows[:: every[0], :: every[1]], kernels))
    away = np.hypot(near_columns - x, (near_rows - y)[:, None])
    near = np.where(away[..., None] <= max(far, 0.75), near, -np.inf)
    r, c, k = np.unravel_index(int(near.argmax()), near.shape)
    strength = float(near[r, c, k]) / max(typical, 1.0)
    column, row = (near_columns[c] + reach + 0.5) * step, (near_rows[r] + reach + 0.5) * step
    return strength, float(column), float(row), math.pi * float(k) / DIRECTIONS, sigma


def _span(middle: float, far: float, size: int) -> NDArray[np.intp]:
    return np.arange(max(0, math.floor(middle - far)), min(size - 1, math.ceil(middle + far)) + 1)


def _responses(windows: NDArray[np.float32], kernels: FloatImage) -> FloatImage:
    """Response of each kernel at each window, windows of shape (rows, columns, side, side)."""
    rows, columns = windows.shape[:2]
    flat = np.ascontiguousarray(windows.reshape(rows * columns, -1), np.float32)
    # not by numpy: its threads wait for each other longer than this takes when the machine is busy
    return np.asarray(cv2.gemm(flat, kernels, 1.0, _NOTHING, 0.0), np.float32).reshape(rows, columns, -1)


@lru_cache(maxsize=32)
def _kernels(sigma: float) -> tuple[FloatImage, int]:
    """One column for each direction, of unit norm and blind to a constant, and half their side in pixels."""
    reach = math.ceil(2.2 * _LONGER * sigma)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float64)
    kernels = []
    for k in range(DIRECTIONS):
        turn = math.pi * k / DIRECTIONS
        along, across = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
        bar = np.exp(-0.5 * ((along / _LONGER) ** 2 + across**2) / sigma**2) * (1 - (across / sigma) ** 2)
        bar -= bar.mean()
        kernels.append(bar.ravel() / math.sqrt(float((bar**2).sum())))
    return np.ascontiguousarray(np.stack(kernels, axis=1), np.float32), reach
