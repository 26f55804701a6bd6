"""Rows of one database brought into another of the same tables, and compared with it row by row.

Both are walked in batches by primary key, so that memory does not grow with the database. A row is compared by its
digest (`annotator.store.chain`), which is the same on SQLite and PostgreSQL. What was brought before is left as it is,
so that bringing again only adds what was saved since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    MetaData,
    Row,
    Table,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
    tuple_,
    update,
)

from annotator.errors import StoreError
from annotator.jobs import CancelToken, Progress
from annotator.model.coverage import Seen
from annotator.model.image import ImageKey
from annotator.store.chain import link
from annotator.store.faults import told
from annotator.store.rows import fetched
from annotator.store.schema import metadata

BATCH = 200
"""Rows at once: some of them hold a whole reading."""

DERIVED = frozenset({"heads"})
"""Written by triggers when revisions are: never brought, only compared."""

_FILLED_LATER = {"readings": {"exam_date", "patient"}, "coverage": {"cell_px", "columns", "rows", "bits"}}
"""Columns that may hold more than they did when a row was brought."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A table that is the same on both sides: its rows, and the sum of their digests, which no order changes.

    The digest is of all rows where none was added on the way.
    """

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Brought:
    """How many rows came; `tables` by name as they are now. Where none came, every row was read on both sides."""

    changed: int
    tables: Mapping[str, Compared]


def tables_of(connection: Connection) -> tuple[Table, ...]:
    """Our tables with the columns that are there, parents before children; an older database has fewer."""
    looked = inspect(connection)
    there, found = set(looked.get_table_names()), MetaData()
    tables = []
    for table in metadata.sorted_tables:
        if table.name in there:
            names = {column["name"] for column in looked.get_columns(table.name)}
            columns = (Column(c.name, c.type, primary_key=c.primary_key) for c in table.c if c.name in names)
            tables.append(Table(table.name, found, *columns))
    return tuple(tables)


class Bringing:
    """From `source`, which must not change meanwhile, into the open transaction of `target`.

    `places` are what both are called. Raises StoreError, and Cancelled at the next batch once `token` is.
    """

    def __init__(
        self, source: Connection, target: Connection, places: tuple[str, str], token: CancelToken
    ) -> None:
        self._source = source
        self._target = target
        self._from, self._to = places
        self._token = token
        # accounts and their roles belong to the server they are of
        self._apart = {"people"} if target.dialect.name == "postgresql" else set[str]()
        with told(self._from):
            self._tables = tables_of(source)
            counts = (_count(source, one) for one in self._tables if one.name not in self._apart)
            self._total = sum(counts)
        self._done = 0

    def bring(self) -> Brought:
        """Add what `target` does not have yet, fill in what came to rows it has, and compare all the others."""
        self._done, changed, tables = 0, 0, {}
        for table in self._tables:
            if table.name not in DERIVED | self._apart:
                came, tables[table.name] = self._bring_rows(table)
                changed += came
        with told(self._to):
            for name in self._apart:
                changed += self._bring_people(metadata.tables[name])
            _count_on(self._target, self._tables)
        for table in self._tables:
            if table.name in DERIVED:
                tables[table.name] = self._bring_rows(table)[1]
        return Brought(changed, tables)

    def _bring_rows(self, table: Table) -> tuple[int, Compared]:
        rows, digests, changed = 0, 0, 0
        for batch, there in self._walk(table):
            self._token.checkpoint(Progress(self._done + rows, self._total, f"copying {table.name}"))
            new = []
            for row in batch:
                other = there.get(_key(table, row))
                if other is None:
                    new.append(row)
                    continue
                digest = _digest(table, row)
                if _digest(table, other) != digest:
                    self._fill_in(table, row, other)
                    changed += 1
                digests = (digests + int(digest, 16)) % (1 << 256)
            if new:
                self._add(table, new)
            rows += len(batch)
            changed += len(new)
        with told(self._to):
            if _count(self._target, table) != rows:
                raise self._worked_in(f"rows of {table.name} that {self._from} does not")
        self._done += rows
        return changed, Compared(rows, f"{digests:064x}")

    def _add(self, table: Table, rows: Sequence[Row[Any]]) -> None:
        if table.name in DERIVED:
            raise self._worked_in(f"not what {self._from} does ({_named(table, rows[0])})")
        with told(self._to):
            self._target.execute(insert(table), [_values(table, row) for row in rows])

    def _fill_in(self, table: Table, row: Row[Any], there: Row[Any]) -> None:
        """Let a row hold what came to it since it was brought."""
        new = {name: value for name, value in _values(table, row).items() if value != getattr(there, name)}
        if not _grown(table, there, new):
            raise self._worked_in(f"not what {self._from} does ({_named(table, row)})")
        same = (column == value for column, value in zip(table.primary_key, _key(table, row), strict=True))
        with told(self._to):
            self._target.execute(update(table).where(*same), new)

    def _walk(self, table: Table) -> Iterator[tuple[Sequence[Row[Any]], dict[tuple[Any, ...], Row[Any]]]]:
        """Rows of the source in order, and those of the target with the same keys."""
        key = tuple(table.primary_key.columns)
        last: tuple[Any, ...] | None = None
        while True:
            query = select(table).order_by(*key).limit(BATCH)
            if last is not None:
                after = (literal(value, column.type) for value, column in zip(last, key, strict=True))
                query = query.where(tuple_(*key) > tuple_(*after))
            with told(self._from):
                batch = fetched(self._source, query, f"{self._from}: a row of {table.name}")
            if not batch:
                return
            keys = [_key(table, row) for row in batch]
            same = tuple_(*key).in_(keys) if len(key) > 1 else key[0].in_([one for (one,) in keys])
            there = fetched(self._target, select(table).where(same), f"{self._to}: a row of {table.name}")
            yield batch, {_key(table, row): row for row in there}
            last = keys[-1]

    def _bring_people(self, table: Table) -> int:
        """Who is not known there yet, in the order in which it was said; whoever has readings is a reader."""
        told = [column for column in table.c if column.name != "id"]
        known = {tuple(row) for row in self._target.execute(select(*told))}
        if table.name in {one.name for one in self._tables}:
            rows = self._source.execute(select(*told).order_by(table.c.id))
            new = [row._asdict() for row in rows if tuple(row) not in known]
        else:
            new = []
        for row in new:
            self._target.execute(insert(table).inline(), row)
        readers = (
            "INSERT INTO people (name, display_name, role, added, added_by) "
            "SELECT DISTINCT reader, reader, 'reader', now(), session_user::text FROM readings "
            "WHERE NOT EXISTS (SELECT 1 FROM people p WHERE p.name = readings.reader)"
        )
        return len(new) + self._target.execute(text(readers)).rowcount

    def _worked_in(self, what: str) -> StoreError:
        return StoreError(
            f"{self._to} holds {what}: somebody worked in it, or something else than this program changed one of them; "
            "nothing was copied: copy to a database that is empty."
        )


@contextmanager
def without_triggers(connection: Connection, tables: Sequence[Table]) -> Iterator[None]:
    """Tables that refuse to be changed, changed all the same, inside the transaction that is open."""
    if connection.dialect.name == "postgresql":
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        yield
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))
        return
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    triggers = [one for table in tables for one in connection.execute(query, {"table": table.name}).all()]
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, statement in triggers:
        connection.exec_driver_sql(statement)


def _key(table: Table, row: Row[Any]) -> tuple[Any, ...]:
    return tuple(getattr(row, column.name) for column in table.primary_key)


def _named(table: Table, row: Row[Any]) -> str:
    return f"row {', '.join(map(str, _key(table, row)))} of {table.name}"


def _values(table: Table, row: Row[Any]) -> dict[str, Any]:
    """A row as it is written; psycopg hands out documents as bytes."""
    found = row._asdict()
    for column in table.c:
        value = found[column.name]
        if isinstance(column.type, JSON) and isinstance(value, bytes):
            found[column.name] = value.decode()
    return found


def _digest(table: Table, row: Row[Any]) -> str:
    values = _values(table, row)
    return link(str(values.get("chain")), values)


def _grown(table: Table, there: Row[Any], new: dict[str, Any]) -> bool:
    """Whether a row only gained what rows of its table may gain."""
    if not set(new) <= _FILLED_LATER.get(table.name, set()):
        return False
    if table.name == "coverage":
        old, grown = _seen(there._asdict()), _seen(there._asdict() | new)
        return not old.on_grid(*grown.grid).bits & ~grown.bits
    return all(getattr(there, name) is None for name in new)


def _seen(row: Mapping[str, Any]) -> Seen:
    image = ImageKey(row["sop_instance_uid"], row["frame"])
    return Seen(image, row["cell_px"], row["columns"], row["rows"], int.from_bytes(row["bits"], "little"))


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _count_on(connection: Connection, tables: Sequence[Table]) -> None:
    """Let PostgreSQL number new rows after those that were brought with their numbers."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        (first, *more) = metadata.tables[table.name].primary_key.columns
        if more or first.identity is None:
            continue
        number = func.pg_get_serial_sequence(table.name, first.name)
        last = connection.execute(select(func.max(table.c[first.name]))).scalar()
        if last is not None:
            connection.execute(select(func.setval(number, last)))
