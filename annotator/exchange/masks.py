"""Outlines as pixels and pixels as outlines: a pixel belongs where its centre lies inside (even-odd rule)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.model.geometry import ImagePoint

Mask = NDArray[np.bool_]

_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))
"""Right, down, left, up: as (columns, rows)."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The pixels of one thing: `pixels` (rows, columns) lies with its first pixel at (`top`, `left`)."""

    top: int
    left: int
    pixels: Mask

    def put_on(self, mask: Mask) -> None:
        """Add the pixels to a mask of the whole image."""
        rows, columns = self.pixels.shape
        mask[self.top : self.top + rows, self.left : self.left + columns] |= self.pixels


def patch_of(outline: Sequence[ImagePoint], at: ImagePoint, rows: int, columns: int) -> Patch:
    """The pixels of an outline on an image of `rows` x `columns`; where it holds no centre, the pixel `at` lies in.

    So no spot vanishes, however small. What lies beyond the image is cut off; a point there counts for the nearest pixel.
    """
    found = _filled(outline, rows, columns) if len(outline) > 2 else None
    if found is None or not found.pixels.any():
        row = int(np.clip(np.floor(at.row), 0, rows - 1))
        column = int(np.clip(np.floor(at.column), 0, columns - 1))
        return Patch(row, column, np.ones((1, 1), np.bool_))
    return found


def _filled(outline: Sequence[ImagePoint], rows: int, columns: int) -> Patch | None:
    corners = np.array([(one.column, one.row) for one in outline])
    left, top = np.maximum(np.floor(corners.min(0)), 0).astype(int)
    right, bottom = np.minimum(np.ceil(corners.max(0)), (columns, rows)).astype(int)
    if left >= right or top >= bottom:
        return None
    x, y = corners.T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    middle = np.arange(top, bottom) + 0.5
    edge, row = np.nonzero((y[:, None] > middle) != (next_y[:, None] > middle))
    share = (middle[row] - y[edge]) / (next_y[edge] - y[edge])
    crossing = x[edge] + share * (next_x[edge] - x[edge])
    # the centre c + 0.5 lies left of the crossing for all columns before this one
    before = np.clip(np.ceil(crossing - 0.5).astype(int) - left, 0, right - left)
    odd = np.zeros((bottom - top, right - left + 1), np.int32)
    np.add.at(odd, (row, before), 1)
    return Patch(int(top), int(left), np.cumsum(odd, axis=1)[:, :-1] % 2 == 1)


@dataclass(frozen=True, slots=True)
class Traced:
    """One piece of a mask: `outline` along the edges of its pixels, `middle` the mean of their centres.

    Pixels that touch at a corner belong together. `holes`: whether it has holes, which the outline passes over.
    """

    outline: tuple[ImagePoint, ...]
    middle: ImagePoint
    holes: bool


def traced(mask: Mask) -> Iterator[Traced]:
    """The pieces of a mask, from the top down; without holes, `patch_of` of an outline gives the same pixels back."""
    if not mask.any():
        return
    above, before = int(mask.any(axis=1).argmax()), int(mask.any(axis=0).argmax())
    part = mask[above:, before:].astype(np.uint8)
    count, labels, stats, middles = cv2.connectedComponentsWithStats(part, connectivity=8)
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        path = _around(labels[top : top + height, left : left + width] == number)
        left, top = left + before, top + above
        column, row = (float(value) for value in middles[number])
        yield Traced(
            outline=tuple(ImagePoint(float(left + x), float(top + y)) for x, y in path),
            middle=ImagePoint(column + before + 0.5, row + above + 0.5),
            holes=_area(path) > area,
        )


def _around(piece: Mask) -> list[tuple[int, int]]:
    """Corners of the outer edge of a piece, clockwise as displayed, with the piece always at the right hand."""
    pixels = np.pad(piece, 1)
    start = (int(np.argmax(piece[0])), 0)
    (x, y), heading = start, 0
    corners = [start]
    while True:
        across, down = _STEPS[heading]
        x, y = x + across, y + down
        # the pixels ahead, to the left and to the right; [row + 1, column + 1] because of the padding
        ahead_left, ahead_right = _ahead(pixels, x, y, heading)
        turn = -1 if ahead_left else 0 if ahead_right else 1
        if (x, y) == start and (heading + turn) % 4 == 0:
            return corners
        if turn:
            corners.append((x, y))
            heading = (heading + turn) % 4


def _ahead(pixels: Mask, x: int, y: int, heading: int) -> tuple[bool, bool]:
    """Whether the two pixels ahead of corner (x, y) belong to the piece: that on the left hand, that on the right."""
    upper_left, upper_right = bool(pixels[y, x]), bool(pixels[y, x + 1])
    lower_left, lower_right = bool(pixels[y + 1, x]), bool(pixels[y + 1, x + 1])
    return (
        (upper_right, lower_right),
        (lower_right, lower_left),
        (lower_left, upper_left),
        (upper_left, upper_right),
    )[heading]


def _area(corners: Sequence[tuple[int, int]]) -> int:
    """Pixels within a path along their edges (shoelace)."""
    pairs = zip(corners, (*corners[1:], *corners[:1]), strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) // 2
