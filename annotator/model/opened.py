"""A reading as it is opened, and acts on it that no database has taken yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from annotator.model.display import NOT_RECORDED
from annotator.model.finding import Reading
from annotator.model.history import Act, Step


@dataclass(frozen=True, slots=True)
class UnsavedAct:
    """One act: the reading after it, and what belongs to it in the database. `at` is when it was made."""

    reading: Reading
    act: Act
    label: str
    display: str = NOT_RECORDED
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenedReading:
    """A reading with the undo steps that led to it; `steps_done` of them are in force.

    `signed` is the reading as it was signed last, None while it never was. `waiting` are acts the database does not
    have yet, kept in the file `journal`; they were made on `base`, which is revision `revision`. `away` says why the
    database could not be asked, '' when it was; `unseen` that what it holds of this reading is not known here.
    """

    reading: Reading
    revision: int
    steps: tuple[Step, ...]
    steps_done: int
    signed: Reading | None = None
    waiting: tuple[UnsavedAct, ...] = ()
    journal: Path | None = None
    base: Reading | None = None
    away: str = ""
    unseen: bool = False
