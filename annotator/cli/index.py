"""`annotator index`: folders of exams into the index that the worklist lists, and what is in it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible
from annotator.errors import CallError
from annotator.jobs import CancelToken, Progress

if TYPE_CHECKING:
    from annotator.imaging.exam_index.filling import Filled
    from annotator.settings import Settings


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `index`."""
    parser = subparsers.add_parser(
        "index",
        parents=[common],
        help="list folders of exams in the worklist, by their headers",
        description="Read the headers of all images in folders, those that are new or changed since the last time, with"
        " all cores and behind everything else. It can be stopped or killed and goes on where it was. Without a FOLDER:"
        " the folders that are indexed. Exit status 1 when a folder cannot be read.",
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="with all folders in it")
    parser.add_argument("--again", action="store_true", help="look again into all folders that are indexed")
    parser.add_argument("--forget", action="store_true", help="only leave these folders out from now on")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="processes that read (as many as there are cores)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument(
        "--lines", action="store_true", help="one JSON object a line while it runs, for programs that watch"
    )
    parser.set_defaults(run=run_index)


def run_index(arguments: argparse.Namespace) -> int:
    """Fill the index and say what came of it; 1 when a folder could not be read."""
    from annotator.imaging.exam_index.filling import fill
    from annotator.settings import load_settings

    given = {"database": arguments.database, "reader": arguments.reader}
    settings = load_settings(arguments.settings, given)
    index = _index_of(settings)
    if arguments.jobs is not None and arguments.jobs < 1:
        raise CallError(f"--jobs is {arguments.jobs}; give at least 1")
    if arguments.forget:
        return _forget(index, arguments.folders)
    folders = [*arguments.folders, *(_roots(index) if arguments.again else ())]
    if not folders:
        return _tell_roots(index, as_json=arguments.json)
    if arguments.lines:
        from annotator.imaging.exam_index.image_facts import go_behind

        go_behind()
    filled = fill(folders, index, jobs=arguments.jobs, token=CancelToken(_teller(lines=arguments.lines)))
    if arguments.json or arguments.lines:
        print_json(asdict(filled))
    else:
        print("\n".join(visible(line) for line in _as_text(filled)))
    return 1 if filled.unreachable else 0


def _index_of(settings: Settings) -> Path:
    from annotator.settings import exam_index_path

    if not settings.header_index:
        raise CallError(
            "header_index is off in your settings, so nothing is kept of headers; switch it on to index folders"
        )
    return exam_index_path(settings)


def _roots(index: Path) -> list[Path]:
    from annotator.imaging.exam_index.pages import ExamPages

    pages = ExamPages(index)
    try:
        return [path for path, _finished, _looked in pages.roots()]
    finally:
        pages.close()


def _forget(index: Path, folders: list[Path]) -> int:
    from annotator.imaging.exam_index.tables import leave_no_traces, opened
    from annotator.imaging.exam_index.writer import IndexWriter

    if not folders:
        raise CallError("--forget leaves out the folders you name; annotator index lists them")
    with opened(index) as connection:
        writer = IndexWriter(connection)
        for folder in folders:
            with writer.transaction():
                count = writer.forget_root(folder.absolute())
            print(visible(f"{folder}: {count:,} files are left out; readings stay"))
        leave_no_traces(connection)
    return 0


def _tell_roots(index: Path, *, as_json: bool) -> int:
    from datetime import datetime

    from annotator.imaging.exam_index.pages import ExamPages

    pages = ExamPages(index)
    try:
        roots, totals = pages.roots(), pages.totals()
    finally:
        pages.close()
    told = [
        {
            "path": str(path),
            "finished": finished,
            "looked": datetime.fromtimestamp(looked).astimezone().isoformat() if looked else None,
        }
        for path, finished, looked in roots
    ]
    if as_json:
        print_json(
            {"index": str(index), "exams": totals.exams, "with_faults": totals.faulty, "folders": told}
        )
        return 0
    print(visible(f"{index}: {totals.exams:,} exams"))
    for one in told:
        end = f"looked through {one['looked']}" if one["finished"] else "not yet to its end; --again goes on"
        print(visible(f"  {one['path']}: {end}"))
    if not told:
        print("  no folder is indexed; annotator index FOLDER begins")
    return 0


def _teller(*, lines: bool) -> Callable[[Progress], None]:
    """Tells how far it is: a line over and over on a terminal, lines of JSON to a program, nothing to a file."""
    if lines:
        return lambda progress: print(json.dumps(asdict(progress)), flush=True)
    if not sys.stderr.isatty():
        return lambda _progress: None
    return lambda p: print(
        f"\r{p.done:,} of {p.total or 0:,} {p.what} read", end="", file=sys.stderr, flush=True
    )


def _as_text(filled: Filled) -> list[str]:
    lines = [
        f"{filled.files:,} files, {filled.read:,} of them read: {filled.images:,} images, {filled.rejected:,} refused"
    ]
    if filled.missing:
        lines.append(
            f"{filled.missing:,} files are gone, {filled.moved:,} of their images were found elsewhere"
        )
    if filled.copies:
        lines.append(f"{filled.copies:,} images are there more than once")
    if filled.other_pixels:
        lines.append(
            f"{filled.other_pixels:,} images are there twice with DIFFERENT pixels; see which in the worklist"
        )
    return [*lines, *(f"{path}: cannot be read ({why})" for path, why in filled.unreachable)]
