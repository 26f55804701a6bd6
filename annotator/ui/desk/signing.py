"""Signing the reading on the table: what is frozen is made off the window, and signed means on disk."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QObject, Signal

from annotator.jobs import CancelToken
from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.history import Act
from annotator.model.signing import Signature
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.task_runner import TaskRunner

_LANE = "signing"


class SignState(Enum):
    """How far signing is, as the window says it."""

    OPEN = "open"
    SIGNING = "signing"
    UNSAVED = "not signed, as it cannot be saved"
    SIGNED = "signed"
    AMENDING = "amending"
    LENT = "to be looked at only"


_AS_SAVED = {
    SaveState.SAVED: SignState.SIGNED,
    SaveState.SAVING: SignState.SIGNING,
    SaveState.KEPT: SignState.SIGNING,
    SaveState.FAILED: SignState.UNSAVED,
}


class Signing(QObject):
    """Signs, amends and withdraws for whatever reading is on the table. `changed`: its state may be another."""

    changed = Signal()
    message = Signal(str)

    def __init__(self, desk: ReadingDesk, runner: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._finish: Callable[[], None] = lambda: None
        desk.session_changed.connect(self._follow)

    @property
    def state(self) -> SignState:
        """Of the reading on the table; SIGNED only once the signature is on disk."""
        session = self._desk.session
        if session is None:
            return SignState.OPEN
        if session.is_lent:
            return SignState.LENT
        if self._runner.busy(_LANE):
            return SignState.SIGNING
        if session.reading.is_signed:
            if session.saving.diverged:
                return SignState.UNSAVED
            return _AS_SAVED[session.save_state]
        return SignState.AMENDING if session.reading.amending else SignState.OPEN

    def sign(self) -> None:
        """Sign the reading as it stands. What is said while the signature is made stops it, and that is told."""
        session = self._desk.session
        if session is None or not session.may_change() or self._runner.busy(_LANE):
            return
        reading, exam, display = session.reading, session.corrected_exam, session.display
        workspace, earlier = self._desk.workspace, session.facts.earlier_exam
        made: list[Signature] = []

        def make(_token: CancelToken) -> None:
            made.append(workspace.signature(reading, exam, display, earlier_exam=earlier))

        def frozen(_done: None = None) -> None:
            self._frozen(session, reading, made[0])

        self._finish = lambda: frozen() if made else self._not_signed("it could not be made")
        self._runner.query(_LANE, make, frozen, lambda error: self._not_signed(str(error)), in_turn=True)
        self.changed.emit()

    def finish(self) -> None:
        """Sign before the exam is left what is being signed; nothing where nothing is."""
        if not self._runner.busy(_LANE):
            return
        # signatures are made in the row of the writes: behind one more of them, this one is there
        self._runner.write(lambda: None)
        self._runner.flush()
        self._runner.cancel(_LANE)
        self._finish()

    def amend(self, reason: str) -> None:
        """Open a signed reading again, for a reason."""
        session = self._desk.session
        if session is None or session.is_lent or not session.reading.is_signed or not reason.strip():
            return
        session.seal(edits.amend(session.reading, reason), Act.AMEND, f"Amend: {reason.strip()}")

    def withdraw(self) -> None:
        """Give an amendment up: what was signed stands again."""
        session = self._desk.session
        if session is None or not session.reading.amending:
            return
        if session.signed_reading is None:
            self.message.emit(
                "What was signed is not on this computer; withdraw the amendment when the database is back and the exam "
                "was opened again."
            )
            return
        version = session.signed_reading.signatures[-1].version
        after = edits.withdraw(session.reading, session.signed_reading)
        session.seal(after, Act.WITHDRAW, f"Withdraw the amendment of version {version}")

    def _frozen(self, session: ReadingSession, reading: Reading, signature: Signature) -> None:
        if session is not self._desk.session:
            return
        if session.reading is not reading:
            self._not_signed("something was said of the exam meanwhile; look at it, and sign again")
            return
        session.seal(edits.sign(reading, signature), Act.SIGN, f"Sign version {signature.version}")
        self.changed.emit()

    def _not_signed(self, why: str) -> None:
        self.message.emit(f"Not signed: {why.rstrip('.')}.")
        self.changed.emit()

    def _follow(self, session: ReadingSession | None) -> None:
        self._runner.cancel(_LANE)
        if session is not None:
            session.reading_changed.connect(lambda _changes: self.changed.emit())
            session.save_state_changed.connect(self.changed)
        self.changed.emit()
