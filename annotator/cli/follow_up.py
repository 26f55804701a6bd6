"""`annotator follow-up`: the rule that fires for a finding, and why."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json

if TYPE_CHECKING:
    from annotator.model.finding import Description
    from annotator.model.follow_up import FollowUp


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `follow-up`."""
    parser = subparsers.add_parser(
        "follow-up",
        parents=[common],
        help="the rule that fires for a finding, and why",
        description="Looks up the documented follow-up of a finding. It suggests and never decides.",
    )
    parser.add_argument(
        "finding",
        metavar="FINDING.json|-",
        help="a finding as JSON; '-' reads one per line, answers one line each",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of sentences")
    parser.add_argument(
        "--edition",
        choices=("5", "v2025"),
        help="words of this BI-RADS edition (default: as in your settings)",
    )
    parser.set_defaults(run=run_follow_up)


def run_follow_up(args: argparse.Namespace) -> int:
    """Answer for one file, or for each line of standard input."""
    from pathlib import Path

    from annotator.errors import CallError, InvalidFinding
    from annotator.rules import follow_up, load_rules
    from annotator.settings import load_settings

    edition = args.edition or load_settings(args.settings).lexicon_edition
    table = load_rules()

    def answer(data: bytes) -> FollowUp:
        return follow_up(decode_description(data), table, lexicon_edition=edition)

    if args.finding == "-":
        return _answer_lines(sys.stdin.buffer, answer)
    try:
        data = Path(args.finding).read_bytes()
    except OSError as fault:
        raise CallError(
            f"{args.finding} cannot be read ({fault.strerror}); give the path of a finding as JSON, or - for"
            " findings line by line."
        ) from fault
    try:
        found = answer(data)
    except InvalidFinding as fault:
        raise InvalidFinding(f"{args.finding}: {fault}") from fault
    if args.json:
        print_json(_as_json(found))
    else:
        print(_in_sentences(found))
    return 0


def decode_description(data: bytes) -> Description:
    """What a finding as JSON says to the rules; a saved finding's other keys are passed over.

    Raises InvalidFinding, which names the field and the values it may have.
    """
    import msgspec

    from annotator.errors import InvalidFinding
    from annotator.model.finding import Description
    from annotator.model.older import finding_as_of_now

    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        said = finding_as_of_now(msgspec.json.decode(data, type=dict[str, Any]))
        _refuse_foreign(said)
        return msgspec.convert(said, Description)
    except msgspec.ValidationError as fault:
        raise InvalidFinding(_explain(str(fault))) from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise InvalidFinding(
            f"this is not a finding as JSON ({fault}); write {{...}} with its fields."
        ) from fault


def _refuse_foreign(keys: Collection[str]) -> None:
    """Refuse what would silently say nothing: a key that nearly names a field, or no field at all."""
    from dataclasses import fields
    from difflib import get_close_matches

    from annotator.errors import InvalidFinding
    from annotator.model.finding import Description, Finding

    known = {field.name for field in fields(Finding)}
    for key in set(keys) - known:
        close = get_close_matches(key.lower(), [field.name for field in fields(Description)], n=1, cutoff=0.8)
        if close and close[0] not in keys:
            raise InvalidFinding(f"there is no field {key!r}; did you mean {close[0]!r}?")
    if keys and not known & set(keys):
        wanted = ", ".join(field.name for field in fields(Description))
        raise InvalidFinding(f"this holds no field of a finding; a finding has {wanted}.")


_FIELD_OF = {"distributions": "distribution"}
"""Fields of a finding whose values the decision table knows by another name."""


def _explain(fault: str) -> str:
    """The sentence for a fault such as "Invalid enum value 'x' - at `$.morphology[0]`"."""
    import re

    from annotator.lexicon.conditions import FIELDS, UNSET

    what, _, where = fault.partition(" - at ")
    place = re.search(r"\$\.(\w+)", where)
    if place is None:
        return f"this is not a finding ({what}); write {{...}} with its fields."
    field = place.group(1)
    values = FIELDS.get(_FIELD_OF.get(field, field), ())
    if "yes" in values:
        allowed = "true or false"
    else:
        allowed = ", ".join((*(value for value in values if value != UNSET), "null"))
    if field in ("morphology", "distributions"):
        allowed = f"a list of {', '.join(value for value in values if value != UNSET)}; [] for none"
    return f"{field} cannot be read ({what}); it may be {allowed}."


def _answer_lines(lines: Iterable[bytes], answer: Callable[[bytes], FollowUp]) -> int:
    from annotator.errors import InvalidFinding

    status = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            print_json(_as_json(answer(line)))
        except InvalidFinding as fault:
            print_json({"line": number, "error": str(fault)})
            status = 1
    return status


def _as_json(found: FollowUp) -> dict[str, Any]:
    content = asdict(found)
    for late in ("notes", "patient_pages", "birads"):
        content[late] = content.pop(late)
    return content


def _in_sentences(found: FollowUp) -> str:
    from annotator.lexicon import load_lexicon
    from annotator.model.finding import Assessment

    lexicon = load_lexicon(found.lexicon_edition)
    category = "none"
    if found.suggested_assessment:
        name = lexicon.word(Assessment(found.suggested_assessment))
        category = f"category {found.suggested_assessment}, {name.lower()} (the reader's own category stands)"
    lines = [f"Documented follow-up: {found.text}", f"Suggestion: {category}", f"Rule: row {found.row}"]
    lines += [f"Because: {reason}" for reason in found.because]
    lines += [f"Note: {note}" for note in found.notes]
    if found.patient_pages or found.birads:
        lines += [f"Patient pages: {found.patient_pages}", f"BI-RADS: {found.birads}"]
    for tag in found.cited:
        source = lexicon.source(tag)
        lines.append(f"Source [{tag}]: " + " ".join(filter(None, (source.citation, source.address))))
        if source.sentence:
            lines.append(f"    It says: {source.sentence}")
    lines.append(
        f"Rules {found.rules_version}, lexicon edition {found.lexicon_edition}."
        " Decision support for labelling and research: not a diagnosis, not for treatment decisions."
    )
    return "\n".join(lines)
