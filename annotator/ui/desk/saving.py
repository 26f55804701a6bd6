"""When the acts of a reading go to the database, and what is told of it. What they wait in is `act_line`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from annotator.errors import AnnotatorError, ReplacedReading, StaleReading, StoreError
from annotator.model.finding import Reading
from annotator.model.history import Act
from annotator.model.opened import OpenedReading, UnsavedAct
from annotator.ui.desk.act_line import ActLine, Places, never_saved
from annotator.ui.desk.clock import WatchedClock
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

RETRY_S = (1, 2, 4, 8, 16, 30)
"""Pauses before it is tried again; the last one from then on."""
SLOW_MS = 1500
"""From here on an act that the database has not confirmed is written to this computer too."""
LEAVE_S = 0.3
"""How long leaving an exam waits for the database before what waits is left on this computer: shorter than anybody
takes for a window that stands still.
"""
SLOW = "the database has not answered yet"

_KEEPING, _AT_ONCE = "keeping acts", "writing at once"


class SaveState(Enum):
    """What the exam strip says about the reading."""

    SAVED = "saved"
    SAVING = "saving"
    KEPT = "kept on this computer"
    FAILED = "not saved"


class ActsToSave(QObject):
    """The acts of one reading. While the database is away they are on disk on this computer (`SaveState.KEPT`) and
    tried again with growing pauses; `flush` waits for the database.

    `changed`: any of this is another now.
    """

    changed = Signal()
    clock_went_back = Signal(str)
    """Sentence, once each time."""

    def __init__(
        self, workspace: Workspace, runner: TaskRunner, opened: OpenedReading, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        places = Places(
            lambda act, revision: workspace.save(
                act.reading,
                based_on=revision,
                act=act.act,
                label=act.label,
                display=act.display,
                at=act.at,
                made_on=self._line.confirmed,
            ),
            workspace.waiting.later,
            workspace.waiting.begin,
            workspace.waiting.take,
        )
        self._line = ActLine(
            places, opened.base or opened.reading, opened.revision, opened.waiting, opened.journal
        )
        self.error: AnnotatorError | None = StoreError(opened.away) if opened.away else None
        self.saved_at: datetime | None = None
        self._clock = WatchedClock()
        self._pause = 0
        self._keeping = False
        self._slowly = False
        self._lane = f"{_KEEPING} {id(self)}"
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.timeout.connect(self.try_now)
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MS)
        self._slow.timeout.connect(self._not_answered)
        if self._line:
            self._retry_later() if opened.away else QTimer.singleShot(0, self, self.try_now)

    def __len__(self) -> int:
        return len(self._line)

    @property
    def revision(self) -> int:
        """Number of the last revision the database has confirmed."""
        return self._line.revision

    @property
    def confirmed(self) -> Reading:
        """The reading at that revision."""
        return self._line.confirmed

    @property
    def state(self) -> SaveState:
        """Whether everything on screen is in the database, or at least on disk."""
        if not self._line:
            return SaveState.SAVED
        if self.error is None or (self._keeping and not self._line.all_kept):
            return SaveState.SAVING
        kept = not never_saved(self.error) or self.diverged
        return SaveState.KEPT if kept and self._line.all_kept else SaveState.FAILED

    @property
    def diverged(self) -> bool:
        """Whether another program saved this reading after what is shown here."""
        return isinstance(self.error, StaleReading)

    @property
    def replaced(self) -> bool:
        """Whether the database was put back to a state that what is shown here was not made on."""
        return isinstance(self.error, ReplacedReading)

    @property
    def keep_error(self) -> AnnotatorError | None:
        """Why what waits is not even on this computer; None where it is."""
        return self._line.keep_error

    def put(self, reading: Reading, act: Act, label: str, display: str) -> None:
        """The last in line; `start` begins to save."""
        at, went_back = self._clock.tell()
        self._line.put(UnsavedAct(reading, act, label, display, at))
        if went_back:
            self.clock_went_back.emit(went_back)

    def start(self) -> None:
        """Save what waits, after what the window has to paint: in the database, or while that is away, here."""
        if not self._line:
            return
        if self.error is not None and (self.diverged or not never_saved(self.error)):
            self._keep()
            if not self.diverged and not self._retry.isActive():
                self._retry_later()
        else:
            self._save()
        self.changed.emit()

    def try_now(self) -> None:
        """Try the database at once."""
        if self._line:
            self._retry.stop()
            self._save()
            self.changed.emit()

    def flush(self) -> bool:
        """Wait until every act is saved; False when the database refuses (the acts are still here)."""
        self.try_now()
        self._runner.flush()
        return not self._line

    def leave(self) -> bool:
        """Stop, with everything in the database or on this computer; False when some of it is in neither."""
        if self._line and not self._safe_without_database():
            before = self._line.attempts
            self._save()
            # nothing more is painted until this is over
            self._runner.query(_AT_ONCE, lambda _token: None, lambda _none: None, in_turn=True)
            self._line.wait(before, LEAVE_S)
            if self._line and not self._safe():
                self._runner.flush()
        if self._line and not self._safe():
            return False
        self.stop_trying()
        self._line.leave()
        return True

    def stop_trying(self) -> None:
        """Do not try again what failed."""
        self._retry.stop()
        self._slow.stop()

    def give_up(self) -> None:
        """Lose what waits, because the reader said so."""
        self.stop_trying()
        self._line.give_up()
        self.changed.emit()

    def start_over(self, confirmed: Reading, revision: int) -> None:
        """Go on from what the database has; what waited is in what is put in line next."""
        self.stop_trying()
        self._line.start_over(confirmed, revision)
        self.error = None
        self.changed.emit()

    def tidy_up(self) -> None:
        """Let go of files on this computer that hold nothing more than the database."""
        self._runner.write(self._line.save_all, self._saved, self._failed)

    def _safe_without_database(self) -> bool:
        """While it is away nobody waits for it."""
        return self.error is not None and self._safe()

    def _safe(self) -> bool:
        """Whether what waits can be left: on disk, and not of a kind that is never saved."""
        left = self.diverged or not never_saved(self.error)
        return left and self._line.keep() and self._line.all_kept

    def _save(self) -> None:
        self._runner.write(self._line.save_all, self._saved, self._failed)
        if not self._slow.isActive() and self.error is None:
            self._slow.start()

    def _keep(self) -> None:
        self._keeping = True
        self._runner.query(self._lane, lambda _token: self._line.keep(), self._kept, at_once=True)

    def _kept(self, _on_disk: bool) -> None:
        if not isValid(self):
            return
        self._keeping = False
        if self._slowly and self._line and self.error is None:
            self.error = StoreError(SLOW)
        self._slowly = False
        self.changed.emit()

    def _not_answered(self) -> None:
        if self._line and self.error is None:
            self._slowly = True
            self._keep()

    def _saved(self, _revision: int) -> None:
        if not isValid(self):
            # told after the exam was left, which had waited for the same write
            return
        self.stop_trying()
        self.error = None
        self._pause = 0
        self.saved_at = datetime.now().astimezone()
        if self._line:
            self._save()
        self.changed.emit()

    def _failed(self, error: AnnotatorError) -> None:
        if not isValid(self):
            return
        self._slow.stop()
        self.error = error
        if not self._line.all_kept and (self.diverged or not never_saved(error)):
            self._keep()
        self.changed.emit()
        if not never_saved(error):
            self._retry_later()

    def _retry_later(self) -> None:
        pause = RETRY_S[min(self._pause, len(RETRY_S) - 1)]
        self._pause += 1
        self._retry.start(pause * 1000)
