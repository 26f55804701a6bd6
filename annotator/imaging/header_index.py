"""What was read from headers, kept in a file of the user's cache folder: a folder seen before lists at once.

A row holds for one state of one file: its size, its times of change, and the program that read it. The
index is a convenience only: locked, damaged, unwritable or made by another program, it is left out or
made anew, and files are read as if there were none. It holds the names of patients as the headers do.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from annotator.imaging.header_record import decode, encode, reader_version
from annotator.imaging.rejected import Rejected, ReportFile
from annotator.model.image import ImageInfo

FORMAT = 1
"""Of the tables; a file of any other number is made anew."""
MAX_BYTES = 64 << 20
"""Room for some 60,000 headers; the folders unused for longest go first."""
SETTLED_NS = 2_000_000_000
"""A file changed so recently is read anew next time: the clock of some file systems has steps of 2 s."""
_OLDEST_NS = -(1 << 63)
"""The year 1677: files may claim more, the columns hold no more."""
_BATCH = 256
_SEAL_BYTES = 8
_ROW_BYTES = 120
_WAIT_S = 0.5
_DAY = 86_400

_FOLDERS = "CREATE TABLE folders (folder BLOB PRIMARY KEY, used INTEGER NOT NULL, weight INTEGER NOT NULL) WITHOUT ROWID"
_FILES = (
    "CREATE TABLE files (folder BLOB NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, "
    "changed INTEGER NOT NULL, reader BLOB NOT NULL, kind INTEGER NOT NULL, record BLOB NOT NULL, "
    "PRIMARY KEY (folder, name)) WITHOUT ROWID"
)


class PassedOver(Enum):
    """A file in a folder that is nothing for this program."""

    PASSED_OVER = 2


PASSED_OVER = PassedOver.PASSED_OVER
_FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""Python cannot always spell out what SQLite says of a damaged table."""
Found = ImageInfo | Rejected | PassedOver
Stamp = tuple[int, int, int]
_Row = tuple[Stamp, int, bytes]
_IMAGE, _REJECTED, _PASSED_OVER, _REPORT = 0, 1, 2, 3


def stamp_of(path: Path) -> Stamp | None:
    """Size, time of the last change of the content and of the file itself (ns); None when there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


class HeaderIndex:
    """One use of the index, by one thread; as a context manager, or not at all when `path` is None."""

    def __init__(
        self, path: Path | None, *, settled_ns: int = SETTLED_NS, max_bytes: int = MAX_BYTES
    ) -> None:
        self._path = path
        self._database = None if path is None else _opened(path)
        self._settled_ns = settled_ns
        self._max_bytes = max_bytes
        self._folder = b""
        self._rows: dict[bytes, _Row] = {}
        self._waiting: list[tuple[bytes, bytes, Stamp, int, bytes]] = []
        self._entered: set[bytes] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write()
        if self._database is not None:
            self._database.close()
            self._database = None

    def known(self, path: Path) -> Found | None:
        """What was found in `path` when it last was as it is now; None when it must be read."""
        if self._database is None:
            return None
        stamp, key = stamp_of(path), _key(path)
        if key is None:
            return None
        folder, name = key
        self._enter(folder)
        row = self._rows.get(name)
        if row is None or stamp is None or row[0] != stamp:
            return None
        _, kind, sealed = row
        record = sealed[_SEAL_BYTES:]
        if sealed != _sealed(key, stamp, kind, record):
            return None
        if kind == _PASSED_OVER:
            return PASSED_OVER
        if kind == _IMAGE:
            return decode(record, path)
        said = record.decode("utf-8", "replace")
        return ReportFile(path, *said.split("\0", 2)) if kind == _REPORT else Rejected(path, said)

    def remember(self, path: Path, stamp: Stamp | None, found: Found) -> None:
        """Keep what was found in `path`; `stamp` was taken before it was read."""
        key = _key(path)
        if self._database is None or stamp is None or key is None or not self._settled(stamp):
            return
        record: bytes | None = b""
        kind = _PASSED_OVER
        if isinstance(found, ImageInfo):
            kind, record = _IMAGE, encode(found)
        elif isinstance(found, ReportFile):
            said = f"{found.reason}\0{found.study_instance_uid}\0{found.sop_class_uid}"
            kind, record = _REPORT, said.encode("utf-8", "replace")
        elif isinstance(found, Rejected):
            kind, record = _REJECTED, found.reason.encode("utf-8", "replace")
        if record is None:
            return
        self._waiting.append((*key, stamp, kind, _sealed(key, stamp, kind, record)))
        if len(self._waiting) >= _BATCH:
            self._write()

    def forget_missing(self, folder: Path, names: set[str]) -> None:
        """Drop the rows of files that are no longer in `folder`."""
        if self._database is None or (whole := _absolute(folder)) is None:
            return
        key = os.fsencode(whole)
        self._enter(key)
        gone = self._rows.keys() - {os.fsencode(n) for n in names}
        if gone and self._database is not None:
            with self._attempted() as database:
                database.executemany(
                    "delete from files where folder = ? and name = ?", [(key, n) for n in gone]
                )

    def _settled(self, stamp: Stamp) -> bool:
        return min(stamp[1:]) >= _OLDEST_NS and max(stamp[1:]) <= time.time_ns() - self._settled_ns

    def _enter(self, folder: bytes) -> None:
        if folder == self._folder:
            return
        self._folder, self._rows = folder, {}
        self._entered.add(folder)
        with self._attempted() as database:
            found = database.execute(
                "select name, size, modified, changed, kind, record from files where folder = ? and reader = ?",
                (folder, reader_version()),
            )
            self._rows = {
                name: ((size, modified, changed), kind, record)
                for name, size, modified, changed, kind, record in found
                if isinstance(record, bytes)
            }

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        entered, self._entered = self._entered, set()
        today = int(time.time()) // _DAY
        if self._database is None or not (waiting or entered):
            return
        with self._attempted() as database:
            unused = [f for f in entered if _used(database, f) not in (None, today)]
            database.executemany("update folders set used = ? where folder = ?", [(today, f) for f in unused])
            if waiting:
                self._insert(database, waiting, today)

    def _insert(
        self, database: sqlite3.Connection, rows: list[tuple[bytes, bytes, Stamp, int, bytes]], today: int
    ) -> None:
        reader = reader_version()
        database.executemany(
            "replace into files values (?, ?, ?, ?, ?, ?, ?, ?)",
            [(folder, name, *stamp, reader, kind, record) for folder, name, stamp, kind, record in rows],
        )
        database.executemany(
            "replace into folders select folder, ?, sum(length(record) + length(name) + ?) from files "
            "where folder = ? group by folder",
            [(today, _ROW_BYTES, folder) for folder in {row[0] for row in rows}],
        )
        self._trim(database)

    def _trim(self, database: sqlite3.Connection) -> None:
        """Drop the folders used longest ago until the rest fits."""
        total = database.execute("select coalesce(sum(weight), 0) from folders").fetchone()[0]
        for folder, weight in database.execute("select folder, weight from folders order by used").fetchall():
            if total <= self._max_bytes:
                return
            database.execute("delete from files where folder = ?", (folder,))
            database.execute("delete from folders where folder = ?", (folder,))
            total -= weight

    @contextlib.contextmanager
    def _attempted(self) -> Iterator[sqlite3.Connection]:
        """One transaction; where it fails the index is left out from then on, and removed where it is damaged."""
        database, path = self._database, self._path
        assert database is not None
        assert path is not None
        try:
            with database:
                yield database
        except _FAULTS as error:
            self._database = None
            with contextlib.suppress(sqlite3.Error):
                database.close()
            if not isinstance(error, sqlite3.OperationalError):
                with contextlib.suppress(OSError):
                    forget_index(path)


def forget_index(path: Path) -> bool:
    """Remove the index; whether there was one. Raises OSError when it cannot be removed."""
    there = path.exists()
    for name in (path, path.with_name(path.name + "-journal")):
        name.unlink(missing_ok=True)
    return there


def _sealed(key: tuple[bytes, bytes], stamp: Stamp, kind: int, record: bytes) -> bytes:
    """`record` behind a digest of itself and of what it holds for: a disk that alters one bit of a side or a
    spacing is noticed by nobody else.
    """
    meant = repr((key, stamp, kind)).encode() + record
    return hashlib.blake2b(meant, digest_size=_SEAL_BYTES).digest() + record


def _absolute(path: Path) -> Path | None:
    """None for a name relative to a folder that is gone."""
    try:
        return path.absolute()
    except OSError:
        return None


def _key(path: Path) -> tuple[bytes, bytes] | None:
    whole = _absolute(path)
    return None if whole is None else (os.fsencode(whole.parent), os.fsencode(whole.name))


def _used(database: sqlite3.Connection, folder: bytes) -> int | None:
    row = database.execute("select used from folders where folder = ?", (folder,)).fetchone()
    return None if row is None else int(row[0])


def _opened(path: Path) -> sqlite3.Connection | None:
    """The tables, made where there are none that fit; None when that cannot be done."""
    for _ in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with contextlib.suppress(FileExistsError, PermissionError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            database = sqlite3.connect(path, timeout=_WAIT_S)
        except (OSError, sqlite3.Error):
            return None
        try:
            if _has_tables(database):
                return database
        except sqlite3.OperationalError:  # locked, or on a disk that is full or fails
            database.close()
            return None
        except _FAULTS:  # anything but a database
            pass
        database.close()
        with contextlib.suppress(OSError):
            forget_index(path)
    return None


def _has_tables(database: sqlite3.Connection) -> bool:
    """Whether the tables are there, made just now if the file was empty; False when they are another program's."""
    if not database.execute("select count(*) from sqlite_master").fetchone()[0]:
        with database:
            database.execute("begin immediate")
            if not database.execute("select count(*) from sqlite_master").fetchone()[0]:
                for statement in (_FOLDERS, _FILES):
                    database.execute(statement)
                database.execute(f"pragma user_version = {FORMAT}")
    version = database.execute("pragma user_version").fetchone()[0]
    found = {row[0] for row in database.execute("select sql from sqlite_master where sql is not null")}
    return bool(version == FORMAT and found == {_FOLDERS, _FILES})
