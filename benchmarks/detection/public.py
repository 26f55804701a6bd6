"""The same figures on public mammograms, for whoever has them: nothing here was trained on any of them.

    python -m benchmarks.detection.public --inbreast DIR                single calcifications, clusters, outlines
    python -m benchmarks.detection.public --cbis DIR --spacing 0.05     clusters
    python -m benchmarks.detection.public --vindr DIR --limit 200       clusters
    python -m benchmarks.detection.public --shared DIR                  real images with places found by eye

Every image's result is kept, so that a run that was stopped goes on where it was; results of another version of the
analysis are made anew. Images that cannot be used are named, the rest is done, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import platformdirs

from annotator.batch import outcomes, usable_jobs
from annotator.errors import AnnotatorError
from benchmarks.detection.datasets.annotated import Dataset
from benchmarks.detection.datasets.cbis import read_cbis
from benchmarks.detection.datasets.inbreast import read_inbreast
from benchmarks.detection.datasets.vindr import read_vindr
from benchmarks.detection.public_examine import ImageRecord, Task, examine, kept_record, program_digest
from benchmarks.detection.public_tables import tables

MEMORY_EACH = 2_000_000_000
"""What looking at one image of 13.6 megapixels takes, with room to spare."""
INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    arguments = _parsed(words)
    try:
        if arguments.shared is not None:
            from benchmarks.detection.public_shared import shared_table  # noqa: PLC0415 - needs more than the others

            print(shared_table(arguments.shared))
            return 0
        dataset = _dataset(arguments)
    except AnnotatorError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        records, failed = examined(dataset, _work_folder(arguments, dataset), arguments.limit, arguments.jobs)
    except KeyboardInterrupt:
        print("\nstopped; the same call goes on from here", file=sys.stderr)
        return INTERRUPTED
    print(tables(dataset, records))
    return 1 if failed else 0


def examined(
    dataset: Dataset, folder: Path, limit: int | None = None, jobs: int | None = None
) -> tuple[list[ImageRecord], bool]:
    """The records of a data set's images, kept ones and new ones, in its order; whether anything failed."""
    for fault in dataset.faults:
        print(fault, file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    program = program_digest()
    tasks = [Task(image, folder / f"{image.name}.json", program) for image in dataset.images[:limit]]
    todo = [task for task in tasks if kept_record(task) is None]
    if len(todo) < len(tasks):
        print(f"{len(tasks) - len(todo)} of {len(tasks)} images are done already", file=sys.stderr)
    failed = bool(dataset.faults)
    for fault in _work_through(todo, jobs or usable_jobs(MEMORY_EACH)):
        print(f"\r{fault}", file=sys.stderr)
        failed = True
    done = [record for task in tasks if (record := kept_record(task)) is not None]
    return done, failed


def _work_through(todo: Sequence[Task], jobs: int) -> Iterator[str]:
    """Look at the images with all cores; the fault of each that could not be used."""
    start = time.monotonic()
    for done, one in enumerate(outcomes(examine, todo, jobs=jobs), start=1):
        if one.fault is not None:
            yield f"{todo[one.number].image.name}: {one.fault}"
        if sys.stderr.isatty() or done % 20 == 0:
            left = (time.monotonic() - start) / done * (len(todo) - done) / 60
            end = "" if sys.stderr.isatty() else "\n"
            print(
                f"\r{done} of {len(todo)} images, {left:.0f} min left  ", end=end, file=sys.stderr, flush=True
            )
    if sys.stderr.isatty() and todo:
        print(file=sys.stderr)


def _dataset(arguments: argparse.Namespace) -> Dataset:
    if arguments.inbreast is not None:
        return read_inbreast(arguments.inbreast)
    if arguments.vindr is not None:
        return read_vindr(arguments.vindr, arguments.split)
    return read_cbis(arguments.cbis, arguments.spacing, arguments.split)


def _work_folder(arguments: argparse.Namespace, dataset: Dataset) -> Path:
    """Where results are kept: apart for each data set, and for each spacing a user may give."""
    top: Path = (
        arguments.keep or Path(platformdirs.user_cache_dir("mammo-annotator")) / "benchmarks" / "public"
    )
    spacing = f"-{arguments.spacing:g}" if arguments.cbis is not None else ""
    return top / f"{dataset.title.lower()}{spacing}"


def _parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--inbreast", metavar="DIR", type=Path, help="INbreast as unpacked (AllDICOMs, AllXML)"
    )
    which.add_argument("--cbis", metavar="DIR", type=Path, help="CBIS-DDSM with its tables; needs --spacing")
    which.add_argument("--vindr", metavar="DIR", type=Path, help="VinDr-Mammo with finding_annotations.csv")
    told = os.environ.get("ANNOTATOR_TEST_DATA")
    which.add_argument(
        "--shared",
        metavar="DIR",
        type=Path,
        nargs="?",
        const=Path(told) if told else None,
        help="real images with truth.tsv (without DIR: ANNOTATOR_TEST_DATA)",
    )
    parser.add_argument("--spacing", metavar="MM", type=float, help="pixel spacing of files that tell none")
    parser.add_argument(
        "--split", choices=("training", "test"), help="only this part of CBIS-DDSM or VinDr-Mammo"
    )
    parser.add_argument(
        "--limit", metavar="N", type=int, help="only N images, with and without findings by turns"
    )
    parser.add_argument(
        "--jobs", metavar="N", type=int, help="processes (default: as cores and memory allow)"
    )
    parser.add_argument(
        "--keep", metavar="DIR", type=Path, help="where results are kept (default: your cache)"
    )
    arguments = parser.parse_args(words)
    if arguments.cbis is not None and not (arguments.spacing and 0.01 <= arguments.spacing <= 0.5):
        parser.error(
            "--cbis needs --spacing MM, 0.01 to 0.5: its files do not tell theirs (scanners had 0.042 to 0.05)"
        )
    if "--shared" in (words or sys.argv) and arguments.shared is None:
        parser.error("--shared needs a folder, or ANNOTATOR_TEST_DATA that names one")
    for name in ("limit", "jobs"):
        if (value := getattr(arguments, name)) is not None and value < 1:
            parser.error(f"--{name} is 1 or more")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
