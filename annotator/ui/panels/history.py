"""What was done to this reading and when; any two acts compared, an old state said again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from html import escape

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.model.display import NOT_RECORDED
from annotator.model.history import Revision
from annotator.store.narrative import by_uid, changes_told, tell


def sentences(
    revisions: Sequence[Revision], word: Callable[[StrEnum], str], image: Callable[[str], str] = by_uid
) -> list[str]:
    """Every act in words with its time, oldest first, and the display where it changes.

    `word` is the lexicon's, `image` names an image by its SOP Instance UID.
    """
    told = []
    before = None if not revisions else revisions[0].reading.blank()
    display = NOT_RECORDED
    for revision in revisions:
        assert before is not None
        said = tell(before, revision, word, image)
        if revision.display != display:
            display = revision.display
            said = f"{said}  (display: {display})"
        told.append(f"{revision.at.astimezone():%Y-%m-%d %H:%M}  {said}")
        before = revision.reading
    return told


def differences(
    revisions: Sequence[Revision],
    first: int,
    second: int,
    word: Callable[[StrEnum], str],
    image: Callable[[str], str] = by_uid,
) -> list[str]:
    """What revision `second` says otherwise than revision `first`, in sentences; [] when they say the same."""
    known = {one.number: one.reading for one in revisions}
    return changes_told(known[first], known[second], word, image)


_ENTER, _SHIFT_ENTER, _ESCAPE = "Enter", "Shift+Enter", "Escape"


class _KeyedList(QListWidget):
    """A list with a few keys of its own, which go before those of the window while it has the keyboard."""

    def __init__(self) -> None:
        super().__init__()
        self.by_key: Mapping[str, Callable[[], None]] = {}

    def event(self, event: QEvent) -> bool:
        """Keep the own keys from what the window would do with them."""
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and _named(event) in self.by_key
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The own keys, else what every list does."""
        act = self.by_key.get(_named(event))
        if act is None:
            super().keyPressEvent(event)
        else:
            act()


def _named(event: QKeyEvent) -> str:
    names = {Qt.Key.Key_Return: _ENTER, Qt.Key.Key_Enter: _ENTER, Qt.Key.Key_Escape: _ESCAPE}
    name = names.get(Qt.Key(event.key()), "")
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if held == Qt.KeyboardModifier.ShiftModifier and name == _ENTER:
        return _SHIFT_ENTER
    return name if held == Qt.KeyboardModifier.NoModifier else ""


class HistoryPanel(QWidget):
    """Revisions, the newest on top; one of them is compared with now, two with each other, one said again."""

    compared = Signal(int, int)
    restored = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.list = _KeyedList()
        self.list.setAccessibleName("History of this reading")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.itemSelectionChanged.connect(self._selection_changed)
        self.list.itemDoubleClicked.connect(lambda _item: self.compare())
        self.hint = _dim("Nothing done yet. Every act on this exam is listed here with its time.")
        self.compare_button = QPushButton("Compare")
        self.compare_button.setToolTip(
            "What the reading says otherwise now (Enter); of two acts, what lies between"
        )
        self.compare_button.clicked.connect(self.compare)
        self.restore_button = QPushButton("Restore")
        self.restore_button.setToolTip(
            "Say again what was said then, as a new act that can be undone (Shift+Enter)"
        )
        self.restore_button.clicked.connect(self.restore)
        self.heading = _dim("")
        self.differences = _KeyedList()
        self.differences.setAccessibleName("What differs")
        for one in (self.list, self.differences):
            one.setWordWrap(True)
            one.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._place()
        self.forget_differences()
        self._selection_changed()

    def _place(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 4, 4, 4)
        title = QLabel("HISTORY")
        title.setProperty("role", "heading")
        top = QHBoxLayout()
        top.addWidget(title)
        top.addStretch(1)
        top.addWidget(self.compare_button)
        top.addWidget(self.restore_button)
        layout.addLayout(top)
        layout.addWidget(self.hint)
        layout.addWidget(self.list, 3)
        layout.addWidget(self.heading)
        layout.addWidget(self.differences, 2)

    @property
    def chosen(self) -> tuple[int, ...]:
        """Numbers of the chosen revisions, the oldest first."""
        return tuple(sorted(item.data(_NUMBER) for item in self.list.selectedItems()))

    @property
    def last(self) -> int:
        """Number of the newest revision, 0 while there is none."""
        return self.list.count()

    def show_told(self, told: Sequence[str]) -> None:
        """Show these sentences, given oldest first; what was chosen stays chosen."""
        chosen, here = set(self.chosen), self.list.currentItem()
        current = None if here is None else here.data(_NUMBER)
        blocked = self.list.blockSignals(True)
        self.list.clear()
        self.hint.setVisible(not told)
        for number, sentence in reversed(list(enumerate(told, 1))):
            item = QListWidgetItem(f"{number}  {sentence}")
            item.setToolTip(f"<p>{escape(sentence)}</p>")
            item.setData(_NUMBER, number)
            self.list.addItem(item)
            if number == current:
                self.list.setCurrentItem(item)
            item.setSelected(number in chosen)
        self.list.blockSignals(blocked)
        self._selection_changed()

    def compare(self) -> None:
        """Ask what differs: between the chosen revision and now, or the oldest and newest of those chosen."""
        if self.compare_button.isEnabled():
            chosen = self.chosen
            self.compared.emit(chosen[0], chosen[-1] if len(chosen) > 1 else self.last)

    def restore(self) -> None:
        """Ask for the chosen revision to be said again."""
        if self.restore_button.isEnabled():
            self.restored.emit(self.chosen[0])

    def show_differences(self, first: int, second: int, told: Sequence[str]) -> None:
        """Show what `second` says otherwise than `first`."""
        until = "now" if second == self.last else f"act {second}"
        self.heading.setText(
            f"From act {first} to {until}:" if told else f"Act {first} and {until} say the same."
        )
        self.differences.clear()
        self.differences.addItems(list(told))
        self.heading.show()
        self.differences.setVisible(bool(told))
        self._set_keys(compared=True)

    def forget_differences(self) -> None:
        """Take the comparison away; the keyboard stays in the history."""
        if self.differences.hasFocus():
            self.list.setFocus()
        self.heading.hide()
        self.differences.hide()
        self._set_keys(compared=False)

    def _set_keys(self, *, compared: bool) -> None:
        # with nothing to take away, Esc goes back to the images as everywhere
        leave = {_ESCAPE: self.forget_differences} if compared else {}
        self.list.by_key = {_ENTER: self.compare, _SHIFT_ENTER: self.restore, **leave}
        self.differences.by_key = leave

    def _selection_changed(self) -> None:
        chosen = self.chosen
        older = len(chosen) == 1 and chosen[0] != self.last
        self.compare_button.setEnabled(older or len(chosen) > 1)
        self.restore_button.setEnabled(older)


_NUMBER = Qt.ItemDataRole.UserRole


def _dim(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "dim")
    label.setWordWrap(True)
    return label
