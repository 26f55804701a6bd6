"""The index of exams in the window: its list, what fills it, and the exams beside the one that is open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from annotator.model.image import ExamInfo
from annotator.ui.asked_file import ask
from annotator.ui.desk.indexed_exams import Counted, IndexedExams
from annotator.ui.desk.indexing import Indexing
from annotator.ui.desk.worklist_rows import Choice

if TYPE_CHECKING:
    from annotator.imaging.exam_index.pages import Page
    from annotator.ui.main_window import MainWindow

REFRESH_MS = 2000
"""How often the list is asked for anew while folders are indexed."""
TOPIC = "index"


class IndexedInWindow(QObject):
    """Nothing of it begins before the reader asks for indexed exams, or for a folder to be indexed."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._panel = window.worklist
        self.exams = IndexedExams(window.desk, window.runner, self)
        self.indexing = Indexing(window.desk.workspace.settings, self)
        self._looked_for_unfinished = False
        self._fresh = QTimer(self)
        self._fresh.setSingleShot(True)
        self._fresh.setInterval(REFRESH_MS)
        self._fresh.timeout.connect(self.refresh)
        page = self._panel.indexed
        self._panel.indexed_wanted.connect(self._source_chosen)
        self._panel.indexed_choice.connect(self._ask)
        self._panel.standings_changed.connect(self._stand)
        self._panel.indexed_chosen.connect(self.exams.open)
        page.model.more_wanted.connect(self._more)
        page.index_wanted.connect(self.ask_for_folder)
        page.everything_wanted.connect(self._panel.show_all)
        page.stop_wanted.connect(self.indexing.stop)
        self.exams.page_ready.connect(self._page_ready)
        self.exams.counted.connect(self._counted)
        self.exams.around_changed.connect(self._show_around)
        self.exams.message.connect(window.status.show_message)
        self.exams.failed.connect(lambda text: window.errors.show_error(text, topic=TOPIC))
        self.indexing.failed.connect(self._index_failed)
        self.indexing.progress.connect(self._progress)
        self.indexing.ended.connect(self._ended)
        window.desk.exam_changed.connect(self._exam_opened)

    def ask_for_folder(self) -> None:
        """Let the reader name a folder to be indexed."""
        dialog = QFileDialog(self._window, "Index a folder of exams", str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.filesSelected.connect(lambda names: self.index([Path(name) for name in names]))
        ask(dialog)

    def index(self, folders: list[Path]) -> None:
        """Index folders, or (none) look again into all that are, and show the list."""
        if self.exams.path is None:
            self._window.errors.show_error(
                "header_index is off in your settings, so no folder can be indexed; switch it on in the settings."
            )
            return
        self._panel.choose_source(indexed=True)
        self._panel.indexed.show_progress("Looking into folders ...")
        self.indexing.index(folders)

    def refresh(self) -> None:
        """Ask for the list as it is now, unless the reader has gone down in it."""
        bar = self._panel.indexed.list.verticalScrollBar()
        if self._panel.shows_indexed and bar.value() == 0:
            self._ask(self._panel.choice)
        elif self._panel.shows_indexed:
            self.exams.count()

    def close(self) -> None:
        """The window closes."""
        self._fresh.stop()
        self.indexing.close()
        self.exams.close()

    def _source_chosen(self) -> None:
        if self.exams.path is None:
            self._panel.choose_source(indexed=False)
            self._window.errors.show_error(
                "header_index is off in your settings, so no folder is indexed; switch it on in the settings."
            )
            return
        self._ask(self._panel.choice)
        exam = self._window.desk.exam
        if exam is not None:
            self.exams.look_around(exam)

    def _ask(self, choice: Choice) -> None:
        self.exams.show(choice, names_hidden=self._window.names.hidden)

    def _more(self) -> None:
        key = self._panel.indexed.model.last_key
        if key is not None:
            self.exams.show_more(key)

    def _page_ready(self, page: Page, choice: Choice, first: bool) -> None:
        if choice == self._panel.choice:
            self._panel.show_indexed_page(page, choice, first=first)

    def _counted(self, counted: Counted) -> None:
        self._window.errors.solved(TOPIC)
        self._panel.show_counted(counted, indexing=self.indexing.running)
        if counted.totals.unfinished and not self.indexing.running and not self._looked_for_unfinished:
            # killed or closed on the way: it goes on where it was
            self.index([])
        self._looked_for_unfinished = True

    def _progress(self, done: int, total: int, what: str) -> None:
        self._panel.indexed.show_progress(
            f"Indexing: {done:,} of {total:,} {what} read, behind everything else"
        )
        if not self._fresh.isActive():
            self._fresh.start()

    def _ended(self, filled: Mapping[str, Any] | None) -> None:
        self._panel.indexed.show_progress("")
        self._fresh.stop()
        self.refresh()
        status = self._window.status
        if filled is None:
            status.show_message(
                "Indexing was stopped; what was read stays, and it goes on there the next time."
            )
            return
        status.show_message(_ended_words(filled))
        if filled["unreachable"]:
            where, why = filled["unreachable"][0]
            self._window.errors.show_error(
                f"{where} cannot be looked into ({why}); its exams are shown as missing until it can.",
                topic=TOPIC,
            )

    def _index_failed(self, text: str) -> None:
        self._panel.indexed.show_progress("")
        self._fresh.stop()
        self._window.errors.show_error(text, topic=TOPIC)

    def _exam_opened(self, exam: ExamInfo) -> None:
        self._panel.indexed.model.show_current(exam.study_instance_uid)
        if self._panel.shows_indexed:
            self.exams.look_around(exam)

    def _show_around(self) -> None:
        self._panel.show_around(self.exams.around)

    def _stand(self) -> None:
        self.exams.stand(self._panel.states, self._panel.dues)
        if self._panel.shows_indexed and not self._fresh.isActive():
            self._fresh.start()


def _ended_words(filled: Mapping[str, Any]) -> str:
    words = f"Indexed: {filled['files']:,} files, {filled['read']:,} of them new or changed."
    if filled["missing"]:
        words += f" {filled['missing']:,} are gone, {filled['moved']:,} of them found again elsewhere."
    if filled["other_pixels"]:
        words += f" {filled['other_pixels']:,} images are there twice with different pixels."
    return words
