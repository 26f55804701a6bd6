"""Rows and columns of the detector that were read out a little off, found in a ground and evened in place."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.noise import FloatImage

BLOCK_MM = 4.0
"""Pieces of a row or column whose means are compared with those of its neighbours."""
LEAST_MM = 16.0
"""No vessel and no fold is so straight for so long on the same one or two pixels."""

_ASIDE = (2, 3, 4)
"""Neighbours that are asked, in pixels: a line is one or two wide."""
_SURE_Z, _OFF_Z = 3.5, 1.8
_WIDEST = 2
"""Where more than so many side by side are off, it is a fold or the edge of the muscle."""
_LEAST_COLUMNS = 16
_FULL = 0.6
"""Share of a block that must be breast."""


def even_readout(values: FloatImage, inside: NDArray[np.uint8], pixel_mm: float) -> None:
    """Take from each misread row and column what it is above or below its neighbours, in place.

    A piece counts when it is off by more than noise explains, the same way, along `LEAST_MM` at least.
    """
    _even_columns(values, inside, pixel_mm)
    _even_columns(values.T, inside.T, pixel_mm)


def _even_columns(values: FloatImage, inside: NDArray[np.uint8], pixel_mm: float) -> None:
    rows, columns = values.shape
    side = max(8, round(BLOCK_MM / pixel_mm))
    blocks = rows // side
    if blocks * BLOCK_MM < LEAST_MM or columns < _LEAST_COLUMNS:
        return
    off, known = _off(values, inside, side)
    if not known.any():
        return
    spread = max(1.4826 * float(np.median(np.abs(off[known]))), 1e-3)
    z = np.where(known, off / spread, 0)
    for sign in (1, -1):
        for top, bottom, column in _runs(sign * z, round(LEAST_MM / BLOCK_MM)):
            begin, end = top * side, bottom * side if bottom < blocks else rows
            at = (np.arange(begin, end) + 0.5) / side - 0.5
            amount = np.interp(at, np.arange(top, bottom), off[top:bottom, column])
            values[begin:end, column] -= amount.astype(np.float32)


def _off(values: FloatImage, inside: NDArray[np.uint8], side: int) -> tuple[FloatImage, NDArray[np.bool_]]:
    """How far the mean of each block of `side` pixels of a column is from its neighbours', and where that is known."""
    blocks, columns = len(values) // side, values.shape[1]
    covered, means = (
        np.asarray(
            cv2.resize(
                np.ascontiguousarray(image[: blocks * side], np.float32),
                (columns, blocks),
                interpolation=cv2.INTER_AREA,
            ),
            np.float32,
        )
        for image in (inside, values)
    )
    shifts = [k for aside in _ASIDE for k in (aside, -aside)]
    off = means - np.median([np.roll(means, k, axis=1) for k in shifts], axis=0)
    known = covered > _FULL
    for k in shifts:
        known &= np.roll(covered, k, axis=1) > _FULL
    known[:, : _ASIDE[-1]] = known[:, -_ASIDE[-1] :] = False
    return np.asarray(off, np.float32), known


def _runs(z: NDArray[np.floating], least: int) -> list[tuple[int, int, int]]:
    """(first, beyond the last, column) of the runs of blocks one above the other that are off, surely in `least` of them."""
    sure = cv2.erode((z > _SURE_Z).astype(np.uint8), np.ones((least, 1), np.uint8), borderValue=0)
    found = []
    for column in np.flatnonzero(sure.any(axis=0)):
        off = z[:, column] > _OFF_Z
        step = np.diff(np.concatenate([[0], off.astype(np.int8), [0]]))
        for first, last in zip(np.flatnonzero(step == 1), np.flatnonzero(step == -1), strict=True):
            if sure[first:last, column].any():
                found.append((int(first), int(last), int(column)))
    columns = np.array([c for _, _, c in found])
    return [run for run in found if (np.abs(columns - run[2]) <= _WIDEST).sum() <= _WIDEST + 1]
