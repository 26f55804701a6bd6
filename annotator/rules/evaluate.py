"""From a description to its documented follow-up: the first row of the decision table that matches.

Suggests, never decides: the reader's own category stands beside it untouched, rows that ask or that
leave the decision to the reader give no category, and nothing here speaks about one patient's risk
(docs/domain.md, limits).
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from itertools import product
from typing import NamedTuple

from annotator.lexicon.conditions import bits_of, values_of
from annotator.lexicon.decision_table import Note, Row, RuleTable
from annotator.lexicon.loader import GROUPS, Lexicon, load_lexicon
from annotator.model.finding import (
    Assessment,
    Change,
    Description,
    Distribution,
    Morphology,
    Spread,
    Stage,
)
from annotator.model.follow_up import FollowUp
from annotator.rules.beside import NOTHING, Beside, notes_beside

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
_SHAPE_PLACE = {shape: place for place, shape in enumerate(Morphology)}
_PATTERN_PLACE = {pattern: place for place, pattern in enumerate(Distribution)}


class _Look(NamedTuple):
    """One shape in one distribution (None: not said), and the row that decides for it."""

    row: Row
    shape: Morphology | None
    pattern: Distribution | None
    bits: int


def follow_up(
    description: Description,
    table: RuleTable,
    *,
    lexicon_edition: str = "5",
    assumed_stage: Stage = Stage.SCREEN,
    known: Beside = NOTHING,
) -> FollowUp:
    """The documented follow-up of a finding.

    Each shape in each distribution is looked up by itself and the most suspicious result is kept (docs/domain.md,
    combining): 2 < 3 < no documented rule < 0 < 4 and 4A < 4B < 4C < 5 < 6; among equals the shape of the more
    suspicious group, then the later one of the lexicon's order. What the reader has not said of stage, spread and
    change is looked up as `assumed` tells; `assumed_stage` is what the images of the exam let one think. The order in
    which descriptors were said makes no difference. `known` adds notes and changes nothing else. `table` must be total
    (see `problems`).
    """
    lexicon = load_lexicon(lexicon_edition)
    said, assumed = _with_assumptions(description, assumed_stage, lexicon)
    shapes = tuple(dict.fromkeys(said.morphology)) or (None,)
    patterns = tuple(dict.fromkeys(said.distributions)) or (None,)
    looks = [_look(table, said, shape, pattern) for shape, pattern in product(shapes, patterns)]
    looks.sort(key=lambda look: _suspicion(look, lexicon), reverse=True)
    decides = looks[0]
    row, outcome = decides.row, decides.row.outcome_for(decides.shape)
    words = _words(said, decides, lexicon)
    topics = (table.comparisons[name] for name in row.compare)
    sides = [one for one in topics if one.when is None or one.when.holds(decides.bits)]
    return FollowUp(
        row=row.id,
        suggested_assessment=row.suggestion.value if row.suggestion else None,
        follow_up=outcome.follow_up,
        interval_months=outcome.interval_months,
        text=outcome.text,
        because=tuple(_sentence(template, words) for template in row.because),
        sources=row.sources,
        notes=(
            *_notes(table, decides, said),
            *_other_looks(looks, decides, lexicon),
            *notes_beside(known, row.suggestion, lexicon),
        ),
        patient_pages=" ".join(side.patient_pages for side in sides),
        birads=" ".join(side.birads for side in sides),
        rules_version=table.version,
        lexicon_edition=lexicon_edition,
        assumed=assumed,
    )


def _with_assumptions(
    said: Description, assumed_stage: Stage, lexicon: Lexicon
) -> tuple[Description, tuple[str, ...]]:
    """The description with what every row needs to know, and what of it the reader had not said."""
    stage, spread, change = said.stage, said.spread, said.change
    missing: list[tuple[str, StrEnum]] = []
    if stage is None:
        stage = assumed_stage
        missing.append(("Stage", stage))
    if spread is None:
        spread = Spread.ONE_SITE
        missing.append(("Spread", spread))
    if change is None:
        change = Change.NO_PRIOR
        missing.append(("Change", change))
    if not missing:
        return said, ()
    told = tuple(f"{name} not said: looked up as {lexicon.word(item).lower()}." for name, item in missing)
    return replace(said, stage=stage, spread=spread, change=change), told


def _look(
    table: RuleTable, said: Description, shape: Morphology | None, pattern: Distribution | None
) -> _Look:
    bits = bits_of(said, shape, pattern)
    row = table.row_for(bits)
    if row is None:
        raise LookupError(f"no row of the decision table {table.version} covers {values_of(bits)}")
    return _Look(row, shape, pattern, bits)


def _suspicion(look: _Look, lexicon: Lexicon) -> tuple[int, int, int, int]:
    rank = _SUSPICION[look.row.suggestion]
    pattern = -1 if look.pattern is None else _PATTERN_PLACE[look.pattern]
    if look.shape is None:
        return rank, -1, -1, pattern
    return rank, GROUPS.index(lexicon.term(look.shape).group), _SHAPE_PLACE[look.shape], pattern


def _words(said: Description, look: _Look, lexicon: Lexicon) -> dict[str, str]:
    def word(item: StrEnum | None, missing: str) -> str:
        return lexicon.word(item).lower() if item else missing

    return {
        "stage": word(said.stage, ""),
        "size": f"{word(said.size, '')}calcifications",
        "morphology": word(look.shape, "shape not described"),
        "distribution": word(look.pattern, "distribution not described"),
        "spread": word(said.spread, ""),
        "change": word(said.change, ""),
        "cancer": "next to a known cancer" if said.adjacent_cancer else "no known cancer next to it",
    }


def _sentence(template: str, words: dict[str, str]) -> str:
    filled = template.format_map(words)
    return filled[:1].upper() + filled[1:]


def _notes(table: RuleTable, look: _Look, said: Description) -> tuple[str, ...]:
    def applies(note: Note) -> bool:
        return (
            (not note.rows or look.row.id in note.rows)
            and (note.when is None or note.when.holds(look.bits))
            and set(note.together) <= set(said.morphology)
        )

    return tuple(_cited(note) for note in table.notes if applies(note))


def _cited(note: Note) -> str:
    """A note with those of its sources that it does not name itself, before its full stop."""
    tags = "".join(f"[{tag}]" for tag in note.sources if f"[{tag}]" not in note.text)
    return f"{note.text.rstrip('.')} {tags}." if tags else note.text


def _other_looks(looks: list[_Look], decides: _Look, lexicon: Lexicon) -> tuple[str, ...]:
    if len(looks) == 1:
        return ()
    several_patterns = len({look.pattern for look in looks}) > 1
    what = "descriptors" if several_patterns else "shapes"

    def named(look: _Look) -> str:
        parts = (look.shape, look.pattern if several_patterns else None)
        words = [lexicon.word(part) for part in parts if part is not None]
        return ", ".join([*words[:1], *(word.lower() for word in words[1:])])

    text = decides.row.outcome_for(decides.shape).text
    others = [look for look in looks if look is not decides]
    if all(look.row is decides.row for look in others):
        said = [f"All {what} of this finding lead to row {decides.row.id}."]
    else:
        said = [f"{named(decides)} decides, the most suspicious of the {what} [MBC] (row {decides.row.id})."]
    for look in others:
        category = f"category {look.row.suggestion}" if look.row.suggestion else "no category"
        step = look.row.outcome_for(look.shape).text
        more = f" {step}" if step != text else ""
        if look.row is not decides.row:
            said.append(f"{named(look)} alone: {category} (row {look.row.id}).{more}")
        elif more:
            said.append(f"{named(look)} as well:{more}")
    return tuple(said)
