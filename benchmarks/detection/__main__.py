"""How well candidates, clusters, measurements and comparisons are, on synthetic trials: every table of the README.

python -m benchmarks.detection --cache DIR              every table; the trials are made first, once
python -m benchmarks.detection --cache DIR found times  only these
python -m benchmarks.detection --cache DIR --write      and put them into benchmarks/detection/README.md
python -m benchmarks.detection --cache DIR --dev        on the development set instead, while something is tried
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import platformdirs

from benchmarks.detection import found, grouping, matching, partner, sets, snap, stacks, times
from benchmarks.imaging import machine, page

README = Path(__file__).with_name("README.md")


def measures(cache: Path, name: str, workers: int) -> dict[str, Callable[[], list[str]]]:
    """Each part of the README and what makes it."""
    return {
        "found": lambda: found.tables(cache, (name, "elsewhere"), workers),
        "stacks": lambda: stacks.tables(name, workers),
        "times": lambda: times.tables(cache),
        "snap": lambda: snap.tables(cache, (name, "elsewhere"), workers),
        "grouping": lambda: grouping.tables(name),
        "partner": lambda: partner.tables(name),
        "matching": lambda: matching.tables(name),
    }


def main(words: Sequence[str] | None = None) -> int:
    given = _parsed(words)
    cv2.setNumThreads(1)
    name = "dev" if given.dev else "test"
    parts = measures(given.cache, name, given.workers)
    unknown = set(given.names) - set(parts)
    if unknown:
        raise SystemExit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    for needed in (name, "elsewhere"):
        sets.make(given.cache, sets.SETS[needed].seeds)
    sets.make(given.cache, (times.SEED,))
    for part in given.names or parts:
        text = "\n\n".join(parts[part]())
        print(f"{text}\n")
        if given.write:
            page.put(README, part, text)
    if given.write:
        page.put(README, "machine", machine.facts())
    return 0


def _parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    kept = Path(platformdirs.user_cache_dir("mammo-annotator")) / "detection"
    parser.add_argument("names", nargs="*", help="parts; all unless given")
    parser.add_argument(
        "--cache", type=Path, default=kept, help="folder that trials are kept in (%(default)s)"
    )
    parser.add_argument("--write", action="store_true", help=f"put the tables into {README.name}")
    parser.add_argument("--dev", action="store_true", help="the development set instead of the test set")
    parser.add_argument("--workers", type=int, default=1, help="processes at work on images")
    given = parser.parse_args(words)
    if given.dev and given.write:
        parser.error("--write is for the test set")
    return given


if __name__ == "__main__":
    sys.exit(main())
