"""`annotator restore`: a backup brought back into the database."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from annotator.cli.output import print_json, visible
from annotator.cli.stopping import noted, stopped_by_keyboard
from annotator.jobs import Cancelled
from annotator.model.audit import AuditAct
from annotator.model.counts import counted


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `restore`."""
    parser = subparsers.add_parser(
        "restore",
        parents=[common],
        help="bring a backup back into the database",
        description="Bring a backup into the database of the setting, whole or not at all. A database that holds "
        "readings is only replaced when told to, and after a backup of it.",
        allow_abbrev=False,
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="what 'annotator backup' wrote")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="in place of the readings that the database holds, which are kept in a file",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run_restore)


def run_restore(args: argparse.Namespace) -> int:
    """Restore, and say what the database holds now and where what it held before is."""
    from annotator.cli import INTERRUPTED
    from annotator.settings import data_dir, load_settings
    from annotator.store.restoring import restore

    settings = load_settings(args.settings, {"database": args.database, "reader": args.reader})
    try:
        with stopped_by_keyboard() as token:
            done = restore(
                args.file, settings.database, keep_in=data_dir(), replace=args.replace, token=token
            )
    except Cancelled:
        print("Stopped; the database is as it was.", file=sys.stderr)
        return INTERRUPTED
    noted(settings.database, AuditAct.RESTORED, f"{done.revisions} revisions of a file")
    if args.json:
        found = {
            "file": str(done.file),
            "database": done.target,
            "readings": done.readings,
            "revisions": done.revisions,
            "kept": None if done.kept is None else str(done.kept),
        }
        print_json(found, indent=1)
        return 0
    print(
        visible(
            f"{done.target} holds {counted(done.readings, 'reading')} with {counted(done.revisions, 'revision')} of {done.file}"
        )
    )
    if done.kept is not None:
        print(visible(f"what it held before is kept in {done.kept}"))
    return 0
