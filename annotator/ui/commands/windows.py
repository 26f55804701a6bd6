"""What the keys of the window's parts do: panels, images alone, the pages that open beside the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from annotator.ui.window.about import AboutBox

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow


class WindowCommands(QObject):
    """Shows and hides parts of the window; its pages are made once, when they are first wanted."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._dialogs: dict[str, QDialog] = {}

    def toggle_images_only(self) -> None:
        self._window.toggle_images_only()

    def toggle_panel(self, name: str) -> None:
        self._window.toggle_panel(name)

    def show_about(self) -> None:
        workspace = self._window.desk.workspace
        edition = workspace.lexicon.edition
        self._show_dialog("about", lambda: AboutBox(workspace.rules, edition, self._window))

    def show_display_check(self) -> None:
        from annotator.ui.display.check import DisplayCheck  # noqa: PLC0415  seldom wanted, so not before first paint

        window = self._window
        reader = window.desk.workspace.settings.reader
        self._show_dialog("display check", lambda: DisplayCheck(window.displays, reader, window))

    def show_audit(self) -> None:
        from annotator.ui.window.audit_window import AuditWindow  # noqa: PLC0415  seldom wanted too

        window = self._window
        self._show_dialog("audit", lambda: AuditWindow(window.desk, window.runner, window.names, window))

    def _show_dialog(self, name: str, make: Callable[[], QDialog]) -> None:
        dialog = self._dialogs.get(name) or self._dialogs.setdefault(name, make())
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
