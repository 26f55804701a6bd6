"""Who opened, exported, signed what: the audit of the database as a list to look through, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from annotator.errors import AnnotatorError
from annotator.model.audit import AuditAct, AuditEntry
from annotator.model.image import ExamInfo
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.task_runner import TaskRunner
from annotator.ui.words.exam_names import ExamNames, date_text
from annotator.ui.words.plain_words import tip

if TYPE_CHECKING:
    from annotator.store.audit_view import Audit

LANE = "audit"
MOST = 5000
"""Entries looked through at a time; the command lists all."""
WIDEST_OF = 20
"""The longest words of a column are measured, not each of thousands."""
HEADS = ("When", "Who", "What", "Exam", "More")
SINCE: tuple[tuple[str, int | None], ...] = (("All days", None), ("Today", 0), ("7 days", 6), ("31 days", 30))
"""Words, and how many days before today the first one is."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry as it is shown; `words` is what the filter looks in."""

    at: datetime
    act: AuditAct
    cells: tuple[str, ...]
    uid: str
    words: str


def audit_row(entry: AuditEntry, exam: str) -> AuditRow:
    """An entry in the words of the list; `exam` is what its exam is called, '' where it is about none."""
    at = entry.at.astimezone()
    who = f"{entry.who} ({entry.role})" if entry.role else entry.who
    cells = (f"{at:%Y-%m-%d %H:%M:%S}", who, entry.act.value, exam, entry.what)
    uid = entry.study_instance_uid or ""
    return AuditRow(at, entry.act, cells, uid, " ".join((*cells, uid)).casefold())


def chosen_rows(
    rows: Sequence[AuditRow], words: str, act: AuditAct | None, since: datetime | None
) -> list[AuditRow]:
    """Those that hold every word, are about the act and not older than a moment."""
    wanted = words.casefold().split()
    return [
        one
        for one in rows
        if act in (None, one.act)
        and (since is None or one.at >= since)
        and all(w in one.words for w in wanted)
    ]


class AuditTable(QAbstractTableModel):
    """The rows that the filter leaves; made as they come into sight, however many there are."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: list[AuditRow] = []

    def show_rows(self, rows: list[AuditRow]) -> None:
        """These in place of those before."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADS)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.cells[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            about = (
                f"Study Instance UID {row.uid}" if row.uid and index.column() == HEADS.index("Exam") else ""
            )
            return tip(about or row.cells[index.column()])
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return HEADS[section]
        return None


class AuditWindow(QDialog):
    """Asks the database each time it comes into sight. Exams that are open are called as in the worklist, others by the
    pseudonym that exports give them. Not modal.
    """

    def __init__(self, desk: ReadingDesk, runner: TaskRunner, names: ExamNames, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Who did what")
        self.setModal(False)
        self.resize(min(1200, parent.width() - 40), 560)
        self._desk = desk
        self._runner = runner
        self._names = names
        self._audit: Audit | None = None
        self._rows: list[AuditRow] = []
        self.words = QLineEdit()
        self.words.setPlaceholderText("Filter: reader, exam, what went out")
        self.words.setAccessibleName("Filter the audit by words")
        self.words.setClearButtonEnabled(True)
        self.act = _choice("What was done", [("Everything", None), *((one.value, one) for one in AuditAct)])
        self.since = _choice("From which day on", SINCE)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setObjectName("dim")
        self.table = AuditTable(self)
        self.list = _list_of(self.table)
        self.words.textChanged.connect(self._filter)
        self.act.currentIndexChanged.connect(self._filter)
        self.since.currentIndexChanged.connect(self._filter)
        names.changed.connect(self._name)
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.words.setFocus()
        self.look()

    def look(self) -> None:
        """Ask the database anew."""
        workspace = self._desk.workspace
        if self._audit is None:
            self.note.setText("Asking the database ...")
        self._runner.query(
            LANE, lambda _token: workspace.audit(MOST), self._known, self._failed, of_database=True
        )

    def _known(self, audit: Audit) -> None:
        self._audit = audit
        self._name()

    def _failed(self, error: AnnotatorError) -> None:
        self.note.setText(str(error))

    def _name(self) -> None:
        if self._audit is None:
            return
        exams = {exam.study_instance_uid: self._called(exam) for exam in self._desk.exams}
        self._rows = [
            audit_row(one, exams.get(one.study_instance_uid or "") or called)
            for one, called in zip(self._audit.entries, self._audit.pseudonyms, strict=True)
        ]
        self._filter()

    def _called(self, exam: ExamInfo) -> str:
        return f"{self._names.of(exam)}, {date_text(exam.date)}"

    def _filter(self, *_what: object) -> None:
        days = self.since.currentData()
        today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        since = None if days is None else today - timedelta(days=days)
        chosen = chosen_rows(self._rows, self.words.text(), self.act.currentData(), since)
        self.table.show_rows(chosen)
        self._give_room(chosen)
        if self._audit is not None:
            self.note.setText(_told(self._audit, len(chosen)))

    def _give_room(self, rows: Sequence[AuditRow]) -> None:
        """As wide as the words are, up to a share each; what is left is for what went out, the longest of all."""
        metrics, pad = self.list.fontMetrics(), 3 * self.list.fontMetrics().horizontalAdvance("0")
        widest = self.list.viewport().width() // 4
        for column in range(len(HEADS) - 1):
            told = {HEADS[column], *(row.cells[column] for row in rows)}
            words = max(metrics.horizontalAdvance(one) for one in sorted(told, key=len)[-WIDEST_OF:])
            self.list.setColumnWidth(column, min(words + pad, widest))

    def _place(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.words, 1)
        head.addWidget(self.act)
        head.addWidget(self.since)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        column.addWidget(self.note)
        column.addWidget(close)


def _told(audit: Audit, shown: int) -> str:
    count = len(audit.entries)
    if not count:
        return "Nothing is noted yet."
    entries = f"{count} entr{'y' if count == 1 else 'ies'}"
    parts = [entries if shown == count else f"{shown} of {entries}"]
    if audit.more:
        parts.append("older ones: annotator audit")
    parts.append(
        "everybody's acts" if audit.of_everybody else "your own acts; administrators see everybody's"
    )
    return f"{'; '.join(parts)}. Entries are only ever added."


def _choice(name: str, rows: Sequence[tuple[str, object]]) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setToolTip(name)
    for words, value in rows:
        made.addItem(words, value)
    return made


def _list_of(table: AuditTable) -> QTableView:
    made = QTableView()
    made.setModel(table)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setAlternatingRowColors(True)
    made.setShowGrid(False)
    made.setWordWrap(False)
    made.setAccessibleName("What was done, the newest first")
    made.verticalHeader().hide()
    header = made.horizontalHeader()
    header.setSectionResizeMode(len(HEADS) - 1, QHeaderView.ResizeMode.Stretch)
    header.setHighlightSections(False)
    return made
