"""`annotator rules`: check a decision table, print it for people."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible
from annotator.rules.checks import Overlap

if TYPE_CHECKING:
    from annotator.lexicon.conditions import Alternative, Condition
    from annotator.lexicon.decision_table import Row
    from annotator.lexicon.loader import Lexicon
    from annotator.rules import RuleTable


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `rules check` and `rules table`."""
    rules = subparsers.add_parser(
        "rules", help="check the decision table, or print it", description="The table behind every follow-up."
    )
    parts = rules.add_subparsers(metavar="COMMAND", required=True)
    check = parts.add_parser(
        "check",
        parents=[common],
        help="is a rule table total, reachable and sourced, and what does it say otherwise?",
        description="Tries every combination of inputs on a rule table; exit status 1 when something is wrong.",
    )
    check.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="a rule table; default: the one in use"
    )
    check.add_argument("--strict", action="store_true", help="rows whose order matters are a fault as well")
    check.add_argument("--json", action="store_true", help="one JSON document")
    check.set_defaults(run=run_check)
    table = parts.add_parser(
        "table", parents=[common], help="print the table for people", description="Rows in the order tried."
    )
    table.add_argument("--json", action="store_true", help="one JSON document")
    table.set_defaults(run=run_table)


def run_check(args: argparse.Namespace) -> int:
    """Say in sentences what is wrong with a rule table, where its order matters, and what it changes."""
    from annotator.errors import InvalidLexicon
    from annotator.lexicon import load_lexicon
    from annotator.lexicon.conditions import COMBINATIONS
    from annotator.rules import load_rules, problems
    from annotator.rules.checks import overlaps
    from annotator.rules.comparing import differences

    lexicon = load_lexicon()
    report: dict[str, Any] = {"version": None, "digest": None, "rows": 0, "combinations": COMBINATIONS}
    try:
        table = load_rules(args.file or _own_file(args))
    except InvalidLexicon as fault:
        report |= {"problems": [str(fault)], "overlaps": [], "differences": None}
    else:
        report |= {"version": table.version, "digest": table.digest, "rows": len(table.rows)}
        changes = asdict(differences(load_rules(), table, lexicon)) if table.file else None
        pairs = overlaps(table, lexicon)
        found = [*problems(table, lexicon), *(map(_pair, pairs) if args.strict else ())]
        report |= {"problems": found, "overlaps": [asdict(pair) for pair in pairs], "differences": changes}
    if args.json:
        print_json(report)
    else:
        _say(report, strict=args.strict)
    return 1 if report["problems"] else 0


def _own_file(args: argparse.Namespace) -> Path | None:
    """The file of the table in use, None for the one that comes with the program."""
    from annotator.settings import load_settings

    file = load_settings(args.settings, {"rules_file": args.rules}).rules_file
    return Path(file) if file else None


def _say(report: dict[str, Any], *, strict: bool) -> None:
    for problem in report["problems"]:
        print(visible(problem), file=sys.stderr)
    if not report["problems"]:
        print(
            f"Version {report['version']}: {report['rows']} rows; each of {report['combinations']:,} combinations of"
            " inputs ends in one row, every row decides some, every row cites its sources."
        )
    if report["overlaps"] and not strict:
        pairs = [Overlap(**pair) for pair in report["overlaps"]]
        print(
            f"\nThe order of rows matters for {len(pairs)} pairs, which speak of the same combinations and answer"
            " differently:"
        )
        for pair in pairs:
            print(f"  {pair.above} before {pair.below}: {pair.count:,}, for example: {pair.example}.")
    changes = report["differences"]
    if changes is None:
        return
    print("\nAgainst the table that comes with the program:")
    sentences = changes["sentences"] or ["Nothing is said otherwise."]
    print("\n".join(f"  {visible(sentence)}" for sentence in sentences))
    print(
        f"  Of {report['combinations']:,} combinations {changes['row']:,} end in another row,"
        f" {changes['category']:,} in another category, {changes['follow_up']:,} in another follow-up."
    )
    for one in changes["moved"]:
        print(f"  {one['before']} -> {one['after']}: {one['count']:,}, for example: {one['example']}.")


def _pair(pair: Overlap) -> str:
    return (
        f"Row {pair.above} goes before row {pair.below} in {pair.count:,} combinations of which both speak and which they"
        f" answer differently, for example: {pair.example}."
    )


def run_table(args: argparse.Namespace) -> int:
    """Print the rule table in use."""
    from annotator.lexicon import load_lexicon
    from annotator.rules import rules_in_use

    lexicon = load_lexicon()
    file = _own_file(args)
    table = rules_in_use(str(file or ""), lexicon)
    if args.json:
        print_json(_as_json(table), indent=2)
    else:
        for line in table_for_people(table, lexicon.with_sources(table.sources)).splitlines():
            print(visible(line))
    return 0


def table_for_people(table: RuleTable, lexicon: Lexicon) -> str:
    """The rows as a Markdown table, in the order tried."""
    lines = [
        f"Decision table, version {table.name}. Rows are tried from top to bottom; the first match decides.",
        "",
        "| Row | When | Suggested | Documented follow-up | Sources |",
        "|---|---|---|---|---|",
    ]
    for row in table.rows:
        when = "<br>or ".join(_condition(one, table, lexicon) for one in row.when.alternatives)
        category = f"{row.suggestion} ({lexicon.word(row.suggestion)})" if row.suggestion else "none"
        lines.append(
            f"| {row.id} | {when} | {category} | {_outcomes(row, lexicon)} | {', '.join(row.sources)} |"
        )
    lines += ["", "Names that stand for several values:", ""]
    for field, names in table.sets.items():
        for name, values in names.items():
            words = ", ".join(_value(field, value, lexicon) for value in values)
            lines.append(f"- {field}, {name}: {words}")
    lines += ["", *_tie_rules(), "", *_side_by_side(table), "", *_sources(table, lexicon)]
    return "\n".join(lines)


def _tie_rules() -> list[str]:
    from annotator.rules import TIE_RULES

    lines = ["Where there is more than one:", "", "| Where | What counts | Sources |", "|---|---|---|"]
    return lines + [f"| {rule.id} | {rule.text} | {', '.join(rule.sources)} |" for rule in TIE_RULES]


def _side_by_side(table: RuleTable) -> list[str]:
    lines = ["Where pages for patients and BI-RADS differ, both are shown:", ""]
    lines += ["| Topic | Pages for patients | BI-RADS | With rows |", "|---|---|---|---|"]
    for one in table.comparisons.values():
        rows = ", ".join(row.id for row in table.rows if one.id in row.compare)
        lines.append(f"| {one.id} | {one.patient_pages} | {one.birads} | {rows} |")
    return lines


def _sources(table: RuleTable, lexicon: Lexicon) -> list[str]:
    from annotator.rules import TIE_RULES

    tags = [tag for row in table.rows for tag in row.sources]
    tags += [tag for note in table.notes for tag in note.sources]
    tags += [tag for one in table.comparisons.values() for tag in one.sources]
    tags += [tag for rule in TIE_RULES for tag in rule.sources]
    lines = ["Sources, those of patient pages sentence by sentence:", ""]
    for tag in dict.fromkeys(tags):
        source = lexicon.source(tag)
        said = (f"{tag}: {source.citation}", source.sentence, source.address)
        lines.append("- " + ". ".join(part.rstrip(".") for part in said if part))
    return lines


def _condition(one: Alternative, table: RuleTable, lexicon: Lexicon) -> str:
    if not one.written:
        return "anything else"
    parts = []
    for field, negated, listed in one.written:
        if listed in (("yes",), ("no",)):
            parts.append(f"{'' if (listed == ('yes',)) is not negated else 'not '}{field.replace('_', ' ')}")
            continue
        known = table.sets.get(field, {})
        words = [name if name in known else _value(field, name, lexicon) for name in listed]
        parts.append(f"{field}{' not' if negated else ''}: {' / '.join(words)}")
    return "; ".join(parts)


def _value(field: str, value: str, lexicon: Lexicon) -> str:
    from annotator.lexicon.loader import KINDS

    return "not said" if value == "unset" else lexicon.word(KINDS[field](value)).lower()


def _outcomes(row: Row, lexicon: Lexicon) -> str:
    parts = [row.outcome.text]
    parts += [f"{lexicon.word(shape)}: {special.text}" for shape, special in row.by_morphology.items()]
    return "<br>".join(parts)


def _as_json(table: RuleTable) -> dict[str, object]:
    return {
        "version": table.version,
        "rows": [
            {
                "row": row.id,
                "when": _when(row.when),
                "suggested_assessment": row.suggestion,
                "follow_up": row.outcome.follow_up,
                "interval_months": row.outcome.interval_months,
                "text": row.outcome.text,
                "by_morphology": {
                    shape: {"follow_up": special.follow_up, "text": special.text}
                    for shape, special in row.by_morphology.items()
                },
                "because": row.because,
                "sources": row.sources,
            }
            for row in table.rows
        ],
        "notes": [
            {
                "text": note.text,
                "rows": note.rows,
                "when": _when(note.when) if note.when else [],
                "together": note.together,
                "sources": note.sources,
            }
            for note in table.notes
        ],
    }


def _when(condition: Condition) -> list[dict[str, list[str]]]:
    return [
        {field: sorted(values) for field, values in one.allowed.items()} for one in condition.alternatives
    ]
