"""A backup brought back into the database of the setting, whole or not at all."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, func, select, text

from annotator.errors import StoreError
from annotator.jobs import CancelToken, Progress
from annotator.store import schema, upgrade
from annotator.store.address import parse_url, place_of
from annotator.store.backup import PAGES, back_up, look_into
from annotator.store.bringing import without_triggers
from annotator.store.copying import bring_all, take_salt
from annotator.store.encrypted import DRIVER
from annotator.store.engines import engine_of
from annotator.store.faults import told
from annotator.store.part_file import BESIDE, give_name, part_beside
from annotator.store.sqlite import database_file, settle_in_one_file

_WAIT_S = 10.0
_DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


@dataclass(frozen=True, slots=True)
class Restored:
    """What the database holds now; `kept` is where what it held before is kept, None where it held nothing."""

    file: Path
    target: str
    readings: int
    revisions: int
    kept: Path | None


def restore(
    file: Path, url: str, *, keep_in: Path, replace: bool = False, token: CancelToken | None = None
) -> Restored:
    """Bring a backup into the database at `url`, made or migrated if need be.

    Only with `replace` where that holds readings; a backup of them is written first, beside an SQLite database and in
    the folder `keep_in` of a PostgreSQL. Raises StoreError, NewerDatabase, and Cancelled: all is as it was then.
    """
    token = token or CancelToken()
    address = parse_url(url)
    place = place_of(address)
    own = database_file(address) if address.get_backend_name() == "sqlite" else None
    if own is not None and address.password:
        raise StoreError(
            f"{own} is encrypted, and so are backups of it: bring one back with 'annotator copy --database "
            f"{DRIVER}:///BACKUP --to {DRIVER}:///NEW', and name the new file in the settings."
        )
    if own is not None and own.exists() and file.exists() and own.samefile(file):
        raise StoreError(f"{file} is the database itself; name a backup of it.")
    with ExitStack() as stack:
        folder = own.parent if own is not None else None
        part, readings, revisions = stack.enter_context(_ready(file, folder, token))
        if own is None:
            kept = _into_postgresql(part, file, address, keep_in, replace=replace, token=token)
        elif not own.exists():
            give_name(part, own, replace=False)
            kept = None
        else:
            kept = _into_file(part, own, replace=replace, token=token)
    return Restored(file, place, readings, revisions, kept)


@contextmanager
def _ready(file: Path, folder: Path | None, token: CancelToken) -> Iterator[tuple[Path, int, int]]:
    """A copy of a backup that is whole and of today's form, with its readings and revisions counted."""
    if not file.is_file():
        raise StoreError(f"{file}: there is no such file; name a backup that 'annotator backup' wrote.")
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="annotator-")))
        part = stack.enter_context(part_beside(folder / "restored.db"))
        _fetch(file, part)
        revision = _revision_of(part, file)
        readings, revisions, *_, faults = look_into(part, file, token)
        if faults:
            raise StoreError(
                f"{file} was changed by something else than this program and was not restored ({faults[0].rstrip('.')}); "
                "'annotator doctor --verify' with it as --database tells all, and it can be opened so."
            )
        if revision != schema.HEAD:
            engine = engine_of(URL.create("sqlite", database=str(part)))
            stack.callback(engine.dispose)
            with told(str(file)):
                upgrade.make_tables(engine, schema.HEAD)
            engine.dispose()
        settle_in_one_file(part)
        yield part, readings, revisions


def _fetch(file: Path, part: Path) -> None:
    """Copy the pages of a backup, which is only read."""
    address = f"{file.absolute().as_uri()}?mode=ro"
    with told(str(file)), closing(sqlite3.connect(part)) as target:
        try:
            with closing(sqlite3.connect(address, uri=True)) as source:
                source.backup(target)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname == "SQLITE_NOTADB":
                raise _foreign(file) from error
            if error.sqlite_errorname.startswith("SQLITE_CORRUPT"):
                raise StoreError(
                    f"{file} is damaged, so nothing was restored; use another backup."
                ) from error
            raise


def _revision_of(part: Path, file: Path) -> str:
    """Which form the tables of a backup have. Raises NewerDatabase, and StoreError for what is none."""
    with told(str(file)), closing(sqlite3.connect(part)) as raw:
        tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not {"alembic_version", "readings", "revisions"} <= tables:
            raise _foreign(file)
        row = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise _foreign(file)
    if row[0] not in schema.KNOWN:
        raise upgrade.newer(str(file), str(row[0]))
    return str(row[0])


def _into_file(part: Path, own: Path, *, replace: bool, token: CancelToken) -> Path | None:
    """Into an SQLite database that is there, in one transaction of its own; where what it held is kept."""
    with told(str(own)), closing(sqlite3.connect(own, timeout=_WAIT_S, isolation_level=None)) as target:
        try:
            _take(target, own)
            held = _readings_in(target, own)
        except sqlite3.DatabaseError as error:
            if not error.sqlite_errorname.startswith(_DAMAGED):
                raise
            target.close()
            return _in_place_of_damaged(part, own, replace=replace)
        kept = None
        if held:
            _refuse_full(str(own), replace=replace)
            kept = _beside(own)
            with part_beside(kept) as copy:
                with closing(sqlite3.connect(copy)) as beside:
                    target.backup(beside)
                give_name(copy, kept, replace=False)

        def copied(_status: int, remaining: int, total: int) -> None:
            token.checkpoint(Progress(total - remaining, total, "restoring pages"))

        with closing(sqlite3.connect(part)) as source:
            source.backup(target, pages=PAGES, progress=copied)
    return kept


def _take(target: sqlite3.Connection, own: Path) -> None:
    """Keep every other program out until the connection is closed. Raises StoreError when one has it open."""
    try:
        (mode,) = target.execute("PRAGMA journal_mode=DELETE").fetchone()
        target.execute("PRAGMA locking_mode=EXCLUSIVE").fetchone()
        target.execute("BEGIN EXCLUSIVE")
        target.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise
        mode = "wal"
    if mode == "wal":
        raise StoreError(
            f"{own} is open in another program, and would change under it; close that program and restore again."
        )


def _readings_in(target: sqlite3.Connection, own: Path) -> int:
    tables = {name for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "alembic_version" not in tables:
        raise StoreError(f"{own} belongs to another program; choose another one with --database.")
    if "readings" not in tables:
        return 0
    return int(target.execute("SELECT count(*) FROM readings").fetchone()[0])


def _in_place_of_damaged(part: Path, own: Path, *, replace: bool) -> Path:
    if not replace:
        raise StoreError(
            f"{own} is damaged; add --replace to put the backup in its place, and what is there is kept beside it."
        )
    kept = _beside(own)
    for ending in BESIDE:
        old = own.with_name(own.name + ending)
        if old.exists():
            old.rename(kept.with_name(kept.name + ending))
    give_name(part, own, replace=False)
    return kept


def _into_postgresql(
    part: Path, file: Path, address: URL, keep_in: Path, *, replace: bool, token: CancelToken
) -> Path | None:
    """Into the tables of a PostgreSQL, in one transaction that others wait for; where what they held is kept."""
    place = place_of(address)
    with ExitStack() as stack:
        engine = engine_of(address)
        stack.callback(engine.dispose)
        source = engine_of(URL.create("sqlite", database=str(part)))
        stack.callback(source.dispose)
        with told(place):
            upgrade.bring_up_to_date(engine, place)
        with told(place), engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            names = ", ".join(table.name for table in _EMPTIED)
            # what others save has to wait, what they look at has not
            connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
            kept = None
            if connection.execute(select(func.count()).select_from(schema.readings)).scalar():
                _refuse_full(place, replace=replace)
                kept = _beside(keep_in / "readings.db")
                back_up(address.render_as_string(hide_password=False), kept, token=token)
            with without_triggers(connection, _EMPTIED):
                connection.execute(text(f"TRUNCATE {names}"))
            with source.connect() as opened:
                take_salt(connection, opened.execute(select(schema.salt.c.value)).scalar_one())
            bring_all(source, connection, (str(file), place), token)
    return kept


_EMPTIED = [table for table in schema.metadata.sorted_tables if table.name not in ("people", "salt")]
"""Roles are those of the server, and are not what they were when the backup was made."""


def _refuse_full(place: str, *, replace: bool) -> None:
    if not replace:
        raise StoreError(
            f"{place} holds readings, and nothing was restored; add --replace to put the backup in their place after a "
            "backup of them."
        )


def _beside(own: Path) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    return own.with_name(f"{own.stem}.before-restore-{stamp}-{os.getpid()}.db")


def _foreign(file: Path) -> StoreError:
    return StoreError(
        f"{file} is no backup of this program, or is encrypted, so nothing was restored; name one that it wrote, and bring an "
        "encrypted one over with 'annotator copy'."
    )
