"""Panes that move together: the same place of the breast in each, at the same size, through windows alike."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from annotator.imaging import placement
from annotator.imaging.grayscale import DRAGGED, window_like
from annotator.model.geometry import ViewTransform
from annotator.model.image import Voi, VoiLut, Window, voi_names
from annotator.ui.looking.breast_places import BreastPlaces
from annotator.ui.panes.viewport import Viewport
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.picture import Picture


class Linking(QObject):
    """Follows the pane in the hand with the others; places and windows are linked separately.

    The place is the same one of the breast, in millimetres from the chest wall and from the line through
    the nipple, so it is mirrored on the other breast and found on a prior of other pixels. Images that
    cannot be compared (magnified, no spacing, no side) go their own way. A picture that comes into a pane
    moves nothing and stands as it is hung.
    """

    changed = Signal()

    def __init__(self, grid: ViewportGrid, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._grid = grid
        self._places = BreastPlaces()
        self._leading = False
        self.views = False
        self.windows = False
        self._shown: dict[Viewport, str] = {}
        self._bases: dict[Viewport, tuple[Picture, Voi]] = {}
        for viewport in grid.viewports:
            if viewport.picture is not None and viewport.voi is not None:
                self._shown[viewport] = viewport.picture.info.sop_instance_uid
                self._bases[viewport] = viewport.picture, viewport.voi
            viewport.view_changed.connect(lambda v=viewport: self._view_changed(v))
            viewport.voi_changed.connect(lambda v=viewport: self._voi_changed(v))

    def link_views(self, linked: bool) -> None:
        """Let place and size be shared; the others come to the active pane at once."""
        self.views = linked
        if linked:
            self._lead(self._grid.active)
        self.changed.emit()

    def link_windows(self, linked: bool) -> None:
        """Let windows be shared; the others take that of the active pane at once."""
        self.windows = linked
        if linked:
            self._share_window(self._grid.active)
        self.changed.emit()

    def to_text(self) -> str:
        """What is linked, in words, for the file that remembers the window's places."""
        return " ".join(word for word, on in (("views", self.views), ("windows", self.windows)) if on)

    def from_text(self, text: str) -> None:
        """Link what `to_text` said."""
        self.views, self.windows = "views" in text.split(), "windows" in text.split()
        self.changed.emit()

    def can_follow(self, viewport: Viewport) -> bool:
        """Whether the picture in a pane can be linked with others."""
        return self._places.axes(viewport.picture) is not None

    def _view_changed(self, viewport: Viewport) -> None:
        picture = viewport.picture
        uid = "" if picture is None else picture.info.sop_instance_uid
        came, self._shown[viewport] = self._shown.get(viewport) != uid, uid
        in_hand = viewport is self._grid.active or viewport.underMouse()
        if self.views and in_hand and not came and not self._leading and viewport.isVisible():
            self._lead(viewport)

    def _lead(self, viewport: Viewport) -> None:
        """Bring the other panes to where this one is."""
        self._leading = True
        try:
            for other in self._others(viewport):
                if viewport.fitted:
                    if not other.fitted and self.can_follow(other) and self.can_follow(viewport):
                        other.fit()
                    continue
                view = self._same_view(viewport, other)
                if view is not None and not _is_near(view, other.view):
                    other.set_view(view, moving=viewport.moving)
        finally:
            self._leading = False

    def _same_view(self, here: Viewport, there: Viewport) -> ViewTransform | None:
        """What is in the middle of one pane in the middle of another, as large in millimetres."""
        width, height = here.device_size()
        middle = here.view.to_image(width / 2, height / 2)
        point = self._places.same_place(here, middle, there)
        mine, other = here.picture, there.picture
        if point is None or mine is None or other is None or not mine.column_mm or not other.column_mm:
            return None
        size, info = there.device_size(), other.info
        view = placement.fit(
            info.columns,
            info.rows,
            *size,
            other.orientation,
            spacing=info.spacing,
            scale=here.view.scale * other.column_mm / mine.column_mm,
        )
        return placement.center_on(view, point, *size)

    def _voi_changed(self, viewport: Viewport) -> None:
        picture, voi = viewport.picture, viewport.voi
        if picture is None or voi is None:
            return
        before = self._bases.get(viewport)
        uid = picture.info.sop_instance_uid
        came = before is None or before[0].info.sop_instance_uid != uid
        next_slice = before is not None and not came and before[0] is not picture
        if not _is_dragged(voi):
            self._bases[viewport] = picture, voi
        elif before is None or came:
            self._bases[viewport] = picture, picture.voi
        elif next_slice:
            self._bases[viewport] = picture, before[1]
        if self.windows and not came and not next_slice and not self._leading and viewport.isVisible():
            self._share_window(viewport)

    def _share_window(self, viewport: Viewport) -> None:
        self._leading = True
        try:
            for other in self._others(viewport):
                voi = self._same_window(viewport, other)
                if voi is not None:
                    other.set_voi(voi)
        finally:
            self._leading = False

    def _same_window(self, here: Viewport, there: Viewport) -> Voi | None:
        """The window of another pane that answers to that of this one.

        Where both files offer the same windows it is the same one; else the one of the same name, or place
        in the file, of the other file, changed by as much in proportion.
        """
        mine, other, voi = here.picture, there.picture, here.voi
        if mine is None or other is None or voi is None:
            return None
        base = self._bases.get(here, (mine, mine.voi))[1]
        answer = _counterpart(base, mine, other)
        if answer is None or not isinstance(voi, Window) or not _is_dragged(voi):
            return answer
        return _dragged_alike(base, voi, answer)

    def _others(self, viewport: Viewport) -> list[Viewport]:
        return [
            other
            for other in self._grid.viewports
            if other is not viewport and other.isVisible() and other.picture is not None
        ]


def _is_dragged(voi: Voi) -> bool:
    return isinstance(voi, Window) and voi.name == DRAGGED


def _counterpart(base: Voi, mine: Picture, other: Picture) -> Voi | None:
    """What another file has in the place of a window of this one; None for windows that no file names."""
    own, theirs = mine.info.voi, other.info.voi
    if base not in own:
        return other.voi if base == mine.voi else None
    if own == theirs:
        return base
    name, names = voi_names(own)[own.index(base)], voi_names(theirs)
    if name in names:
        return theirs[names.index(name)]
    place = own.index(base)
    return theirs[place] if place < len(theirs) else other.voi


def _dragged_alike(base: Voi, dragged: Window, answer: Voi) -> Window:
    """`answer` widened and shifted as `base` was, in proportion to its own width."""
    if base == answer:
        return dragged
    before, start = (window_like(v) if isinstance(v, VoiLut) else v for v in (base, answer))
    width = max(before.width, 1e-9)
    return replace(
        start,
        center=start.center + (dragged.center - before.center) / width * start.width,
        width=max(start.width * dragged.width / width, 1e-3),
        name=DRAGGED,
    )


def _is_near(a: ViewTransform, b: ViewTransform) -> bool:
    """Whether two views differ by rounding only: panes must not push each other to and fro."""
    return (a.orientation, a.columns, a.rows) == (b.orientation, b.columns, b.rows) and (
        abs(a.scale / b.scale - 1) < 1e-9 and abs(a.left - b.left) < 1 and abs(a.top - b.top) < 1
    )
