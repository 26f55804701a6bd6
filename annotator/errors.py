"""Everything a user can cause, as one tree; anything else that is raised is a bug.

    AnnotatorError
    |-- CallError              the command or its arguments cannot be used as given (exit status 2)
    |-- UnreadableImage        a file that cannot be shown, with its reason
    |-- UnreadableObject       a report, segmentation or presentation state that cannot be used, with its reason
    |-- UnreadableAnnotations  files of a data set, or of another program, that cannot be used as annotations
    |-- InvalidFinding         a finding that cannot be understood
    |-- SignedReading          a change of what is signed, or of what another reader signed
    |-- InvalidLexicon         a data file of the lexicon, or a rule table, that breaks its rules
    |-- InvalidSettings        a settings file or variable that cannot be used
    |-- InvalidCalibration     photometer values that no screen can have
    |-- StoreError             the database said no
    |   |-- StaleReading       somebody saved this reading in the meantime
    |   |   `-- ReplacedReading  the database was put back to a state that this reading was not made on
    |   |-- UnsavableAct       an act holds what no database can keep
    |   |-- DatabaseAway       the database cannot be reached or written now, and may be later
    |   |-- PassphraseWanted   an encrypted database whose passphrase is not known, or wrong
    |   |-- JournalError       the file of acts that wait cannot be written or read
    |   |-- NotAllowed         a role that does not give this right
    |   `-- NewerDatabase      written by a newer program than this one
    |-- ExamIndexError         the index of exams cannot be used; readings are not in it
    `-- ExportError            a file that could not be written
        `-- FailedProof        a file that is not as it should be, and was not put in its place

Each message is one sentence that says what happened, where, and what to do.
"""

from __future__ import annotations

from pathlib import Path


class AnnotatorError(Exception):
    """Root of the errors whose text is meant for the person at the keyboard."""


class CallError(AnnotatorError):
    """The command or its arguments cannot be used as given."""


class UnreadableImage(AnnotatorError):
    """A file that cannot be shown: `path` is the file, `reason` one clear sentence without it."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.reason = reason


class UnreadableObject(AnnotatorError):
    """An object of others that cannot be used: `path` is the file, `reason` one clear sentence without it."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.reason = reason


class UnreadableAnnotations(AnnotatorError):
    """Files of a data set, or of another program, that cannot be used as annotations: what, where, what to do."""


class InvalidFinding(AnnotatorError):
    """A finding that cannot be understood; the text names the field."""


class SignedReading(AnnotatorError):
    """A change of a reading that is signed, or by another than its reader."""


class InvalidLexicon(AnnotatorError):
    """A data file of the lexicon, or a rule table, that breaks its own rules."""


class InvalidSettings(AnnotatorError):
    """A settings file or an environment variable that cannot be used."""


class InvalidCalibration(AnnotatorError):
    """Photometer values that no screen can have; the text names the entry."""


class StoreError(AnnotatorError):
    """The database could not do what was asked; nothing already saved is lost."""


class StaleReading(StoreError):
    """The reading was saved by somebody else after it was opened here."""


class ReplacedReading(StaleReading):
    """The database has not what the reading was made on: an older backup was restored, or another file put there."""


class UnsavableAct(StoreError):
    """What was to be saved has no form the database could keep: the fault is of the value, and trying again no help."""


class DatabaseAway(StoreError):
    """The database cannot be reached or written now; the same can work later."""


class PassphraseWanted(StoreError):
    """An encrypted database stays closed until somebody says its passphrase; `wrong`: the one at hand does not open it."""

    def __init__(self, sentence: str, *, wrong: bool) -> None:
        super().__init__(sentence)
        self.wrong = wrong


class JournalError(StoreError):
    """The file of acts that wait for the database cannot be written, or is not one that this program can read."""


class JournalHeld(JournalError):
    """Another window or program has the file of acts, and delivers them itself."""


class NotAllowed(StoreError):
    """The database lets this account not do that; nothing was saved."""


class NewerDatabase(StoreError):
    """The database was written by a newer program than this one."""


class ExamIndexError(AnnotatorError):
    """The index of exams cannot be used; nothing of a reading is in it."""


class ExportError(AnnotatorError):
    """A file that could not be written."""


class FailedProof(ExportError):
    """What was written does not hold when it is read again, and was therefore not put in its place."""
