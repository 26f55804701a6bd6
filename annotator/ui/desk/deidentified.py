"""Copies of the open exam that say of nobody, in a folder of the reader's choice, while the reading goes on."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from annotator.errors import ExportError
from annotator.jobs import CancelToken, Progress
from annotator.model.counts import counted
from annotator.model.image import ExamInfo
from annotator.ui.asked_file import ask
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

if TYPE_CHECKING:
    from annotator.reporting.deidentifying import Copied

DEIDENTIFYING = "de-identified copy"


class DeidentifiedCopies(QObject):
    """`progress` counts files, None when there is no work; `message` tells how it ended, `failed` why it did not and
    what tries again.
    """

    progress = Signal(object)
    message = Signal(str)
    failed = Signal(str, object)

    def __init__(self, workspace: Workspace, runner: TaskRunner, window: QWidget | None) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._runner = runner
        self._window = window
        self._folder = Path.home()

    def ask(self, exam: ExamInfo, *, blackout: bool = False) -> None:
        """Ask for a folder, and copy the exam with what lies beside it and belongs to it."""
        title = (
            "Folder for a de-identified copy, text blacked out"
            if blackout
            else "Folder for a de-identified copy"
        )
        dialog = QFileDialog(self._window, title, str(self._folder))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda chosen: self.write(exam, Path(chosen), blackout=blackout))
        ask(dialog)

    def write(self, exam: ExamInfo, folder: Path, *, blackout: bool = False) -> None:
        """Copy into `folder`; copies that are there already stay."""
        self._folder = folder
        again = partial(self.write, exam, folder, blackout=blackout)
        self._runner.query(
            DEIDENTIFYING,
            lambda token: _copied(self._workspace, exam, folder, token, blackout=blackout),
            lambda copied: self._written(copied, folder, again),
            lambda error: self._failed(str(error), again),
            self.progress.emit,
        )
        self.progress.emit(Progress(0))
        self.message.emit("Copying the exam without anything that says who it is ...")

    def cancel(self) -> None:
        """Stop; copies that are whole stay, and the same act goes on with the others."""
        if self._runner.busy(DEIDENTIFYING):
            self._runner.cancel(DEIDENTIFYING)
            self.progress.emit(None)
            self.message.emit("Stopped; copies that were whole by then stay.")

    def _written(self, copied: Copied, folder: Path, again: partial[None]) -> None:
        told = in_words(copied, folder)
        if copied.failed:
            reason = next((one.fault for one in copied.records if one.fault), "")
            self._failed(f"{told}; {copied.failed} could not be copied: {reason}", again)
            return
        self.progress.emit(None)
        self.message.emit(told)

    def _failed(self, told: str, again: partial[None]) -> None:
        self.progress.emit(None)
        self.failed.emit(told, again)


def in_words(copied: Copied, folder: Path) -> str:
    """How it ended, in a sentence."""
    copies = f"{copied.written} {'copy' if copied.written == 1 else 'copies'}"
    told = f"{copies} without names in {folder}"
    passed = sum(1 for one in copied.records if one.passed)
    black = sum(1 for one in copied.records if one.blacked_out)
    if passed:
        told += f"; {passed} left out (captures and documents)"
    if black:
        told += f"; text blacked out on {black}"
    if copied.with_text:
        images = counted(copied.with_text, "image")
        told += f"; what looks like burned-in text is on {images}: look at them before you hand them on"
    return told


def _copied(
    workspace: Workspace, exam: ExamInfo, folder: Path, token: CancelToken, *, blackout: bool
) -> Copied:
    from annotator.reporting.deidentified_file import Wish  # noqa: PLC0415  reads DICOM: not needed to start
    from annotator.reporting.deidentifying import prepare_exam, write_copies  # noqa: PLC0415

    if any(image.path.is_relative_to(folder) for image in exam.images):
        raise ExportError(f"{folder} holds the originals; choose a folder beside them.")
    wish = Wish(found=blackout)
    try:
        prepared = prepare_exam(workspace, exam, folder, wish, token)
        return write_copies(workspace, prepared, folder, wish, jobs=1, token=token)
    except OSError as error:
        raise ExportError(f"{folder} cannot be written to ({error.strerror}); choose another.") from error
