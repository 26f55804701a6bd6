"""A backup of the whole database in a file of the reader's choice, while the reading goes on."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from annotator.errors import AnnotatorError
from annotator.jobs import CancelToken, Progress
from annotator.model.counts import counted
from annotator.ui.asked_file import ask
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

if TYPE_CHECKING:
    from annotator.store.backup import BackedUp

BACKING_UP = "backup"


class Backups(QObject):
    """`progress` counts pages, None when there is no work; `message` tells how it ended, `failed` why it did not and
    what tries again.
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

    def ask(self) -> None:
        """Ask where to, and write everything that is saved by then."""
        dialog = QFileDialog(self._window, "Back up all readings", str(self._folder))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["Backup (*.db)"])
        dialog.setDefaultSuffix("db")
        dialog.selectFile(time.strftime("readings-%Y%m%d.db"))
        dialog.fileSelected.connect(lambda chosen: self.write(Path(chosen)))
        ask(dialog)

    def write(self, path: Path) -> None:
        """Back up to `path`; a file that is there was asked about."""
        self._folder = path.parent
        self._runner.query(
            BACKING_UP,
            lambda token: _backed_up(self._workspace.settings.database, path, token),
            self._written,
            lambda error: self._failed(error, path),
            self.progress.emit,
        )
        self.progress.emit(Progress(0))
        self.message.emit("Backing up all readings ...")

    def cancel(self) -> None:
        """Stop; a file that is not whole is not there."""
        if self._runner.busy(BACKING_UP):
            self._runner.cancel(BACKING_UP)
            self.progress.emit(None)
            self.message.emit("Stopped; no backup was written.")

    def _written(self, made: BackedUp) -> None:
        self.progress.emit(None)
        if made.faults:
            told = f"The backup {made.file} was written and holds the database as it is: {made.faults[0]}"
            self.failed.emit(told, partial(self.write, made.file))
            return
        count = counted(made.readings, "reading")
        self.message.emit(f"{count} backed up to {made.file}, looked at and found whole")

    def _failed(self, error: AnnotatorError, path: Path) -> None:
        self.progress.emit(None)
        self.failed.emit(str(error), partial(self.write, path))


def _backed_up(database: str, path: Path, token: CancelToken) -> BackedUp:
    from annotator.model.audit import AuditAct  # noqa: PLC0415  nothing of it is needed to start
    from annotator.store.backup import back_up  # noqa: PLC0415
    from annotator.store.noting import note_in  # noqa: PLC0415

    made = back_up(database, path, replace=True, token=token)
    note_in(database, AuditAct.BACKED_UP, f"to a file, SHA-256 {made.sha256[:16]}")
    return made
