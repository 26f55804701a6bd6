"""What a reader says of a finding as content items, and content items as what was said: one table for both ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from pydicom import Dataset

from annotator.exchange.sr import concepts as named
from annotator.exchange.sr.coded_terms import own_code, term_item, term_of
from annotator.exchange.sr.items import MODIFIES, code, num, text
from annotator.exchange.sr.texts import readable
from annotator.exchange.sr.tree import Item
from annotator.lexicon.loader import Code, Lexicon, load_lexicon
from annotator.model.finding import (
    LONGEST_MM,
    LONGEST_MONTHS,
    Assessment,
    Associated,
    Certainty,
    Change,
    Depth,
    Distribution,
    Finding,
    Morphology,
    Quadrant,
    Recommendation,
    SaidLength,
    Spread,
    Stage,
)
from annotator.model.geometry import SpacingBasis
from annotator.model.image import Laterality
from annotator.model.mark import MarkKind


@dataclass(frozen=True, slots=True)
class CodedField:
    """A field of a finding that is one term or several, and under which concept it stands.

    `also`: another concept of the same field. `first_only`: said once, not with each image.
    """

    field: str
    name: Code
    kind: type[StrEnum]
    also: Code | None = None
    several: bool = False
    first_only: bool = False


CODED = (
    CodedField("size", named.TYPE, MarkKind),
    CodedField("morphology", named.TYPE, Morphology, several=True),
    CodedField("distributions", named.DISTRIBUTION, Distribution, several=True),
    CodedField("change", named.CHANGE, Change),
    CodedField("quadrant", named.QUADRANT, Quadrant, also=named.CLOCK_OR_REGION),
    CodedField("depth", named.DEPTH, Depth),
    CodedField("assessment", named.ASSESSMENT, Assessment),
    CodedField("recommendation", named.RECOMMENDATION, Recommendation),
    CodedField("stage", named.STAGE, Stage, first_only=True),
    CodedField("spread", named.SPREAD, Spread, first_only=True),
    CodedField("associated", named.ASSOCIATED, Associated, several=True, first_only=True),
    CodedField("certainty", named.CERTAINTY, Certainty, first_only=True),
)

LENGTHS = (("extent", named.LONG_AXIS), ("nipple_distance", named.NIPPLE_DISTANCE))

_REGIONS = (Quadrant.CENTRAL, Quadrant.SUBAREOLAR, Quadrant.AXILLARY_TAIL)

SIDES = {
    Laterality.RIGHT: Code("24028007", "SCT", "Right"),
    Laterality.LEFT: Code("7771000", "SCT", "Left"),
    Laterality.BOTH: Code("51440002", "SCT", "Right and left"),
}
"""CID 244."""


def site_item(finding: Finding) -> Dataset:
    """The breast, with the side where the reader said it."""
    side = (
        ()
        if finding.laterality is None
        else (code(named.SIDE, SIDES[finding.laterality], relation=MODIFIES),)
    )
    return code(named.FINDING_SITE, named.BREAST, relation=MODIFIES, children=side)


def said_items(finding: Finding, lexicon: Lexicon, *, first: bool) -> Iterator[Dataset]:
    """Everything a reader said of a finding; of what other programs need not see with every image, once (`first`)."""
    for row in CODED:
        value = getattr(finding, row.field)
        if row.first_only and not first:
            continue
        for term in value if row.several else (() if value is None else (value,)):
            yield from _term_items(finding, lexicon, row, term)
    if finding.clock_face is not None:
        hour = lexicon.clock_face(finding.clock_face).code
        assert hour is not None
        yield code(named.CLOCK_OR_REGION, hour)
    yield from _interval(finding, lexicon)
    for field, name in LENGTHS:
        length: SaidLength | None = getattr(finding, field)
        if length is not None:
            yield millimetres(name, length.value_mm, length.how_known, named.SAID)
    if first:
        for field, name in named.FLAGS.items():
            if getattr(finding, field):
                yield code(name, named.YES)
        if (comment := readable(finding.comment)).strip():
            yield text(named.COMMENT, comment)


def millimetres(name: Code, value: float, how_known: str, whose: Code | None = None) -> Dataset:
    """A length with the word that says how it is known, and whose it is."""
    beside = [text(named.CALIBRATION, how_known, relation=MODIFIES)]
    if whose is not None:
        beside.append(code(named.ORIGIN, whose, relation=MODIFIES))
    return num(name, value, named.MM, children=beside)


def _term_items(finding: Finding, lexicon: Lexicon, row: CodedField, term: StrEnum) -> Iterator[Dataset]:
    name = row.also if row.also is not None and term in _REGIONS else row.name
    if term is Recommendation.TWELVE_MONTHS:
        return
    stronger = term is Recommendation.BIOPSY and finding.assessment is Assessment.HIGHLY_SUGGESTIVE
    yield term_item(lexicon, name, term, named.STRONGLY_BIOPSY if stronger else None)


def _interval(finding: Finding, lexicon: Lexicon) -> Iterator[Dataset]:
    """After how long: what the reader names, else what the recommendation says by itself.

    No code covers twelve months, so the interval alone stands for that recommendation, with its term beside it.
    """
    said = finding.recommendation
    by_itself = lexicon.recommendations[said.value].interval if said is not None else None
    months = finding.recommended_months
    if months is None and by_itself is None:
        return
    beside = [code(named.ORIGIN, named.OF_WORD if months is None else named.SAID, relation=MODIFIES)]
    if said is Recommendation.TWELVE_MONTHS:
        beside.append(code(named.OWN_TERM, own_code(lexicon, said), relation=MODIFIES))
    if months is None:
        assert by_itself is not None
        months = by_itself[0]
    yield num(named.INTERVAL, months, named.MONTHS, children=beside)


@dataclass(slots=True)
class SaidFields:
    """What content items say of a finding: `fields` by name, and the items that no field holds."""

    fields: dict[str, Any]
    left: list[Item]


def fields_said(items: Sequence[Item], *, own: bool) -> SaidFields:
    """What items of a measurement group say; `own`: written by this program, whose measured lengths are not said."""
    found, left = dict[str, Any](), list[Item]()
    for item in items:
        told = dict(_told(item, own=own))
        if not told:
            left.append(item)
        for field, value in told.items():
            if isinstance(value, tuple):
                found[field] = (
                    *found.get(field, ()),
                    *(one for one in value if one not in found.get(field, ())),
                )
            else:
                found.setdefault(field, value)
    found.pop("", None)
    return SaidFields(found, left)


def _told(item: Item, *, own: bool) -> Iterator[tuple[str, Any]]:
    """The field and value that an item says; ('', None) for one that needs no field."""
    if item.named(named.FINDING_SITE):
        yield from _site(item)
    elif item.named(named.INTERVAL) and item.number is not None:
        yield from _after(item)
    elif item.named(named.COMMENT) and item.text:
        yield "comment", item.text
    elif item.code is not None:
        yield from _term_told(item)
    elif item.number is not None:
        yield from _length_told(item, own=own)


def _site(item: Item) -> Iterator[tuple[str, Any]]:
    side = item.code_of(named.SIDE)
    for laterality, known in SIDES.items():
        if side is not None and side.value == known.value:
            yield "laterality", laterality
            return
    if side is None:
        yield "", None


def _after(item: Item) -> Iterator[tuple[str, Any]]:
    assert item.number is not None
    beside = item.code_of(named.OWN_TERM)
    if beside is not None and beside.value == Recommendation.TWELVE_MONTHS.value:
        yield "recommendation", Recommendation.TWELVE_MONTHS
    whose = item.code_of(named.ORIGIN)
    if whose is not None and whose.value == named.OF_WORD.value:
        yield "", None
        return
    months = item.number * _MONTHS.get(item.unit.value if item.unit else "", 0)
    if 0 <= months <= LONGEST_MONTHS and months == int(months) and item.unit and item.unit.value in _MONTHS:
        yield "recommended_months", int(months)


_MONTHS = {"mo": 1, "a": 12}


def _term_told(item: Item) -> Iterator[tuple[str, Any]]:
    whose = item.code_of(named.ORIGIN)
    if whose is not None and whose.value == named.OF_MARK.value:
        yield "", None
        return
    for row in CODED:
        if item.named(row.name) or (row.also is not None and item.named(row.also)):
            term = term_of(row.kind, item)
            if term is not None:
                yield row.field, (term,) if row.several else term
                return
    if item.named(named.CLOCK_OR_REGION) and item.code is not None and item.code.value in _hours():
        yield "clock_face", _hours()[item.code.value]
    for field, name in named.FLAGS.items():
        if item.named(name) and item.code is not None and item.code.value == named.YES.value:
            yield field, True


@cache
def _hours() -> dict[str, int]:
    faces = load_lexicon().clock_faces
    return {term.code.value: hour for hour, term in faces.items() if term.code is not None}


def _length_told(item: Item, *, own: bool) -> Iterator[tuple[str, Any]]:
    assert item.number is not None
    for field, name in LENGTHS:
        if not item.named(name) or item.unit is None or item.unit.value != "mm":
            continue
        whose = item.code_of(named.ORIGIN)
        if whose is not None and whose.value == named.MEASURED.value:
            yield "", None
        elif (whose is not None or not own) and 0 <= item.number < LONGEST_MM:
            how_known = item.text_of(named.CALIBRATION)
            basis = SpacingBasis(how_known) if how_known in set(SpacingBasis) else None
            yield field, SaidLength(item.number, basis)
