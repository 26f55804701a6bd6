"""Writing the reading in sight in several forms into one folder, while the window goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from annotator.errors import AnnotatorError, ExportError
from annotator.jobs import CancelToken, Progress
from annotator.model.image import Voi
from annotator.ui.desk.session import ReadingSession
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

if TYPE_CHECKING:
    from annotator.exchange.proved import Provable, Proven
    from annotator.exchange.report_parts import Report
    from annotator.reporting.exam_forms import ExamJob, Form, Outcome

EXPORTING_FORMS = "export of forms"
A_MISTAKE = "The program made a mistake, told above the images of the window; what was written before stays."
"""Where an export ends by it: the rest of the page cannot say why."""
PDF, DICOM_PDF, DICOM_PAGES = "pdf", "dicom-pdf", "dicom-pages"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: forms by name, where to, and whether with the patient's name."""

    forms: tuple[str, ...]
    folder: Path
    identified: bool


def all_forms() -> tuple[Form, ...]:
    """Everything one reading can be written as from the window, which makes pages of the report."""
    from annotator.reporting.exam_forms import Form, forms  # noqa: PLC0415  nothing of an export is needed to start

    return (
        *forms(),
        Form(PDF, "report as PDF", _write_pdf),
        Form(DICOM_PDF, "report as PDF in a DICOM object", _write_dicom_pdf),
        Form(DICOM_PAGES, "report as pictures of its pages in DICOM objects", _write_dicom_pages),
    )


class Exporting(QObject):
    """`progress` carries how far it is, None when there is no work; `outcome` what became of one form, as soon as it is
    known; `ended` a sentence, and whether all was written and holds.
    """

    progress = Signal(object)
    outcome = Signal(object)
    ended = Signal(str, bool)

    def __init__(self, workspace: Workspace, runner: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._runner = runner
        self._told = 0

    @property
    def busy(self) -> bool:
        """Whether something is being written."""
        return self._runner.busy(EXPORTING_FORMS)

    def begin(self, session: ReadingSession, asked: Asked, windows: Mapping[str, Voi] | None = None) -> None:
        """Write the reading as it is now, saved or not; `windows` by SOP Instance UID are those the images are seen with."""
        reading, exam = session.reading, session.exam
        outcomes: list[Outcome] = []
        self._told = 0

        def write(token: CancelToken) -> None:
            from annotator.reporting.exam_forms import ExamJob, export_exam  # noqa: PLC0415

            if not asked.folder.is_dir():
                raise ExportError(f"There is no folder {asked.folder}; choose one that is there.")
            known = {form.name: form for form in all_forms()}
            job = ExamJob(
                self._workspace, reading, exam, asked.folder, asked.identified, token, windows=windows or {}
            )
            for one in export_exam(job, [known[name] for name in asked.forms]):
                outcomes.append(one)  # noqa: PERF402  told while the rest is written

        self._runner.query(
            EXPORTING_FORMS,
            write,
            lambda _nothing: self._written(outcomes, asked),
            self._failed,
            lambda progress: self._going_on(outcomes, progress),
        )
        self.progress.emit(Progress(0, len(asked.forms)))

    def cancel(self) -> None:
        """Stop; what is written stays, each file whole."""
        if self.busy:
            self._runner.cancel(EXPORTING_FORMS)
            self.progress.emit(None)
            self.ended.emit("Stopped. Files that were written before stay, each whole.", False)

    def _going_on(self, outcomes: Sequence[Outcome], progress: Progress | None) -> None:
        self._tell(outcomes)
        self.progress.emit(progress)
        if progress is None:
            self.ended.emit(A_MISTAKE, False)

    def _written(self, outcomes: Sequence[Outcome], asked: Asked) -> None:
        self._tell(outcomes)
        self.progress.emit(None)
        files = sum(len(one.files) for one in outcomes)
        well = all(one.holds for one in outcomes)
        count = f"{files} file{'' if files == 1 else 's'} written to {asked.folder}"
        self.ended.emit(count if well else f"{count}; not all is well, see beside each form", well)

    def _failed(self, error: AnnotatorError) -> None:
        self.progress.emit(None)
        self.ended.emit(str(error), False)

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        new = outcomes[self._told :]
        self._told += len(new)
        for one in new:
            self.outcome.emit(one)


def _write_pdf(job: ExamJob) -> tuple[Proven, ...]:
    from annotator.exchange.proved import Proven  # noqa: PLC0415
    from annotator.ui.reports import write_pdf  # noqa: PLC0415

    path = job.folder / f"{job.name}-report.pdf"
    write_pdf(path, _report(job), job.workspace.settings.report_paper, job.token)
    return (Proven(path, None),)


def _write_dicom_pdf(job: ExamJob) -> tuple[Proven, ...]:
    from annotator.exchange.encapsulated import PdfInDicom  # noqa: PLC0415
    from annotator.ui.reports import pdf_of  # noqa: PLC0415

    report = _report(job)
    pdf = pdf_of(report, job.workspace.settings.report_paper, job.token)
    return _proven(PdfInDicom(pdf, report.title, signed=report.signed), job)


def _write_dicom_pages(job: ExamJob) -> tuple[Proven, ...]:
    from annotator.exchange.encapsulated import PagesInDicom  # noqa: PLC0415
    from annotator.ui.reports import page_pictures  # noqa: PLC0415

    report = _report(job)
    pages = list(page_pictures(report, job.workspace.settings.report_paper))
    return _proven(PagesInDicom(pages, report.title), job)


def _proven(form: Provable, job: ExamJob) -> tuple[Proven, ...]:
    from annotator.exchange.proved import write_proven  # noqa: PLC0415

    how = job.workspace.settings.export_proof
    return write_proven(form, job.outgoing, job.folder, how, token=job.token)


def _report(job: ExamJob) -> Report:
    from annotator import reporting  # noqa: PLC0415

    return reporting.make_report(job.workspace, job.reading, job.exam, job.token, identified=job.identified)
