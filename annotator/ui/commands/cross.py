"""What the keys of pointing do: the cross on the active pane, and shifting the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.ui.panes.cross import FAR, Cross
from annotator.ui.window.shown_keys import key_or_menu

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

SHIFT_SHARE = 1 / 6
"""How much of its pane a picture is shifted by one key."""


class CrossCommands(QObject):
    """The first of its keys brings the cross and does nothing else: nobody marks where nothing was seen."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.cross = Cross(window.grid)
        self._said = ""
        self.cross.gone.connect(lambda: window.status.take_back(self._said))

    def step_cross(self, way: tuple[int, int]) -> None:
        if not self._appeared():
            self.cross.step(*way)

    def step_cross_far(self, way: tuple[int, int]) -> None:
        if not self._appeared():
            self.cross.step(*way, FAR)

    def click_cross(self, force: bool = False) -> None:
        if not self._appeared():
            self.cross.click(force=force)

    def draw_cross(self) -> None:
        """Begin a line at the cross, or end it."""
        cross = self.cross
        if self._appeared() or cross.viewport is None:
            return
        tool = cross.viewport.hand.tool
        if cross.drawing:
            cross.click()
        elif tool is None or tool.looks:
            take, shift = self._key("mark_micro"), self._key("look_right")
            self._say(
                f"The tool in hand draws nothing: {take} takes one that does. {shift} and its like shift the picture."
            )
        else:
            cross.hold()

    def shift_view(self, way: tuple[int, int]) -> None:
        """See what is further that way in the active pane."""
        viewport = self._window.grid.active
        width, height = viewport.device_size()
        viewport.pan(-way[0] * width * SHIFT_SHARE, -way[1] * height * SHIFT_SHARE)

    def _appeared(self) -> bool:
        """Whether the cross was away and is here now, or cannot be."""
        if self.cross.viewport is not None:
            return False
        viewport, pointer = self._window.pointing.under or (None, None)
        here = pointer is not None and viewport is self._window.grid.active
        if self.cross.appear(pointer.point if here and pointer is not None else None):
            self._say(
                f"Cross: {self._key('cross_click')} clicks there, {self._key('cross_draw')} draws, Esc puts it away."
            )
        return True

    def _key(self, act: str) -> str:
        return key_or_menu(self._window.profiles.keys(), act)

    def _say(self, text: str) -> None:
        self._said = text
        self._window.status.show_act(text)
