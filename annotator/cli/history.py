"""What `annotator history` does with revisions: two of them compared in sentences, an old one said again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from annotator.cli.output import print_json, visible
from annotator.errors import CallError

if TYPE_CHECKING:
    from annotator.model.finding import Reading
    from annotator.store.store import Store
    from annotator.store.summaries import ReadingSummary


def add_options(parser: argparse.ArgumentParser) -> None:
    """`--compare` and `--restore`, one at a time."""
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--compare",
        nargs=2,
        type=int,
        metavar=("A", "B"),
        help="only what revision B says otherwise than revision A, in sentences; 0 is the empty reading",
    )
    instead.add_argument(
        "--restore",
        type=int,
        metavar="N",
        help="say again what revision N said, as a new revision of your own reading; nothing is removed",
    )


def run_compare(arguments: argparse.Namespace, store: Store, found: list[ReadingSummary], mine: str) -> int:
    """Print what differs between two revisions of one reading."""
    summary = _only(found, mine, arguments.exam)
    first, second = arguments.compare
    before, after = (_revision(store, summary, number) for number in (first, second))
    differences = _differences(before, after)
    if arguments.json:
        print_json(
            {
                "reading_id": summary.reading_id,
                "from": first,
                "to": second,
                "differences": differences,
            },
            indent=1,
        )
        return 0
    for one in differences or [f"Revisions {first} and {second} say the same."]:
        print(visible(one))
    return 0


def run_restore(arguments: argparse.Namespace, store: Store, found: list[ReadingSummary], mine: str) -> int:
    """Save what an old revision said as a new one. Raises SignedReading for a reading that is closed, or another's."""
    from annotator.errors import SignedReading
    from annotator.model.edits import restore
    from annotator.model.history import Act, restoring

    summary = _only(found, mine, arguments.exam)
    number = arguments.restore
    earlier = _revision(store, summary, number)
    last = store.revisions(summary.reading_id)[-1]
    if summary.reader != mine:
        raise SignedReading(
            f"This reading is {summary.reader}'s and only {summary.reader} can change it; nothing was saved."
        )
    after = restore(last.reading, earlier)
    if after is last.reading:
        said = f"The reading says what it said in revision {number}; nothing was saved."
        saved: int | None = None
    else:
        saved = store.save(after, reader=mine, based_on=last.number, act=Act.EDIT, label=restoring(number))
        changed = "; ".join(_differences(last.reading, after))
        said = f"Revision {saved} says again what revision {number} said: {changed}."
    if arguments.json:
        print_json({"reading_id": summary.reading_id, "restored": number, "revision": saved}, indent=1)
    else:
        print(visible(said))
    return 0


def _only(found: list[ReadingSummary], mine: str, exam: str) -> ReadingSummary:
    """The one reading that is meant: the only one, else the caller's own."""
    chosen = found if len(found) == 1 else [one for one in found if one.reader == mine]
    if len(chosen) != 1:
        ids = ", ".join(f"{one.reading_id} of {one.reader}" for one in found)
        raise CallError(f"{exam!r} has {len(found)} readings; name one by its id ({ids}).")
    return chosen[0]


def _revision(store: Store, summary: ReadingSummary, number: int) -> Reading:
    if number == 0:
        return store.blank(summary.reading_id)
    for one in store.revisions(summary.reading_id):
        if one.number == number:
            return one.reading
    raise CallError(
        f"There is no revision {number} in this reading of {summary.reader}; it has 1 to {summary.revisions}."
    )


def _differences(before: Reading, after: Reading) -> list[str]:
    from annotator.lexicon.loader import load_lexicon
    from annotator.store.narrative import changes_told

    return changes_told(before, after, load_lexicon(after.lexicon_edition).word)
