"""Errors above the images: one sentence and what can be done. It stays until it is closed or solved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from annotator.ui.icons import icon, picture
from annotator.ui.theme import WARNING

ICON_PX = 16


@dataclass(frozen=True, slots=True)
class BarAction:
    """A button of an error. `closes`: the error is over once it was pressed."""

    text: str
    act: Callable[[], object]
    closes: bool = True


@dataclass(frozen=True, slots=True)
class _Told:
    text: str
    actions: tuple[BarAction, ...]
    topic: str
    times: int = field(default=1)


class ErrorBar(QFrame):
    """Shows the error told last; several are counted and can be gone through.

    An error with a `topic` takes the place of the one before it on the same topic, and `solved` takes it
    away. Nothing here takes the keyboard away from the image; Escape inside gives it back (`left`).
    """

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("errors")
        self.setAccessibleName("Errors")
        self._told: list[_Told] = []
        self._at = 0
        self._buttons: list[QPushButton] = []
        sign = QLabel()
        sign.setPixmap(picture("triangle-alert", ICON_PX, self.devicePixelRatioF(), WARNING))
        sign.setAccessibleName("Error")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.count = QLabel()
        self.count.setProperty("role", "dim")
        self.before = self._button("", "Error before this one", "chevron-left", lambda: self._step(-1))
        self.next = self._button("", "Next error", "chevron-right", lambda: self._step(1))
        self.close_button = self._button("", "Close this message", "x", self._close_shown)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 4, 6, 4)
        self._row.setSpacing(6)
        self._row.addWidget(sign)
        self._row.addWidget(self.words, 1)
        for part in (self.count, self.before, self.next, self.close_button):
            self._row.addWidget(part)
        self._first_button = 2
        self.hide()

    @property
    def texts(self) -> tuple[str, ...]:
        """What is told and not over, oldest first."""
        return tuple(one.text for one in self._told)

    def tells(self, topic: str) -> bool:
        """Whether something of that topic is told now."""
        return any(one.topic == topic for one in self._told)

    def show_error(
        self, text: str, actions: Sequence[BarAction] = (), topic: str = "", *, quiet: bool = False
    ) -> None:
        """Tell one sentence, with a button for each of `actions`; the same one again is only counted.

        `quiet`: it is no news, only a number in it is another, so nothing is read out and what is looked at stays.
        """
        text = text.strip()
        for at, one in enumerate(self._told):
            if one.text == text:
                # what is told over and over, with a topic, is one trouble that goes on
                times = one.times + (not topic)
                self._told[at] = _Told(text, tuple(actions), topic, times)
                self._show()
                return
        told = _Told(text, tuple(actions), topic)
        known = next((at for at, one in enumerate(self._told) if topic and one.topic == topic), None)
        if quiet and known is not None:
            self._replace(known, told)
            return
        self._told = [one for one in self._told if not topic or one.topic != topic]
        self._told.append(told)
        self._at = len(self._told) - 1
        self._show()
        if not quiet:
            self._announce(text)

    def solved(self, topic: str) -> None:
        """The trouble of that topic is over."""
        self._keep([one for one in self._told if one.topic != topic])

    def take_focus(self) -> None:
        """Give the keyboard to the first button."""
        (self._buttons or [self.close_button])[0].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _replace(self, at: int, told: _Told) -> None:
        """Other words in the same place; a button that holds the keyboard keeps it."""
        held = self.isAncestorOf(self.window().focusWidget() or self.window())
        self._told[at] = told
        self._show()
        if held:
            self.take_focus()

    def _step(self, by: int) -> None:
        self._at = (self._at + by) % len(self._told)
        self._show()
        self._announce(self._told[self._at].text)

    def _close_shown(self) -> None:
        self._keep([one for at, one in enumerate(self._told) if at != self._at])

    def _keep(self, told: list[_Told]) -> None:
        if told == self._told:
            return
        held = self.isAncestorOf(self.window().focusWidget() or self.window())
        self._told = told
        self._at = min(self._at, max(0, len(told) - 1))
        self._show()
        if held and not told:
            self.left.emit()
        elif held:
            self.take_focus()

    def _show(self) -> None:
        self.setVisible(bool(self._told))
        if not self._told:
            return
        one = self._told[self._at]
        self.words.setText(one.text if one.times == 1 else f"{one.text} ({one.times} times)")
        self.setAccessibleDescription(one.text)
        several = len(self._told) > 1
        self.count.setText(f"{self._at + 1} of {len(self._told)}")
        for part in (self.count, self.before, self.next):
            part.setVisible(several)
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = [self._action_button(one, action) for action in one.actions]
        for at, button in enumerate(self._buttons):
            self._row.insertWidget(self._first_button + at, button)
            button.show()

    def _action_button(self, one: _Told, action: BarAction) -> QPushButton:
        def pressed() -> None:
            if action.closes:
                self._keep([told for told in self._told if replace(told, times=1) != replace(one, times=1)])
            action.act()

        return self._button(action.text, action.text.rstrip("."), "", pressed)

    def _button(self, text: str, name: str, shape: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(name)
        if shape:
            button.setIcon(icon(shape))
            button.setToolTip(name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAutoDefault(True)
        button.clicked.connect(lambda _checked=False: act())
        return button

    def _announce(self, text: str) -> None:
        event = QAccessibleAnnouncementEvent(self, text)
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)
