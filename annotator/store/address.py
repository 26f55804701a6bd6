"""The database setting: which databases it may name, and how it is shown."""

from __future__ import annotations

import warnings

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, SAWarning

from annotator.errors import StoreError
from annotator.store.sqlite import database_file

_UNDERSTOOD = "write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"


def parse_url(url: str) -> URL:
    """The URL of an SQLite or PostgreSQL database; StoreError for any other words, which may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"The database setting is not a database URL; {_UNDERSTOOD}.") from error
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"):
        raise StoreError(f"{parsed.drivername!r} is not a database this program can use; {_UNDERSTOOD}.")
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    with warnings.catch_warnings():
        warnings.simplefilter("error", SAWarning)
        try:
            parsed.get_dialect()().create_connect_args(parsed)
        except (SAWarning, ArgumentError, ValueError) as error:
            options = ", ".join(parsed.query)
            raise StoreError(f"The database setting has options that cannot be used ({options}).") from error
    return parsed


def place_of(url: URL) -> str:
    """Where the database is, for people: its file, or its address without the password."""
    path = database_file(url) if url.get_backend_name() == "sqlite" else None
    return str(path) if path else url.render_as_string(hide_password=True)
