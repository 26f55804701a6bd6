"""Acts of one reading on their way to the database: in order, none dropped, and on this computer while it is away."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from annotator.errors import (
    AnnotatorError,
    JournalError,
    NotAllowed,
    SignedReading,
    StaleReading,
    StoreError,
    UnsavableAct,
)
from annotator.model.finding import Reading
from annotator.model.history import Act, Revision
from annotator.model.opened import UnsavedAct


class JournalLike(Protocol):
    """See `annotator.store.journal.Journal`."""

    def append(self, acts: Sequence[UnsavedAct]) -> list[UnsavedAct]: ...
    def discard(self) -> None: ...
    def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Places:
    """Where acts go: `save` appends one to the database (based on a revision, giving the next), `later` tells what
    the database has after a revision; `begin` and `take` open a file on this computer.
    """

    save: Callable[[UnsavedAct, int], int]
    later: Callable[[str, int], Sequence[Revision]]
    begin: Callable[[Reading, int], JournalLike]
    take: Callable[[Path], JournalLike]


class _Waiting:
    """An act in the line, the `number`-th of this program; `kept` once it is in the journal."""

    __slots__ = ("act", "kept", "number")

    def __init__(self, act: UnsavedAct, number: int) -> None:
        self.act = act
        self.number = number
        self.kept = False


class ActLine:
    """May be used from any thread. `revision` is the last that the database has confirmed, `confirmed` its value.

    An act that holds what no database can keep is out of the way once it is undone, or what it says is said anew.
    """

    def __init__(
        self,
        places: Places,
        confirmed: Reading,
        revision: int,
        waiting: Sequence[UnsavedAct] = (),
        journal: Path | None = None,
    ) -> None:
        self._places = places
        self.confirmed = confirmed
        self.revision = revision
        self.keep_error: JournalError | None = None
        self._line = deque(_Waiting(act, number) for number, act in enumerate(waiting, 1))
        self._put = len(self._line)
        self._journaled = 0
        self._journal: JournalLike | None = None
        self._outdated: list[JournalLike] = []
        self._left = False
        self._attempts = 0
        self._draining = threading.Lock()
        self._keeping = threading.Lock()
        self._changed = threading.Condition()
        if journal is not None:
            self._take(journal)

    def __len__(self) -> int:
        return len(self._line)

    @property
    def all_kept(self) -> bool:
        """Whether every act that waits is on disk on this computer."""
        return all(one.kept for one in tuple(self._line))

    @property
    def first(self) -> UnsavedAct | None:
        """The act that goes next."""
        return self._line[0].act if self._line else None

    def put(self, act: UnsavedAct) -> None:
        """The last in the line."""
        with self._changed:
            self._put += 1
            self._line.append(_Waiting(act, self._put))

    def save_all(self) -> int:
        """Hand the acts to the database in order; from the first that fails on, they stay in line.

        Raises what the first one failed with. By then those that wait are kept on this computer where that can be:
        else `keep_error` says why not. One that can never be saved is passed over as soon as a later one can be:
        what leads back to what the database holds leaves nothing to save, and what puts it right is saved with it.
        """
        with self._draining:
            try:
                self._drain()
            except AnnotatorError as error:
                if not never_saved(error) or isinstance(error, StaleReading):
                    self.keep()
                raise
            finally:
                with self._changed:
                    self._attempts += 1
                    self._changed.notify_all()
                self._tidy_up()
            return self.revision

    def keep(self) -> bool:
        """Write to this computer what waits and is not there yet; False, and `keep_error`, where that cannot be."""
        with self._keeping:
            with self._changed:
                new = [one for one in self._line if not one.kept]
                if new and new[0].number > self._journaled + 1:
                    # the database took acts that are not in the file: what waits does not follow what is in it
                    self._put_off_journal()
                    new = list(self._line)
                base, revision = self.confirmed, self.revision
            if not new:
                return True
            try:
                if self._journal is None:
                    self._journal = self._places.begin(base, revision)
                on_disk = {id(act) for act in self._journal.append([one.act for one in new])}
            except JournalError as error:
                self.keep_error = error
                return False
            self.keep_error = None
            self._journaled = new[-1].number
            for one in new:
                one.kept = id(one.act) in on_disk
            self._discard_outdated()
            return all(one.kept for one in new)

    @property
    def attempts(self) -> int:
        """How often it was tried to save what waits."""
        return self._attempts

    def wait(self, attempts: int, seconds: float) -> None:
        """Wait until there were more attempts to save than so many, but no longer."""
        with self._changed:
            self._changed.wait_for(lambda: self._attempts > attempts, seconds)

    def start_over(self, confirmed: Reading, revision: int) -> None:
        """Go on from what the database has; what waited is in what is put in line next."""
        with self._draining, self._keeping, self._changed:
            self._line.clear()
            self.confirmed, self.revision = confirmed, revision
            self._put_off_journal()

    def give_up(self) -> None:
        """Lose what waits, because the reader said so."""
        with self._draining:
            with self._changed:
                self._line.clear()
            self._tidy_up()

    def leave(self) -> None:
        """Nobody puts anything in line any more: what waits on this computer is for others to deliver."""
        self._left = True
        if self._draining.acquire(blocking=False):
            try:
                self._tidy_up()
            finally:
                self._draining.release()

    def _put_off_journal(self) -> None:
        """The file stays until what takes its place is on disk."""
        if self._journal is not None:
            self._outdated.append(self._journal)
            self._journal = None

    def _take(self, journal: Path) -> None:
        try:
            self._journal = self._places.take(journal)
        except StoreError:
            # somebody else delivers it; what waits is written anew when it has to be
            return
        for one in self._line:
            one.kept = True
        self._journaled = self._put

    def _drain(self) -> None:
        passed = 0
        unsavable: UnsavableAct | None = None
        while passed < len(self._line):
            act = self._line[passed].act
            try:
                number = self.revision
                if not passed or act.reading != self.confirmed:
                    number = self._places.save(act, self.revision)
            except UnsavableAct as error:
                unsavable = unsavable or error
                passed += 1
                continue
            except NotAllowed as error:
                if act.act is Act.SIGN:
                    raise SignedReading(
                        f"Your role in this database does not sign, so the signature was not kept: {error}"
                    ) from error
                raise
            except StaleReading:
                if passed or not self._arrived_before():
                    raise
                continue
            self._confirm(passed + 1, act.reading, number)
            passed, unsavable = 0, None
        if unsavable is not None:
            raise unsavable

    def _arrived_before(self) -> bool:
        """Whether the database has acts of this line already: it took them, and the answer was lost on the way."""
        with self._changed:
            line = [one.act for one in self._line]
        arrived = 0
        later = self._places.later(self.confirmed.id, self.revision)
        for act, revision in zip(line, later, strict=False):
            if (act.reading, act.act) != (revision.reading, revision.act):
                break
            arrived += 1
        if arrived:
            self._confirm(arrived, line[arrived - 1].reading, self.revision + arrived)
        return bool(arrived)

    def _confirm(self, count: int, reading: Reading, revision: int) -> None:
        with self._changed:
            for _ in range(count):
                self._line.popleft()
            self.confirmed, self.revision = reading, revision

    def _tidy_up(self) -> None:
        """Files that hold nothing the database lacks go; the one that does is let go of when nobody adds to it."""
        with self._keeping:
            if not self._line:
                self._discard_outdated()
                if self._journal is not None:
                    self._journal.discard()
                    self._journal = None
            elif self._left and self._journal is not None:
                self._journal.release()
                self._journal = None

    def _discard_outdated(self) -> None:
        for one in self._outdated:
            one.discard()
        self._outdated.clear()


def never_saved(error: AnnotatorError | None) -> bool:
    """Whether trying again cannot help: somebody else saved a later revision, what is signed would change, the role does
    not sign, or the act holds what no database can keep. A right that was taken away can be given back.
    """
    return isinstance(error, StaleReading | SignedReading | UnsavableAct)
