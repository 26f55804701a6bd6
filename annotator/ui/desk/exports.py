"""Writing the reading in sight to a file of the reader's choice, while the window goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from annotator.errors import AnnotatorError
from annotator.jobs import CancelToken
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo
from annotator.ui.desk.session import ReadingSession
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

EXPORTING = "export"

Write = Callable[[Workspace, Reading, ExamInfo, Path, CancelToken], None]


@dataclass(frozen=True, slots=True)
class ExportKind:
    """One kind of file: what it is called, its suffix, and who writes it."""

    name: str
    suffix: str
    files: str
    write: Write


REPORT = ExportKind(
    "report",
    "html",
    "Web page (*.html)",
    lambda workspace, reading, exam, path, token: workspace.write_report(reading, exam, path, token),
)
FINDINGS = ExportKind(
    "findings",
    "json",
    "JSON (*.json)",
    lambda workspace, reading, exam, path, _token: workspace.write_findings(reading, exam, path),
)


class Exports(QObject):
    """`progress` counts pictures of a report, None when there is no work; `message` tells how it ended.

    `failed` carries why it did not, and what tries again.
    """

    progress = Signal(object)
    message = Signal(str)
    failed = Signal(str, object)

    def __init__(self, workspace: Workspace, runner: TaskRunner, window: QWidget) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._runner = runner
        self._window = window
        self._folder = Path.home()

    def ask(
        self, kind: ExportKind, session: ReadingSession, then: Callable[[], object] | None = None
    ) -> None:
        """Ask where to, write what the reading is now, and go on with `then` once it is written.

        The name offered is made of a pseudonym: a file name is no place for a patient.
        """
        from annotator.exchange.report import pseudonym  # noqa: PLC0415  nothing of an export is needed to start

        name = f"{kind.name}-{pseudonym(session.exam.study_instance_uid)}.{kind.suffix}"
        dialog = QFileDialog(self._window, f"Save {kind.name}", str(self._folder), kind.files)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(kind.suffix)
        dialog.selectFile(name)
        write = partial(self._write, kind, session.reading, session.exam, then)
        dialog.fileSelected.connect(lambda chosen: write(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def cancel(self) -> None:
        """Stop writing; a file that is not whole is not there."""
        if self._runner.busy(EXPORTING):
            self._runner.cancel(EXPORTING)
            self.progress.emit(None)
            self.message.emit("Stopped; nothing was written.")

    def _write(
        self,
        kind: ExportKind,
        reading: Reading,
        exam: ExamInfo,
        then: Callable[[], object] | None,
        path: Path,
    ) -> None:
        self._folder = path.parent
        self._runner.query(
            EXPORTING,
            lambda token: kind.write(self._workspace, reading, exam, path, token),
            lambda _nothing: self._written(kind, path, then),
            lambda error: self._failed(error, partial(self._write, kind, reading, exam, then, path)),
            self.progress.emit,
        )
        self.message.emit(f"Writing the {kind.name} ...")

    def _written(self, kind: ExportKind, path: Path, then: Callable[[], object] | None) -> None:
        self.progress.emit(None)
        self.message.emit(f"{kind.name.capitalize()} saved as {path}")
        if then is not None:
            then()

    def _failed(self, error: AnnotatorError, again: Callable[[], None]) -> None:
        self.progress.emit(None)
        self.failed.emit(str(error), again)
