"""A session as a process that is watched: what it said was safe, beside what the database holds afterwards."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from annotator.bootstrap import make_workspace
from annotator.errors import AnnotatorError
from annotator.settings import Settings
from annotator.store.checkup import verify
from benchmarks.reliability.session import Orders, digest, run

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 180.0


class Gone(Exception):
    """The session ended, or said nothing for too long, before what was waited for."""


@dataclass
class Watched:
    """A forked session: `made` are acts as (act, digest), of which the first `safe` were told as kept.

    `away` of them were told as kept while the database was away; `told` are the sentences of the strip.
    """

    orders: Orders
    made: list[tuple[str, str]] = field(default_factory=list)
    safe: int = 0
    away: int = 0
    told: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    opened: tuple[int, int] | None = None
    saved: bool = False
    ended: bool = False
    _program: subprocess.Popen[bytes] | None = None

    def start(self, prepare: Callable[[], None] = lambda: None) -> None:
        """Begin; `prepare` is called in the new process first."""
        read, write = os.pipe()
        heard, say = os.pipe()
        self.process = os.fork()
        if not self.process:
            status = 1
            try:
                os.close(read)
                os.close(say)
                prepare()
                run(self.orders, write, heard)
                status = 0
            finally:
                os._exit(status)
        self._read, self._say, self._rest = read, say, b""
        os.close(write)
        os.close(heard)

    def start_program(self, environment: dict[str, str]) -> None:
        """Begin as a program of its own, in an environment of its own."""
        read, write = os.pipe()
        heard, say = os.pipe()
        orders = self.orders
        words = (orders.url, orders.reader, orders.study, orders.seed, orders.pause_ms, orders.most, heard)
        command = [sys.executable, "-m", "benchmarks.reliability.session", *map(str, words)]
        program = subprocess.Popen(command, stdout=write, pass_fds=(heard,), env=environment, cwd=PROJECT)
        self._program = program
        self.process = program.pid
        self._read, self._say, self._rest = read, say, b""
        os.close(write)
        os.close(heard)

    def listen(self, seconds: float) -> None:
        """Hear what there is to hear."""
        if select.select([self._read], [], [], seconds)[0]:
            self._hear()

    def until(self, enough: Callable[[Watched], bool], patience_s: float = PATIENCE_S) -> None:
        """Listen until it said enough. Raises Gone."""
        last = time.monotonic() + patience_s
        while not enough(self):
            ready, _, _ = select.select([self._read], [], [], max(0.0, last - time.monotonic()))
            if not ready:
                raise Gone(f"nothing came of {self.orders} in {patience_s:.0f} s; told {self.told[-1:]}")
            if not self._hear():
                raise Gone(f"{self.orders} ended by itself: {self.failures}")

    def stop(self) -> None:
        """Let it save what waits, and end."""
        os.write(self._say, b"x")
        self.until(lambda it: it.ended)

    def kill(self) -> int:
        """End it now, hear what it had said, and its exit status (negative: by that signal)."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        return self.wait()

    def wait(self) -> int:
        """Hear the rest until it ends, and its exit status."""
        while self._hear():
            pass
        os.close(self._read)
        os.close(self._say)
        if self._program is not None:
            return self._program.wait()
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def _hear(self) -> bool:
        data = os.read(self._read, 1 << 16)
        # a line cut short was not said
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line.decode())
        return bool(data)

    def _take(self, line: str) -> None:
        kind, _, rest = line.partition(" ")
        if kind == "made":
            _, act, said = rest.split()
            self.made.append((act, said))
        elif kind == "safe":
            number, where = rest.split()
            self.away += max(0, int(number) - self.safe) if where == "kept" else 0
            self.safe, self.saved = int(number), where == "saved"
        elif kind == "open":
            number, waiting = rest.split()
            self.opened = int(number), int(waiting)
        elif kind == "told":
            self.told.append(rest)
        elif kind == "end":
            self.ended = True
        else:
            self.failures.append(line)


@dataclass
class Found:
    """What became of the acts of sessions."""

    safe: int = 0
    lost: int = 0
    repairs: int = 0
    away: int = 0
    sentences: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """Take in what came of others."""
        self.safe += other.safe
        self.lost += other.lost
        self.repairs += other.repairs
        self.away += other.away
        self.sentences |= other.sentences
        self.faults += other.faults


def found(session: Watched, known: list[tuple[str, str]]) -> tuple[Found, list[tuple[str, str]]]:
    """Open the reading as the next start of the program does, and look for every act that was told as safe.

    `known` are the acts of sessions before; all that the database holds now are given back for the next.
    """
    result = Found(safe=session.safe, away=session.away, sentences=set(session.told))
    orders = session.orders
    workspace = make_workspace(Settings(database=orders.url, reader=orders.reader))
    try:
        opened = workspace.waiting.go_on(
            orders.study, workspace.lexicon.edition, lambda: workspace.open_reading(orders.study)
        )
        revisions = workspace.revisions(opened.reading.id) if opened.revision else ()
    except AnnotatorError as error:
        result.repairs, result.lost = 1, session.safe
        result.faults.append(str(error))
        return result, known
    finally:
        workspace.close()
    kept = [(one.act.value, digest(one.reading)) for one in revisions]
    wanted = known + session.made[: session.safe]
    same = next((n for n, (a, b) in enumerate(zip(kept, wanted, strict=False)) if a != b), len(kept))
    result.lost = max(0, len(wanted) - same)
    if result.lost:
        result.faults.append(
            f"{orders}: {len(wanted)} acts were told as safe, the first {same} are there; then {wanted[same : same + 4]} "
            f"were made and {kept[same : same + 4]} are there ({len(known)} before, opened as {session.opened}, "
            f"{session.away} of {session.safe} on this computer)"
        )
    made = known + session.made
    # the act in hand may be saved before it was told of
    if made[: len(kept)] != kept[: len(made)] or len(kept) > len(made) + 1:
        result.faults.append(f"{orders}: the reading holds acts that nobody made")
    return result, kept


def repairs_needed(url: str) -> list[str]:
    """What is wrong with a database: its pages, its chains, what is signed; nothing where nothing is."""
    faults: list[str] = []
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(Path(url.removeprefix("sqlite:///")))) as raw:
            faults += [one for (one,) in raw.execute("PRAGMA integrity_check") if one != "ok"]
    try:
        verify(url, faults.append)
    except AnnotatorError as error:
        faults.append(str(error))
    return faults
