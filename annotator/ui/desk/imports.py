"""Annotations of data sets and other programs, chosen in the window: looked at first, brought in when the user says so."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from annotator.errors import AnnotatorError
from annotator.jobs import CancelToken, Progress
from annotator.model.counts import counted
from annotator.ui.asked_file import ask
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.task_runner import TaskRunner

if TYPE_CHECKING:
    from annotator.reporting.importing import Imported, Plan

IMPORTING = "import"
LOOKING = "Looking at the annotations ..."
MOST_LINES = 200
"""Of what is told behind the button for details."""


class Imports(QObject):
    """`progress` says how far it is, None when there is no work; `message` tells how it ended, `failed` why it did not and what
    tries again; `over` carries a message that holds no longer.
    """

    progress = Signal(object)
    message = Signal(str)
    over = Signal(str)
    failed = Signal(str, object)

    def __init__(self, desk: ReadingDesk, runner: TaskRunner, window: QWidget) -> None:
        super().__init__(window)
        self._desk = desk
        self._runner = runner
        self._window = window
        self._folder = Path.home()
        self.question: QMessageBox | None = None

    def ask_files(self) -> None:
        """Ask which files."""
        dialog = QFileDialog(self._window, "Import annotations", str(self._folder))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters(["Annotations (*.json *.xml *.csv *.dcm)", "All files (*)"])
        dialog.filesSelected.connect(lambda chosen: self.look_at([Path(one) for one in chosen]))
        ask(dialog)

    def ask_folder(self) -> None:
        """Ask which folder: a whole data set with its images."""
        dialog = QFileDialog(self._window, "Import a folder of annotations", str(self._folder))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda chosen: self.look_at([Path(chosen)]))
        ask(dialog)

    def look_at(self, paths: list[Path]) -> None:
        """Read annotations and find their images, those of open exams first; then ask. Nothing is saved by it."""
        self._folder = paths[0] if paths[0].is_dir() else paths[0].parent
        workspace, exams = self._desk.workspace, self._desk.exams

        def planned(token: CancelToken) -> Plan:
            from annotator.reporting.import_sources import Wanted  # noqa: PLC0415  reads DICOM: not needed to start
            from annotator.reporting.importing import plan  # noqa: PLC0415

            beside = tuple(dict.fromkeys(one if one.is_dir() else one.parent for one in paths))
            return plan(workspace, Wanted(paths=tuple(paths), images=beside, exams=tuple(exams)), token)

        self._runner.query(
            IMPORTING,
            planned,
            self._ask,
            lambda error: self._failed(error, partial(self.look_at, paths)),
            self.progress.emit,
        )
        self.progress.emit(Progress(0))
        self.message.emit(LOOKING)

    def cancel(self) -> None:
        """Stop; readings that were saved stay, and the same import goes on with the rest."""
        if self._runner.busy(IMPORTING):
            self._runner.cancel(IMPORTING)
            self.progress.emit(None)
            self.message.emit(
                "Stopped; what was brought in until then stays, and nothing is brought in twice."
            )

    def _ask(self, plan: Plan) -> None:
        self._no_longer_looking()
        text, details = told(plan, self._desk.workspace.settings.reader)
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Import annotations")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(text)
        if details:
            box.setDetailedText("\n".join(details[:MOST_LINES]))
        if any(one.is_new for one in plan.readings):
            accept = box.addButton("Bring in", QMessageBox.ButtonRole.AcceptRole)
            accept.clicked.connect(lambda: self._carry_out(plan))
            box.setDefaultButton(accept)
            box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))
        else:
            box.addButton(QMessageBox.StandardButton.Close)
        self.question = box
        box.finished.connect(self._answered)
        box.open()

    def _answered(self, _result: int) -> None:
        self.question = None

    def _carry_out(self, plan: Plan) -> None:
        workspace = self._desk.workspace

        def brought(token: CancelToken) -> Imported:
            from annotator.reporting.importing import carry_out  # noqa: PLC0415

            return carry_out(workspace, plan, token)

        self._runner.query(
            IMPORTING,
            brought,
            lambda imported: self._done(imported, plan),
            lambda error: self._failed(error, partial(self._carry_out, plan)),
            self.progress.emit,
        )
        self.progress.emit(Progress(0, len(plan.readings)))

    def _no_longer_looking(self) -> None:
        self.progress.emit(None)
        self.over.emit(LOOKING)

    def _done(self, imported: Imported, plan: Plan) -> None:
        self.progress.emit(None)
        readers = sorted({one.reader for one in imported.saved})
        count = len(imported.saved)
        whose = f" of {', '.join(readers)}" if readers else ""
        said = f"{counted(count, 'reading')}{whose} brought in"
        self.message.emit(said)
        self._desk.refresh_states()
        self._desk.look_again(f"{said}; the one of this exam is yours and is shown.")
        unsaved = [why for why in imported.refused if why not in plan.left_out]
        if unsaved:
            more = f" ({len(unsaved)} such)" if len(unsaved) > 1 else ""
            self.failed.emit(f"{said}. {unsaved[0]}{more}", partial(self._carry_out, plan))

    def _failed(self, error: AnnotatorError, again: object) -> None:
        self._no_longer_looking()
        self.failed.emit(str(error), again)


def told(plan: Plan, reader: str) -> tuple[str, list[str]]:
    """What an import would do in a few lines, and everything else that is to be told; `reader` is who asks for it."""
    new = [one for one in plan.readings if one.is_new]
    marks, outlines = sum(one.marks for one in new), sum(one.clusters for one in new)
    lines = []
    if new:
        others = ", ".join(sorted({one.reader for one in new} - {reader}))
        mine = any(one.reader == reader for one in new)
        whose = " and as ".join([f"the reading of {others}"] * bool(others) + ["your own reading"] * mine)
        findings = sum(one.findings for one in new)
        lines.append(
            f"{counted(findings, 'finding')} with {counted(marks, 'mark')} and {counted(outlines, 'outline')} in "
            f"{counted(len(new), 'exam')}, as {whose}."
        )
    there = sum(one.is_there for one in plan.readings)
    if there:
        lines.append(f"{counted(there, 'reading')} there already.")
    if not lines:
        lines.append("There is nothing to bring in.")
    refused = plan.left_out
    if len(refused) == 1:
        lines.append(f"Left out: {refused[0]}")
    elif refused:
        lines.append(f"Left out because something is wrong: {len(refused)}.")
    if plan.missing:
        lines.append(f"Images not at hand: {len(plan.missing)}.")
    missing = [f"not at hand: {name}" for name in plan.missing]
    return "\n".join(lines), [*refused, *plan.notes, *missing]
