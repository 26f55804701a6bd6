"""Is anything lost? Kills, faults and many writers, beside what the program had told as safe.

    python -m benchmarks.reliability                      everything: 1,000 and 200 kills, the faults, eight writers
    python -m benchmarks.reliability kills --count 100    some kills on SQLite
    python -m benchmarks.reliability kills-postgresql --count 20
    python -m benchmarks.reliability faults --away 5      a server that is away for five seconds in place of a minute
    python -m benchmarks.reliability faults --only "network silent" --away 600
    python -m benchmarks.reliability writers --seconds 10
    python -m benchmarks.reliability --write              and put the tables into docs/reliability.md

Exit status 1 when an act was lost, a database needed repair, or anything else was amiss; what it was is named.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.imaging import machine
from benchmarks.imaging.page import DOCS, put
from benchmarks.reliability import faults, kills, writers
from benchmarks.reliability.watched import Found
from tests.contract.postgresql_server import NoServer

KILLS, KILLS_POSTGRESQL, AWAY_S, PROGRAMS, SECONDS = 1000, 200, 60.0, 8, 120.0


@dataclass
class Table:
    """What a measure found: its rows below their heads, and all that was amiss."""

    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]
    found: Found

    def text(self) -> str:
        """As a table of a page."""
        lines = [self.heads, tuple("---" for _ in self.heads), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(words: Sequence[str] | None = None) -> int:
    arguments = _parsed(words)
    bad = False
    print(machine.facts())
    for name in arguments.names or MEASURES:
        table = MEASURES[name](arguments)
        print(f"\n{name}\n\n{table.text()}", flush=True)
        for fault in table.found.faults:
            print(f"AMISS: {fault}")
        bad = bad or bool(table.found.faults or table.found.lost or table.found.repairs)
        if arguments.write:
            put(DOCS / "reliability.md", name, table.text())
    if arguments.write:
        put(DOCS / "reliability.md", "machine", machine.facts())
    return 1 if bad else 0


def _kills(arguments: argparse.Namespace) -> Table:
    done = kills.on_sqlite(arguments.count or KILLS, arguments.seed, arguments.jobs)
    return _table_of_kills(done)


def _kills_postgresql(arguments: argparse.Namespace) -> Table:
    return _table_of_kills(kills.on_postgresql(arguments.count or KILLS_POSTGRESQL, arguments.seed))


def _table_of_kills(done: kills.Kills) -> Table:
    heads = (
        "database",
        "kills",
        "of them after the server's own",
        "acts made",
        "told as safe",
        "lost",
        "repairs",
        "s",
    )
    row = (
        done.database,
        f"{done.kills:,}",
        f"{done.server_kills:,}",
        f"{done.acts:,}",
        f"{done.found.safe:,}",
        f"{done.found.lost:,}",
        f"{done.found.repairs:,}",
        f"{done.seconds:.0f}",
    )
    return Table(heads, [row], done.found)


def _faults(arguments: argparse.Namespace) -> Table:
    total = Found()
    rows: list[tuple[str, ...]] = []
    for name, scenario in faults.ALL.items():
        if arguments.only and name not in arguments.only:
            continue
        print(f"faults: {name}", file=sys.stderr)
        try:
            played = scenario(arguments.seed, arguments.away)
        except (faults.NotHere, NoServer) as none:
            rows.append((name, "not played here", str(none), "", "", ""))
            continue
        total.add(played.found)
        told = " / ".join(sorted({without_places(one) for one in played.found.sentences})) or "nothing"
        counts = (played.acts, played.found.away, played.found.lost)
        rows.append((played.name, f"{played.fault_s:.0f}", *(str(count) for count in counts), told))
    heads = ("fault", "s", "acts", "kept on this computer meanwhile", "lost", "what the reader is told")
    return Table(heads, rows, total)


def _writers(arguments: argparse.Namespace) -> Table:
    done = writers.write_together(arguments.programs, arguments.seconds, arguments.seed)
    heads = ("programs", "s", "acts", "acts a second", "lost", "repairs", "deadlocks shown", "told")
    row = (
        str(done.programs),
        f"{done.seconds:.0f}",
        f"{done.acts:,}",
        f"{done.acts / done.seconds:.0f}",
        str(done.found.lost),
        str(done.found.repairs),
        str(done.deadlocks),
        " / ".join(sorted({without_places(one) for one in done.found.sentences})) or "nothing",
    )
    return Table(heads, [row], done.found)


def without_places(sentence: str) -> str:
    """A sentence of the strip without the folder and the server that were made for this run."""
    sentence = re.sub(r"postgresql\+psycopg://\S+?(?=:?\s)", "SERVER", sentence)
    sentence = re.sub(r"^(SERVER: the database refused) \(.*\)", r"\1 (what the driver says)", sentence)
    return re.sub(r"(?:/[^/\s]+)*/(?=readings\.db|waiting|mammo-annotator)", "", sentence)


MEASURES: dict[str, Callable[[argparse.Namespace], Table]] = {
    "kills": _kills,
    "kills-postgresql": _kills_postgresql,
    "faults": _faults,
    "writers": _writers,
}


def _parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reliability",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="MEASURE", help=", ".join(MEASURES))
    parser.add_argument(
        "--count", type=int, help=f"kills ({KILLS:,} on SQLite, {KILLS_POSTGRESQL} on PostgreSQL)"
    )
    parser.add_argument("--away", type=float, default=AWAY_S, help="seconds that server or network is away")
    parser.add_argument("--only", action="append", choices=faults.ALL, help="one of the faults, not all")
    parser.add_argument("--programs", type=int, default=PROGRAMS, help="how many write at the same time")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long they write")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes for the kills on SQLite")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/reliability.md")
    arguments = parser.parse_args(words)
    unknown = [name for name in arguments.names if name not in MEASURES]
    if unknown:
        parser.error(f"{unknown[0]} is none of {', '.join(MEASURES)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
