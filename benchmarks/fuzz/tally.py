"""What came of the broken files of a run, kept on disk so that a run can go on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.fuzz.watched import Result

_MOST_KINDS = 60


class Tally:
    """Counts of one run in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "counts.json"
        self._kinds = Counter[str]()
        self._troubles = Counter[str]()
        self.wrong = Counter[str]()
        self.files = 0
        self._done = set[int]()
        self._below = 0
        self._slowest: tuple[float, int] = (0.0, 0)
        self._largest: tuple[float, int] = (0.0, 0)
        if self._path.exists():
            self._restore(json.loads(self._path.read_text(encoding="utf-8")))

    def missing(self, count: int) -> Iterator[int]:
        """The numbers below `count` that were not done yet."""
        done = frozenset(self._done)
        return (n for n in range(self._below, count) if n not in done)

    def add(self, result: Result) -> None:
        """Count one file."""
        self.files += 1
        self._done.add(result.number)
        while self._below in self._done:
            self._done.remove(self._below)
            self._below += 1
        self._kinds.update(result.outcomes)
        self._troubles.update(result.troubles)
        if result.wrong:
            self.wrong[result.wrong] += 1
        self._slowest = max(self._slowest, (result.seconds, result.number))
        self._largest = max(self._largest, (float(result.above_picture), result.number))

    def keep_file(self, result: Result, name: str, content: bytes) -> None:
        """Put a file on which the program failed aside, with its number and what was seen."""
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = self._folder / f"{result.wrong}-{result.number}-{name}"
        kept.write_bytes(content)
        kept.with_name(kept.name + ".json").write_text(json.dumps(asdict(result), indent=1), encoding="utf-8")

    def keep(self) -> None:
        """Write the counts down."""
        self._folder.mkdir(parents=True, exist_ok=True)
        content = {
            "files": self.files,
            "below": self._below,
            "done": sorted(self._done),
            "kinds": self._kinds,
            "troubles": self._troubles,
            "wrong": self.wrong,
            "slowest": self._slowest,
            "largest": self._largest,
        }
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(content), encoding="utf-8")
        fresh.replace(self._path)

    def line(self) -> str:
        """Where the run stands."""
        at_fault = ", ".join(f"{count} {what}" for what, count in sorted(self.wrong.items())) or "nothing"
        return f"the program at fault: {at_fault}; slowest {self._slowest[0]:.1f} s (file {self._slowest[1]})"

    def page(self) -> str:
        """The tables."""
        worst = f"{self._largest[0] / 2**20:.0f} MB above the picture (file {self._largest[1]})"
        caught = ", ".join(f"{count} {what}" for what, count in sorted(self._troubles.items())) or "none"
        rows = [f"| {kind} | {count:,} |" for kind, count in self._kinds.most_common(_MOST_KINDS)]
        others = self._kinds.total() - sum(count for _, count in self._kinds.most_common(_MOST_KINDS))
        return "\n".join(
            (
                f"{self.files:,} broken files; {self.line()}; most memory {worst}",
                f"faults of decoders that were caught in their processes: {caught}",
                "",
                "| what came of it | pictures |",
                "|---|---|",
                *rows,
                f"| {len(self._kinds) - len(rows)} other reasons | {others:,} |",
            )
        )

    def _restore(self, kept: dict[str, Any]) -> None:
        self._kinds.update(kept["kinds"])
        self._troubles.update(kept["troubles"])
        self.wrong.update(kept["wrong"])
        self.files, self._below, self._done = kept["files"], kept["below"], set(kept["done"])
        self._slowest = tuple(kept["slowest"])
        self._largest = tuple(kept["largest"])
