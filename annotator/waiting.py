"""Acts that wait on this computer for the database: opened again, delivered in order, put together with what others
saved meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from annotator.errors import (
    AnnotatorError,
    DatabaseAway,
    JournalError,
    JournalHeld,
    SignedReading,
    StaleReading,
    StoreError,
)
from annotator.model.finding import Reading
from annotator.model.history import Act, Revision, last_signed, undo_steps
from annotator.model.merge import merged
from annotator.model.opened import OpenedReading, UnsavedAct
from annotator.store.address import parse_url
from annotator.store.journal import Journal, journals_in, look_at_waiting, with_id
from annotator.store.staying import Answer, answer_of
from annotator.store.store import Store, reading_id_of


class Arrival(Enum):
    """What became of the acts of one file."""

    SAVED = "saved"
    MERGED = "merged"
    DIVERGED = "diverged"


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many acts of how many readings arrived, how many still wait, and sentences about files that cannot be read.

    `diverged` readings, by Study Instance UID, contradict what others saved: whoever opens them decides. `refused` are
    sentences about acts that the database does not take; they wait on.
    """

    acts: int = 0
    readings: int = 0
    merged: int = 0
    waiting: int = 0
    diverged: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


STARTING_S, STARTING_PAUSE_S = 30.0, 0.2
"""How long an exam waits for a server that says it is starting, and from one question to the next."""

_TRIES = 3
"""How often acts are handed to a reading that others are saving to at the same moment."""

MERGE_LABEL = "Put together with what was saved meanwhile"


class WaitingActs:
    """Files in `folder` of acts by `reader` for the database at the URL `database`."""

    def __init__(self, folder: Path, database: str, reader: str, store: Callable[[], Store]) -> None:
        self._folder = folder
        self._database = database
        self._reader = reader
        self._store = store

    def begin(self, base: Reading, revision: int) -> Journal:
        """A new file for acts on a reading that the database has as `base`. Raises JournalError."""
        return Journal.begin(self._folder, self._database, base, revision)

    def take(self, path: Path) -> Journal:
        """Hold a file. Raises JournalError when another program holds it, or it cannot be read."""
        return Journal(path)

    def last_revision(self, reading_id: str) -> int:
        """Number of the last revision of a reading in the database: whether others went on with it."""
        return self._store().last_revision(reading_id)

    def later(self, reading_id: str, revision: int) -> Sequence[Revision]:
        """What the database has of a reading after a revision; nothing of one that it has less of, or not at all."""
        store = self._store()
        if store.last_revision(reading_id) <= revision:
            return ()
        return [one for one in store.revisions(reading_id) if one.number > revision]

    def knows(self, base: Reading, revision: int) -> bool:
        """Whether the database has `base` as that revision; not so where another state was put in its place.

        An older backup, say, or a server that took over before it had heard of the last acts.
        """
        if not revision:
            return True
        there = (one.reading for one in self.later(base.id, revision - 1) if one.number == revision)
        return next(there, None) == base

    def wait_for(self, study_instance_uid: str) -> bool:
        """Whether acts of this reader on an exam wait here."""
        return bool(self._paths(study_instance_uid))

    def open(self, study_instance_uid: str, away: str = "") -> OpenedReading | None:
        """A reading from the file that holds acts on it, as it was on screen; None where nothing waits."""
        for path in self._paths(study_instance_uid):
            try:
                journal = self.take(path)
            except JournalError:
                continue
            try:
                if not journal.acts:
                    continue
                made = _as_revisions(journal)
                steps, done = undo_steps(journal.base, made)
                before = journal.base if journal.base.is_signed else None
                return OpenedReading(
                    reading=journal.last,
                    revision=journal.revision,
                    steps=steps,
                    steps_done=done,
                    signed=last_signed(made) or before,
                    waiting=tuple(journal.acts),
                    journal=path,
                    base=journal.base,
                    away=away,
                    unseen=journal.revision == 0 and bool(away),
                )
            finally:
                journal.release()
        return None

    def go_on(
        self, study_instance_uid: str, edition: str, open_reading: Callable[[], OpenedReading]
    ) -> OpenedReading:
        """The reading of an exam as `open_reading` gives it, once what waits here has arrived.

        What contradicts what others saved, or is refused, is opened as it stood on screen here. While the database is away the
        reading goes on with what is known of it on this computer, in words of `edition` where that is nothing; a server that
        is just starting is waited for.
        Raises StoreError when the reading cannot be opened for another reason.
        """
        patient_until, ready = time.monotonic() + STARTING_S, 0
        while True:
            try:
                delivered = self.deliver(study_instance_uid)
                if delivered.diverged or delivered.refused:
                    return self.open(study_instance_uid) or open_reading()
                return open_reading()
            except DatabaseAway as error:
                # a reading that began empty would have to be put together with what is there a moment later
                answer = answer_of(parse_url(self._database))
                ready += answer is Answer.READY
                if answer is not Answer.NONE and ready < _TRIES and time.monotonic() < patient_until:
                    time.sleep(STARTING_PAUSE_S)
                    continue
                return self.open(study_instance_uid, why_away(error)) or self._unseen(
                    study_instance_uid, edition, why_away(error)
                )

    def _unseen(self, study_instance_uid: str, edition: str, away: str) -> OpenedReading:
        blank = Reading(
            id=reading_id_of(study_instance_uid, self._reader),
            reader=self._reader,
            study_instance_uid=study_instance_uid,
            lexicon_edition=edition,
        )
        return OpenedReading(blank, 0, (), 0, base=blank, away=away, unseen=True)

    def deliver(self, study_instance_uid: str = "") -> Delivered:
        """Hand what waits to the database, of one exam or of all. Files that another program holds are its affair.

        Raises StoreError while the database is away or cannot be opened; what arrived until then has arrived.
        """
        acts = readings = together = waiting = 0
        diverged, unreadable, refused = [], [], []
        paths = self._paths(study_instance_uid)
        if paths:
            # one that cannot be opened is told before any file is held
            self._store()
        for path in paths:
            try:
                journal = self.take(path)
            except JournalHeld:
                continue
            except JournalError as error:
                if path.exists():
                    unreadable.append(str(error))
                continue
            try:
                if journal.base.reader != self._reader:
                    continue
                count = len(journal.acts)
                if journal.aside is not None:
                    unreadable.append(_damaged_words(journal.aside))
                try:
                    arrival = self._arrive(journal)
                except DatabaseAway:
                    raise
                except (StoreError, SignedReading) as error:
                    # what is wrong with these acts must not hold up those of other exams
                    refused.append(_refused_words(count, error))
                    continue
                if arrival is Arrival.DIVERGED:
                    waiting += count
                    diverged.append(journal.base.study_instance_uid)
                    continue
                acts, readings = acts + count, readings + 1
                together += arrival is Arrival.MERGED
                journal.discard()
            finally:
                journal.release()
        return Delivered(
            acts, readings, together, waiting, tuple(diverged), tuple(unreadable), tuple(refused)
        )

    def count(self) -> int:
        """How many acts wait here and are held by no program."""
        found = 0
        for path in self._paths(""):
            try:
                journal = self.take(path)
            except JournalError:
                continue
            found += len(journal.acts)
            journal.release()
        return found

    def on_disk(self) -> int:
        """How many acts are on this computer's disk for the database, whoever made or holds them."""
        return look_at_waiting(self._folder, self._database).acts

    def _paths(self, study_instance_uid: str) -> Sequence[Path]:
        return journals_in(self._folder, self._database, study_instance_uid, self._reader)

    def _arrive(self, journal: Journal) -> Arrival:
        for _ in range(_TRIES - 1):
            try:
                return self._arrive_once(journal)
            except StaleReading:
                continue
        return self._arrive_once(journal)

    def _arrive_once(self, journal: Journal) -> Arrival:
        store = self._store()
        theirs, number = store.open_reading(
            journal.base.study_instance_uid, journal.base.reader, lexicon_edition=journal.base.lexicon_edition
        )
        base, acts = with_id(journal.base, journal.acts, theirs.id)
        if not acts:
            return Arrival.SAVED
        if not self.knows(base, journal.revision):
            return Arrival.SAVED if theirs == acts[-1].reading else Arrival.DIVERGED
        arrived = _arrived(acts, self.later(theirs.id, journal.revision))
        rest = acts[arrived:]
        if not rest:
            return Arrival.SAVED
        if number == journal.revision + arrived:
            for one in rest:
                number = self._save(store, one, number)
            return Arrival.SAVED
        base = acts[arrived - 1].reading if arrived else base
        return self._merge(store, base, rest[-1], theirs, number)

    def _merge(self, store: Store, base: Reading, last: UnsavedAct, theirs: Reading, number: int) -> Arrival:
        result = merged(base, last.reading, theirs)
        if result.reading == theirs and not result.conflicts:
            return Arrival.SAVED
        if result.conflicts or needs_reader(base, last.reading, theirs):
            return Arrival.DIVERGED
        together = UnsavedAct(result.reading, Act.MERGE, MERGE_LABEL, last.display, last.at)
        self._save(store, together, number)
        return Arrival.MERGED

    def _save(self, store: Store, one: UnsavedAct, based_on: int) -> int:
        return store.save(
            one.reading,
            reader=self._reader,
            based_on=based_on,
            act=one.act,
            label=one.label,
            display=one.display,
            at=one.at,
        )


def needs_reader(base: Reading, mine: Reading, theirs: Reading) -> bool:
    """Whether a signature stands in the way of putting two readings together without asking."""
    return theirs.is_signed or any(
        (one.signatures, one.amending) != (base.signatures, base.amending) for one in (mine, theirs)
    )


def why_away(error: StoreError) -> str:
    """The reason as it stands in brackets."""
    return str(error).rstrip(".")


def _damaged_words(aside: Path) -> str:
    return (
        f"Some acts that waited on this computer cannot be read: their file was damaged; it is kept as {aside}, and what "
        "stands before the damage goes to the database."
    )


def _refused_words(count: int, error: AnnotatorError) -> str:
    acts = "An act on an exam waits" if count == 1 else f"{count} acts on an exam wait"
    return (
        f"{acts} on this computer, and the database does not take {'it' if count == 1 else 'them'}: {error}"
    )


def _arrived(acts: Sequence[UnsavedAct], later: Sequence[Revision]) -> int:
    """How many of the acts, from the first on, the database has."""
    found = 0
    for one, revision in zip(acts, later, strict=False):
        if (one.reading, one.act) != (revision.reading, revision.act):
            break
        found += 1
    return found


def _as_revisions(journal: Journal) -> list[Revision]:
    return [
        Revision(
            number, one.act, one.label, one.at or datetime.now(UTC), journal.base.reader, "", one.reading
        )
        for number, one in enumerate(journal.acts, journal.revision + 1)
    ]
