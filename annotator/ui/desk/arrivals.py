"""Acts on exams that are not open and wait on this computer: handed to the database when it is back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.errors import AnnotatorError
from annotator.model.counts import counted
from annotator.ui.desk.saving import RETRY_S
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

if TYPE_CHECKING:
    from annotator.waiting import Delivered


class Arrivals(QObject):
    """`look` begins; while the database is away it is tried again with growing pauses.

    `waiting` are the acts that were left on this computer in this run, or found there. `arrived` tells in a sentence
    what came through, `troubled` what cannot.
    """

    changed = Signal()
    arrived = Signal(str)
    troubled = Signal(str)

    def __init__(self, workspace: Workspace, runner: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._runner = runner
        self.waiting = 0
        self.away = ""
        self._pause = 0
        self._told: set[str] = set()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self.look)

    def look(self) -> None:
        """Deliver what waits, if anything does."""
        self._again.stop()
        self._runner.write(self._workspace.waiting.deliver, self._delivered, self._away)
        self._runner.write(self._workspace.seen.deliver, None, lambda _error: self._later())

    def left(self, acts: int) -> None:
        """An exam was left with so many acts that only this computer has."""
        if acts:
            self.waiting += acts
            self._later()

    def _delivered(self, delivered: Delivered) -> None:
        self.waiting, self.away, self._pause = 0, "", 0
        if delivered.acts:
            self.arrived.emit(_arrived_words(delivered))
        for sentence in (*_diverged_words(delivered), *delivered.unreadable, *delivered.refused):
            if sentence not in self._told:
                self._told.add(sentence)
                self.troubled.emit(sentence)
        self.changed.emit()

    def _away(self, error: AnnotatorError) -> None:
        self.away = str(error)
        self._runner.write(self._workspace.waiting.count, self._counted)

    def _counted(self, waiting: int) -> None:
        self.waiting = waiting
        if waiting:
            self._later()
        self.changed.emit()

    def _later(self) -> None:
        self._again.start(RETRY_S[min(self._pause, len(RETRY_S) - 1)] * 1000)
        self._pause += 1
        self.changed.emit()


def acts_words(count: int) -> str:
    """So many acts, as part of a sentence."""
    return counted(count, "act")


def _arrived_words(delivered: Delivered) -> str:
    exams = counted(delivered.readings, "exam")
    verb = "is" if delivered.acts == 1 else "are"
    said = f"{acts_words(delivered.acts)} on {exams} that waited on this computer {verb} in the database now"
    if delivered.merged:
        said += f"; {delivered.merged} put together with what was saved meanwhile"
    return f"{said}."


def _diverged_words(delivered: Delivered) -> list[str]:
    if not delivered.diverged:
        return []
    count = len(set(delivered.diverged))
    exams = "an exam became another" if count == 1 else f"{count} exams became others"
    waited = f"While {acts_words(delivered.waiting)} waited on this computer {exams} in the database"
    why = "by another window or a backup put back, and both contradict each other"
    return [f"{waited}, {why}; open the exam in the worklist to choose."]
