"""A second window for images, on the other screen where there is one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QScreen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from annotator.ui.panes.viewport_grid import Board


class SecondWindow(QWidget):
    """Nothing but panes. `board` takes those that the layout gives it; `closed` when the reader closes it.

    It has the keys of the main window, and goes with it.
    """

    closed = Signal()

    def __init__(self, main: QWidget) -> None:
        super().__init__(main, Qt.WindowType.Window)
        self._main = main
        self.setWindowTitle("Mammogram Annotator: images")
        self.setAccessibleName("Images on the second screen")
        self.board = Board()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.board)

    def take_keys(self, everywhere: list[QAction], on_images: list[QAction]) -> None:
        """What the window can do, it can do from here too."""
        self.addActions(everywhere)
        self.board.addActions(on_images)

    def open_on(self, screen: QScreen) -> None:
        """Fill another screen; on that of the main window take its right half."""
        room = screen.availableGeometry()
        self.setScreen(screen)
        if screen is self._main.screen():
            self.setGeometry(room.adjusted(room.width() // 2, 0, 0, 0))
            self.show()
        else:
            self.setGeometry(room)
            self.showMaximized()
        self.raise_()

    def show_images_only(self, alone: bool) -> None:
        """Without a frame over the whole screen, or as it was."""
        if alone:
            self.showFullScreen()
        elif self.isFullScreen():
            self.showNormal()
            self.open_on(self.screen())

    @property
    def is_left(self) -> bool:
        """Whether it stands to the left of the main window."""
        return self.frameGeometry().center().x() < self._main.frameGeometry().center().x()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()


def other_screen(window: QWidget, name: str = "") -> QScreen | None:
    """A screen on which `window` is not: the one of that name if it is there; None when there is only one."""
    others = [screen for screen in QGuiApplication.screens() if screen is not window.screen()]
    return next((screen for screen in others if screen.name() == name), next(iter(others), None))
