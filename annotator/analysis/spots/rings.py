"""A spot that is a piece of a calcified rim: the whole ring with its middle."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

import cv2
import numpy as np

from annotator.analysis.mark_table import Points
from annotator.analysis.noise import FloatImage
from annotator.analysis.spots.found_spot import FoundSpot
from annotator.analysis.spots.ground import plane_around
from annotator.analysis.spots.linear import Ribbon
from annotator.analysis.spots.shapes import Mask, SpotCells, SpotShape, shape_of, slopes, steepness

RADII_MM = (0.8, 2.0)
"""Rings about so large are looked for, in windows of two and a half radii."""

_LEVELS = (0.34, 0.4, 0.46, 0.52, 0.6)
_HOLE = (0.05, 0.85)
_DIMMER = 0.75
"""The middle of a ring is at most so high as the ring itself."""
_ROUND = 0.7
_FACTOR = 3
_CLOSED_TURN = math.radians(240)
_CLOSED_GAP = 0.35


def ring_of(spot: FoundSpot, pixel_mm: float) -> FoundSpot | None:
    """The closed rim that the spot is a piece of, as one filled shape; None when there is none."""
    patch = spot.patch
    for radius_mm in RADII_MM:
        radius = radius_mm / (pixel_mm * patch.step)
        above = patch.values - plane_around(patch, spot.shape.center, radius)
        outline = partial(_ring, above, spot, radius)
        shape = outline(None)
        if shape is not None:
            return FoundSpot(patch, shape, spot.noise, spot.z, spot.coarsest, outline)
    return None


def _ring(above: FloatImage, spot: FoundSpot, radius: float, level: float | None) -> SpotShape | None:
    reach = math.ceil(2.5 * radius)
    column, row = (int(v) for v in spot.shape.center)
    left, top = max(0, column - reach), max(0, row - reach)
    window = cv2.GaussianBlur(above[top : row + reach + 1, left : column + reach + 1], (0, 0), 0.6)
    fine = np.asarray(
        cv2.resize(window, None, fx=_FACTOR, fy=_FACTOR, interpolation=cv2.INTER_LINEAR), np.float32
    )
    on_spot = np.zeros(fine.shape, np.uint8)
    corners = np.round((spot.shape.outline - (left, top)) * _FACTOR - 0.5).astype(np.int32)
    cv2.fillPoly(on_spot, [corners], 1)
    inside = np.where(on_spot > 0, fine, -np.inf)
    summit = np.unravel_index(int(inside.argmax()), fine.shape)
    peak = float(fine[summit])
    if not math.isfinite(peak) or peak <= 0:
        return None
    for at in _LEVELS if level is None else (level,):
        whole = _closed(fine, fine > at * peak, (int(summit[0]), int(summit[1])), strict=level is None)
        if whole is not None:
            steep = steepness(slopes(fine, _FACTOR), whole)
            cut = SpotCells(whole, _FACTOR, (left, top))
            return shape_of(
                cut, level=at, peak=peak, steepness=steep, noise=spot.noise, diameters=np.zeros(1)
            )
    return None


def _closed(fine: FloatImage, above: Mask, summit: tuple[int, int], *, strict: bool) -> Mask | None:
    """What is joined to the summit with its hole; None when it leaves the window or is no ring."""
    _, labels = cv2.connectedComponents(above.astype(np.uint8), connectivity=4)
    own = labels == labels[summit]
    if not above[summit] or own[0].any() or own[-1].any() or own[:, 0].any() or own[:, -1].any():
        return None
    lines, _ = cv2.findContours(own.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(own.shape, np.uint8)
    cv2.drawContours(filled, lines, -1, 1, cv2.FILLED)
    whole = filled > 0
    hole = whole & ~own
    share = float(hole.sum()) / float(whole.sum())
    if strict:
        if not _HOLE[0] <= share <= _HOLE[1] or fine[hole].mean() > _DIMMER * fine[own].mean():
            return None
        area, around = cv2.contourArea(lines[0]), cv2.arcLength(lines[0], True)
        # a border in pixel steps is some 5 % longer than it looks
        if 4 * math.pi * area < _ROUND * (around / 1.05) ** 2:
            return None
    return whole


def closes(piece: Ribbon) -> bool:
    """Whether a line followed came round to where it began."""
    heading = np.diff(piece.axis[:: max(1, len(piece.axis) // 24)], axis=0)
    turns = [math.atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]) for a, b in pairwise(heading)]
    gap = float(np.hypot(*(piece.axis[0] - piece.axis[-1])))
    return abs(sum(turns)) > _CLOSED_TURN and gap < max(_CLOSED_GAP * piece.length / math.pi, 3 * piece.width)


def ring_shape(piece: Ribbon, noise: float) -> SpotShape:
    """The ring that a line which came round encloses, with its middle."""
    places: Points = piece.axis
    corner = (math.floor(float(places[:, 0].min())) - 6, math.floor(float(places[:, 1].min())) - 6)
    far = np.ceil(places.max(axis=0)).astype(int) + 6 - corner
    mask = np.zeros((int(far[1]) * _FACTOR, int(far[0]) * _FACTOR), np.uint8)
    cells = np.round((places - corner) * _FACTOR - 0.5).astype(np.int32)
    cv2.fillPoly(mask, [cells], 1)
    cv2.polylines(mask, [cells], True, 1, max(1, round(piece.width * _FACTOR)))
    cut = SpotCells(mask > 0, _FACTOR, corner)
    return shape_of(
        cut, level=piece.level, peak=piece.peak, steepness=piece.slope, noise=noise, diameters=np.zeros(1)
    )
