"""The file of the exam index: its tables, and opening it. Whatever is in it can be read again from the images."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from annotator.errors import ExamIndexError
from annotator.imaging.exam_index.image_facts import READS

FORMAT = 1
"""Of the tables; a file of any other number is made anew."""
IMAGE, REJECTED, PASSED_OVER = 0, 1, 2
"""Kinds of files."""
NOTHING_DUE = 9
"""The rank of an exam of which nothing is due: behind all others."""
TRIGRAM = 3
_WAIT_S = 10.0
_KEPT_PAGES_KB = 65_536
_MAPPED_BYTES = 1 << 30

Connection = sqlite3.Connection
Interrupted = sqlite3.OperationalError

_TABLES = """
CREATE TABLE roots (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, finished INTEGER NOT NULL, looked INTEGER NOT NULL);
CREATE TABLE folders (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, scan INTEGER NOT NULL);
CREATE TABLE files (
    id INTEGER PRIMARY KEY, folder INTEGER NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL,
    modified INTEGER NOT NULL, changed INTEGER NOT NULL, kind INTEGER NOT NULL, missing INTEGER NOT NULL DEFAULT 0,
    exam INTEGER, sop INTEGER, label TEXT, reason TEXT, uid TEXT, UNIQUE (folder, name));
CREATE INDEX files_exam ON files (exam) WHERE exam IS NOT NULL;
CREATE INDEX files_sop ON files (sop) WHERE sop IS NOT NULL;
CREATE INDEX files_missing ON files (sop) WHERE missing = 1;
CREATE INDEX files_rejected ON files (folder) WHERE kind = 1;
CREATE TABLE copies (sop INTEGER PRIMARY KEY, verdict INTEGER NOT NULL, files TEXT NOT NULL);
CREATE TABLE standings (
    study TEXT PRIMARY KEY, state INTEGER NOT NULL, due INTEGER NOT NULL, due_on TEXT NOT NULL, due_words TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE exams (
    id INTEGER PRIMARY KEY, study TEXT NOT NULL UNIQUE, patient TEXT NOT NULL, person TEXT NOT NULL,
    description TEXT NOT NULL, name TEXT NOT NULL, day TEXT NOT NULL, backwards INTEGER NOT NULL,
    images INTEGER NOT NULL DEFAULT 0, views TEXT NOT NULL DEFAULT '', faults INTEGER NOT NULL DEFAULT 0,
    who TEXT NOT NULL DEFAULT '', rest TEXT NOT NULL DEFAULT '',
    state INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 9, due_on TEXT NOT NULL DEFAULT '',
    due_words TEXT NOT NULL DEFAULT '');
CREATE INDEX exams_name ON exams (name, backwards, id, state, due, faults);
CREATE INDEX exams_day ON exams (backwards, name, id, state, due, faults);
CREATE INDEX exams_state ON exams (state, name, backwards, id, due, faults);
CREATE INDEX exams_due ON exams (due, due_on, name, backwards, id, state, faults);
CREATE INDEX exams_patient ON exams (patient);
CREATE INDEX exams_faults ON exams (faults) WHERE faults > 0;
CREATE VIRTUAL TABLE words USING fts5 (who, rest, content = 'exams', content_rowid = 'id', tokenize = 'trigram');
"""
"""`backwards` is the day as a negative number, so that every order of the list runs upwards through an index.

`sop` is a number made of the SOP Instance UID (`number_of`). Of a file without a Study Instance UID `uid` is its SOP
Instance UID: from the least of them its folder's exam gets its UID. `who` and `rest` are what the filter looks through,
`who` what is hidden with the names; two blanks stand before each of their words (`searchable`), so that one or two letters
at the beginning of a word are a trigram too. The indexes for sorting end with what rows are left out by, so that leaving out
reads nothing else. `standings` holds what the database of readings said last, exams that are not
indexed included.
"""


@contextmanager
def opened(path: Path) -> Iterator[Connection]:
    """The index at `path` for one thread, made where it is missing or another program's. Raises ExamIndexError."""
    connection = connect(path)
    with told(path):
        try:
            yield connection
        finally:
            connection.close()


def connect(path: Path) -> Connection:
    """The index at `path`; its owner closes it. Any one thread at a time. Raises ExamIndexError."""
    for again in (False, True):
        connection = _connected(path)
        try:
            with told(path):
                if _is_ready(connection):
                    return connection
        except ExamIndexError as error:
            connection.close()
            if again or not isinstance(error.__cause__, sqlite3.DatabaseError) or _is_busy(error.__cause__):
                raise
        connection.close()
        forget_exam_index(path)
    raise ExamIndexError(f"{path}: the index of exams cannot be made; remove this file and try again.")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Faults of the file as one sentence each."""
    try:
        yield
    except sqlite3.Error as error:
        raise _unusable(path, str(error)) from error


def searchable(text: str) -> str:
    """A text as the filter looks through it."""
    return "".join(f"  {word}" for word in text.casefold().split())


def sought(word: str) -> str:
    """A word as it is looked for: from three letters on anywhere, fewer at the beginning of a word."""
    return word if len(word) >= TRIGRAM else f"{' ' * (TRIGRAM - len(word))}{word}"


def forget_exam_index(path: Path) -> bool:
    """Remove an index; whether there was one. Raises OSError when it cannot be removed."""
    there = path.exists()
    for name in (path, *(path.with_name(path.name + end) for end in ("-journal", "-wal", "-shm"))):
        name.unlink(missing_ok=True)
    return there


def leave_no_traces(connection: Connection) -> None:
    """Take what was forgotten out of the lists of words too, which only note that it is gone, and off the disk.

    Seconds for a hundred thousand exams; outside of a transaction. What another program still reads beside the file
    goes when that one closes.
    """
    connection.execute("INSERT INTO words (words) VALUES ('rebuild')")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def number_of(uid: str) -> int:
    """A UID as 63 bits: two of two million differ but for one chance in four million."""
    return int.from_bytes(hashlib.blake2b(uid.encode(), digest_size=8).digest(), "big") >> 1


def _unusable(path: Path, why: str) -> ExamIndexError:
    return ExamIndexError(
        f"{path}: the index of exams cannot be used ({why}); readings are not in it. Free some space, or remove it with:"
        " annotator doctor --forget-index"
    )


def _connected(path: Path) -> Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise _unusable(path, error.strerror or "unknown") from error
    with told(path):
        return sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)


def _is_ready(connection: Connection) -> bool:
    """Whether the tables are there, made just now if the file was empty; False when they are another program's."""
    connection.execute(f"PRAGMA busy_timeout = {int(_WAIT_S * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    # what a power cut loses is read again
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{_KEPT_PAGES_KB}")
    connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
    connection.execute("PRAGMA temp_store = MEMORY")
    # names that are deleted are not to stay in pages that are free; some builds of SQLite do so by themselves
    connection.execute("PRAGMA secure_delete = ON")
    version = FORMAT << 16 | READS
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if not found and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        # another program may be at the same
        with contextlib.suppress(sqlite3.OperationalError):
            connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {version}; COMMIT;")
            return True
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
    return bool(found == version)


def _is_busy(error: sqlite3.DatabaseError) -> bool:
    return isinstance(error, sqlite3.OperationalError)
