"""What follows where there is more than one: descriptors, findings in a breast, views of a finding.

The rules that put results together, each with its sources, and the value of a breast, which is worked out for the
reader's own categories and for the suggested ones apart and never mixes the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Assessment
from annotator.model.image import Laterality


class TieRule(NamedTuple):
    """A rule for where there is more than one, in words, and tags of its sources."""

    id: str
    text: str
    sources: tuple[str, ...]


TIE_RULES = (
    TieRule(
        "several descriptors",
        "Each shape in each distribution of a finding is looked up alone and the most suspicious result is kept: 2, "
        "3, no documented rule, 0, 4 and 4A, 4B, 4C, 5; a known cancer goes before all. That no documented rule goes "
        "before 2 and 3 is this program's own.",
        ("MBC", "RULE"),
    ),
    TieRule(
        "size against shape",
        "Where the size word and the shape conflict, the shape decides, and a note says so.",
        ("BR5",),
    ),
    TieRule(
        "amorphous with punctate",
        "Amorphous decides. A note tells of the mostly punctate groups of one series; the table does not apply it.",
        ("BR5", "KIM23"),
    ),
    TieRule(
        "several findings in a breast",
        "Each keeps its own category. The value of the breast is that of the highest likelihood range; 0 and 6 are "
        "shown beside it and not ranked.",
        ("ASMT", "MBC"),
    ),
    TieRule(
        "several views of a finding",
        "They are one finding, described from the magnification view where there is one. Its size is the greatest "
        "extent in any one view, never an average.",
        ("SJRA-8", "SJRA-9", "RP-S", "RULE"),
    ),
    TieRule(
        "calcifications with something else",
        "A mass, a distortion or another finding with the calcifications is recorded and not looked at: the result "
        "is that of the calcification rule only.",
        ("RULE",),
    ),
)
"""In the order of the page about the rules."""


class _Range(NamedTuple):
    """Where a category stands by its range of likelihood, and among those of one place by how far it reaches."""

    place: int
    reach: int


_LIKELIHOOD: Mapping[Assessment, _Range] = {
    Assessment.NEGATIVE: _Range(0, 0),
    Assessment.BENIGN: _Range(1, 0),
    Assessment.PROBABLY_BENIGN: _Range(2, 0),
    Assessment.LOW_SUSPICION: _Range(3, 0),
    # without a subcategory it begins where 4A does
    Assessment.SUSPICIOUS: _Range(3, 1),
    Assessment.MODERATE_SUSPICION: _Range(4, 0),
    Assessment.HIGH_SUSPICION: _Range(5, 0),
    Assessment.HIGHLY_SUGGESTIVE: _Range(6, 0),
}
"""Categories by their ranges of likelihood [ASMT]; 0 and 6 have none."""

UNRANKED = (Assessment.INCOMPLETE, Assessment.KNOWN_CANCER)
"""Shown beside the value of a breast and never ranked with the others."""


def is_lower(category: Assessment, than: Assessment) -> bool:
    """Whether a category promises less than another. An incomplete one promises nothing; a known cancer is highest."""
    if Assessment.INCOMPLETE in (category, than) or category is Assessment.KNOWN_CANCER:
        return False
    return than is Assessment.KNOWN_CANCER or _LIKELIHOOD[category].place < _LIKELIHOOD[than].place


@dataclass(frozen=True, slots=True)
class Rated:
    """A finding with its category (None: none was given) and its side; `side_said`: by the reader, not by its images.

    `told` False: its category is kept back until the reader has chosen one.
    """

    name: str
    side: Laterality | None
    category: Assessment | None
    side_said: bool = True
    told: bool = True


@dataclass(frozen=True, slots=True)
class BreastValue:
    """What the findings of one breast come to.

    `side` None: of findings of whose side nothing is known. `category` None: none of them has a category that can be
    ranked. `beside` are the unranked categories among them, `because` says in sentences what led here.
    """

    side: Laterality | None
    category: Assessment | None
    beside: tuple[Assessment, ...]
    because: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BreastAssessments:
    """The values of the breasts by the reader's own categories, and by what the table suggests, never mixed."""

    own: tuple[BreastValue, ...]
    suggested: tuple[BreastValue, ...]


def breast_values(findings: Iterable[Rated], lexicon: Lexicon) -> tuple[BreastValue, ...]:
    """The value of each breast with findings, right before left, then of findings whose side is not known.

    Each finding keeps its own category; the highest range of likelihood gives the value [ASMT][MBC], and 0 and 6 stand
    beside it. A finding of both breasts counts for each.
    """
    rated = tuple(findings)
    values = []
    for side in (Laterality.RIGHT, Laterality.LEFT, None):
        sides = (None,) if side is None else (side, Laterality.BOTH)
        if here := [one for one in rated if one.side in sides]:
            values.append(_value(side, here, lexicon))
    return tuple(values)


def _value(side: Laterality | None, here: Sequence[Rated], lexicon: Lexicon) -> BreastValue:
    here = sorted(here, key=lambda one: one.name)
    ranked = [one for one in here if one.category is not None and one.category in _LIKELIHOOD]
    highest = max((one.category for one in ranked if one.category), key=_LIKELIHOOD.__getitem__, default=None)
    beside = tuple(category for category in UNRANKED if any(one.category is category for one in here))
    return BreastValue(
        side,
        highest,
        beside,
        tuple(_because(here, ranked, highest, beside, lexicon)),
        next(rule.sources for rule in TIE_RULES if rule.id == "several findings in a breast"),
    )


def _because(
    here: Sequence[Rated],
    ranked: Sequence[Rated],
    highest: Assessment | None,
    beside: Sequence[Assessment],
    lexicon: Lexicon,
) -> Iterable[str]:
    if highest is None:
        yield "No finding has a category that can be ranked."
    elif len(ranked) == 1:
        yield f"{ranked[0].name} is {_named(highest, lexicon)}."
    else:
        all_of_them = ", ".join(f"{one.name} {one.category}" for one in ranked)
        yield f"{_named(highest, lexicon)} is the highest range of likelihood of {all_of_them} [ASMT][MBC]."
    for category in beside:
        names = _names(one for one in here if one.category is category)
        yield f"{names}: {_named(category, lexicon)}, beside it and not ranked."
    if unrated := _names(one for one in here if one.category is None and one.told):
        yield f"{unrated}: no category."
    if kept_back := _names(one for one in here if not one.told):
        yield f"{kept_back}: not told before the reader's own category."
    if by_image := _names(one for one in here if one.side is not None and not one.side_said):
        yield f"{by_image}: side not said, taken from the images."


def _names(findings: Iterable[Rated]) -> str:
    return ", ".join(one.name for one in findings)


def _named(category: Assessment, lexicon: Lexicon) -> str:
    return f"{category} ({lexicon.word(category).lower()})"
