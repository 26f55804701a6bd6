"""`annotator readings` lists what is saved, `annotator history` tells every revision of an exam's readings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.history import add_options, run_compare, run_restore
from annotator.cli.output import print_json, visible
from annotator.errors import CallError, StoreError
from annotator.model.counts import counted
from annotator.model.display import NOT_RECORDED

if TYPE_CHECKING:
    from annotator.model.signing import Signature
    from annotator.settings import Settings
    from annotator.store.store import Store
    from annotator.store.summaries import ReadingSummary


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `readings` and `history`."""
    listing = subparsers.add_parser(
        "readings", parents=[common], help="the saved readings", allow_abbrev=False
    )
    listing.add_argument("--json", action="store_true", help="one JSON document on standard output")
    listing.set_defaults(run=run_readings)
    history = subparsers.add_parser(
        "history",
        parents=[common],
        help="every revision of the readings of an exam",
        description="Every act that was saved: when, who, what, and with which version of the program.",
        allow_abbrev=False,
    )
    history.add_argument(
        "exam",
        metavar="EXAM",
        help="Study Instance UID or its unique beginning or end, the id of a reading, or a file or folder of the exam",
    )
    history.add_argument("--json", action="store_true", help="one JSON document on standard output")
    add_options(history)
    history.set_defaults(run=run_history)


def run_readings(args: argparse.Namespace) -> int:
    """Print every saved reading, the one saved last first."""
    store = _open(args)
    try:
        found = store.readings()
        names = _names(store)
        signatures = {s.reading_id: store.latest(s.reading_id).signatures for s in found if s.versions}
    finally:
        store.close()
    if args.json:
        listed = [_summary_json(one, signatures.get(one.reading_id, ())) for one in found]
        print_json({"readings": listed}, indent=1, default=_iso)
        return 0
    if not found:
        print("No readings are saved yet.", file=sys.stderr)
    for summary in found:
        said = ", ".join(a or "no category" for a in summary.assessments)
        _say(
            f"{_local(summary.last_at)}  {names.get(summary.reader, summary.reader)}  {counted(summary.findings, 'finding')}"
            f"{f' ({said})' if said else ''}, {counted(summary.marks, 'mark')}, "
            f"{counted(summary.revisions, 'revision')}, {_state(summary)}  {summary.study_instance_uid}"
        )
        for signature in signatures.get(summary.reading_id, ()):
            _say(f"    {_signed(signature)}")
    return 0


def run_history(args: argparse.Namespace) -> int:
    """Print every revision of every reader's reading of one exam, oldest first."""
    settings = _settings(args)
    store = _open(args)
    try:
        chosen = _find(store, args.exam)
        if args.compare:
            return run_compare(args, store, chosen, settings.reader)
        if args.restore is not None:
            return run_restore(args, store, chosen, settings.reader)
        told = [
            (summary, list(_acts(store, summary)), store.latest(summary.reading_id).signatures)
            for summary in chosen
        ]
        names = _names(store)
    finally:
        store.close()
    if args.json:
        found = [_summary_json(summary, signed) | {"history": acts} for summary, acts, signed in told]
        print_json({"readings": found}, indent=1, default=_iso)
        return 0
    for summary, acts, signed in told:
        who = names.get(summary.reader, summary.reader)
        _say(f"Exam {summary.study_instance_uid}, read by {who} (reading {summary.reading_id})")
        _say(f"        {_state(summary)}")
        for signature in signed:
            _say(f"        {_signed(signature)}")
        display = NOT_RECORDED
        for act in acts:
            if act["display"] != display:
                display = act["display"]
                _say(f"        display: {display}")
            _say(
                f"{act['number']:>6}  {_local(act['at'])}  {act['reader']}  {act['sentence']}"
                f"  [{act['program_version']}]"
            )
    return 0


def _settings(args: argparse.Namespace) -> Settings:
    from annotator.settings import load_settings

    return load_settings(args.settings, {"database": args.database, "reader": args.reader})


def _open(args: argparse.Namespace) -> Store:
    from annotator.store.store import Store

    return Store.open(_settings(args).database, make=False)


def _names(store: Store) -> dict[str, str]:
    """By account, its name for people beside the account."""
    return {p.name: f"{p.display_name} ({p.name})" for p in store.people() if p.display_name != p.name}


def _acts(store: Store, summary: ReadingSummary) -> Iterator[dict[str, Any]]:
    from annotator.lexicon.loader import load_lexicon
    from annotator.store.narrative import tell

    before = store.blank(summary.reading_id)
    for revision in store.revisions(summary.reading_id):
        word = load_lexicon(revision.reading.lexicon_edition).word
        yield {
            "number": revision.number,
            "at": revision.at,
            "reader": revision.reader,
            "act": revision.act.value,
            "label": revision.label,
            "sentence": tell(before, revision, word),
            "program_version": revision.program_version,
            "display": revision.display,
        }
        before = revision.reading


def _find(store: Store, exam: str) -> list[ReadingSummary]:
    """The readings `exam` means. CallError when it means several exams, StoreError when none."""
    saved = store.readings()
    path = Path(exam)
    uids = _studies_under(path) if path.exists() else {exam}
    chosen = [s for s in saved if s.study_instance_uid in uids or s.reading_id == exam]
    if not chosen and exam and not path.exists():
        chosen = [s for s in saved if _begins_or_ends(s.study_instance_uid, exam)]
        studies = sorted({s.study_instance_uid for s in chosen})
        if len(studies) > 1:
            raise CallError(
                f"{exam!r} fits {len(studies)} exams ({', '.join(studies)}); write more of the UID."
            )
    if not chosen:
        raise StoreError(f"No reading of {exam!r} is saved; 'annotator readings' lists those that are.")
    return chosen


def _begins_or_ends(uid: str, part: str) -> bool:
    return uid.startswith(part) or uid.endswith(part)


def _studies_under(path: Path) -> set[str]:
    from annotator.imaging.collection import group_exams, list_images

    return {exam.study_instance_uid for exam in group_exams(list_images([path]).images)}


def _summary_json(summary: ReadingSummary, signatures: Iterable[Signature]) -> dict[str, Any]:
    return {
        "reading_id": summary.reading_id,
        "study_instance_uid": summary.study_instance_uid,
        "reader": summary.reader,
        "revisions": summary.revisions,
        "last_at": summary.last_at,
        "last_label": summary.last_label,
        "findings": summary.findings,
        "marks": summary.marks,
        "assessments": [a or None for a in summary.assessments],
        "display": summary.display,
        "done": summary.done,
        "exam_date": summary.exam_date,
        "signed": summary.signed or None,
        "amending": summary.versions > summary.signed,
        "signatures": [
            {
                "version": one.version,
                "reader": one.reader,
                "at": one.at,
                "reason": one.reason or None,
                "content": one.content,
                "program_version": one.program_version,
                "lexicon_edition": one.lexicon_edition,
                "lexicon_version": one.lexicon_version,
                "rules_version": one.rules_version,
                "rules": one.rules,
                "display": one.display,
            }
            for one in signatures
        ],
    }


def _say(line: str) -> None:
    """Readers, reasons and comments are anybody's words: none of them is a command to the terminal."""
    print(visible(line))


def _state(summary: ReadingSummary) -> str:
    """How far the reading is, in words: "signed, version 2"."""
    if summary.signed:
        return f"signed, version {summary.signed}"
    if summary.versions:
        return f"version {summary.versions} is being amended"
    return "done, not signed" if summary.done else "not signed"


def _signed(signature: Signature) -> str:
    """One signature in a line: version, reader, time, reason, and what it was signed with."""
    why = f", amended because: {signature.reason}" if signature.reason else ""
    at = _local(datetime.fromisoformat(signature.at))
    return (
        f"version {signature.version} signed by {signature.reader}, {at}{why}  "
        f"[program {signature.program_version}, table {signature.rules_version}, lexicon edition "
        f"{signature.lexicon_edition} {signature.lexicon_version}]"
    )


def _iso(moment: date) -> str:
    return moment.isoformat()


def _local(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
