"""A PostgreSQL server of the tests' own: started from the programs of this machine, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER = "postgres"


class NoServer(Exception):
    """Why there is none, in a sentence."""


def programs() -> Path:
    """The folder of `initdb` and `pg_ctl`, the newest version first."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    named = shutil.which("initdb")
    for folder in (*debian, *([Path(named).parent] if named else [])):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NoServer("no PostgreSQL server is installed here (initdb and pg_ctl are not found)")


class Server:
    """Hands out databases, each empty; can be stopped and started again."""

    def __init__(self, socket: Path, user: str, control: Callable[..., None]) -> None:
        self._socket = socket
        self._user = user
        self._control = control

    def stop(self) -> None:
        """End it at once, as a power cut does."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Start it again, with what it holds."""
        self._control("start")

    def new_database(self) -> str:
        """The URL of a database that was made now."""
        import psycopg

        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(
            host=str(self._socket), user=self._user, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # a name of letters and digits made here
        return f"postgresql+psycopg://{self._user}@/{name}?host={self._socket}"


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A server that listens on a socket in a folder of its own; a `durable` one waits for the disk.

    Raises NoServer with the reason.
    """
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise NoServer("psycopg is not installed (pip install '.[postgresql]')") from error
    there = programs()
    # a server refuses to run as root
    as_other = {"user": OWNER} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if as_other:
            try:
                shutil.chown(folder, OWNER)
            except LookupError as error:
                raise NoServer(
                    f"a PostgreSQL server does not run as root, and there is no user {OWNER}"
                ) from error
        data = folder / "data"
        initdb = [there / "initdb", "-D", data, "-A", "trust", "-U", "tests", "-E", "UTF8", "--no-sync"]
        subprocess.run([*initdb, "--locale=C"], check=True, capture_output=True, cwd=folder, **as_other)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync={'on' if durable else 'off'}"

        def control(*words: str) -> None:
            subprocess.run(
                [there / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", *words],
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                **as_other,
            )

        control("start")
        try:
            yield Server(folder, "tests", control)
        finally:
            if (data / "postmaster.pid").exists():
                control("-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
