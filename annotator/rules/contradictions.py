"""What in a finding does not go together: said against said, and said against measured. It forbids nothing.

Which entry of `lexicon/contradictions.toml` applies is decided here; words and sources stand there. No sentence names a
category, or a suspicion, that the reader has not named (docs/domain.md, limits).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from annotator.lexicon.contradictions import ContradictionTerm, load_contradictions
from annotator.lexicon.loader import Lexicon
from annotator.model.finding import (
    Assessment,
    Change,
    Distribution,
    Finding,
    Morphology,
    Reading,
    Recommendation,
    SaidLength,
    Spread,
    Stage,
)
from annotator.model.follow_up import Contradiction
from annotator.model.geometry import Millimetres
from annotator.model.image import Laterality
from annotator.model.mark import MarkKind
from annotator.model.measured import Circumstances, Measured
from annotator.rules.place_conflicts import clock_against_quadrant, measured_half_against, quadrants_at

Words = dict[str, str]
Found = Iterator[tuple[str, Words]]

GROUP_LEAST, GROUP_WIDEST_MM = 5, 20.0
"""At least 5 within 1 cm, at most 2 cm across (BR5, grouped and regional)."""
UNCALIBRATED_SHARE = 0.05
"""What a size on an uncalibrated image may be off (docs/measuring.md, findings)."""
NIPPLE_DOUBT_MM = 5.0
"""What a distance from the nipple may be off, besides half of the extent of the finding."""

_SUSPICIOUS = frozenset(
    {
        Assessment.SUSPICIOUS,
        Assessment.LOW_SUSPICION,
        Assessment.MODERATE_SUSPICION,
        Assessment.HIGH_SUSPICION,
        Assessment.HIGHLY_SUGGESTIVE,
    }
)
_SURVEILLANCE = frozenset({Stage.FU6, Stage.FU12, Stage.FU24})
_LATER = frozenset(
    {Recommendation.ROUTINE_SCREENING, Recommendation.SIX_MONTHS, Recommendation.TWELVE_MONTHS}
)
_CONFLICTING: dict[Assessment, frozenset[Recommendation]] = {
    Assessment.INCOMPLETE: _LATER | {Recommendation.BIOPSY},
    Assessment.NEGATIVE: frozenset({Recommendation.BIOPSY, Recommendation.SIX_MONTHS}),
    Assessment.BENIGN: frozenset({Recommendation.BIOPSY, Recommendation.SIX_MONTHS}),
    Assessment.PROBABLY_BENIGN: frozenset({Recommendation.BIOPSY, Recommendation.ROUTINE_SCREENING}),
    Assessment.KNOWN_CANCER: _LATER,
    **dict.fromkeys(_SUSPICIOUS, _LATER),
}
_SIDES = {
    **{frozenset({side}): side.breast for side in (Laterality.RIGHT, Laterality.LEFT)},
    frozenset({Laterality.RIGHT, Laterality.LEFT}): "right and the left breast",
}


@dataclass(frozen=True)
class _Case:
    """Everything the rules look at."""

    reading: Reading
    finding: Finding
    measured: Measured
    exam: Circumstances
    lexicon: Lexicon

    @cached_property
    def stage(self) -> Stage | None:
        return self.reading.stage_of(self.finding.id)

    @cached_property
    def size(self) -> MarkKind | None:
        """Micro or macro as said of the finding, else of all its marks."""
        measured = self.measured
        if self.finding.size is not None or bool(measured.micro) == bool(measured.macro):
            return self.finding.size
        return MarkKind.MICRO if measured.micro else MarkKind.MACRO

    @cached_property
    def marked(self) -> frozenset[Laterality]:
        """The breasts that are marked, as far as their images say which they show."""
        return frozenset(self.measured.sides) - {Laterality.BOTH}

    @cached_property
    def side(self) -> Laterality | None:
        """The one breast it is said to lie in, else the one that is marked."""
        said = self.finding.laterality
        if said in (Laterality.RIGHT, Laterality.LEFT):
            return said
        return next(iter(self.marked)) if said is None and len(self.marked) == 1 else None

    def word(self, item: StrEnum) -> str:
        return self.lexicon.word(item).lower()

    def group(self, shape: Morphology) -> str:
        return self.lexicon.term(shape).group


def contradictions(
    reading: Reading, finding_id: str, measured: Measured, circumstances: Circumstances, lexicon: Lexicon
) -> tuple[Contradiction, ...]:
    """What does not go together in a finding as said and measured now, in the order of the list; KeyError.

    Those that the reader keeps are told as kept.
    """
    case = _Case(reading, reading.finding(finding_id), measured, circumstances, lexicon)
    found = {name: words for rule in _RULES for name, words in rule(case)}
    if not found:
        return ()
    return tuple(
        Contradiction(
            term.id, term.field, _sentence(term, found[term.id]), term.sources, term.id in case.finding.kept
        )
        for term in load_contradictions().values()
        if term.id in found
    )


def _sentence(term: ContradictionTerm, words: Words) -> str:
    told = term.text.format_map(words)
    return told[:1].upper() + told[1:]


def _benign_type(case: _Case) -> Found:
    shapes, category = case.finding.morphology, case.finding.assessment
    groups = {case.group(shape) for shape in shapes}
    if groups == {"typically benign"} and category in _SUSPICIOUS:
        yield "benign_type_suspicious_category", {"shapes": _listed(case, shapes), "category": str(category)}
    if case.finding.certain and "suspicious" in groups:
        others = [shape for shape in shapes if case.group(shape) == "suspicious"]
        yield "certain_and_suspicious", {"shapes": _listed(case, others)}


def _described_otherwise(case: _Case) -> Found:
    """Words that deny all others of their kind, said with others."""
    shapes, patterns = case.finding.morphology, case.finding.distributions
    if Morphology.UNCHARACTERISED in shapes and len(shapes) > 1:
        others = [shape for shape in shapes if shape is not Morphology.UNCHARACTERISED]
        words = {"shape": case.lexicon.word(Morphology.UNCHARACTERISED), "others": _listed(case, others)}
        yield "uncharacterised_and_described", words
    if Distribution.SINGLE in patterns and len(patterns) > 1:
        others_said = [pattern for pattern in patterns if pattern is not Distribution.SINGLE]
        yield "single_and_more", _pattern_words(case, Distribution.SINGLE, others=_listed(case, others_said))


def _shape_and_size(case: _Case) -> Found:
    for term in load_contradictions().values():
        if term.shape is None or term.shape not in case.finding.morphology:
            continue
        if term.edition not in ("", case.lexicon.edition):
            continue
        known = case.lexicon.term(term.shape)
        words = {"shape": known.word, "fact": known.size}
        if term.size_word is not None:
            if term.size_word is case.size:
                yield term.id, words | {"size": case.word(case.size), "shape": known.word.lower()}
        elif case.finding.morphology == (term.shape,):
            length = case.measured.width if term.measured == "width" else case.measured.median
            if length is not None and _beyond(case, length, over=term.over_mm, under=term.under_mm):
                yield term.id, words | {"measured": _told(length)}


def _size_word(case: _Case) -> Found:
    median = case.measured.median
    if median is None or case.size is None:
        return
    words = {"size": case.word(case.size), "measured": _told(median)}
    micro, macro = case.exam.micro_below_mm, case.exam.macro_above_mm
    if case.size is MarkKind.MICRO and _beyond(case, median, over=macro):
        yield "micro_measured_large", words | {"limit": f"{macro:g}"}
    if case.size is MarkKind.MACRO and _beyond(case, median, under=micro):
        yield "macro_measured_small", words | {"limit": f"{micro:g}"}


def _beyond(
    case: _Case, length: Millimetres, *, over: float | None = None, under: float | None = None
) -> bool:
    """Whether a length lies over or under a limit by more than its uncertainty."""
    doubt = (case.measured.size_uncertainty_mm or 0.0) + UNCALIBRATED_SHARE * length.value
    if over is not None and length.value - doubt > over:
        return True
    return under is not None and length.value + doubt < under


def _milk(case: _Case) -> Found:
    if Morphology.MILK not in case.finding.morphology or not case.exam.sides or _wants_views(case.finding):
        return
    sides = case.marked or ({case.side} if case.side else case.exam.sides)
    if not sides & case.exam.lateral:
        yield "milk_without_lateral", {"shapes": case.lexicon.word(Morphology.MILK)}


def _wants_views(finding: Finding) -> bool:
    """Whether the reader calls for more views, so that one that is missing is known to be."""
    wanted = (Recommendation.ADDITIONAL_VIEWS, Recommendation.MAGNIFICATION_VIEWS)
    return finding.recommendation in wanted or finding.assessment is Assessment.INCOMPLETE


def _pattern(case: _Case) -> Found:
    measured, said = case.measured, set(case.finding.distributions)
    near, outlined = measured.in_circle, measured.outlined
    if Distribution.GROUPED in said and near and near < GROUP_LEAST and not outlined:
        are = "is" if near == 1 else "are"
        yield "grouped_few", _pattern_words(case, Distribution.GROUPED, count=str(near), are=are)
    if Distribution.SINGLE in said and measured.marks_per_image >= GROUP_LEAST:
        yield "single_many", _pattern_words(case, Distribution.SINGLE, count=str(measured.marks_per_image))
    if measured.extent is None:
        return
    reach, doubt = measured.extent.value, measured.extent_uncertainty_mm or 0.0
    told = _told(measured.extent)
    if said == {Distribution.GROUPED} and reach - doubt > GROUP_WIDEST_MM:
        yield "grouped_wide", _pattern_words(case, Distribution.GROUPED, measured=told)
    if reach + doubt >= GROUP_WIDEST_MM or (outlined and measured.count):
        return
    if said == {Distribution.REGIONAL}:
        yield "regional_small", _pattern_words(case, Distribution.REGIONAL, measured=told)
    if said == {Distribution.DIFFUSE}:
        yield "diffuse_one_spot", _pattern_words(case, Distribution.DIFFUSE, measured=told)


def _pattern_words(case: _Case, pattern: Distribution, **more: str) -> Words:
    return {"pattern": case.lexicon.word(pattern)} | more


def _sides(case: _Case) -> Found:
    finding, marked = case.finding, case.marked
    if not marked:
        return
    one_of_two = len(marked) == 1 and len(case.exam.sides - {Laterality.BOTH}) == 2
    if finding.spread is Spread.BILATERAL and one_of_two:
        yield "bilateral_one_side", {"sides": _SIDES[marked]}
    if finding.spread is Spread.ONE_SITE and len(marked) > 1:
        yield "one_site_both_sides", {}
    if finding.laterality is None:
        return
    both = frozenset({Laterality.RIGHT, Laterality.LEFT})
    said = both if finding.laterality is Laterality.BOTH else frozenset({finding.laterality})
    if said != marked and (said != both or one_of_two):
        yield "laterality_image", {"said": _SIDES[said], "sides": _SIDES[marked]}


def _place(case: _Case) -> Found:
    finding, measured = case.finding, case.measured
    if measured.outside_breast:
        lie = "lies" if measured.outside_breast == 1 else "lie"
        yield "outside_breast", {"count": str(measured.outside_breast), "lie": lie}
    if finding.quadrant is not None:
        against = measured_half_against(frozenset({finding.quadrant}), measured)
        if against is not None:
            yield "quadrant_measured", against | {"quadrant": case.lexicon.word(finding.quadrant)}
    hour, side = finding.clock_face, case.side
    if hour is not None and side is not None:
        clock = case.lexicon.clock_face(hour).word
        against = measured_half_against(quadrants_at(hour, side), measured)
        if against is not None:
            yield "clock_measured", against | {"clock": clock}
        if finding.quadrant is not None and clock_against_quadrant(hour, side, finding.quadrant):
            words = {"side": _SIDES[frozenset({side})], "clock": clock}
            yield "clock_quadrant", words | {"quadrant": case.word(finding.quadrant)}
    if None not in (finding.depth, measured.depth) and finding.depth is not measured.depth:
        assert finding.depth is not None
        yield (
            "depth_measured",
            {
                "depth": case.lexicon.word(finding.depth),
                "measured": str(measured.depth),
                "estimated": _estimated(measured),
            },
        )


def _lengths(case: _Case) -> Found:
    finding, measured = case.finding, case.measured
    half = 0.0 if measured.extent is None else measured.extent.value / 2
    seen = [one.nipple_distance.value for one in measured.on_images if one.nipple_distance is not None]
    if finding.nipple_distance is not None and seen:
        # in space it lies at least as far as on any view, and at most as two views at a right angle allow
        doubt = NIPPLE_DOUBT_MM + half
        said = finding.nipple_distance.value_mm
        if not max(seen) - doubt <= said <= max(seen) * math.sqrt(2) + doubt:
            told = {
                "said": _said_length(finding.nipple_distance),
                "measured": _told(measured.nipple_distance),
            }
            yield "nipple_distance_measured", told | {"estimated": _estimated(measured)}
    if finding.extent is None or measured.extent is None or (measured.outlined and measured.count):
        return
    # measured from middle to middle, said perhaps from edge to edge
    edges = max((one.value for one in (measured.largest, measured.longest) if one is not None), default=0.0)
    doubt = (measured.extent_uncertainty_mm or 0.0) + edges
    if abs(finding.extent.value_mm - measured.extent.value) > doubt:
        yield (
            "extent_measured",
            {"said": _said_length(finding.extent), "measured": _told(measured.extent)},
        )


def _told(length: Millimetres | None) -> str:
    """A length in a sentence, with how it is known."""
    return "" if length is None else length.in_sentence


def _said_length(length: SaidLength) -> str:
    """A length that the reader stands for; with how it is known where it was taken over from an image."""
    basis = "" if length.basis is None else f" ({length.basis})"
    return f"{length.value_mm:g} mm{basis}"


def _estimated(measured: Measured) -> str:
    return "" if measured.nipple_placed else " (estimated)"


def _stage_and_views(case: _Case) -> Found:
    if case.stage is Stage.SCREEN and case.exam.magnified:
        yield "screening_with_magnification", {"stage": case.lexicon.word(Stage.SCREEN)}
    if case.stage is Stage.WORKUP and case.exam.sides and not case.exam.magnified:
        yield "workup_without_magnification", {"stage": case.lexicon.word(Stage.WORKUP)}


def _earlier(case: _Case) -> Found:
    stage, change, earlier = case.stage, case.finding.change, case.exam.earlier_exam
    if stage in _SURVEILLANCE:
        assert stage is not None
        words = {"stage": case.lexicon.word(stage)}
        if change is Change.NO_PRIOR:
            yield "surveillance_without_prior", words | {"change": case.word(change)}
        elif earlier is False:
            yield "surveillance_no_earlier_exam", words
    if change is None or earlier is None:
        return
    words = {"change": case.lexicon.word(change)}
    # the exam before a work-up may be the screening that led to it, which is no prior
    if change is Change.NO_PRIOR and earlier and stage is not Stage.WORKUP and not case.exam.magnified:
        yield "no_prior_but_earlier_exam", words
    if change is not Change.NO_PRIOR and not earlier:
        yield "change_without_prior", words


def _category(case: _Case) -> Found:
    finding, category = case.finding, case.finding.assessment
    if category is None:
        return
    words = {"category": str(category)}
    if category is Assessment.PROBABLY_BENIGN:
        if case.stage is Stage.SCREEN:
            yield "category3_screening", words
        elif case.stage is None and not case.exam.magnified and case.exam.earlier_exam is not True:
            yield "category3_standard_views", words
    if (category is Assessment.KNOWN_CANCER) != finding.known_cancer_here:
        proven = finding.known_cancer_here
        yield ("known_cancer_other_category" if proven else "category6_not_known"), words
    if finding.recommendation in _CONFLICTING[category]:
        management = case.lexicon.assessments[category].management
        told = {"recommendation": case.lexicon.word(finding.recommendation), "management": management.lower()}
        yield "recommendation_category", words | told


_RULES: tuple[Callable[[_Case], Found], ...] = (
    _benign_type,
    _described_otherwise,
    _shape_and_size,
    _size_word,
    _milk,
    _pattern,
    _sides,
    _place,
    _lengths,
    _stage_and_views,
    _earlier,
    _category,
)


def _listed(case: _Case, words: Iterable[StrEnum]) -> str:
    return ", ".join(map(case.word, words))
