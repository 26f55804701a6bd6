"""Smooth curves of presentation states as points on the image (PS3.3 C.10.5.1.2)."""

from __future__ import annotations

from collections.abc import Sequence

from annotator.model.geometry import ImagePoint

BETWEEN = 8
"""Points between two of a curve."""

Place = tuple[float, float]


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
