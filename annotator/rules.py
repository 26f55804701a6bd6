"""From a description to its documented follow-up: the first row of the decision table that matches.

Suggests, never decides: the reader's own category stands beside it untouched, rows that ask or that
leave the decision to the reader give no category, and nothing here speaks about one patient's risk
(docs/domain.md, limits).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum

from annotator.lexicon.conditions import COMBINATIONS, bits_of, every_combination, values_of
from annotator.lexicon.decision_table import FollowUpAction, Note, Row, RuleTable, load_rules
from annotator.lexicon.loader import GROUPS, Lexicon, load_lexicon
from annotator.model.finding import Assessment, Description, Morphology

__all__ = ["FollowUp", "FollowUpAction", "RuleTable", "follow_up", "load_rules", "problems"]

_SUSPICION: dict[Assessment | None, int] = {
    Assessment.NEGATIVE: 0,
    Assessment.BENIGN: 1,
    Assessment.PROBABLY_BENIGN: 2,
    # no documented rule for one of the shapes: the finding as a whole cannot be called benign
    None: 3,
    Assessment.INCOMPLETE: 4,
    Assessment.SUSPICIOUS: 5,
    Assessment.LOW_SUSPICION: 5,
    Assessment.MODERATE_SUSPICION: 6,
    Assessment.HIGH_SUSPICION: 7,
    Assessment.HIGHLY_SUGGESTIVE: 8,
    Assessment.KNOWN_CANCER: 9,
}
_TAG = re.compile(r"\[([A-Za-z0-9]+(?:-[0-9A-Z]+)?)\]")
_LEADS_READER = re.compile(r"\b[Cc]ategor(?:y|ies)\b|\b4[ABC]\b|%")
_SHAPE_PLACE = {shape: place for place, shape in enumerate(Morphology)}


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What the table says about a finding.

    `suggested_assessment` None: the row gives no category. `interval_months` None: no source gives
    one. `because` are the reasons in sentences, `sources` tags of the lexicon, `notes` what the reader
    should know beside it. `patient_pages` and `birads` are what pages for patients and BI-RADS say where
    they differ ('' otherwise).
    """

    row: str
    suggested_assessment: str | None
    follow_up: FollowUpAction
    interval_months: int | None
    text: str
    because: tuple[str, ...]
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    patient_pages: str
    birads: str
    rules_version: str
    lexicon_edition: str

    @property
    def cited(self) -> tuple[str, ...]:
        """Tags of every source behind the result or named in one of its sentences, each once."""
        texts = (*self.because, *self.notes, self.patient_pages, self.birads)
        named = (tag for text in texts for tag in _TAG.findall(text))
        return tuple(dict.fromkeys((*self.sources, *named)))

    def before_choice(self) -> FollowUp:
        """What a reader who has not chosen a category may see: no category, no share of malignant findings."""

        def sayable(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(text for text in texts if not _LEADS_READER.search(text))

        patient_pages, birads = (sayable((self.patient_pages,)), sayable((self.birads,)))
        return replace(
            self,
            suggested_assessment=None,
            because=sayable(self.because),
            notes=sayable(self.notes),
            patient_pages="".join(patient_pages),
            birads="".join(birads),
        )


def follow_up(description: Description, table: RuleTable, *, lexicon_edition: str = "5") -> FollowUp:
    """The documented follow-up of a finding.

    Each shape is looked up by itself and the most suspicious result is kept (docs/domain.md, combining):
    2 < 3 < no documented rule < 0 < 4 and 4A < 4B < 4C < 5 < 6; among equals the shape of the more
    suspicious group, then the later one of the lexicon's order. `table` must be total (see `problems`).
    """
    lexicon = load_lexicon(lexicon_edition)
    shapes: tuple[Morphology | None, ...] = tuple(dict.fromkeys(description.morphology)) or (None,)
    found = [(_row(table, bits_of(description, shape)), shape) for shape in shapes]
    row, shape = (
        max(found, key=lambda one: _suspicion(one[0], one[1], lexicon)) if len(found) > 1 else found[0]
    )
    outcome = row.outcome_for(shape)
    words = _words(description, shape, lexicon)
    bits = bits_of(description, shape)
    topics = (table.comparisons[name] for name in row.compare)
    sides = [one for one in topics if one.when is None or one.when.holds(bits)]
    return FollowUp(
        row=row.id,
        suggested_assessment=row.suggestion.value if row.suggestion else None,
        follow_up=outcome.follow_up,
        interval_months=outcome.interval_months,
        text=outcome.text,
        because=tuple(_sentence(template, words) for template in row.because),
        sources=row.sources,
        notes=_notes(table, row, shape, description) + _other_shapes(found, row, shape, lexicon),
        patient_pages=" ".join(side.patient_pages for side in sides),
        birads=" ".join(side.birads for side in sides),
        rules_version=table.version,
        lexicon_edition=lexicon_edition,
    )


def _row(table: RuleTable, bits: int) -> Row:
    row = table.row_for(bits)
    if row is None:
        raise LookupError(f"no row of the decision table {table.version} covers {values_of(bits)}")
    return row


def _suspicion(row: Row, shape: Morphology | None, lexicon: Lexicon) -> tuple[int, int, int]:
    rank = _SUSPICION[row.suggestion]
    if shape is None:
        return rank, -1, -1
    return rank, GROUPS.index(lexicon.term(shape).group), _SHAPE_PLACE[shape]


def _words(said: Description, shape: Morphology | None, lexicon: Lexicon) -> dict[str, str]:
    def word(item: StrEnum | None, missing: str) -> str:
        return lexicon.word(item).lower() if item else missing

    return {
        "stage": word(said.stage, ""),
        "size": f"{word(said.size, '')}calcifications",
        "morphology": word(shape, "shape not described"),
        "distribution": word(said.distribution, "distribution not described"),
        "spread": word(said.spread, ""),
        "change": word(said.change, ""),
        "cancer": "next to a known cancer" if said.adjacent_cancer else "no known cancer next to it",
    }


def _sentence(template: str, words: dict[str, str]) -> str:
    filled = template.format_map(words)
    return filled[:1].upper() + filled[1:]


def _notes(table: RuleTable, row: Row, shape: Morphology | None, said: Description) -> tuple[str, ...]:
    bits = bits_of(said, shape)

    def applies(note: Note) -> bool:
        return (
            (not note.rows or row.id in note.rows)
            and (note.when is None or note.when.holds(bits))
            and set(note.together) <= set(said.morphology)
        )

    return tuple(note.text for note in table.notes if applies(note))


def _other_shapes(
    found: list[tuple[Row, Morphology | None]], row: Row, shape: Morphology | None, lexicon: Lexicon
) -> tuple[str, ...]:
    if len(found) == 1 or shape is None:
        return ()
    text = row.outcome_for(shape).text
    others = [(other, its_shape) for other, its_shape in found if its_shape is not shape and its_shape]
    if all(other is row for other, _ in others):
        said = [f"All shapes of this finding lead to row {row.id}."]
    else:
        said = [f"{lexicon.word(shape)} decides, the most suspicious of the shapes [MBC] (row {row.id})."]
    for other, its_shape in others:
        category = f"category {other.suggestion}" if other.suggestion else "no category"
        step = other.outcome_for(its_shape).text
        more = f" {step}" if step != text else ""
        if other is not row:
            said.append(f"{lexicon.word(its_shape)} alone: {category} (row {other.id}).{more}")
        elif more:
            said.append(f"{lexicon.word(its_shape)} as well:{more}")
    return tuple(said)


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
