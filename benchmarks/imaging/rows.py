"""One line of the table of performance: what was measured, beside what, the bar, and whether it holds."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

HEAD = ("measure", "ours", "beside", "ratio", "bar", "holds")
ABSENT = "not installed"


@dataclass(frozen=True, slots=True)
class Bar:
    """The value a ratio may reach; `least` turns "at most" into "at least"."""

    limit: float
    least: bool = False
    unit: str = ""

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.least else value <= self.limit

    def __str__(self) -> str:
        return f"at {'least' if self.least else 'most'} {self.limit:g}{self.unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """A measured line. `value` is what the bar judges, None where the other side is not here."""

    measure: str
    ours: str
    beside: str
    value: float | None = None
    bar: Bar | None = None
    unit: str = ""

    @property
    def verdict(self) -> str:
        if self.bar is None:
            return ""
        if self.value is None or math.isnan(self.value):
            return "not measured"
        return "yes" if self.bar.holds(self.value) else "**no**"

    def cells(self) -> tuple[str, ...]:
        value = "" if self.value is None else f"{self.value:.3g}{self.unit}"
        return self.measure, self.ours, self.beside, value, str(self.bar or ""), self.verdict


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row.cells())} |" for row in rows)])


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def interleaved(timers: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Seconds by name, every timer once a round: what the machine does meanwhile meets them all alike."""
    taken: dict[str, list[float]] = {name: [] for name in timers}
    for number in range(rounds):
        names = list(timers)
        for name in names if number % 2 == 0 else reversed(names):
            taken[name].append(timers[name]())
    return taken


def paired(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median over the rounds of ours / theirs."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def in_ms(taken: Sequence[float]) -> str:
    """Median seconds in milliseconds, with as many digits as mean something."""
    ms = statistics.median(taken) * 1000
    return f"{ms:.2f} ms" if ms < 10 else f"{ms:,.1f} ms" if ms < 100 else f"{ms:,.0f} ms"
