"""The shape of a cluster without its strays: its bent middle line, and how it lies as seen from the nipple."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.mark_table import Points
from annotator.model.cluster_facts import Place

Column = NDArray[np.float64]

_FLOOR_MM = 0.15
"""What the place of a speck is uncertain by; keeps the elongation of a few in a row finite."""
_STRAY = 3.0
_BENDS_FROM = 5
_WIDTH_OF = 0.85
_ROUNDS = 12
_AT_NIPPLE_MM = 1.0
_SPREAD = (8, 92)


def without_strays(points: Points, nearest: Column) -> Points:
    """The points whose nearest other lies at most three times as far as usual; all where fewer than 3 would stay."""
    core = points[nearest <= _STRAY * np.median(nearest)]
    return core if len(core) >= 3 else points


def along(points: Points) -> dict[str, Any]:
    """Axis, elongation, and the bent middle line with length along and width beside it."""
    middle = points.mean(axis=0)
    long_axis, elongation, definite = _long_axis(points - middle)
    if not definite:
        return {"elongation": elongation}
    ahead, beside = (points - middle) @ long_axis, (points - middle) @ _across(long_axis)
    bend, away = _middle_line(ahead, beside)
    at = np.linspace(ahead.min(), ahead.max(), 33)
    line = np.stack([at, bend[0] + bend[1] * at + bend[2] * at**2], axis=1)
    length = float(np.hypot(*np.diff(line, axis=0).T).sum())
    near = np.sort(away)[: max(3, math.ceil(_WIDTH_OF * len(away)))]
    width = float(np.sqrt(np.mean(near**2)))
    drawn = middle + line[::4] @ np.stack([long_axis, _across(long_axis)])
    return {
        "elongation": elongation,
        "axis_deg": math.degrees(math.atan2(long_axis[1], long_axis[0])) % 180,
        "length_mm": length,
        "width_mm": width,
        "line_likeness": length / (4 * width + 0.5),
        "middle_line": tuple((float(x), float(y)) for x, y in drawn),
    }


def _middle_line(ahead: Column, beside: Column) -> tuple[Column, Column]:
    """Coefficients (1, x, x2) of the line through the middle, and how far each point lies from it.

    Ducts bend, but three or four marks do not say so. Sums of distances are least, not of squares: a few that lie far
    beside do not draw the line to them.
    """
    degree = 2 if len(ahead) >= _BENDS_FROM else 1
    scale = max(float(np.abs(ahead).max()), 1e-9)
    powers = (ahead[:, None] / scale) ** np.arange(degree + 1)
    found: Column
    weights: Column = np.ones(len(ahead))
    away: Column = np.abs(beside)
    for _ in range(_ROUNDS):
        found = np.asarray(np.linalg.lstsq(powers * weights[:, None], beside * weights, rcond=None)[0])
        away = np.abs(beside - powers @ found)
        weights = 1 / np.sqrt(np.maximum(away, _FLOOR_MM))
    bend = np.zeros(3)
    bend[: degree + 1] = found / scale ** np.arange(degree + 1)
    return bend, away


def _long_axis(centred: Points) -> tuple[NDArray[np.float64], float, bool]:
    """Unit vector along the widest spread, long over short spread, and whether there is a long axis at all."""
    spreads, ways = np.linalg.eigh(centred.T @ centred / len(centred))
    short, long = np.sqrt(np.maximum(spreads, 0) + _FLOOR_MM**2)
    return ways[:, 1], float(long / short), bool(spreads[1] - spreads[0] > 1e-9)


def _across(way: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([-way[1], way[0]])


def from_nipple(points: Points, nipple: Place | None) -> dict[str, Any]:
    """How far from the nipple, how it points at it, and how wide it is as seen from there."""
    if nipple is None:
        return {}
    off = points - np.asarray(nipple, np.float64)
    middle = off.mean(axis=0)
    distance = float(np.hypot(*middle))
    if distance < _AT_NIPPLE_MM:
        return {"nipple_distance_mm": distance}
    toward = middle / distance
    turned = np.degrees(np.arctan2(off @ _across(toward), off @ toward))
    far = np.hypot(off[:, 0], off[:, 1])
    angles, reach = (float(np.ptp(np.percentile(of, _SPREAD))) for of in (turned, far))
    long_axis, _, definite = _long_axis(off - middle)
    aligned = min(1.0, abs(float(long_axis @ toward)))
    return {
        "nipple_distance_mm": distance,
        "axis_to_nipple_deg": math.degrees(math.acos(aligned)) if definite else None,
        "angular_spread_deg": angles,
        "radial_spread_mm": reach,
        "tangential_spread_mm": math.radians(angles) * float(np.median(far)),
        "widening": _widening(off @ toward, off @ _across(toward)),
    }


def _widening(ahead: Column, beside: Column) -> float | None:
    """Slope of the distance from the straight middle line over the distance from the nipple."""
    if len(ahead) < _BENDS_FROM or np.ptp(ahead) < 1.0:
        return None
    away = np.abs(beside - np.polyval(np.polyfit(ahead, beside, 1), ahead))
    return float(np.polyfit(ahead, away, 1)[0])
