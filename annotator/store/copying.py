"""A database copied to another place, from SQLite to PostgreSQL and back, while somebody works in it.

Everything goes into one transaction, or into a file that has no name yet: a copy that was stopped is not there. It is
compared row by row before it is kept. Copied again to the same place, only what was saved since goes there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import URL, Connection, Engine, func, insert, select, text

from annotator.errors import NotAllowed, StoreError
from annotator.jobs import CancelToken
from annotator.store import upgrade
from annotator.store.address import parse_url, place_of, refuse_missing
from annotator.store.bringing import Bringing, Brought, Compared, without_triggers
from annotator.store.checkup import moment
from annotator.store.engines import engine_of
from annotator.store.faults import told
from annotator.store.part_file import give_name, part_beside
from annotator.store.schema import audit, readings, salt
from annotator.store.sqlite import WRITES, database_file, settle_in_one_file

ROUNDS = 4
"""How often what was saved meanwhile is fetched, at most; each time there is less of it."""


@dataclass(frozen=True, slots=True)
class Copied:
    """`tables` by name as they were on both sides `at` that moment; `added` rows came in this run."""

    source: str
    target: str
    at: datetime
    added: int
    tables: Mapping[str, Compared]


def copy(source_url: str, target_url: str, token: CancelToken | None = None) -> Copied:
    """Bring everything of one database into another that is empty, or a copy of the same made before.

    Somebody may work in the source; the copy holds what it held at the moment `at` at least. Raises StoreError, and
    Cancelled; nothing was copied then.
    """
    token = token or CancelToken()
    refuse_missing(source_url)
    source_address, target_address = parse_url(source_url), parse_url(target_url)
    source_place, target_place = place_of(source_address), place_of(target_address)
    if source_place == target_place:
        raise StoreError(f"{source_place} cannot be copied to itself; name another database.")
    with ExitStack() as stack:
        source = engine_of(source_address)
        stack.callback(source.dispose)
        with told(source_place):
            upgrade.bring_up_to_date(source, source_place)
        target = stack.enter_context(_target(target_address, target_place))
        with told(target_place), target.execution_options(**{WRITES: True}).begin() as connection:
            _begin(source, connection, source_place, target_place)
            at, brought = bring_all(source, connection, (source_place, target_place), token)
    return Copied(source_place, target_place, at, brought.changed, brought.tables)


def bring_all(
    source: Engine, target: Connection, places: tuple[str, str], token: CancelToken
) -> tuple[datetime, Brought]:
    """Bring until nothing more was saved meanwhile, or `ROUNDS` times, and compare: the moment, and what came.

    The last thing done is always a walk in which every row was read on both sides and none was missing.
    """
    came = 0
    for number in range(ROUNDS):
        with told(places[0]), snapshot(source, places[0]) as connection:
            at = datetime.now(UTC)
            bringing = Bringing(connection, target, places, token)
            brought = bringing.bring()
            came += brought.changed
            if brought.changed and number + 1 == ROUNDS:
                brought = bringing.bring()
            if not brought.changed:
                break
    return at, Brought(came, brought.tables)


@contextmanager
def snapshot(engine: Engine, place: str) -> Iterator[Connection]:
    """A connection that sees all of a database as it is now, whatever is saved meanwhile.

    Raises NotAllowed where PostgreSQL would leave out rows without saying so.
    """
    with moment(engine) as connection:
        if engine.dialect.name == "postgresql":
            _refuse_a_part(connection, place)
        else:
            # what is seen is settled by the first look
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
        yield connection


def _refuse_a_part(connection: Connection, place: str) -> None:
    """Row policies show administrators everything, and everybody else their own."""
    kept = connection.execute(
        text(
            "SELECT coalesce(bool_or(row_security_active(c.oid)), false) FROM pg_class c "
            "WHERE c.relname IN ('readings', 'revisions', 'audit') AND c.relkind = 'r' AND pg_table_is_visible(c.oid)"
        )
    ).scalar_one()
    if kept and connection.execute(text("SELECT annotator_role()")).scalar() != "administrator":
        raise NotAllowed(
            f"{place} shows this account its own readings only, and a part is no copy; ask an administrator of the database."
        )


@contextmanager
def _target(url: URL, place: str) -> Iterator[Engine]:
    """The database to copy to, with its tables; a new file of SQLite gets its name when all went well."""
    file = database_file(url) if url.get_backend_name() == "sqlite" else None
    with ExitStack() as stack:
        part = None
        if file is not None and not file.exists():
            part = stack.enter_context(part_beside(file))
            url = url.set(database=str(part), query={})
        engine = engine_of(url)
        stack.callback(engine.dispose)
        with told(place):
            upgrade.bring_up_to_date(engine, place)
        yield engine
        if file is not None and part is not None:
            engine.dispose()
            with told(place):
                settle_in_one_file(part, url.password)
            give_name(part, file, replace=False)


def _begin(source: Engine, target: Connection, source_place: str, target_place: str) -> None:
    """An empty target takes over what makes patients unreadable; one that is not has it already, or is refused."""
    with told(source_place), source.connect() as connection:
        value = connection.execute(select(salt.c.value)).scalar_one()
    if target.execute(select(salt.c.value)).scalar_one() == value:
        return
    if any(target.execute(select(func.count()).select_from(t)).scalar() for t in (readings, audit)):
        raise StoreError(
            f"{target_place} holds readings of its own, and two databases cannot be mixed; copy to one that is empty."
        )
    take_salt(target, value)


def take_salt(target: Connection, value: str) -> None:
    """Make digests of patients those of another database."""
    with without_triggers(target, [salt]):
        target.execute(salt.delete())
        target.execute(insert(salt), {"only": 1, "value": value})
