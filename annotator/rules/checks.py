"""Is a decision table total, reachable and sourced? Every fault as one sentence."""

from __future__ import annotations

from collections import Counter

from annotator.lexicon.conditions import COMBINATIONS, every_combination, values_of
from annotator.lexicon.decision_table import RuleTable
from annotator.lexicon.loader import Lexicon
from annotator.model.follow_up import FollowUpAction


def problems(table: RuleTable, lexicon: Lexicon) -> tuple[str, ...]:
    """What is wrong with a decision table, in sentences; empty when it is total, reachable and sourced."""
    return (*_holes_and_dead_rows(table), *_loose_ends(table, lexicon))


def _holes_and_dead_rows(table: RuleTable) -> list[str]:
    hits: Counter[str] = Counter()
    holes = 0
    example = 0
    for bits in every_combination():
        row = table.row_for(bits)
        if row is None:
            holes += 1
            example = example or bits
        else:
            hits[row.id] += 1
    said = []
    if holes:
        where = ", ".join(f"{name} {value}" for name, value in values_of(example).items())
        said.append(
            f"{holes} of {COMBINATIONS} combinations end in no row, for example {where};"
            " add a last row with when = [{}]."
        )
    said += [
        f"Row {row.id} can never decide: the rows above it catch everything it describes; move or remove it."
        for row in table.rows
        if not hits[row.id]
    ]
    return said


def _loose_ends(table: RuleTable, lexicon: Lexicon) -> list[str]:
    said = []
    cited = [(f"Row {row.id}", row.sources) for row in table.rows]
    cited += [(f"Note {note.text[:40]!r}", note.sources) for note in table.notes]
    cited += [(f"Comparison {one.id!r}", one.sources) for one in table.comparisons.values()]
    for owner, tags in cited:
        if not tags:
            said.append(f"{owner} cites no source; name at least one.")
        said += [
            f"{owner} cites {tag!r}, which sources.toml does not have; add it there or correct the tag."
            for tag in tags
            if tag not in lexicon.sources
        ]
    ids = {row.id for row in table.rows}
    for note in table.notes:
        said += [
            f"Note {note.text[:40]!r} names row {name}, which is not there."
            for name in note.rows
            if name not in ids
        ]
    for row in table.rows:
        said += [
            f"Row {row.id} compares {name!r}, which is not there."
            for name in row.compare
            if name not in table.comparisons
        ]
        silent = row.outcome.follow_up in (FollowUpAction.MORE_INPUT, FollowUpAction.READER_DECIDES)
        if silent and row.suggestion:
            said.append(f"Row {row.id} leaves the decision to the reader and must not suggest a category.")
        if not silent and not row.suggestion:
            said.append(f"Row {row.id} documents a follow-up but suggests no category; add suggestion.")
    return said
