"""Bright pieces of line: what is faint in each of its points and plain along its length."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.ground import Ground
from annotator.analysis.candidates.scales import Scale, calm_edges, evened
from annotator.analysis.noise import FloatImage
from annotator.jobs import CancelToken

DIRECTIONS = 8
WIDTH_SCALE = 2
"""The scale (of SCALES_MM) that lines are as wide as: of a quarter of a millimetre."""

_PIXEL_MM = 0.15
_ALONG_MM = 0.2
_WEIGHTS = (0.6, 0.85, 1.0, 1.0, 1.0, 0.85, 0.6)
"""Of places `_ALONG_MM` apart along a piece."""


@dataclass(frozen=True, slots=True)
class Lines:
    """How strongly a piece of line goes through each place, in deviations, and which way.

    One pixel is `step` of the ground's; `direction` times 180 / DIRECTIONS is the angle in degrees from along a row
    towards down a column.
    """

    step: int
    response: FloatImage
    direction: NDArray[np.uint8]
    typical: float
    busy: FloatImage


def make_lines(ground: Ground, scales: tuple[Scale, ...], token: CancelToken) -> Lines:
    """Mean bend across each of eight directions along a millimetre; the direction of the highest."""
    scale = scales[WIDTH_SCALE]
    pixel = ground.pixel_mm * scale.step
    shrink = max(1, math.floor(_PIXEL_MM / pixel))
    smooth = scale.smooth
    if shrink > 1 and min(smooth.shape) >= 8 * shrink:
        rows, columns = (length // shrink for length in smooth.shape)
        whole = smooth[: rows * shrink, : columns * shrink]
        smooth = np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
    else:
        shrink = 1
    pixel *= shrink
    bends = _bends(smooth)
    best = np.full(smooth.shape, -1e9, np.float32)
    direction = np.zeros(smooth.shape, np.uint8)
    for number in range(DIRECTIONS):
        token.checkpoint()
        along = _along(bends, math.pi * number / DIRECTIONS, _ALONG_MM / pixel)
        better = along > best
        np.copyto(best, along, where=better)
        direction[better] = number
    # the highest of several directions is above nought everywhere
    best -= np.float32(np.median(best[::4, ::4]))
    typical, busy = evened(best, (ground.skin_mm > 0).astype(np.float32))
    calm_edges(best, scale.sigma_px / shrink)
    return Lines(scale.step * shrink, best, direction, typical, busy)


def _bends(smooth: FloatImage) -> tuple[FloatImage, FloatImage, FloatImage]:
    """Second derivatives across, down and both."""

    def filtered(*kernel: tuple[float, ...]) -> FloatImage:
        made = cv2.filter2D(smooth, cv2.CV_32F, np.array(kernel, np.float32), borderType=cv2.BORDER_REFLECT)
        return np.asarray(made, np.float32)

    both = filtered((0.25, 0, -0.25), (0, 0, 0), (-0.25, 0, 0.25))
    return filtered((1, -2, 1)), filtered((1,), (-2,), (1,)), both


def _along(bends: tuple[FloatImage, FloatImage, FloatImage], angle: float, spaced: float) -> FloatImage:
    """Minus the second derivative across a line of this angle, averaged along it."""
    across, down, both = bends
    cos, sin = math.cos(angle), math.sin(angle)
    bend = cv2.addWeighted(across, -sin * sin, down, -cos * cos, 0.0)
    cv2.scaleAdd(both, 2 * sin * cos, bend, dst=bend)
    reach = len(_WEIGHTS) // 2
    edge = math.ceil(reach * spaced) + 1
    rows, columns = bend.shape
    padded = cv2.copyMakeBorder(bend, edge, edge, edge, edge, cv2.BORDER_REFLECT)
    total = np.zeros_like(bend)
    for k, weight in enumerate(_WEIGHTS):
        i = edge + round((k - reach) * spaced * sin)
        j = edge + round((k - reach) * spaced * cos)
        cv2.scaleAdd(padded[i : i + rows, j : j + columns], weight / sum(_WEIGHTS), total, dst=total)
    return np.asarray(total, np.float32)
