"""The exams of indexed folders in the worklist: pages are fetched as they come into sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from annotator.model.counts import counted
from annotator.ui.desk.due_exams import ExamDue
from annotator.ui.desk.indexed_exams import DUES, STATES, Counted
from annotator.ui.desk.worklist_rows import Choice, ExamRow, ExamState, Heading, Row, SortBy, with_headings
from annotator.ui.panels.worklist_list import Index, WorklistModel, WorklistView
from annotator.ui.words.exam_names import ExamNames, date_text

if TYPE_CHECKING:
    from annotator.imaging.exam_index.pages import ListedExam, Page, Totals

_NOWHERE = QModelIndex()
_WARNINGS = (
    (2, "missing", "its files are gone; index the folder they were moved to, readings stay"),
    (8, "pixels differ", "two files claim to be the same image and show other pixels"),
    (1, "incomplete", "some of its images are gone"),
    (4, "", "an image is there twice, pixel for pixel"),
)
"""By fault (`annotator.imaging.exam_index.writer.Fault`), the worst first: a word for the row, a clause for the tip."""


class IndexedModel(WorklistModel):
    """Rows of the pages that are here. `more_wanted` asks for those behind the last."""

    more_wanted = Signal()

    def __init__(self, names: ExamNames) -> None:
        super().__init__()
        self._names = names
        self._exams: list[ListedExam] = []
        self._more = False
        self._asked = False

    @property
    def last_key(self) -> tuple[Any, ...] | None:
        """Where the last row stands in the order of the index."""
        return self._exams[-1].key if self._exams else None

    def begin(self, page: Page, sort: SortBy) -> None:
        """The first page in place of all rows."""
        self._exams, self._more, self._asked = list(page.exams), page.more, False
        self._take_states()
        self.show_rows(self._made(sort), sort)

    def append(self, page: Page) -> None:
        """One more page."""
        before = len(self.rows)
        self._exams += page.exams
        self._more, self._asked = page.more, False
        self._take_states()
        rows = self._made(self.sorted_by)
        self.beginInsertRows(_NOWHERE, before, len(rows) - 1)
        self.rows = rows
        self._at = {row.uid: at for at, row in enumerate(rows) if isinstance(row, ExamRow)}
        self.endInsertRows()

    def name_again(self) -> None:
        """Names are hidden or shown now."""
        self.show_rows(self._made(self.sorted_by), self.sorted_by)

    def canFetchMore(self, _parent: Index) -> bool:
        return self._more and not self._asked

    def fetchMore(self, _parent: Index) -> None:
        self._asked = True
        self.more_wanted.emit()

    def show_current(self, uid: str) -> None:
        """Which exam is on the table."""
        self.show_states(self._states, uid, self._dues)

    def _take_states(self) -> None:
        self._states = {one.study_instance_uid: STATES[one.state] for one in self._exams if one.state}
        self._dues = {
            one.study_instance_uid: ExamDue(DUES[one.due], None, one.due_words)
            for one in self._exams
            if one.due < len(DUES)
        }

    def _made(self, sort: SortBy) -> list[Row]:
        entries = [_row(one, self._names.called(one.name)) for one in self._exams]
        rows = with_headings(entries, sort, self._states, self._dues)
        if self._more:
            # of the last group more may follow: its number is not known yet
            at = next((at for at in reversed(range(len(rows))) if isinstance(rows[at], Heading)), None)
            last = None if at is None else rows[at]
            if at is not None and isinstance(last, Heading):
                rows[at] = Heading(last.text, 0)
        return rows


class IndexedPage(QWidget):
    """The list with how far indexing is. `index_wanted`: the reader wants to name a folder."""

    index_wanted = Signal()
    everything_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, names: ExamNames) -> None:
        super().__init__()
        self.model = IndexedModel(names)
        self.list = WorklistView(self.model)
        self.list.setAccessibleName("Exams of indexed folders")
        self.model.setParent(self.list)
        self.words = QLabel()
        self.button = QPushButton()
        self.pages = QStackedWidget()
        self.progress = QLabel()
        self.stop = QPushButton("Stop")
        self.stop.setProperty("role", "link")
        self.stop.setToolTip("What was read stays, and the next time it goes on there")
        self._nothing_indexed = False
        self._totals: Totals | None = None
        self._indexing = False
        self._place()
        self.button.clicked.connect(self._pressed)
        self.stop.clicked.connect(self.stop_wanted)

    def show_page(self, page: Page, choice: Choice, *, first: bool) -> None:
        """Rows that have come."""
        if not first:
            self.model.append(page)
            return
        self.model.begin(page, choice.sort)
        self.list.scrollToTop()
        self._explain(choice)

    def show_counted(self, counted: Counted, choice: Choice, *, indexing: bool) -> None:
        """Say why nothing is listed, where nothing is."""
        self._totals, self._indexing = counted.totals, indexing
        self._explain(choice)

    def _explain(self, choice: Choice) -> None:
        """The page and what it comes to are asked for side by side: whichever comes last explains."""
        totals, indexing = self._totals, self._indexing
        if self.model.rows:
            self.pages.setCurrentWidget(self.list)
            return
        if totals is None:
            return
        self._nothing_indexed = not totals.exams
        if totals.exams:
            due = choice.text.strip() == "" and str(choice.showing) == "due now"
            self.words.setText(
                "Nothing that was asked for in these exams is due."
                if due
                else f"None of {totals.exams:,} exams passes the filter."
            )
        elif indexing:
            self.words.setText("The first exams will be listed here in a moment.")
        elif totals.roots:
            self.words.setText("No image was found in the folders that are indexed.")
        else:
            self.words.setText(
                "No folder is indexed yet. Index one to list all of its exams here: only headers are read, and what they"
                " say, names too, is kept on this computer for you alone."
            )
        self.button.setText("Index a folder..." if self._nothing_indexed else "Show all exams")
        self.button.setVisible(not indexing or not self._nothing_indexed)
        self.pages.setCurrentIndex(0)

    def show_progress(self, text: str) -> None:
        """How far indexing is, '' when it is over."""
        self.progress.setText(text)
        self.progress.setVisible(bool(text))
        self.stop.setVisible(bool(text))

    def _pressed(self) -> None:
        (self.index_wanted if self._nothing_indexed else self.everything_wanted).emit()

    def _place(self) -> None:
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty = QWidget()
        inner = QVBoxLayout(empty)
        inner.addStretch(1)
        inner.addWidget(self.words)
        inner.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addStretch(2)
        self.pages.addWidget(empty)
        self.pages.addWidget(self.list)
        self.progress.setProperty("role", "dim")
        self.progress.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.progress, 1)
        row.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.pages, 1)
        layout.addLayout(row)
        self.show_progress("")


def counted_words(counted: Counted) -> str:
    """How far all indexed exams are: "12,000 of 100,000 done, 3 in progress, 40 listed"."""
    by_state = counted.totals.by_state
    total = counted.totals.exams
    if not total:
        return ""
    number = {state: by_state.get(at, 0) for at, state in enumerate(STATES)}
    words = f"{number[ExamState.DONE] + number[ExamState.SIGNED]:,} of {total:,} done"
    if number[ExamState.IN_PROGRESS]:
        words += f", {number[ExamState.IN_PROGRESS]:,} in progress"
    if counted.passing is not None:
        words += f", {counted.passing:,} listed"
    if counted.totals.faulty:
        words += f"; {counted.totals.faulty:,} ⚠"
    return words


def _row(exam: ListedExam, name: str) -> ExamRow:
    warning, trouble = _told(exam.faults)
    return ExamRow(
        uid=exam.study_instance_uid,
        name=name,
        day=exam.day,
        date=date_text(exam.day),
        images=counted(exam.images, "image"),
        views=exam.views,
        warning=warning,
        trouble=trouble,
    )


def _told(faults: int) -> tuple[str, str]:
    told: Sequence[tuple[str, str]] = [(word, clause) for bit, word, clause in _WARNINGS if faults & bit]
    return next((word for word, _ in told if word), ""), "; ".join(clause for _, clause in told)
