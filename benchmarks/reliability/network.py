"""A network that drops everything for a while and closes nothing, in the middle of marking, over a restart of the program."""

from __future__ import annotations

import os
import time

from benchmarks.reliability.home import own_home
from benchmarks.reliability.session import Orders
from benchmarks.reliability.watched import PATIENCE_S, Found, Gone, Watched, found, repairs_needed
from tests.contract.postgresql_server import server
from tests.contract.silent_proxy import silent_proxy

BEFORE, AFTER = 20, 10
"""Acts before the network goes silent, and after it answers again."""


def silent(seed: int, seconds: float, reader: str, study: str) -> tuple[int, Found, float]:
    """The acts made, what was found of them, and how long nothing came through.

    Half-way the program is killed, and started again while the network is still silent.
    """
    with own_home(), server(durable=True) as running:
        direct = running.new_database()
        with silent_proxy(direct) as proxy:
            orders = Orders(proxy.url(direct), reader, study, seed, pause_ms=20)
            first, second = Watched(orders), Watched(Orders(orders.url, reader, study, seed + 1, pause_ms=20))
            gone = ""
            begun = lasted = 0.0
            try:
                first.start_program(dict(os.environ))
                first.until(lambda it: len(it.made) >= BEFORE)
                proxy.go_silent()
                begun = time.monotonic()
                _hear_until(first, begun + seconds / 2)
                first.until(lambda it: it.away > 0)
                first.kill()
                second.start_program(dict(os.environ))
                second.until(lambda it: it.away > 0)
                _hear_until(second, begun + seconds)
                proxy.answer()
                lasted = time.monotonic() - begun
                made = len(second.made)
                second.until(lambda it: len(it.made) >= made + AFTER)
                second.stop()
            except Gone as error:
                gone = str(error)
            return _result(first, second, gone, lasted)


def _hear_until(session: Watched, moment: float) -> None:
    left = moment - time.monotonic()
    session.until(lambda _it: time.monotonic() >= moment, max(0.0, left) + PATIENCE_S)


def _result(first: Watched, second: Watched, gone: str, lasted: float) -> tuple[int, Found, float]:
    # at the end of all this everything that was ever made after the restart is to be there
    second.safe = len(second.made)
    status = second.kill() if gone else second.wait()
    # the act in hand when the program was killed may be on the disk or not
    there = sum(second.opened or (0, 0))
    result, _ = found(second, first.made[:there])
    result.lost += max(0, first.safe - there)
    result.away += first.away
    result.sentences |= set(first.told)
    result.faults += [gone] if gone else []
    result.faults += [f"ended with {status}: {second.failures}"] if status and not gone else []
    faults = repairs_needed(second.orders.url)
    result.repairs += bool(faults)
    result.faults += faults
    return len(first.made) + len(second.made), result, lasted
