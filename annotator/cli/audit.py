"""`annotator audit`: who opened, exported, signed what; names no patient."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible
from annotator.model.audit import AuditAct

if TYPE_CHECKING:
    from annotator.model.audit import AuditEntry


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `audit`."""
    parser = subparsers.add_parser(
        "audit",
        parents=[common],
        help="who opened, exported, signed what",
        description="What was done with readings and exams, the newest first. On PostgreSQL administrators see everybody's"
        " acts, others their own.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--since", metavar="DATE", type=_moment, help="from this day (2026-03-31) or moment on"
    )
    # not --reader, which says who is asking
    parser.add_argument("--by", metavar="READER", help="only what this one did")
    parser.add_argument("--exam", metavar="UID", help="only of this Study Instance UID")
    acts = [act.value for act in AuditAct]
    parser.add_argument(
        "--act",
        metavar="WORD",
        choices=acts,
        help=f"only this: {', '.join(acts)} (in quotes where it is two words)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run_audit)


def run_audit(arguments: argparse.Namespace) -> int:
    """Print the entries; 0 whether there are any or not."""
    from annotator.settings import load_settings
    from annotator.store.store import Store

    settings = load_settings(arguments.settings, {"database": arguments.database, "reader": arguments.reader})
    store = Store.open(settings.database, who=settings.reader, make=False)
    try:
        found = store.audit(study_instance_uid=arguments.exam, since=arguments.since)
    finally:
        store.close()
    by, act = arguments.by, arguments.act
    wanted = [one for one in found if by in (None, one.who) and act in (None, one.act.value)]
    if arguments.json:
        print_json({"audit": [_json(one) for one in wanted]}, indent=1)
        return 0
    for one in wanted:
        print(visible(_line(one)))
    if not wanted:
        asked = any((by, act, arguments.exam, arguments.since))
        print("Nothing of that is noted." if asked else "Nothing is noted yet.", file=sys.stderr)
    return 0


def _moment(said: str) -> datetime:
    try:
        return datetime.fromisoformat(said).astimezone()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{said!r} is no day or moment; write 2026-03-31") from None


def _line(one: AuditEntry) -> str:
    role = f" ({one.role})" if one.role else ""
    exam = f"  exam {one.study_instance_uid}" if one.study_instance_uid else ""
    what = f"  {one.what}" if one.what else ""
    return f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}  {one.who}{role}  {one.act.value}{exam}{what}"


def _json(one: AuditEntry) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "who": one.who,
        "role": one.role or None,
        "act": one.act.value,
        "reading_id": one.reading_id,
        "study_instance_uid": one.study_instance_uid,
        "what": one.what or None,
        "program_version": one.program_version,
    }
