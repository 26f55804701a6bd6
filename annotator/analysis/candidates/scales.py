"""The ground as filters of several widths see it, in deviations of the tissue around each place."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from annotator.analysis.candidates.ground import COARSE_MM, Ground
from annotator.analysis.noise import FloatImage, spread
from annotator.jobs import CancelToken

SCALES_MM = (0.065, 0.09, 0.13, 0.18, 0.26, 0.38)
"""Widths of the filters: of specks from a tenth of a millimetre to more than one."""
LEAST_SIGMA_PX = 0.6
"""The narrowest filter that pixels can carry."""

_HALVE_FROM_PX = 3.2
GLOBAL_SHARE = 0.35
"""Of the variance that a response is divided by: what the whole breast counts; the rest is that around the place."""
_LOCAL_MM = 2.5
_CLIP = 4.0
_PER_MEAN_SIZE = 1.2533
"""Standard deviation of a normal distribution over the mean of its distances from the middle."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The ground as a filter of one width sees it.

    One pixel of `smooth` and of `response` (deviations above the surroundings) is `step` of the ground's.
    `typical` is the robust deviation of the raw response in the whole breast, `busy` that around each cell of the
    coarse grid.
    """

    sigma_mm: float
    sigma_px: float
    step: int
    smooth: FloatImage
    response: FloatImage
    typical: float
    busy: FloatImage


def make_scales(ground: Ground, token: CancelToken) -> tuple[Scale, ...]:
    """The ground at every width, finest first."""
    inside = (ground.skin_mm > 0).astype(np.float32)
    made: list[Scale] = []
    image, step, done = ground.values, 1, 0.0
    for sigma_mm in SCALES_MM:
        token.checkpoint()
        sigma = max(sigma_mm / ground.pixel_mm, LEAST_SIGMA_PX)
        while sigma / step > _HALVE_FROM_PX and min(image.shape) >= 16:
            rows, columns = image.shape
            even = image[: rows // 2 * 2, : columns // 2 * 2]
            image = np.asarray(
                cv2.resize(even, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA), np.float32
            )
            # averaging in twos blurs by itself, as a box of that width does
            done = math.hypot(done, step * 0.5)
            step *= 2
        more = math.sqrt(max(sigma**2 - done**2, 0.0)) / step
        image = image if more < 0.05 else _blurred(image, more)
        done = sigma
        made.append(_scale(image, sigma_mm, sigma / step, step, inside))
    return tuple(made)


def _blurred(image: FloatImage, sigma: float) -> FloatImage:
    size = 2 * math.ceil(3.5 * sigma) + 1
    return np.asarray(cv2.GaussianBlur(image, (size, size), sigma, borderType=cv2.BORDER_REFLECT), np.float32)


def _scale(smooth: FloatImage, sigma_mm: float, sigma: float, step: int, inside: FloatImage) -> Scale:
    # cv2.Laplacian of aperture 1 is the four neighbours less four times the middle
    bend = cv2.Laplacian(smooth, cv2.CV_32F, ksize=1, scale=-(sigma**2), borderType=cv2.BORDER_REFLECT)
    response = np.asarray(bend, np.float32)
    typical, busy = evened(response, inside)
    calm_edges(response, sigma)
    return Scale(sigma_mm, sigma, step, smooth, response, typical, busy)


def calm_edges(response: FloatImage, sigma: float) -> None:
    """Divide a response, in place, by how much more it deviates at the edges of the image.

    Beyond an edge is its mirror image: noise that meets itself. Of white noise the response at a distance d varies
    1 + (1 - 2t + t^2 / 2) exp(-t) times as much as elsewhere, t = (d / sigma)^2.
    """
    reach = min(math.ceil(sigma), *response.shape)
    t = ((np.arange(reach) + 0.5) / sigma) ** 2
    more = np.sqrt(np.maximum(1 + (1 - 2 * t + t**2 / 2) * np.exp(-t), 1)).astype(np.float32)
    response[:reach] /= more[:, None]
    response[-reach:] /= more[::-1, None]
    response[:, :reach] /= more
    response[:, -reach:] /= more[::-1]


def evened(response: FloatImage, inside: FloatImage) -> tuple[float, FloatImage]:
    """Divide a response, in place, by its deviation in the breast and around each place.

    Returns both deviations, the second on the coarse grid, whose cells within the breast are 1 in `inside`. Busy tissue
    is thereby made harder than fat.
    """
    size = inside.shape[::-1]
    rows, columns = response.shape
    some = response[:: max(1, rows // 700), :: max(1, columns // 700)]
    within = cv2.resize(inside, some.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    typical = max(spread(some[within]) if within.any() else 0.0, 1e-3)
    height = np.minimum(np.abs(response), np.float32(_CLIP * typical))
    mean = cv2.resize(height, size, interpolation=cv2.INTER_AREA) * inside
    width = _LOCAL_MM / COARSE_MM
    near = cv2.GaussianBlur(mean, (0, 0), width) / np.maximum(cv2.GaussianBlur(inside, (0, 0), width), 1e-3)
    busy = np.asarray(_PER_MEAN_SIZE * near, np.float32)
    sd = np.sqrt(GLOBAL_SHARE * typical**2 + (1 - GLOBAL_SHARE) * busy**2).astype(np.float32)
    weight = cv2.resize(1 / sd, (columns, rows), interpolation=cv2.INTER_LINEAR)
    cv2.multiply(response, weight, dst=response)
    return typical, busy
