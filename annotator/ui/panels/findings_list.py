"""The findings of the reading, one row each."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from annotator.ui.theme import ACCENT, DIM, MARK, SELECTED_ROW, STRONG
from annotator.ui.words.plain_words import tip

_ID = Qt.ItemDataRole.UserRole
_NAME = Qt.ItemDataRole.UserRole + 1
_WORDS = Qt.ItemDataRole.UserRole + 2
_FACTS = Qt.ItemDataRole.UserRole + 3
_PAD = 6


class RowDelegate(QStyledItemDelegate):
    """Two lines: a name with its words, and small facts below; a bar marks the current row."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        lines = 2 if index.data(_FACTS) else 1
        return QSize(80, option.fontMetrics.height() * lines + _PAD)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        painter.save()
        rect: QRect = option.rect
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(SELECTED_ROW))
            painter.fillRect(QRect(rect.x(), rect.y(), 3, rect.height()), QColor(MARK))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(ACCENT))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        font = QFont(option.font)
        bold = QFont(font)
        bold.setBold(True)
        inner = rect.adjusted(8, _PAD // 2, -4, -_PAD // 2)
        line = QRect(inner.x(), inner.y(), inner.width(), painter.fontMetrics().height())
        painter.setFont(bold)
        painter.setPen(QColor(MARK))
        name = str(index.data(_NAME))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, name)
        line.setLeft(line.left() + painter.fontMetrics().horizontalAdvance(name) + 8)
        painter.setFont(font)
        painter.setPen(QColor(STRONG))
        _draw(painter, line, str(index.data(_WORDS)))
        painter.setPen(QColor(DIM))
        _draw(
            painter,
            line.translated(0, line.height()).adjusted(inner.x() - line.x(), 0, 0, 0),
            index.data(_FACTS),
        )
        painter.restore()


class FindingsList(QListWidget):
    """Rows of findings; `currentRowChanged` tells which one the reader wants."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Findings")
        self.setItemDelegate(RowDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(False)

    def show_rows(self, rows: list[tuple[str, str, str, str]], current: str | None) -> None:
        """Rows as (id, name, words, facts); selects `current`. Silent."""
        self.blockSignals(True)
        while self.count() > len(rows):
            self.takeItem(self.count() - 1)
        while self.count() < len(rows):
            self.addItem(QListWidgetItem())
        for at, (finding_id, name, words, facts) in enumerate(rows):
            item = self.item(at)
            item.setData(_ID, finding_id)
            item.setData(_NAME, name)
            item.setData(_WORDS, words)
            item.setData(_FACTS, facts)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {words}, {facts}")
            item.setToolTip(tip(f"{name} {words}\n{facts}"))
            if finding_id == current:
                self.setCurrentRow(at)
        if current is None:
            self.setCurrentRow(-1)
        self.blockSignals(False)
        height = sum(self.sizeHintForRow(i) for i in range(min(self.count(), 4)))
        self.setFixedHeight(max(height, self.fontMetrics().height() + _PAD) + 4)

    def finding_id(self, row: int) -> str | None:
        """The finding shown in a row."""
        item = self.item(row)
        return None if item is None else str(item.data(_ID))


def _draw(painter: QPainter, rect: QRect, text: str) -> None:
    elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, elided)
