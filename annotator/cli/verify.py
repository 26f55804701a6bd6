"""`annotator doctor --verify`: whether every revision of every reading is the one that was saved."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from annotator.cli.output import print_json, visible
from annotator.cli.progress import ProgressLine
from annotator.model.counts import counted


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `annotator doctor` that look at readings."""
    group = parser.add_argument_group("readings")
    group.add_argument(
        "--verify",
        action="store_true",
        help="only look whether every revision of every reading is the one that was saved; changes nothing, exit "
        "status 1 when one is not",
    )
    group.add_argument(
        "--keep-heads",
        metavar="FILE",
        type=Path,
        help="with --verify, write the end of every chain to a new file, to be kept elsewhere",
    )
    group.add_argument(
        "--against",
        metavar="FILE",
        type=Path,
        help="with --verify, compare with a file that --keep-heads wrote",
    )


def run_verify(arguments: argparse.Namespace) -> int:
    """Say each fault as it is found; 1 when there is one."""
    from annotator.settings import load_settings
    from annotator.store.checkup import verify

    settings = load_settings(arguments.settings, {"database": arguments.database, "reader": arguments.reader})
    faults: list[str] = []
    with ProgressLine() as line:

        def tell(fault: str) -> None:
            faults.append(fault)
            if not arguments.json:
                line.clear()
                print(visible(fault), flush=True)

        def progress(done: int, total: int) -> None:
            if done % 20 == 0 or done == total:
                line.show(f"{done:,} of {total:,} readings")

        found = verify(
            settings.database, tell, progress, against=arguments.against, heads_to=arguments.keep_heads
        )
    if arguments.json:
        told: dict[str, Any] = {
            "readings": found.readings,
            "revisions": found.revisions,
            "whole": found.whole,
            "not_covered": list(NOT_COVERED),
            "faults": faults,
        }
        print_json(told, indent=1)
    elif not faults:
        seen = "" if found.whole else " (what this account may see; an administrator sees all)"
        looked_at = f"{counted(found.readings, 'reading')}, {counted(found.revisions, 'revision')}"
        print(f"{looked_at}{seen}: all as saved.")
    if not arguments.json:
        print(f"No link covers {', '.join(NOT_COVERED)}: what somebody changed there is not told.")
    return 1 if faults else 0


NOT_COVERED = (
    "what was seen of images",
    "the audit",
    "who is who",
    "the dates of exams",
    "the digests of patients",
)
"""What the chain of revisions says nothing about (docs/database.md, the chain)."""
