"""What a database is, looked at without making, migrating or changing anything."""

from __future__ import annotations

import os
from dataclasses import dataclass

from sqlalchemy import URL, create_engine, inspect, text

from annotator.errors import StoreError
from annotator.store import schema
from annotator.store.address import parse_url, place_of
from annotator.store.faults import told
from annotator.store.sqlite import database_file


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
        return DatabaseState(place, exists=False, revision=None, head=schema.HEAD)
    with told(place):
        revision = _revision(parsed, place)
    return DatabaseState(place, exists=True, revision=revision, head=schema.HEAD)


def _revision(url: URL, place: str) -> str | None:
    try:
        engine = create_engine(url)
    except ModuleNotFoundError as error:
        raise StoreError(
            "The driver for PostgreSQL is not installed; run: pip install 'psycopg[binary]'."
        ) from error
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
