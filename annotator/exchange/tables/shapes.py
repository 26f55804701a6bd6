"""What is drawn for a mark or cluster, in pixels of the stored image: polygon, box and area."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from annotator.model.geometry import ImagePoint, circle_outline, polygon_area
from annotator.model.mark import Mark

CORNERS = 24
"""Of the polygon that stands for a circle: its area is 1.1 % smaller."""


class MadeOf(StrEnum):
    """Where the shape of an object comes from."""

    OUTLINE = "outline"
    CIRCLE = "circle"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle along the image's edges, in pixels."""

    left: float
    top: float
    width: float
    height: float

    def within(self, columns: int, rows: int) -> Box:
        """The part of it on an image of that size."""
        left, top = min(max(self.left, 0.0), columns), min(max(self.top, 0.0), rows)
        right = min(max(self.left + self.width, 0.0), columns)
        bottom = min(max(self.top + self.height, 0.0), rows)
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True)
class Shape:
    """A closed polygon without repeating its first corner, and what it was made of."""

    polygon: tuple[ImagePoint, ...]
    drawn: MadeOf

    @cached_property
    def box(self) -> Box:
        """The smallest rectangle around it."""
        return box_around(self.polygon)

    @property
    def area(self) -> float:
        """Pixels inside (shoelace formula)."""
        return polygon_area(self.polygon)


def shape_of(mark: Mark) -> Shape:
    """The measured outline; without one a circle of the measured diameter; of a mark never measured, its pixel."""
    measured = mark.measurement
    if measured is not None and len(measured.outline) > 2:
        return Shape(measured.outline, MadeOf.OUTLINE)
    if measured is not None and measured.diameter_px > 0:
        return Shape(circle_outline(measured.center, measured.diameter_px / 2, CORNERS), MadeOf.CIRCLE)
    column, row = math.floor(mark.point.column), math.floor(mark.point.row)
    corners = ((column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1))
    return Shape(tuple(ImagePoint(float(c), float(r)) for c, r in corners), MadeOf.POINT)


def box_around(points: Sequence[ImagePoint]) -> Box:
    """The smallest rectangle around at least one point."""
    left, top = min(p.column for p in points), min(p.row for p in points)
    right, bottom = max(p.column for p in points), max(p.row for p in points)
    return Box(left, top, right - left, bottom - top)
