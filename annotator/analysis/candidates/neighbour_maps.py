"""Maps of what is likely around each candidate, and of lines: chains, walls of arteries, clusters and hairs are seen in them."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.lines import Lines
from annotator.analysis.candidates.patches import SIDE

CELLS_MM = (0.4, 1.2)
"""Of the near map and the far one; SIDE cells each way."""

_LEAST_ODDS, _STEP, _MOST = -6.0, 4.0, 3.0
"""Log odds that count as nothing, and how they are scaled."""


CHANNELS = 2 * len(CELLS_MM)

Values = NDArray[np.float32]


def line_cells(lines: Lines, pixel_mm: float) -> Values:
    """How strong the strongest piece of line is in each of the near cells of an image, squeezed; 0 where there is none."""
    apart = CELLS_MM[0] / (pixel_mm * lines.step)
    wide = max(1, round(apart)) | 1
    highest = cv2.dilate(lines.response, np.ones((wide, wide), np.uint8))
    rows, columns = (
        np.minimum(((np.arange(int(length / apart) + 1) + 0.5) * apart).astype(np.int64), length - 1)
        for length in highest.shape
    )
    strong = np.maximum(highest[rows[:, None], columns], 0)
    return np.asarray(np.arcsinh(strong / _LINE_UNIT), np.float32)


_LINE_UNIT = 2.0


def neighbour_maps(
    x_mm: NDArray[np.floating],
    y_mm: NDArray[np.floating],
    odds: NDArray[np.floating],
    lines: NDArray[np.floating],
) -> Values:
    """For each candidate the highest log odds in the cells about it, near and far, then the strongest lines there.

    `lines` are those of `line_cells`; the shape is (n, CHANNELS, SIDE, SIDE). Of odds its own cell is left empty: what is
    on the same spot says nothing new.
    """
    height = np.clip((odds - _LEAST_ODDS) / _STEP, 0, _MOST).astype(np.float32)
    made = np.zeros((len(height), CHANNELS, SIDE, SIDE), np.float32)
    if not len(height):
        return made
    reach = SIDE // 2
    for number, cell in enumerate(CELLS_MM):
        i, j = ((at / cell).astype(np.int64) for at in (y_mm, x_mm))
        whole = np.zeros((int(i.max()) + 1, int(j.max()) + 1), np.float32)
        np.maximum.at(whole, (i, j), height)
        made[:, number] = _about(whole, i, j)
        # where the image ends says nothing of what is there
        cells = _coarser(lines, round(cell / CELLS_MM[0]))
        made[:, len(CELLS_MM) + number] = _about(cells, i, j, mode="symmetric")
    made[:, : len(CELLS_MM), reach, reach] = 0
    return made


def _about(
    whole: Values,
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    mode: Literal["constant", "symmetric"] = "constant",
) -> Values:
    """SIDE cells each way about each place; beyond the edges nought, or what is within them mirrored."""
    reach = SIDE // 2
    around = np.arange(SIDE)
    beyond = max(0, int(i.max()) + 1 - whole.shape[0]), max(0, int(j.max()) + 1 - whole.shape[1])
    padded = np.pad(whole, ((reach, reach + beyond[0]), (reach, reach + beyond[1])), mode=mode)
    return np.asarray(padded[i[:, None, None] + around[:, None], j[:, None, None] + around], np.float32)


def _coarser(cells: NDArray[np.floating], times: int) -> Values:
    """The highest of `times` by `times` cells."""
    rows, columns = (-(-length // times) * times for length in cells.shape)
    padded = np.pad(cells, ((0, rows - cells.shape[0]), (0, columns - cells.shape[1])))
    blocks = padded.reshape(rows // times, times, columns // times, times)
    return np.asarray(blocks.max(axis=(1, 3)), np.float32)
