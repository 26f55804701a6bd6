"""`annotator copy`: the database at another place, from SQLite to PostgreSQL and back."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible
from annotator.cli.stopping import noted, stopped_by_keyboard
from annotator.jobs import Cancelled
from annotator.model.audit import AuditAct
from annotator.model.counts import counted

if TYPE_CHECKING:
    from annotator.store.copying import Copied


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `copy`."""
    parser = subparsers.add_parser(
        "copy",
        parents=[common],
        help="bring everything into another database",
        description="Bring everything the database holds into another that is empty, while somebody works in it, and "
        "compare them row by row. Copied again to the same place, only what was saved since goes there.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--to",
        metavar="URL",
        required=True,
        help="the other database: sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run_copy)


def run_copy(args: argparse.Namespace) -> int:
    """Copy, and say how much came and what both hold."""
    from annotator.cli import INTERRUPTED
    from annotator.settings import load_settings
    from annotator.store.copying import copy

    settings = load_settings(args.settings, {"database": args.database, "reader": args.reader})
    try:
        with stopped_by_keyboard() as token:
            done = copy(settings.database, args.to, token)
    except Cancelled:
        print("Stopped; nothing was copied.", file=sys.stderr)
        return INTERRUPTED
    noted(settings.database, AuditAct.COPIED, f"{done.added} rows to another database")
    if args.json:
        print_json(_json(done), indent=1)
        return 0
    readings, revisions = done.tables["readings"].rows, done.tables["revisions"].rows
    told = f"{counted(readings, 'reading')} with {counted(revisions, 'revision')}"
    print(visible(f"{done.target} holds what {done.source} held at {done.at.astimezone():%H:%M:%S}: {told}"))
    print(
        f"{counted(done.added, 'row')} came over; every row of {len(done.tables)} tables was read and compared on both sides"
    )
    print("What is saved in the old one from now on comes over when this is done again.", file=sys.stderr)
    return 0


def _json(done: Copied) -> dict[str, Any]:
    return {
        "from": done.source,
        "to": done.target,
        "at": done.at.isoformat(),
        "added": done.added,
        "tables": {name: {"rows": one.rows, "digest": one.digest} for name, one in done.tables.items()},
    }
