"""Acts that help the reader along: the guided tour, and the keyboard's way to an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow


class HelpCommands(QObject):
    """Slots of the rows of help."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def start_tour(self) -> None:
        """Begin the guided tour, or go to its card."""
        self._window.tour.start()

    def go_to_errors(self) -> None:
        """Give the keyboard to the bar of errors."""
        if self._window.errors.isVisible():
            self._window.errors.take_focus()
        else:
            self._window.status.show_message("Nothing went wrong that is still open.")
