"""What the keys of snapping do: the next spot, another outline, marks joined and cut in two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.model.geometry import ImagePoint
from annotator.model.mark import Mark
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.picture import Picture

if TYPE_CHECKING:
    from annotator.ui.desk.session import ReadingSession
    from annotator.ui.main_window import MainWindow


class SnappingCommands(QObject):
    """Finds the pane that shows a selected mark; every act is the session's."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        for viewport in window.grid.viewports:
            viewport.outline_step_requested.connect(self.turn_outline)

    def take_next_spot(self) -> None:
        session, mark = self._selected()
        found = None if mark is None else self._pane_of(mark)
        if session is not None and mark is not None and found is not None:
            viewport, picture = found
            session.snapping.take_next_of(picture, mark.id, viewport.reach_px)

    def turn_outline(self, steps: int) -> None:
        session, mark = self._selected()
        found = None if mark is None else self._pane_of(mark)
        if session is not None and mark is not None and found is not None:
            session.level.widen(found[1], mark.id, steps)

    def join_marks(self) -> None:
        session = self._window.desk.session
        if session is None or not session.selected_marks:
            return
        first = session.reading.mark(next(iter(session.selected_marks)))
        found = self._pane_of(first)
        if found is not None:
            session.snapping.join(found[1], session.selected_marks)

    def split_mark(self) -> None:
        session, mark = self._selected()
        found = None if mark is None else self._pane_of(mark)
        if session is not None and mark is not None and found is not None:
            session.snapping.split(found[1], mark.id, self._pointed(found[0]))

    def _selected(self) -> tuple[ReadingSession | None, Mark | None]:
        """The one mark that is selected."""
        session = self._window.desk.session
        if session is None:
            return None, None
        if len(session.selected_marks) != 1:
            self._say("Select one mark for that: click on it.")
            return session, None
        return session, session.reading.mark(next(iter(session.selected_marks)))

    def _pane_of(self, mark: Mark) -> tuple[Viewport, Picture] | None:
        """A pane that shows the frame a mark lies on, the active one first."""
        grid = self._window.grid
        for viewport in (grid.active, *grid.shown):
            picture = viewport.picture
            if picture is None or picture.provisional:
                continue
            here = picture.info.sop_instance_uid == mark.image.sop_instance_uid
            if here and picture.slice_frame(mark.image.frame) is not None:
                return viewport, picture
        self._say("The image of this mark is in none of the panes; show it first.")
        return None

    def _pointed(self, viewport: Viewport) -> ImagePoint | None:
        """Where the pointer rests on the selected mark, None elsewhere."""
        under = self._window.pointing.under
        if under is None or under[0] is not viewport or not viewport.selected_at(under[1].point):
            return None
        return under[1].point

    def _say(self, text: str) -> None:
        self._window.status.show_act(text)
