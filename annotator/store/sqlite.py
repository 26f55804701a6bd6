"""SQLite as this program uses it: one private file, durable at power loss, writers one at a time."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from annotator.errors import StoreError
from annotator.store.encrypted import encrypted_connection
from annotator.store.part_file import give_name, part_beside, refuse_left_behind
from annotator.store.staying import open_anew_when_allowed, watch_file

WRITES = "annotator_writes"
"""Execution option of connections that are about to write."""

_NETWORK = {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "ncpfs", "fuse.sshfs"}
_WAIT_S = 10.0


def sqlite_engine(url: URL) -> Engine:
    """An engine on the file of `url`; makes the file, readable by its owner only. Raises StoreError."""
    path = database_file(url)
    if path is not None and "mode" not in url.query:
        _prepare(path)
    kept_open = {} if path is not None else {"pool_size": 1, "max_overflow": 0}
    waits = {} if "timeout" in url.query else {"timeout": _WAIT_S}
    engine = create_engine(
        url,
        # one connection is all a database in memory has
        poolclass=QueuePool,
        connect_args={"check_same_thread": False, **waits},
        json_serializer=_as_is,
        json_deserializer=_as_is,
        **kept_open,
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    if path is not None and "mode" not in url.query:
        watch_file(engine, path)
        open_anew_when_allowed(engine, path)
    return engine


def database_file(url: URL) -> Path | None:
    """The file behind an SQLite URL, None for a database in memory."""
    name = url.database or ""
    if name.startswith("file:"):
        name = unquote(name.removeprefix("file:").split("?")[0])
    return Path(name).absolute() if name and ":memory:" not in name else None


def backup(path: Path, old_revision: str, key: str | None = None) -> Path:
    """Copy the database beside itself before it is migrated: whole or not there, for its owner only.

    `key` as the address of an encrypted file has it; the copy is encrypted by the same. Raises StoreError.
    """
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    copy = path.with_name(f"{path.stem}.before-{old_revision}-{stamp}-{os.getpid()}{path.suffix}")
    with part_beside(copy) as part:
        source, target = raw_connection(path, key), raw_connection(part, key)
        try:
            source.backup(target)
        finally:
            source.close()
            target.close()
        give_name(part, copy, replace=False)
    return copy


def settle_in_one_file(path: Path, key: str | None = None) -> None:
    """Let a database that nobody has open be one file, as a copy of it to be carried away has to be."""
    connection = raw_connection(path, key)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    finally:
        connection.close()


def _as_is(text: str) -> str:
    return text


def _prepare(path: Path) -> None:
    if path.is_dir():
        raise StoreError(f"{path} is a folder; name a file in it with --database.")
    if not path.parent.is_dir():
        raise StoreError(
            f"{path.parent} does not exist, so the database {path.name} cannot be kept there; make the folder "
            "or choose another with --database."
        )
    kind = _file_system(path.parent.resolve())
    if kind in _NETWORK:
        raise StoreError(
            f"{path} lies on a network drive ({kind}), where SQLite can lose what was saved; keep it on a disk "
            "of this machine, or use PostgreSQL."
        )
    refuse_left_behind(path)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreError(
            f"{path} cannot be made ({error.strerror}); choose a folder you may write to with --database."
        ) from error


def _file_system(folder: Path) -> str:
    """Kind of the file system `folder` lies on, '' where the system does not say so cheaply."""
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        _, mounted, found, *_ = line.split(" ")
        # spaces are written as octal escapes there
        place = Path(mounted.replace("\\040", " "))
        if (folder == place or place in folder.parents) and len(place.parts) >= best:
            best, kind = len(place.parts), found
    return kind


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    # transactions begin where `_on_begin` says so, not where the driver guesses
    connection.isolation_level = None
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")
    _use_wal(connection)


def raw_connection(path: Path, key: str | None = None) -> sqlite3.Connection:
    """A connection beside SQLAlchemy's, for copying whole files; of an encrypted one with its key."""
    return sqlite3.connect(path) if key is None else encrypted_connection(path, key)


def _use_wal(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA journal_mode").fetchone()[0] in ("wal", "memory"):
        return
    if connection.execute("PRAGMA query_only").fetchone()[0]:
        return
    # the switch does not wait for other programs by itself
    for attempt in range(50):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except connection.OperationalError as error:  # SQLCipher raises one of its own
            name = error.sqlite_errorname
            if name.startswith("SQLITE_READONLY"):
                return
            if not name.startswith("SQLITE_BUSY") or attempt == 49:
                raise
            time.sleep(0.02)
        else:
            return


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
