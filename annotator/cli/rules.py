"""`annotator rules`: check a decision table, print it for people."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json

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
        help="is a rule table total, unambiguous and sourced?",
        description="Tries every combination of inputs on a rule table; exit status 1 when something is wrong.",
    )
    check.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="a rule table; default: the one in use"
    )
    check.add_argument("--json", action="store_true", help="one JSON document")
    check.set_defaults(run=run_check)
    table = parts.add_parser(
        "table", parents=[common], help="print the table for people", description="Rows in the order tried."
    )
    table.add_argument("--json", action="store_true", help="one JSON document")
    table.set_defaults(run=run_table)


def run_check(args: argparse.Namespace) -> int:
    """Say in sentences what is wrong with a rule table."""
    from annotator.errors import InvalidLexicon
    from annotator.lexicon import load_lexicon
    from annotator.lexicon.conditions import COMBINATIONS
    from annotator.rules import load_rules, problems

    lexicon = load_lexicon()
    try:
        table = load_rules(args.file)
    except InvalidLexicon as fault:
        found: tuple[str, ...] = (str(fault),)
        facts: dict[str, object] = {"version": None, "rows": 0}
    else:
        found = problems(table, lexicon)
        facts = {"version": table.version, "rows": len(table.rows)}
    if args.json:
        print_json({**facts, "combinations": COMBINATIONS, "problems": list(found)})
    elif found:
        for problem in found:
            print(problem, file=sys.stderr)
    else:
        print(
            f"Version {facts['version']}: {facts['rows']} rows; each of {COMBINATIONS:,} combinations of inputs"
            " ends in one row, every row decides some, every row cites its sources."
        )
    return 1 if found else 0


def run_table(args: argparse.Namespace) -> int:
    """Print the rule table in use."""
    from annotator.lexicon import load_lexicon
    from annotator.rules import load_rules

    table, lexicon = load_rules(), load_lexicon()
    if args.json:
        print_json(_as_json(table), indent=2)
    else:
        print(table_for_people(table, lexicon))
    return 0


def table_for_people(table: RuleTable, lexicon: Lexicon) -> str:
    """The rows as a Markdown table, in the order tried."""
    lines = [
        f"Decision table, version {table.version}. Rows are tried from top to bottom; the first match decides.",
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
    lines += ["", "Sources, those of patient pages sentence by sentence:", ""]
    for tag in dict.fromkeys(tag for row in table.rows for tag in row.sources):
        source = lexicon.source(tag)
        said = (f"{tag}: {source.citation}", source.sentence, source.address)
        lines.append("- " + ". ".join(part.rstrip(".") for part in said if part))
    return "\n".join(lines)


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
