"""The front edge of the pectoral muscle on an oblique or side view, as a straight line, from a coarse picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.breast.axes import BreastAxes
from annotator.model.geometry import ImagePoint

SMOOTH_MM, BESIDE_MM = 1.5, 3.5
"""Blur of streaks in the muscle, and how far before and behind the edge grey is looked at."""
AT_TOP_MM, DOWN_MM = (12.0, 110.0), (35.0, 190.0)
"""Where the edge meets the upper border of the image, from the chest wall, and where it meets the chest wall."""
STEPS, PLACES = 48, 40
LEAST_DROP = 0.25
"""Behind the edge it is brighter by so much of the spread of the breast's grey along three quarters of it, or there is none."""


def pectoral_edge(
    coarse: NDArray[Any], tissue: NDArray[np.bool_], block: int, axes: BreastAxes, *, inverse: bool = False
) -> tuple[ImagePoint, ImagePoint] | None:
    """Both ends of the edge in the stored image, the upper one first; None where none is clear.

    `coarse` holds grey values for squares of `block` image pixels, `tissue` which of them are no air.
    """
    turn = axes.orientation
    grey, there = (_as_it_hangs(one, axes) for one in (coarse.astype(np.float32), tissue.astype(np.float32)))
    if inverse:
        grey = -grey
    inside = grey[there > 0]
    if inside.size < 400:
        return None
    across_mm, down_mm = axes.across_mm * block, axes.down_mm * block
    blurred = cv2.GaussianBlur(grey, (0, 0), SMOOTH_MM / across_mm, sigmaY=SMOOTH_MM / down_mm)
    smooth = np.asarray(blurred, np.float32)
    width, height = grey.shape[1] * across_mm, grey.shape[0] * down_mm
    at_top, down = _tries(AT_TOP_MM, width), _tries(DOWN_MM, 0.95 * height)
    if not len(at_top) or not len(down):
        return None
    drops = _drops(smooth, there, at_top, down, (across_mm, down_mm))
    best = np.unravel_index(int(np.argmax(drops)), drops.shape)
    spread = float(np.subtract(*np.percentile(inside, (84, 16))))
    if spread <= 0 or drops[best] < LEAST_DROP * spread:
        return None
    ends = (float(at_top[best[0]]), 0.0), (0.0, float(down[best[1]]))
    columns, _ = turn.displayed_size(axes.columns, axes.rows)
    points = []
    for from_wall, from_top in ends:
        column = from_wall / axes.across_mm
        shown = ImagePoint(columns - column if axes.away < 0 else column, from_top / axes.down_mm)
        points.append(turn.to_stored(shown, axes.columns, axes.rows))
    return points[0], points[1]


def pectoral_region(
    coarse: NDArray[Any], tissue: NDArray[np.bool_], block: int, axes: BreastAxes, *, inverse: bool = False
) -> tuple[ImagePoint, ...]:
    """The outline of the muscle in the stored image: behind its edge, to the corner; empty where no edge is clear."""
    edge = pectoral_edge(coarse, tissue, block, axes, inverse=inverse)
    if edge is None:
        return ()
    columns, _ = axes.orientation.displayed_size(axes.columns, axes.rows)
    corner = ImagePoint(float(columns) if axes.away < 0 else 0.0, 0.0)
    return (*edge, axes.orientation.to_stored(corner, axes.columns, axes.rows))


def _as_it_hangs(coarse: NDArray[np.float32], axes: BreastAxes) -> NDArray[np.float32]:
    """Turned as the image hangs, with the chest wall at the left."""
    turn = axes.orientation
    shown = coarse.T if turn.transpose else coarse
    shown = shown[:, ::-1] if turn.flip_columns != (axes.away < 0) else shown
    return np.ascontiguousarray(shown[::-1] if turn.flip_rows else shown)


def _tries(between: tuple[float, float], most: float) -> NDArray[np.float64]:
    low, high = between[0], min(between[1], most)
    return np.linspace(low, high, STEPS) if high > low else np.zeros(0)


def _drops(
    smooth: NDArray[np.float32],
    there: NDArray[np.float32],
    at_top: NDArray[np.float64],
    down: NDArray[np.float64],
    cell_mm: tuple[float, float],
) -> NDArray[np.float64]:
    """How much darker it is before each line than behind it, along three quarters of it at least."""
    a, b = (one.ravel()[:, None] for one in np.meshgrid(at_top, down, indexing="ij"))
    along = (np.arange(PLACES) + 0.5)[None, :] / PLACES
    x, y = a * (1 - along), b * along
    length = np.hypot(a, b)
    normal = b / length * BESIDE_MM, a / length * BESIDE_MM
    behind = _at(smooth, x - normal[0], y - normal[1], cell_mm)
    before = _at(smooth, x + normal[0], y + normal[1], cell_mm)
    air = _at(there, x + normal[0], y + normal[1], cell_mm) < 0.5
    drop = np.where(air, -np.inf, behind - before)
    return np.asarray(np.partition(drop, PLACES // 4, axis=1)[:, PLACES // 4]).reshape(len(at_top), len(down))


def _at(
    picture: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64], cell_mm: tuple[float, float]
) -> NDArray[np.float32]:
    columns, rows = ((of / step - 0.5).astype(np.float32) for of, step in zip((x, y), cell_mm, strict=True))
    return np.asarray(cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
