"""One reading written in several forms, one after the other: what fails is told, and the others are written all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from annotator.errors import AnnotatorError
from annotator.exchange.formats import FORMATS, Format
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.proved import Proven, write_proven
from annotator.exchange.report_html import report_html
from annotator.exchange.whole_file import write_whole
from annotator.jobs import CancelToken, Progress
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo, Voi
from annotator.reporting.findings import FindingsJson, pixels_now
from annotator.reporting.noted import note_export
from annotator.reporting.outgoing import outgoing
from annotator.reporting.reports import make_report
from annotator.workspace import Workspace

NAMED = "-named"
"""At the end of a name whose files say who the patient is: they replace none that do not."""


@dataclass(frozen=True)
class ExamJob:
    """What is to be written, where, and whether with the patient's name; `ready` where it was made ready before.

    `windows` are those the images are seen with now, by SOP Instance UID. Without `looks` no image is decoded to see
    whether it still shows what was marked.
    """

    workspace: Workspace
    reading: Reading
    exam: ExamInfo
    folder: Path
    identified: bool
    token: CancelToken
    ready: Outgoing | None = None
    windows: Mapping[str, Voi] = field(default_factory=dict)
    looks: bool = True

    @property
    def name(self) -> str:
        """What its files are called by: the pseudonym of the exam, told apart where the patient is named in them."""
        name = self.workspace.pseudonyms.exam(self.reading.study_instance_uid)
        return f"{name}{NAMED}" if self.identified else name

    @cached_property
    def outgoing(self) -> Outgoing:
        """The reading made ready once for all forms. Raises StoreError."""
        ready = self.ready or outgoing(
            self.workspace, self.reading, self.exam, self.token, identified=self.identified
        )
        return replace(ready, name=self.name, windows=self.windows)


@dataclass(frozen=True, slots=True)
class Form:
    """One form of export: its name in settings and files, what it is in a line, and who writes it.

    `write` writes into the folder of the job, noting nothing, and raises AnnotatorError.
    """

    name: str
    says: str
    write: Callable[[ExamJob], tuple[Proven, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one form: its files, or the sentence that says why there are none."""

    form: Form
    files: tuple[Proven, ...] = ()
    fault: str = ""

    @property
    def holds(self) -> bool:
        """Whether it was written and no proof failed."""
        return not self.fault and not any(one.proof is not None and one.proof.failed for one in self.files)


def export_exam(job: ExamJob, forms: Sequence[Form]) -> Iterator[Outcome]:
    """Note and write one form after the other; each outcome as soon as it is there. Raises Cancelled.

    What is written before a cancel stays, each file whole.
    """
    for done, form in enumerate(forms):
        job.token.checkpoint(Progress(done, len(forms), form.says))
        try:
            note_export(job.workspace, job.reading, form.says, identified=job.identified)
            yield Outcome(form, form.write(job))
        except AnnotatorError as error:
            yield Outcome(form, fault=str(error))
    job.token.checkpoint(Progress(len(forms), len(forms)))


def dicom_form(one: Format) -> Form:
    """A DICOM object as a form; its proof is done as the settings say."""

    def write(job: ExamJob) -> tuple[Proven, ...]:
        settings = job.workspace.settings
        return write_proven(
            one,
            job.outgoing,
            job.folder,
            settings.export_proof,
            templates=settings.proof_templates,
            token=job.token,
        )

    return Form(one.name, one.says, write)


def _write_json(job: ExamJob) -> tuple[Proven, ...]:
    now = pixels_now(job.reading, job.exam, job.token) if job.looks else None
    form = FindingsJson(job.workspace.lexicon.sources, now)
    how = job.workspace.settings.export_proof
    return write_proven(form, job.outgoing, job.folder, how, token=job.token)


def _write_report(job: ExamJob) -> tuple[Proven, ...]:
    path = job.folder / f"{job.name}-report.html"
    report = make_report(job.workspace, job.reading, job.exam, job.token, identified=job.identified)
    write_whole(path, report_html(report).encode())
    return (Proven(path, None),)


def forms() -> tuple[Form, ...]:
    """What one reading can be written as here; a report as PDF is the window's."""
    return (
        *(dicom_form(one) for one in FORMATS.values()),
        Form("json", "everything that was said, as JSON", _write_json),
        Form("html", "report as a web page", _write_report),
    )
