"""`annotator pseudonym`: whose exam stands behind a name in a report or findings file, and the other way round."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from annotator.cli.chosen import EXAM_HELP
from annotator.errors import StoreError

if TYPE_CHECKING:
    from annotator.reporting.turned_back import BehindName


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `pseudonym`."""
    parser = subparsers.add_parser(
        "pseudonym",
        parents=[common],
        help="which exam stands behind a name in an export, and the other way round",
        description="Turn a pseudonym of an exam, patient or image back into the UIDs of the exams it stands for, by the"
        " key of this database; or tell the pseudonym of an exam. What is turned back is noted in the audit.",
        allow_abbrev=False,
    )
    parser.add_argument("name", metavar="NAME", help="a name or UID as an export has it")
    parser.add_argument("--of", action="store_true", help=f"NAME is {EXAM_HELP}; tell what exports call it")
    parser.set_defaults(run=run_pseudonym)


def run_pseudonym(arguments: argparse.Namespace) -> int:
    """Print what stands behind a name, or the name; 0 when there is such an exam."""
    from annotator.bootstrap import open_workspace
    from annotator.cli.chosen import saved_reading
    from annotator.reporting.turned_back import behind
    from annotator.settings import load_settings

    settings = load_settings(arguments.settings, {"database": arguments.database, "reader": arguments.reader})
    workspace = open_workspace(settings, make_database=False)
    try:
        if arguments.of:
            reading, _ = saved_reading(workspace, arguments.name, None)
            print(workspace.pseudonyms.exam(reading.study_instance_uid))
            return 0
        found = behind(workspace, arguments.name)
    finally:
        workspace.close()
    if not found:
        raise StoreError(
            f"Nothing in this database is called {arguments.name!r} in exports; name the database the file came from."
        )
    for one in found:
        _print(one)
    return 0


def _print(one: BehindName) -> None:
    image = f"  image {one.sop_instance_uid}" if one.sop_instance_uid else ""
    day = f"  {one.exam_date}" if one.exam_date else ""
    sys.stdout.write(f"exam {one.study_instance_uid}{day}{image}\n")
