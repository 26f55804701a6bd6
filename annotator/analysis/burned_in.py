"""Text burned into the pixels beside the breast: where something bright looks like letters.

Nothing is read here: whether it is a name or a marker of lead, a person has to say. `marker` is only a guess by size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LOOKED_AT_MM = 0.2
"""Pixels are joined to about this size: strokes of the smallest print, 1.5 mm high, are as wide."""
ASSUMED_MM = 240.0
"""Height of a picture whose file does not tell its spacing: that of a film or large detector."""
KEPT_OFF_MM = 3.0
"""Around the breast: skin, nipple and what lies on them are no text."""
SMALLEST_MM, LARGEST_MM = 1.0, 25.0
"""Heights of letters: print on a picture, and large letters of lead."""
MARKER_MM, MARKER_LETTERS = 4.0, 6
"""Letters of lead are 5 to 10 mm high, and few: R CC, L MLO and the like."""
PLATE_MM = 120.0
_SPREADS, _SHARE = 8.0, 0.12
"""A letter stands out of the air by so many spreads of its noise, and by that share of all greys of the image."""
_AIR = 0.025
"""Most that air varies, as a share of all greys: it has below 0.001 on views of a whole breast, tissue 0.04 or more."""
_RIM = 0.5
_MOST_SHAPES = 4000


@dataclass(frozen=True, slots=True)
class TextRegion:
    """A rectangle in whole pixels of the stored image that holds what looks like letters.

    `letters` counts them, 0 for a plate that is bright as a whole; `height_mm` is that of one, by the spacing of the file
    or one that was assumed. `marker`: few and large, as letters of lead that say side and view.
    """

    column: int
    row: int
    columns: int
    rows: int
    letters: int
    height_mm: float
    marker: bool


@dataclass(frozen=True, slots=True)
class _Shape:
    left: int
    top: int
    width: int
    height: int
    area: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height


def text_regions(
    frame: NDArray[np.generic], tissue: NDArray[np.bool_], tissue_block: int, spacing_mm: float | None
) -> tuple[TextRegion, ...] | None:
    """What looks like letters on a frame of stored values, outside the breast; from the top down.

    `tissue` is True where a cell of `tissue_block` pixels each way shows tissue. None where the breast fills the picture,
    so that there is no air to look in.
    """
    spacing = ASSUMED_MM / max(frame.shape) if spacing_mm is None else spacing_mm
    block = max(1, round(LOOKED_AT_MM / spacing)) if min(frame.shape) > 1000 else 1
    unit = spacing * block
    outside = _outside(frame, _largest(tissue), tissue_block, block, spacing)
    bright = _bright(frame, block, outside)
    if bright is None:
        return None
    shapes = [*_shapes(bright, unit)]
    groups = _groups(
        [one for one in shapes if one.height * unit <= LARGEST_MM and one.width * unit <= LARGEST_MM]
    )
    found = [region for group in groups if (region := _region(group, unit, block, frame.shape)) is not None]
    found += [_plate(one, unit, block, frame.shape) for one in shapes if _is_plate(one, bright, unit)]
    return tuple(sorted(found, key=lambda one: (one.row, one.column)))


def breast_share(
    tissue: NDArray[np.bool_], tissue_block: int, column: int, row: int, columns: int, rows: int
) -> float:
    """Which share of a rectangle of pixels is breast; `tissue` as for `text_regions`."""
    down = slice(row // tissue_block, -(-(row + rows) // tissue_block))
    across = slice(column // tissue_block, -(-(column + columns) // tissue_block))
    part = _largest(tissue)[down, across]
    return float(part.mean()) if part.size else 0.0


def _outside(
    frame: NDArray[np.generic], breast: NDArray[np.bool_], breast_block: int, block: int, spacing: float
) -> NDArray[np.bool_]:
    """True on joined pixels that lie clear of the breast."""
    reach = max(1, round(KEPT_OFF_MM / (spacing * breast_block)))
    square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    near = np.asarray(cv2.dilate(breast.astype(np.uint8), square))
    rows, columns = (length // block for length in frame.shape)
    across = np.minimum(np.arange(columns) * block // breast_block, near.shape[1] - 1)
    down = np.minimum(np.arange(rows) * block // breast_block, near.shape[0] - 1)
    return np.asarray(near[np.ix_(down, across)] == 0)


def _largest(tissue: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest piece of a mask: the breast; letters of lead are pieces by themselves."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(tissue.astype(np.uint8), connectivity=4)
    if count < 2:
        return tissue
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


def _bright(frame: NDArray[np.generic], block: int, outside: NDArray[np.bool_]) -> NDArray[np.uint8] | None:
    """1 where joined pixels differ clearly from the air around, brighter or darker; None where there is no air."""
    rows, columns = outside.shape
    parts = [
        frame[down : rows * block : block, across : columns * block : block]
        for down in range(block)
        for across in range(block)
    ]
    # one cell after the other: to reduce over short axes takes twenty times as long
    high, low = parts[0].astype(np.float32), parts[0].astype(np.float32)
    for part in parts[1:]:
        np.maximum(high, part, out=high)
        np.minimum(low, part, out=low)
    if not outside.any():
        return None
    air = float(np.median(high[outside])), float(np.median(low[outside]))
    spread = 1.4826 * float(np.median(np.abs(high[outside] - air[0])))
    greys = float(high.max() - low.min())
    if spread > _AIR * greys:
        return None
    least = max(_SPREADS * spread, _SHARE * greys)
    far = (high - air[0] > least) | (air[1] - low > least)
    return _without_rim((far & outside).astype(np.uint8))


def _without_rim(bright: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same without the bright rim of a film, which letters may touch: rows and columns that are mostly bright."""
    for side in (bright, bright[::-1], bright.T, bright.T[::-1]):
        rim = side[: max(1, len(side) // 20)].mean(axis=1) > _RIM
        side[: int(np.argmin(rim)) if not rim.all() else len(rim)] = 0
    return bright


def _shapes(bright: NDArray[np.uint8], unit: float) -> Iterator[_Shape]:
    count, _, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    if count > _MOST_SHAPES:
        return
    for left, top, width, height, area in stats[1:].tolist():
        long, short = max(width, height), min(width, height)
        if long * unit >= SMALLEST_MM and short > 0 and long <= 12 * short + 2 and area >= 4:
            yield _Shape(left, top, width, height, area)


def _groups(shapes: list[_Shape]) -> list[list[_Shape]]:
    """Shapes of like size one beside the other, along a row or a column."""
    parent = list(range(len(shapes)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    order = sorted(range(len(shapes)), key=lambda one: shapes[one].left)
    for place, one in enumerate(order):
        for other in order[place + 1 :]:
            size = max(*_size(shapes[one]), *_size(shapes[other]))
            if shapes[other].left - shapes[one].right > 1.5 * size:
                break
            if _belong(shapes[one], shapes[other]):
                parent[root(other)] = root(one)
    groups: dict[int, list[_Shape]] = {}
    for one, shape in enumerate(shapes):
        groups.setdefault(root(one), []).append(shape)
    return list(groups.values())


def _size(one: _Shape) -> tuple[int, int]:
    return one.width, one.height


def _belong(one: _Shape, other: _Shape) -> bool:
    size, less = max(*_size(one), *_size(other)), min(max(_size(one)), max(_size(other)))
    if size > 2.5 * less:
        return False
    across = max(one.left, other.left) - min(one.right, other.right)
    down = max(one.top, other.top) - min(one.bottom, other.bottom)
    return across <= 1.2 * size and down <= 1.2 * size and (down < 0 or across < 0)


def _region(group: list[_Shape], unit: float, block: int, shape: tuple[int, ...]) -> TextRegion | None:
    height = float(np.median([min(max(_size(one)), 2 * one.height) for one in group])) * unit
    fill = sum(one.area for one in group) / sum(one.width * one.height for one in group)
    alone = len(group) == 1
    if alone and (height < MARKER_MM or not 0.1 < fill < 0.75):
        return None
    if not alone and fill > 0.97 and height < MARKER_MM:
        return None
    left, top = min(one.left for one in group), min(one.top for one in group)
    right, bottom = max(one.right for one in group), max(one.bottom for one in group)
    if min(right - left, bottom - top) * unit < SMALLEST_MM:
        return None
    return _rectangle(
        _Shape(left, top, right - left, bottom - top, 0), unit, block, shape, len(group), height
    )


def _is_plate(one: _Shape, bright: NDArray[np.uint8], unit: float) -> bool:
    """Whether something larger than a letter is a bright plate with dark writing in it."""
    longest = max(_size(one)) * unit
    if not LARGEST_MM < longest <= PLATE_MM or one.area < 0.5 * one.width * one.height:
        return False
    inside = bright[one.top : one.bottom, one.left : one.right] == 0
    count, _, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=4)
    return int(np.count_nonzero(stats[1:, cv2.CC_STAT_AREA] >= 4)) >= 4 if count > 1 else False


def _plate(one: _Shape, unit: float, block: int, shape: tuple[int, ...]) -> TextRegion:
    return _rectangle(one, unit, block, shape, 0, min(_size(one)) * unit)


def _rectangle(
    one: _Shape, unit: float, block: int, shape: tuple[int, ...], letters: int, height: float
) -> TextRegion:
    """In pixels of the image, with a little around it for soft edges; never as far as the breast is kept off."""
    around = max(1, round(min(0.25 * height, 0.5 * KEPT_OFF_MM) / unit))
    left, top = max(one.left - around, 0) * block, max(one.top - around, 0) * block
    right, bottom = min((one.right + around) * block, shape[1]), min((one.bottom + around) * block, shape[0])
    marker = 0 < letters <= MARKER_LETTERS and height >= MARKER_MM
    return TextRegion(left, top, right - left, bottom - top, letters, round(height, 1), marker)
