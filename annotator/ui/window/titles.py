"""What the window is called where others see it: in the list of windows, on a shared screen, in a program that counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.ui.words.exam_names import date_text

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

PROGRAM = "Mammogram Annotator"


class WindowTitle(QObject):
    """The program's name; whose exam is open only where the reader wants it there (`patient_in_title`)."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.desk.exam_changed.connect(self.refresh)
        window.desk.session_changed.connect(self.refresh)
        window.names.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, *_what: object) -> None:
        """The title as things are now."""
        exam, wanted = self._window.desk.exam, self._window.desk.workspace.settings.patient_in_title
        named = exam is not None and wanted
        whose = f"{self._window.names.of(exam)}, {date_text(exam.date)} - " if named and exam else ""
        self._window.setWindowTitle(f"{whose}{PROGRAM}")
