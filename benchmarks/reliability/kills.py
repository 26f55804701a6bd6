"""Sessions killed at random moments: is everything there that they had told as safe, and was nothing to be mended?"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context

import psycopg

from benchmarks.reliability.home import own_home
from benchmarks.reliability.session import Orders
from benchmarks.reliability.watched import Found, Gone, Watched, found, repairs_needed
from tests.contract.postgresql_server import server

READER = "tests"
ROUNDS_OF_A_DATABASE = 50
ROUNDS_OF_A_READING = 5
BACKEND_EVERY = 4
"""On PostgreSQL every fourth session loses the server's process that serves it first."""


@dataclass
class Kills:
    """A campaign: how many were killed, what was found, and how long it took."""

    database: str
    kills: int
    server_kills: int
    acts: int
    found: Found
    seconds: float


def on_sqlite(count: int, seed: int, jobs: int = 2) -> Kills:
    """`count` sessions on SQLite, in `jobs` processes with databases of their own."""
    begun = time.monotonic()
    shares = [count // jobs + (job < count % jobs) for job in range(jobs)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        parts = list(pool.map(_sqlite_lane, shares, [seed + job for job in range(jobs)]))
    total = Found()
    for _, part in parts:
        total.add(part)
    return Kills("SQLite", count, 0, sum(acts for acts, _ in parts), total, time.monotonic() - begun)


def on_postgresql(count: int, seed: int) -> Kills:
    """`count` sessions on a PostgreSQL that is started for them and waits for the disk as a real one does."""
    begun, chance = time.monotonic(), random.Random(seed)
    with server(durable=True) as running, own_home():
        lane = _Lane(chance, running.new_database)
        for number in range(count):
            lane.round(number, _kill_backends if number % BACKEND_EVERY == BACKEND_EVERY - 1 else None)
        lane.look_over()
        return Kills(
            "PostgreSQL", count, count // BACKEND_EVERY, lane.acts, lane.total, time.monotonic() - begun
        )


def _sqlite_lane(count: int, seed: int) -> tuple[int, Found]:
    numbers = iter(range(count + 1))
    with own_home() as folder:
        lane = _Lane(random.Random(seed), lambda: f"sqlite:///{folder / f'{next(numbers)}.db'}")
        for number in range(count):
            lane.round(number)
        lane.look_over()
    return lane.acts, lane.total


class _Lane:
    """Sessions one after the other; some go on with the reading of the one killed before."""

    def __init__(self, chance: random.Random, new_database: Callable[[], str]) -> None:
        self._chance = chance
        self._new_database = new_database
        self._url = ""
        self._known: list[tuple[str, str]] = []
        self.acts = 0
        self.total = Found()

    def round(self, number: int, disturb: Callable[[str], None] | None = None) -> None:
        """One session, killed some moment after some of its acts, and what is left of them."""
        if number % ROUNDS_OF_A_DATABASE == 0:
            self.look_over()
            self._url = self._new_database()
        if number % ROUNDS_OF_A_READING == 0:
            self._known = []
        study = f"2.25.{number // ROUNDS_OF_A_READING + 1}"
        session = Watched(Orders(self._url, READER, study, self._chance.randrange(1 << 30)))
        session.start()
        acts = self._chance.randint(0, 12)
        later = self._chance.uniform(0.0, 0.02) if acts else self._chance.uniform(0.0, 0.3)
        try:
            session.until(lambda it: it.safe >= acts)
            if disturb is not None:
                disturb(self._url)
                before = len(session.made)
                session.until(lambda it: it.saved and it.safe > before + 5)
        except Gone as gone:
            self.total.faults.append(str(gone))
        time.sleep(later)
        status = session.kill()
        if status != -signal.SIGKILL or session.failures:
            self.total.faults.append(f"{session.orders} ended with {status}: {session.failures}")
        result, self._known = found(session, self._known)
        self.acts += len(session.made)
        if self._url.startswith("sqlite"):
            result.repairs += bool(faults := _pages(self._url))
            result.faults += faults
        self.total.add(result)

    def look_over(self) -> None:
        """Every chain and signature of the database that was used so far."""
        faults = repairs_needed(self._url) if self._url else []
        self.total.repairs += bool(faults)
        self.total.faults += faults


def _pages(url: str) -> list[str]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as raw:
        return [one for (one,) in raw.execute("PRAGMA quick_check") if one != "ok"]


def _kill_backends(url: str) -> None:
    """End the processes of the server that serve the session, as the system does when memory runs out."""
    address = url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        query = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        pids = [pid for (pid,) in connection.execute(query)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
