"""Where the breast is and where air, roughly: good enough to keep text off tissue and to find its chest wall."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.hanging import doubt_of_pixels, orientation_for
from annotator.imaging.placement import Region
from annotator.imaging.pyramid import Levels
from annotator.model.geometry import Orientation, ViewTransform
from annotator.model.image import ImageInfo, Wall

CLEARLY_MORE = 0.1
SURELY_TISSUE = 0.3
SURELY_AIR = 0.02
"""Shares of an edge: all of 14 whole views looked at have more than the one and less than the other, no cut-out has."""
AROUND, STEPS = 0.04, 24
"""Kept around the breast, and the steps its extent grows by, as shares and parts of the image's sides.

In steps, so that a synthetic view, a duplicate or another slice stands as the one before it.
"""
_OPPOSITE: dict[Wall, Wall] = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


def tissue_mask(levels: Levels) -> NDArray[np.bool_]:
    """True where the coarsest level shows tissue; the whole of a frame without a peak of air."""
    plane = levels.coarsest()
    holes = levels.holes(plane, levels.count - 1)
    coarse = levels.filled(plane).astype(np.float32)
    low, high = float(coarse.min()), float(coarse.max())
    if low == high:
        return np.zeros(coarse.shape, np.bool_)
    grey = ((coarse - low) * (255 / (high - low))).astype(np.uint8)
    if levels.inverse:
        grey = 255 - grey
    # the triangle method suits one tall peak, air, at the dark end
    _, tissue = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_TRIANGLE)
    if holes is not None:
        tissue[holes] = 0
    return np.asarray(tissue > 0)


def breast_region(tissue: NDArray[np.bool_], columns: int, rows: int) -> Region:
    """The part of a stored image that holds everything that may be breast, and a little around it.

    `tissue` is its mask at a coarse level. A marker of lead counts too; without tissue it is all of the image.
    """
    if not tissue.any():
        return 0.0, 0.0, float(columns), float(rows)
    left, right = _extent(tissue, 0)
    top, bottom = _extent(tissue, 1)
    return left * columns, top * rows, (right - left) * columns, (bottom - top) * rows


def sees_tissue(tissue: NDArray[np.bool_], block: int, view: ViewTransform, size: tuple[int, int]) -> bool:
    """Whether some of the breast is in a pane of `size`; `tissue` has a cell for `block` pixels each way."""
    one, other = view.to_image(0, 0), view.to_image(*size)
    left, right = sorted((int(one.column) // block, int(other.column) // block))
    top, bottom = sorted((int(one.row) // block, int(other.row) // block))
    return bool(tissue[max(top, 0) : max(bottom + 1, 0), max(left, 0) : max(right + 1, 0)].any())


def _extent(tissue: NDArray[np.bool_], across: int) -> tuple[float, float]:
    """From where to where, as shares of its length, an axis of a mask has something `across`, in whole steps."""
    length = tissue.shape[1 - across]
    at = np.flatnonzero(tissue.any(axis=across))
    begin, end = at[0] / length - AROUND, (at[-1] + 1) / length + AROUND
    return max(math.floor(begin * STEPS) / STEPS, 0.0), min(math.ceil(end * STEPS) / STEPS, 1.0)


def hung(info: ImageInfo, levels: Levels) -> tuple[Orientation, str]:
    """How an image is turned and why; its pixels decide where the header is silent.

    See docs/domain.md, turning and hanging.
    """
    shares = _tissue_at_edges(levels)
    wall = _chest_wall(shares)
    orientation, reason = orientation_for(info, wall, _axilla(shares, wall))
    if wall is not None and shares[wall] > SURELY_TISSUE and shares[_OPPOSITE[wall]] < SURELY_AIR:
        reason += doubt_of_pixels(info, orientation, wall)
    return orientation, reason


def with_chest_wall(info: ImageInfo, levels: Levels) -> ImageInfo:
    """The image with the edge at which its pixels show the chest wall, where its header does not tell the side."""
    return info if info.laterality is not None else replace(info, chest_wall=chest_wall_edge(levels))


def chest_wall_edge(levels: Levels) -> Wall | None:
    """The edge of the stored image the breast lies against; None when opposite edges are much alike.

    Top or bottom only where that is clearer than left or right: the muscle of a side view fills much of the
    upper edge too.
    """
    return _chest_wall(_tissue_at_edges(levels))


def _tissue_at_edges(levels: Levels) -> dict[Wall, float]:
    """Which share of each edge of the stored image is tissue."""
    tissue = tissue_mask(levels)
    rows, columns = (max(length // 16, 1) for length in tissue.shape)
    return {
        "left": float(tissue[:, :columns].mean()),
        "right": float(tissue[:, -columns:].mean()),
        "top": float(tissue[:rows].mean()),
        "bottom": float(tissue[-rows:].mean()),
    }


def _chest_wall(shares: dict[Wall, float]) -> Wall | None:
    across, down = abs(shares["left"] - shares["right"]), abs(shares["top"] - shares["bottom"])
    if down > across + CLEARLY_MORE:
        return _clearer(shares, "top", "bottom")
    return _clearer(shares, "left", "right")


def _axilla(shares: dict[Wall, float], wall: Wall | None) -> Wall | None:
    """The edge beside the chest wall that the muscle of an MLO reaches; the fold below the breast leaves air."""
    if wall is None:
        return None
    return (
        _clearer(shares, "top", "bottom") if wall in ("left", "right") else _clearer(shares, "left", "right")
    )


def _clearer(shares: dict[Wall, float], a: Wall, b: Wall) -> Wall | None:
    if abs(shares[a] - shares[b]) < CLEARLY_MORE:
        return None
    return a if shares[a] > shares[b] else b
