"""The surroundings of each peak as pictures of fixed size in millimetres, for the network that judges them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.features import Columns, sample
from annotator.analysis.candidates.ground import Ground
from annotator.analysis.candidates.lines import WIDTH_SCALE
from annotator.analysis.candidates.peaks import Peaks
from annotator.analysis.candidates.scales import Scale
from annotator.analysis.noise import FloatImage
from annotator.jobs import CancelToken

SIDE = 25
"""Samples each way."""
CLOSE_MM, WIDE_MM = 0.07, 0.2
"""Between samples of the close picture, of single pixels, and of the wide one, which shows where lines go on."""

_CLOSE_UNIT, _WIDE_UNIT = 2.0, 1.0
_BLOCK = 2000


def patches(
    ground: Ground, scales: tuple[Scale, ...], peaks: Peaks, token: CancelToken
) -> NDArray[np.float32]:
    """A row for each peak: the close picture, then the wide one, heights above their own median, squeezed.

    In noise units; what is small stays as it is and what is large counts as its logarithm.
    """
    smooth = scales[WIDTH_SCALE]
    made = np.empty((len(peaks), 2 * SIDE**2), np.float32)
    for begin in range(0, len(peaks), _BLOCK):
        token.checkpoint()
        some = slice(begin, begin + _BLOCK)
        column, row = peaks.column[some], peaks.row[some]
        made[some, : SIDE**2] = _squeezed(
            _around(ground.values, 1, CLOSE_MM / ground.pixel_mm, column, row), _CLOSE_UNIT
        )
        made[some, SIDE**2 :] = _squeezed(
            _around(smooth.smooth, smooth.step, WIDE_MM / ground.pixel_mm, column, row), _WIDE_UNIT
        )
    return made


def _around(image: FloatImage, step: int, apart: float, column: Columns, row: Columns) -> Columns:
    """Values on a grid of samples `apart` pixels of the ground from each other about each place."""
    offset = (np.arange(SIDE) - SIDE // 2) * apart
    across, down = np.tile(offset, SIDE), np.repeat(offset, SIDE)
    return sample(image, (column[:, None] + across) / step - 0.5, (row[:, None] + down) / step - 0.5)


def _squeezed(values: Columns, unit: float) -> Columns:
    values -= np.median(values, axis=1, keepdims=True)
    values /= unit
    np.arcsinh(values, out=values)
    values /= 1.5
    return values


def symmetries() -> NDArray[np.int64]:
    """The eight ways to turn and mirror both pictures, as orders of their samples; the first leaves them as they are."""
    grid = np.arange(SIDE**2).reshape(SIDE, SIDE)
    turned = [np.rot90(grid, k) for k in (0, 2, 1, 3)]
    each = [made for g in turned for made in (g, g[:, ::-1])]
    return np.stack([np.concatenate([g.ravel(), g.ravel() + SIDE**2]) for g in each])
