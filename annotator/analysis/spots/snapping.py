"""Snap a click to the bright spot beside it and measure that spot, on stored values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

from numpy.typing import NDArray

from annotator.analysis.blobs import pixel_mm_of
from annotator.analysis.spots.contours import spot_shape
from annotator.analysis.spots.found_spot import FoundSpot, from_outline
from annotator.analysis.spots.ground import plane_around
from annotator.analysis.spots.linear_pieces import linear_piece
from annotator.analysis.spots.peaks import (
    CLOSE,
    LIMIT_REACHES,
    WIDE,
    Click,
    Patch,
    Peak,
    Search,
    cut,
    peaks_near,
)
from annotator.analysis.spots.rings import ring_of
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.image import PaddingRange
from annotator.model.mark import MarkKind, SpotMeasurement

REACH_MM = 0.15
"""How sharply distance from the click counts: one standard deviation, from the spot's edge."""

# lumps of tissue are everywhere at the sizes of large calcifications, but their edges are soft: asked is
# height without doubt, or height in noise, slope of the edge in noise per pixel, and in peaks per diameter
_LARGE_SURE_Z, _LARGE_LEAST_Z = 6.0, 2.95
_LARGE_CNR, _LARGE_SLOPE, _LARGE_SHARPNESS = 22.0, 6.0, 2.9

# nor is a speck from this size (mm) on credible when its edge climbs less than so much noise in 0.07 mm
_SOFT_FROM_MM, _SOFT_SLOPE = 0.6, 1.0
_SLOPE_OVER_MM = 0.07

# a peak that is weak for the busy tissue around it is a calcification when its edge is sharp
_WEAK_MM, _WEAK_SLOPE, _WEAK_SHARPNESS = (0.35, 1.4), 1.0, 2.2

# a speck as high as what it lies in, and whose edges are sharp, is a facet of it
_FACET_HEIGHT, _FACET_LARGER = 0.7, (1.25, 2.5)

# a large spot this far above its surroundings and above a speck on it is what was meant
_LARGE_Z, _LARGE_CONTRAST = 12.0, 1.2


MOST_CHOICES = 4
"""So many spots beside one click are told apart at each size."""


@dataclass(frozen=True)
class SpotResult:
    """The answer to one click: a measurement and a proposed word, or the reason why there is none.

    `proposal` is None when the size is not known in millimetres, and between the two cut-offs, where
    published ones disagree (docs/domain.md, size words). `choices` says how many spots could have been meant.
    """

    found: bool
    reason: str | None
    measurement: SpotMeasurement | None
    proposal: MarkKind | None
    choices: int = 0


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
    choice: int = 0,
    level: float | None = None,
) -> SpotResult:
    """Measure the bright spot nearest to a click.

    `frame` holds stored values, shape (rows, columns); `inverse` means that low values are shown white
    (MONOCHROME1). `reach_px` is how far beside a spot's edge a click still counts, as one standard
    deviation (default 0.15 mm); three times that is the limit. Without `spacing` only pixels are given.
    `choice` counts the spots that could be meant, likeliest first, and after the last begins anew. `level`
    (0.30 to 0.78) is the share of the peak's height at which the outline of the same spot is taken instead.
    """
    rows, columns = frame.shape
    if not (0 <= at.column < columns and 0 <= at.row < rows):
        return _refused("the point lies outside the image")
    if padding is not None and padding.low <= frame[int(at.row), int(at.column)] <= padding.high:
        return _refused("no spot here: this is the background outside the breast")
    pixel_mm = pixel_mm_of(spacing)
    reach = min(REACH_MM / pixel_mm if reach_px is None else max(reach_px, 0.5), 1.0 / pixel_mm)
    click = Click(frame, at, pixel_mm, reach, inverse, padding)
    spots = _spots_at(click)
    if not spots:
        limit = LIMIT_REACHES * reach
        within = f"{limit * pixel_mm:.1f} mm" if spacing is not None else f"{limit:.0f} pixels"
        return _refused(f"no spot here: nothing rises above the noise within {within}")
    spot = spots[choice % len(spots)]
    measurement = (spot if level is None else spot.at_level(level)).measurement(spacing)
    proposal = _proposal(measurement, micro_below_mm, macro_above_mm)
    return SpotResult(True, None, measurement, proposal, len(spots))


def _refused(reason: str) -> SpotResult:
    return SpotResult(False, reason, None, None)


def _spots_at(click: Click) -> list[FoundSpot]:
    """The spots that could be meant, likeliest first, each once.

    The speck beside the click, unless a large spot under it stands out; before it the linear piece it is part of.
    """
    patch = cut(click, CLOSE)
    specks = [spot for spot in _seen(click, CLOSE, patch) if not _soft(spot, click.pixel_mm)]
    wholes = [
        spot for spot in specks[1:] if spot.shape.peak > specks[0].shape.peak and _facet(specks[0], spot)
    ]
    specks = wholes + [spot for spot in specks if spot not in wholes]
    large = [spot for spot in _seen(click, WIDE, cut(click, WIDE)) if _hard(spot)]
    ordered = large + specks if specks and large and _overrides(large[0], specks[0]) else specks + large
    ring = ring_of(ordered[0], click.pixel_mm) if ordered else None
    whole = ring or linear_piece(click, patch, ordered[0] if ordered else None)
    if whole is not None:
        ordered.insert(0, whole)
    return [spot for k, spot in enumerate(ordered) if not any(spot.same_as(one) for one in ordered[:k])]


def _overrides(large: FoundSpot, speck: FoundSpot) -> bool:
    towers = large.z > _LARGE_Z and large.shape.peak > _LARGE_CONTRAST * speck.shape.peak
    return speck.coarsest or towers or (_sharpness(large) >= _LARGE_SHARPNESS and _facet(speck, large))


def _facet(speck: FoundSpot, whole: FoundSpot) -> bool:
    """Whether the speck is only a part of what it lies in: no brighter, and clearly smaller."""
    times = whole.shape.diameter * whole.patch.step / (speck.shape.diameter * speck.patch.step)
    larger = _FACET_LARGER[0] < times < _FACET_LARGER[1]
    return larger and whole.shape.peak > _FACET_HEIGHT * speck.shape.peak and whole.holds(speck)


def _sharpness(spot: FoundSpot) -> float:
    return spot.shape.steepness * spot.shape.diameter / spot.shape.peak


def _soft(speck: FoundSpot, pixel_mm: float) -> bool:
    """Whether a speck is broad and its edge drowns in the noise, as ripples of tissue do."""
    return speck.shape.diameter * pixel_mm >= _SOFT_FROM_MM and _slope(speck, pixel_mm) < _SOFT_SLOPE


def _slope(speck: FoundSpot, pixel_mm: float) -> float:
    """Of the edge, in deviations of the noise in `_SLOPE_OVER_MM`."""
    return speck.shape.steepness / speck.noise * _SLOPE_OVER_MM / pixel_mm


def _clear(speck: FoundSpot, pixel_mm: float) -> bool:
    """Whether the edges say what the height of a weak peak does not."""
    sized = _WEAK_MM[0] <= speck.shape.diameter * pixel_mm <= _WEAK_MM[1]
    return sized and _slope(speck, pixel_mm) >= _WEAK_SLOPE and _sharpness(speck) >= _WEAK_SHARPNESS


def _hard(large: FoundSpot) -> bool:
    """Whether a large spot has the height or the edges of something hard."""
    shape, noise = large.shape, large.noise
    edged = (
        large.z >= _LARGE_LEAST_Z
        and shape.steepness / noise >= _LARGE_SLOPE
        and _sharpness(large) >= _LARGE_SHARPNESS
    )
    return large.z >= _LARGE_SURE_Z or (shape.peak / noise >= _LARGE_CNR and edged)


def _seen(click: Click, search: Search, patch: Patch) -> list[FoundSpot]:
    """The spots that one search finds, likeliest first, each once."""
    clicked = ((click.at.column - patch.left) / patch.step, (click.at.row - patch.top) / patch.step)
    spots: list[FoundSpot] = []
    for peak in peaks_near(patch, click, search):
        if any(from_outline(spot.shape, (peak.column, peak.row)) == 0 for spot in spots):
            continue
        spot = _outlined(patch, peak, clicked)
        if spot is None or not spot.within_reach(click) or any(known.holds(spot) for known in spots):
            continue
        if peak.weak and not _clear(spot, click.pixel_mm):
            continue
        spots.append(spot)
        if len(spots) == MOST_CHOICES:
            break
    return spots


def _outlined(patch: Patch, peak: Peak, clicked: tuple[float, float]) -> FoundSpot | None:
    """The spot of a peak.

    Its outline is taken twice: place and size of the ring for the background are first guessed from
    the peak, then known from the spot found.
    """
    spot = None
    place, radius = (peak.column, peak.row), max(math.sqrt(2) * peak.sigma, 1.0)
    for _ in range(2):
        background = plane_around(patch, place, radius)
        noise = patch.noise.at(float(background[int(place[1]), int(place[0])]))
        outline = partial(spot_shape, patch.values - background, place, clicked, peak.sigma, radius, noise)
        shape = outline(None)
        if shape is None:
            break
        spot = FoundSpot(patch, shape, noise, peak.z, peak.coarsest, outline)
        place, radius = shape.center, max(shape.diameter / 2, 1.0)
    return spot


def _proposal(measurement: SpotMeasurement, micro_below: float, macro_above: float) -> MarkKind | None:
    size = measurement.size_mm
    if size is None or micro_below <= size <= macro_above:
        return None
    return MarkKind.MICRO if size < micro_below else MarkKind.MACRO
