"""A line to type in, and every act of the window whose words it names; Enter does the one that is chosen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from annotator.ui.keys.word_match import rank
from annotator.ui.theme import DIM, STRONG, TEXT

SHOWN = 60
RECENT = 6
FEWEST_ROWS = 4
_ENTRY = Qt.ItemDataRole.UserRole
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to find. `place` is its menu; `why_not` '' when it can be done.

    `more` is shown and looked through, `also`, what other programs call it, only looked through.
    """

    id: str
    title: str
    place: str
    keys: str
    more: str
    why_not: str
    run: Callable[[], object]
    also: str = ""


def found(entries: Sequence[Entry], typed: str, recent: Sequence[str]) -> list[Entry]:
    """The entries that `typed` names, nearest first; recent ones before others that match alike."""
    place = {entry_id: at for at, entry_id in enumerate(recent)}
    ranked = []
    for at, entry in enumerate(entries):
        far = rank(typed, entry.title, f"{entry.place} {entry.more} {entry.also}")
        if far is not None:
            late = place.get(entry.id, len(recent))
            near = (math.ceil(far), late, far) if typed.strip() else (0, late, 0.0)
            ranked.append((*near, at, entry))
    return [entry for *_, entry in sorted(ranked, key=lambda row: row[:4])]


class CommandSearch(QFrame):
    """Lies over the edge of the window while open; never a dialog. `ran` carries the id of what was done.

    Esc, or a click elsewhere, closes it. The keyboard is back where it was before an act is done, so that
    the act finds it there.
    """

    ran = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("legend")
        self.setAccessibleName("Find a command")
        self._entries: Sequence[Entry] = ()
        self._recent: Sequence[str] = ()
        self._back: QWidget | None = None
        self._corner, self._most = QPoint(), QSize(400, 400)
        self.line = QLineEdit()
        self.line.setPlaceholderText("Find a command, a descriptor, a preset")
        self.line.setAccessibleName("Find a command")
        self.line.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_EntryPainter(self.list))
        self.note = QLabel()
        self.note.setProperty("role", "dim")
        self.note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        for part in (self.line, self.list, self.note):
            layout.addWidget(part)
        self.line.textChanged.connect(self._find)
        self.line.installEventFilter(self)
        self.list.itemClicked.connect(self._run)
        self.list.currentItemChanged.connect(self._tell)
        self.hide()

    def open(self, entries: Sequence[Entry], recent: Sequence[str], back: QWidget) -> None:
        """Offer these; `back` gets the keyboard afterwards."""
        self._entries, self._recent = entries, recent
        if self.isHidden():
            self._back = back
        self.line.clear()
        self._find("")
        self.show()
        self.raise_()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def place(self, corner: QPoint, width: int, height: int) -> None:
        """Stand with the upper right corner there, so wide, and as high as what is found, up to `height`."""
        self._corner, self._most = corner, QSize(width, height)
        self._fit()

    def close_search(self) -> None:
        """Put it away and give the keyboard back."""
        if self.isHidden():
            return
        back, self._back = self._back, None
        self.hide()
        if back is not None and isValid(back) and back.isVisible():
            back.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.line:
            if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
                # whatever is typed here is for this line, not for the keys of the window
                event.accept()
                return True
            if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
                return self._key(event)
            if event.type() == QEvent.Type.FocusOut and self._left():
                self.hide()
        return super().eventFilter(watched, event)

    def _left(self) -> bool:
        """Whether the keyboard went elsewhere in the program, not to another program or a menu."""
        focused = QApplication.focusWidget()
        return focused is not None and not self.isAncestorOf(focused)

    def _key(self, event: QKeyEvent) -> bool:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None and self.list.count():
            row = min(max(self.list.currentRow() + step, 0), self.list.count() - 1)
            self.list.setCurrentRow(row)
        elif event.key() == Qt.Key.Key_Escape:
            self.close_search()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.list.currentItem())
        elif event.key() not in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            return False
        return True

    def _find(self, typed: str) -> None:
        self.list.clear()
        for entry in found(self._entries, typed, self._recent)[:SHOWN]:
            item = QListWidgetItem(", ".join(part for part in (entry.title, entry.place, entry.keys) if part))
            item.setData(_ENTRY, entry)
            if entry.why_not:
                item.setToolTip(f"Not now: {entry.why_not}")
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self._tell()
        self._fit()

    def _fit(self) -> None:
        rows = max(self.list.count(), FEWEST_ROWS)
        row = self.list.sizeHintForRow(0) if self.list.count() else self.line.height()
        around = self.line.sizeHint().height() + 2 * self.note.fontMetrics().height() + 40
        self.resize(self._most.width(), min(rows * row + around, self._most.height()))
        self.move(self._corner.x() - self.width(), self._corner.y())

    def _tell(self, *_items: object) -> None:
        item: QListWidgetItem | None = self.list.currentItem()
        if item is None:
            self.note.setText("Nothing is called that; try a part of a word, or the name of its menu.")
            return
        entry: Entry = item.data(_ENTRY)
        self.note.setText(f"Not now: {entry.why_not}." if entry.why_not else entry.more)

    def _run(self, item: QListWidgetItem | None) -> None:
        entry: Entry | None = None if item is None else item.data(_ENTRY)
        if entry is None or entry.why_not:
            return
        self.close_search()
        self.ran.emit(entry.id)
        entry.run()


class _EntryPainter(QStyledItemDelegate):
    """Title on the left, keys on the right, the menu dim between them; what cannot be done now all dim."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, QFontMetrics(option.font).height() + 8)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry = index.data(_ENTRY)
        widget = option.widget
        style = widget.style() if widget is not None else QApplication.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, widget)
        rect: QRect = option.rect.adjusted(8, 0, -8, 0)
        metrics = painter.fontMetrics()
        align = Qt.AlignmentFlag.AlignVCenter
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        quiet = QColor(TEXT if chosen else DIM)
        loud = quiet if entry.why_not else QColor(STRONG)
        painter.setPen(quiet if entry.why_not else QColor(TEXT))
        painter.drawText(rect, align | Qt.AlignmentFlag.AlignRight, entry.keys)
        rect.setRight(rect.right() - metrics.horizontalAdvance(f"{entry.keys}  "))
        title = metrics.elidedText(entry.title, Qt.TextElideMode.ElideRight, rect.width())
        painter.setPen(loud)
        painter.drawText(rect, align | Qt.AlignmentFlag.AlignLeft, title)
        rect.setLeft(rect.left() + metrics.horizontalAdvance(f"{title}  "))
        painter.setPen(quiet)
        place = metrics.elidedText(entry.place, Qt.TextElideMode.ElideRight, max(0, rect.width()))
        painter.drawText(rect, align | Qt.AlignmentFlag.AlignLeft, place)
