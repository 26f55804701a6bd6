"""The linear piece at a click: a cast, a rod, a piece of a tram-track, a thread."""

from __future__ import annotations

import math
from functools import partial

import cv2
import numpy as np

from annotator.analysis.noise import FloatImage
from annotator.analysis.spots.found_spot import FoundSpot
from annotator.analysis.spots.linear import Track, follow, linear_shape, ribbon
from annotator.analysis.spots.lines import LinePiece, line_near
from annotator.analysis.spots.measurement import axes
from annotator.analysis.spots.peaks import LIMIT_REACHES, Click, Patch, cut_values
from annotator.analysis.spots.rings import closes, ring_shape
from annotator.analysis.spots.shapes import SpotShape

GAP_MM = 0.15
"""Shorter gaps do not end a piece: detectors show them as narrow dips."""

FOLLOWED_MM = 7.0
_ENDLESS_MM = 12.0
"""What goes on for so long to both sides is a fold, a vessel or a fault of the detector."""
_LEAST_LENGTHS = 2.5
"""A piece is linear from so many widths of length on."""
_SLENDER = 0.6
"""Minor over major axis below which a spot may be part of a linear piece."""

# logistic regression on the logarithms of LinePiece.strength: long kinds of calcifications against clicks on
# tissue without any, on synthetic images; the constant also leaves real ligaments aside, most of the time
_WEIGHTS = (5.89, -1.63, 0.14)
_LEAST_EVIDENCE = 7.9

_LEVEL = 0.42
_SURE_Z = 5.0


def linear_piece(click: Click, patch: Patch, spot: FoundSpot | None) -> FoundSpot | None:
    """The linear piece that `spot` is a part of, or one near the click where there is no spot."""
    if spot is not None and not _slender(spot):
        return None
    line = line_near(patch, click, LIMIT_REACHES * click.reach + 1)
    if line is None or _evidence(line) < _LEAST_EVIDENCE:
        return None
    reach = round(FOLLOWED_MM / click.pixel_mm)
    column, row = int(click.at.column), int(click.at.row)
    box = (column - reach, row - reach, column + reach + 1, row + reach + 1)
    left, top, values, valid = cut_values(click.frame, box, click.padding, inverse=click.inverse)
    around = Patch(left, top, 1, values, values, valid, patch.noise)
    found = _followed(around, patch, line, click.pixel_mm)
    return found if found is not None and found.within_reach(click) else None


def _slender(spot: FoundSpot) -> bool:
    minor, major, _ = axes(spot.shape.covariance)
    return minor < _SLENDER * major


def _evidence(line: LinePiece) -> float:
    return sum(w * math.log(max(s, 0.1)) for w, s in zip(_WEIGHTS, line.strength, strict=True))


def _followed(around: Patch, patch: Patch, line: LinePiece, pixel_mm: float) -> FoundSpot | None:
    """The piece that a line near the click is on; `around` reaches farther than `patch`."""
    values = np.asarray(
        cv2.GaussianBlur(around.values, (0, 0), 0.6, borderType=cv2.BORDER_REFLECT), np.float32
    )
    start = (line.column + patch.left - around.left, line.row + patch.top - around.top)
    noise = patch.noise.at(float(patch.values[int(line.row), int(line.column)]))
    width = max(2 * line.sigma, 2.0)
    track = follow(values, start, line.angle, width, noise, FOLLOWED_MM / pixel_mm)
    outline = partial(_shape, values, track, width, GAP_MM / pixel_mm, noise)
    shape = outline(None)
    if shape is None or (shape.axis is not None and shape.length * pixel_mm > _ENDLESS_MM):
        return None
    return FoundSpot(around, shape, noise, _SURE_Z, False, outline)


def _shape(
    values: FloatImage, track: Track, width: float, gap: float, noise: float, level: float | None
) -> SpotShape | None:
    piece = ribbon(values, track, width, gap, _LEVEL if level is None else level)
    if piece is None or (level is None and piece.length < _LEAST_LENGTHS * piece.width):
        return None
    return ring_shape(piece, noise) if closes(piece) else linear_shape(piece, noise)
