"""All descriptions a decision table is asked about at once, as the bits of one whole number.

Every combination of one value for each field of a condition has a number from 0 to COMBINATIONS - 1, and an area is
the whole number whose bits are the combinations in it. Two areas meet where `a & b` is not 0, and an area is counted
by `bit_count`, so that a table is tried on every combination in milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from annotator.lexicon.conditions import COMBINATIONS, FIELDS, Condition
from annotator.lexicon.decision_table import Outcome, Row, RuleTable
from annotator.model.finding import Assessment, Morphology

EVERYTHING = (1 << COMBINATIONS) - 1
"""The area of all combinations."""

_STRIDES: dict[str, int] = {}
_stride = COMBINATIONS
for _name, _values in FIELDS.items():
    _stride //= len(_values)
    _STRIDES[_name] = _stride


@cache
def of_value(field: str, value: str) -> int:
    """The combinations in which a field has a value."""
    stride, place = _STRIDES[field], FIELDS[field].index(value)
    area, length = ((1 << stride) - 1) << stride * place, stride * len(FIELDS[field])
    while length < COMBINATIONS:
        area |= area << length
        length *= 2
    return area & EVERYTHING


def of_condition(condition: Condition) -> int:
    """The combinations for which a condition holds."""
    found = 0
    for one in condition.alternatives:
        area = EVERYTHING
        for field, allowed in one.allowed.items():
            area &= _of_values(field, allowed)
        found |= area
    return found


@cache
def _of_values(field: str, values: frozenset[str]) -> int:
    area = 0
    for value in values:
        area |= of_value(field, value)
    return area


def values_in(area: int) -> dict[str, str]:
    """The first combination of an area that is not empty, as the value of each field."""
    number = (area & -area).bit_length() - 1
    return {name: FIELDS[name][number // stride % len(FIELDS[name])] for name, stride in _STRIDES.items()}


@dataclass(frozen=True, slots=True)
class Decided:
    """What a table answers on every combination.

    `spoken_of` is the area of each row's condition, `decided` the part of it that no row above catches, both by row
    id in the order of the table; `left` the combinations that end in no row.
    """

    spoken_of: Mapping[str, int]
    decided: Mapping[str, int]
    left: int


def decide(table: RuleTable) -> Decided:
    """Try a table on every combination; the first row whose condition holds decides."""
    spoken_of = {row.id: of_condition(row.when) for row in table.rows}
    decided: dict[str, int] = {}
    left = EVERYTHING
    for name, area in spoken_of.items():
        decided[name] = left & area
        left &= ~area
    return Decided(spoken_of, decided, left)


Answer = tuple[Assessment | None, Outcome]
"""What a row comes to: its category, and its follow-up in words."""


def answers(row: Row, area: int) -> Iterator[tuple[Answer, int]]:
    """The different answers of a row within an area, each with its part of it; rows may tell shapes apart."""
    for shape, special in row.by_morphology.items():
        part = area & of_value("morphology", Morphology(shape).value)
        if part:
            yield (row.suggestion, special), part
        area &= ~part
    if area:
        yield (row.suggestion, row.outcome), area


def answers_of_both(one: Row, other: Row, area: int) -> Iterator[tuple[Answer, Answer, int]]:
    """The answers of two rows side by side within an area, each pair with its part of it."""
    for answer, part in answers(one, area):
        for beside, smaller in answers(other, part):
            yield answer, beside, smaller
