"""The worklist: exams grouped, sorted and filtered, with how far their reading and their loading are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.model.counts import counted
from annotator.model.image import ExamInfo
from annotator.ui.desk.due_exams import ExamDue, elsewhere_words
from annotator.ui.desk.found_exams import ExamRows, rows_of
from annotator.ui.desk.indexed_exams import Counted
from annotator.ui.desk.worklist_rows import (
    FINISHED,
    NOTHING_DUE,
    Choice,
    Entry,
    ExamState,
    Showing,
    SortBy,
    counts,
    entry_of,
    in_order,
    passing,
    with_headings,
)
from annotator.ui.panels.files_problem import count_sentence
from annotator.ui.panels.indexed_list import IndexedPage, counted_words
from annotator.ui.panels.link_button import LinkButton
from annotator.ui.panels.worklist_list import WorklistView
from annotator.ui.words.exam_names import ExamNames
from annotator.ui.words.plain_words import caption, tip

if TYPE_CHECKING:
    from annotator.imaging.exam_index.pages import Page


class WorklistPanel(QWidget):
    """Lists the exams that are open, or those of indexed folders.

    `exam_chosen` carries the ExamInfo the reader wants to see, `order_changed` says that another exam may
    be the next one now. `indexed_wanted`: the list of indexed exams was chosen; `indexed_choice` carries how it is
    sorted and filtered now, `indexed_chosen` the study UID of one of them. `standings_changed`: how far readings are,
    or what is due.
    """

    exam_chosen = Signal(object)
    problems_wanted = Signal()
    back_wanted = Signal()
    order_changed = Signal()
    elsewhere_wanted = Signal()
    indexed_wanted = Signal()
    indexed_choice = Signal(object)
    indexed_chosen = Signal(str)
    standings_changed = Signal()

    def __init__(self, names: ExamNames | None = None) -> None:
        super().__init__()
        self.names = names or ExamNames(self)
        self._exams: tuple[ExamInfo, ...] = ()
        self._rows = ExamRows()
        self._opened: dict[str, int] = {}
        self._entries: list[Entry] = []
        self._ordered: list[Entry] = []
        self._in_sight: list[Entry] = []
        self._states: dict[str, ExamState] = {}
        self._dues: Mapping[str, ExamDue] = NOTHING_DUE
        self._current = ""
        self._choice = Choice()
        self._around: tuple[ExamInfo, ...] = ()
        self.heading = QLabel("WORKLIST")
        self.source = _chooser(("opened", "indexed"), "Exams listed", "Lists {} exams", "{}")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter the worklist")
        self.filter.setToolTip("Parts of a patient, date, view or state; every word must occur")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAcceptDrops(False)
        self.sort = _chooser(SortBy, "Sort the worklist", "Sorted and grouped by {}", "by {}")
        self.showing = _chooser(Showing, "States listed", "Listed: {}", "{}")
        self.list = WorklistView()
        self.empty = _EmptyPage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.list)
        self.indexed = IndexedPage(self.names)
        self.pages.addWidget(self.indexed)
        self.progress = QLabel()
        self.progress.setWordWrap(True)  # a long line never widens the panel: the images would move
        self.back = LinkButton("Back to the exam before, as it was left")
        self.elsewhere = LinkButton(
            "List them: by date of the exam and category; the database knows no names"
        )
        self.problems = LinkButton("Show which, and why")
        self._place()
        self.filter.textChanged.connect(lambda text: self.choose(replace(self._choice, text=text)))
        self.sort.activated.connect(lambda at: self.choose(replace(self._choice, sort=list(SortBy)[at])))
        self.showing.activated.connect(
            lambda at: self.choose(replace(self._choice, showing=list(Showing)[at]))
        )
        self.source.activated.connect(lambda at: self.choose_source(indexed=at == 1))
        self.indexed.list.chosen.connect(self.indexed_chosen)
        self.list.chosen.connect(lambda uid: self.exam_chosen.emit(self._by_uid()[uid]))
        self.empty.button.clicked.connect(self.show_all)
        self.back.clicked.connect(self.back_wanted)
        self.elsewhere.clicked.connect(self.elsewhere_wanted)
        self.problems.clicked.connect(self.problems_wanted)
        self.names.changed.connect(self._names_changed)
        self._show()

    @property
    def choice(self) -> Choice:
        """How the list is sorted and filtered."""
        return self._choice

    @property
    def exams(self) -> tuple[ExamInfo, ...]:
        """All exams, in the order of the list."""
        return tuple(entry.exam for entry in self._ordered)

    @property
    def exams_in_sight(self) -> tuple[ExamInfo, ...]:
        """Those that pass the filter, in the order shown; of indexed ones the open exam and its neighbours."""
        if self.shows_indexed:
            return self._around
        return tuple(entry.exam for entry in self._in_sight)

    @property
    def shows_indexed(self) -> bool:
        """Whether the exams of indexed folders are listed, not those that are open."""
        return self.source.currentIndex() == 1

    @property
    def states(self) -> Mapping[str, ExamState]:
        """How far readings are, by study UID."""
        return self._states

    @property
    def dues(self) -> Mapping[str, ExamDue]:
        """What is due, by study UID."""
        return self._dues

    def choose_source(self, *, indexed: bool) -> None:
        """List the exams of indexed folders, or those that are open."""
        self.source.setCurrentIndex(int(indexed))
        self._show()
        if indexed:
            self.progress.setText("")
            self.indexed_wanted.emit()
        self.order_changed.emit()

    def show_indexed_page(self, page: Page, choice: Choice, *, first: bool) -> None:
        """Rows of indexed exams that have come."""
        self.indexed.show_page(page, choice, first=first)

    def show_counted(self, counted: Counted, *, indexing: bool) -> None:
        """How many indexed exams there are."""
        self.indexed.show_counted(counted, self._choice, indexing=indexing)
        if self.shows_indexed:
            self.progress.setText(counted_words(counted))

    def show_around(self, around: tuple[ExamInfo, ...]) -> None:
        """The open exam and its neighbours among the indexed ones, as far as they are at hand."""
        self._around = around
        if self.shows_indexed:
            self.order_changed.emit()

    def state_of(self, exam: ExamInfo) -> ExamState:
        """How far the reading of an exam is."""
        return self._states.get(exam.study_instance_uid, ExamState.NEW)

    def choose(self, choice: Choice) -> None:
        """Sort and filter in another way."""
        resorted = choice.sort is not self._choice.sort
        self._choice = choice
        if self.filter.text() != choice.text:
            self.filter.setText(choice.text)
        self.sort.setCurrentIndex(list(SortBy).index(choice.sort))
        self.showing.setCurrentIndex(list(Showing).index(choice.showing))
        if resorted:
            self._sort()
        else:
            self._show()
        if self.shows_indexed:
            self.indexed_choice.emit(choice)

    def show_all(self) -> None:
        """Leave no exam out."""
        self.choose(Choice(sort=self._choice.sort))
        self.list.setFocus()

    def show_exams(self, exams: Sequence[ExamInfo], rows: ExamRows | None = None) -> None:
        """Replace the list; `rows` are those of the exams where they are made already."""
        self._exams = tuple(exams)
        self._rows = rows or rows_of(exams)
        for uid in self._rows.by_path:
            self._opened.setdefault(uid, len(self._opened))
        self._name()

    def show_states(self, states: Mapping[str, ExamState]) -> None:
        """Say how far each exam is, by study UID; those not named are new."""
        if states != self._states:
            self._states = dict(states)
            self.standings_changed.emit()
            if self._choice.sort is SortBy.STATE:
                self._sort()
            else:
                self._show()

    def show_due(self, dues: Mapping[str, ExamDue], elsewhere: int) -> None:
        """Say what is due, by study UID, and how much of exams that are not in the list."""
        words = elsewhere_words(elsewhere)
        self.elsewhere.setText(caption(words))
        self.elsewhere.setAccessibleName(words)
        self.elsewhere.setVisible(bool(words))
        if dues != self._dues:
            self._dues = dict(dues)
            self.standings_changed.emit()
            if self._choice.sort is SortBy.DUE:
                self._sort()
            else:
                self._show()

    def set_current(self, study_instance_uid: str) -> None:
        """Show which exam hangs."""
        self._current = study_instance_uid
        self._show()
        self.list.go_to(study_instance_uid)

    def show_ready(self, ready: Mapping[str, tuple[int, int]]) -> None:
        """Of which exams how many pictures are decoded, of how many."""
        self.list.rows.show_ready(ready)

    def show_back(self, name: str, keys: str) -> None:
        """Offer the way back to the exam before ('': there is none), and say which keys lead there too."""
        words = f"Back to {name}  ({keys})" if name else ""
        self.back.setText(caption(words))
        self.back.setAccessibleName(words)
        self.back.setToolTip(tip(f"{words}: the exam before, as it was left"))
        self.back.setVisible(bool(name))

    def show_rejected(self, count: int) -> None:
        """Say quietly how many files could not be opened."""
        self.problems.setText(count_sentence(count))
        self.problems.setAccessibleName(count_sentence(count))
        self.problems.setVisible(count > 0)

    def _by_uid(self) -> dict[str, ExamInfo]:
        return {exam.study_instance_uid: exam for exam in self._exams}

    def _name(self) -> None:
        """Exams or their names are others now."""
        self.names.meet_all({entry.name for entry in self._rows.entries})
        self._entries = list(self._rows.entries)
        if self.names.hidden:
            self._entries = [entry_of(exam, self.names.of(exam)) for exam in self._exams]
        self.heading.setText("WORKLIST  ·  names hidden" if self.names.hidden else "WORKLIST")
        self._sort()

    def _names_changed(self) -> None:
        # typed words may be the very name that is to be hidden
        self.filter.clear()
        self._name()
        self.indexed.model.name_again()

    def _sort(self) -> None:
        """Everything may stand elsewhere now."""
        self._ordered = in_order(self._entries, self._choice.sort, self._states, self._opened, self._dues)
        self._show(again=True)

    def _show(self, *, again: bool = False) -> None:
        """List what passes; thousands of rows are only made when others are listed, or the same `again`."""
        before = self._in_sight
        self._in_sight = passing(self._ordered, self._states, self._choice, self._current, self._dues)
        changed = self._in_sight != before
        if changed or again:
            self._make_rows()
        self.list.rows.show_states(self._states, self._current, self._dues)
        here = self.list if self._in_sight else self.empty
        self.pages.setCurrentWidget(self.indexed if self.shows_indexed else here)
        self.empty.explain(self._exams, self._states, self._choice)
        self._count()
        if changed:
            self.order_changed.emit()

    def _make_rows(self) -> None:
        model, selected = self.list.rows, self.list.selected_uid
        top = self.list.verticalScrollBar().value()
        rows = with_headings(self._in_sight, self._choice.sort, self._states, self._dues)
        model.show_rows(rows, self._choice.sort)
        at = model.index_of(selected)
        if at.isValid():
            self.list.setCurrentIndex(at)
        self.list.verticalScrollBar().setValue(top)

    def _count(self) -> None:
        if self.shows_indexed:
            return
        words = counts((entry.uid for entry in self._entries), self._states)
        hidden = len(self._entries) - len(self._in_sight)
        self.progress.setText(f"{words}, {len(self._in_sight)} listed" if hidden else words)

    def _place(self) -> None:
        self.heading.setProperty("role", "heading")
        self.progress.setProperty("role", "dim")
        choosers = QHBoxLayout()
        choosers.setSpacing(4)
        choosers.addWidget(self.sort, 3)
        choosers.addWidget(self.showing, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 6, 4)
        layout.setSpacing(4)
        top = QHBoxLayout()
        top.addWidget(self.heading, 1)
        top.addWidget(self.source)
        layout.addLayout(top)
        layout.addWidget(self.filter)
        layout.addLayout(choosers)
        layout.addWidget(self.pages, 1)
        for part in (self.progress, self.elsewhere, self.back, self.problems):
            layout.addWidget(part)


class _EmptyPage(QWidget):
    """Why the list is empty, and the way out."""

    def __init__(self) -> None:
        super().__init__()
        self._opens = ""
        self._words_of: tuple[Sequence[ExamInfo], Mapping[str, ExamState], Choice] = (), {}, Choice()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton("Show all exams")
        self.button.setToolTip("Empty the filter and list every state")
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addWidget(self.words)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)

    def tell_keys(self, opens: str) -> None:
        """The keys that open a folder."""
        self._opens = opens
        self.explain(*self._words_of)

    def explain(self, exams: Sequence[ExamInfo], states: Mapping[str, ExamState], choice: Choice) -> None:
        """Say why nothing is listed."""
        self._words_of = exams, states, choice
        done = [states.get(exam.study_instance_uid) in FINISHED for exam in exams]
        if not exams:
            opens = f" ({self._opens})" if self._opens else ""
            words = f"No exams yet. Open a folder{opens} or drop files on the window."
        elif choice.showing is Showing.DUE and not choice.text.strip():
            words = "Nothing that was asked for in these exams is due."
        elif all(done) and not choice.text.strip():
            words = f"All {len(done)} exams are done." if len(done) > 1 else "The exam is done."
        else:
            words = f"None of {counted(len(done), 'exam')} passes the filter."
        self.words.setText(words)
        self.button.setVisible(bool(exams))


def _chooser(values: Iterable[str], name: str, tip: str, label: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setMinimumContentsLength(4)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for at, value in enumerate(values):
        box.addItem(label.format(value))
        box.setItemData(at, tip.format(value), Qt.ItemDataRole.ToolTipRole)
    return box
