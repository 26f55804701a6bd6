"""Maps of what is likely around each candidate: chains, walls of arteries, clusters and hairs are seen in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.patches import SIDE

CELLS_MM = (0.4, 1.2)
"""Of the near map and the far one; SIDE cells each way."""

_LEAST_ODDS, _STEP, _MOST = -6.0, 4.0, 3.0
"""Log odds that count as nothing, and how they are scaled."""


def neighbour_maps(
    x_mm: NDArray[np.floating], y_mm: NDArray[np.floating], odds: NDArray[np.floating]
) -> NDArray[np.float32]:
    """For each candidate the highest log odds in the cells about it, shape (n, 2, SIDE, SIDE).

    Its own cell is left empty: what is on the same spot says nothing new.
    """
    height = np.clip((odds - _LEAST_ODDS) / _STEP, 0, _MOST).astype(np.float32)
    made = np.empty((len(height), len(CELLS_MM), SIDE, SIDE), np.float32)
    reach = SIDE // 2
    around = np.arange(SIDE) - reach
    for number, cell in enumerate(CELLS_MM):
        if not len(height):
            break
        i, j = ((at / cell).astype(np.int64) + reach + 1 for at in (y_mm, x_mm))
        whole = np.zeros((int(i.max()) + reach + 2, int(j.max()) + reach + 2), np.float32)
        np.maximum.at(whole, (i, j), height)
        made[:, number] = whole[i[:, None, None] + around[:, None], j[:, None, None] + around]
    made[:, :, reach, reach] = 0
    return made
