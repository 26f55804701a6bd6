"""`annotator follow-up`: the rule that fires for a finding, and why; of a findings file, for all of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible

if TYPE_CHECKING:
    from annotator.exchange.findings_file import FindingsFile
    from annotator.lexicon.loader import Lexicon
    from annotator.model.finding import Finding
    from annotator.model.follow_up import FollowUp
    from annotator.rules import BreastAssessments, BreastValue, RuleTable

LIMITS = "Decision support for labelling and research: not a diagnosis, not for treatment decisions."


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
        metavar="FILE|-",
        help="a finding as JSON, or a findings file; '-' reads one finding per line, answers one line each",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of sentences")
    parser.add_argument(
        "--edition",
        choices=("5", "v2025"),
        help="words of this BI-RADS edition (default: that of the findings file, else as in your settings)",
    )
    parser.set_defaults(run=run_follow_up)


def run_follow_up(args: argparse.Namespace) -> int:
    """Answer for one file, or for each line of standard input."""
    from annotator.errors import CallError, InvalidFinding
    from annotator.exchange.findings_file import finding_of, findings_of, is_findings_file, read_document
    from annotator.lexicon import load_lexicon
    from annotator.rules import rules_in_use
    from annotator.settings import load_settings

    settings = load_settings(args.settings, {"rules_file": args.rules})
    edition = args.edition or settings.lexicon_edition
    table = rules_in_use(settings.rules_file, load_lexicon(edition))
    if args.finding == "-":
        return _answer_lines(sys.stdin.buffer, lambda finding: _look_up(finding, table, edition))
    path = Path(args.finding)
    try:
        document = read_document(path)
    except InvalidFinding as fault:
        if isinstance(fault.__cause__, OSError):
            raise CallError(f"{fault} Give a finding as JSON, or - for findings line by line.") from fault
        raise
    if is_findings_file(document):
        return _answer_file(findings_of(document, path), table, args)
    try:
        found = _look_up(finding_of(document), table, edition)
    except InvalidFinding as fault:
        raise InvalidFinding(f"{path}: {fault}") from fault
    if args.json:
        print_json(_as_json(found))
    else:
        _print([*_sentences(found, _lexicon(edition, table)), _versions(found)])
    return 0


def _look_up(finding: Finding, table: RuleTable, edition: str) -> FollowUp:
    from annotator.rules import Beside, follow_up

    known = Beside(associated=tuple(sorted(finding.associated)))
    return follow_up(finding, table, lexicon_edition=edition, known=known)


def _lexicon(edition: str, table: RuleTable) -> Lexicon:
    from annotator.lexicon import load_lexicon

    return load_lexicon(edition).with_sources(table.sources)


def _answer_lines(lines: Iterable[bytes], answer: Callable[[Finding], FollowUp]) -> int:
    from annotator.errors import InvalidFinding
    from annotator.exchange.findings_file import decode_finding

    status = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            print_json(_as_json(answer(decode_finding(line))))
        except InvalidFinding as fault:
            print_json({"line": number, "error": str(fault)})
            status = 1
    return status


def _answer_file(file: FindingsFile, table: RuleTable, args: argparse.Namespace) -> int:
    """Every finding of a findings file, then what they come to for each breast."""
    from annotator.exchange.finding_json import shown_beside
    from annotator.model.finding import Stage
    from annotator.rules import breast_assessments, follow_up, known_of

    reading, images = file.reading, file.images
    edition = args.edition or reading.lexicon_edition
    magnified = any(image.view.magnified for image in images.values())
    full = {
        finding.id: follow_up(
            reading.described(finding.id),
            table,
            lexicon_edition=edition,
            assumed_stage=Stage.WORKUP if magnified else Stage.SCREEN,
            known=known_of(reading, finding, images),
        )
        for finding in reading.findings
    }
    told = {
        finding.id: shown_beside(finding, full[finding.id]) or full[finding.id]
        for finding in reading.findings
    }
    lexicon = _lexicon(edition, table)
    sides = {uid: image.laterality for uid, image in images.items()}
    breasts = breast_assessments(reading, full, sides, lexicon)
    if args.json:
        print_json(_file_as_json(file, table, told, breasts))
        return 0
    for finding in reading.findings:
        own = f"category {finding.assessment}" if finding.assessment else "no category"
        _print([f"F{finding.number} (the reader's own: {own})", *_sentences(told[finding.id], lexicon)])
        _print([*_signed(file, finding, told[finding.id]), ""])
    _print(_breasts(breasts))
    print(f"Rules {table.name}, lexicon edition {edition}. {LIMITS}")
    return 0


def _signed(file: FindingsFile, finding: Finding, now: FollowUp) -> Iterator[str]:
    """What the table said when the reading was signed last, and what differs today."""
    from annotator.rules import then_and_now

    for signature in file.reading.signatures[-1:]:
        signed = signature.finding(finding.id)
        if signed is not None:
            then = signed.follow_up if finding.assessment is not None else signed.follow_up.before_choice()
            category = then.suggested_assessment or "no category"
            told = f"row {then.row}, suggestion {category}: {then.text}" if then.row else then.text
            yield f"Signed as version {signature.version}: {told[:1].lower() + told[1:]}"
            yield from then_and_now(then, now)


def _file_as_json(
    file: FindingsFile, table: RuleTable, told: dict[str, FollowUp], breasts: BreastAssessments
) -> dict[str, Any]:
    return {
        "reading_id": file.reading.id,
        "rules_version": table.version,
        "rules_digest": table.digest,
        "findings": [
            {
                "finding": f"F{finding.number}",
                "id": finding.id,
                "assessment": finding.assessment,
                **_as_json(told[finding.id]),
                "then_and_now": list(_signed(file, finding, told[finding.id])),
            }
            for finding in file.reading.findings
        ],
        "breasts": asdict(breasts),
    }


def _breasts(breasts: BreastAssessments) -> Iterator[str]:
    yield from _by("Breasts, by the reader's own categories", breasts.own)
    yield from _by("Breasts, by the suggested categories", breasts.suggested)


def _by(heading: str, values: Sequence[BreastValue]) -> Iterator[str]:
    sides = {"R": "Right", "L": "Left"}
    if values:
        yield f"{heading}:"
    for value in values:
        beside = "".join(f", beside it {category}" for category in value.beside)
        side = sides.get(value.side or "", "Side not known")
        yield f"  {side}: {value.category or 'no value'}{beside}. {' '.join(value.because)}"


def _as_json(found: FollowUp) -> dict[str, Any]:
    content = asdict(found)
    for late in ("notes", "patient_pages", "birads"):
        content[late] = content.pop(late)
    return content


def _sentences(found: FollowUp, lexicon: Lexicon) -> Iterator[str]:
    from annotator.model.finding import Assessment

    category = "none"
    if found.suggested_assessment:
        name = lexicon.word(Assessment(found.suggested_assessment))
        category = f"category {found.suggested_assessment}, {name.lower()} (the reader's own category stands)"
    yield from (f"Documented follow-up: {found.text}", f"Suggestion: {category}")
    if found.row:
        yield f"Rule: row {found.row}"
    yield from (f"Assumed: {one}" for one in found.assumed)
    yield from (f"Because: {reason}" for reason in found.because)
    yield from (f"Note: {note}" for note in found.notes)
    if found.patient_pages or found.birads:
        yield from (f"Patient pages: {found.patient_pages}", f"BI-RADS: {found.birads}")
    for tag in found.cited:
        source = lexicon.source(tag)
        yield f"Source [{tag}]: " + " ".join(filter(None, (source.citation, source.address)))
        if source.sentence:
            yield f"    It says: {source.sentence}"


def _versions(found: FollowUp) -> str:
    return f"Rules {found.rules_version}, lexicon edition {found.lexicon_edition}. {LIMITS}"


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(visible(line))
