"""What is asked before acts are lost that the database did not take: the only question in the way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget

from annotator.model.counts import counted
from annotator.ui.desk.exports import FINDINGS, Exports
from annotator.ui.desk.session import ReadingSession


class UnsavedQuestion(QObject):
    """Stay, keep the findings as JSON and leave, or leave without them. Nothing waits for the answer."""

    def __init__(self, exports: Exports, window: QWidget) -> None:
        super().__init__(window)
        self._exports = exports
        self._window = window
        self._box: QMessageBox | None = None

    def ask(self, session: ReadingSession, leave: Callable[[], object]) -> None:
        """Ask, unless it is being asked; `leave` is called when nothing stands in the way any more."""
        if self._box is not None:
            self._box.raise_()
            return
        count = session.unsaved_acts
        acts = counted(count, "act")
        self._box = box = QMessageBox(self._window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Not saved")
        reason = "" if session.save_error is None else f": {session.save_error}"
        box.setText(f"{acts} of this reading could not be saved{reason}")
        box.setInformativeText("The findings as they stand on screen can be kept in a file of their own.")
        keep = box.addButton("Save findings as JSON...", QMessageBox.ButtonRole.AcceptRole)
        lose = box.addButton(f"Lose {acts}", QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton("Stay here", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(stay)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def go() -> None:
            session.give_up_unsaved()
            leave()

        def answered(button: QAbstractButton) -> None:
            self._box = None
            if button is keep:
                self._exports.ask(FINDINGS, session, go)
            elif button is lose:
                go()

        box.buttonClicked.connect(answered)
        box.finished.connect(self._closed)
        box.open()

    def _closed(self, _result: int) -> None:
        self._box = None
