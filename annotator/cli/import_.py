"""`annotator import`: annotations of data sets and other programs into the database."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible
from annotator.cli.stopping import stopped_by_keyboard
from annotator.errors import CallError
from annotator.jobs import Cancelled
from annotator.model.counts import counted

if TYPE_CHECKING:
    from annotator.reporting.importing import Imported, Plan, PlannedReading

KINDS = (
    "inbreast",
    "cbis-ddsm",
    "vindr",
    "embed",
    "omi-db",
    "coco",
    "labelme",
    "sr",
    "gsps",
    "seg",
    "json",
)
"""Said here so that no reader is loaded for --help; a test compares them with those there are."""
MOST_NAMED = 10


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `import`."""
    parser = subparsers.add_parser(
        "import",
        parents=[common],
        help="annotations of data sets and other programs as readings",
        description="Bring annotations in as readings under the name of their source, or of --reader, each with what the source"
        " said beside the words of the lexicon. Images are found by file name, UID or folder. Running it again brings nothing in twice; a"
        " reading of a person is never changed. Exit status 1 when something was refused or has no image.",
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="files, or the folder of a data set"
    )
    parser.add_argument(
        "--as", dest="kind", choices=KINDS, default="", help="what it is (else told by content)"
    )
    parser.add_argument(
        "--images",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="where the images are (beside the annotations)",
    )
    parser.add_argument(
        "--calcification",
        action="append",
        default=[],
        metavar="LABEL",
        help="a label or category that stands for calcifications, though it does not say so (may be repeated)",
    )
    parser.add_argument(
        "--fine-pleomorphic",
        action="store_true",
        help="take 'pleomorphic' without more (EMBED K, CBIS-DDSM) for fine pleomorphic",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.set_defaults(run=run_import)


def run_import(arguments: argparse.Namespace) -> int:
    """Plan, and carry out; 1 when something was refused or has no image."""
    from annotator.bootstrap import open_workspace
    from annotator.cli import INTERRUPTED
    from annotator.reporting.import_sources import Wanted
    from annotator.reporting.importing import carry_out, plan
    from annotator.settings import load_settings

    missing = next((one for one in (*arguments.paths, *arguments.images) if not one.exists()), None)
    if missing is not None:
        raise CallError(f"{missing}: there is no such file or folder")
    named = ""
    if arguments.reader:
        # whose readings these become; who brings them in is the one of the settings, and stands in the audit
        named = load_settings(arguments.settings, {"reader": arguments.reader}).reader
    workspace = open_workspace(load_settings(arguments.settings, {"database": arguments.database}))
    wanted = Wanted(
        paths=tuple(arguments.paths),
        kind=arguments.kind,
        reader=named,
        images=tuple(arguments.images),
        calcifications=tuple(arguments.calcification),
        fine_pleomorphic=arguments.fine_pleomorphic,
    )
    done: Imported | None = None
    try:
        with stopped_by_keyboard() as token:
            planned = plan(workspace, wanted, token)
            if not arguments.dry_run:
                done = carry_out(workspace, planned, token)
    except Cancelled:
        print(
            "annotator: stopped; what was saved stays, and the same call goes on with the rest",
            file=sys.stderr,
        )
        return INTERRUPTED
    finally:
        workspace.close()
    refused = planned.left_out if done is None else done.refused
    if arguments.json:
        print_json(_document(planned, done, refused))
    else:
        _tell(planned, done, refused)
    return 1 if refused or planned.missing else 0


def _document(planned: Plan, done: Imported | None, refused: list[str]) -> dict[str, Any]:
    saved = {(one.exam.study_instance_uid, one.reader) for one in done.saved} if done else set()
    return {
        "dry_run": done is None,
        "readings": [
            {
                "study_instance_uid": one.exam.study_instance_uid,
                "reader": one.reader,
                "source": one.source,
                "state": one.state.value,
                "saved": (one.exam.study_instance_uid, one.reader) in saved,
                "findings": one.findings,
                "marks": one.marks,
                "clusters": one.clusters,
                "findings_without_a_word": one.unmapped,
            }
            for one in planned.readings
        ],
        "images_without_findings": planned.empty,
        "missing_images": list(planned.missing),
        "refused": refused,
        "notes": list(planned.notes),
    }


def _tell(planned: Plan, done: Imported | None, refused: list[str]) -> None:
    new = [one for one in planned.readings if one.is_new]
    if done is None:
        for one in new:
            day = "day not known" if one.exam.day is None else str(one.exam.day)
            print(visible(f"{one.exam.study_instance_uid}, {day}: {_contents(one)} by {one.reader}"))
        print(f"would save {_total(new)}")
    else:
        print(f"saved {_total(done.saved)}")
    there = sum(one.is_there for one in planned.readings)
    if there:
        print(f"there already, and left as they are: {counted(there, 'reading')}")
    unmapped = sum(one.unmapped for one in new)
    if unmapped:
        print(
            f"{counted(unmapped, 'finding')} with something that has no word here; what the source said is kept"
        )
    if planned.empty:
        print(f"{counted(planned.empty, 'image')} without calcifications: nothing was saved for them")
    for note in planned.notes:
        print(visible(note))
    if planned.missing:
        some = ", ".join(planned.missing[:MOST_NAMED])
        more = f" and {len(planned.missing) - MOST_NAMED} more" if len(planned.missing) > MOST_NAMED else ""
        print(
            visible(
                f"annotator: {counted(len(planned.missing), 'image')} not at hand: {some}{more}; name their folder with --images"
            ),
            file=sys.stderr,
        )
    for sentence in refused:
        print(visible(f"annotator: {sentence}"), file=sys.stderr)


def _total(readings: list[PlannedReading]) -> str:
    counts = (
        counted(len(readings), "reading"),
        counted(sum(one.findings for one in readings), "finding"),
        counted(sum(one.marks for one in readings), "mark"),
        counted(sum(one.clusters for one in readings), "outline"),
    )
    return ", ".join(counts)


def _contents(one: PlannedReading) -> str:
    return ", ".join(
        (counted(one.findings, "finding"), counted(one.marks, "mark"), counted(one.clusters, "outline"))
    )
