"""What keeps a connection honest: a file that was taken away, a server that went silent, a commit that may be lost."""

from __future__ import annotations

import contextlib
import os
from enum import Enum
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, ExceptionContext, event
from sqlalchemy.exc import DisconnectionError

from annotator.errors import DatabaseAway
from annotator.store.silence import is_silent

PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
}
"""What libpq is told: a network that was cut is noticed within some ten seconds, and not after a quarter of an hour."""

_ON_CONNECT = """
SELECT set_config('lock_timeout', '10s', false),
       set_config('idle_in_transaction_session_timeout', '60s', false),
       set_config('synchronous_commit',
                  CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
                  ELSE current_setting('synchronous_commit') END, false)
"""
"""Nobody waits for ever for a row that a window beyond a cut network holds; and what is confirmed is on the disk of the
server, also where it was set up to confirm earlier."""


def watch_file(engine: Engine, path: Path) -> None:
    """Use no connection on a file that is not the one at `path` any more, and make no empty one in its place.

    A system lets programs go on writing to a file that was removed or replaced: all of it would be lost.
    """

    def not_made_anew(_dialect: object, _record: object, _args: object, _options: object) -> None:
        if not path.exists():
            raise DatabaseAway(f"{path} is not there any more; put it back, or connect the drive it lies on.")

    def connected(_connection: object, record: Any) -> None:
        record.info["file"] = _file_at(path)

    def taken_out(_connection: object, record: Any, _proxy: object) -> None:
        if record.info.get("file") != _file_at(path):
            raise DisconnectionError(f"{path} was moved, removed or replaced")

    event.listen(engine, "do_connect", not_made_anew)
    event.listen(engine, "connect", connected)
    event.listen(engine, "checkout", taken_out)


def open_anew_when_allowed(engine: Engine, path: Path) -> None:
    """Let a connection that was refused to write go, and what SQLite made beside the file follow its rights.

    A file that could only be read when it was opened stays so for that connection, and what was made beside it then
    stays so for every other, whatever is allowed later.
    """

    def refused(context: ExceptionContext) -> None:
        name = getattr(context.original_exception, "sqlite_errorname", None) or ""
        if name.startswith("SQLITE_READONLY"):
            context.is_disconnect = True

    def connecting(_dialect: object, _record: object, _args: object, _options: object) -> None:
        for ending in ("-wal", "-shm"):
            beside = path.with_name(path.name + ending)
            with contextlib.suppress(OSError):
                if os.access(path, os.W_OK) and not os.access(beside, os.W_OK):
                    beside.chmod(path.stat().st_mode & 0o777)

    event.listen(engine, "handle_error", refused)
    event.listen(engine, "do_connect", connecting)


def watch_server(engine: Engine) -> None:
    """Set up each connection to a PostgreSQL so that it neither waits for ever nor confirms what may be lost."""

    def connected(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_ON_CONNECT)
        connection.commit()

    event.listen(engine, "connect", connected)


class Answer(Enum):
    """What a server says when it is asked whether it is there."""

    READY = "ready"
    STARTING = "starting, or recovering after a crash"
    NONE = "nothing"


def answer_of(url: URL) -> Answer:
    """Ask a PostgreSQL whether it is there; a file answers nothing."""
    # libpq's question holds the interpreter until it is answered: a silent server would stop the whole window
    if url.get_backend_name() != "postgresql" or is_silent(url):
        return Answer.NONE
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415  of an extra
    from psycopg.pq import PGconn, Ping  # noqa: PLC0415

    words, said = url.get_dialect()().create_connect_args(url)
    asked = make_conninfo(*words, **{**PATIENCE, **said})
    said_so = {Ping.OK: Answer.READY, Ping.REJECT: Answer.STARTING}
    return said_so.get(Ping(PGconn.ping(asked.encode())), Answer.NONE)


def _file_at(path: Path) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None
