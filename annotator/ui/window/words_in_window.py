"""Words over the panes of a window: how many, names or pseudonyms, parts of a mosaic, the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.model.display import UNCALIBRATED
from annotator.model.image import ImageInfo
from annotator.ui.words.corner_text import ALL, MINIMAL, SIDE_AND_VIEW
from annotator.ui.words.technique_lines import DIVIDER, date_words

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

STEP = "text"
"""Name under which a profile remembers the step."""
STEPS = {
    ALL: "All words on the images.",
    MINIMAL: "Few words on the images.",
    SIDE_AND_VIEW: "Only side and view on the images, and what must be known of them.",
}


class WordsInWindow(QObject):
    """Keeps the words over all panes in step with the reader's wish, the hanging, the names and the screens."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._grid, self._view, self._displays = window.grid, window.exam_view, window.displays
        for viewport in self._grid.viewports:
            viewport.words.follow(window.names)
        self._view.picture_shown.connect(lambda pane, _picture: self._tell_part(pane))
        self._view.picture_shown.connect(lambda *_: self.tell_exams())
        self._view.picture_shown.connect(lambda *_: self.tell_recalls())
        self._displays.changed.connect(self.tell_screens)
        self._grid.rearranged.connect(self.tell_screens)
        self._grid.rearranged.connect(self.tell_exams)
        window.profiles.changed.connect(self.restore)
        self.restore()

    @property
    def step(self) -> int:
        """How much is said: ALL, MINIMAL or SIDE_AND_VIEW."""
        return self._grid.viewports[0].words.level

    def cycle_text(self) -> None:
        """All words, few, only side and view, and all again."""
        step = (self.step + 1) % len(STEPS)
        self._window.profiles.remember(STEP, str(step))
        self._show(step)
        self._window.status.show_message(STEPS[step])

    def restore(self) -> None:
        """As many words as this profile showed last."""
        known = {str(step): step for step in STEPS}
        self._show(known.get(self._window.profiles.remembered(STEP), ALL))

    def _show(self, step: int) -> None:
        for viewport in self._grid.viewports:
            if viewport.words.level != step:
                viewport.set_overlay_level(step)

    def tell_screens(self) -> None:
        """Say once on each screen that it was never measured."""
        told = set()
        for viewport in self._grid.shown:
            screen = viewport.screen()
            silent = screen in told or self._displays.state(screen).measured is not None
            viewport.words.set_screen("" if silent else f"screen {UNCALIBRATED}")
            told.add(screen)

    def tell_exams(self) -> None:
        """Say of each pane whether it is of an earlier exam, and which one says for its row whose it is."""
        told = set()
        for pane, viewport in enumerate(self._grid.shown):
            place, picture = self._view.place(pane), viewport.picture
            if picture is None:
                continue
            info = picture.info
            prior = self._view.is_prior(info)
            viewport.words.set_prior(DIVIDER.join(("PRIOR", date_words(info.exam_date))) if prior else "")
            row = viewport.parentWidget(), None if place is None else place.row, info.study_instance_uid
            viewport.words.set_who_beside(row in told)
            told.add(row)

    def tell_recalls(self) -> None:
        """Say of each view that the reader wants taken again that it is so, and why."""
        session = self._window.desk.session
        for viewport in self._grid.viewports:
            picture = viewport.picture
            uid = "" if picture is None else picture.info.sop_instance_uid
            recall = None if session is None else session.reading.recall_of(uid)
            reasons = () if recall is None else recall.reasons
            words = "" if session is None else ", ".join(map(session.lexicon.word, reasons)).lower()
            viewport.words.set_again(f"TAKE AGAIN: {words}" if words else "")

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
