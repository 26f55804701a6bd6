"""Acts that the database has not taken yet, in a file on this computer: what was told as kept is on disk.

A file belongs to one reading in one database. Its first line holds the reading as the database has it, as far as is
known, with the number of that revision; each further line is one act as the change it made. Each line begins with a
checksum over itself and the one before, so that a line that was torn, changed or put elsewhere is seen. Order is that
of the lines: no clock has a say in it. Names of files are digests; nobody but their owner may read them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from annotator import __version__
from annotator.errors import JournalError, JournalHeld, StoreError, UnsavableAct
from annotator.model.changes import apply, diff
from annotator.model.finding import Reading
from annotator.model.history import Act
from annotator.model.opened import UnsavedAct
from annotator.private_files import FILE, private_folder
from annotator.store.address import parse_url
from annotator.store.encoding import decode_changes, decode_reading, encode_changes, encode_reading
from annotator.store.file_lock import lock
from annotator.store.part_file import synced
from annotator.store.sqlite import database_file

ENDING = ".acts"
_FORM = 1
_CHECK = 16
_BINARY = getattr(os, "O_BINARY", 0)
"""Windows writes line ends of its own without it."""


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    form: int
    program: str
    database: str
    revision: int
    reading: msgspec.Raw


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    act: str
    label: str
    display: str
    at: datetime | None
    changes: msgspec.Raw


class Journal:
    """One file, held by this program until `release` or `discard`.

    `base` is the reading at `revision` of the database. `acts` are those on disk, in order. `damaged` says that a
    part of the file could not be read; it was put aside under the name `aside`.
    """

    def __init__(self, path: Path) -> None:
        """Take the file at `path` over. Raises JournalHeld, and JournalError for one that cannot be read."""
        self.path = path
        self.acts: list[UnsavedAct] = []
        self.aside: Path | None = None
        self.revision = 0
        self.database = ""
        self._last: Reading
        self._end, self._check = 0, b""
        self._descriptor = _opened(path)
        try:
            self._read()
        except (StoreError, OSError):
            self.release()
            raise

    @classmethod
    def begin(cls, folder: Path, database: str, base: Reading, revision: int) -> Journal:
        """A new file in `folder` for a reading that the database at the URL `database` has as `base`.

        Raises JournalError when it cannot be written.
        """
        name = f"{reading_key(database, base.study_instance_uid, base.reader)}-{secrets.token_hex(4)}{ENDING}"
        path = folder / name
        head = _Head(
            _FORM, __version__, database_key(database), revision, msgspec.Raw(encode_reading(base).encode())
        )
        try:
            write_new(path, _sealed(b"", msgspec.json.encode(head)))
        except OSError as error:
            raise JournalError(_cannot(folder, error)) from error
        return cls(path)

    def append(self, acts: Sequence[UnsavedAct]) -> list[UnsavedAct]:
        """Put acts behind those that are there; all that are returned are on disk then, or none is.

        An act that no database could keep is left out. Raises JournalError.
        """
        lines, check, last, kept = b"", self._check, self._last, []
        for one in acts:
            try:
                changes = encode_changes(diff(last, one.reading)).encode()
            except UnsavableAct:
                continue
            line = _Line(one.act.value, one.label, one.display, one.at, msgspec.Raw(changes))
            sealed = _sealed(check, msgspec.json.encode(line))
            check, last = sealed[:_CHECK], one.reading
            lines += sealed
            kept.append(one)
        try:
            # what an attempt before this one left half written is no line
            os.ftruncate(self._descriptor, self._end)
            _write_at(self._descriptor, self._end, lines)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._end)
            raise JournalError(_cannot(self.path.parent, error)) from error
        self._end += len(lines)
        self._check, self._last = check, last
        self.acts += kept
        return kept

    @property
    def last(self) -> Reading:
        """The reading after the last act."""
        return self._last

    def discard(self) -> None:
        """Everything in it is in the database: the file goes."""
        if os.name == "nt":
            # a file that is open stays there; whoever takes it over in between finds everything delivered
            self.release()
        with contextlib.suppress(OSError):
            self.path.unlink()
        self.release()

    def release(self) -> None:
        """Let go of the file; it stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _read(self) -> None:
        try:
            with open(self._descriptor, "rb", closefd=False) as file:
                data = file.read()
        except OSError as error:
            raise JournalError(_cannot(self.path.parent, error)) from error
        where = f"The file {self.path.name} of acts that wait"
        texts, end, check = _lines(data)
        if not texts:
            raise JournalError(f"{where} cannot be read: it was damaged; it is left as it is.")
        try:
            head = msgspec.json.decode(texts[0], type=_Head)
            if head.form != _FORM:
                raise msgspec.ValidationError(f"form {head.form}")
            self.revision, self.database = head.revision, head.database
            self.base = self._last = decode_reading(bytes(head.reading), where)
            for text in texts[1:]:
                line = msgspec.json.decode(text, type=_Line)
                self._last = apply(self._last, decode_changes(bytes(line.changes), where))
                self.acts.append(UnsavedAct(self._last, Act(line.act), line.label, line.display, line.at))
        except (msgspec.MsgspecError, ValueError, StoreError) as error:
            raise JournalError(
                f"{where} was written by a newer program ({error}); it is left as it is: update this one."
            ) from error
        self._end, self._check = end, check
        if b"\n" in data[end:]:
            self._put_aside(data)
        if end < len(data):
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, end)

    def _put_aside(self, data: bytes) -> None:
        """Lines that cannot be read stand before the end of the file: that is no torn line, so all of it is kept."""
        aside = self.path.with_suffix(f".damaged-{secrets.token_hex(2)}")
        try:
            write_new(aside, data)
        except OSError as error:
            raise JournalError(_cannot(self.path.parent, error)) from error
        self.aside = aside


def with_id(
    journal_base: Reading, acts: Sequence[UnsavedAct], reading_id: str
) -> tuple[Reading, list[UnsavedAct]]:
    """The same under the id that the database knows the reading by."""
    if journal_base.id == reading_id:
        return journal_base, list(acts)
    renamed = [replace(one, reading=replace(one.reading, id=reading_id)) for one in acts]
    return replace(journal_base, id=reading_id), renamed


def journals_in(
    folder: Path, database: str, study_instance_uid: str = "", reader: str = "", ending: str = ENDING
) -> list[Path]:
    """Files that wait for a database, by name, which says nothing of their age; with study and reader those of one reading."""
    key = reading_key(database, study_instance_uid, reader) if study_instance_uid else database_key(database)
    try:
        return sorted(folder.glob(f"{key}*{ending}"))
    except OSError:
        return []


@dataclass(frozen=True, slots=True)
class WaitingHere:
    """Acts on disk for one database, and in how many files; `elsewhere` are acts for others, `unreadable` files that
    are damaged or were put aside as such.
    """

    acts: int = 0
    files: int = 0
    elsewhere: int = 0
    unreadable: tuple[str, ...] = ()


def look_at_waiting(folder: Path, database: str) -> WaitingHere:
    """What waits in `folder` for a database, without holding or changing any of it."""
    mine = set(journals_in(folder, database))
    acts = files = elsewhere = 0
    unreadable = [path.name for path in sorted(folder.glob("*.damaged-*"))]
    for path in sorted(folder.glob(f"*{ENDING}")):
        try:
            texts, *_ = _lines(path.read_bytes())
        except FileNotFoundError:
            continue  # everything in it has just arrived
        except OSError:
            texts = []
        if not texts:
            unreadable.append(path.name)
        elif path in mine:
            acts, files = acts + len(texts) - 1, files + 1
        else:
            elsewhere += len(texts) - 1
    return WaitingHere(acts, files, elsewhere, tuple(unreadable))


def database_key(database: str) -> str:
    """What stands for a database in the name of a file: a digest of where it is, without user and password."""
    url = parse_url(database)
    path = database_file(url) if url.get_backend_name() == "sqlite" else None
    asked = sorted(
        (name, str(said)) for name, said in url.query.items() if name in ("host", "port", "dbname")
    )
    place = str(path) if path is not None else f"{url.host}:{url.port}/{url.database}?{asked}"
    return hashlib.sha256(place.encode(errors="surrogatepass")).hexdigest()[:12]


def reading_key(database: str, study_instance_uid: str, reader: str) -> str:
    """What stands for a reading in the name of a file: digests of the database, and of exam and reader."""
    whose = f"{study_instance_uid}\n{reader}".encode(errors="surrogatepass")
    return f"{database_key(database)}-{hashlib.sha256(whose).hexdigest()[:20]}"


def _opened(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | _BINARY)
    except OSError as error:
        raise JournalError(_cannot(path.parent, error)) from error
    # between the two somebody may have taken it over and removed it
    if not lock(descriptor) or os.fstat(descriptor).st_nlink == 0:
        os.close(descriptor)
        raise JournalHeld(f"The file {path.name} of acts that wait is held by another window or program.")
    return descriptor


def _sealed(before: bytes, text: bytes) -> bytes:
    return hashlib.sha256(before + text).hexdigest()[:_CHECK].encode() + b" " + text + b"\n"


def _lines(data: bytes) -> tuple[list[bytes], int, bytes]:
    """The whole lines from the start on, where they end, and the last checksum."""
    texts: list[bytes] = []
    end, check = 0, b""
    while (stop := data.find(b"\n", end)) >= 0:
        line = data[end : stop + 1]
        if line != _sealed(check, line[_CHECK + 1 : -1]):
            break
        check = line[:_CHECK]
        texts.append(line[_CHECK + 1 : -1])
        end = stop + 1
    return texts, end, check


def write_new(path: Path, data: bytes) -> None:
    """A new file, for its owner only, whole or not at all under its name; content and name are on disk when this returns.

    Its folder is made where there is none. Raises OSError.
    """
    private_folder(path.parent)
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR | _BINARY, FILE)
    try:
        try:
            _write_at(descriptor, 0, data)
        finally:
            os.close(descriptor)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    synced(path.parent)


def _write_at(descriptor: int, offset: int, data: bytes) -> None:
    """Write all of it and wait until the disk has it."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)


def _cannot(folder: Path, error: OSError) -> str:
    return f"{folder} takes no file of acts that wait ({error.strerror or error}); free some space or allow writing there."
