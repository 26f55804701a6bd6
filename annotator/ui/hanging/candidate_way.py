"""The way to a candidate: its image into a pane, its slice, and its place into the middle, large enough to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from annotator.imaging import placement
from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.ui.desk.candidate_rows import ProposedRow
from annotator.ui.hanging.exam_view import ExamView
from annotator.ui.panes.viewport import Viewport
from annotator.ui.panes.viewport_grid import ViewportGrid

SEEN_PX = 20.0
"""A candidate gone to is at least so large on the screen, in logical pixels, unless that takes more than `CLOSEST`."""
CLOSEST = 3.0
ROOM = 0.7
"""All pieces of an artery take at most so much of the pane."""


class CandidateWay(QObject):
    """Goes to the lines of the open exam over all of its images and slices. `arrived` carries the line in view."""

    arrived = Signal(object)

    def __init__(self, view: ExamView, grid: ViewportGrid, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._grid = grid
        self._coming: ProposedRow | None = None
        view.picture_shown.connect(self._picture_shown)

    def go_to(self, line: ProposedRow) -> None:
        """In the pane that shows its image, else in the active one, or the first that is not for an earlier exam."""
        view, grid = self._view, self._grid
        uid, frame = line.info.sop_instance_uid, line.best.image.frame
        shown = sorted(grid.shown, key=lambda viewport: viewport is not grid.active)
        here = next((v for v in shown if v.picture and v.picture.info.sop_instance_uid == uid), None)
        if here is not None and here.picture is not None:
            self._coming = None
            grid.set_active(here)
            if here.picture.info.is_stack and frame not in here.picture.numbers:
                view.stacks.go(grid.viewports.index(here), frame)
            self._look(here, line)
            return
        if view.is_prior_pane(view.active_pane):
            own = (v for v in grid.shown if not view.is_prior_pane(grid.viewports.index(v)))
            grid.set_active(next(own, grid.active))
        self._coming = line
        view.show_image(line.info, frame if line.info.is_stack else None)

    def give_up(self) -> None:
        """Another exam is open: nothing is waited for."""
        self._coming = None

    def frames(self, line: ProposedRow) -> Mapping[int, NDArray[Any]]:
        """Those slices with pieces of a line that are decoded, by number."""
        uid, frames = line.info.sop_instance_uid, {}
        kept = self._view.shelf.peek(line.best.image)
        pictures = [v.picture for v in self._grid.shown]
        for picture in (*pictures, kept):
            if picture is None or picture.provisional or picture.info.sop_instance_uid != uid:
                continue
            for number in {piece.image.frame for piece in line.pieces}:
                frame = picture.slice_frame(number)
                if frame is not None:
                    frames[number] = frame
        return frames

    def _picture_shown(self, pane: int, _picture: object) -> None:
        line, viewport = self._coming, self._grid.viewports[pane]
        uid = None if viewport.picture is None else viewport.picture.info.sop_instance_uid
        if line is not None and line.info.sop_instance_uid == uid and viewport is self._grid.active:
            self._coming = None
            self._look(viewport, line)

    def _look(self, viewport: Viewport, line: ProposedRow) -> None:
        viewport.set_view(view_of(viewport.view, viewport.device_size(), viewport.ratio, line))
        self.arrived.emit(line)


def view_of(view: ViewTransform, size: tuple[int, int], ratio: float, line: ProposedRow) -> ViewTransform:
    """A line in the middle of a pane of `size` device pixels, as large as it needs; who looks closer stays so."""
    columns = [piece.point.column for piece in line.pieces]
    rows = [piece.point.row for piece in line.pieces]
    wanted = min(max(SEEN_PX * ratio / max(line.best.diameter_px, 1.0), 1.0), CLOSEST)
    scale = max(view.scale, wanted)
    extent = max(max(columns) - min(columns), max(rows) - min(rows))
    if extent > 0:
        scale = min(scale, ROOM * min(size) / extent)
    width, height = size
    scaled = placement.scaled_to(view, width / 2, height / 2, scale)
    middle = ImagePoint((min(columns) + max(columns)) / 2, (min(rows) + max(rows)) / 2)
    return placement.center_on(scaled, middle, width, height)
