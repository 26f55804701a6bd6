"""What the keys of the exam do: open, save, hand on, undo, go to another exam."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from annotator.ui.asked_file import ask
from annotator.ui.desk.exports import FINDINGS, ExportKind, findings_kind, report_kind

if TYPE_CHECKING:
    from annotator.ui.desk.session import ReadingSession
    from annotator.ui.main_window import MainWindow


class ExamCommands(QObject):
    """Acts on the exam and its reading as a whole; what needs the reading waits until it is open."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def open_files(self) -> None:
        dialog = QFileDialog(self._window, "Open images", str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._ask_for_paths(dialog)

    def open_folder(self) -> None:
        dialog = QFileDialog(self._window, "Open a folder of images", str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._ask_for_paths(dialog)

    def open_sample(self) -> None:
        self._window.desk.open_sample()

    def quit(self) -> None:
        if not self._window.long_work.holds_back(self._window.close):
            self._window.close()

    def save_now(self) -> None:
        self._window.finding_panel.commit_comment()
        self._with_session(lambda session: session.save_now())

    def save_report(self) -> None:
        self._export(report_kind())

    def save_finding_report(self) -> None:
        session = self._window.desk.session
        if session is not None and session.current_finding_id is not None:
            self._export(report_kind(session.current_finding_id))

    def save_named_report(self) -> None:
        self._export(report_kind(identified=True))

    def copy_report(self) -> None:
        self._finish()
        self._with_session(self._window.exports.copy_report)

    def open_report(self) -> None:
        self._window.exports.open_saved()

    def save_findings(self) -> None:
        self._export(FINDINGS)

    def save_named_findings(self) -> None:
        self._export(findings_kind(identified=True))

    def save_deidentified(self) -> None:
        self._copy(blackout=False)

    def save_blacked_out(self) -> None:
        self._copy(blackout=True)

    def back_up(self) -> None:
        self._finish()
        self._window.backups.ask()

    def import_annotations(self) -> None:
        self._window.imports.ask_files()

    def import_folder(self) -> None:
        self._window.imports.ask_folder()

    def undo(self) -> None:
        self._finish()
        self._forget_last_act()
        self._with_session(lambda session: session.undo_stack.undo())

    def redo(self) -> None:
        self._finish()
        self._forget_last_act()
        self._with_session(lambda session: session.undo_stack.redo())

    def step_exam(self, by: int) -> None:
        self._window.desk.step(by, self._window.worklist.exams_in_sight)

    def step_patient(self, by: int) -> None:
        self._window.desk.step_patient(by)

    def _copy(self, *, blackout: bool) -> None:
        exam = self._window.desk.exam
        if exam is not None:
            self._window.copies.ask(exam, blackout=blackout)

    def _forget_last_act(self) -> None:
        """What was said of an act holds no longer once it is taken back, nor what was said of taking it back."""
        self._window.status.forget_act()

    def _ask_for_paths(self, dialog: QFileDialog) -> None:
        dialog.filesSelected.connect(lambda names: self._window.open_paths([Path(n) for n in names]))
        ask(dialog)

    def _finish(self) -> None:
        """What is being typed or turned becomes an act of its own before others."""
        self._window.finding_panel.commit_comment()
        session = self._window.desk.session
        if session is not None:
            session.level.settle()

    def _export(self, kind: ExportKind) -> None:
        self._finish()
        self._with_session(lambda session: self._window.exports.ask(kind, session))

    def _with_session(self, act: Callable[[ReadingSession], object]) -> None:
        self._window.desk.when_open(act)
