"""Writing many readings of the database as tables and data sets, while the window goes on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from annotator.errors import AnnotatorError, ExportError
from annotator.jobs import CancelToken, Progress
from annotator.model.image import ExamInfo
from annotator.settings import exam_index_path
from annotator.ui.desk.exporting import A_MISTAKE
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

if TYPE_CHECKING:
    from annotator.reporting.wanted import Exported

EXPORTING_PROJECT = "export of readings"
NO_READING = "There is no reading to write: none of yours is saved, and none that another has signed; nothing was written."


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedProject:
    """What was asked for: forms by name, where to, and which readings. `shares` in per cent; None: no split.

    `images`: the images too, as one of annotator.reporting.wanted.PICTURES.
    """

    forms: tuple[str, ...]
    folder: Path
    only_open: bool = False
    signed: bool = False
    images: str = ""
    shares: tuple[float, float, float] | None = None
    seed: int = 1
    identified: bool = False


def project_forms() -> Mapping[str, str]:
    """Everything that many readings can be written as: forms of them together first, with what each is in a line."""
    from annotator.exchange.tables.data_set import DATA_SETS  # noqa: PLC0415  nothing of an export is needed to start
    from annotator.reporting.wanted import FORMS  # noqa: PLC0415

    return {**DATA_SETS, **FORMS}


class ProjectExport(QObject):
    """`progress` counts exams, None when there is no work; `ended` carries a sentence, lines about what is not in it,
    whether all was written, and the folder in which it can go on (None where it is complete). `began` carries that folder
    as soon as it is there.
    """

    progress = Signal(object)
    began = Signal(object)
    ended = Signal(str, object, bool, object)

    def __init__(self, desk: ReadingDesk, runner: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._out = Path()

    @property
    def busy(self) -> bool:
        """Whether readings are being written."""
        return self._runner.busy(EXPORTING_PROJECT)

    def begin(self, asked: AskedProject) -> None:
        """Write what is saved by then; into a folder with an interrupted export what that one still lacks."""
        workspace, exam, exams = self._desk.workspace, self._desk.exam, self._desk.exams
        self._out = asked.folder
        started: list[Path] = []

        def write(token: CancelToken) -> Exported:
            out, resume = _place(asked.folder)
            started.append(out)
            return _export(workspace, asked, (out, resume), exam, exams, token)

        def going_on(progress: Progress | None) -> None:
            if started and self._out != started[0]:
                self._out = started[0]
                self.began.emit(self._out)
            self.progress.emit(progress)
            if progress is None:
                self.ended.emit(A_MISTAKE, (), False, self._out)

        self._runner.query(
            EXPORTING_PROJECT,
            write,
            lambda exported: self._written(exported, started[0]),
            self._failed,
            going_on,
        )
        self.progress.emit(Progress(0, None, "looking for readings"))

    def cancel(self) -> None:
        """Stop; the folder keeps what is done, and an export into it goes on there."""
        if self.busy:
            self._runner.cancel(EXPORTING_PROJECT)
            self.progress.emit(None)
            self.ended.emit(
                "Stopped. Export into this folder again goes on where it was.", (), False, self._out
            )

    def _written(self, exported: Exported, out: Path) -> None:
        self.progress.emit(None)
        counts = ((exported.readings, "reading"), (exported.exams, "exam"))
        readings, exams = (f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)
        said = f"{readings} of {exams} written to {out}"
        if exported.objects:
            said += f"; {exported.proofs(self._desk.workspace.settings.export_proof)}"
        lines = (*exported.faults, *(f"Not in it: {line}" for line in exported.left_out))
        self.ended.emit(said, lines, not exported.faults, None)

    def _failed(self, error: AnnotatorError) -> None:
        self.progress.emit(None)
        # what is refused leaves no folder to go on in
        self.ended.emit(str(error), (), False, self._out if self._out.is_dir() else None)


def _place(folder: Path) -> tuple[Path, bool]:
    """Where an export into a folder goes, and whether it goes on with one that was interrupted there."""
    from annotator.reporting.journal import is_begun  # noqa: PLC0415

    if not folder.is_dir():
        raise ExportError(f"There is no folder {folder}; choose one that is there.")
    if is_begun(folder):
        return folder, True
    return folder / time.strftime("readings-%Y%m%d-%H%M%S"), False


def _export(
    workspace: Workspace,
    asked: AskedProject,
    place: tuple[Path, bool],
    exam: ExamInfo | None,
    exams: tuple[ExamInfo, ...],
    token: CancelToken,
) -> Exported:
    from annotator.exchange.tables.split import Split  # noqa: PLC0415
    from annotator.reporting.exam_files import ExamFiles  # noqa: PLC0415
    from annotator.reporting.project import export_project  # noqa: PLC0415
    from annotator.reporting.wanted import Selection, Wanted, unfit  # noqa: PLC0415

    if why := unfit(asked.forms, asked.images, identified=asked.identified):
        raise ExportError(f"{why}.")

    out, resume = place
    studies = frozenset({exam.study_instance_uid}) if asked.only_open and exam is not None else None
    # the index of exams knows where all of them lie; without it those that are open in the window
    near = exams if exam is None or not asked.only_open else (exam,)
    indexed = workspace.settings.header_index and exam_index_path(workspace.settings).exists()
    named = [] if indexed and not asked.only_open else [image.path for one in near for image in one.images]
    wanted = Wanted(
        out=out,
        forms=asked.forms,
        identified=asked.identified,
        split=None if asked.shares is None else Split(asked.shares, asked.seed),
        images=asked.images,
    )
    files = ExamFiles(workspace, named, token)
    try:
        selection = Selection(studies=studies, signed=asked.signed)
        if not any(selection.revision(head, workspace.settings.reader) for head in workspace.heads()):
            raise ExportError(NO_READING)
        return export_project(workspace, selection, wanted, files, token, resume=resume)
    finally:
        files.close()
