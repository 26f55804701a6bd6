"""More grey levels than the screen has: each pixel's rounding error goes to the pixel below it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEPS = 256
"""Parts of one grey level that a value can be given in."""

WHITE = 255 * STEPS

_GOLDEN = (5**0.5 - 1) / 2


def to_8_bit(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Grey levels 0..255 of a picture given in 256ths of a level (0..65,280), shape (rows, columns).

    Error diffusion down each column, so that over any stretch of a column the sum is right to one level;
    no pixel is further than one level off and whole levels stay as they are. Neighbouring columns begin a
    golden ratio of a level apart, so that their steps do not line up. The same picture always gives the
    same result.

    Carrying the whole error to one neighbour makes a column a running sum, of which a level is what the
    upper byte grew by; both may wrap round.
    """
    if values.size and int(values.max()) > WHITE:
        raise ValueError("values are at most 65,280, which is white")
    rows, columns = values.shape
    total = np.empty((rows + 1, columns), np.uint16)
    total[0] = np.arange(columns) * _GOLDEN % 1 * STEPS
    # row by row: numpy's own running sum down an axis is twenty times slower
    for row in range(rows):
        np.add(total[row], values[row], out=total[row + 1])
    upper = (total >> 8).astype(np.uint8)
    return upper[1:] - upper[:-1]
