"""One key reads an exam: area after area at 1:1 over each breast, then the next image."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from annotator.analysis.breast.coverage import CELL_PX, cells_of, grid_size
from annotator.analysis.breast.walk import quadrants
from annotator.hanging import edge_for
from annotator.imaging import placement
from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.ui.hanging.exam_view import ExamView
from annotator.ui.looking.coverage_keeper import CoverageKeeper, breast_of
from annotator.ui.panes.viewport import Viewport
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.picture import Picture

_ROUNDED = 2
"""Device pixels by which a view may lie beside its place: at 1:1 pictures begin on whole pixels."""


class QuadrantWalk(QObject):
    """The areas follow from the breast and from the size of the pane, so they are asked for anew each time.

    The walk remembers for each pane the place it looked from last; where the pane has another size by now,
    it goes on from the area nearest to it. `ended`: the last area of the last image was left.
    """

    message = Signal(str)
    moved = Signal()
    ended = Signal()

    def __init__(
        self, view: ExamView, grid: ViewportGrid, keeper: CoverageKeeper, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._exam_view = view
        self._grid = grid
        self._keeper = keeper
        self._last: dict[Viewport, tuple[str, ImagePoint, ViewTransform]] = {}
        self._coming: tuple[str, int] | None = None
        view.picture_shown.connect(self._arrived)

    def step(self, by: int) -> None:
        """The next area (1) or the one before it (-1) of the active pane, then the next or previous image."""
        viewport = self._grid.active
        if self._coming is not None:
            if self._exam_view.loading:
                return
            # the image asked for cannot be shown: go on from it
            self._leave(viewport, self._coming[0], by)
            return
        picture = viewport.picture
        if picture is None:
            self.message.emit("There is no image in this pane to walk through.")
            return
        areas = areas_of(viewport, picture)
        at = self._at(viewport, picture, areas)
        to = (0 if by > 0 else len(areas) - 1) if at is None else at + by
        if 0 <= to < len(areas):
            self._go(viewport, picture, areas, to)
        else:
            self._leave(viewport, picture.info.sop_instance_uid, by)

    def words(self, viewport: Viewport) -> str:
        """Such as "area 3 of 9", while a viewport shows what the walk brought there, else ''."""
        picture, last = viewport.picture, self._last.get(viewport)
        if picture is None or last is None or last[2] != viewport.view:
            return ""
        areas = areas_of(viewport, picture)
        at = self._at(viewport, picture, areas)
        return "" if at is None else f"area {at + 1} of {len(areas)}"

    def _at(self, viewport: Viewport, picture: Picture, areas: tuple[ImagePoint, ...]) -> int | None:
        """The area looked at last, None when the walk has not begun on this image."""
        last = self._last.get(viewport)
        if last is None or last[0] != picture.info.sop_instance_uid or not areas:
            return None
        _, point, _ = last
        return min(
            range(len(areas)),
            key=lambda n: (areas[n].column - point.column) ** 2 + (areas[n].row - point.row) ** 2,
        )

    def _go(self, viewport: Viewport, picture: Picture, areas: tuple[ImagePoint, ...], to: int) -> None:
        viewport.set_view(view_of_area(viewport, picture, areas[to]))
        self._last[viewport] = picture.info.sop_instance_uid, areas[to], viewport.view
        self.moved.emit()

    def _leave(self, viewport: Viewport, uid: str, by: int) -> None:
        """On to the image after or before this one in the order in which they hang."""
        self._last.pop(viewport, None)
        self._coming = None
        order = self._exam_view.order
        uids = [info.sop_instance_uid for info in order]
        to = uids.index(uid) + by if uid in uids else (0 if by > 0 else len(order) - 1)
        if not 0 <= to < len(order):
            self._tell_end(by)
            return
        info = order[to]
        share = self._keeper.share(order[uids.index(uid)]) if uid in uids else None
        done = f"{percent(share)} of it seen. " if share is not None else ""
        self.message.emit(f"{done}{'Next' if by > 0 else 'Back to'}: {info.name or info.file_name}.")
        self._coming = info.sop_instance_uid, by
        for pane, there in enumerate(self._grid.viewports):
            if there.isVisible() and _shows(there, info.sop_instance_uid):
                self._grid.set_active(there)
                there.setFocus()
                self._arrived(pane, there.picture)
                return
        self._exam_view.show_image(info)

    def _arrived(self, pane: int, picture: object) -> None:
        if self._coming is None or not isinstance(picture, Picture):
            return
        uid, by = self._coming
        viewport = self._grid.viewports[pane]
        if picture.info.sop_instance_uid != uid or viewport is not self._grid.active:
            return
        self._coming = None
        areas = areas_of(viewport, picture)
        if areas:
            self._go(viewport, picture, areas, 0 if by > 0 else len(areas) - 1)

    def _tell_end(self, by: int) -> None:
        share = self._keeper.share_of_exam
        seen = "" if share is None else f" {percent(share)} of the breast in this exam was seen at 1:1."
        end = (
            "This was the last area of the last image."
            if by > 0
            else "This is the first area of the first image."
        )
        self.message.emit(end + seen)
        if by > 0:
            self.ended.emit()


def areas_of(viewport: Viewport, picture: Picture) -> tuple[ImagePoint, ...]:
    """The middles of the views, in order, that show the whole breast in a pane of this size at 1:1."""
    info = picture.info
    width, height = viewport.device_size()
    view = view_of_area(viewport, picture, ImagePoint(info.columns / 2, info.rows / 2))
    return quadrants(
        cells_of(breast_of(picture), *grid_size(info.columns, info.rows)),
        CELL_PX,
        (info.columns, info.rows),
        ((width - _ROUNDED) / view.scale, (height - _ROUNDED) / view.scale_down),
        picture.orientation,
        edge_for(info),
    )


def view_of_area(viewport: Viewport, picture: Picture, middle: ImagePoint) -> ViewTransform:
    """One image pixel on one device pixel, or on more down or across where pixels are not square."""
    info, size = picture.info, viewport.device_size()
    view = placement.fit(info.columns, info.rows, *size, picture.orientation, spacing=info.spacing, scale=1.0)
    if view.scale_down < 1:
        scale = 1 / view.scale_down
        view = placement.fit(
            info.columns, info.rows, *size, picture.orientation, spacing=info.spacing, scale=scale
        )
    return placement.center_on(view, middle, *size)


def percent(share: float) -> str:
    """A share in whole percent; "100 %" only when nothing is left."""
    return f"{int(share * 100 + 1e-9)} %"


def _shows(viewport: Viewport, uid: str) -> bool:
    return viewport.picture is not None and viewport.picture.info.sop_instance_uid == uid
