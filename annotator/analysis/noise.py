"""The noise of a patch of an image, from the patch itself."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FloatImage = NDArray[np.float32]

_PER_MEDIAN = 1.4826
"""Standard deviation of a normal distribution over the median of its distances from the middle."""
_BINS = 10
QUIETEST = 0.25
"""Grey levels: no noise is taken to be smaller, whole numbers alone make 0.29."""


def middle(values: NDArray[Any]) -> float:
    """The median, of numbers that are known to be numbers: a third of the time of numpy's own."""
    flat = values.ravel()
    low, high = (flat.size - 1) // 2, flat.size // 2
    parted = np.partition(flat, (low, high) if high != low else high)
    return (float(parted[low]) + float(parted[high])) / 2


def spread(values: NDArray[np.floating]) -> float:
    """Standard deviation of values around 0, from the median of their sizes: a few outliers do not count."""
    return _PER_MEDIAN * middle(np.abs(values))


@dataclass(frozen=True)
class NoiseCurve:
    """Standard deviation of the noise at each grey value, as nodes of a broken line, values rising."""

    values: NDArray[np.float64]
    deviations: NDArray[np.float64]

    def at(self, value: float) -> float:
        """Standard deviation of the noise of a pixel of this value."""
        return float(np.interp(value, self.values, self.deviations))

    def stabilised(self, patch: FloatImage) -> FloatImage:
        """The patch in units of its noise, which is then 1 everywhere."""
        return np.asarray(np.interp(patch, *self.units(float(patch.min()), float(patch.max()))), np.float32)

    def units(self, low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The monotone curve after which the noise is 1 everywhere (Bria 2018), as grey values and what they become.

        It takes in `low` to `high`: beyond its nodes, where only spots live, it goes on as it ended.
        """
        nodes, sd = self.values, self.deviations
        climbed = np.concatenate([[0.0], np.cumsum(np.diff(nodes) * 2 / (sd[1:] + sd[:-1]))])
        low, high = min(low, float(nodes[0])) - 1, max(high, float(nodes[-1])) + 1
        before, after = (low - nodes[0]) / sd[0], climbed[-1] + (high - nodes[-1]) / sd[-1]
        return np.concatenate([[low], nodes, [high]]), np.concatenate([[before], climbed, [after]])


def noise_curve(patch: FloatImage, valid: NDArray[np.bool_]) -> NoiseCurve:
    """Noise against grey value, from residuals that are blind to planes and straight edges.

    The residual is the patch under [1 -2 1] crossed with itself, over 6, whose deviation is that of
    white noise; its median size in bins of equal population by local mean.
    """
    kernel = np.array([1, -2, 1], np.float32)
    residual = np.abs(cv2.sepFilter2D(patch, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REFLECT)) / 6
    mean = cv2.blur(patch, (5, 5), borderType=cv2.BORDER_REFLECT)
    means, sizes = (mean[valid], residual[valid]) if valid.any() else (mean.ravel(), residual.ravel())
    order = np.argsort(means)
    means, sizes = means[order], sizes[order]
    edges = np.linspace(0, means.size, _BINS + 1).astype(int).tolist()
    parts = [slice(a, b) for a, b in itertools.pairwise(edges) if b > a]
    nodes = [float(means[(part.start + part.stop - 1) // 2]) for part in parts]
    deviations = [spread(sizes[part]) for part in parts]
    sd = np.convolve(np.pad(deviations, 1, mode="edge"), np.full(3, 1 / 3), mode="valid")
    # air of one value beside the breast has no noise of its own
    sd = np.maximum(sd, max(QUIETEST, 0.35 * float(sd.max())))
    values, first = np.unique(np.asarray(nodes), return_index=True)
    return NoiseCurve(values, sd[first])


def without_dead_pixels(stabilised: FloatImage, patch: FloatImage) -> tuple[FloatImage, FloatImage]:
    """Both pictures with single hot or cold pixels replaced by the median of their neighbours.

    Dead is what stands out by 6 noise units while its neighbours carry too little of it: optics spread
    even a point over its neighbours.
    """
    near = cv2.medianBlur(stabilised, 3)
    excess = stabilised - cv2.medianBlur(stabilised, 5)
    height = np.abs(excess)
    sign = np.sign(excess)
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
    around = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.float32) / 8
    four = cv2.filter2D(excess, cv2.CV_32F, cross, borderType=cv2.BORDER_REFLECT) * sign
    eight = cv2.filter2D(excess, cv2.CV_32F, around, borderType=cv2.BORDER_REFLECT) * sign
    dead = (np.abs(stabilised - near) > 6) & (four < 0.22 * height) & (eight < 0.28 * height)
    if not dead.any():
        return stabilised, patch
    return np.where(dead, near, stabilised), np.where(dead, cv2.medianBlur(patch, 3), patch)
