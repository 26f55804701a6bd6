"""What the fields of a finding and their values are called: by chips, legends, summaries and the names of acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from annotator.lexicon.loader import GROUPS, Lexicon
from annotator.model.finding import (
    Assessment,
    Associated,
    Change,
    Morphology,
    Quadrant,
    Recommendation,
    Stage,
)
from annotator.model.image import Laterality

FIELDS: Mapping[str, str] = {
    "stage": "Stage of the exam",
    "size": "Size",
    "morphology": "Morphology",
    "distributions": "Distribution",
    "change": "Change",
    "assessment": "Category",
    "laterality": "Side",
    "quadrant": "Quadrant",
    "clock_face": "Clock face",
    "depth": "Depth",
    "nipple_distance": "Distance from nipple",
    "extent": "Greatest extent",
    "spread": "Spread",
    "associated": "Seen with it",
    "certainty": "Certainty",
    "recommendation": "Recommendation",
    "recommended_months": "Months",
    "recall": "View again",
    "comment": "Comment",
}
"""By the name of the field."""

AS_MEASURED = "as measured"
"""The value of a length that a chord takes over from what was measured."""


class Flag(NamedTuple):
    """A field that is said or not: its short word and what it means."""

    field: str
    short: str
    meaning: str


FLAGS: tuple[Flag, ...] = (
    Flag("certain", "sure of type", "You are sure of the benign type."),
    Flag("known_cancer_here", "cancer here", "Cancer is proven by biopsy at this very site."),
    Flag("adjacent_cancer", "next to cancer", "A known cancer lies next to these calcifications."),
    Flag("priors_requested", "priors first", "You want to see prior mammograms before you decide."),
)

SIDES: Mapping[Laterality, str] = {
    side: side.breast.capitalize() for side in (Laterality.RIGHT, Laterality.LEFT)
}

_SHORT: Mapping[StrEnum, str] = {
    Stage.SCREEN: "Screen",
    Stage.WORKUP: "Magnified",
    Stage.FU6: "6",
    Stage.FU12: "12",
    Stage.FU24: "24 mo",
    Morphology.FINE_LINEAR: "Fine linear / branching",
    Change.NO_PRIOR: "No prior",
    Change.NEW: "New",
    Change.INCREASED: "More",
    Change.MORPH_CHANGED: "Shape",
    Change.STABLE_LT2Y: "Stable < 2 y",
    Change.STABLE_2Y: "Stable 2 y +",
    Change.DECREASED: "Fewer",
    Associated.DISTORTION: "Distortion",
    Recommendation.ROUTINE_SCREENING: "Routine",
    Recommendation.ADDITIONAL_VIEWS: "More views",
    Recommendation.MAGNIFICATION_VIEWS: "Magnification",
    Recommendation.PRIOR_MAMMOGRAMS: "Priors",
    Recommendation.SIX_MONTHS: "6 months",
    Recommendation.TWELVE_MONTHS: "12 months",
    Recommendation.AS_PLANNED: "As planned",
    Quadrant.UPPER_OUTER: "upper outer",
    Quadrant.UPPER_INNER: "upper inner",
    Quadrant.LOWER_OUTER: "lower outer",
    Quadrant.LOWER_INNER: "lower inner",
}
"""Words for where there is little room; the lexicon's own where none stands here."""


def word_of(lexicon: Lexicon, field: str, value: Any) -> str:
    """A value of a field in the words of the lexicon: "Fine pleomorphic", "10 o'clock", "4B"."""
    if value == AS_MEASURED:
        return f"{FIELDS[field]} {AS_MEASURED}"
    flag = next((flag for flag in FLAGS if flag.field == field), None)
    if flag is not None:
        return flag.short.capitalize()
    if isinstance(value, Laterality):
        return SIDES.get(value, str(value))
    if field == "clock_face":
        return lexicon.clock_face(value).word
    if isinstance(value, Assessment):
        return f"{value} {lexicon.word(value)}"
    return lexicon.word(value) if isinstance(value, StrEnum) else str(value)


def short_of(lexicon: Lexicon, item: StrEnum) -> str:
    """A word for where there is little room."""
    return _SHORT.get(item) or lexicon.word(item)


def spoken(lexicon: Lexicon, field: str, value: Any) -> str:
    """What was said of a field, in the middle of a sentence; "none" for nothing."""
    if isinstance(value, tuple):
        items = ranked(lexicon, value) if field == "morphology" else value
        return ", ".join(lexicon.word(item).lower() for item in items) or "none"
    if isinstance(value, Assessment):
        return str(value)
    return "none" if value is None else word_of(lexicon, field, value).lower()


def ranked(lexicon: Lexicon, shapes: Iterable[Morphology]) -> tuple[Morphology, ...]:
    """Shapes by suspicion, the most suspicious first, in whatever order they were chosen."""
    order = list(Morphology)

    def suspicion(shape: Morphology) -> tuple[int, int]:
        return GROUPS.index(lexicon.term(shape).group), order.index(shape)

    return tuple(sorted(shapes, key=suspicion, reverse=True))
