"""Acts on their way to the database: in order, never dropped, tried again until it takes them."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from annotator.errors import AnnotatorError, SignedReading, StaleReading, UnsavableAct
from annotator.model.finding import Reading
from annotator.model.history import Act
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import OpenedReading, Workspace

RETRY_MS = 2000


class SaveState(Enum):
    """What the exam strip says about the reading."""

    SAVED = "saved"
    SAVING = "saving"
    FAILED = "not saved"


@dataclass(frozen=True, slots=True)
class UnsavedAct:
    """One act that the database has not confirmed: the reading after it, and what it is called."""

    reading: Reading
    act: Act
    label: str
    display: str


class ActsToSave(QObject):
    """The queue of one reading. A failed save keeps it, says so (`changed`), and is tried again; `flush` waits.

    An act that holds what no database can keep is out of the way once it is undone, or what it says is said anew.
    `revision` is the number of the last revision the database has confirmed.
    """

    changed = Signal()

    def __init__(
        self, workspace: Workspace, runner: TaskRunner, opened: OpenedReading, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._runner = runner
        self._waiting: deque[UnsavedAct] = deque()
        self._drain_lock = threading.Lock()
        self.revision = opened.revision
        self._kept = opened.reading
        self.error: AnnotatorError | None = None
        self.saved_at: datetime | None = None
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.setInterval(RETRY_MS)
        self._retry.timeout.connect(self.start)

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def state(self) -> SaveState:
        """Whether everything on screen is in the database."""
        if self.error is not None:
            return SaveState.FAILED
        return SaveState.SAVING if self._waiting else SaveState.SAVED

    def put(self, act: UnsavedAct) -> None:
        """The last in the queue; `start` begins to save."""
        self._waiting.append(act)

    def start(self) -> None:
        """Save what waits, after what the window has to paint."""
        if self._waiting:
            self._runner.write(self._save_all, self._saved, self._failed)
            self.changed.emit()

    def flush(self) -> bool:
        """Wait until every act is saved; False when the database refuses (the acts are still here)."""
        self._retry.stop()
        self.start()
        self._runner.flush()
        return not self._waiting

    def stop_trying(self) -> None:
        """Do not try again what failed."""
        self._retry.stop()

    def give_up(self) -> None:
        """Lose what waits, because the reader said so."""
        self._retry.stop()
        with self._drain_lock:
            self._waiting.clear()
        self.changed.emit()

    def _save_all(self) -> int:
        """On the writer: hand over the waiting acts in order; from the first that fails on, they stay in line.

        One that can never be saved is passed over as soon as a later one can be: what leads back to what the
        database holds leaves nothing to save, and what puts it right is saved as one act with it.
        """
        with self._drain_lock:
            passed = 0
            unsavable: UnsavableAct | None = None
            while passed < len(self._waiting):
                waiting = self._waiting[passed]
                try:
                    if not passed or waiting.reading != self._kept:
                        self._save(waiting)
                except UnsavableAct as error:
                    unsavable = unsavable or error
                    passed += 1
                    continue
                for _ in range(passed + 1):
                    self._waiting.popleft()
                passed, unsavable = 0, None
            if unsavable is not None:
                raise unsavable
        return self.revision

    def _save(self, waiting: UnsavedAct) -> None:
        self.revision = self._workspace.save(
            waiting.reading,
            based_on=self.revision,
            act=waiting.act,
            label=waiting.label,
            display=waiting.display,
        )
        self._kept = waiting.reading

    def _saved(self, _revision: int) -> None:
        if not isValid(self):
            # told after the exam was left, which had waited for the same write
            return
        self.error = None
        self.saved_at = datetime.now().astimezone()
        self.changed.emit()

    def _failed(self, error: AnnotatorError) -> None:
        if not isValid(self):
            return
        self.error = error
        self.changed.emit()
        if not never_saved(error):
            self._retry.start()


def never_saved(error: AnnotatorError | None) -> bool:
    """Whether trying again cannot help: somebody else saved a later revision, what is signed would change, or the act
    holds what no database can keep.
    """
    return isinstance(error, StaleReading | SignedReading | UnsavableAct)
