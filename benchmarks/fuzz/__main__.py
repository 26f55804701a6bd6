"""Thousands of broken files through the loader, and what came of them: `make bench-fuzz`.

The same numbers give the same files with the same corpus. What was counted is kept: the same call goes on where
the last one was ended. Files on which the program failed are kept with their number; `--replay` loads one again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from multiprocessing.connection import wait
from pathlib import Path

from platformdirs import user_cache_path

from annotator.private_files import owner_only
from benchmarks.fuzz.corpus import corpus, digest
from benchmarks.fuzz.loading import broken
from benchmarks.fuzz.tally import Tally
from benchmarks.fuzz.watched import Watched, one_file

SAMPLES = Path(__file__).resolve().parents[2] / "sample_dicoms"
_EVERY = 250


@owner_only()
def main() -> None:
    """Run, print the tables; exit status 1 when the program was ever at fault.

    What is kept of a corpus of real images is for its owner only.
    """
    options = _options()
    folders = [SAMPLES, *options.corpus]
    seeds = corpus(folders)
    name = digest(seeds)
    if options.replay is not None:
        name_of, content = broken(seeds, options.run, options.replay)
        options.work.mkdir(parents=True, exist_ok=True)
        result = one_file(options.replay, options.work / name_of, content)
        print(f"{len(content):,} bytes: {result}")
        print(result.detail)
        return
    tally = Tally(options.work / f"{options.run}-{name}")
    print(
        f"{len(seeds)} files to break, corpus {name}; {tally.files} of {options.count} broken files done before"
    )
    try:
        _run(options, folders, tally)
    except KeyboardInterrupt:
        print("interrupted; the same call goes on from here", file=sys.stderr)
    finally:
        tally.keep()
    print(tally.page())
    sys.exit(1 if tally.wrong else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument(
        "--corpus", type=Path, action="append", default=[], metavar="DIR", help="more files to break"
    )
    parser.add_argument("--count", type=int, default=50_000, help="broken files in all (50000)")
    parser.add_argument(
        "--run", default="1", help="the name of a run: another one breaks the files otherwise"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--replay", type=int, metavar="NUMBER", help="load one file of the run again, here")
    parser.add_argument(
        "--work",
        type=Path,
        default=user_cache_path("mammo-annotator") / "fuzz",
        help="where counts and the files that failed are kept",
    )
    return parser.parse_args()


def _run(options: argparse.Namespace, folders: list[Path], tally: Tally) -> None:
    left = tally.missing(options.count)
    crew = [Watched(folders, options.run) for _ in range(options.jobs)]
    seeds = None
    try:
        for worker in crew:
            _next(worker, left)
        while busy := [worker for worker in crew if worker.number is not None]:
            wait([worker.pipe for worker in busy], timeout=1.0)
            for worker in busy:
                result = worker.result()
                if result is None:
                    continue
                tally.add(result)
                if result.wrong:
                    seeds = seeds or corpus(folders)
                    tally.keep_file(result, *broken(seeds, options.run, result.number))
                if tally.files % _EVERY == 0:
                    tally.keep()
                    print(f"{tally.files:6}  {tally.line()}", flush=True)
                if worker.number is not None:
                    worker.end()
                    crew[crew.index(worker)] = worker = Watched(folders, options.run)  # noqa: PLW2901
                _next(worker, left)
    finally:
        for worker in crew:
            worker.end()


def _next(worker: Watched, left: Iterator[int]) -> None:
    number = next(left, None)
    if number is not None:
        worker.give(number)


if __name__ == "__main__":
    main()
