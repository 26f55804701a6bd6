"""The card that asks before a reading is signed, and for the reason of an amendment: over the edge, never a dialog."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from annotator.ui.words.plain_words import typed

MOST_TOLD = 8
"""So many things still unsaid are told one by one; the others are counted."""
EMS = 32
LONGEST_REASON = 200


class SignCard(QFrame):
    """Takes the keyboard while open: Enter agrees, Esc goes back. `closed`: the keyboard goes back to the image."""

    agreed = Signal()
    reason_given = Signal(str)
    closed = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("legend")
        self.title = _label("heading")
        self.words = _label("")
        self.points = _label("")
        self.hint = _label("dim")
        self.reason = QLineEdit()
        self.reason.setMaxLength(LONGEST_REASON)
        self.reason.setPlaceholderText("Reason of the amendment")
        self.reason.setAccessibleName("Reason of the amendment")
        self.yes = self._button("", self._agree)
        self.reason.textChanged.connect(lambda text: self.yes.setEnabled(bool(text.strip())))
        self.reason.returnPressed.connect(self._agree)
        self.no = self._button("", self.close_card)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.no)
        buttons.addWidget(self.yes)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        for part in (self.title, self.words, self.points, self.reason, self.hint):
            column.addWidget(part)
        column.addLayout(buttons)
        self.hide()

    @property
    def asks_for_reason(self) -> bool:
        """Whether it is open and waits for the reason of an amendment."""
        return self.isVisible() and self.reason.isVisibleTo(self)

    @property
    def asks_to_sign(self) -> bool:
        """Whether it is open and a second press signs."""
        return self.isVisible() and not self.reason.isVisibleTo(self)

    def ask_to_sign(self, version: int, reason: str, unsaid: Sequence[str], keys: str) -> None:
        """Say what signing means and what is still unsaid; `reason` of an amendment, '' of the first version."""
        self.title.setText(f"SIGN THIS READING, VERSION {version}")
        why = f"Amended: {reason}. " if reason else ""
        self.words.setText(
            f"{why}What is said, and the follow-up as documented today, stays as it is from now on."
        )
        told = list(unsaid[:MOST_TOLD])
        if len(unsaid) > MOST_TOLD:
            told.append(f"... and {len(unsaid) - MOST_TOLD} more.")
        self.points.setText("\n".join(f"\N{BULLET} {one}" for one in told) or "Nothing is left unsaid.")
        self.hint.setText(f"{keys} or Enter signs, Esc goes on reading.")
        self._open(f"Sign version {version}", "Go on reading", asks_reason=False)
        self.yes.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def ask_for_reason(self, version: int) -> None:
        """Ask why a signed reading is opened again."""
        self.title.setText(f"AMEND VERSION {version}")
        self.words.setText("Why is it opened again? The reason is kept and printed with the next version.")
        self.points.setText("")
        self.hint.setText("Enter opens the reading, Esc leaves it signed as it is.")
        self.reason.clear()
        self._open("Amend", "Leave it signed", asks_reason=True)
        self.yes.setEnabled(False)
        self.reason.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_card(self) -> None:
        """Put it away; nothing is signed or opened."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def event(self, event: QEvent) -> bool:
        # Esc closes the card before it means anything to the window
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_card()
        else:
            super().keyPressEvent(event)

    def _open(self, yes: str, no: str, *, asks_reason: bool) -> None:
        for button, text in ((self.yes, yes), (self.no, no)):
            button.setText(text)
            button.setAccessibleName(text)
        self.yes.setEnabled(True)
        self.points.setVisible(bool(self.points.text()))
        self.reason.setVisible(asks_reason)
        self.setAccessibleName(self.title.text().capitalize())
        wanted = EMS * self.fontMetrics().horizontalAdvance("M")
        self.setFixedWidth(min(wanted, self.window().width() - 24))
        self.show()
        self.raise_()
        self._fit()
        event = QAccessibleAnnouncementEvent(self, f"{self.title.text()}. {self.points.text()}")
        QAccessible.updateAccessibility(event)

    def _fit(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setFixedHeight(layout.totalHeightForWidth(self.width()))
        self.resized.emit()

    def _agree(self) -> None:
        if not self.yes.isEnabled():
            return
        reason = typed(self.reason.text()).strip() if self.asks_for_reason else ""
        self.hide()
        self.closed.emit()
        if reason:
            self.reason_given.emit(reason)
        else:
            self.agreed.emit()

    def _button(self, text: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAutoDefault(True)
        button.clicked.connect(lambda _checked=False: act())
        return button


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    return label
