"""`annotator due`: what readers asked for, and when it is due; names nobody."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible

if TYPE_CHECKING:
    from annotator.lexicon.loader import Lexicon
    from annotator.rules.due import Due

_FAR = 36_500


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `due`."""
    parser = subparsers.add_parser(
        "due",
        parents=[common],
        help="what was asked for and is due",
        description="What the reader's own recommendations ask for, the most urgent first: of the reader's readings, and "
        "of those that others have signed. Exams are named by their Study Instance UID, patients not at all.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--on", metavar="DATE", type=_day, help="as if this day (2026-03-31) were today; else the real one"
    )
    parser.add_argument(
        "--within", metavar="DAYS", type=_days, help="only what is due so many days from now, or before"
    )
    parser.add_argument("--overdue", action="store_true", help="only what is overdue")
    parser.add_argument("--all", action="store_true", help="what was done as well")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run_due)


def run_due(args: argparse.Namespace) -> int:
    """Print what is due, each reader's apart; exit status 0 whether anything is or not."""
    from annotator.bootstrap import open_workspace
    from annotator.rules.due import DueState
    from annotator.settings import load_settings

    given = {"database": args.database, "reader": args.reader, "rules_file": args.rules}
    workspace = open_workspace(load_settings(args.settings, given), make_database=False)
    on = args.on or datetime.now().astimezone().date()
    try:
        everything = workspace.due(on)
    finally:
        workspace.close()
    wanted = [one for one in everything if _wanted(one, args, on)]
    if args.json:
        print_json({"on": on.isoformat(), "due": [_json(one, on) for one in wanted]}, indent=1)
        return 0
    _print(wanted, on, workspace.lexicon)
    done = sum(one.state is DueState.DONE for one in everything)
    if not wanted:
        print("Nothing that was asked for is waiting here.", file=sys.stderr)
    if done and not args.all:
        print(f"{done} done, listed with --all.", file=sys.stderr)
    return 0


def _wanted(one: Due, args: argparse.Namespace, on: date) -> bool:
    from annotator.rules.due import DueState

    if args.overdue and one.state is not DueState.OVERDUE:
        return False
    if one.state is DueState.DONE and not args.all:
        return False
    # what has no day cannot be said to be further away
    return args.within is None or one.due_on is None or (one.due_on - on).days <= args.within


def _print(found: Sequence[Due], on: date, lexicon: Lexicon) -> None:
    readers = dict.fromkeys(one.sighting.exam.reader for one in found)
    for reader in sorted(readers):
        print(f"{visible(reader)}:")
        for one in found:
            if one.sighting.exam.reader == reader:
                print(f"  {_line(one, on, lexicon)}")


def _line(one: Due, on: date, lexicon: Lexicon) -> str:
    from annotator.rules.due import asked_words, state_words

    seen = one.sighting
    exam = "an exam of unknown date" if seen.exam.exam_date is None else f"exam of {seen.exam.exam_date}"
    signed = "" if seen.exam.signed is None else f", signed (version {seen.exam.signed})"
    return (
        f"{state_words(one, on)}: {asked_words(seen, lexicon.word)}; F{seen.number}, {seen.category_words}{signed}, {exam}"
        f"  {visible(seen.exam.study_instance_uid)}"
    )


def _json(one: Due, on: date) -> dict[str, Any]:
    seen, closed = one.sighting, one.closed_by
    return {
        "state": one.state.value,
        "due_on": _iso(one.due_on),
        "days": None if one.due_on is None else (one.due_on - on).days,
        "asked": one.asked,
        "months": one.months,
        "reader": seen.exam.reader,
        "reading_id": seen.exam.reading_id,
        "study_instance_uid": seen.exam.study_instance_uid,
        "exam_date": _iso(seen.exam.exam_date),
        "stage": seen.exam.stage,
        "signed": seen.exam.signed,
        "finding": seen.number,
        "tracking_uid": seen.tracking_uid,
        "assessment": seen.assessment,
        "done_by": None
        if closed is None
        else {
            "study_instance_uid": closed.study_instance_uid,
            "exam_date": _iso(closed.exam_date),
            "stage": closed.stage,
            "same_finding": one.tracked,
        },
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{written!r} is no day; write it as 2026-03-31") from None


def _days(written: str) -> int:
    if written.isdecimal() and int(written) <= _FAR:
        return int(written)
    raise argparse.ArgumentTypeError(f"{written!r} is no number of days from 0 to {_FAR}")
