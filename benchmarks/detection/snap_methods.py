"""What a click can be answered with: the program's measurement, and three plain methods."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import watershed_ift

from annotator.analysis.spots.snapping import measure_spot
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.image import PaddingRange

REACH_MM = 0.4
OUTSIDE = PaddingRange(0, 0)
Frame = NDArray[np.uint16]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """An answer: outline (column, row), centre, diameter; an axis where the method takes it for linear.

    `uncertainty_px`, `length_px` and `width_px` where the method tells them.
    """

    outline: Points
    column: float
    row: float
    diameter_px: float
    uncertainty_px: float | None = None
    axis: Points | None = None
    length_px: float | None = None
    width_px: float | None = None


Method = Callable[[Frame, ImagePoint, float], Found | None]


def snap(frame: Frame, at: ImagePoint, pixel_mm: float) -> Found | None:
    """The program's own measurement, as the window calls it."""
    spacing = PixelSpacing(pixel_mm, pixel_mm, SpacingBasis.AT_DETECTOR)
    found = measure_spot(frame, at, spacing=spacing, padding=OUTSIDE).measurement
    if found is None:
        return None
    outline, axis = (np.array([(p.column, p.row) for p in line]) for line in (found.outline, found.axis))
    return Found(
        outline,
        found.center.column,
        found.center.row,
        found.diameter_px,
        found.uncertainty_px,
        axis if len(axis) else None,
        found.length_px,
        found.width_px,
    )


@dataclass(frozen=True)
class _Box:
    """The neighbourhood of a click, smoothed a little: ground, noise after smoothing, the brightest cell near it."""

    values: NDArray[np.float32]
    left: int
    top: int
    ground: float
    noise: float
    peak: tuple[int, int]

    @property
    def height(self) -> float:
        return float(self.values[self.peak]) - self.ground


def _box(frame: Frame, at: ImagePoint, pixel_mm: float, half_mm: float) -> _Box:
    """Ground is the median; steps between neighbours carry twice the noise variance of a pixel."""
    reach = round(half_mm / pixel_mm)
    left, top = max(0, int(at.column) - reach), max(0, int(at.row) - reach)
    patch = frame[top : int(at.row) + reach + 1, left : int(at.column) + reach + 1].astype(np.float32)
    smooth = np.asarray(cv2.blur(patch, (3, 3)), np.float32)
    rows, columns = np.ogrid[: patch.shape[0], : patch.shape[1]]
    near = np.hypot(columns + 0.5 + left - at.column, rows + 0.5 + top - at.row) * pixel_mm <= REACH_MM
    row, column = np.unravel_index(int(np.where(near, smooth, -np.inf).argmax()), patch.shape)
    noise = 1.4826 * float(np.median(np.abs(np.diff(patch, axis=1)))) / math.sqrt(2) / 3
    return _Box(smooth, left, top, float(np.median(patch)), noise, (int(row), int(column)))


def _answer(box: _Box, mask: NDArray[np.bool_]) -> Found | None:
    if not mask.any() or box.height < 4 * box.noise:
        return None
    lines, _ = cv2.findContours(
        np.kron(mask, np.ones((4, 4))).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    corner = np.array([box.left, box.top])
    outline = (max(lines, key=len)[:, 0, :] + 0.5) / 4 + corner
    rows, columns = np.nonzero(mask)
    diameter = 2 * math.sqrt(rows.size / math.pi)
    return Found(outline, columns.mean() + 0.5 + box.left, rows.mean() + 0.5 + box.top, diameter)


def half_height(frame: Frame, at: ImagePoint, pixel_mm: float) -> Found | None:
    """What is joined to the brightest place within reach of the hand above half its height."""
    box = _box(frame, at, pixel_mm, 1.5)
    above = (box.values > box.ground + box.height / 2).astype(np.uint8)
    _, labels = cv2.connectedComponents(above, connectivity=4)
    return _answer(box, (labels == labels[box.peak]) & (above > 0))


def watershed(frame: Frame, at: ImagePoint, pixel_mm: float) -> Found | None:
    """The basin on the gradient of what stands above 0.7 of the height, against what lies below 0.15 of it."""
    box = _box(frame, at, pixel_mm, 1.5)
    across, down = (cv2.Sobel(box.values, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    gradient = np.hypot(across, down)
    relief = (gradient / max(float(gradient.max()), 1e-6) * 255).astype(np.uint8)
    markers = np.zeros(relief.shape, np.int16)
    markers[box.values <= box.ground + 0.15 * box.height] = -1
    markers[0], markers[-1], markers[:, 0], markers[:, -1] = -1, -1, -1, -1
    above = (box.values > box.ground + 0.7 * box.height).astype(np.uint8)
    _, labels = cv2.connectedComponents(above, connectivity=4)
    markers[(labels == labels[box.peak]) & (above > 0)] = 1
    return _answer(box, watershed_ift(relief, markers, np.ones((3, 3))) == 1)


def otsu(frame: Frame, at: ImagePoint, pixel_mm: float) -> Found | None:
    """Otsu's threshold in a box of 1 mm, and what is joined to the brightest place above it."""
    box = _box(frame, at, pixel_mm, 0.5)
    low, high = float(box.values.min()), float(box.values.max())
    grey = ((box.values - low) / max(high - low, 1e-6) * 255).astype(np.uint8)
    _, above = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    _, labels = cv2.connectedComponents(above.astype(np.uint8), connectivity=4)
    return _answer(box, (labels == labels[box.peak]) & (above > 0))


METHODS: dict[str, Method] = {
    "measured": snap,
    "watershed": watershed,
    "half height": half_height,
    "Otsu 1 mm": otsu,
}
