"""Which stored values lie where on the screen, so that another table repaints only what it changes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rect = tuple[int, int, int, int]
"""Left, top, right and bottom in screen pixels, the last two excluded."""

NOTHING: Rect = (0, 0, 0, 0)


class ValueSpread:
    """The lowest and highest value of every row and column of the part of a plane that a picture covers.

    Air keeps its black while a window is dragged: beside the breast there is nothing to look up, to draw
    or to send. Some 0.1 ms for a million pixels, wanted once for many tables.
    """

    def __init__(self, values: NDArray[np.uint16], covered: Rect) -> None:
        left, top, right, bottom = covered
        part = values[top : max(bottom, top), left : max(right, left)]
        self._left, self._top = left, top
        self.seen = slice(0, 0)
        """From the lowest to the highest value that occurs."""
        if part.size == 0:
            return
        self._rows = part.min(axis=1), part.max(axis=1)
        self._columns = part.min(axis=0), part.max(axis=0)
        self.seen = slice(int(self._rows[0].min()), int(self._rows[1].max()) + 1)

    def changed(self, before: NDArray[Any], now: NDArray[Any]) -> Rect:
        """A rectangle that holds every pixel which two tables by stored value show differently."""
        differ = np.flatnonzero(before[self.seen] != now[self.seen])
        if not len(differ):
            return NOTHING
        first, last = differ[0] + self.seen.start, differ[-1] + self.seen.start
        (top, bottom), (left, right) = (
            _ends((low <= last) & (high >= first)) for low, high in (self._rows, self._columns)
        )
        return self._left + left, self._top + top, self._left + right, self._top + bottom


def joined(a: Rect, b: Rect) -> Rect:
    """The smallest rectangle that holds both."""
    if a == NOTHING or b == NOTHING:
        return a if b == NOTHING else b
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _ends(touched: NDArray[np.bool_]) -> tuple[int, int]:
    """The first place that is true, and the one after the last."""
    return int(touched.argmax()), len(touched) - int(touched[::-1].argmax())
