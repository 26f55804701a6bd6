"""The places to look from so that all of a breast is seen at 1:1, in the order they are read."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from annotator.model.geometry import ImagePoint, Orientation

OVERLAP = 0.05
"""Part of a view that is seen again in the next one, so that nothing at an edge is missed."""

_Axis = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Where each cell begins and ends along one axis of the displayed image, in its pixels."""


def quadrants(
    cells: NDArray[np.bool_],
    cell_px: int,
    image: tuple[int, int],
    view: tuple[float, float],
    orientation: Orientation = Orientation(),  # noqa: B008  a frozen value
    chest_wall: Literal["left", "right", "center"] = "left",
) -> tuple[ImagePoint, ...]:
    """Centres, in the stored image, of views that together show every cell of `cells` wholly.

    `cells` (rows, columns) are those of the stored image that hold breast; `image` its columns and rows;
    `view` how many displayed pixels across and down are seen at once. The order is that of the image as
    it hangs: from the upper end at the chest wall outwards, and back one view lower. A view smaller than
    a cell shows none wholly; then the views come as near as they can.
    """
    shown = _turned(cells, orientation)
    if not shown.any():
        return ()
    columns, rows = image
    width, height = orientation.displayed_size(columns, rows)
    across = _axis(shown.shape[1], width, cell_px, orientation.flip_columns)
    down = _axis(shown.shape[0], height, cell_px, orientation.flip_rows)
    left_first = chest_wall != "right"
    centres: list[ImagePoint] = []
    missing = shown.copy()
    for band, top in enumerate(_starts(down, np.asarray(shown.any(axis=1)), view[1], cell_px)):
        seen_rows = _inside(down, top, view[1])
        needed = np.asarray(missing[seen_rows].any(axis=0))
        if not needed.any():
            continue
        starts = _starts(across, needed, view[0], cell_px)
        for left in starts if left_first == (band % 2 == 0) else reversed(starts):
            seen = np.ix_(seen_rows, _inside(across, left, view[0]))
            if not missing[seen].any():
                continue
            missing[seen] = False
            x = _kept(left, view[0], width, chest_wall)
            y = _kept(top, view[1], height, "center")
            at = ImagePoint(x + view[0] / 2, y + view[1] / 2)
            centres.append(orientation.to_stored(at, columns, rows))
    return tuple(centres)


def _turned(cells: NDArray[np.bool_], orientation: Orientation) -> NDArray[np.bool_]:
    shown = cells.T if orientation.transpose else cells
    if orientation.flip_columns:
        shown = shown[:, ::-1]
    return shown[::-1] if orientation.flip_rows else shown


def _axis(cells: int, pixels: int, cell_px: int, flipped: bool) -> _Axis:
    begin = np.arange(cells, dtype=np.float64) * cell_px
    end = np.minimum(begin + cell_px, pixels)
    return (pixels - end[::-1], pixels - begin[::-1]) if flipped else (begin, end)


def _starts(axis: _Axis, needed: NDArray[np.bool_], length: float, cell_px: int) -> list[float]:
    """Where evenly spaced views of `length` begin, such that each needed cell lies wholly inside one."""
    begin, end = axis
    at = np.flatnonzero(needed)
    first, last = float(begin[at[0]]), float(end[at[-1]])
    extent = last - first
    if extent <= length:
        return [first - (length - extent) / 2]
    again = min(max(cell_px, OVERLAP * length), length / 2 if length > 2 * cell_px else cell_px)
    count = math.ceil((extent - again) / max(length - again, 1.0))
    return [first + n * (extent - length) / (count - 1) for n in range(count)]


def _inside(axis: _Axis, start: float, length: float) -> NDArray[np.intp]:
    begin, end = axis
    # half a thousandth of a pixel covers what dividing evenly leaves
    return np.flatnonzero((begin >= start - 5e-4) & (end <= start + length + 5e-4))


def _kept(start: float, length: float, pixels: int, align: str) -> float:
    """A view shifted so that it shows no air it need not; an image smaller than it stands at `align`."""
    spare = pixels - length
    if spare >= 0:
        return min(max(start, 0.0), spare)
    return {"left": 0.0, "right": spare}.get(align, spare / 2)
