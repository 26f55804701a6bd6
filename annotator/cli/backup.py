"""`annotator backup`: everything the database holds in one file, while somebody works in it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible
from annotator.cli.stopping import noted, stopped_by_keyboard
from annotator.jobs import Cancelled
from annotator.model.audit import AuditAct
from annotator.model.counts import counted

if TYPE_CHECKING:
    from annotator.store.backup import BackedUp


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `backup`."""
    parser = subparsers.add_parser(
        "backup",
        parents=[common],
        help="everything the database holds, in one file",
        description="Write all readings with their history to one file, while somebody works in them; it is looked at "
        "before it gets its name. 'annotator restore' brings it back, and it can be opened with --database. Exit "
        "status 1 also where the file was written but something else than this program had changed the database.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="the file to write; in a folder, one named by the time"
    )
    parser.add_argument("--replace", action="store_true", help="write over a file that is there")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run_backup)


def run_backup(args: argparse.Namespace) -> int:
    """Write the backup and say what it holds; 1 when the database was changed by something else."""
    from annotator.cli import INTERRUPTED
    from annotator.settings import load_settings
    from annotator.store.backup import back_up

    settings = load_settings(args.settings, {"database": args.database, "reader": args.reader})
    try:
        with stopped_by_keyboard() as token:
            made = back_up(settings.database, args.file, replace=args.replace, token=token)
    except Cancelled:
        print("Stopped; nothing was written.", file=sys.stderr)
        return INTERRUPTED
    noted(settings.database, AuditAct.BACKED_UP, f"to a file, SHA-256 {made.sha256[:16]}")
    for fault in made.faults:
        print(visible(f"annotator: {fault}"), file=sys.stderr)
    if made.faults:
        print("annotator: the backup holds the database as it is.", file=sys.stderr)
    if args.json:
        print_json(_json(made), indent=1)
    else:
        print(
            visible(
                f"{made.file}: {counted(made.readings, 'reading')} with {counted(made.revisions, 'revision')} of {made.source}, "
                f"{made.bytes / 1e6:.1f} MB, looked at page by page and found whole"
            )
        )
    return 1 if made.faults else 0


def _json(made: BackedUp) -> dict[str, Any]:
    return {
        "file": str(made.file),
        "database": made.source,
        "at": made.at.isoformat(),
        "revision": made.revision,
        "readings": made.readings,
        "revisions": made.revisions,
        "bytes": made.bytes,
        "sha256": made.sha256,
        "faults": list(made.faults),
    }
