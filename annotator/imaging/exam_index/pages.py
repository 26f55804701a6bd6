"""The worklist out of the index, page by page: sorted, filtered, and from any exam on in both directions.

Every order runs along an index from the last row seen, so that a page costs the same at the end of 100,000 exams as at
their beginning. Words of three letters or more are looked up by their trigrams where they are rare; where they are
frequent, the next page is full after a few rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from annotator.imaging.exam_index.tables import TRIGRAM, Interrupted, connect, sought, told
from annotator.imaging.exam_index.writer import NO_FAULT, Fault
from annotator.jobs import Cancelled, CancelToken

PAGE = 100
"""Rows of a page: more than a screen shows."""
RARE = 2000
"""So many exams with the words wanted are sorted."""
FREQUENT = 20_000
"""Of more exams with them the next page is full after a few rows."""
_MOST_TOLD = 2
"""Words that may mean a state or part of a name; each of them doubles the questions."""
_LOOK_EVERY = 4000
"""Steps of the database between two looks at whether anybody still waits."""


class Order(StrEnum):
    """What the list is sorted by; within equal ones by patient, the newest exam first."""

    PATIENT = "patient"
    DATE = "date"
    STATE = "state"
    DUE = "due"
    ADDED = "added"


_KEYS = {
    Order.PATIENT: ("name", "backwards", "id"),
    Order.DATE: ("backwards", "name", "id"),
    Order.STATE: ("state", "name", "backwards", "id"),
    Order.DUE: ("due", "due_on", "name", "backwards", "id"),
    Order.ADDED: ("id",),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which exams: of these states (None: all), due at least so urgently, with these words, and with these faults.

    `words` must all occur, each in what is told of the exam or, for the states and ranks in `told`, in their names.
    With `names_hidden` the words are not looked for in names. `faults`: only exams with one of these.
    """

    states: tuple[int, ...] | None = None
    due_within: int | None = None
    words: tuple[str, ...] = ()
    names_hidden: bool = False
    faults: Fault = NO_FAULT
    told_states: tuple[tuple[str, int], ...] = ()
    told_dues: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ListedExam:
    """A row. `key` is where it stands in the order it was asked for in."""

    study_instance_uid: str
    name: str
    patient: str
    day: str
    images: int
    views: str
    faults: Fault
    state: int
    due: int
    due_on: str
    due_words: str
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Exams in order, and whether more follow."""

    exams: tuple[ListedExam, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """How many exams there are of each state, how many with something amiss, and how many folders are indexed."""

    by_state: dict[int, int]
    faulty: int
    roots: int
    unfinished: int

    @property
    def exams(self) -> int:
        """All of them."""
        return sum(self.by_state.values())


class ExamPages:
    """Questions to the index; for any thread, one at a time. Raises ExamIndexError, and Cancelled by a token."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._db = connect(index)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def page(
        self,
        wanted: Wanted,
        order: Order,
        after: tuple[Any, ...] | None = None,
        *,
        count: int = PAGE,
        back: bool = False,
        token: CancelToken | None = None,
    ) -> Page:
        """The next exams behind a key (None: the first), or with `back` those before it, nearest first."""
        found: dict[tuple[Any, ...], ListedExam] = {}
        more = False
        for meaning in _meanings(wanted, order):
            rows = self._rows(meaning, order, after, count, back, token)
            more |= len(rows) > count
            found |= {row[_FACTS:]: _listed(row) for row in rows}
        keys = sorted(found, reverse=back)
        return Page(tuple(found[key] for key in keys[:count]), more or len(keys) > count)

    def count(self, wanted: Wanted, token: CancelToken | None = None) -> int:
        """How many exams pass."""
        meanings = _meanings(wanted)
        found = []
        for meaning in meanings:
            conditions, values, _sorts = self._looked_up(meaning, token)
            what = "count(*)" if len(meanings) == 1 else "id"
            found.append(self._asked(f"SELECT {what} FROM exams {_where(conditions)}", values, token))
        return int(found[0][0][0]) if len(found) == 1 else len({row for rows in found for row in rows})

    def totals(self, token: CancelToken | None = None) -> Totals:
        """How far the whole list is."""
        states = self._asked("SELECT state, count(*) FROM exams GROUP BY state", (), token)
        faulty = self._asked("SELECT count(*) FROM exams WHERE faults > 0", (), token)[0][0]
        roots = self._asked("SELECT count(*), coalesce(sum(finished = 0), 0) FROM roots", (), token)[0]
        return Totals(dict(states), faulty, *roots)

    def exam(self, study_instance_uid: str, order: Order) -> ListedExam | None:
        """An exam as a row of the list; None for one that is not indexed."""
        rows = self._asked(
            f"SELECT {_ROW}, {', '.join(_KEYS[order])} FROM exams WHERE study = ?", (study_instance_uid,)
        )
        return _listed(rows[0]) if rows else None

    def studies_of(self, patient: str) -> tuple[str, ...]:
        """The exams of a patient, the newest first; () for ''."""
        if not patient:
            return ()
        rows = self._asked("SELECT study FROM exams WHERE patient = ? ORDER BY backwards", (patient,))
        return tuple(row[0] for row in rows)

    def files_of(self, study_instance_uid: str) -> tuple[list[Path], list[Path]]:
        """(files of an exam that are there, those that are missing), each image once."""
        rows = self._asked(
            "SELECT folders.path, files.name, files.missing, files.sop FROM files JOIN folders "
            "ON folders.id = files.folder JOIN exams ON exams.id = files.exam WHERE exams.study = ? "
            "ORDER BY folders.path, files.name",
            (study_instance_uid,),
        )
        return _once(rows)

    def file_of(self, sop: int) -> Path | None:
        """A file of an image, by the number of its SOP Instance UID; None where none is there."""
        rows = self._asked(
            "SELECT folders.path, files.name, files.missing, files.sop FROM files JOIN folders "
            "ON folders.id = files.folder WHERE files.sop = ? AND missing = 0 ORDER BY files.id",
            (sop,),
        )
        return next(iter(_once(rows)[0]), None)

    def roots(self) -> tuple[tuple[Path, bool, int], ...]:
        """The folders that are indexed: path, whether it was looked through to its end, and when (seconds)."""
        from os import fsdecode  # noqa: PLC0415

        rows = self._asked("SELECT path, finished, looked FROM roots ORDER BY path", ())
        return tuple((Path(fsdecode(path)), bool(finished), looked) for path, finished, looked in rows)

    def _rows(
        self,
        meaning: _Meaning,
        order: Order,
        after: tuple[Any, ...] | None,
        count: int,
        back: bool,
        token: CancelToken | None,
    ) -> list[tuple[Any, ...]]:
        keys = _KEYS[order]
        conditions, values, sorts = self._looked_up(meaning, token)
        if after is not None:
            conditions.append(f"({', '.join(keys)}) {'<' if back else '>'} ({', '.join('?' * len(keys))})")
            values += after
        down = " DESC" if back else ""
        # a plus keeps the database from walking along the index of this order
        sorted_by = ", ".join(f"{'+' if sorts else ''}{key}{down}" for key in keys)
        return self._asked(
            f"SELECT {_ROW}, {', '.join(keys)} FROM exams {_where(conditions)} ORDER BY {sorted_by} LIMIT {count + 1}",
            values,
            token,
        )

    def _looked_up(self, meaning: _Meaning, token: CancelToken | None) -> tuple[list[str], list[Any], bool]:
        """(conditions, their values, whether so few exams pass that they are best sorted)."""
        conditions = list(meaning.conditions)
        if not meaning.words:
            return conditions, [], False
        quoted = " AND ".join('"' + word.replace('"', '""') + '"' for word in meaning.words)
        text = f"rest : ({quoted})" if meaning.names_hidden else quoted
        rare = self._asked(f"SELECT rowid FROM words WHERE words MATCH ? LIMIT {RARE + 1}", (text,), token)
        if len(rare) <= RARE:
            conditions.append(f"id IN ({', '.join(str(row[0]) for row in rare)})")
            return conditions, [], True
        some = f"SELECT 1 FROM words WHERE words MATCH ? LIMIT {FREQUENT + 1}"
        if self._asked(f"SELECT count(*) FROM ({some})", (text,), token)[0][0] <= FREQUENT:
            # along the index, past those that have not the words
            conditions.append("+id IN (SELECT rowid FROM words WHERE words MATCH ?)")
            return conditions, [text], False
        places = ["instr(rest, ?)"] if meaning.names_hidden else ["instr(rest, ?)", "instr(who, ?)"]
        conditions += [f"({' OR '.join(places)})"] * len(meaning.words)
        return conditions, [word for word in meaning.words for _ in places], False

    def _asked(
        self, question: str, values: Sequence[Any], token: CancelToken | None = None
    ) -> list[tuple[Any, ...]]:
        with self._lock, told(self._index):
            self._db.set_progress_handler(None if token is None else _given_up(token), _LOOK_EVERY)
            try:
                return self._db.execute(question, values).fetchall()
            except Interrupted:
                if token is not None and token.cancelled:
                    raise Cancelled from None
                raise
            finally:
                self._db.set_progress_handler(None, 0)


_ROW = "study, name, patient, day, images, views, faults, state, due, due_on, due_words"
_FACTS = _ROW.count(",") + 1


@dataclass(frozen=True, slots=True)
class _Meaning:
    """One way to understand what is wanted: conditions on columns, and words to be looked for in texts."""

    conditions: tuple[str, ...]
    words: tuple[str, ...]
    names_hidden: bool


def _meanings(wanted: Wanted, order: Order | None = None) -> tuple[_Meaning, ...]:
    """A word like "done" may be that of a state, or part of a name: both count."""
    base = []
    # a plus keeps the database from gathering all of a state first, to sort them then
    if wanted.states:
        base.append(f"+state IN ({', '.join(str(int(state)) for state in wanted.states)})")
        if order is Order.STATE:
            base.append(f"state BETWEEN {int(min(wanted.states))} AND {int(max(wanted.states))}")
    if wanted.due_within is not None:
        base.append(f"{'' if order is Order.DUE else '+'}due <= {int(wanted.due_within)}")
    if wanted.faults:
        base.append(f"(faults > 0 AND faults & {int(wanted.faults)})")
    ways: list[tuple[list[str], list[str]]] = [(base, [])]
    for number, word in enumerate(wanted.words):
        told = _told(wanted, word) if number < _MOST_TOLD else ""
        as_text = [(conditions, [*words, sought(word)]) for conditions, words in ways]
        as_told = [([*conditions, told], words) for conditions, words in ways] if told else []
        ways = as_text + as_told
    return tuple(_Meaning(tuple(c), tuple(w), wanted.names_hidden) for c, w in ways)


def _told(wanted: Wanted, word: str) -> str:
    """The condition that an exam is of a state, or due, as a word says; '' for a word that says neither."""
    places = [f"state = {state}" for text, state in wanted.told_states if word in text]
    places += [f"due = {due}" for text, due in wanted.told_dues if word in text]
    return f"({' OR '.join(places)})" if places and len(word) >= TRIGRAM else ""


def _where(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _listed(row: tuple[Any, ...]) -> ListedExam:
    study, name, patient, day, images, views, faults, state, due, due_on, due_words = row[:_FACTS]
    return ListedExam(
        study, name, patient, day, images, views, Fault(faults), state, due, due_on, due_words, row[_FACTS:]
    )


def _once(rows: Sequence[tuple[Any, ...]]) -> tuple[list[Path], list[Path]]:
    from os import fsdecode  # noqa: PLC0415

    here: dict[int, Path] = {}
    gone: dict[int, Path] = {}
    for folder, name, missing, sop in rows:
        (gone if missing else here).setdefault(sop, Path(fsdecode(folder)) / fsdecode(name))
    return list(here.values()), [path for sop, path in gone.items() if sop not in here]


def _given_up(token: CancelToken) -> Callable[[], int]:
    return lambda: int(token.cancelled)
