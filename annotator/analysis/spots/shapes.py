"""What the outline of a spot says: place, size with its uncertainty, axes, from a mask finer than the pixels.

Lengths here are pixels of the patch; coordinates are continuous, (0, 0) its outer corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.mark_table import Points
from annotator.analysis.noise import FloatImage

Mask = NDArray[np.bool_]
Place = tuple[float, float]

# fitted to synthetic mammograms of 0.065 to 0.1 mm: what smoothing, detector and pixel add to the diameter in
# quadrature, over the deviation of the smoothing; and what a border at a level leaves out besides
_BLUR, _RIM = 1.73, 1.045
SMOOTHED_PX = 0.6
"""Deviation of the smoothing where nothing else is said."""

_OUTLINE_POINTS = 64


@dataclass(frozen=True)
class SpotCells:
    """A spot as cells, `factor` to a pixel; `corner` (column, row) is the outer corner of the first one."""

    mask: Mask
    factor: int
    corner: tuple[int, int]

    @property
    def area(self) -> float:
        """In pixels."""
        return float(self.mask.sum()) / self.factor**2

    @property
    def places(self) -> Points:
        """(column, row) of its cells, in pixels."""
        rows, columns = np.nonzero(self.mask)
        cells = np.stack([columns + 0.5, rows + 0.5], axis=1)
        return np.asarray(cells / self.factor + np.asarray(self.corner), np.float64)


@dataclass(frozen=True)
class SpotShape:
    """Outline and size of a spot; `center` and `outline` are (column, row), `covariance` of its area.

    `peak` is above the background, `steepness` the mean slope per pixel at the outline.
    """

    center: Place
    outline: Points
    diameter: float
    uncertainty: float
    covariance: NDArray[np.float64]
    circularity: float
    peak: float
    steepness: float
    level: float
    axis: Points | None = None
    length: float = 0.0
    width: float = 0.0


def slopes(fine: FloatImage, factor: int) -> FloatImage:
    """Slope per pixel at each cell of an image with `factor` cells to a pixel."""
    across, down = (cv2.Sobel(fine, cv2.CV_32F, *way, scale=factor / 8) for way in ((1, 0), (0, 1)))
    return np.asarray(np.hypot(across, down), np.float32)


def steepness(gradient: FloatImage, mask: Mask) -> float:
    """Mean slope at the border of a mask."""
    filled = mask.astype(np.uint8)
    border = filled - cv2.erode(filled, np.ones((3, 3), np.uint8))
    return float(cv2.mean(gradient, mask=border)[0])


def deblurred(raw: float, smoothed: float) -> float:
    """A diameter without what blur adds to it, at least three tenths of it."""
    return math.sqrt(max(raw**2 - (_BLUR * smoothed) ** 2, (0.3 * raw) ** 2))


def shape_of(
    cut: SpotCells,
    *,
    level: float,
    peak: float,
    steepness: float,
    noise: float,
    diameters: Points,
    smoothed: float = SMOOTHED_PX,
    dome: float = 0.5,
) -> SpotShape:
    """The shape of a mask taken at `level` of a peak.

    `diameters` are those of levels about as good, `smoothed` the deviation (pixels) of the image's smoothing,
    `dome` 1 for a profile (1 - r^2)^0.5, 0 for a flat one.
    """
    places = cut.places
    center = (float(places[:, 0].mean()), float(places[:, 1].mean()))
    covariance = np.cov(places.T, bias=True) + np.eye(2) / (12 * cut.factor**2)
    raw = 2 * math.sqrt(cut.area / math.pi)
    # a dome cut at a level is narrower than its foot, a disc is not
    foot = (1 - level**2) ** (-dome / 2)
    diameter = _RIM * foot * deblurred(raw, smoothed)
    outline = outline_of(cut)
    closed = np.vstack([outline, outline[:1]])
    perimeter = float(np.hypot(*np.diff(closed, axis=0).T).sum())
    # the border's place is as uncertain as noise over slope, averaged over some two pixels of border each
    edge = noise / max(steepness, 1e-9) / math.sqrt(max(math.pi * raw / 2, 1))
    uncertainty = math.sqrt(float(diameters.var()) + (2 * edge) ** 2 + ((foot - 1) * diameter) ** 2 + 0.1**2)
    circularity = min(1.0, 4 * math.pi * cut.area / perimeter**2) if perimeter else 1.0
    return SpotShape(
        center=center,
        outline=outline,
        diameter=diameter,
        uncertainty=min(uncertainty, diameter),
        covariance=covariance,
        circularity=circularity,
        peak=peak,
        steepness=steepness,
        level=level,
    )


def outline_of(cut: SpotCells) -> Points:
    """The border as a closed polygon of the mask's own area, its pixel steps smoothed away."""
    mask, factor, corner = cut.mask, cut.factor, cut.corner
    lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max(lines, key=len)[:, 0, :].astype(np.float64) + 0.5
    half = min(2 if factor > 1 else 1, (len(points) - 1) // 4)
    points = np.mean([np.roll(points, k, axis=0) for k in range(-half, half + 1)], axis=0)
    following = np.roll(points, -1, axis=0)
    area = abs(float((points[:, 0] * following[:, 1] - points[:, 1] * following[:, 0]).sum())) / 2
    # a border runs through pixel centres, half a pixel inside the area it bounds
    growth = math.sqrt(float(mask.sum()) / area) if area > 0 else 1.0
    middle = points.mean(axis=0)
    points = middle + (points - middle) * min(growth, 2.0)
    points = points[:: max(1, math.ceil(len(points) / _OUTLINE_POINTS))]
    return np.asarray(points / factor + np.asarray(corner))
