"""The exams that were opened, by patient and date, with how far their reading is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from annotator.model.image import ExamInfo
from annotator.ui.panels.files_problem import count_sentence
from annotator.ui.theme import ACCENT, DIM, MARK, SELECTED_ROW, STRONG, TEXT

NEW = "new"
IN_PROGRESS = "in progress"
READING = "reading"

_UID = Qt.ItemDataRole.UserRole
_STATE = Qt.ItemDataRole.UserRole + 1
_NAME = Qt.ItemDataRole.UserRole + 2
_WHEN = Qt.ItemDataRole.UserRole + 3


def date_text(date: str) -> str:
    """YYYYMMDD as 2026-03-12; "no date" when there is none."""
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 else (date or "no date")


def exam_name(exam: ExamInfo) -> str:
    """How an exam is called in the window: the Patient ID, or the end of its UID without one."""
    return exam.patient_key or f"Exam ...{exam.study_instance_uid[-6:]}"


def worklist_order(exams: Sequence[ExamInfo]) -> list[ExamInfo]:
    """By patient, the newest exam first."""
    newest_first = sorted(exams, key=lambda e: e.date, reverse=True)
    return sorted(newest_first, key=exam_name)


class _ExamDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del index
        return QSize(80, option.fontMetrics.height() * 2 + 8)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        rect: QRect = option.rect
        flags = option.state
        state = str(index.data(_STATE))
        current = state == READING
        if current:
            painter.fillRect(rect, QColor(SELECTED_ROW))
            painter.fillRect(QRect(rect.x(), rect.y(), 3, rect.height()), QColor(MARK))
        if flags & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(ACCENT))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        upper = rect.adjusted(8, 3, -6, -rect.height() // 2)
        lower = rect.adjusted(8, rect.height() // 2, -6, -3)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(MARK if current else DIM))
        painter.drawText(upper, middle | Qt.AlignmentFlag.AlignRight, state)
        upper.setRight(upper.right() - painter.fontMetrics().horizontalAdvance(state) - 8)
        metrics = painter.fontMetrics()
        painter.setPen(QColor(STRONG if current else TEXT))
        name = metrics.elidedText(str(index.data(_NAME)), Qt.TextElideMode.ElideMiddle, upper.width())
        painter.drawText(upper, middle, name)
        painter.setPen(QColor(DIM))
        painter.drawText(lower, middle, str(index.data(_WHEN)))
        painter.restore()


class WorklistPanel(QWidget):
    """One row per exam; `exam_chosen` carries the ExamInfo the reader wants to see."""

    exam_chosen = Signal(object)
    problems_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._exams: list[ExamInfo] = []
        self._states: dict[str, str] = {}
        self._current = ""
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter  (Ctrl+F)")
        self.filter.setAccessibleName("Filter the worklist")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAcceptDrops(False)
        self.filter.textChanged.connect(self._filter)
        self.list = QListWidget()
        self.list.setAccessibleName("Worklist")
        self.list.setItemDelegate(_ExamDelegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._chosen)
        self.list.itemActivated.connect(self._chosen)
        self.problems = QPushButton()
        self.problems.setProperty("role", "link")
        self.problems.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.problems.clicked.connect(self.problems_wanted)
        self.problems.setVisible(False)
        self.progress = QLabel()
        self.progress.setProperty("role", "dim")
        heading = QLabel("WORKLIST")
        heading.setProperty("role", "heading")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 6, 4)
        layout.setSpacing(4)
        for part in (heading, self.filter):
            layout.addWidget(part)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.problems)

    @property
    def exams(self) -> tuple[ExamInfo, ...]:
        """The exams in the order shown."""
        return tuple(self._exams)

    @property
    def exams_in_sight(self) -> tuple[ExamInfo, ...]:
        """Those that pass the filter."""
        return tuple(exam for at, exam in enumerate(self._exams) if not self.list.item(at).isHidden())

    def show_exams(self, exams: Sequence[ExamInfo]) -> None:
        """Replace the list."""
        self._exams = worklist_order(exams)
        self.list.clear()
        for exam in self._exams:
            item = QListWidgetItem(f"{exam_name(exam)}  {date_text(exam.date)}")
            item.setData(_UID, exam.study_instance_uid)
            item.setData(_NAME, exam_name(exam))
            count = len(exam.images)
            item.setData(_WHEN, f"{date_text(exam.date)}  ·  {count} image{'' if count == 1 else 's'}")
            views = ", ".join(image.label for image in exam.images if image.label)
            item.setToolTip(f"{exam_name(exam)} {date_text(exam.date)}: {views}")
            self.list.addItem(item)
        self._show_states()
        self._filter(self.filter.text())

    def show_states(self, states: Mapping[str, str]) -> None:
        """Say how far each exam is, by study UID; those not named are new."""
        self._states = dict(states)
        self._show_states()

    def set_current(self, study_instance_uid: str) -> None:
        """Show which exam hangs."""
        self._current = study_instance_uid
        self._show_states()

    def show_rejected(self, count: int) -> None:
        """Say quietly how many files could not be opened."""
        self.problems.setText(count_sentence(count))
        self.problems.setAccessibleName(count_sentence(count))
        self.problems.setToolTip("Show which, and why (Ctrl+5)")
        self.problems.setVisible(count > 0)

    def _show_states(self) -> None:
        for at, exam in enumerate(self._exams):
            uid = exam.study_instance_uid
            state = READING if uid == self._current else self._states.get(uid, NEW)
            item = self.list.item(at)
            item.setData(_STATE, state)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{item.text()}, {state}")
            if uid == self._current:
                self.list.setCurrentItem(item)
        begun = sum(e.study_instance_uid in self._states for e in self._exams)
        self.progress.setText(f"{begun} of {len(self._exams)} begun" if self._exams else "")

    def _filter(self, text: str) -> None:
        wanted = text.casefold().split()
        for at in range(self.list.count()):
            item = self.list.item(at)
            shown = str(item.data(Qt.ItemDataRole.AccessibleTextRole)).casefold()
            item.setHidden(not all(word in shown for word in wanted))

    def _chosen(self, item: QListWidgetItem) -> None:
        uid = item.data(_UID)
        self.exam_chosen.emit(next(e for e in self._exams if e.study_instance_uid == uid))
