"""`annotator export`: readings in the forms that others read, one exam or a whole project."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible
from annotator.cli.stopping import stopped_by_keyboard
from annotator.errors import CallError, ExportError, StoreError
from annotator.jobs import Cancelled
from annotator.model.counts import counted

if TYPE_CHECKING:
    from annotator.exchange.tables.split import Split
    from annotator.reporting.exam_files import ExamFiles
    from annotator.reporting.wanted import Exported, Selection, Wanted
    from annotator.workspace import Workspace

PICTURES = ("png16", "dicom")
"""Said here so that nothing of an export is loaded for --help; a test compares them with those there are."""


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """The command and its options."""
    parser = subparsers.add_parser(
        "export",
        parents=[common],
        help="readings as DICOM objects, tables and data sets to train on",
        description="Write saved readings in one or more forms into a folder. Nothing in it leads back to an exam"
        " without the database, unless --identified. Of other readers only what they signed goes out, unless they are"
        " named with --by. An interrupted export goes on with --resume. Exit status 1 when something could not be"
        " written; the rest was.",
        epilog="forms of one reading each: sr, sr-ohif (the same for OHIF), cad, seg, gsps, ko (DICOM objects, each with its"
        " proof), json, report (HTML); of all readings together: csv, parquet, coco, yolo, yolo-seg, masks (with DATA_CARD.md and SHA256SUMS).",
        allow_abbrev=False,
    )
    parser.add_argument(
        "exams",
        nargs="*",
        metavar="EXAM",
        help="files or folders of exams, ids of readings, or Study Instance UIDs or their unique beginnings or ends"
        " (default: every exam that was read)",
    )
    parser.add_argument(
        "--format",
        action="append",
        metavar="FORM",
        required=True,
        help="what to write; several with commas, or said again",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder to write into")
    parser.add_argument(
        "--by", metavar="READER", action="append", help="only readings by this reader; may be said again"
    )
    parser.add_argument("--signed", action="store_true", help="only readings as they were signed last")
    parser.add_argument(
        "--since", metavar="DATE", help="only readings saved on that day (2026-03-31) or later"
    )
    parser.add_argument(
        "--split",
        metavar="TRAIN,VAL,TEST",
        help="deal patients to three parts, in per cent: 70,15,15",
    )
    parser.add_argument(
        "--seed", metavar="N", type=int, default=1, help="another number deals anew (default 1)"
    )
    parser.add_argument(
        "--images",
        choices=PICTURES,
        help="the images too, as PNG of the stored values or as de-identified DICOM; beside tables and data sets",
    )
    parser.add_argument(
        "--no-places",
        action="store_true",
        help="decode nothing to find the breast; depth, quadrant and nipple distance then stay unmeasured",
    )
    parser.add_argument(
        "--identified", action="store_true", help="with the UIDs of exams and images, and comments as written"
    )
    parser.add_argument("--resume", action="store_true", help="go on with an export that was interrupted")
    parser.add_argument("--json", action="store_true", help="what was done as one JSON document")
    parser.set_defaults(run=run_export)


def run_export(arguments: argparse.Namespace) -> int:
    """Write everything; 1 when something could not be written."""
    from annotator.bootstrap import open_workspace
    from annotator.cli import INTERRUPTED
    from annotator.reporting.exam_files import ExamFiles
    from annotator.reporting.journal import is_begun
    from annotator.reporting.project import export_project
    from annotator.reporting.same_export import is_complete
    from annotator.settings import load_settings

    wanted = _wanted(arguments)
    if arguments.resume and is_complete(wanted):
        return _tell_complete(wanted, as_json=arguments.json)
    given = {"database": arguments.database, "reader": arguments.reader, "rules_file": arguments.rules}
    settings = load_settings(arguments.settings, given)
    workspace = open_workspace(settings, make_database=False)
    try:
        if workspace.rules_warning:
            print(f"annotator: {workspace.rules_warning}", file=sys.stderr)
        with stopped_by_keyboard() as token:
            files = ExamFiles(workspace, [Path(one) for one in arguments.exams if Path(one).exists()], token)
            try:
                selection = _selection(workspace, arguments, files)
                exported = export_project(workspace, selection, wanted, files, token, resume=arguments.resume)
            finally:
                files.close()
    except Cancelled:
        print("annotator: stopped; --resume goes on where it was", file=sys.stderr)
        return INTERRUPTED
    except ExportError as error:
        if not (isinstance(error.__cause__, OSError) and is_begun(wanted.out)):
            raise
        raise ExportError(f"{error} What was written stays; --resume goes on where it was.") from error
    finally:
        workspace.close()
    _tell(exported, wanted, settings.export_proof, as_json=arguments.json)
    return 1 if exported.faults else 0


def _wanted(arguments: argparse.Namespace) -> Wanted:
    from annotator.reporting.wanted import FORMS, Wanted, unfit

    words = (word.strip().lower() for said in arguments.format for word in said.split(","))
    forms = dict.fromkeys("html" if word == "report" else word for word in words if word)
    unknown = [form for form in forms if form not in FORMS]
    if unknown or not forms:
        known = ", ".join("report" if form == "html" else form for form in FORMS)
        raise CallError(f"--format {', '.join(unknown)}: there is no such form; choose of {known}.")
    if {"yolo", "yolo-seg"} <= set(forms):
        raise CallError("yolo and yolo-seg are two forms of the same files; choose one, or two folders.")
    wanted = Wanted(
        out=arguments.out,
        forms=tuple(forms),
        identified=arguments.identified,
        split=None if arguments.split is None else _split(arguments.split, arguments.seed),
        images=arguments.images or "",
        places=not arguments.no_places,
    )
    for option, said in (("--split", wanted.split), ("--images", wanted.images)):
        if said and not wanted.sets:
            raise CallError(
                f"{option} is for tables and data sets; say --format csv, coco, yolo or masks too."
            )
    if why := unfit(forms, wanted.images, identified=wanted.identified):
        raise CallError(f"--images {wanted.images}: {why}.")
    return wanted


def _split(said: str, seed: int) -> Split:
    from annotator.exchange.tables.split import Split

    try:
        shares = tuple(float(share) for share in said.split(","))
    except ValueError:
        raise CallError(f"--split {said}: give three numbers with commas, such as 70,15,15.") from None
    return Split(shares, seed)


def _selection(workspace: Workspace, arguments: argparse.Namespace, files: ExamFiles) -> Selection:
    from annotator.reporting.wanted import Selection

    return Selection(
        studies=_studies(workspace, arguments.exams, files) if arguments.exams else None,
        readers=frozenset(arguments.by) if arguments.by else None,
        signed=arguments.signed,
        since=None if arguments.since is None else _since(arguments.since),
    )


def _studies(workspace: Workspace, said: Sequence[str], files: ExamFiles) -> frozenset[str]:
    """The exams that are meant; of words that are no files, each has to mean one."""
    words = [one for one in said if not Path(one).exists()]
    meant: dict[str, set[str]] = {word: set() for word in words}
    if words:
        for head in workspace.heads():
            uid = head.study_instance_uid
            for word, found in meant.items():
                if word == head.reading_id or uid.startswith(word) or uid.endswith(word):
                    found.add(uid)
    for word, found in meant.items():
        exact = found & {word}
        if not found:
            raise StoreError(f"No reading of {word!r} is saved; 'annotator readings' lists those that are.")
        if len(found) > 1 and not exact:
            raise CallError(f"{word!r} means {len(found)} exams with readings; say more of the UID.")
        meant[word] = exact or found
    return files.named.union(*meant.values())


def _since(said: str) -> datetime:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise CallError(f"--since {said}: give a day as 2026-03-31.") from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _tell_complete(wanted: Wanted, *, as_json: bool) -> int:
    if as_json:
        print_json({"out": str(wanted.out), "formats": list(wanted.forms), "complete": True}, indent=1)
    else:
        print(visible(f"{wanted.out}: this export is complete, nothing is left to do"))
    return 0


def _tell(exported: Exported, wanted: Wanted, how_proven: str, *, as_json: bool) -> None:
    for fault in exported.faults:
        print(visible(f"annotator: {fault}"), file=sys.stderr)
    if as_json:
        head = {"out": str(wanted.out), "formats": list(wanted.forms), "complete": True}
        print_json(head | asdict(exported), indent=1)
        return
    told = f"{counted(exported.readings, 'reading')} of {counted(exported.exams, 'exam')}"
    print(visible(f"{wanted.out}: {told} as {', '.join(wanted.forms)}"))
    if wanted.objects:
        print(exported.proofs(how_proven))
    if wanted.sets:
        print("Not in it:")
        for line in exported.left_out:
            print(visible(f"  {line}"))
