"""Which pane shows the other breast, and where on it the same place lies."""

from __future__ import annotations

from collections.abc import Iterable

from annotator.analysis.breast.axes import BreastAxes, breast_axes
from annotator.model.geometry import ImagePoint, Orientation
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.picture import Picture

_KEPT = 64


class BreastPlaces:
    """The axes of the images on the panes, worked out once for each: the slices of a stack share them."""

    def __init__(self) -> None:
        self._axes: dict[tuple[str, Orientation], BreastAxes | None] = {}

    def axes(self, picture: Picture | None) -> BreastAxes | None:
        """The axes of an image; None where its places cannot be compared with those of others."""
        if picture is None:
            return None
        key = picture.info.sop_instance_uid, picture.orientation
        if key not in self._axes:
            if len(self._axes) >= _KEPT:
                self._axes.clear()
            block = picture.levels.coarsest_block
            self._axes[key] = breast_axes(picture.info, picture.orientation, picture.tissue, block)
        return self._axes[key]

    def same_place(self, here: Viewport, point: ImagePoint, there: Viewport) -> ImagePoint | None:
        """Where a place of one image lies on another, possibly beside it; None where that cannot be said."""
        mine, other = self.axes(here.picture), self.axes(there.picture)
        return None if mine is None or other is None else other.to_point(*mine.to_mm(point))


def other_breast(here: Viewport, among: Iterable[Viewport]) -> Viewport | None:
    """The pane in sight that shows the same view of the other breast, of the same exam first."""
    picture = here.picture
    if picture is None or picture.info.laterality is None:
        return None
    info = picture.info
    fitting = [
        v
        for v in among
        if v is not here
        and v.isVisible()
        and v.picture is not None
        and v.picture.info.view.name == info.view.name
        and v.picture.info.laterality not in (None, info.laterality)
    ]
    # among equals the first in the order of the panes
    return min(fitting, key=lambda v: _other_exam(v, info.study_instance_uid), default=None)


def _other_exam(viewport: Viewport, study: str) -> bool:
    return viewport.picture is not None and viewport.picture.info.study_instance_uid != study
