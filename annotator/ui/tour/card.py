"""The card of the guided tour: what to do next, how far it is, and ways on, out and back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from annotator.ui.flow_layout import FlowLayout
from annotator.ui.icons import icon


class TourCard(QWidget):
    """Stands among the panels, never over an image.

    `forward`: go on, or do the step for the reader, as its button says; `skipped`, `left`.
    """

    forward = Signal()
    skipped = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Guided tour")
        self.place = QLabel()
        self.place.setProperty("role", "heading")
        self.title = _wrapped("accent")
        self.text = _wrapped("")
        self.progress = _wrapped("dim")
        self.go = _button("", "arrow-right")
        self.skip = _button("Skip", "")
        self.leave = _button("Leave the tour", "x")
        self.skip.setToolTip("Leave this step out")
        self.leave.setToolTip("Come back to this step later: Help, Guided tour")
        self.go.clicked.connect(self.forward)
        self.skip.clicked.connect(self.skipped)
        self.leave.clicked.connect(self.left)
        head = QHBoxLayout()
        head.addWidget(self.place, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 8, 8)
        column.setSpacing(5)
        column.addLayout(head)
        for part in (self.title, self.text, self.progress):
            column.addWidget(part)
        self._buttons = QWidget()
        row = FlowLayout(self._buttons, 4)
        policy = self._buttons.sizePolicy()
        policy.setHeightForWidth(True)
        self._buttons.setSizePolicy(policy)
        for button in (self.go, self.skip, self.leave):
            row.addWidget(button)
        column.addWidget(self._buttons)
        column.addStretch(1)

    def show_step(
        self, place: str, title: str, text: str, go: str, *, may_skip: bool, may_leave: bool = True
    ) -> None:
        """Tell of a step; `go` is what its button says. At the end there is nothing to leave that it does not close."""
        self.place.setText(f"GUIDED TOUR  ·  {place}")
        self.title.setText(title)
        self.text.setText(text)
        self.go.setText(go)
        self.go.setAccessibleName(go)
        self.skip.setVisible(may_skip)
        self.leave.setVisible(may_leave)
        self._buttons.updateGeometry()
        self.show_progress("")
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, f"{place}. {title}. {text}"))

    def tell(self, text: str) -> None:
        """Other words for the same step."""
        if text != self.text.text():
            self.text.setText(text)
            self._take_room()

    def show_progress(self, words: str) -> None:
        """How far this step is."""
        self.progress.setText(words)
        self.progress.setVisible(bool(words))
        self._take_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._take_room()

    def _take_room(self) -> None:
        """The panels above give way: a card that is cut off explains nothing."""
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))

    def take_focus(self) -> None:
        """Give the keyboard to the card."""
        self.go.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _wrapped(role: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    if role:
        label.setProperty("role", role)
    return label


def _button(text: str, shape: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(text)
    if shape:
        button.setIcon(icon(shape))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
