"""Is a decision table total, reachable and sourced? Every fault as one sentence; and where its order matters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from annotator.lexicon.conditions import COMBINATIONS, UNSET
from annotator.lexicon.decision_table import Note, Row, RuleTable, load_rules
from annotator.lexicon.loader import KINDS, Lexicon
from annotator.model.follow_up import LEADS_READER, TAG, FollowUpAction
from annotator.rules.areas import (
    EVERYTHING,
    Decided,
    answers_of_both,
    decide,
    of_condition,
    of_value,
    values_in,
)


def problems(table: RuleTable, lexicon: Lexicon) -> tuple[str, ...]:
    """What is wrong with a decision table, in sentences; empty when it is total, reachable and sourced."""
    tried = decide(table)
    said = [
        *_version_of_another(table),
        *_holes_and_dead_rows(table, tried, lexicon),
        *_never_shown(table, tried),
        *_unsourced(table, lexicon),
        *_loose_ends(table),
    ]
    return tuple(said)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows that speak of the same combinations and answer differently: the one above decides.

    `count` combinations, of which `example` is one in words.
    """

    above: str
    below: str
    count: int
    example: str


def overlaps(table: RuleTable, lexicon: Lexicon) -> tuple[Overlap, ...]:
    """The pairs of rows whose order matters; rows that speak of everything are left out, being meant for the rest."""
    tried = decide(table)
    narrow = [row for row in table.rows if tried.spoken_of[row.id] != EVERYTHING]
    found = []
    for above, below in combinations(narrow, 2):
        shared = tried.decided[above.id] & tried.spoken_of[below.id]
        if shared and (differing := _answered_otherwise(above, below, shared)):
            example = in_words(values_in(differing), lexicon)
            found.append(Overlap(above.id, below.id, differing.bit_count(), example))
    return tuple(found)


def _answered_otherwise(above: Row, below: Row, shared: int) -> int:
    differing = 0
    for here, there, part in answers_of_both(above, below, shared):
        if here != there:
            differing |= part
    return differing


def in_words(values: dict[str, str], lexicon: Lexicon) -> str:
    """A combination as a reader would say it: "screening, standard views only; micro; amorphous; grouped; ..."."""
    said = []
    for name, value in values.items():
        if value == UNSET:
            said.append(f"{name} not said")
        elif name in KINDS:
            said.append(lexicon.word(KINDS[name](value)).lower())
        elif value == "yes":
            said.append(name.replace("_", " "))
    return "; ".join(said)


def _version_of_another(table: RuleTable) -> Iterator[str]:
    own = load_rules()
    if table.version == own.version and table.digest != own.digest:
        yield (
            f"Version {table.version} is that of the table of the program, and this one is another; give it a version"
            " of its own, so that saved findings tell which one spoke."
        )


def _holes_and_dead_rows(table: RuleTable, tried: Decided, lexicon: Lexicon) -> Iterator[str]:
    if tried.left:
        yield (
            f"{tried.left.bit_count():,} of {COMBINATIONS:,} combinations end in no row, for example:"
            f" {in_words(values_in(tried.left), lexicon)}; add a last row with when = [{{}}]."
        )
    for row in table.rows:
        if not tried.decided[row.id]:
            yield (
                f"Row {row.id} can never decide: the rows above it catch everything it describes;"
                " move or remove it."
            )
            continue
        for shape in row.by_morphology:
            if not tried.decided[row.id] & of_value("morphology", shape.value):
                yield f"Row {row.id} never decides for {shape.value}; remove its by_morphology.{shape.value}."


def _never_shown(table: RuleTable, tried: Decided) -> Iterator[str]:
    for note in table.notes:
        if not _note_area(note, table, tried):
            yield f"Note {note.text[:40]!r} can never be shown: none of its rows meets its when; correct it."
    for one in table.comparisons.values():
        told = 0
        for row in table.rows:
            if one.id in row.compare:
                told |= tried.decided[row.id]
        if not told & (EVERYTHING if one.when is None else of_condition(one.when)):
            yield f"Comparison {one.id!r} can never be shown: no row that names it meets its when; correct it."


def _note_area(note: Note, table: RuleTable, tried: Decided) -> int:
    area = 0
    for row in table.rows:
        if not note.rows or row.id in note.rows:
            area |= tried.decided[row.id]
    if note.when is not None:
        area &= of_condition(note.when)
    if note.together:
        area &= ~of_value("morphology", UNSET)
    return area


def _unsourced(table: RuleTable, lexicon: Lexicon) -> Iterator[str]:
    known = {*lexicon.sources, *table.sources}
    cited = [(f"Row {row.id}", row.sources, row.because) for row in table.rows]
    cited += [(f"Note {note.text[:40]!r}", note.sources, (note.text,)) for note in table.notes]
    cited += [
        (f"Comparison {one.id!r}", one.sources, (one.patient_pages, one.birads))
        for one in table.comparisons.values()
    ]
    for owner, tags, texts in cited:
        if not tags:
            yield f"{owner} cites no source; name at least one."
        named = [tag for text in texts for tag in TAG.findall(text)]
        for tag in dict.fromkeys((*tags, *named)):
            if tag not in known:
                yield (
                    f"{owner} cites {tag[:40]!r}, which neither the program nor the table has as a source;"
                    " add a [[source]] or correct the tag."
                )
    for row in table.rows:
        outcomes = (row.outcome, *row.by_morphology.values())
        if any(
            _SHARE.search(text) and not TAG.search(text)
            for text in (*row.because, *(o.text for o in outcomes))
        ):
            yield f"Row {row.id} tells a percentage and not the series it is of; put its tag in brackets beside it."
    for note in table.notes:
        if _SHARE.search(note.text) and not TAG.search(note.text):
            yield (
                f"Note {note.text[:40]!r} tells a percentage and not the series it is of;"
                " put its tag in brackets beside it."
            )


_SHARE = re.compile(r"\d\s*(%|per ?cent)")


def _loose_ends(table: RuleTable) -> Iterator[str]:
    ids = {row.id for row in table.rows}
    for note in table.notes:
        for name in note.rows:
            if name not in ids:
                yield f"Note {note.text[:40]!r} names row {name[:40]}, which is not there."
    for row in table.rows:
        for name in row.compare:
            if name not in table.comparisons:
                yield f"Row {row.id} compares {name[:40]!r}, which is not there."
        silent = row.outcome.follow_up in (FollowUpAction.MORE_INPUT, FollowUpAction.READER_DECIDES)
        if silent and row.suggestion:
            yield f"Row {row.id} leaves the decision to the reader and must not suggest a category."
        if not silent and not row.suggestion:
            yield f"Row {row.id} documents a follow-up but suggests no category; add suggestion."
        if LEADS_READER.search(" ".join(o.text for o in (row.outcome, *row.by_morphology.values()))):
            yield (
                f"Row {row.id} names a category or a percentage in its text, which is shown before the reader has"
                " chosen; say it in because."
            )
