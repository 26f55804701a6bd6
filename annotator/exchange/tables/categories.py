"""Classes of a data set out of the lexicon: calcifications and clusters by the shape their finding is called.

The numbers never change and do not depend on what occurs, so that exports made at other times fit together. A class
is one word; a finding called by several, or by none, has a class that says so, and its words stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from annotator.lexicon.loader import Lexicon, Term
from annotator.model.finding import Finding, Morphology

MIXED, UNSAID = "mixed", "unsaid"
_WORDS = (*(shape.value for shape in Morphology), MIXED, UNSAID)


class Thing(StrEnum):
    """What an object of a data set is."""

    CALCIFICATION = "calcification"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Category:
    """`number` counts from 0 (YOLO; COCO counts from 1); `term` None: several words, or none."""

    number: int
    name: str
    thing: Thing
    word: str
    term: Term | None


def categories(lexicon: Lexicon) -> tuple[Category, ...]:
    """Every class, by number: "calcification_amorphous" ..., then "cluster_amorphous" ..."""
    named = ((thing, word) for thing in Thing for word in _WORDS)
    return tuple(
        Category(number, f"{thing}_{word}", thing, word, _term(lexicon, word))
        for number, (thing, word) in enumerate(named)
    )


def category_number(thing: Thing, finding: Finding) -> int:
    """The class of a mark or cluster of a finding, from 0."""
    said = finding.morphology
    word = UNSAID if not said else said[0].value if len(said) == 1 else MIXED
    return list(Thing).index(thing) * len(_WORDS) + _WORDS.index(word)


def _term(lexicon: Lexicon, word: str) -> Term | None:
    return None if word in (MIXED, UNSAID) else lexicon.term(Morphology(word))
