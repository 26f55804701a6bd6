"""Faults in the middle of marking: of the disk, of the rights of a file, of the server, of the network, of the clock.

Each scenario lets a session act, brings the fault about, lets it act on, takes the fault away, and waits until
everything is in the database. Then it is looked for, act by act.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.reliability import network
from benchmarks.reliability.home import own_home
from benchmarks.reliability.session import Orders
from benchmarks.reliability.watched import Found, Gone, Watched, found, repairs_needed
from tests.contract.postgresql_server import server

READER = "tests"
STUDY = "2.25.1"
BEFORE, DURING, AFTER = 20, 8, 10
"""Acts before the fault, while it lasts, and after it at least."""


class NotHere(Exception):
    """A scenario that this machine cannot play, and why."""


@dataclass
class Played:
    """A scenario: its name, the acts made, what was found, and how long the fault lasted."""

    name: str
    acts: int
    found: Found
    fault_s: float


def disk_full(seed: int, *, journal_elsewhere: bool = True) -> Played:
    """The disk of the database has no room left; what waits lies on another disk, or on the same."""
    name = "disk full" if journal_elsewhere else "disk full, and what waits lies on it too"
    with own_home() as home, _small_disk(home / "disk") as disk:
        if not journal_elsewhere:
            os.environ["XDG_DATA_HOME"] = str(disk / "home")
        ballast = disk / "ballast"

        def fill() -> None:
            with ballast.open("wb") as file:
                try:
                    while True:
                        os.write(file.fileno(), bytes(4096))
                except OSError:
                    pass

        return _play(name, f"sqlite:///{disk / 'readings.db'}", seed, fill, ballast.unlink)


def read_only(seed: int) -> Played:
    """The file of the database can only be read from the start of a session on, until somebody allows it again."""
    with own_home() as home:
        file = home / "readings.db"
        url = f"sqlite:///{file}"
        first = Watched(Orders(url, READER, STUDY, seed, most=BEFORE))
        prepare = _under_rights()
        first.start(prepare)
        first.until(lambda it: it.ended)
        first.wait()
        _, known = found(first, [])
        file.chmod(0o400)
        return _play(
            "read-only file",
            url,
            seed + 1,
            lambda: None,
            lambda: file.chmod(0o600),
            known,
            prepare,
        )


def server_stopped(seed: int, seconds: float) -> Played:
    """The PostgreSQL server is stopped at once, and started again so much later."""
    with own_home(), server(durable=True) as running:

        def start() -> None:
            time.sleep(seconds)
            running.start()

        return _play("PostgreSQL stopped", running.new_database(), seed, running.stop, start)


def network_silent(seed: int, seconds: float) -> Played:
    """Nothing comes through to the PostgreSQL server and nothing is closed, over a restart of the program too."""
    acts, result, lasted = network.silent(seed, seconds, READER, STUDY)
    return Played("network silent, and the program killed meanwhile", acts, result, lasted)


def clock_back(seed: int, days: int = 400) -> Played:
    """The clock of the machine, as this program sees it, is set back while it runs, and forth again."""
    with own_home() as home:
        shift = home / "shift"
        shift.write_text("0", encoding="utf-8")
        library = _clock_library(home)

        def told(seconds: int) -> Callable[[], object]:
            return lambda: shift.write_text(str(seconds), encoding="utf-8")

        environment = {**os.environ, "LD_PRELOAD": str(library), "CLOCK_SHIFT_FILE": str(shift)}
        return _play(
            "clock set back",
            f"sqlite:///{home / 'readings.db'}",
            seed,
            told(-days * 86_400),
            told(0),
            environment=environment,
        )


def _play(
    name: str,
    url: str,
    seed: int,
    begin: Callable[[], object],
    end: Callable[[], object],
    known: list[tuple[str, str]] | None = None,
    prepare: Callable[[], None] = lambda: None,
    environment: dict[str, str] | None = None,
) -> Played:
    session = Watched(Orders(url, READER, STUDY, seed, pause_ms=20))
    if environment is None:
        session.start(prepare)
    else:
        session.start_program(environment)
    gone = ""
    try:
        session.until(lambda it: len(it.made) >= BEFORE or bool(it.told))
        begin()
        begun = time.monotonic()
        made = len(session.made)
        session.until(lambda it: len(it.made) >= made + DURING)
        end()
        lasted = time.monotonic() - begun
        made = len(session.made)
        session.until(lambda it: len(it.made) >= made + AFTER)
        session.stop()
    except Gone as error:
        gone, lasted = str(error), 0.0
    # at the end of all this everything that was ever made is to be there
    session.safe = len(session.made)
    status = session.kill() if gone else session.wait()
    result, _ = found(session, known or [])
    result.faults += [gone] if gone else []
    result.faults += [f"ended with {status}: {session.failures}"] if status and not gone else []
    faults = repairs_needed(url)
    result.repairs += bool(faults)
    result.faults += faults
    return Played(name, len(session.made), result, lasted)


@contextmanager
def _small_disk(place: Path) -> Iterator[Path]:
    """A disk of a few megabytes in memory, which only root can make."""
    place.mkdir()
    if not (hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("mount")):
        raise NotHere("a small disk can be made by root only")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], check=False, capture_output=True
    )
    if made.returncode:
        raise NotHere(f"no small disk can be made here: {made.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def _under_rights() -> Callable[[], None]:
    """What a session does first, so that rights of files mean something to it: root may write everything."""
    if not sys.platform.startswith("linux"):
        raise NotHere("rights of files are taken away on Linux only")
    if os.geteuid() != 0:
        return lambda: None
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0)
    held = (ctypes.c_uint32 * 6)()

    def become() -> None:
        if libc.capget(header, held):
            raise OSError(ctypes.get_errno(), "capget")
        # effective, permitted and inheritable, of the first 32
        for place in range(3):
            held[place] &= ~_ABOVE_RIGHTS
        if libc.capset(header, held):
            raise OSError(ctypes.get_errno(), "capset")

    return become


_CAPABILITIES_3 = 0x20080522
_ABOVE_RIGHTS = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (linux/capability.h)."""


def _clock_library(folder: Path) -> Path:
    """The few lines that answer for the clock of the system, compiled where there is a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        raise NotHere("the clock of one program is set back on Linux only, and with a C compiler")
    library = folder / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


ALL: dict[str, Callable[[int, float], Played]] = {
    "disk": lambda seed, _: disk_full(seed),
    "whole-disk": lambda seed, _: disk_full(seed, journal_elsewhere=False),
    "read-only": lambda seed, _: read_only(seed),
    "stopped": server_stopped,
    "network silent": network_silent,
    "clock": lambda seed, _: clock_back(seed),
}
"""Scenarios by name; each takes a seed, and how many seconds a server is away."""
