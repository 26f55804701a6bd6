"""What the window shows before an exam is open: ways to open one."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget


class StartPage(QWidget):
    """Buttons for the actions that open something."""

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.setAccessibleName("Nothing open yet")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(1)
        title = QLabel("Drop mammograms here: files, a folder, a DICOMDIR or a ZIP")
        title.setProperty("role", "welcome")
        column.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        for action_id in ("open_files", "open_folder", "open_sample"):
            column.addWidget(self._button(actions[action_id]), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def _button(self, action: QAction) -> QPushButton:
        keys = action.shortcut().toString()
        button = QPushButton(f"{action.text()}   {keys}" if keys else action.text())
        button.setAccessibleName(action.text())
        button.setToolTip(action.toolTip())
        button.setMinimumWidth(260)
        button.clicked.connect(action.trigger)
        return button
