"""Terms of the lexicon as codes, whatever the edition, and codes as terms again."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import TypeVar

from pydicom import Dataset

from annotator.exchange.sr.concepts import ORIGIN, OWN_SCHEME, OWN_TERM, own
from annotator.exchange.sr.items import MODIFIES, code
from annotator.exchange.sr.tree import Item
from annotator.lexicon.loader import Code, Lexicon, load_lexicon
from annotator.model.finding import Assessment

_Kind = TypeVar("_Kind", bound=StrEnum)

SHORTER: Mapping[str, str] = {
    "nipple_retraction": "nipple_retracted",
    "trabecular_thickening": "trabeculae",
    "axillary_adenopathy": "adenopathy",
    "routine_screening": "routine",
    "magnification_views": "magnification",
    "nipple_not_in_profile": "nipple_profile",
}
"""Ids that a Code Value of 16 characters cannot hold."""

OLDER_ASSESSMENTS: Mapping[str, Assessment] = {
    "II.AC.a": Assessment.INCOMPLETE,
    "II.AC.b.1": Assessment.NEGATIVE,
    "II.AC.b.2": Assessment.BENIGN,
    "II.AC.b.3": Assessment.PROBABLY_BENIGN,
    "II.AC.b.4": Assessment.SUSPICIOUS,
    "II.AC.b.5": Assessment.HIGHLY_SUGGESTIVE,
}
"""Codes of the scheme BI before SNOMED had the categories."""


def own_code(lexicon: Lexicon, item: StrEnum) -> Code:
    """The code of this program for a term, with the word of the reading's edition as its meaning."""
    return own(SHORTER.get(item.value, item.value), lexicon.word(item))


def term_item(
    lexicon: Lexicon, name: Code, item: StrEnum, value: Code | None = None, whose: Code | None = None
) -> Dataset:
    """What was said, under DICOM's code where there is one (`value` in place of it), with the edition's own word beside.

    DICOM's codes keep their own meaning: that of 4C says "Moderate suspicion", the fifth edition "High suspicion".
    """
    value, mine = value or lexicon.code(item), own_code(lexicon, item)
    beside = [] if value is None else [code(OWN_TERM, mine, relation=MODIFIES)]
    if whose is not None:
        beside.append(code(ORIGIN, whose, relation=MODIFIES))
    return code(name, value or mine, children=beside)


def term_of(kind: type[_Kind], item: Item) -> _Kind | None:
    """The term that a coded item says; None where there is none for it.

    The program's own code counts where it goes with DICOM's: who changed one of them has said something else.
    """
    said = item.code
    if said is None:
        return None
    if said.scheme == OWN_SCHEME:
        return _own_terms(kind).get(said.value)
    fitting = _terms(kind).get((said.value, said.scheme), ())
    beside = item.code_of(OWN_TERM)
    mine = _own_terms(kind).get(beside.value) if beside is not None else None
    if mine in fitting:
        return mine
    return fitting[0] if len(fitting) == 1 else None


@cache
def _own_terms(kind: type[_Kind]) -> dict[str, _Kind]:
    return {SHORTER.get(item.value, item.value): item for item in kind}


@cache
def _terms(kind: type[_Kind]) -> dict[tuple[str, str], tuple[_Kind, ...]]:
    """The terms of each code, as (value, scheme): a code can stand for several."""
    lexicon, found = load_lexicon(), dict[tuple[str, str], tuple[_Kind, ...]]()
    for item in kind:
        term = lexicon.term(item)
        for one in (*(() if term.code is None else (term.code,)), *term.also_read):
            found[one.value, one.scheme] = (*found.get((one.value, one.scheme), ()), item)
    if issubclass(kind, Assessment):
        found |= {(value, "BI"): (kind(category),) for value, category in OLDER_ASSESSMENTS.items()}
    return found
