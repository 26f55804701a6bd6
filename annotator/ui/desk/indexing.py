"""Indexing folders in a program of its own, behind everything else: the window only hears how far it is."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from annotator.settings import Settings

PATIENCE_MS = 3000
"""What it is given to end when the window closes; it goes on the next time where it was."""


class Indexing(QObject):
    """`annotator index` for folders, one call at a time; what is asked for meanwhile follows.

    `progress` carries how many files are read and of how many, `ended` what came of it as the command tells it (None
    when it was stopped), `failed` a sentence.
    """

    progress = Signal(int, int, str)
    ended = Signal(object)
    failed = Signal(str)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._process: QProcess | None = None
        self._waiting: list[list[str]] = []
        self._last: dict[str, Any] = {}
        self._stopped = False

    @property
    def running(self) -> bool:
        """Whether folders are being indexed."""
        return self._process is not None

    def index(self, folders: Sequence[Path]) -> None:
        """Index folders, or (none) look again into all that are."""
        call = ["index", "--lines", *map(str, folders)] if folders else ["index", "--lines", "--again"]
        if call in self._waiting:
            return
        self._waiting.append(call)
        if self._process is None:
            self._begin()

    def stop(self) -> None:
        """End it; what was read so far stays in the index."""
        self._waiting.clear()
        if self._process is not None:
            self._stopped = True
            self._process.terminate()

    def close(self) -> None:
        """End it and wait for that, as the window closes."""
        process = self._process
        self.stop()
        if process is not None and not process.waitForFinished(PATIENCE_MS):
            process.kill()
            process.waitForFinished(PATIENCE_MS)

    def _begin(self) -> None:
        self._last, self._stopped = {}, False
        process = QProcess(self)
        process.setProcessEnvironment(self._environment())
        process.readyReadStandardOutput.connect(self._told)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._not_started)
        self._process = process
        frozen = bool(getattr(sys, "frozen", False))
        process.start(sys.executable, [*(() if frozen else ("-m", "annotator")), *self._waiting.pop(0)])

    def _environment(self) -> QProcessEnvironment:
        """The same reader and database, handed over where no list of processes shows them."""
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("ANNOTATOR_DATABASE", self._settings.database)
        environment.insert("ANNOTATOR_READER", self._settings.reader)
        environment.insert("ANNOTATOR_HEADER_INDEX", str(self._settings.header_index).lower())
        package = str(Path(__file__).parents[3])
        known = environment.value("PYTHONPATH")
        environment.insert("PYTHONPATH", os.pathsep.join(filter(None, (package, known))))
        return environment

    def _told(self) -> None:
        process = self._process
        while process is not None and process.canReadLine():
            line = bytes(process.readLine().data())
            try:
                told = json.loads(line)
            except ValueError:
                continue
            self._last = told
            if "done" in told:
                self.progress.emit(told["done"], told["total"] or 0, told["what"])

    def _finished(self, code: int, _status: object = None) -> None:
        process = self._process
        if process is None:
            return
        self._told()
        self._process = None
        words = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
        process.deleteLater()
        if self._stopped:
            self.ended.emit(None)
        elif "files" in self._last:
            self.ended.emit(self._last)
        else:
            last = words.splitlines()[-1].removeprefix("annotator: ") if words else f"it ended with {code}"
            self.failed.emit(f"Folders could not be indexed: {last}")
        if self._waiting and self._process is None:
            self._begin()

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._finished(1)
