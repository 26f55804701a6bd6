"""Writing the reading in sight to a file of the reader's choice, while the window goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from annotator.errors import AnnotatorError, ExportError
from annotator.jobs import CancelToken
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo
from annotator.ui.asked_file import ask
from annotator.ui.desk.session import ReadingSession
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

EXPORTING, NAMING = "export", "name for an export"

Write = Callable[[Workspace, Reading, ExamInfo, Path, CancelToken], object]


@dataclass(frozen=True, slots=True)
class ExportKind:
    """One kind of file: what it is called, its forms as (words, suffix), the usual one first, and who writes it."""

    name: str
    forms: tuple[tuple[str, str], ...]
    write: Write


REPORT_FORMS = (("PDF", "pdf"), ("Web page", "html"), ("Plain text", "txt"))
"""What a report can be saved as, by the ending of its name."""


def report_kind(finding_id: str | None = None, *, identified: bool = False) -> ExportKind:
    """The report of an exam or of one finding; `identified` with the patient's name, number and dates."""

    def write(workspace: Workspace, reading: Reading, exam: ExamInfo, path: Path, token: CancelToken) -> None:
        write_report_as(path, workspace, reading, exam, token, finding_id=finding_id, identified=identified)

    return ExportKind("report", REPORT_FORMS, write)


def findings_kind(*, identified: bool = False) -> ExportKind:
    """The findings for programs; `identified` with the UIDs of exam and images."""

    def write(workspace: Workspace, reading: Reading, exam: ExamInfo, path: Path, token: CancelToken) -> None:
        from annotator.reporting import write_findings  # noqa: PLC0415

        write_findings(workspace, reading, exam, path, token, identified=identified)

    return ExportKind("findings", (("JSON", "json"),), write)


FINDINGS = findings_kind()


def write_report_as(
    path: Path,
    workspace: Workspace,
    reading: Reading,
    exam: ExamInfo,
    token: CancelToken,
    *,
    finding_id: str | None = None,
    identified: bool = False,
) -> None:
    """Write a report in the form that the ending of its name asks for; ExportError for another. For a job."""
    from annotator import reporting  # noqa: PLC0415  nothing of an export is needed to start
    from annotator.ui.reports import write_pdf  # noqa: PLC0415

    endings = tuple(suffix for _, suffix in REPORT_FORMS)
    form = path.suffix.lower().removeprefix(".")
    if form not in endings:
        raise ExportError(
            f"{path}: a report is written as {', '.join(endings)}; give it a name that ends so."
        )
    if form != "pdf":
        reporting.write_report(
            workspace, reading, exam, path, token, finding_id=finding_id, identified=identified
        )
        return
    report = reporting.make_report(
        workspace, reading, exam, token, finding_id=finding_id, identified=identified
    )
    reporting.note_export(workspace, reading, "report as pdf", identified=identified)
    write_pdf(path, report, workspace.settings.report_paper, token)


def report_as_text(
    workspace: Workspace, reading: Reading, exam: ExamInfo, token: CancelToken, finding_id: str | None = None
) -> str:
    """The report as plain text, to be pasted; its pictures are not made. For a job."""
    from annotator import reporting  # noqa: PLC0415
    from annotator.exchange.report_text import report_text  # noqa: PLC0415

    report = reporting.make_report(
        workspace, reading, exam, token, finding_id=finding_id, with_pictures=False
    )
    reporting.note_export(workspace, reading, "report copied as text", identified=False)
    return report_text(report)


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
        self.saved: Path | None = None
        """The report saved last."""
        self.key_of_opening = "the menu"

    def ask(
        self, kind: ExportKind, session: ReadingSession, then: Callable[[], object] | None = None
    ) -> None:
        """Ask where to, write what the reading is now, and go on with `then` once it is written.

        The name offered is made of a pseudonym: a file name is no place for a patient. A server that says nothing is not
        waited for with the window, and while the database is away the name is that of the kind alone.
        """
        write = partial(self._write, kind, session.reading, session.exam, then)
        study = session.exam.study_instance_uid
        self._runner.query(
            NAMING,
            lambda _token: self._workspace.pseudonyms.exam(study),
            lambda pseudonym: self._ask_where(kind, f"{kind.name}-{pseudonym}", write),
            lambda _away: self._ask_where(kind, kind.name, write),
            of_database=True,
        )

    def _ask_where(self, kind: ExportKind, name: str, write: Callable[[Path], None]) -> None:
        suffixes = {f"{words} (*.{suffix})": suffix for words, suffix in kind.forms}
        dialog = QFileDialog(self._window, f"Save {kind.name}", str(self._folder))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(suffixes))
        dialog.setDefaultSuffix(kind.forms[0][1])
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(suffixes[chosen]))
        # without an ending, so that the form chosen below gives it
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda chosen: write(Path(chosen)))
        ask(dialog)

    def copy_report(self, session: ReadingSession, finding_id: str | None = None) -> None:
        """Put the report of the exam, or of one finding, on the clipboard as plain text."""
        reading, exam = session.reading, session.exam
        self._runner.query(
            EXPORTING,
            lambda token: report_as_text(self._workspace, reading, exam, token, finding_id),
            self._copied,
            lambda error: self._failed(error, lambda: self.copy_report(session, finding_id)),
            self.progress.emit,
        )

    def open_saved(self) -> None:
        """Show the report saved last in the program that the desktop has for it."""
        if self.saved is None or not self.saved.exists():
            self.message.emit("No report was saved since the program began, or it is no longer there.")
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.saved))):
            self.message.emit(f"Nothing on this computer opens {self.saved}.")

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
        opens = ""
        if kind.name == "report":
            self.saved = path
            opens = f"; {self.key_of_opening} opens it"
        self.message.emit(f"{kind.name.capitalize()} saved as {path}{opens}")
        if then is not None:
            then()

    def _copied(self, text: str) -> None:
        self.progress.emit(None)
        QGuiApplication.clipboard().setText(text)
        self.message.emit("Report copied as text; paste it where it belongs.")

    def _failed(self, error: AnnotatorError, again: Callable[[], None]) -> None:
        self.progress.emit(None)
        self.failed.emit(str(error), again)
