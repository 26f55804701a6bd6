"""The small language of conditions in the decision table: which descriptions a row speaks about.

A condition is a list of alternatives; an alternative names, for some fields, the values allowed. Every
value of every field owns one bit, a description with one shape is the sum of its values' bits, and an
alternative is the sum of the bits it forbids: it matches when the two have no bit in common.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from annotator.lexicon.entries import Entry
from annotator.model.finding import Change, Description, Distribution, Morphology, Spread, Stage
from annotator.model.mark import MarkKind

UNSET = "unset"


def _ids(enum: type[StrEnum], *more: str) -> tuple[str, ...]:
    return (*(item.value for item in enum), *more)


FIELDS: Mapping[str, tuple[str, ...]] = {
    "stage": _ids(Stage),
    "size": _ids(MarkKind, UNSET),
    "morphology": _ids(Morphology, UNSET),
    "distribution": _ids(Distribution, UNSET),
    "spread": _ids(Spread),
    "change": _ids(Change),
    "certain": ("no", "yes"),
    "known_cancer_here": ("no", "yes"),
    "adjacent_cancer": ("no", "yes"),
    "priors_requested": ("no", "yes"),
}
"""Every field a condition may name, with its values; 376,320 combinations in all."""

COMBINATIONS = math.prod(len(values) for values in FIELDS.values())

_BITS: dict[str, dict[Any, int]] = {}
for _name, _possible in FIELDS.items():
    _start = sum(len(known) for known in _BITS.values())
    _BITS[_name] = {value: 1 << (_start + place) for place, value in enumerate(_possible)}

_STAGE, _SPREAD, _CHANGE, _MORPHOLOGY = (_BITS[name] for name in ("stage", "spread", "change", "morphology"))
_SIZE = {None if value == UNSET else value: bit for value, bit in _BITS["size"].items()}
_DISTRIBUTION = {None if value == UNSET else value: bit for value, bit in _BITS["distribution"].items()}
_CERTAIN, _KNOWN, _ADJACENT, _PRIORS = (
    (_BITS[name]["no"], _BITS[name]["yes"])
    for name in ("certain", "known_cancer_here", "adjacent_cancer", "priors_requested")
)


def bits_of(said: Description, morphology: Morphology | None, distribution: Distribution | None) -> int:
    """A description, looked at with one of its shapes in one of its distributions (None: not said), as bits.

    Stage, spread and change must have been said or assumed: KeyError otherwise.
    """
    return (
        _STAGE[said.stage]
        | _SIZE[said.size]
        | (_MORPHOLOGY[UNSET] if morphology is None else _MORPHOLOGY[morphology])
        | _DISTRIBUTION[distribution]
        | _SPREAD[said.spread]
        | _CHANGE[said.change]
        | _CERTAIN[said.certain]
        | _KNOWN[said.known_cancer_here]
        | _ADJACENT[said.adjacent_cancer]
        | _PRIORS[said.priors_requested]
    )


def values_of(bits: int) -> dict[str, str]:
    """The values behind the bits of one description, by field."""
    return {name: next(value for value, bit in known.items() if bit & bits) for name, known in _BITS.items()}


@dataclass(frozen=True, slots=True)
class Alternative:
    """Values allowed per field; a field that is not named may have any value.

    `written` is the same as it stands in the file: field, whether negated, values and names of sets.
    """

    allowed: Mapping[str, frozenset[str]]
    forbidden_bits: int
    written: tuple[tuple[str, bool, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when one of its alternatives does."""

    alternatives: tuple[Alternative, ...]

    def holds(self, bits: int) -> bool:
        """Whether the description with these bits meets the condition."""
        return any(not one.forbidden_bits & bits for one in self.alternatives)


Sets = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Per field, names that stand for several of its values."""


def read_sets(entry: Entry, content: Mapping[str, Any]) -> Sets:
    """The `[sets.FIELD]` tables of a decision table; InvalidLexicon when they name what does not exist."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for field, names in content.items():
        if field not in FIELDS or not isinstance(names, dict):
            raise entry.fault(f"unknown field {field!r}; the fields are {', '.join(FIELDS)}.")
        found[field] = {}
        for name, values in names.items():
            if name in FIELDS[field]:
                raise entry.fault(f"the name {name!r} is already a value of {field}; choose another.")
            named = _values(entry, field, values, {})
            found[field][name] = tuple(value for value in FIELDS[field] if value in named)
    return found


def read_condition(entry: Entry, content: list[Any], sets: Sets) -> Condition:
    """The condition written as `when = [{...}, ...]`; InvalidLexicon when it names what does not exist."""
    if not content:
        raise entry.fault("when has no alternative and could never hold; write [{}] for 'always'.")
    return Condition(tuple(_alternative(entry, one, sets) for one in content))


def _alternative(entry: Entry, content: Any, sets: Sets) -> Alternative:
    if not isinstance(content, dict):
        raise entry.fault("an alternative of when is a table such as { stage = ['screen'] }.")
    allowed: dict[str, frozenset[str]] = {}
    written: list[tuple[str, bool, tuple[str, ...]]] = []
    forbidden = 0
    for field, said in content.items():
        if field not in FIELDS:
            raise entry.fault(f"unknown field {field!r}; the fields are {', '.join(FIELDS)}.")
        negated = isinstance(said, dict)
        if negated and list(said) != ["not"]:
            raise entry.fault(f"{field} may be a list of values or {{ not = [...] }}.")
        listed = said["not"] if negated else said
        named = _values(entry, field, listed, sets.get(field, {}))
        kept = frozenset(FIELDS[field]) - named if negated else named
        allowed[field] = kept
        forbidden |= sum(bit for value, bit in _BITS[field].items() if value not in kept)
        written.append((field, negated, tuple(listed)))
    return Alternative(allowed, forbidden, tuple(written))


def _values(entry: Entry, field: str, listed: Any, names: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    if not isinstance(listed, list) or not listed:
        raise entry.fault(f"{field} needs a list of values that is not empty.")
    found: set[str] = set()
    for value in listed:
        if not isinstance(value, str):
            raise entry.fault(
                f"{field} has no value {value!r}; its values are texts, write {field} = ['...']."
            )
        if value in names:
            found.update(names[value])
        elif value in FIELDS[field]:
            found.add(value)
        else:
            raise entry.fault(
                f"{field} has no value {value!r}; it may be {', '.join((*FIELDS[field], *names))}."
            )
    return frozenset(found)
