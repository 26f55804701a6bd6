"""What finding spots, candidates and slices have in common: bright side up, and the response of a blob of a size."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.noise import FloatImage
from annotator.model.geometry import PixelSpacing
from annotator.model.image import PaddingRange

ASSUMED_PIXEL_MM, ASSUMED_SLICE_PIXEL_MM = 0.07, 0.1
"""Pixel size of mammograms and of tomosynthesis, taken for the widths of filters alone when an image does not say its own."""
FINEST_PX = 0.8
"""The narrowest filter that pixels can carry, as the deviation of its Gaussian."""


def pixel_mm_of(spacing: PixelSpacing | None) -> float:
    """How wide a pixel is taken to be when filters are made to measure."""
    return ASSUMED_PIXEL_MM if spacing is None else spacing.mean_mm


def bright_up(
    stored: NDArray[Any], padding: PaddingRange | None, *, inverse: bool
) -> tuple[FloatImage, NDArray[np.bool_]]:
    """A piece of an image with what is shown bright above, and which of its pixels are picture.

    Padding is filled with the median of the rest. `inverse`: low values are shown white.
    """
    values = stored.astype(np.float32)
    valid = np.ones(stored.shape, np.bool_)
    if padding is not None:
        valid = (stored < padding.low) | (stored > padding.high)
        values[~valid] = np.median(values[valid]) if valid.any() else 0
    return (-values if inverse else values), valid


def blob_response(image: FloatImage, sigma: float) -> tuple[FloatImage, float]:
    """Minus the Laplacian of Gaussian times `sigma` squared: a blob of that size responds with its height.

    Also the standard deviation of the response to white noise of deviation 1. `sigma` in pixels.
    """
    reach = math.ceil(4 * sigma)
    x = np.arange(-reach, reach + 1, dtype=np.float64)
    gauss = np.exp(-0.5 * (x / sigma) ** 2)
    gauss /= gauss.sum()
    second = (x**2 / sigma**2 - 1) * gauss
    second -= second.mean()
    across = cv2.sepFilter2D(image, cv2.CV_32F, second, gauss, borderType=cv2.BORDER_REFLECT)
    down = cv2.sepFilter2D(image, cv2.CV_32F, gauss, second, borderType=cv2.BORDER_REFLECT)
    white = math.sqrt(2 * ((second @ second) * (gauss @ gauss) + (second @ gauss) ** 2))
    return np.asarray(-(across + down), np.float32), white
