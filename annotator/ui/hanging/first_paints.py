"""What the neighbours of the open exam will show at first, made exactly before it is wanted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from annotator.imaging.render import Mode
from annotator.model.geometry import ViewTransform
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.grey_image import Wanted
from annotator.ui.pictures.picture import Picture

_Values = NDArray[np.uint16]
_Place = tuple[ViewTransform, tuple[int, int], Mode, bool]


class FirstPaints:
    """Stored values as a pane will show them, by picture: two bytes a pixel of the screen.

    A picture that nobody keeps any more takes its values with it, so that the budget of pictures holds.
    """

    def __init__(self, grid: ViewportGrid) -> None:
        self._grid = grid
        self._made: WeakKeyDictionary[Picture, tuple[_Place, _Values]] = WeakKeyDictionary()

    @property
    def kept(self) -> int:
        """How many pictures are made."""
        return len(self._made)

    def missing(self, pictures: Sequence[Picture | None]) -> Wanted | None:
        """The first of these, pane by pane, that is not made as it would hang now; None when all are."""
        for viewport, picture, view in zip(
            self._grid.shown, pictures, self._grid.views_fitted(pictures), strict=True
        ):
            if picture is None or view is None:
                continue
            wanted = Wanted(picture, view, viewport.device_size(), viewport.mode, viewport.smooth)
            if self._made.get(picture, (None, None))[0] != _place(wanted):
                return wanted
        return None

    def put(self, wanted: Wanted, values: _Values) -> None:
        """Keep what was made."""
        self._made[wanted.picture] = _place(wanted), values

    def take(self, wanted: Wanted) -> _Values | None:
        """Hand out what a pane wants, once; None where something else was made or nothing."""
        place, values = self._made.get(wanted.picture, (None, None))
        if values is None or place != _place(wanted):
            return None
        del self._made[wanted.picture]
        return values

    def keep_only(self, uids: Collection[str]) -> None:
        """Let go of what is made of other images than these SOP Instance UIDs."""
        for picture in list(self._made):
            if picture.info.sop_instance_uid not in uids:
                del self._made[picture]


def _place(wanted: Wanted) -> _Place:
    return wanted.view, wanted.size, wanted.mode, wanted.smooth
