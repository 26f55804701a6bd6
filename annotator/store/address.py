"""The database setting: which databases it may name, and how it is shown."""

from __future__ import annotations

import warnings
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, SAWarning

from annotator.errors import StoreError
from annotator.settings import DATABASE_NAME, data_dir
from annotator.store.encrypted import DRIVER, keyed
from annotator.store.sqlite import database_file

_UNDERSTOOD = (
    "write sqlite:///FILE, sqlite+sqlcipher:///FILE (encrypted) or postgresql+psycopg://USER@HOST/NAME"
)


def parse_url(url: str) -> URL:
    """The URL of an SQLite or PostgreSQL database; StoreError for any other words, which may hold a password.

    That of an encrypted file holds its key, which is asked for where it is not known yet.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"The database setting is not a database URL; {_UNDERSTOOD}.") from error
    if parsed.drivername == DRIVER:
        path = database_file(parsed)
        if path is None or parsed.query or parsed.host or parsed.password:
            raise StoreError(f"An encrypted database is one file; {_UNDERSTOOD}.")
        return keyed(parsed, path)
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


def file_of_encrypted(url: str) -> Path:
    """The file of the address of an encrypted database; StoreError for the address of any other."""
    try:
        parsed = make_url(url)
        path = database_file(parsed) if parsed.drivername == DRIVER else None
    except (ArgumentError, ValueError):
        path = None
    if path is None:
        raise StoreError("The database setting names no encrypted database; write sqlite+sqlcipher:///FILE.")
    return path


def refuse_missing(url: str) -> None:
    """StoreError where `url` names a file that is not there: reading from it would leave an empty one at a mistyped place.

    The database in the user's data folder is not refused: it holds nothing until the first reading.
    """
    try:
        path = database_file(make_url(url)) if url.startswith("sqlite") else None
    except (ArgumentError, ValueError):
        return
    if path is not None and not path.exists() and path != (data_dir() / DATABASE_NAME).absolute():
        raise StoreError(
            f"There is no database at {path}; check what --database names. A new one begins with the window, "
            "'annotator import' or 'annotator restore'."
        )


def place_of(url: URL) -> str:
    """Where the database is, for people: its file, or its address without the password."""
    path = database_file(url) if url.get_backend_name() == "sqlite" else None
    return str(path) if path else url.render_as_string(hide_password=True)
