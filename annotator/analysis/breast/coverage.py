"""Which cells of an image hold breast, and which of them a view shows at acquisition resolution."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.model.geometry import ViewTransform

CELL_PX = 32
"""Side of a cell in image pixels: 2 to 3 mm, smaller than any cluster that counts as one."""
LEAST_PART = 0.05
"""What is smaller than this part of the largest piece of tissue is a letter or a label, no breast."""
_ROUNDING = 1e-6


def grid_size(columns: int, rows: int, cell_px: int = CELL_PX) -> tuple[int, int]:
    """Columns and rows of cells of an image; the last ones may reach beyond it."""
    return -(-columns // cell_px), -(-rows // cell_px)


def breast_outline(tissue: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask of tissue without letters and labels in the air, and with dark fat inside the breast filled."""
    outlines, _ = cv2.findContours(tissue.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(tissue.shape, np.uint8)
    if not outlines:
        return filled.astype(np.bool_)
    sizes = []
    for outline in outlines:
        alone = cv2.drawContours(np.zeros_like(filled), [outline], 0, 1, cv2.FILLED)
        sizes.append(int(alone.sum()))
    least = LEAST_PART * max(sizes)
    kept = [outline for outline, size in zip(outlines, sizes, strict=True) if size >= least]
    return np.asarray(cv2.drawContours(filled, kept, -1, 1, cv2.FILLED)).astype(np.bool_)


def breast_cells(
    tissue: NDArray[np.bool_], block: int, columns: int, rows: int, cell_px: int = CELL_PX
) -> int:
    """Bits of the cells of an image of `columns` x `rows` pixels that hold any breast (model.coverage.Seen).

    `tissue` says it for squares of `block` image pixels, the last ones possibly in part.
    """
    down, across = (
        _spans(rows, tissue.shape[0], block, cell_px),
        _spans(columns, tissue.shape[1], block, cell_px),
    )
    # sums over all squares above and to the left, so that any rectangle takes four look-ups
    total = np.zeros((tissue.shape[0] + 1, tissue.shape[1] + 1), np.int64)
    total[1:, 1:] = tissue.cumsum(0, np.int64).cumsum(1)
    (top, bottom), (left, right) = down, across
    inside = (
        total[bottom][:, right] - total[top][:, right] - total[bottom][:, left] + total[top][:, left]
    )  # fmt: skip
    return bits_of(inside > 0)


def cells_in_view(view: ViewTransform, width: int, height: int, cell_px: int = CELL_PX) -> int:
    """Bits of the cells that lie wholly inside a view of `width` x `height` device pixels.

    None when an image pixel has less than one device pixel in either direction: then pixels are put
    together, and the picture on the screen is not what was acquired.
    """
    if min(view.scale, view.scale_down) < 1 - _ROUNDING:
        return 0
    a, b = view.to_image(0, 0), view.to_image(width, height)
    columns, rows = grid_size(view.columns, view.rows, cell_px)
    across = _whole(a.column, b.column, view.columns, columns, cell_px)
    down = _whole(a.row, b.row, view.rows, rows, cell_px)
    return _block(across, down, columns)


def cells_touched(
    view: ViewTransform, rect: tuple[float, float, float, float], cell_px: int = CELL_PX
) -> int:
    """Bits of the cells of which any part lies in a rectangle of the screen (left, top, right, bottom)."""
    left, top, right, bottom = rect
    a, b = view.to_image(left, top), view.to_image(right, bottom)
    columns, rows = grid_size(view.columns, view.rows, cell_px)
    across, down = _any(a.column, b.column, columns, cell_px), _any(a.row, b.row, rows, cell_px)
    return _block(across, down, columns)


def bits_of(cells: NDArray[np.bool_]) -> int:
    """The cells (rows, columns) as bits, row by row, the first one lowest."""
    return int.from_bytes(np.packbits(cells, axis=None, bitorder="little").tobytes(), "little")


def cells_of(bits: int, columns: int, rows: int) -> NDArray[np.bool_]:
    """Inverse of `bits_of`: (rows, columns)."""
    count = columns * rows
    stored = np.frombuffer(bits.to_bytes(-(-count // 8), "little"), np.uint8)
    return np.unpackbits(stored, count=count, bitorder="little").astype(np.bool_).reshape(rows, columns)


def _spans(
    pixels: int, squares: int, block: int, cell_px: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each cell along one axis the first square it overlaps and the one after the last."""
    begin = np.arange(0, pixels, cell_px, dtype=np.int64)
    end = np.minimum(begin + cell_px, pixels)
    return np.minimum(begin // block, squares), np.minimum(-(-end // block), squares)


def _whole(one: float, other: float, pixels: int, cells: int, cell_px: int) -> range:
    """The cells along one axis that lie between two places, what reaches beyond the image not counted."""
    low, high = min(one, other), max(one, other)
    first = max(math.ceil((low - _ROUNDING) / cell_px), 0)
    stop = cells if high >= pixels - _ROUNDING else math.floor((high + _ROUNDING) / cell_px)
    return range(first, max(stop, first))


def _any(one: float, other: float, cells: int, cell_px: int) -> range:
    """The cells along one axis that reach between two places."""
    low, high = min(one, other), max(one, other)
    first = min(max(math.floor(low / cell_px), 0), cells)
    return range(first, max(min(math.ceil(high / cell_px), cells), first))


def _block(across: range, down: range, columns: int) -> int:
    """Bits of a rectangle of cells."""
    one_row = ((1 << len(across)) - 1) << across.start if across else 0
    bits = 0
    for row in down:
        bits |= one_row << (row * columns)
    return bits
