"""The tables of the manual that are measured, not written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.imaging import machine
from benchmarks.imaging.rows import Row, table

DOCS = Path(__file__).resolve().parents[2] / "docs"


def write(done: Mapping[str, Sequence[Row]]) -> None:
    """Each measure's table into docs/performance.md, with the machine it comes from."""
    put(DOCS / "performance.md", "machine", machine.facts())
    for name, rows in done.items():
        put(DOCS / "performance.md", name, table(rows))


def put(path: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- table: NAME -->` and the next `<!-- end -->`; SystemExit without them."""
    page = path.read_text(encoding="utf-8")
    between = re.compile(rf"(<!-- table: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not between.search(page):
        raise SystemExit(f"{path.name} has no place for the table {name}")
    filled = between.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page)
    path.write_text(filled, encoding="utf-8")
