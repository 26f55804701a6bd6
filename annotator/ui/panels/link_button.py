"""A button that reads as a link and gives way: cut with an ellipsis where there is no room."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter


class LinkButton(QPushButton):
    """`text` stays whole; a long name never widens the panel: the images would move."""

    def __init__(self, tip: str) -> None:
        super().__init__()
        self.setProperty("role", "link")
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setVisible(False)

    def shown_text(self) -> str:
        """As much of the text as there is room for."""
        option = self._option()
        room = self.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, self)
        return self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, room.width(), Qt.TextFlag.TextShowMnemonic.value
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = self._option()
        option.text = self.shown_text()
        painter = QStylePainter(self)
        try:
            painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        finally:
            painter.end()

    def _option(self) -> QStyleOptionButton:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        return option
