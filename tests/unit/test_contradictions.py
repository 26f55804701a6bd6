"""What in a finding does not go together: each entry in its smallest case, and silent right beside it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.errors import InvalidLexicon
from annotator.lexicon.contradictions import load_contradictions, read_contradictions
from annotator.lexicon.loader import EDITIONS, load_lexicon
from annotator.model.edits import add_finding, describe
from annotator.model.finding import (
    Assessment,
    Change,
    Depth,
    Distribution,
    Finding,
    Morphology,
    Quadrant,
    Reading,
    Recommendation,
    SaidLength,
    Spread,
    Stage,
)
from annotator.model.geometry import Millimetres, SpacingBasis
from annotator.model.image import Laterality
from annotator.model.mark import MarkKind
from annotator.model.measured import Circumstances, Half, Measured, MeasuredOnImage
from annotator.rules.contradictions import contradictions

LEXICON = load_lexicon()
R, L = Laterality.RIGHT, Laterality.LEFT
BOTH_SIDES = Circumstances(sides=frozenset({R, L}))
M, D, C = Morphology, Distribution, Assessment


def mm(value: float, basis: SpacingBasis = SpacingBasis.CALIBRATED) -> Millimetres:
    return Millimetres(value, basis)


def on(view: str = "CC", half: Half | None = None, side: Laterality = R, **more) -> MeasuredOnImage:
    return MeasuredOnImage(
        sop_instance_uid="2.25.1", label=f"{side}{view}", laterality=side, view=view, half=half, **more
    )


def found(
    said: dict,
    measured: Measured | None = None,
    around: Circumstances = BOTH_SIDES,
    stage: Stage | None = None,
) -> set[str]:
    reading, finding = add_finding(Reading(id="r", reader="a", study_instance_uid="1", stage=stage))
    reading = describe(reading, finding.id, **said)
    told = contradictions(reading, finding.id, measured or Measured(), around, LEXICON)
    return {one.id for one in told}


def median(value: float, *, width: float | None = None, doubt: float = 0.02) -> Measured:
    return Measured(
        sides=(R,),
        count=5,
        median=mm(value),
        largest=mm(value),
        width=None if width is None else mm(width),
        size_uncertainty_mm=doubt,
    )


def reach(value: float, **more) -> Measured:
    return Measured(**{"count": 6, "in_circle": 6, "extent": mm(value), "extent_uncertainty_mm": 0.2} | more)


def nipple(value: float, **more) -> Measured:
    one = on(nipple_distance=mm(value))
    return Measured(nipple_distance=mm(value), on_images=(one,), **more)


CASES: list[tuple[str, tuple, tuple]] = [
    # id, arguments of `found` that contradict, and the nearest that do not
    ("benign_type_suspicious_category", ({"morphology": (M.SKIN,), "assessment": C.MODERATE_SUSPICION},), ({"morphology": (M.SKIN,), "assessment": C.BENIGN},)),
    ("benign_type_suspicious_category", ({"morphology": (M.ROD, M.RIM), "assessment": C.SUSPICIOUS},), ({"morphology": (M.ROD, M.AMORPHOUS), "assessment": C.SUSPICIOUS},)),
    ("certain_and_suspicious", ({"morphology": (M.SKIN, M.AMORPHOUS), "certain": True},), ({"morphology": (M.SKIN, M.AMORPHOUS)},)),
    ("uncharacterised_and_described", ({"morphology": (M.AMORPHOUS, M.UNCHARACTERISED)},), ({"morphology": (M.UNCHARACTERISED,)},)),
    ("macro_fine_pleo", ({"size": MarkKind.MACRO, "morphology": (M.FINE_PLEO,)},), ({"size": MarkKind.MICRO, "morphology": (M.FINE_PLEO,)},)),
    ("macro_fine_pleo", ({"morphology": (M.FINE_PLEO,)}, Measured(count=2, macro=2)), ({"morphology": (M.FINE_PLEO,)}, Measured(count=2, macro=1, micro=1))),
    ("macro_punctate", ({"size": MarkKind.MACRO, "morphology": (M.PUNCTATE,)},), ({"size": MarkKind.MACRO, "morphology": (M.ROUND,)},)),
    ("macro_amorphous", ({"size": MarkKind.MACRO, "morphology": (M.AMORPHOUS,)},), ({"size": MarkKind.MACRO, "morphology": (M.COARSE_HET,)},)),
    ("macro_uncharacterised", ({"size": MarkKind.MACRO, "morphology": (M.UNCHARACTERISED,)},), ({"size": MarkKind.MICRO, "morphology": (M.UNCHARACTERISED,)},)),
    ("micro_coarse", ({"size": MarkKind.MICRO, "morphology": (M.COARSE,)},), ({"size": MarkKind.MICRO, "morphology": (M.COARSE_HET,)},)),
    ("micro_dystrophic", ({"size": MarkKind.MICRO, "morphology": (M.DYSTROPHIC,)},), ({"size": MarkKind.MACRO, "morphology": (M.DYSTROPHIC,)},)),
    ("micro_measured_large", ({"size": MarkKind.MICRO}, median(1.2)), ({"size": MarkKind.MICRO}, median(1.05))),
    ("macro_measured_small", ({"size": MarkKind.MACRO}, median(0.4)), ({"size": MarkKind.MACRO}, median(0.48))),
    ("punctate_large", ({"morphology": (M.PUNCTATE,)}, median(0.6)), ({"morphology": (M.PUNCTATE,)}, median(0.6, doubt=0.1))),
    ("punctate_large", ({"morphology": (M.PUNCTATE,)}, median(0.6)), ({"morphology": (M.PUNCTATE, M.ROUND)}, median(0.6))),
    ("round_small", ({"morphology": (M.ROUND,)}, median(0.4)), ({"morphology": (M.ROUND,)}, median(0.5))),
    ("round_large", ({"morphology": (M.ROUND,)}, median(1.2)), ({"morphology": (M.ROUND,)}, median(1.0))),
    ("coarse_small", ({"morphology": (M.COARSE,)}, median(1.5)), ({"morphology": (M.COARSE,)}, median(2.1))),
    ("rod_thin", ({"morphology": (M.ROD,)}, median(2.0, width=0.3)), ({"morphology": (M.ROD,)}, median(0.3, width=0.6))),
    ("dystrophic_small", ({"morphology": (M.DYSTROPHIC,)}, median(0.8)), ({"morphology": (M.DYSTROPHIC,)}, median(1.1))),
    ("coarse_het_small", ({"morphology": (M.COARSE_HET,)}, median(0.4)), ({"morphology": (M.COARSE_HET,)}, median(0.6))),
    ("coarse_het_large", ({"morphology": (M.COARSE_HET,)}, median(1.2)), ({"morphology": (M.COARSE_HET,)}, median(0.9))),
    ("fine_pleo_large", ({"morphology": (M.FINE_PLEO,)}, median(0.6)), ({"morphology": (M.FINE_PLEO,)}, median(0.4))),
    ("fine_linear_thick", ({"morphology": (M.FINE_LINEAR,)}, median(2.0, width=0.7)), ({"morphology": (M.FINE_LINEAR,)}, median(2.0, width=0.3))),
    ("milk_without_lateral", ({"morphology": (M.MILK,)}, Measured(sides=(R,))), ({"morphology": (M.MILK,)}, Measured(sides=(R,)), Circumstances(sides=frozenset({R, L}), lateral=frozenset({R})))),
    ("milk_without_lateral", ({"morphology": (M.MILK,)}, Measured(sides=(R,)), Circumstances(sides=frozenset({R, L}), lateral=frozenset({L}))), ({"morphology": (M.MILK,)}, Measured(sides=(R,)), Circumstances())),
    ("milk_without_lateral", ({"morphology": (M.MILK,), "assessment": C.BENIGN}, Measured(sides=(R,))), ({"morphology": (M.MILK,), "assessment": C.INCOMPLETE}, Measured(sides=(R,)))),
    ("milk_without_lateral", ({"morphology": (M.MILK,), "recommendation": Recommendation.ROUTINE_SCREENING}, Measured(sides=(R,))), ({"morphology": (M.MILK,), "recommendation": Recommendation.ADDITIONAL_VIEWS}, Measured(sides=(R,)))),
    ("grouped_few", ({"distributions": (D.GROUPED,)}, Measured(count=2, in_circle=2)), ({"distributions": (D.GROUPED,)}, Measured(count=5, in_circle=5))),
    ("grouped_few", ({"distributions": (D.GROUPED,)}, Measured(count=4, in_circle=4)), ({"distributions": (D.GROUPED,)}, Measured(count=4, in_circle=4, outlined=True))),
    ("grouped_wide", ({"distributions": (D.GROUPED,)}, reach(20.5)), ({"distributions": (D.GROUPED,)}, reach(20.1))),
    ("regional_small", ({"distributions": (D.REGIONAL,)}, reach(19.0)), ({"distributions": (D.REGIONAL,)}, reach(19.9))),
    ("single_many", ({"distributions": (D.SINGLE,)}, Measured(count=5, marks_per_image=5)), ({"distributions": (D.SINGLE,)}, Measured(count=8, marks_per_image=4))),
    ("single_and_more", ({"distributions": (D.GROUPED, D.SINGLE)},), ({"distributions": (D.GROUPED, D.LINEAR)},)),
    ("diffuse_one_spot", ({"distributions": (D.DIFFUSE,)}, reach(12.0)), ({"distributions": (D.DIFFUSE,)}, reach(40.0))),
    ("bilateral_one_side", ({"spread": Spread.BILATERAL}, Measured(sides=(R,))), ({"spread": Spread.BILATERAL}, Measured(sides=(R, L)))),
    ("bilateral_one_side", ({"spread": Spread.BILATERAL}, Measured(sides=(R,))), ({"spread": Spread.BILATERAL}, Measured(sides=(R,)), Circumstances(sides=frozenset({R})))),
    ("one_site_both_sides", ({"spread": Spread.ONE_SITE}, Measured(sides=(R, L))), ({"spread": Spread.ONE_SITE}, Measured(sides=(L,)))),
    ("laterality_image", ({"laterality": R}, Measured(sides=(L,))), ({"laterality": R}, Measured(sides=(R,)))),
    ("laterality_image", ({"laterality": R}, Measured(sides=(R, L))), ({"laterality": Laterality.BOTH}, Measured(sides=(R, L)))),
    ("outside_breast", ({}, Measured(outside_breast=1)), ({}, Measured(outside_breast=0))),
    ("quadrant_measured", ({"quadrant": Quadrant.UPPER_OUTER}, Measured(on_images=(on("CC", Half.INNER),))), ({"quadrant": Quadrant.UPPER_OUTER}, Measured(on_images=(on("CC", Half.OUTER),)))),
    ("quadrant_measured", ({"quadrant": Quadrant.LOWER_OUTER}, Measured(on_images=(on("ML", Half.UPPER),))), ({"quadrant": Quadrant.LOWER_OUTER}, Measured(on_images=(on("MLO", Half.UPPER),)))),
    ("quadrant_measured", ({"quadrant": Quadrant.LOWER_INNER}, Measured(on_images=(on("MLO", Half.UPPER),))), ({"quadrant": Quadrant.CENTRAL}, Measured(on_images=(on("MLO", Half.UPPER),)))),
    ("quadrant_measured", ({"quadrant": Quadrant.LOWER_OUTER}, Measured(quadrant=Quadrant.UPPER_OUTER, on_images=(on("MLO", Half.UPPER),))), ({"quadrant": Quadrant.UPPER_OUTER}, Measured(quadrant=Quadrant.UPPER_OUTER, on_images=(on("MLO", Half.UPPER),)))),
    ("clock_measured", ({"clock_face": 10}, Measured(sides=(R,), on_images=(on("CC", Half.INNER),))), ({"clock_face": 10}, Measured(sides=(L,), on_images=(on("CC", Half.INNER, side=L),)))),
    ("clock_quadrant", ({"clock_face": 2, "quadrant": Quadrant.UPPER_OUTER, "laterality": R},), ({"clock_face": 2, "quadrant": Quadrant.UPPER_OUTER, "laterality": L},)),
    ("clock_quadrant", ({"clock_face": 5, "quadrant": Quadrant.LOWER_OUTER, "laterality": R},), ({"clock_face": 6, "quadrant": Quadrant.LOWER_OUTER, "laterality": R},)),
    ("depth_measured", ({"depth": Depth.ANTERIOR}, Measured(depth=Depth.POSTERIOR)), ({"depth": Depth.ANTERIOR}, Measured())),
    ("nipple_distance_measured", ({"nipple_distance": SaidLength(20)}, nipple(40)), ({"nipple_distance": SaidLength(36)}, nipple(40))),
    ("nipple_distance_measured", ({"nipple_distance": SaidLength(80)}, nipple(40)), ({"nipple_distance": SaidLength(56)}, nipple(40))),
    ("extent_measured", ({"extent": SaidLength(25)}, reach(12.0)), ({"extent": SaidLength(12.4)}, reach(12.0, largest=mm(0.5)))),
    ("surveillance_without_prior", ({"change": Change.NO_PRIOR}, None, BOTH_SIDES, Stage.FU6), ({"change": Change.NO_PRIOR}, None, BOTH_SIDES, Stage.WORKUP)),
    ("surveillance_no_earlier_exam", ({}, None, Circumstances(earlier_exam=False), Stage.FU12), ({}, None, Circumstances(earlier_exam=None), Stage.FU12)),
    ("change_without_prior", ({"change": Change.STABLE_2Y}, None, Circumstances(earlier_exam=False)), ({"change": Change.STABLE_2Y}, None, Circumstances(earlier_exam=True))),
    ("change_without_prior", ({"change": Change.NEW}, None, Circumstances(earlier_exam=False)), ({"change": Change.NO_PRIOR}, None, Circumstances(earlier_exam=False))),
    ("no_prior_but_earlier_exam", ({"change": Change.NO_PRIOR}, None, Circumstances(earlier_exam=True)), ({"change": Change.NEW}, None, Circumstances(earlier_exam=True))),
    ("no_prior_but_earlier_exam", ({"change": Change.NO_PRIOR}, None, Circumstances(earlier_exam=True), Stage.SCREEN), ({"change": Change.NO_PRIOR}, None, Circumstances(earlier_exam=True), Stage.WORKUP)),
    ("screening_with_magnification", ({}, None, Circumstances(sides=frozenset({R}), magnified=True), Stage.SCREEN), ({}, None, BOTH_SIDES, Stage.SCREEN)),
    ("workup_without_magnification", ({}, None, BOTH_SIDES, Stage.WORKUP), ({}, None, Circumstances(sides=frozenset({R}), magnified=True), Stage.WORKUP)),
    ("category3_screening", ({"assessment": C.PROBABLY_BENIGN}, None, BOTH_SIDES, Stage.SCREEN), ({"assessment": C.PROBABLY_BENIGN}, None, BOTH_SIDES, Stage.WORKUP)),
    ("category3_standard_views", ({"assessment": C.PROBABLY_BENIGN},), ({"assessment": C.PROBABLY_BENIGN}, None, Circumstances(magnified=True))),
    ("category6_not_known", ({"assessment": C.KNOWN_CANCER},), ({"assessment": C.KNOWN_CANCER, "known_cancer_here": True},)),
    ("known_cancer_other_category", ({"assessment": C.BENIGN, "known_cancer_here": True},), ({"known_cancer_here": True},)),
    ("recommendation_category", ({"assessment": C.BENIGN, "recommendation": Recommendation.SIX_MONTHS},), ({"assessment": C.BENIGN, "recommendation": Recommendation.TWELVE_MONTHS},)),
    ("recommendation_category", ({"assessment": C.PROBABLY_BENIGN, "recommendation": Recommendation.BIOPSY},), ({"assessment": C.PROBABLY_BENIGN, "recommendation": Recommendation.SIX_MONTHS},)),
    ("recommendation_category", ({"assessment": C.HIGHLY_SUGGESTIVE, "recommendation": Recommendation.ROUTINE_SCREENING},), ({"recommendation": Recommendation.ROUTINE_SCREENING},)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "case", "neighbour"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)]
)
def test_each_is_told_in_its_smallest_case_and_not_beside_it(name, case, neighbour):
    assert name in found(*case)
    assert name not in found(*neighbour)


def test_every_entry_of_the_list_has_a_case_and_a_source():
    terms = load_contradictions()
    assert {name for name, _, _ in CASES} == set(terms)
    for term in terms.values():
        assert term.sources
        assert all(LEXICON.source(tag).citation for tag in term.sources)
        assert "fact" not in term.words or LEXICON.term(term.shape).size, (
            "the size fact that the sentence tells"
        )


def test_nothing_said_and_nothing_measured_contradicts_nothing():
    assert found({}) == set()
    assert found({"comment": ""}, around=Circumstances(earlier_exam=False)) == set()


def test_a_length_that_was_taken_over_keeps_how_it_is_known():
    for basis, words in (
        (SpacingBasis.AT_DETECTOR, "over 25 mm (at detector), but"),
        (None, "over 25 mm, but"),
    ):
        said = Finding(id="f", number=1, tracking_uid="2.25.1", extent=SaidLength(25, basis))
        reading = Reading(id="r", reader="a", study_instance_uid="1", findings=(said,))
        (one,) = contradictions(reading, "f", reach(12.0), BOTH_SIDES, LEXICON)
        assert words in one.text


WORKED_UP = Circumstances(sides=frozenset({R}), magnified=True, earlier_exam=True)
"""The screening exam that led to it was read here."""
FIRST = Circumstances(sides=frozenset({R, L}), earlier_exam=False)
LATER = Circumstances(sides=frozenset({R, L}), earlier_exam=True)
TEN = Measured(
    sides=(R,), count=10, micro=10, marks_per_image=10, in_circle=8, extent=mm(9.0), extent_uncertainty_mm=0.2,
    median=mm(0.3), largest=mm(0.45), size_uncertainty_mm=0.05, outside_breast=0,
    on_images=(on("CC", Half.OUTER), on("MLO", Half.UPPER)),
)  # fmt: skip
WIDE = replace(TEN, in_circle=3, extent=mm(55.0))
LARGE = replace(
    TEN,
    count=1,
    micro=0,
    macro=1,
    marks_per_image=1,
    in_circle=1,
    extent=None,
    median=mm(4.0),
    largest=mm(4.0),
)
N = Recommendation

CORRECT: list[tuple[dict, Measured, Circumstances, Stage | None]] = [
    ({"morphology": (M.FINE_PLEO,), "distributions": (D.GROUPED,), "change": Change.NO_PRIOR, "assessment": C.INCOMPLETE, "recommendation": N.MAGNIFICATION_VIEWS}, TEN, FIRST, Stage.SCREEN),
    ({"morphology": (M.SKIN,), "distributions": (D.GROUPED,), "certain": True, "assessment": C.BENIGN, "recommendation": N.ROUTINE_SCREENING}, TEN, FIRST, Stage.SCREEN),
    ({"morphology": (M.MILK,), "distributions": (D.GROUPED,), "assessment": C.INCOMPLETE, "recommendation": N.ADDITIONAL_VIEWS}, TEN, FIRST, Stage.SCREEN),
    ({"morphology": (M.ROUND, M.PUNCTATE), "distributions": (D.DIFFUSE,), "spread": Spread.BILATERAL, "laterality": Laterality.BOTH, "assessment": C.BENIGN}, replace(WIDE, sides=(R, L)), FIRST, Stage.SCREEN),
    ({"morphology": (M.COARSE,), "distributions": (D.SINGLE,), "certain": True, "assessment": C.BENIGN, "recommendation": N.ROUTINE_SCREENING}, LARGE, LATER, Stage.SCREEN),
    ({"size": MarkKind.MACRO, "distributions": (D.SINGLE,), "change": Change.STABLE_2Y, "assessment": C.BENIGN}, LARGE, LATER, Stage.SCREEN),
    ({"morphology": (M.PUNCTATE,), "distributions": (D.GROUPED,), "assessment": C.INCOMPLETE, "recommendation": N.PRIOR_MAMMOGRAMS, "priors_requested": True}, TEN, FIRST, Stage.SCREEN),
    ({"morphology": (M.PUNCTATE,), "distributions": (D.GROUPED,), "spread": Spread.ONE_SITE, "change": Change.NO_PRIOR, "assessment": C.PROBABLY_BENIGN, "recommendation": N.SIX_MONTHS}, TEN, WORKED_UP, Stage.WORKUP),
    ({"morphology": (M.AMORPHOUS, M.PUNCTATE), "distributions": (D.GROUPED,), "change": Change.NEW, "assessment": C.MODERATE_SUSPICION, "recommendation": N.BIOPSY}, TEN, WORKED_UP, Stage.WORKUP),
    ({"morphology": (M.FINE_LINEAR, M.FINE_PLEO), "distributions": (D.SEGMENTAL,), "assessment": C.HIGHLY_SUGGESTIVE, "recommendation": N.BIOPSY, "quadrant": Quadrant.UPPER_OUTER, "clock_face": 10, "laterality": R}, WIDE, WORKED_UP, Stage.WORKUP),
    ({"morphology": (M.COARSE_HET,), "distributions": (D.REGIONAL,), "size": MarkKind.MACRO, "assessment": C.MODERATE_SUSPICION, "recommendation": N.BIOPSY}, replace(WIDE, median=mm(0.7), micro=0, macro=10), WORKED_UP, Stage.WORKUP),
    ({"morphology": (M.UNCHARACTERISED,), "distributions": (D.GROUPED,), "size": MarkKind.MICRO, "assessment": C.SUSPICIOUS, "recommendation": N.BIOPSY}, TEN, WORKED_UP, Stage.WORKUP),
    ({"morphology": (M.PUNCTATE,), "distributions": (D.GROUPED,), "change": Change.STABLE_LT2Y, "assessment": C.PROBABLY_BENIGN, "recommendation": N.SIX_MONTHS}, TEN, LATER, Stage.FU6),
    ({"morphology": (M.PUNCTATE,), "distributions": (D.GROUPED,), "change": Change.STABLE_LT2Y, "assessment": C.PROBABLY_BENIGN, "recommendation": N.TWELVE_MONTHS}, TEN, LATER, Stage.FU12),
    ({"morphology": (M.PUNCTATE,), "distributions": (D.GROUPED,), "change": Change.STABLE_2Y, "assessment": C.BENIGN, "recommendation": N.ROUTINE_SCREENING}, TEN, LATER, Stage.FU24),
    ({"morphology": (M.PUNCTATE,), "distributions": (D.GROUPED,), "change": Change.INCREASED, "assessment": C.SUSPICIOUS, "recommendation": N.BIOPSY}, TEN, LATER, Stage.FU6),
    ({"morphology": (M.FINE_LINEAR,), "distributions": (D.LINEAR,), "known_cancer_here": True, "assessment": C.KNOWN_CANCER, "recommendation": N.AS_PLANNED}, WIDE, LATER, Stage.WORKUP),
]  # fmt: skip
"""Findings as readers describe them, at each stage."""


@pytest.mark.parametrize(("said", "measured", "around", "stage"), CORRECT)
def test_correct_findings_are_not_complained_about(said, measured, around, stage):
    if stage is Stage.WORKUP:
        around = replace(around, magnified=True)
    assert found(said, measured, around, stage) == set()


@pytest.mark.parametrize("name", ["round_small", "coarse_small"])
def test_sizes_of_the_5th_edition_are_no_limits_in_the_one_that_takes_other_words_in(name):
    shape, value = ((M.ROUND,), 0.3) if name == "round_small" else ((M.COARSE,), 1.4)
    said = Finding(id="f", number=1, tracking_uid="2.25.1", morphology=shape)
    reading = Reading(id="r", reader="a", study_instance_uid="1", findings=(said,))
    for edition, expected in (("5", {name}), ("v2025", set())):
        told = contradictions(reading, "f", median(value), BOTH_SIDES, load_lexicon(edition))
        assert {one.id for one in told} == expected


def choices(kind):
    return st.none() | st.sampled_from(list(kind))


def several(kind):
    return st.lists(st.sampled_from(list(kind)), max_size=2, unique=True).map(tuple)


SAID = st.fixed_dictionaries(
    {
        "size": choices(MarkKind),
        "morphology": several(Morphology),
        "distributions": several(Distribution),
        "spread": choices(Spread),
        "change": choices(Change),
        "stage": choices(Stage),
        "certain": st.booleans(),
        "known_cancer_here": st.booleans(),
        "laterality": choices(Laterality),
        "quadrant": choices(Quadrant),
        "clock_face": st.none() | st.integers(1, 12),
        "depth": choices(Depth),
        "nipple_distance": st.none() | st.sampled_from([SaidLength(5), SaidLength(60)]),
        "extent": st.none() | st.sampled_from([SaidLength(5), SaidLength(60)]),
        "assessment": choices(Assessment),
        "recommendation": choices(Recommendation),
    }
)
LENGTHS = st.none() | st.sampled_from([0.3, 0.8, 3.0, 15.0, 30.0]).map(mm)
ON_IMAGES = st.builds(
    on,
    st.sampled_from(["CC", "MLO", "ML"]),
    choices(Half),
    st.sampled_from([R, L]),
    nipple_distance=LENGTHS,
)
MEASURED = st.builds(
    lambda on_images, **more: Measured(
        on_images=tuple(on_images), sides=tuple(dict.fromkeys(o.laterality for o in on_images)), **more
    ),
    on_images=st.lists(ON_IMAGES, max_size=3),
    count=st.integers(0, 6),
    micro=st.integers(0, 3),
    macro=st.integers(0, 3),
    in_circle=st.none() | st.integers(0, 6),
    extent=LENGTHS,
    median=LENGTHS,
    width=LENGTHS,
    nipple_distance=LENGTHS,
    outside_breast=st.none() | st.integers(0, 2),
    depth=choices(Depth),
    quadrant=choices(Quadrant),
    outlined=st.booleans(),
)
AROUND = st.builds(
    Circumstances,
    sides=st.frozensets(st.sampled_from([R, L])),
    lateral=st.frozensets(st.sampled_from([R, L])),
    magnified=st.booleans(),
    earlier_exam=st.none() | st.booleans(),
)


def told(said: dict, measured: Measured, around: Circumstances, edition: str = "5"):
    finding = Finding(id="f", number=1, tracking_uid="2.25.1", **said)
    reading = Reading(id="r", reader="a", study_instance_uid="1", findings=(finding,))
    return contradictions(reading, "f", measured, around, load_lexicon(edition))


_MIRRORED = {R: L, L: R, Laterality.BOTH: Laterality.BOTH, None: None}


def mirrored_said(said: dict) -> dict:
    hour = said["clock_face"]
    return said | {
        "laterality": _MIRRORED[said["laterality"]],
        "clock_face": None if hour is None else (12 - hour) or 12,
    }


def mirrored_measured(measured: Measured) -> Measured:
    swap = str.maketrans("RL", "LR")
    return replace(
        measured,
        sides=tuple(_MIRRORED[side] for side in measured.sides),
        on_images=tuple(
            replace(
                one, laterality=_MIRRORED[one.laterality], label=one.label[:1].translate(swap) + one.label[1:]
            )
            for one in measured.on_images
        ),
    )


@settings(max_examples=300)
@given(SAID, MEASURED, AROUND)
def test_relabelling_left_and_right_mirrors_what_is_told(said, measured, around):
    other = replace(
        around,
        sides=frozenset(_MIRRORED[side] for side in around.sides),
        lateral=frozenset(_MIRRORED[side] for side in around.lateral),
    )
    here = told(said, measured, around)
    there = told(mirrored_said(said), mirrored_measured(measured), other)
    assert [one.id for one in here] == [one.id for one in there]


_NAMES_A_CATEGORY = re.compile(r"[Cc]ategory (?:is )?(\w+)")
_LEADS = re.compile(r"\bmalignan|\bcancer|\bsuspici|%", re.IGNORECASE)


@settings(max_examples=300)
@given(SAID, MEASURED, AROUND, st.sampled_from(EDITIONS))
def test_no_sentence_names_a_category_that_the_reader_has_not_said(said, measured, around, edition):
    for one in told(said, measured, around, edition):
        own = said["assessment"]
        assert "{" not in one.text
        assert set(_NAMES_A_CATEGORY.findall(one.text)) <= {str(own)}
        if own is None:
            assert "categor" not in one.text.lower()
            assert not _LEADS.search(one.text)


@given(SAID, MEASURED, AROUND)
def test_what_is_kept_stays_and_is_told_as_kept(said, measured, around):
    first = told(said, measured, around)
    ids = tuple(one.id for one in first)
    again = told(said | {"kept": ids}, measured, around)
    assert [replace(one, kept=True) for one in first] == list(again)


def test_a_kept_one_that_is_over_is_not_told():
    assert (
        told({"morphology": (M.SKIN,), "kept": ("benign_type_suspicious_category",)}, Measured(), BOTH_SIDES)
        == ()
    )


ENTRY = '[[contradiction]]\nid = "one"\nfield = "size"\ntext = "Text."\nsources = ["BR5"]\n'


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ('field = "size"', 'field = "weight"', "field 'weight' is none of a finding"),
        ('text = "Text."', 'text = "Rather category 4."', "names a category"),
        ('text = "Text."', 'text = "{open"', "brace"),
        ('sources = ["BR5"]', "sources = []", "name at least one source"),
        ('sources = ["BR5"]', 'sources = ["XX"]', "cites 'XX'"),
        ('sources = ["BR5"]', 'sources = ["BR5"]\nshape = "blob"', "shape 'blob'"),
        ('sources = ["BR5"]', 'sources = ["BR5"]\nshape = "skin"', "a shape needs"),
        ('sources = ["BR5"]', 'sources = ["BR5"]\nover_mm = 2', "need a shape"),
        (
            'sources = ["BR5"]',
            'sources = ["BR5"]\nshape = "skin"\nmeasured = "width"\nover_mm = -1',
            "above 0",
        ),
        ('sources = ["BR5"]', 'sources = ["BR5"]\nblame = 1', "unknown key"),
        ('id = "one"', "", "id is missing"),
        ("[[contradiction]]", "[[contradictions]]", "unknown table"),
    ],
)
def test_a_damaged_list_is_refused_in_a_sentence_that_names_entry_and_fault(tmp_path, before, after, what):
    file = tmp_path / "contradictions.toml"
    file.write_text(ENTRY.replace(before, after), encoding="utf-8")
    with pytest.raises(InvalidLexicon, match=re.escape(what)) as fault:
        read_contradictions(file, LEXICON.sources)
    assert "contradictions.toml" in str(fault.value)


def test_an_id_stands_once(tmp_path):
    file = tmp_path / "contradictions.toml"
    file.write_text(ENTRY * 2, encoding="utf-8")
    with pytest.raises(InvalidLexicon, match="used twice"):
        read_contradictions(file, LEXICON.sources)
