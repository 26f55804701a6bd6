"""`annotator deidentify`: copies of exams that say of nobody, for other people and programs."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible
from annotator.cli.stopping import stopped_by_keyboard
from annotator.errors import CallError
from annotator.jobs import Cancelled
from annotator.model.counts import counted

if TYPE_CHECKING:
    from annotator.jobs import CancelToken
    from annotator.reporting.deidentified_file import Asked, Record, Wish
    from annotator.reporting.deidentifying import Copied, Prepared
    from annotator.workspace import Workspace

RETAIN = {
    "patient": "patient",
    "full-dates": "full_dates",
    "device": "device",
    "institution": "institution",
    "uids": "uids",
    "private": "private",
    "descriptors": "descriptors",
}
DROP = {"dates": "shifted_dates", "structured": "structured", "graphics": "graphics"}
_BOX = re.compile(r"(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})")


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """The command and its options."""
    parser = subparsers.add_parser(
        "deidentify",
        parents=[common],
        help="copies of exams that say of nobody",
        description="Copy exams by the basic profile of DICOM PS3.15: names, numbers, private elements and descriptions"
        " out, UIDs replaced alike everywhere, dates moved by as many days for all exams of a patient. Only this database"
        " leads back. Exit status 1 when a file could not be copied; the others are. Started again, it goes on.",
        allow_abbrev=False,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, folder, DICOMDIR or ZIP")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the copies go")
    parser.add_argument(
        "--retain",
        metavar="WHAT",
        action="append",
        default=[],
        help=f"keep, comma-separated: {', '.join(RETAIN)}",
    )
    parser.add_argument(
        "--drop", metavar="WHAT", action="append", default=[], help=f"do not keep: {', '.join(DROP)}"
    )
    parser.add_argument(
        "--blackout",
        metavar="found|COL,ROW,W,H",
        action="append",
        default=[],
        help="black out what looks like burned-in text, or a rectangle of pixels on every image",
    )
    parser.add_argument(
        "--secondary", action="store_true", help="copy secondary captures and pictures of screens too"
    )
    parser.add_argument(
        "--safe-private",
        metavar="FILE",
        type=Path,
        help="more private elements that --retain private keeps (TOML as profile.toml)",
    )
    parser.add_argument("-r", "--recursive", action="store_true", help="folders within folders too")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be done, write nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object a file and line")
    parser.add_argument(
        "--jobs", metavar="N", type=int, help="processes (default: as many as cores and memory allow)"
    )
    parser.set_defaults(run=run_deidentify)


def run_deidentify(arguments: argparse.Namespace) -> int:
    """Copy every file; 0 when each has its copy or was left out on purpose."""
    from annotator.bootstrap import open_workspace
    from annotator.cli import INTERRUPTED
    from annotator.settings import load_settings

    wish = _wish(arguments)
    if arguments.jobs is not None and arguments.jobs < 1:
        raise CallError(f"--jobs {arguments.jobs}: one process at least is needed.")
    settings = load_settings(arguments.settings, {"database": arguments.database, "reader": arguments.reader})
    workspace = open_workspace(settings)
    try:
        with stopped_by_keyboard() as token:
            return _copy(workspace, arguments, wish, token)
    except Cancelled:
        print("annotator: stopped; the same command goes on with what is missing", file=sys.stderr)
        return INTERRUPTED
    finally:
        workspace.close()


def _copy(workspace: Workspace, arguments: argparse.Namespace, wish: Wish, token: CancelToken) -> int:
    from annotator.imaging.archive import shown_path
    from annotator.reporting.deidentifying import prepare, write_copies

    out = arguments.out.absolute()
    prepared = prepare(workspace, arguments.paths, out, wish, recursive=arguments.recursive, token=token)
    for bad in prepared.refused:
        _complain(shown_path(bad.path), bad.reason)
    _refuse_among_originals(prepared, out)

    def tell(asked: Asked, record: Record) -> None:
        if record.fault or record.passed:
            _complain(shown_path(asked.path), record.fault or record.passed)
        _tell(record, json=arguments.json)

    if not prepared.asked:
        if not prepared.refused:
            hint = "" if arguments.recursive else "; give -r to look into folders within folders"
            print(f"annotator: no DICOM file was found{hint}", file=sys.stderr)
        return 1
    copied = write_copies(workspace, prepared, out, wish, jobs=arguments.jobs, token=token, tell=tell)
    if not arguments.json:
        print(_summary(copied, dry=wish.dry))
    return 1 if copied.failed else 0


def _refuse_among_originals(prepared: Prepared, out: Path) -> None:
    """A copy must not lie where the next run would take it for an original."""
    inside = next((one for one in prepared.asked if one.path.absolute().is_relative_to(out)), None)
    if inside is not None:
        raise CallError(f"--out {out}: originals lie in it; choose a folder beside them.")


def _wish(arguments: argparse.Namespace) -> Wish:
    from annotator.exchange.deidentify import DEFAULT, Rectangle
    from annotator.reporting.deidentified_file import Wish

    retained, dropped = _words(arguments.retain, RETAIN, "--retain"), _words(arguments.drop, DROP, "--drop")
    options = (DEFAULT - dropped) | retained
    if "full_dates" in options:
        options -= {"shifted_dates"}
    boxes = list[Rectangle]()
    for said in arguments.blackout:
        if said == "found":
            continue
        found = _BOX.fullmatch(said)
        if found is None or not all(int(side) for side in found.groups()[2:]):
            raise CallError(
                f"--blackout {said}: write 'found', or column, row, width and height as 40,60,300,80."
            )
        boxes.append(Rectangle(*map(int, found.groups())))
    return Wish(
        options=options,
        found="found" in arguments.blackout,
        rectangles=tuple(boxes),
        secondary=arguments.secondary,
        safe_private=_safe_private(arguments.safe_private),
        dry=arguments.dry_run,
    )


def _words(said: list[str], known: dict[str, str], option: str) -> frozenset[str]:
    words = [word.strip() for one in said for word in one.split(",") if word.strip()]
    unknown = next((word for word in words if word not in known), None)
    if unknown is not None:
        raise CallError(f"{option} {unknown}: choose among {', '.join(known)}.")
    return frozenset(known[word] for word in words)


def _safe_private(path: Path | None) -> frozenset[tuple[str, str]]:
    import tomllib

    from annotator.exchange.deidentify import safe_private

    if path is None:
        return frozenset()
    try:
        return safe_private(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise CallError(
            f'--safe-private {path}: it needs a section [safe_private] with elements = [["CREATOR", "0019,xx23"]].'
        ) from error


def _complain(path: Path, reason: str) -> None:
    print(visible(f"annotator: {path}: {reason}"), file=sys.stderr)


def _tell(record: Record, *, json: bool) -> None:
    from annotator.reporting.deidentified_report import copy_document, text_words

    told = copy_document(record)
    if json:
        print_json(told | {"passed": record.passed or None, "fault": record.fault or None})
    elif record.file:
        print(visible(f"{record.file}  {told['changed']} values changed"), flush=True)
        for line in (*text_words(told), *record.notes):
            print(f"    {line}", flush=True)


def _summary(copied: Copied, *, dry: bool) -> str:
    if dry:
        words = [f"{counted(copied.written - copied.kept, 'copy', 'copies')} would be written"]
    else:
        words = [counted(copied.written, "copy", "copies")]
    if copied.kept:
        words.append(f"{copied.kept}{'' if dry else ' of them'} there from before")
    passed = sum(1 for one in copied.records if one.passed)
    if passed:
        words.append(f"{counted(passed, 'file')} left out")
    if copied.failed:
        words.append(f"{counted(copied.failed, 'file')} could not be copied")
    if copied.with_text:
        words.append(
            f"{counted(copied.with_text, 'image')} with what looks like burned-in text: look at them, or add --blackout found"
        )
    where = "" if copied.report is None else f"; what was done: {copied.report}"
    return "; ".join(words) + where
