"""What a database is, looked at without making, migrating or changing anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, func, inspect, select, text

from annotator.errors import SignedReading, StoreError
from annotator.model.finding import Reading
from annotator.model.history import Act, Revision
from annotator.store import chain, encoding, kept_heads, people, schema, upgrade
from annotator.store.address import parse_url, place_of
from annotator.store.engines import looking_engine
from annotator.store.faults import told
from annotator.store.part_file import refuse_left_behind
from annotator.store.schema import readings, revisions
from annotator.store.signing import refuse, tampered
from annotator.store.sqlite import database_file
from annotator.store.store import Store
from annotator.store.summaries import ReadingSummary


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """`place` without its password; `revision` None when it was not made yet; `head` is what this program writes."""

    place: str
    exists: bool
    revision: str | None
    head: str


def look_at(url: str) -> DatabaseState:
    """Connect and read the revision. Raises StoreError when the database cannot be reached or is not one."""
    parsed = parse_url(url)
    place = place_of(parsed)
    path = database_file(parsed) if parsed.get_backend_name() == "sqlite" else None
    if path is not None and path.is_dir():
        raise StoreError(f"{path} is a folder; name a file in it with --database.")
    if path is not None and not path.exists():
        if not os.access(path.parent, os.W_OK):
            raise StoreError(
                f"{path.parent} does not exist or cannot be written, so the database {path.name} cannot be kept "
                "there; make the folder or choose another with --database."
            )
        refuse_left_behind(path)
        return DatabaseState(place, exists=False, revision=None, head=schema.HEAD)
    with told(place):
        revision = _revision(parsed, place)
    return DatabaseState(place, exists=True, revision=revision, head=schema.HEAD)


@dataclass(frozen=True, slots=True)
class SignedReadings:
    """How many readings of a database were ever signed, and what is wrong with them, in sentences."""

    count: int
    faults: tuple[str, ...] = ()


def look_at_signed(url: str) -> SignedReadings:
    """Compare every signed version with the digest it was signed with, and every act with what may be saved.

    StoreError as for `look_at`. A database that was not made yet, or is of an older program, has none.
    """
    state = look_at(url)
    if state.revision != state.head:
        return SignedReadings(0)
    parsed = parse_url(url)
    engine = looking_engine(parsed)
    try:
        store = Store(engine, state.place)
        with told(state.place), engine.connect() as connection:
            closed = (revisions.c.act == Act.SIGN.value) | revisions.c.versions.is_not(None)
            signed = select(revisions.c.reading_id).where(closed).distinct()
            ids = sorted(connection.execute(signed).scalars())
        listed = {one.reading_id: one for one in store.readings()} if ids else {}
        return SignedReadings(len(ids), tuple(fault for one in ids for fault in _faults(store, one, listed)))
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Verified:
    """What `verify` looked at, and how many faults it told; `whole` where this account sees all there is."""

    readings: int
    revisions: int
    faults: int
    whole: bool = True


def verify(
    url: str,
    tell: Callable[[str], None],
    progress: Callable[[int, int], None] | None = None,
    *,
    against: Path | None = None,
    heads_to: Path | None = None,
) -> Verified:
    """Look at every revision of every reading, as at one moment, and `tell` each fault as it is found.

    The chains, whether each row is understood, and what is signed. Changes nothing. `against` is a file of heads kept
    earlier (`heads_to` writes one of now). Raises StoreError when the database cannot be looked at, NewerDatabase
    for one of a newer program, NotAllowed for an account without a role.
    """
    state = look_at(url)
    refuse_newer(state)
    if not state.exists:
        raise StoreError(
            f"{state.place} does not exist, so there is nothing to verify; check the database that is named."
        )
    if state.revision is None:
        return Verified(0, 0, 0)
    if state.revision != state.head:
        raise StoreError(
            f"{state.place} is of an earlier version of this program and has no chain yet; it gets one when it is opened."
        )
    engine = looking_engine(parse_url(url))
    counter = _Counter(tell)
    try:
        with told(state.place), moment(engine) as connection:
            people.account(connection, None, state.place)
            whole = people.sees_all(connection)
            for fault in chain.broken(connection, progress, _not_understood(state.place)):
                counter.told(fault)
            if against is not None:
                for fault in kept_heads.differing(connection, against):
                    counter.told(fault)
            if heads_to is not None:
                kept_heads.keep(connection, heads_to, state.place)
            count = connection.execute(select(func.count()).select_from(readings)).scalar_one()
            acts = connection.execute(select(func.count()).select_from(revisions)).scalar_one()
    finally:
        engine.dispose()
    for fault in look_at_signed(url).faults:
        counter.told(fault)
    return Verified(count, acts, counter.count, whole)


class _Counter:
    """Tells each fault once."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._known: set[str] = set()

    def told(self, fault: str) -> None:
        if fault not in self._known:
            self._known.add(fault)
            self._tell(fault)

    @property
    def count(self) -> int:
        return len(self._known)


def refuse_newer(state: DatabaseState) -> None:
    """Raise NewerDatabase for a database that a newer program wrote."""
    if state.revision is not None and state.revision not in schema.KNOWN:
        raise upgrade.newer(state.place, state.revision)


def _not_understood(place: str) -> chain.Also:
    """What to say of a revision whose change or whole reading this program cannot read."""

    def say(reading_id: str, number: object, row: Mapping[str, Any]) -> Iterator[str]:
        where = f"{place}: revision {number} of reading {reading_id}"
        try:
            encoding.decode_changes(row["delta"], where)
            if row["snapshot"] is not None:
                encoding.decode_reading(row["snapshot"], where)
        except StoreError as error:
            yield str(error)

    return say


@contextmanager
def moment(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the database as it is now, whatever others save meanwhile, and that writes nothing."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def _faults(store: Store, reading_id: str, listed: Mapping[str, ReadingSummary]) -> Iterator[str]:
    try:
        kept = store.revisions(reading_id)
        signed = [revision.reading for revision in kept if revision.act is Act.SIGN]
        last = store.latest(reading_id)
    except StoreError as error:
        yield str(error)
        return
    changed = dict.fromkeys(_told(reading) for reading in (*signed, last) if tampered(reading))
    yield from changed or _unlawful(store, listed[reading_id], kept)


def _unlawful(store: Store, listed: ReadingSummary, kept: Sequence[Revision]) -> Iterator[str]:
    """The first act that no program of ours would have saved, and a list that says something else than the reading."""
    before = store.blank(listed.reading_id)
    whose = f"{before.reader}'s reading of exam {before.study_instance_uid}"
    for number, revision in enumerate(kept, 1):
        try:
            refuse(before, revision.reading, revision.act, revision.reader)
            lawful = revision.number == number
        except SignedReading:
            lawful = False
        if not lawful:
            yield (
                f"Revision {revision.number} of {whose} is none that this program saves after the one before it: "
                "something else changed the database; restore a backup."
            )
            return
        before = revision.reading
    said = tuple(finding.assessment or "" for finding in before.findings)
    if (listed.signed, listed.versions, listed.assessments) != (
        before.signatures[-1].version if before.is_signed else 0,
        len(before.signatures),
        said,
    ):
        yield (
            f"What is listed of {whose} is not what it says: something else than this program changed the database; "
            "restore a backup."
        )


def _told(reading: Reading) -> str:
    signature = reading.signatures[-1]
    return (
        f"Version {signature.version} of {reading.reader}'s reading of exam {reading.study_instance_uid} is not what was "
        f"signed at {signature.at}: something else than this program changed the database; restore a backup."
    )


def _revision(url: URL, place: str) -> str | None:
    engine = looking_engine(url)
    try:
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            if "alembic_version" in tables:
                found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
                return None if found is None else str(found)
            if tables and url.get_backend_name() == "sqlite":
                raise StoreError(f"{place} belongs to another program; choose another one with --database.")
            return None
    finally:
        engine.dispose()
