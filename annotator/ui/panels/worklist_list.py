"""The list of the worklist: thousands of rows, painted only where they are seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from annotator.model.counts import counted
from annotator.ui import theme
from annotator.ui.desk.due_exams import ExamDue
from annotator.ui.desk.worklist_rows import FINISHED, NOTHING_DUE, ExamRow, ExamState, Heading, Row, SortBy
from annotator.ui.words.plain_words import tip

READING = "reading"
"""What the exam on the table is called while it is not done."""
BAR_PX = 2

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_Motion = QAbstractItemView.CursorAction


class WorklistModel(QAbstractListModel):
    """Rows in their order, with the state and the progress of each exam."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: Sequence[Row] = ()
        self.sorted_by = SortBy.PATIENT
        self._at: dict[str, int] = {}
        self._states: Mapping[str, ExamState] = {}
        self._dues: Mapping[str, ExamDue] = NOTHING_DUE
        self._current = ""
        self._ready: dict[str, tuple[int, int]] = {}

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if isinstance(self.rows[index.row()], Heading):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.text if isinstance(row, Heading) else f"{row.name} {row.date}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(row)
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, ExamRow):
            ready = self._ready_words(row.uid)
            trouble = f"; {row.trouble}" if row.trouble else ""
            told = f"{row.views or row.images}{ready}{self.due_words(row.uid)}{trouble}"
            return tip(f"{row.name} {row.date}: {told}")
        return None

    def show_rows(self, rows: Sequence[Row], sort: SortBy) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self.rows, self.sorted_by = rows, sort
        self._at = {row.uid: at for at, row in enumerate(rows) if isinstance(row, ExamRow)}
        self.endResetModel()

    def show_states(
        self, states: Mapping[str, ExamState], current: str, dues: Mapping[str, ExamDue] = NOTHING_DUE
    ) -> None:
        """How far each exam is by study UID, those not named new, which one is on the table, and what is due."""
        self._states, self._current, self._dues = states, current, dues
        if self.rows:
            self.dataChanged.emit(self.index(0), self.index(len(self.rows) - 1))

    def show_ready(self, ready: Mapping[str, tuple[int, int]]) -> None:
        """Of which exams how many pictures are decoded, of how many that will hang at once."""
        changed = self._ready.keys() | ready.keys()
        changed = {uid for uid in changed if self._ready.get(uid) != ready.get(uid)}
        self._ready = dict(ready)
        for uid in changed:
            if uid in self._at:
                at = self.index(self._at[uid])
                self.dataChanged.emit(at, at)

    def index_of(self, uid: str) -> QModelIndex:
        """Where an exam is listed; an invalid index when it is not."""
        return self.index(self._at[uid]) if uid in self._at else _NOWHERE

    def state_words(self, uid: str) -> str:
        """What stands at the end of an exam's row."""
        state = self._states.get(uid, ExamState.NEW)
        due = self._dues.get(uid)
        if due is not None:
            return due.label
        if state in FINISHED:
            return f"{state} ✓"
        return READING if uid == self._current else str(state)

    def due_words(self, uid: str) -> str:
        """What of an exam is due, with how far it is: what its row has no room for."""
        due = self._dues.get(uid)
        return "" if due is None else f"; {self._states.get(uid, ExamState.NEW)}; {due.words}"

    def is_current(self, uid: str) -> bool:
        """Whether an exam is the one on the table."""
        return uid == self._current

    def ready(self, uid: str) -> tuple[int, int]:
        """How many of an exam's pictures are decoded, and of how many."""
        return self._ready.get(uid, (0, 0))

    def label(self, row: ExamRow) -> tuple[str, str]:
        """What a row says beside its state, and what it adds where there is room: not what its heading says."""
        if self.sorted_by is SortBy.PATIENT:
            return row.date, row.images
        return (row.name, row.images) if self.sorted_by is SortBy.DATE else (row.name, row.date)

    def _spoken(self, row: Row) -> str:
        if isinstance(row, Heading):
            return f"{row.text}, {counted(row.count, 'exam')}"
        state = self.state_words(row.uid).removesuffix(" ✓")
        trouble = f", {row.trouble}" if row.trouble else ""
        told = f"{row.images}, {state}{self._ready_words(row.uid)}{self.due_words(row.uid)}{trouble}"
        return f"{row.name}  {row.date}, {told}"

    def _ready_words(self, uid: str) -> str:
        done, total = self.ready(uid)
        return f", {done} of {total} images ready" if total else ""


class _RowDelegate(QStyledItemDelegate):
    """Paints a row; the model is asked directly, as thousands of conversions would cost a frame."""

    def __init__(self, model: WorklistModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(80, option.fontMetrics.height() + 10)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        row = self._model.rows[index.row()]
        if isinstance(row, Heading):
            self._paint_heading(painter, option.rect, row)
        else:
            self._paint_exam(painter, option, row)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, row: Heading) -> None:
        count = f"{row.count} exams" if row.count > 1 else ""
        inner = self._write_end(painter, rect.adjusted(4, 0, -6, 0), count, theme.DIM)
        _write(painter, inner, row.text, theme.STRONG)
        painter.setPen(QColor(theme.LINE))
        painter.drawLine(rect.topLeft(), rect.topRight())

    def _paint_exam(self, painter: QPainter, option: QStyleOptionViewItem, row: ExamRow) -> None:
        rect, model = option.rect, self._model
        current = model.is_current(row.uid)
        if current:
            painter.fillRect(rect, QColor(theme.SELECTED_ROW))
            painter.fillRect(QRect(rect.x(), rect.y(), 3, rect.height()), QColor(theme.MARK))
        elif option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(theme.RAISED))
        self._paint_bar(painter, rect, *model.ready(row.uid))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(theme.ACCENT))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        inner = rect.adjusted(14, 0, -6, 0)
        if row.warning:
            inner = self._write_end(painter, inner, f"⚠ {row.warning}", theme.AMBER)
        inner = self._write_end(
            painter, inner, model.state_words(row.uid), theme.MARK if current else theme.DIM
        )
        first, more = model.label(row)
        _write(painter, inner, first, theme.STRONG if current else theme.TEXT)
        rest = inner.adjusted(painter.fontMetrics().horizontalAdvance(first) + 10, 0, 0, 0)
        if painter.fontMetrics().horizontalAdvance(more) <= rest.width():
            _write(painter, rest, more, theme.DIM)

    def _paint_bar(self, painter: QPainter, rect: QRect, done: int, total: int) -> None:
        """A line along the bottom for what is decoded; bright while some is missing."""
        if total:
            width = (rect.width() - 14) * done // total
            line = QRect(rect.x() + 14, rect.bottom() - BAR_PX + 1, width, BAR_PX)
            painter.fillRect(line, QColor(theme.LINE if done == total else theme.ACCENT))

    def _write_end(self, painter: QPainter, rect: QRect, text: str, colour: str) -> QRect:
        """Words at the right end; what is left for others."""
        painter.setPen(QColor(colour))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        taken = painter.fontMetrics().horizontalAdvance(text) + 8 if text else 0
        return rect.adjusted(0, 0, -taken, 0)


def _write(painter: QPainter, rect: QRect, text: str, colour: str) -> None:
    painter.setPen(QColor(colour))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, shown)


class WorklistView(QListView):
    """The list itself; the keyboard goes from exam to exam and over headings. `chosen` carries a study UID."""

    chosen = Signal(str)

    def __init__(self, rows: WorklistModel | None = None) -> None:
        super().__init__()
        self.setAccessibleName("Worklist")
        self.rows = rows or WorklistModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(_RowDelegate(self.rows, self))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)

    @property
    def selected_uid(self) -> str:
        """The exam the keyboard is on, '' when on none."""
        at = self.currentIndex()
        row = self.rows.rows[at.row()] if at.isValid() else None
        return row.uid if isinstance(row, ExamRow) else ""

    def go_to(self, uid: str) -> None:
        """Put the keyboard on an exam, its heading in sight where there is room."""
        at = self.rows.index_of(uid)
        if at.isValid():
            self.setCurrentIndex(at)
            above = at.row() - 1
            if above >= 0 and isinstance(self.rows.rows[above], Heading):
                self.scrollTo(self.rows.index(above))
            self.scrollTo(at)

    def rect_of(self, uid: str) -> QRect:
        """Where the row of an exam is on the viewport."""
        return self.visualRect(self.rows.index_of(uid))

    def moveCursor(self, action: _Motion, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        at = super().moveCursor(action, modifiers)
        if not at.isValid() or isinstance(self.rows.rows[at.row()], ExamRow):
            return at
        back = action in (_Motion.MoveEnd, _Motion.MoveUp, _Motion.MovePageUp) and at.row() > 0
        return self.rows.index(at.row() + (-1 if back else 1))

    def _choose(self, at: QModelIndex) -> None:
        row = self.rows.rows[at.row()]
        if isinstance(row, ExamRow):
            self.chosen.emit(row.uid)
