"""Graphics of presentation states as points on the image (PS3.3 C.10.5.1.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from annotator.model.geometry import ImagePoint

AROUND = 64
"""Points of a circle or an ellipse: the chords of a circle of 100 pixels stay within a tenth of a pixel of it."""
BETWEEN = 8
"""Points between two of a curve."""

Place = tuple[float, float]


def circle(middle: Place, on_it: Place) -> tuple[ImagePoint, ...]:
    """A circle by its middle and a point on it."""
    radius = math.dist(middle, on_it)
    return _around(middle, (radius, 0.0), (0.0, radius))


def ellipse(ends: Sequence[Place]) -> tuple[ImagePoint, ...]:
    """An ellipse by both ends of its long axis, then both ends of its short one."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = ends
    middle = ((ax + bx) / 2, (ay + by) / 2)
    return _around(middle, ((bx - ax) / 2, (by - ay) / 2), ((dx - cx) / 2, (dy - cy) / 2))


def _around(middle: Place, half: Place, other_half: Place) -> tuple[ImagePoint, ...]:
    turns = (2 * math.pi * step / AROUND for step in range(AROUND))
    return tuple(
        ImagePoint(
            middle[0] + half[0] * math.cos(turn) + other_half[0] * math.sin(turn),
            middle[1] + half[1] * math.cos(turn) + other_half[1] * math.sin(turn),
        )
        for turn in turns
    )


def curve(points: Sequence[Place], *, closed: bool) -> tuple[ImagePoint, ...]:
    """A smooth curve through points (Catmull-Rom); the standard leaves open which curve it is."""
    count = len(points)
    drawn: list[ImagePoint] = []
    for at in range(count if closed else count - 1):
        places = [
            points[index % count] if closed else points[min(max(index, 0), count - 1)]
            for index in range(at - 1, at + 3)
        ]
        drawn += [_between(places, step / BETWEEN) for step in range(BETWEEN)]
    return tuple(drawn) if closed else (*drawn, ImagePoint(*points[-1]))


def _between(places: Sequence[Place], share: float) -> ImagePoint:
    def along(before: float, start: float, end: float, after: float) -> float:
        bend = 2 * before - 5 * start + 4 * end - after
        rest = 3 * start - before - 3 * end + after
        return (2 * start + ((rest * share + bend) * share + end - before) * share) / 2

    columns, rows = zip(*places, strict=True)
    return ImagePoint(along(*columns), along(*rows))
