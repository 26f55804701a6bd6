"""The one coordinate convention, and lengths that never travel without their basis.

Continuous (column, row); (0, 0) is the outer corner of the first pixel, so the centre of pixel
[r, c] is (c + 0.5, r + 0.5) (PS3.3 C.18.6.1.2), always in the image as stored. Flips, rotations and
zoom are view transforms and are never written into a coordinate that is kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

ROUND_CORNERS = 64
"""Of the polygon that stands for a circle or an ellipse: no chord is farther from the curve than 0.12 % of the radius."""


@dataclass(frozen=True, slots=True)
class ImagePoint:
    """A place in the stored image: pixels from the outer corner of its first pixel."""

    column: float
    row: float


class SpacingBasis(StrEnum):
    """How a pixel spacing is known; the value is the word shown beside every length."""

    CALIBRATED = "calibrated"
    CALIBRATED_GEOMETRY = "calibrated (geometry)"
    CALIBRATED_FIDUCIAL = "calibrated (fiducial)"
    ESTIMATED_IN_BREAST = "estimated, in breast"
    AT_DETECTOR = "at detector"
    AT_FILM = "at film"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class PixelSpacing:
    """Millimetres between pixel centres down a column (`row_mm`) and along a row (`column_mm`)."""

    row_mm: float
    column_mm: float
    basis: SpacingBasis

    def __post_init__(self) -> None:
        if not (0 < self.row_mm < math.inf and 0 < self.column_mm < math.inf):
            raise ValueError("a pixel spacing is finite and above zero")

    @property
    def mean_mm(self) -> float:
        """Geometric mean of both spacings: the side of a square pixel of the same area."""
        return math.sqrt(self.row_mm * self.column_mm)

    def distance(self, a: ImagePoint, b: ImagePoint) -> Millimetres:
        """Length of the straight line from `a` to `b`."""
        across = (a.column - b.column) * self.column_mm
        down = (a.row - b.row) * self.row_mm
        return Millimetres(math.hypot(across, down), self.basis)


@dataclass(frozen=True, slots=True)
class Millimetres:
    """A length with the word that says how it was calibrated."""

    value: float
    basis: SpacingBasis

    def __str__(self) -> str:
        return f"{mm_digits(self.value)} mm {self.basis}"

    @property
    def in_sentence(self) -> str:
        """With how it is known in brackets: "8.0 mm (estimated, in breast)"."""
        return f"{mm_digits(self.value)} mm ({self.basis})"


def mm_digits(value_mm: float) -> str:
    """A length as precise as it is told: hundredths of a millimetre below one, tenths above."""
    return f"{value_mm:.{2 if value_mm < 1 else 1}f}"


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight exact turns of an image: first `transpose` (rows become columns), then flips.

    `flip_columns` mirrors left and right, `flip_rows` mirrors up and down, both of the transposed image.
    """

    transpose: bool = False
    flip_columns: bool = False
    flip_rows: bool = False

    def displayed_size(self, columns: int, rows: int) -> tuple[int, int]:
        """(columns, rows) of the image as displayed."""
        return (rows, columns) if self.transpose else (columns, rows)

    def to_displayed(self, point: ImagePoint, columns: int, rows: int) -> ImagePoint:
        """Where a point of the stored image lies in the image as displayed."""
        x, y = (point.row, point.column) if self.transpose else (point.column, point.row)
        width, height = self.displayed_size(columns, rows)
        return ImagePoint(width - x if self.flip_columns else x, height - y if self.flip_rows else y)

    def to_stored(self, point: ImagePoint, columns: int, rows: int) -> ImagePoint:
        """Inverse of `to_displayed`; `columns` and `rows` are those of the stored image."""
        width, height = self.displayed_size(columns, rows)
        x = width - point.column if self.flip_columns else point.column
        y = height - point.row if self.flip_rows else point.row
        return ImagePoint(y, x) if self.transpose else ImagePoint(x, y)


@dataclass(frozen=True, slots=True)
class ViewTransform:
    """How a stored image lies on a viewport: turn, then scale, then shift.

    `scale` is screen pixels per image pixel; (`left`, `top`) is where the outer corner of the
    displayed image's first pixel falls, in screen pixels from the viewport's top left corner.
    `scale_rows` differs from `scale` only for pixels that are not square (screen pixels per image
    pixel down the displayed image; None: the same).
    """

    columns: int
    rows: int
    scale: float
    left: float
    top: float
    orientation: Orientation = Orientation()
    scale_rows: float | None = None

    @property
    def scale_down(self) -> float:
        """Screen pixels per displayed image row."""
        return self.scale if self.scale_rows is None else self.scale_rows

    def to_screen(self, point: ImagePoint) -> tuple[float, float]:
        """Screen position (x, y) of a point of the stored image."""
        shown = self.orientation.to_displayed(point, self.columns, self.rows)
        return self.left + shown.column * self.scale, self.top + shown.row * self.scale_down

    def to_image(self, x: float, y: float) -> ImagePoint:
        """The point of the stored image under a screen position."""
        shown = ImagePoint((x - self.left) / self.scale, (y - self.top) / self.scale_down)
        return self.orientation.to_stored(shown, self.columns, self.rows)


def convex_hull(points: Sequence[ImagePoint]) -> tuple[ImagePoint, ...]:
    """Corners of the smallest convex outline around `points` (monotone chain), without repeats."""
    ordered = sorted({(p.column, p.row) for p in points})
    if len(ordered) < 3:
        return tuple(ImagePoint(*p) for p in ordered)

    def half(chain: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        for x, y in chain:
            while len(kept) > 1:
                (ax, ay), (bx, by) = kept[-2], kept[-1]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    return tuple(ImagePoint(*p) for p in half(ordered) + half(ordered[::-1]))


def contains(outline: Sequence[ImagePoint], point: ImagePoint) -> bool:
    """Whether `point` lies inside the closed polygon `outline` (even-odd rule)."""
    inside = False
    for a, b in zip(outline, (*outline[1:], *outline[:1]), strict=True):
        if (a.row > point.row) != (b.row > point.row):
            crossing = a.column + (point.row - a.row) / (b.row - a.row) * (b.column - a.column)
            inside ^= point.column < crossing
    return inside


def polygon_area(outline: Sequence[ImagePoint]) -> float:
    """Square pixels inside a closed polygon that does not cross itself (shoelace formula)."""
    pairs = zip(outline, (*outline[1:], *outline[:1]), strict=True)
    return abs(sum(a.column * b.row - b.column * a.row for a, b in pairs)) / 2


def circle_outline(
    center: ImagePoint, radius_px: float, corners: int = ROUND_CORNERS
) -> tuple[ImagePoint, ...]:
    """A circle as a closed polygon with its corners on it."""
    return _round_outline(center, (radius_px, 0.0), (0.0, radius_px), corners)


def ellipse_outline(ends: Sequence[ImagePoint]) -> tuple[ImagePoint, ...]:
    """An ellipse as a closed polygon, by both ends of its major axis, then both ends of its minor one."""
    first, second, third, fourth = ends
    center = ImagePoint((first.column + second.column) / 2, (first.row + second.row) / 2)
    major = (second.column - first.column) / 2, (second.row - first.row) / 2
    minor = (fourth.column - third.column) / 2, (fourth.row - third.row) / 2
    return _round_outline(center, major, minor, ROUND_CORNERS)


def _round_outline(
    center: ImagePoint, major: tuple[float, float], minor: tuple[float, float], corners: int
) -> tuple[ImagePoint, ...]:
    turns = (2 * math.pi * number / corners for number in range(corners))
    return tuple(
        ImagePoint(
            center.column + math.cos(turn) * major[0] + math.sin(turn) * minor[0],
            center.row + math.cos(turn) * major[1] + math.sin(turn) * minor[1],
        )
        for turn in turns
    )


def greatest_extent(points: Sequence[ImagePoint], spacing: PixelSpacing) -> Millimetres:
    """Largest distance between any two of `points`, over their convex hull."""
    hull = convex_hull(points)
    lengths = (spacing.distance(a, b).value for i, a in enumerate(hull) for b in hull[i + 1 :])
    return Millimetres(max(lengths, default=0.0), spacing.basis)
