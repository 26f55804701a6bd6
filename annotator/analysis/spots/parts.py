"""Spots joined to one, and one cut in two where it is thinnest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.mark_table import Points
from annotator.analysis.noise import FloatImage
from annotator.analysis.spots.ground import plane_through
from annotator.analysis.spots.measurement import PatchPlace, as_measurement, axes
from annotator.analysis.spots.peaks import Patch, cut_box
from annotator.analysis.spots.piece_axes import with_cut_axes, with_joined_axis
from annotator.analysis.spots.shapes import Mask, SpotCells, shape_of, slopes, steepness
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.image import PaddingRange
from annotator.model.mark import SpotMeasurement

_FACTOR = 4
_DIRECTIONS, _PLACES = 12, 48
_LEAST_SHARE = 0.12
"""Of the area, for each of two parts, where nobody says where to cut."""
_USUAL_LEVEL = 0.38
_LEAST_DRAWN_PX2 = 0.25


def join_spots(
    frame: NDArray[Any],
    spots: Sequence[SpotMeasurement],
    *,
    spacing: PixelSpacing | None,
    inverse: bool = False,
    padding: PaddingRange | None = None,
) -> SpotMeasurement:
    """The spots, all with outlines on `frame`, measured as one, narrow bridges laid across their gaps.

    Stored values, `inverse` and `padding` as for `measure_spot`. One spot alone is measured anew by its outline.
    Linear pieces alone become one linear piece.
    """
    outlines = [_corners(spot) for spot in spots]
    ground = _Ground(frame, np.concatenate(outlines), inverse, padding)
    mask = np.zeros(ground.fine.shape, np.uint8)
    for outline in outlines:
        ground.fill(mask, outline)
    for a, b in _gaps(outlines):
        width = max(2, round(_FACTOR * min(spot.minor_px for spot in spots) / 3))
        cv2.line(mask, ground.cell(a), ground.cell(b), 1, width)
    levels = [spot.level for spot in spots if spot.level is not None]
    joined = ground.measured(mask > 0, float(np.mean(levels)) if levels else None, spacing)
    return with_joined_axis(joined, spots, spacing)


def split_spot(
    frame: NDArray[Any],
    spot: SpotMeasurement,
    at: ImagePoint | None = None,
    *,
    spacing: PixelSpacing | None,
    inverse: bool = False,
    padding: PaddingRange | None = None,
) -> tuple[SpotMeasurement, ...]:
    """The spot cut in two along the straight line across it over which it is thinnest and dimmest.

    The cut goes through `at`, or through the place of the outline nearest to it; anywhere when None. The part
    with more area comes first. Only the spot itself when it is too small to be two.
    """
    ground = _Ground(frame, _corners(spot), inverse, padding)
    filled = np.zeros(ground.fine.shape, np.uint8)
    ground.fill(filled, _corners(spot))
    mask = filled > 0
    parts = _halves(ground.fine, mask, None if at is None else ground.cell(np.array([at.column, at.row])))
    measured = [ground.measured(part, spot.level, spacing) for part in parts]
    return with_cut_axes(measured, spot, spacing) or (spot,)


def measure_drawn(
    frame: NDArray[Any],
    outline: Sequence[ImagePoint],
    *,
    spacing: PixelSpacing | None,
    inverse: bool = False,
    padding: PaddingRange | None = None,
) -> SpotMeasurement | None:
    """An outline that was drawn elsewhere, kept as it is: its sizes are its own, contrast and noise those of the pixels in it.

    The diameter is that of a circle of the same area, with no uncertainty: how well it was drawn is not known. None
    where it encloses less than a quarter of a pixel. Stored values, `inverse` and `padding` as for `measure_spot`.
    """
    corners = np.array([(p.column, p.row) for p in outline])
    area, middle, covariance = _moments(corners)
    if area < _LEAST_DRAWN_PX2:
        return None
    ground = _Ground(frame, corners, inverse, padding)
    mask = np.zeros(ground.fine.shape, np.uint8)
    ground.fill(mask, corners)
    if not mask.any():
        return None
    closed = np.vstack([corners, corners[:1]])
    perimeter = float(np.hypot(*np.diff(closed, axis=0).T).sum())
    diameter = 2 * math.sqrt(area / math.pi)
    minor, major, orientation = axes(covariance)
    measured = ground.measured(mask > 0, None, spacing)
    minor_mm = major_mm = diameter_mm = None
    if spacing is not None:
        by_mm = np.diag([spacing.column_mm, spacing.row_mm])
        minor_mm, major_mm, _ = axes(by_mm @ covariance @ by_mm)
        diameter_mm = diameter * math.sqrt(spacing.column_mm * spacing.row_mm)
    return replace(
        measured,
        center=ImagePoint(float(middle[0]), float(middle[1])),
        diameter_px=diameter,
        uncertainty_px=0.0,
        major_px=major,
        minor_px=minor,
        orientation_deg=orientation,
        circularity=min(1.0, 4 * math.pi * area / perimeter**2),
        outline=tuple(outline),
        diameter_mm=diameter_mm,
        uncertainty_mm=None,
        major_mm=major_mm,
        minor_mm=minor_mm,
        level=None,
    )


def _moments(corners: Points) -> tuple[float, Points, NDArray[np.float64]]:
    """Area of a polygon, the centre of it, and the covariance of its points (Green's theorem), in pixels."""
    x, y = (corners - corners.mean(axis=0)).T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    cross = x * next_y - next_x * y
    twice = float(cross.sum())
    if abs(twice) < 1e-9:
        return 0.0, corners.mean(axis=0), np.zeros((2, 2))
    middle = np.array([((x + next_x) * cross).sum(), ((y + next_y) * cross).sum()]) / (3 * twice)
    xx = ((x * x + x * next_x + next_x * next_x) * cross).sum() / (6 * twice)
    yy = ((y * y + y * next_y + next_y * next_y) * cross).sum() / (6 * twice)
    xy = ((x * next_y + 2 * x * y + 2 * next_x * next_y + next_x * y) * cross).sum() / (12 * twice)
    second = np.array([[xx, xy], [xy, yy]])
    return abs(twice) / 2, corners.mean(axis=0) + middle, second - np.outer(middle, middle)


class _Ground:
    """The surroundings of outlines above their background, `_FACTOR` cells to a pixel."""

    def __init__(
        self, frame: NDArray[Any], outline: Points, inverse: bool, padding: PaddingRange | None
    ) -> None:
        low, high = outline.min(axis=0), outline.max(axis=0)
        margin = max(8, math.ceil(0.6 * float((high - low).max())))
        (left, top), (right, bottom) = np.floor(low).astype(int) - margin, np.ceil(high).astype(int) + margin
        self._patch: Patch = cut_box(frame, (left, top, right, bottom), padding, inverse=inverse)
        self._hull = outline
        inside = np.zeros(self._patch.values.shape, np.uint8)
        corners = np.round(outline - (self._patch.left, self._patch.top) - 0.5).astype(np.int32)
        cv2.fillConvexPoly(inside, cv2.convexHull(corners), 1)
        away = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        background = plane_through(self._patch, (away > 1.5) & (away < max(5, margin * 0.8)))
        middle = outline.mean(axis=0) - (self._patch.left, self._patch.top)
        rows, columns = background.shape
        row, column = min(max(int(middle[1]), 0), rows - 1), min(max(int(middle[0]), 0), columns - 1)
        self._noise = self._patch.noise.at(float(background[row, column]))
        smooth = cv2.GaussianBlur(self._patch.values - background, (0, 0), 0.6, borderType=cv2.BORDER_REFLECT)
        fine = cv2.resize(smooth, None, fx=_FACTOR, fy=_FACTOR, interpolation=cv2.INTER_CUBIC)
        self.fine: FloatImage = np.asarray(fine, np.float32)

    def cell(self, place: Points) -> tuple[int, int]:
        """(column, row) of the cell at a place of the image."""
        column, row = np.floor((place - (self._patch.left, self._patch.top)) * _FACTOR).astype(int).tolist()
        return column, row

    def fill(self, mask: NDArray[np.uint8], outline: Points) -> None:
        """Set the cells whose middle lies within an outline."""
        rows, columns = mask.shape
        # finer, and cells by their share: OpenCV also fills every cell that the line only touches
        fine = np.zeros((rows * _FACTOR, columns * _FACTOR), np.uint8)
        places = (outline - (self._patch.left, self._patch.top)) * _FACTOR**2 - 0.5
        cv2.fillPoly(fine, [np.round(places).astype(np.int32)], 255)
        shares = cv2.resize(fine, (columns, rows), interpolation=cv2.INTER_AREA)
        mask[shares > 127] = 1

    def measured(self, mask: Mask, level: float | None, spacing: PixelSpacing | None) -> SpotMeasurement:
        peak = max(float(self.fine[mask].max()), self._noise)
        cut = SpotCells(mask, _FACTOR, (0, 0))
        shape = shape_of(
            cut,
            level=_USUAL_LEVEL if level is None else level,
            peak=peak,
            steepness=steepness(slopes(self.fine, _FACTOR), mask),
            noise=self._noise,
            diameters=np.zeros(1),
        )
        return as_measurement(shape, PatchPlace(self._patch.left, self._patch.top, 1), self._noise, spacing)


def _corners(spot: SpotMeasurement) -> Points:
    return np.array([(p.column, p.row) for p in spot.outline])


def _gaps(outlines: list[Points]) -> list[tuple[Points, Points]]:
    """Nearest places of outlines, so many pairs that all hang together."""
    joined, left = [outlines[0]], outlines[1:]
    gaps = []
    while left:
        here = np.concatenate(joined)
        nearest = []
        for outline in left:
            away = np.hypot(*(here[:, None] - outline[None]).transpose(2, 0, 1))
            a, b = divmod(int(away.argmin()), len(outline))
            nearest.append((float(away[a, b]), here[a], outline[b]))
        index = int(np.argmin([length for length, _, _ in nearest]))
        gaps.append(nearest[index][1:])
        joined.append(left.pop(index))
    return gaps


def _halves(fine: FloatImage, mask: Mask, at: tuple[int, int] | None) -> list[Mask]:
    """Both parts of the mask, larger first; none when no line across it leaves enough on either side."""
    rows, columns = np.nonzero(mask)
    if at is not None:
        nearest = int(np.hypot(columns - at[0], rows - at[1]).argmin())
        through = [(int(rows[nearest]), int(columns[nearest]))]
    else:
        every = max(1, len(rows) // _PLACES)
        through = list(zip(rows[::every].tolist(), columns[::every].tolist(), strict=True))
    least = max(_LEAST_SHARE * len(rows) if at is None else 0.0, float(_FACTOR**2))
    lines = [(row, column, turn) for row, column in through for turn in range(_DIRECTIONS)]
    costs = [_across(fine, mask, *line) for line in lines]
    for index in np.argsort([cost for cost, _, _ in costs]).tolist():
        parts = _parted(mask, *costs[index][1:])
        if len(parts) == 2 and min(part.sum() for part in parts) >= least:
            return sorted(parts, key=lambda part: -int(part.sum()))
    return []


def _across(
    fine: FloatImage, mask: Mask, row: int, column: int, turn: int
) -> tuple[float, tuple[int, int], tuple[int, int]]:
    """Height summed along a line through a cell until it leaves the mask on either side, and its ends (x, y)."""
    angle = math.pi * turn / _DIRECTIONS
    steps = np.arange(1, math.hypot(*mask.shape) + 1)
    ends, total = [], max(float(fine[row, column]), 0.0)
    for way in (1, -1):
        x = np.round(column + way * steps * math.cos(angle)).astype(int)
        y = np.round(row + way * steps * math.sin(angle)).astype(int)
        within = (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0])
        x, y = x[within], y[within]
        out = ~mask[y, x]
        count = int(out.argmax()) if out.any() else len(out)
        total += float(np.maximum(fine[y[:count], x[:count]], 0).sum())
        last = min(count, len(x) - 1)
        ends.append((int(x[last]), int(y[last])) if len(x) else (column, row))
    return total, ends[0], ends[1]


def _parted(mask: Mask, start: tuple[int, int], end: tuple[int, int]) -> list[Mask]:
    """The parts of a mask on either side of a line, the line's cells given to the nearer part."""
    line = np.zeros(mask.shape, np.uint8)
    cv2.line(line, start, end, 1, 1, cv2.LINE_4)
    count, labels = cv2.connectedComponents((mask & (line == 0)).astype(np.uint8), connectivity=4)
    if count < 3:
        return []
    sizes = np.bincount(labels.ravel(), minlength=count)[1:]
    first, second = (np.argsort(sizes)[::-1][:2] + 1).tolist()
    to_first, to_second = (
        cv2.distanceTransform((labels != name).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for name in (first, second)
    )
    return [mask & (to_first <= to_second), mask & (to_second < to_first)]
