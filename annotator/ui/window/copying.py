"""Nothing gets onto the clipboard by a slip of the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView

from annotator.ui.window.shown_keys import key_or_menu

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow


class NoCopyBySlip(QObject):
    """Ctrl+C in a list of the window: Qt would copy the row, and rows name patients. Copying is an act by name."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        for view in window.findChildren(QAbstractItemView):
            view.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if not event.matches(QKeySequence.StandardKey.Copy):
            return False
        key = key_or_menu(self._window.profiles.keys(), "copy_report")
        self._window.status.show_message(f"Nothing was copied. {key} copies the report, which names nobody.")
        return True
