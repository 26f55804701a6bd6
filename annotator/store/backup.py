"""A backup: one SQLite file with everything a database holds at one moment, made while somebody works in it.

Of an SQLite database its pages are copied, of a PostgreSQL the rows, and compared; either way the file is a database
that this program opens. It has its name only after it was looked at.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, func, inspect, select

from annotator.errors import StoreError
from annotator.jobs import Cancelled, CancelToken, Progress
from annotator.store import chain, schema, upgrade
from annotator.store.address import parse_url, place_of
from annotator.store.bringing import Bringing
from annotator.store.checkup import look_at, moment, refuse_newer
from annotator.store.copying import snapshot, take_salt
from annotator.store.encrypted import SQLALCHEMY_DRIVER
from annotator.store.engines import engine_of, looking_engine
from annotator.store.faults import told
from annotator.store.part_file import already_there, give_name, part_beside
from annotator.store.sqlite import WRITES, database_file, raw_connection, settle_in_one_file

PAGES = 256
"""Pages copied between two looks at whether to go on; a page has 4 KiB."""

MOST_FAULTS = 10
"""Faults of the chain that are told; a database that was rewritten has one for each revision."""

_LOOKS = 100_000
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds: everything saved before `at`, and the digest of the file.

    `faults` are sentences about what somebody changed in the database: the backup holds it as it is.
    """

    source: str
    file: Path
    at: datetime
    revision: str
    readings: int
    revisions: int
    bytes: int
    sha256: str
    faults: tuple[str, ...]


def back_up(url: str, file: Path, *, replace: bool = False, token: CancelToken | None = None) -> BackedUp:
    """Write a backup of the database at `url` to `file`; of a folder, to a file named by the time.

    Nothing is migrated. Raises StoreError, also where `file` exists and `replace` does not allow that, and
    Cancelled; there is no new file then, and an old one is as it was.
    """
    token = token or CancelToken()
    address, state = parse_url(url), look_at(url)
    if state.revision is None:
        raise StoreError(f"{state.place} holds nothing yet, so there is nothing to back up.")
    refuse_newer(state)
    if file.is_dir():
        file = file / time.strftime("readings-%Y%m%dT%H%M%SZ.db", time.gmtime())
    own = database_file(address) if address.get_backend_name() == "sqlite" else None
    if own is not None and file.exists() and own.samefile(file):
        raise StoreError(f"{file} is the database itself; name another file for its backup.")
    if file.exists() and not replace:
        raise already_there(file)
    with ExitStack() as stack:
        part = stack.enter_context(part_beside(file))
        at = datetime.now(UTC)
        engine = engine_of(address) if own is None else looking_engine(address)
        stack.callback(engine.dispose)
        with told(state.place):
            if engine.dialect.name == "sqlite":
                _copy_pages(engine, part, file, token)
            else:
                _copy_rows(engine, part, file, state.revision, token)
        key = engine.url.password if own is not None else None
        found = look_into(part, file, token, key)
        give_name(part, file, replace=replace)
    return BackedUp(state.place, file, at, state.revision, *found)


def _copy_pages(engine: Engine, part: Path, file: Path, token: CancelToken) -> None:
    """All pages as they are now: the look that is held keeps what others save meanwhile out of them."""

    def copied(_status: int, remaining: int, total: int) -> None:
        token.checkpoint(Progress(total - remaining, total, "copying pages"))

    key = engine.url.password
    with snapshot(engine, str(part)) as connection, closing(raw_connection(part, key)) as target:
        raw: Any = connection.connection.dbapi_connection
        try:
            raw.backup(target, pages=PAGES, progress=copied)
        except target.OperationalError as error:
            if error.sqlite_errorname.startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE")):
                with told(str(file)):
                    raise
            raise
    settle_in_one_file(part, key)


def _copy_rows(engine: Engine, part: Path, file: Path, revision: str, token: CancelToken) -> None:
    """All rows as they are now, compared with what was written of them."""
    source_place = place_of(engine.url)
    target = engine_of(URL.create("sqlite", database=str(part)))
    try:
        with told(str(file)):
            upgrade.make_tables(target, revision)
        writers = target.execution_options(**{WRITES: True})
        with told(str(file)), writers.begin() as writing, snapshot(engine, source_place) as source:
            if schema.salt.name in inspect(source).get_table_names():
                take_salt(writing, source.execute(select(schema.salt.c.value)).scalar_one())
            bringing = Bringing(source, writing, (source_place, str(file)), token)
            bringing.bring()
            # every row once more on both sides
            bringing.bring()
    finally:
        target.dispose()
    settle_in_one_file(part)


def look_into(
    part: Path, file: Path, token: CancelToken, key: str | None = None
) -> tuple[int, int, int, str, tuple[str, ...]]:
    """Readings, revisions, bytes, digest and broken chains of a file called `file`; StoreError when it is damaged.

    `key` is that of an encrypted one, as its address has it.
    """
    with told(str(file)), closing(raw_connection(part, key)) as raw:
        raw.set_progress_handler(lambda: int(token.cancelled), _LOOKS)
        token.checkpoint(Progress(0, None, "looking at every page"))
        try:
            wrong = raw.execute("PRAGMA integrity_check(1)").fetchone()[0]
            orphan = raw.execute("PRAGMA foreign_key_check").fetchone()
        except raw.OperationalError as error:
            if error.sqlite_errorname == "SQLITE_INTERRUPT":
                raise Cancelled from None
            raise
        if wrong != "ok" or orphan:
            raise StoreError(
                f"{file} is damaged ({wrong if wrong != 'ok' else 'a row without its reading'})."
            )
    driver = "sqlite" if key is None else SQLALCHEMY_DRIVER
    engine = looking_engine(URL.create(driver, password=key, database=str(part)))
    try:
        with told(str(file)), moment(engine) as connection:
            counts = [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (schema.readings, schema.revisions)
            ]
            faults = tuple(islice(_faults(connection, token), MOST_FAULTS))
    finally:
        engine.dispose()
    return counts[0], counts[1], part.stat().st_size, _sha256(part, token), faults


def _faults(connection: Connection, token: CancelToken) -> Iterator[str]:
    if "chain" not in {column["name"] for column in inspect(connection).get_columns("revisions")}:
        return iter(())

    def heard(done: int, total: int) -> None:
        token.checkpoint(Progress(done, total, "looking at every reading"))

    return chain.broken(connection, heard)


def _sha256(file: Path, token: CancelToken) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            token.checkpoint()
            digest.update(piece)
    return digest.hexdigest()
