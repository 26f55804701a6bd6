"""What is drawn on an image for a calcification, a cluster or marks that nobody outlined, and how exactly."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotator.model.geometry import ImagePoint, convex_hull
from annotator.model.image import ImageInfo
from annotator.model.mark import Mark

POINT, CIRCLE, POLYLINE = "POINT", "CIRCLE", "POLYLINE"

AROUND_PX = 3.0
"""From a mark of no known size to the outline that the program draws around marks."""

AS_WRITTEN_PX = 2e-3
"""As near as coordinates of 32 bits are to what was written in full: half of their step at 16,384 pixels."""


@dataclass(frozen=True, slots=True)
class Region:
    """A graphic of PS3.3 C.18.6.1.2; a closed POLYLINE ends with the point it begins with, a CIRCLE is its centre and
    a point on it.
    """

    graphic: str
    points: tuple[ImagePoint, ...]


def region_of_mark(mark: Mark, info: ImageInfo) -> Region:
    """Its measured outline; else a circle of its diameter; else the place of the click."""
    measured = mark.measurement
    if measured is None:
        return Region(POINT, inside((mark.point,), info))
    if len(measured.outline) > 2:
        return closed(measured.outline, info)
    radius = measured.size_px / 2
    rim = ImagePoint(measured.center.column + radius, measured.center.row)
    if radius < 0.5 or (measured.center, rim) != inside((measured.center, rim), info):
        return Region(POINT, inside((mark.point,), info))
    return Region(CIRCLE, (measured.center, rim))


def closed(outline: Sequence[ImagePoint], info: ImageInfo) -> Region:
    """A closed outline, drawn no farther than the edge of the image."""
    drawn = inside(outline, info)
    return Region(POLYLINE, (*drawn, drawn[0]))


def around(marks: Iterable[Mark], info: ImageInfo) -> Region:
    """The outline around marks that the reader did not draw: the hull of squares about them."""
    corners = []
    for mark in marks:
        reach = AROUND_PX if mark.measurement is None else max(AROUND_PX, mark.measurement.size_px / 2)
        corners += [
            ImagePoint(mark.point.column + across * reach, mark.point.row + down * reach)
            for across in (-1, 1)
            for down in (-1, 1)
        ]
    return closed(convex_hull(corners), info)


def as_written(
    points: Sequence[ImagePoint], exact: Sequence[ImagePoint] | None, size: tuple[float, float]
) -> bool:
    """Whether points read from a file are those that a record tells in full, drawn within an image of `size`."""
    if exact is None or len(points) != len(exact):
        return False
    return all(
        abs(one.column - min(max(full.column, 0.0), size[0])) <= AS_WRITTEN_PX
        and abs(one.row - min(max(full.row, 0.0), size[1])) <= AS_WRITTEN_PX
        for one, full in zip(points, exact, strict=True)
    )


def in_full(points: Iterable[ImagePoint], info: ImageInfo) -> bool:
    """Whether 32 bits hold these coordinates as they are, none of them outside the image."""
    return all(
        number == struct.unpack("f", struct.pack("f", number))[0] and 0 <= number <= most
        for point in points
        for number, most in ((point.column, info.columns), (point.row, info.rows))
    )


def middle(points: Sequence[ImagePoint]) -> ImagePoint:
    """The mean of some points."""
    return ImagePoint(
        math.fsum(p.column for p in points) / len(points), math.fsum(p.row for p in points) / len(points)
    )


def inside(points: Iterable[ImagePoint], info: ImageInfo) -> tuple[ImagePoint, ...]:
    """The points, those beyond the edge of the image at its edge, where coordinates of a region end."""
    return tuple(
        ImagePoint(min(max(p.column, 0.0), float(info.columns)), min(max(p.row, 0.0), float(info.rows)))
        for p in points
    )
