"""Brings a database to the form this program writes. A current one is opened without Alembic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, inspect, text

from annotator.errors import NewerDatabase, StoreError
from annotator.store import schema
from annotator.store.sqlite import WRITES, backup, database_file

SCRIPTS = "annotator.store:migrations"
_LOCK = 0x6D616D6D6F  # any number that only this program locks by


def bring_up_to_date(engine: Engine, place: str) -> None:
    """Make the tables, or migrate older ones after a backup copy.

    Raises NewerDatabase when a newer program wrote it, StoreError when another program did.
    """
    with engine.connect() as connection:
        found = _revision(connection, place)
    if found == schema.HEAD:
        return
    with _locked(engine) as connection:
        # another program may have done it while this one waited
        found = _revision(connection, place)
        if found == schema.HEAD:
            return
        path = database_file(engine.url) if engine.dialect.name == "sqlite" else None
        if found and path is not None:
            backup(path, found, engine.url.password)
        _run_migrations(connection)
        if engine.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise StoreError(
                f"{place} could not be brought up to date and was left as it was; please report it."
            )


def make_tables(engine: Engine, revision: str) -> None:
    """Make the tables of an empty database as they were at a revision that is known."""
    with _locked(engine) as connection:
        _run_migrations(connection, revision)


def _revision(connection: Connection, place: str) -> str | None:
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        ours = tables & set(schema.metadata.tables)
        if ours or (tables and connection.dialect.name == "sqlite"):
            raise StoreError(f"{place} belongs to another program; choose another one with --database.")
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in schema.KNOWN:
        raise newer(place, str(found))
    return str(found) if found is not None else None


def newer(place: str, found: str) -> NewerDatabase:
    """What is said of a database whose revision this program does not know."""
    return NewerDatabase(
        f"{place} was written by a newer version of this program (revision {found}, this one knows "
        f"{schema.HEAD}); update this program."
    )


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """A connection in one transaction that no other program migrates beside."""
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        if engine.dialect.name == "sqlite":
            # rebuilding a parent table would otherwise delete its children
            _pragma(connection, "foreign_keys=OFF")
        try:
            with connection.begin():
                if engine.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})
                yield connection
        finally:
            if engine.dialect.name == "sqlite":
                _pragma(connection, "foreign_keys=ON")


def _pragma(connection: Connection, what: str) -> None:
    """Set a pragma outside any transaction, where alone it takes effect."""
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.cursor().execute(f"PRAGMA {what}")


def _run_migrations(connection: Connection, revision: str = "head") -> None:
    from alembic import command  # noqa: PLC0415 - needed once in the life of a database
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
