"""Snap a click to the bright spot beside it and measure that spot, on stored values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.contours import Shape, spot_shape
from annotator.analysis.noise import FloatImage, spread
from annotator.analysis.peaks import CLOSE, LIMIT_REACHES, WIDE, Click, Look, Patch, Peak, cut, peak_near
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.image import PaddingRange
from annotator.model.mark import MarkKind, SpotMeasurement

ASSUMED_PIXEL_MM = 0.07
"""Pixel size taken for the scales alone when an image does not say its own."""

REACH_MM = 0.15
"""How sharply distance from the click counts: one standard deviation, from the spot's edge."""

# lumps of tissue are everywhere at the sizes of large calcifications, but their edges are soft: asked is
# height without doubt, or height in noise, slope of the edge in noise per pixel, and in peaks per diameter
_LARGE_SURE_Z, _LARGE_CNR, _LARGE_SLOPE, _LARGE_SHARPNESS = 6.0, 22.0, 6.0, 2.8

# nor is a speck from this size (mm) on credible when its edge climbs less than so much noise in 0.07 mm
_SOFT_FROM_MM, _SOFT_SLOPE = 0.6, 1.3

# a large spot this far above its surroundings and above a speck on it is what was meant
_LARGE_Z, _LARGE_CONTRAST = 12.0, 1.2


@dataclass(frozen=True)
class SpotResult:
    """The answer to one click: a measurement and a proposed word, or the reason why there is none.

    `proposal` is None when the size is not known in millimetres, and between the two cut-offs, where
    published ones disagree (docs/domain.md, size words).
    """

    found: bool
    reason: str | None
    measurement: SpotMeasurement | None
    proposal: MarkKind | None


@dataclass(frozen=True)
class _Spot:
    """A shape in pixels of its patch, with the noise of one such pixel."""

    patch: Patch
    peak: Peak
    shape: Shape
    noise: float


def measure_spot(
    frame: NDArray[Any],
    at: ImagePoint,
    *,
    spacing: PixelSpacing | None,
    inverse: bool = False,
    padding: PaddingRange | None = None,
    reach_px: float | None = None,
    micro_below_mm: float = 0.5,
    macro_above_mm: float = 1.0,
) -> SpotResult:
    """Measure the bright spot nearest to a click.

    `frame` holds stored values, shape (rows, columns); `inverse` means that low values are shown white
    (MONOCHROME1). `reach_px` is how far beside a spot's edge a click still counts, as one standard
    deviation (default 0.15 mm); three times that is the limit. Without `spacing` only pixels are given.
    """
    rows, columns = frame.shape
    if not (0 <= at.column < columns and 0 <= at.row < rows):
        return _refused("the point lies outside the image")
    if padding is not None and padding.low <= frame[int(at.row), int(at.column)] <= padding.high:
        return _refused("no spot here: this is the background outside the breast")
    pixel_mm = spacing.mean_mm if spacing is not None else ASSUMED_PIXEL_MM
    reach = min(REACH_MM / pixel_mm if reach_px is None else max(reach_px, 0.5), 1.0 / pixel_mm)
    spot = _spot_at(Click(frame, at, pixel_mm, reach, inverse, padding))
    if spot is None:
        limit = LIMIT_REACHES * reach
        within = f"{limit * pixel_mm:.1f} mm" if spacing is not None else f"{limit:.0f} pixels"
        return _refused(f"no spot here: nothing rises above the noise within {within}")
    measurement = _measurement(spot, spacing)
    return SpotResult(True, None, measurement, _proposal(measurement, micro_below_mm, macro_above_mm))


def _refused(reason: str) -> SpotResult:
    return SpotResult(False, reason, None, None)


def _spot_at(click: Click) -> _Spot | None:
    """The speck beside the click, or the large spot under it when that is what stands out there."""
    speck = _seen(click, CLOSE)
    if speck is not None and _soft(speck, click.pixel_mm):
        speck = None
    large = _seen(click, WIDE)
    if large is not None and not _hard(large):
        large = None
    if speck is None or large is None:
        return speck or large
    towers = large.peak.z > _LARGE_Z and large.shape.peak > _LARGE_CONTRAST * speck.shape.peak
    return large if speck.peak.coarsest or towers else speck


def _soft(speck: _Spot, pixel_mm: float) -> bool:
    """Whether a speck is broad and its edge drowns in the noise, as ripples of tissue do."""
    slope = speck.shape.steepness / speck.noise * ASSUMED_PIXEL_MM / pixel_mm
    return speck.shape.diameter * pixel_mm >= _SOFT_FROM_MM and slope < _SOFT_SLOPE


def _hard(large: _Spot) -> bool:
    """Whether a large spot has the height or the edges of something hard."""
    shape, noise = large.shape, large.noise
    sharpness = shape.steepness * shape.diameter / shape.peak
    edged = shape.steepness / noise >= _LARGE_SLOPE and sharpness >= _LARGE_SHARPNESS
    return large.peak.z >= _LARGE_SURE_Z or (shape.peak / noise >= _LARGE_CNR and edged)


def _seen(click: Click, look: Look) -> _Spot | None:
    """The spot that one look finds.

    Its outline is taken twice: place and size of the ring for the background are first guessed from
    the peak, then known from the spot found.
    """
    patch = cut(click, look)
    peak = peak_near(patch, click, look)
    if peak is None:
        return None
    spot = None
    place, radius = (peak.column, peak.row), max(math.sqrt(2) * peak.sigma, 1.0)
    clicked = ((click.at.column - patch.left) / patch.step, (click.at.row - patch.top) / patch.step)
    for _ in range(2):
        background = _background(patch, place, radius)
        noise = patch.noise.at(float(background[int(place[1]), int(place[0])]))
        above = patch.values - background
        shape = spot_shape(above, place, clicked, scale=peak.sigma, radius=radius, noise=noise)
        if shape is None:
            break
        spot = _Spot(patch, peak, shape, noise)
        place, radius = shape.center, max(shape.diameter / 2, 1.0)
    return spot if spot is not None and _beside(spot.shape, clicked) * patch.step <= _limit(click) else None


def _beside(shape: Shape, clicked: tuple[float, float]) -> float:
    """Distance from the click to the outline, 0 inside it."""
    outline = np.asarray(shape.outline, np.float32).reshape(-1, 1, 2)
    return max(0.0, -cv2.pointPolygonTest(outline, clicked, measureDist=True))


def _limit(click: Click) -> float:
    return LIMIT_REACHES * click.reach + 0.5


def _background(patch: Patch, place: tuple[float, float], radius: float) -> FloatImage:
    """A plane through the ring of 1 to 2.2 radii, neighbours above and gaps below left out."""
    rows, columns = patch.values.shape
    x, y = np.arange(columns) + 0.5 - place[0], (np.arange(rows) + 0.5 - place[1])[:, None]
    distance = np.hypot(x, y)
    ring = (distance > radius + 0.8) & (distance < max(2.2 * radius, radius + 4)) & patch.valid
    ring_rows, ring_columns = np.nonzero(ring)
    if ring_rows.size < 8:
        return np.full(patch.values.shape, np.median(patch.values), np.float32)
    terms = np.stack([np.ones(ring_rows.size), x[ring_columns], y[ring_rows, 0]], axis=1)
    values = patch.values[ring].astype(np.float64)
    kept = np.ones(values.size, np.bool_)
    for _ in range(4):
        plane, *_rest = np.linalg.lstsq(terms[kept], values[kept], rcond=None)
        off = values - terms @ plane
        width = spread(off[kept] - np.median(off[kept])) + 1e-6
        inner = (off < 2 * width) & (off > -3.5 * width)
        if inner.sum() < 8:
            break
        kept = inner
    return np.asarray(plane[0] + plane[1] * x + plane[2] * y, np.float32)


def _measurement(spot: _Spot, spacing: PixelSpacing | None) -> SpotMeasurement:
    shape, step = spot.shape, spot.patch.step
    covariance = shape.covariance * step**2
    minor, major, orientation = _axes(covariance)
    diameter, uncertainty = shape.diameter * step, shape.uncertainty * step
    diameter_mm = uncertainty_mm = major_mm = minor_mm = None
    if spacing is not None:
        scale = np.diag([spacing.column_mm, spacing.row_mm])
        minor_mm, major_mm, _ = _axes(scale @ covariance @ scale)
        diameter_mm, uncertainty_mm = diameter * spacing.mean_mm, uncertainty * spacing.mean_mm
    left, top = spot.patch.left, spot.patch.top
    return SpotMeasurement(
        center=ImagePoint(left + shape.center[0] * step, top + shape.center[1] * step),
        diameter_px=diameter,
        uncertainty_px=uncertainty,
        major_px=major,
        minor_px=minor,
        orientation_deg=orientation,
        circularity=shape.circularity,
        contrast=shape.peak,
        cnr=shape.peak / spot.noise,
        outline=tuple(ImagePoint(left + x * step, top + y * step) for x, y in shape.outline.tolist()),
        diameter_mm=diameter_mm,
        uncertainty_mm=uncertainty_mm,
        major_mm=major_mm,
        minor_mm=minor_mm,
        basis=spacing.basis if spacing is not None else None,
    )


def _axes(covariance: NDArray[np.float64]) -> tuple[float, float, float]:
    """Minor and major axis of the ellipse with this covariance, and the major one's angle in degrees."""
    sizes, directions = np.linalg.eigh(covariance)
    minor, major = (4 * math.sqrt(max(float(v), 0.0)) for v in sizes)
    # rows count downwards, angles upwards
    angle = math.degrees(math.atan2(-float(directions[1, 1]), float(directions[0, 1]))) % 180.0
    return minor, major, angle if angle < 180.0 else 0.0


def _proposal(measurement: SpotMeasurement, micro_below: float, macro_above: float) -> MarkKind | None:
    size = measurement.diameter_mm
    if size is None or micro_below <= size <= macro_above:
        return None
    return MarkKind.MICRO if size < micro_below else MarkKind.MACRO
