"""Several programs that write to one PostgreSQL at the same time, each reader with an account of their own."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg

from annotator.model.person import Role
from annotator.store.store import Store
from benchmarks.reliability.home import own_home
from benchmarks.reliability.session import Orders
from benchmarks.reliability.watched import Found, Watched, found, repairs_needed
from tests.contract.postgresql_server import server

STUDIES = 3
"""All read the same few exams, as second readers do."""


@dataclass
class Written:
    """How many programs wrote for how long, the acts they made, and what was found of them."""

    programs: int
    seconds: float
    acts: int
    found: Found
    deadlocks: int


def write_together(programs: int, seconds: float, seed: int) -> Written:
    """Let them act as fast as the database takes it, stop them, and look for every act that was told as safe."""
    with own_home(), server(durable=True) as running:
        url = running.new_database()
        readers = [f"reader{number}" for number in range(programs)]
        _give_accounts(url, readers)
        sessions = [
            Watched(Orders(url.replace("tests@", f"{reader}@"), reader, f"2.25.{n % STUDIES}", seed + n))
            for n, reader in enumerate(readers)
        ]
        for session in sessions:
            session.start()
        for session in sessions:
            session.until(lambda it: it.safe > 0)
        begun, before = time.monotonic(), sum(len(one.made) for one in sessions)
        while time.monotonic() - begun < seconds:
            for session in sessions:
                session.listen(0.05)
        acts, lasted = sum(len(one.made) for one in sessions) - before, time.monotonic() - begun
        total = Found()
        for session in sessions:
            session.stop()
            # everything that was ever made is to be there now
            session.safe = len(session.made)
            status = session.wait()
            total.add(found(session, [])[0])
            if status or session.failures:
                total.faults.append(f"{session.orders.reader} ended with {status}: {session.failures}")
        faults = repairs_needed(url)
        total.repairs += bool(faults)
        total.faults += faults
        deadlocks = sum("deadlock" in one for one in total.sentences)
        return Written(programs, lasted, acts, total, deadlocks)


def _give_accounts(url: str, readers: list[str]) -> None:
    """Accounts of the server, and their role."""
    store = Store.open(url)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for reader in readers:
            connection.execute(psycopg.sql.SQL("CREATE ROLE {} LOGIN").format(psycopg.sql.Identifier(reader)))
            store.add_person(reader, reader, Role.READER)
    store.close()
