"""Tells the words over every pane what their images do not say: names or pseudonyms, parts of a mosaic, the screen."""

from __future__ import annotations

from PySide6.QtCore import QObject

from annotator.model.display import UNCALIBRATED
from annotator.model.image import ImageInfo
from annotator.ui.displays import Displays
from annotator.ui.exam_names import ExamNames
from annotator.ui.exam_view import ExamView
from annotator.ui.viewport_grid import ViewportGrid


class WordsInWindow(QObject):
    """Keeps the words of all panes in step with the hanging, the names and the screens."""

    def __init__(
        self,
        grid: ViewportGrid,
        view: ExamView,
        names: ExamNames,
        displays: Displays,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._grid, self._view, self._displays = grid, view, displays
        for viewport in grid.viewports:
            viewport.words.follow(names)
        view.picture_shown.connect(lambda pane, _picture: self._tell_part(pane))
        displays.changed.connect(self.tell_screens)
        grid.rearranged.connect(self.tell_screens)

    def tell_screens(self) -> None:
        """Say of each pane whether its screen was ever measured."""
        for viewport in self._grid.shown:
            measured = self._displays.state(viewport.screen()).measured is not None
            viewport.words.set_screen("" if measured else f"screen {UNCALIBRATED}")

    def _tell_part(self, pane: int) -> None:
        viewport = self._grid.viewports[pane]
        _, images = self._view.alternatives(pane)
        shown = None if viewport.picture is None else viewport.picture.info
        viewport.words.set_part("" if shown is None else part_words(shown, images))


def part_words(info: ImageInfo, images: tuple[ImageInfo, ...]) -> str:
    """Which of the parts of one view this is, "section 2 of 3"; '' of whole views and of a part alone.

    `images` are those of its place, in the order in which they are gone through.
    """
    parts = [i.sop_instance_uid for i in images if i.partial_view and i.view.name == info.view.name]
    if not info.partial_view or len(parts) < 2 or info.sop_instance_uid not in parts:
        return ""
    return f"section {parts.index(info.sop_instance_uid) + 1} of {len(parts)}"
