"""`annotator findings`: what a reading says as JSON for programs, behind pseudonyms unless asked otherwise."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from annotator.cli.chosen import EXAM_HELP


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """The command and its options."""
    parser = subparsers.add_parser(
        "findings",
        parents=[common],
        help="a saved reading as JSON for programs",
        description="Write the findings of a saved reading with their marks, as the window does. Nothing in the file leads"
        " back to the exam without the database, unless --identified.",
        allow_abbrev=False,
    )
    parser.add_argument("exam", metavar="EXAM", help=EXAM_HELP)
    parser.add_argument("--output", metavar="FILE", type=Path, required=True, help="the file to write")
    parser.add_argument("--by", metavar="READER", help="whose reading, where several readers read the exam")
    parser.add_argument(
        "--identified",
        action="store_true",
        help="with the UIDs of exam and images, for programs that have the images",
    )
    parser.set_defaults(run=run_findings)


def run_findings(arguments: argparse.Namespace) -> int:
    """Write the file; 0 when it is written."""
    from annotator.bootstrap import open_workspace
    from annotator.cli.chosen import saved_reading
    from annotator.reporting import write_findings
    from annotator.settings import load_settings

    given = {"database": arguments.database, "reader": arguments.reader, "rules_file": arguments.rules}
    workspace = open_workspace(load_settings(arguments.settings, given), make_database=False)
    try:
        if workspace.rules_warning:
            print(f"annotator: {workspace.rules_warning}", file=sys.stderr)
        reading, exam = saved_reading(workspace, arguments.exam, arguments.by)
        write_findings(workspace, reading, exam, arguments.output, identified=arguments.identified)
    finally:
        workspace.close()
    return 0
