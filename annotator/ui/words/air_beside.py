"""Where in a pane there is no breast: the room for words, ruler and letters."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from annotator.model.geometry import ViewTransform
from annotator.ui.pictures.picture import Picture

_Sums = list[list[int]]
_SUMS: WeakKeyDictionary[Picture, tuple[_Sums, _Sums]] = WeakKeyDictionary()
"""Made once for each picture: a view that moves asks some hundred times whether a word lies on the breast."""

KEEPS_OFF = 3.0
"""From the breast, in logical pixels."""


class AirBeside:
    """A pane's room beside the breast, less what stands in it already. Everything is in device pixels."""

    def __init__(self, picture: Picture, view: ViewTransform, size: tuple[int, int], ratio: float) -> None:
        self._view = view
        self._block = picture.levels.coarsest_block
        self._sums, self._rough_sums = _sums(picture)
        self._pane = QRectF(0, 0, *size)
        self._off = KEEPS_OFF * ratio
        self._taken: list[QRectF] = []

    def is_free(self, rect: QRectF, *, roughly: bool = False) -> bool:
        """Whether a rectangle lies in the pane, on air, and on nothing else.

        `roughly`: on a view of a part also on what is as dark as air.
        """
        if not self._pane.contains(rect) or any(taken.intersects(rect) for taken in self._taken):
            return False
        off = self._off
        return not self.on_tissue(rect.adjusted(-off, -off, off, off), roughly=roughly)

    def is_inside(self, rect: QRectF) -> bool:
        """Whether a rectangle lies in the pane, whatever is there."""
        return self._pane.contains(rect)

    @property
    def taken(self) -> int:
        """How many things stand there."""
        return len(self._taken)

    def give_back(self, taken: int) -> None:
        """Only the first so many things stand there."""
        del self._taken[taken:]

    def take(self, rect: QRectF) -> None:
        """From now on something stands there."""
        self._taken.append(rect)

    def on_tissue(self, rect: QRectF, *, roughly: bool = False) -> bool:
        """Whether a rectangle covers some of the breast."""
        view, block = self._view, self._block
        sums = self._rough_sums if roughly else self._sums
        one, other = view.to_image(rect.left(), rect.top()), view.to_image(rect.right(), rect.bottom())
        left, right = sorted((one.column, other.column))
        top, bottom = sorted((one.row, other.row))
        if right <= 0 or bottom <= 0 or left >= view.columns or top >= view.rows:
            return False
        first_column, last_column = int(max(left, 0)) // block, int(min(right, view.columns - 1)) // block + 1
        first, last = (
            sums[int(max(top, 0)) // block],
            sums[int(min(bottom, view.rows - 1)) // block + 1],
        )
        inside = last[last_column] - last[first_column] - first[last_column] + first[first_column]
        return inside > 0


def _sums(picture: Picture) -> tuple[_Sums, _Sums]:
    """How many cells that may be breast lie above and to the left of each corner of the mask's cells; and how many
    that are.
    """
    found = _SUMS.get(picture)
    if found is None:
        rough = _summed(picture.tissue)
        strict = rough if picture.may_be_breast is picture.tissue else _summed(picture.may_be_breast)
        found = _SUMS[picture] = strict, rough
    return found


def _summed(mask: NDArray[np.bool_]) -> _Sums:
    """The cells around the breast count too: skin that thins out is darker than what the mask takes for breast."""
    breast = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    sums = np.zeros((breast.shape[0] + 1, breast.shape[1] + 1), np.int64)
    sums[1:, 1:] = breast.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    listed: _Sums = sums.tolist()
    return listed
