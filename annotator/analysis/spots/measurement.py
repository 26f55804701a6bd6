"""A shape of a patch as the measurement that is kept: in pixels of the image and in millimetres."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.spots.shapes import SpotShape
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.mark import SpotMeasurement


@dataclass(frozen=True)
class PatchPlace:
    """Where the corner of a patch lies in the image, and how many pixels of the image one of its own is wide."""

    left: int
    top: int
    step: int


def as_measurement(
    shape: SpotShape, place: PatchPlace, noise: float, spacing: PixelSpacing | None
) -> SpotMeasurement:
    """The measurement of a shape; `noise` is the deviation of one pixel of its patch."""
    left, top, step = float(place.left), float(place.top), float(place.step)
    covariance = shape.covariance * step**2
    minor, major, orientation = axes(covariance)
    diameter, uncertainty = shape.diameter * step, shape.uncertainty * step
    diameter_mm = uncertainty_mm = major_mm = minor_mm = None
    if spacing is not None:
        by_mm = np.diag([spacing.column_mm, spacing.row_mm])
        minor_mm, major_mm, _ = axes(by_mm @ covariance @ by_mm)
        diameter_mm, uncertainty_mm = diameter * spacing.mean_mm, uncertainty * spacing.mean_mm
    length_mm = width_mm = None
    axis = (
        ()
        if shape.axis is None
        else tuple(ImagePoint(left + x * step, top + y * step) for x, y in shape.axis.tolist())
    )
    if spacing is not None and axis:
        length_mm, width_mm = shape.length * step * spacing.mean_mm, shape.width * step * spacing.mean_mm
    return SpotMeasurement(
        center=ImagePoint(left + shape.center[0] * step, top + shape.center[1] * step),
        diameter_px=diameter,
        uncertainty_px=uncertainty,
        major_px=major,
        minor_px=minor,
        orientation_deg=orientation,
        circularity=shape.circularity,
        contrast=shape.peak,
        cnr=shape.peak / noise,
        outline=tuple(ImagePoint(left + x * step, top + y * step) for x, y in shape.outline.tolist()),
        diameter_mm=diameter_mm,
        uncertainty_mm=uncertainty_mm,
        major_mm=major_mm,
        minor_mm=minor_mm,
        basis=spacing.basis if spacing is not None else None,
        level=shape.level,
        axis=axis,
        length_px=shape.length * step if axis else None,
        width_px=shape.width * step if axis else None,
        length_mm=length_mm,
        width_mm=width_mm,
    )


def axes(covariance: NDArray[np.float64]) -> tuple[float, float, float]:
    """Minor and major axis of the ellipse with this covariance, and the major one's angle in degrees."""
    sizes, directions = np.linalg.eigh(covariance)
    minor, major = (4 * math.sqrt(max(float(v), 0.0)) for v in sizes)
    # rows count downwards, angles upwards
    angle = math.degrees(math.atan2(-float(directions[1, 1]), float(directions[0, 1]))) % 180.0
    return minor, major, angle if angle < 180.0 else 0.0
