"""Dialogs that ask for a file or folder, and leave no trace of what was chosen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog

_TRACES = ("FileDialog/history", "FileDialog/lastVisited")
"""Where Qt itself, when such a dialog is gone, keeps the folders in a file that all programs made with Qt share."""


def ask(dialog: QFileDialog) -> None:
    """Open a dialog that goes away when it is answered; a folder may be named after a patient, so none is kept."""
    before = {name: _shared().value(name) for name in _TRACES}
    dialog.finished.connect(dialog.deleteLater)
    dialog.destroyed.connect(lambda: _put_back(before))
    dialog.open()


def _put_back(before: dict[str, Any]) -> None:
    shared = _shared()
    for name, value in before.items():
        if value is None:
            shared.remove(name)
        else:
            shared.setValue(name, value)
    shared.sync()


def _shared() -> QSettings:
    return QSettings(QSettings.Scope.UserScope, "QtProject")
