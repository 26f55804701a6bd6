"""The axis of linear pieces that the reader joins to one or cuts in two: it follows from the axes they had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from annotator.analysis.mark_table import Points, as_array
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.mark import SpotMeasurement

_STEP_PX = 0.5
"""How finely an axis is looked at where it is cut."""
_LEAST_PX = 2.0
"""What is left of an axis and shorter than this makes no linear piece."""


def with_joined_axis(
    joined: SpotMeasurement, spots: Sequence[SpotMeasurement], spacing: PixelSpacing | None
) -> SpotMeasurement:
    """Linear pieces joined are a linear piece: their axes one after the other, gaps between them included.

    `joined` as it is where any of `spots` is no linear piece.
    """
    axes = [as_array(spot.axis) for spot in spots if len(spot.axis) > 1 and spot.is_linear]
    if len(axes) < len(spots):
        return joined
    chain = _chained(axes)
    beyond = sum((spot.length_px or 0.0) - _length(axis) for spot, axis in zip(spots, axes, strict=True))
    lengths = [spot.length_px or 0.0 for spot in spots]
    width = float(np.average([spot.width_px or 0.0 for spot in spots], weights=lengths))
    return _along(joined, chain, max(_length(chain) + beyond / len(spots), _LEAST_PX), width, spacing)


def with_cut_axes(
    parts: Sequence[SpotMeasurement], whole: SpotMeasurement, spacing: PixelSpacing | None
) -> tuple[SpotMeasurement, ...]:
    """Parts of a linear piece are such too, each along what lies nearest to it of the axis.

    A part with hardly any of it stays as it is, and so do all of a spot that is no linear piece.
    """
    if not whole.is_linear or len(whole.axis) < 2 or not parts:
        return tuple(parts)
    axis = _fine(as_array(whole.axis))
    stretched = (whole.length_px or 0.0) / max(_length(axis), 1e-9)
    nearest = np.array([_depths(part, axis) for part in parts]).argmax(axis=0)
    cut = []
    for number, part in enumerate(parts):
        mine = axis[nearest == number]
        length = _length(mine)
        kept = length >= _LEAST_PX
        cut.append(_along(part, mine, length * stretched, whole.width_px or 0.0, spacing) if kept else part)
    return tuple(cut)


def _depths(part: SpotMeasurement, places: Points) -> list[float]:
    """How deep in its outline places lie; below 0 how far outside."""
    outline = as_array(part.outline).astype(np.float32).reshape(-1, 1, 2)
    return [cv2.pointPolygonTest(outline, place, measureDist=True) for place in places.tolist()]


def _along(
    spot: SpotMeasurement, axis: Points, length: float, width: float, spacing: PixelSpacing | None
) -> SpotMeasurement:
    """A spot as a linear piece; its centre lies on the axis, half-way."""
    mm = None if spacing is None else spacing.mean_mm
    return replace(
        spot,
        center=ImagePoint(*_half_way(axis).tolist()),
        axis=tuple(ImagePoint(*place) for place in axis.tolist()),
        length_px=length,
        width_px=width,
        length_mm=None if mm is None else length * mm,
        width_mm=None if mm is None else width * mm,
    )


def _chained(axes: list[Points]) -> Points:
    """All axes as one line: from the longest on, always the nearest end to either end of the line."""
    left = sorted(axes, key=_length)
    chain = left.pop()
    while left:
        ways = [
            (float(np.hypot(*(mine - theirs))), at, first, turned)
            for at, axis in enumerate(left)
            for first, mine in ((True, chain[0]), (False, chain[-1]))
            for turned, theirs in ((False, axis[-1 if first else 0]), (True, axis[0 if first else -1]))
        ]
        _, at, first, turned = min(ways)
        axis = left.pop(at)[:: -1 if turned else 1]
        chain = np.concatenate([axis, chain] if first else [chain, axis])
    return chain


def _steps(axis: Points) -> Points:
    """Distance from each place of a line to the next."""
    away = np.diff(axis, axis=0)
    return np.asarray(np.hypot(away[:, 0], away[:, 1]))


def _length(axis: Points) -> float:
    return float(_steps(axis).sum()) if len(axis) > 1 else 0.0


def _fine(axis: Points) -> Points:
    """The same line with a place every half pixel."""
    along = np.concatenate([[0.0], np.cumsum(_steps(axis))])
    wanted = np.linspace(0.0, along[-1], max(2, int(along[-1] / _STEP_PX) + 1))
    return np.stack([np.interp(wanted, along, axis[:, 0]), np.interp(wanted, along, axis[:, 1])], axis=1)


def _half_way(axis: Points) -> Points:
    along = np.concatenate([[0.0], np.cumsum(_steps(axis))])
    return np.array(
        [np.interp(along[-1] / 2, along, axis[:, 0]), np.interp(along[-1] / 2, along, axis[:, 1])]
    )
