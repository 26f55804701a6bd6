"""Engines on the databases an address may name; JSON goes through them as the text it is."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from annotator.errors import StoreError
from annotator.store.silence import heed_silence
from annotator.store.sqlite import sqlite_engine
from annotator.store.staying import PATIENCE, watch_server


def engine_of(url: URL) -> Engine:
    """To work with: an SQLite file is made when it is missing, and set up as this program uses it. Raises StoreError."""
    if url.get_backend_name() == "sqlite":
        return sqlite_engine(url)
    engine = _plain(url, pool_pre_ping=True)
    watch_server(engine)
    return engine


def looking_engine(url: URL) -> Engine:
    """For looking only: no settings of the file are touched. Raises StoreError."""
    engine = _plain(url)
    if engine.dialect.name == "sqlite":
        # so that a transaction begins with its first question, not with its first change
        event.listen(engine, "connect", _by_hand)
        event.listen(engine, "begin", _begin)
    return engine


def _plain(url: URL, **more: Any) -> Engine:
    on_server = url.get_backend_name() != "sqlite"
    if on_server:
        more["connect_args"] = {name: said for name, said in PATIENCE.items() if name not in url.query}
    try:
        engine = create_engine(url, json_serializer=_as_is, json_deserializer=_as_is, **more)
    except ModuleNotFoundError as error:
        raise StoreError(
            "The driver for PostgreSQL is not installed; run: pip install 'psycopg[binary]'."
        ) from error
    if on_server:
        heed_silence(engine)
    return engine


def _by_hand(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _as_is(text: str) -> str:
    return text
