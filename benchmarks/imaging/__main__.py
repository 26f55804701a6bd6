"""How fast and how faithful the picture is, beside other programs and beside what memory allows.

    python -m benchmarks.imaging                    every measure; some minutes, most of them once for the files
    python -m benchmarks.imaging decode specks      only these
    python -m benchmarks.imaging --write            and put the tables into docs/

Peers that are not installed are named as such; docs/performance.md says how to install them.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import platformdirs

from benchmarks.imaging import machine, page
from benchmarks.imaging.files import FULL, QUICK, Files
from benchmarks.imaging.rows import Row, table

MEASURES = {
    "decode": "from a file to its pixels",
    "headers": "listing a folder",
    "start": "from the command to the window and the first picture",
    "display": "window drag, zoom and pan in the viewport",
    "lens": "the lens following the pointer",
    "latency": "from an input event to changed pixels on the screen",
    "stack": "scrolling a tomosynthesis",
    "memory": "an exam in memory, and what it costs to leave it open",
    "specks": "what is left of specks in a picture smaller than its pixels",
    "heartbeat": "how long the window does not answer",
}


def main(words: Sequence[str] | None = None) -> int:
    arguments = _parsed(words)
    work = arguments.work or Path(platformdirs.user_cache_dir("mammo-annotator")) / "benchmarks"
    sizes = QUICK if arguments.quick else FULL
    files = Files(work, replace(sizes, rounds=arguments.rounds or sizes.rounds))
    done: dict[str, list[Row]] = {}
    for name in arguments.names or MEASURES:
        print(f"{name}: {MEASURES[name]}", file=sys.stderr)
        done[name] = []
        for row in importlib.import_module(f"benchmarks.imaging.{name}").measure(files):
            done[name].append(row)
            print("  " + " | ".join(row.cells()), file=sys.stderr)
    print(machine.facts())
    for name, rows in done.items():
        print(f"\n{name}\n\n{table(rows)}")
    if arguments.write:
        page.write(done)
    if arguments.write and "specks" in done:
        specks = importlib.import_module("benchmarks.imaging.specks")
        page.put(page.DOCS / "speck-true.md", "specks", specks.speck_tables(files.sizes.specks))
    return 0


def _parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.imaging",
        description=(__doc__ or "").partition("\n")[0],
        epilog="\n".join(f"{name:<10} {what}" for name, what in MEASURES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", choices=[[], *MEASURES], metavar="NAME")
    parser.add_argument("--work", type=Path, help="where the files are made and kept (a cache folder)")
    parser.add_argument("--quick", action="store_true", help="tiny files, one round: does it run at all")
    parser.add_argument("--rounds", type=int, help=f"repetitions (usually {FULL.rounds})")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
