"""What is measured about each peak before it is judged: numbers in millimetres and noise units."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.ground import Ground
from annotator.analysis.candidates.lines import Lines
from annotator.analysis.candidates.peaks import Peaks, blobness, highest_near, index, responses_at
from annotator.analysis.candidates.scales import GLOBAL_SHARE, SCALES_MM, Scale
from annotator.analysis.noise import FloatImage
from annotator.jobs import CancelToken

Columns = NDArray[np.float32]

_RADII_MM = (0.10, 0.18, 0.27, 0.40, 0.58, 0.85, 1.2)
_HARMONIC_RADII = (1, 2, 3, 4)
_ANGLES = 16
_RING_SIGMAS, _INNER_SIGMAS = 2.4, 0.9
_LINE_DIRECTIONS = 12
_LINE_MM, _LINE_ASIDE_MM, _LINE_SAMPLES = 3.0, 0.45, 10
_FAR_SKIN_MM, _FAR_TOP_MM = 30.0, 100.0

NAMES = (
    *(f"response_{mm}" for mm in SCALES_MM),
    *(f"height_{mm}" for mm in SCALES_MM),
    "strength", "log_sigma", "round", "round_coarser", "round_coarsest", "round_finest",
    "amplitude", "log_busy_fine", "log_busy", "log_busy_coarse", "skin_mm",
    "ring_mean", "ring_second", "ring_sd", "ring_opposite", "ring_lowest",
    "linear", "piece", "piece_here", "log_busy_piece",
    "line_mean", "line_gap", "line_across", "short_line", "short_line_gap",
    "sharp", "sharp_diagonal", "compact", "compact_mean",
    *(f"profile_{mm}" for mm in _RADII_MM),
    *(f"second_harmonic_{_RADII_MM[k]}" for k in _HARMONIC_RADII),
    "first_harmonic", "first_harmonic_far", "ring_max", "far_level", "far_sd",
    "log_pixel", "noise_colour", "log_typical", "below_top_mm",
)  # fmt: skip
"""The columns of `features`, in order."""


def features(
    ground: Ground, scales: tuple[Scale, ...], lines: Lines, peaks: Peaks, token: CancelToken
) -> Columns:
    """One row for each peak, one column for each of NAMES."""
    if not len(peaks):
        return np.zeros((0, len(NAMES)), np.float32)
    seen = _Seen(ground, scales, lines, peaks)
    parts = []
    for measured in (
        _scale_columns,
        _ring_columns,
        _piece_columns,
        _line_columns,
        _sharp_columns,
        _profile_columns,
    ):
        token.checkpoint()
        parts.append(measured(seen))
    parts.append(_image_columns(seen))
    made = np.concatenate(parts, axis=1).astype(np.float32)
    return np.asarray(np.nan_to_num(made, nan=0.0, posinf=1e4, neginf=-1e4), np.float32)


class _Seen:
    """The peaks of a ground, and how its pictures are read at places around each of them."""

    def __init__(self, ground: Ground, scales: tuple[Scale, ...], lines: Lines, peaks: Peaks) -> None:
        self.ground, self.scales, self.lines, self.peaks = ground, scales, lines, peaks
        self.sigma_mm = np.asarray(SCALES_MM)[peaks.scale]
        self.fine = scales[0].smooth
        self.middle = self.at(np.zeros((len(peaks), 1)), np.zeros((len(peaks), 1)))[:, 0]

    def at(
        self, across_mm: NDArray[np.floating], down_mm: NDArray[np.floating], image: FloatImage | None = None
    ) -> Columns:
        """Values beside each peak, between pixels; offsets have a row for each peak or one for all."""
        pixel = self.ground.pixel_mm
        column = self.peaks.column[:, None] - 0.5 + across_mm / pixel
        row = self.peaks.row[:, None] - 0.5 + down_mm / pixel
        return sample(self.fine if image is None else image, column, row)

    def ring(self, radius_mm: NDArray[np.floating] | float) -> Columns:
        """Values at sixteen places of a circle about each peak."""
        angle = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
        radius = np.broadcast_to(np.asarray(radius_mm, np.float64), len(self.peaks))[:, None]
        return self.at(radius * np.cos(angle), radius * np.sin(angle))


def sample(image: FloatImage, column: NDArray[np.floating], row: NDArray[np.floating]) -> Columns:
    """Values of an image between its pixels; places are indices (the first pixel's centre is 0)."""
    made = cv2.remap(
        image,
        np.ascontiguousarray(column, np.float32),
        np.ascontiguousarray(row, np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(made, np.float32)


def _scale_columns(seen: _Seen) -> Columns:
    peaks, scales, ground = seen.peaks, seen.scales, seen.ground
    x, y = peaks.column, peaks.row
    responses = responses_at(scales, x, y)
    i, j = index(ground.skin_mm, 1, *_cells(seen))
    busy = np.stack([s.busy[i, j] / s.typical for s in scales], axis=1)
    # in deviations of the whole breast, not of its surroundings
    heights = responses * np.sqrt(GLOBAL_SHARE + (1 - GLOBAL_SHARE) * busy**2)
    round_ = np.stack([blobness(s, x, y) for s in scales], axis=1)
    each = np.arange(len(peaks))
    best = peaks.scale
    return np.column_stack(
        [
            responses,
            heights,
            peaks.strength,
            np.log(seen.sigma_mm),
            round_[each, best],
            round_[each, np.minimum(best + 1, len(scales) - 1)],
            round_[:, -1],
            round_[:, 0],
            seen.middle - np.median(seen.ring(_RING_SIGMAS * seen.sigma_mm), axis=1),
            np.log(np.maximum(busy[:, 0], 1e-3)),
            np.log(np.maximum(busy[each, best], 1e-3)),
            np.log(np.maximum(busy[:, -1], 1e-3)),
            np.minimum(ground.skin_at(x, y), _FAR_SKIN_MM),
        ]
    ).astype(np.float32)


def _ring_columns(seen: _Seen) -> Columns:
    ring = seen.ring(_RING_SIGMAS * seen.sigma_mm)
    ordered = np.sort(ring, axis=1)
    half = _ANGLES // 2
    opposite = (ring[:, :half] + ring[:, half:]) / 2
    middle = seen.middle
    return np.column_stack(
        [
            middle - ring.mean(axis=1),
            middle - ordered[:, -2],
            ring.std(axis=1),
            middle - opposite.max(axis=1),
            middle - ordered[:, 1],
        ]
    ).astype(np.float32)


def _piece_columns(seen: _Seen) -> Columns:
    """Whether the place stands out as a piece of line."""
    lines, peaks = seen.lines, seen.peaks
    x, y = peaks.column, peaks.row
    i, j = index(lines.response, lines.step, x, y)
    p, q = index(lines.busy, 1, *_cells(seen))
    return np.column_stack(
        [
            peaks.linear,
            highest_near(lines.response, lines.step, x, y),
            lines.response[i, j],
            np.log(np.maximum(lines.busy[p, q] / lines.typical, 1e-3)),
        ]
    ).astype(np.float32)


def _cells(seen: _Seen) -> tuple[Columns, Columns]:
    """Places on the coarse grid."""
    rows, columns = seen.ground.values.shape
    high, wide = seen.ground.skin_mm.shape
    return seen.peaks.column * (wide / columns), seen.peaks.row * (high / rows)


def _line_columns(seen: _Seen) -> Columns:
    """Whether a line runs through: the best of twelve directions over its two sides, also where it is weakest."""
    angle = (np.arange(_LINE_DIRECTIONS) * np.pi / _LINE_DIRECTIONS)[:, None]
    along = (np.arange(_LINE_SAMPLES) + 0.5) / _LINE_SAMPLES * _LINE_MM - _LINE_MM / 2
    cos, sin = np.cos(angle), np.sin(angle)
    count = len(seen.peaks)

    def read(aside: float) -> Columns:
        across = (along * cos - aside * sin).ravel()[None, :]
        down = (along * sin + aside * cos).ravel()[None, :]
        return seen.at(across, down, seen.scales[1].smooth if seen.scales[1].step == 1 else None).reshape(
            count, _LINE_DIRECTIONS, _LINE_SAMPLES
        )

    on, one, other = read(0.0), read(_LINE_ASIDE_MM), read(-_LINE_ASIDE_MM)
    short = slice(_LINE_SAMPLES // 2 - 3, _LINE_SAMPLES // 2 + 3)
    made = []
    for part, weak in ((slice(None), 3), (short, 2)):
        sides = (one[:, :, part].mean(axis=2) + other[:, :, part].mean(axis=2)) / 2
        line = on[:, :, part].mean(axis=2) - sides
        gap = np.sort(on[:, :, part], axis=2)[:, :, weak] - sides
        made.append((line, gap))
    (line, gap), (short_line, short_gap) = made
    best = line.argmax(axis=1)
    beside = line[np.arange(count), (best + _LINE_DIRECTIONS // 2) % _LINE_DIRECTIONS]
    return np.column_stack(
        [line.max(axis=1), gap.max(axis=1), beside, short_line.max(axis=1), short_gap.max(axis=1)]
    ).astype(np.float32)


def _sharp_columns(seen: _Seen) -> Columns:
    """How much of the middle its neighbours carry, by pixels and by the size of the spot."""
    pixel = seen.ground.pixel_mm
    values = seen.ground.values
    zero = np.zeros((1, 1))
    middle = seen.at(zero, zero, values)[:, 0]
    ground = np.median(seen.ring(_RING_SIGMAS * seen.sigma_mm), axis=1)
    step = np.array([[-pixel, pixel, 0, 0]]), np.array([[0, 0, -pixel, pixel]])
    corner = np.array([[-pixel, pixel, -pixel, pixel]]), np.array([[-pixel, -pixel, pixel, pixel]])
    height = np.maximum(middle - ground, 0.5)
    inner = seen.ring(_INNER_SIGMAS * seen.sigma_mm)
    spot = np.maximum(seen.middle - ground, 0.3)
    return np.column_stack(
        [
            (seen.at(*step, values).mean(axis=1) - ground) / height,
            (seen.at(*corner, values).mean(axis=1) - ground) / height,
            (inner.min(axis=1) - ground) / spot,
            (inner.mean(axis=1) - ground) / spot,
        ]
    ).astype(np.float32)


def _profile_columns(seen: _Seen) -> Columns:
    """Mean, first and second harmonic round circles, over the height above the farthest."""
    rings = [seen.ring(mm) for mm in _RADII_MM]
    far = rings[-1].mean(axis=1)
    height = np.maximum(seen.middle - far, 0.5)
    angle = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    turn = np.exp(1j * np.outer(angle, (1, 2))) / _ANGLES
    made = [(r.mean(axis=1) - far) / height for r in rings]
    made += [np.abs(rings[k] @ turn[:, 1]) / height for k in _HARMONIC_RADII]
    made += [
        np.abs(rings[3] @ turn[:, 0]) / height,
        np.abs(rings[-1] @ turn[:, 0]) / height,
        (rings[3].max(axis=1) - far) / height,
        seen.middle - far,
        rings[-1].std(axis=1),
    ]
    return np.column_stack(made).astype(np.float32)


def _image_columns(seen: _Seen) -> Columns:
    """What is the same for all peaks of an image: size of its pixels, colour of its noise, how busy it is.

    And how far below the upper edge each lies: deodorant is in the axilla.
    """
    scales = seen.scales
    colour = np.log(scales[0].typical / scales[2].typical)
    row = [np.log(seen.ground.pixel_mm), colour, np.log(scales[0].typical)]
    same = np.tile(np.asarray(row, np.float32), (len(seen.peaks), 1))
    below = (seen.ground.top / seen.ground.step + seen.peaks.row) * seen.ground.pixel_mm
    return np.column_stack([same, np.minimum(below, _FAR_TOP_MM)]).astype(np.float32)
