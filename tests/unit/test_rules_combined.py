"""Several descriptors, several findings, several views: what may never depend on order, side or wording."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.lexicon import load_lexicon
from annotator.model import edits
from annotator.model.finding import (
    Assessment,
    Associated,
    Change,
    Description,
    Distribution,
    Morphology,
    Reading,
    Spread,
    Stage,
)
from annotator.model.follow_up import FollowUp
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo, Laterality, View
from annotator.model.mark import MarkKind
from annotator.rules import (
    TIE_RULES,
    Beside,
    Earlier,
    breast_assessments,
    follow_up,
    known_of,
    load_rules,
    then_and_now,
)
from annotator.rules.combining import Rated, breast_values, is_lower
from tests.unit.rules_by_hand import OUTCOMES, row_by_hand

TABLE, LEXICON = load_rules(), load_lexicon()
# docs/domain.md, combining: none is "no documented rule"
SUSPICION: tuple[str | None, ...] = ("2", "3", None, "0", "4", "4A", "4B", "4C", "5", "6")
RIGHT, LEFT, BOTH = Laterality.RIGHT, Laterality.LEFT, Laterality.BOTH

shapes = st.lists(st.sampled_from(Morphology), min_size=1, max_size=4, unique=True).map(tuple)
patterns = st.lists(st.sampled_from(Distribution), min_size=1, max_size=3, unique=True).map(tuple)
descriptions = st.builds(
    Description,
    stage=st.sampled_from(Stage),
    size=st.sampled_from([*MarkKind, None]),
    morphology=shapes,
    distributions=patterns,
    spread=st.sampled_from(Spread),
    change=st.sampled_from(Change),
    certain=st.booleans(),
    known_cancer_here=st.booleans(),
    adjacent_cancer=st.booleans(),
    priors_requested=st.booleans(),
)


def rank(category: str | None) -> int:
    return SUSPICION.index(category)


def suggested(said: Description) -> int:
    return rank(follow_up(said, TABLE).suggested_assessment)


def every_look(said: Description) -> list[Description]:
    """Each shape in each distribution, alone."""
    return [
        replace(said, morphology=(shape,), distributions=(pattern,))
        for shape in said.morphology
        for pattern in said.distributions
    ]


@given(descriptions)
def test_several_descriptors_come_to_the_most_suspicious_result_found_by_hand(said):
    by_hand = [OUTCOMES[row_by_hand(one)][0] for one in every_look(said)]
    result = follow_up(said, TABLE)
    assert rank(result.suggested_assessment) == max(map(rank, by_hand))
    assert result.row in {row_by_hand(one) for one in every_look(said)}


@given(descriptions, st.sampled_from(Morphology), st.sampled_from(Distribution))
def test_a_descriptor_more_never_lowers_the_suggestion(said, shape, pattern):
    more_shapes = replace(said, morphology=(*said.morphology, shape))
    more_patterns = replace(said, distributions=(*said.distributions, pattern))
    assert suggested(more_shapes) >= suggested(said)
    assert suggested(more_patterns) >= suggested(said)
    assert suggested(replace(more_shapes, distributions=more_patterns.distributions)) >= suggested(said)


def test_a_first_suspicious_shape_lowers_the_suggestion_only_where_the_sources_call_it_benign():
    lowered = set()
    for stage in Stage:
        for size in (*MarkKind, None):
            for pattern in ((), *((one,) for one in Distribution)):
                for spread in Spread:
                    for change in Change:
                        said = Description(
                            stage=stage, size=size, distributions=pattern, spread=spread, change=change
                        )
                        before = follow_up(said, TABLE)
                        for shape in (
                            "coarse_het",
                            "amorphous",
                            "fine_pleo",
                            "fine_linear",
                            "uncharacterised",
                        ):
                            after = follow_up(replace(said, morphology=(Morphology(shape),)), TABLE)
                            if rank(after.suggested_assessment) < rank(before.suggested_assessment):
                                lowered.add(after.row)
    assert lowered == {"S1", "S2d"}


@given(descriptions)
def test_the_order_of_descriptors_and_saying_one_twice_make_no_difference(said):
    result = follow_up(said, TABLE)
    for order in permutations(said.morphology):
        turned = replace(said, morphology=order, distributions=said.distributions[::-1])
        assert follow_up(turned, TABLE) == result
    twice = replace(said, morphology=said.morphology * 2, distributions=said.distributions * 2)
    assert follow_up(twice, TABLE) == result


@given(descriptions)
def test_what_is_known_besides_adds_notes_and_changes_nothing_else(said):
    known = Beside(
        associated=(Associated.MASS, Associated.DISTORTION),
        views=("RCC", "RMCC"),
        magnified=("RMCC",),
        earlier=(Earlier(Assessment.HIGHLY_SUGGESTIVE, "version 1"),),
    )
    plain, beside = follow_up(said, TABLE), follow_up(said, TABLE, known=known)
    assert replace(beside, notes=plain.notes) == plain
    assert beside.notes[: len(plain.notes)] == plain.notes
    assert set(beside.cited) <= set(LEXICON.sources)


ratings = st.builds(
    Rated,
    name=st.integers(1, 9).map(lambda number: f"F{number}"),
    side=st.sampled_from([*Laterality, None]),
    category=st.sampled_from([*Assessment, None]),
    side_said=st.booleans(),
    told=st.booleans(),
)
several = st.lists(ratings, max_size=6, unique_by=lambda one: one.name)
MIRROR = {RIGHT: LEFT, LEFT: RIGHT, BOTH: BOTH, None: None}


@given(several, st.randoms(use_true_random=False))
def test_the_order_of_findings_makes_no_difference_to_a_breast(findings, random):
    shuffled = findings[:]
    random.shuffle(shuffled)
    assert breast_values(shuffled, LEXICON) == breast_values(findings, LEXICON)


@given(several)
def test_relabelling_left_and_right_mirrors_the_answer(findings):
    mirrored = breast_values([replace(one, side=MIRROR[one.side]) for one in findings], LEXICON)
    expected = [replace(value, side=MIRROR[value.side]) for value in breast_values(findings, LEXICON)]
    assert sorted(mirrored, key=str) == sorted(expected, key=str)


RANKED = ["1", "2", "3", "4A", "4B", "4C", "5"]


@given(several)
def test_a_breast_has_the_highest_range_of_likelihood_and_never_0_or_6(findings):
    for value in breast_values(findings, LEXICON):
        here = [one for one in findings if one.side in ((value.side, BOTH) if value.side else (None,))]
        places = [
            RANKED.index("4A" if one.category == "4" else one.category)
            for one in here
            if one.category in (*RANKED, "4")
        ]
        if value.category is None:
            assert not places
        else:
            assert RANKED.index("4A" if value.category == "4" else value.category) == max(places)
        assert set(value.beside) == {one.category for one in here} & {"0", "6"}
        assert all(sentence.endswith(".") for sentence in value.because)
        assert set(value.sources) == {"ASMT", "MBC"}


def test_what_a_breast_comes_to_is_told_in_sentences():
    findings = [
        Rated("F1", RIGHT, Assessment.BENIGN),
        Rated("F2", RIGHT, Assessment.MODERATE_SUSPICION, side_said=False),
        Rated("F3", RIGHT, Assessment.INCOMPLETE),
        Rated("F4", RIGHT, None),
        Rated("F5", LEFT, Assessment.KNOWN_CANCER),
        Rated("F6", LEFT, None, told=False),
    ]
    right, left = breast_values(findings, LEXICON)
    assert (right.category, right.beside) == ("4B", ("0",))
    assert right.because == (
        "4B (moderate suspicion) is the highest range of likelihood of F1 2, F2 4B [ASMT][MBC].",
        "F3: 0 (incomplete), beside it and not ranked.",
        "F4: no category.",
        "F2: side not said, taken from the images.",
    )
    assert (left.category, left.beside) == (None, ("6",))
    assert "F6: not told before the reader's own category." in left.because


@pytest.mark.parametrize(
    ("category", "than", "lower"),
    [
        ("2", "4B", True),
        ("3", "4", True),
        ("4", "4A", False),
        ("4A", "4", False),
        ("4B", "4B", False),
        ("5", "6", True),
        ("6", "5", False),
        ("0", "5", False),
        ("2", "0", False),
    ],
)
def test_an_incomplete_category_is_neither_lower_nor_higher(category, than, lower):
    assert is_lower(Assessment(category), Assessment(than)) is lower


def image(uid: str, side: Laterality, *modifiers: str) -> ImageInfo:
    return ImageInfo(Path(), "", uid, 100, 100, laterality=side, view=View("CC", modifiers))


def marked_on(*uids: str) -> Reading:
    reading, finding = edits.add_finding(Reading(id="r", reader="a", study_instance_uid="1"))
    for uid in uids:
        key = image(uid, RIGHT).key()
        reading, _ = edits.add_mark(reading, finding.id, key, ImagePoint(1.0, 1.0), MarkKind.MICRO)
    return reading


IMAGES = {
    one.sop_instance_uid: one for one in (image("1", RIGHT), image("2", RIGHT, "M"), image("3", LEFT, "M"))
}


def notes(reading: Reading, **more) -> str:
    known = known_of(reading, reading.findings[0], IMAGES, **more)
    said = replace(reading.described(reading.findings[0].id), stage=Stage.SCREEN)
    return " ".join(follow_up(said, TABLE, known=known).notes)


def test_several_views_are_one_finding_described_from_the_magnification_view():
    both = notes(marked_on("1", "2"))
    assert "described from the magnification view (RMCC) [SJRA-8][SJRA-9][RP-S]" in both
    assert "greatest extent in any one view" in both
    only_whole = notes(marked_on("1"))
    assert "There is a magnification view of this breast (RMCC) on which it is not marked" in only_whole
    # that of the other breast says nothing about this one
    assert "LMCC" not in only_whole
    assert notes(marked_on("2")) == ""
    assert notes(marked_on()) == ""


def test_the_other_breast_gets_the_same_follow_up_under_its_own_names():
    mirrored = {uid: replace(one, laterality=MIRROR[one.laterality]) for uid, one in IMAGES.items()}
    for uids in (("1", "2"), ("1",), ("1", "3")):
        reading = marked_on(*uids)
        said = replace(reading.described(reading.findings[0].id), stage=Stage.WORKUP)
        here, there = (
            follow_up(said, TABLE, known=known_of(reading, reading.findings[0], images))
            for images in (IMAGES, mirrored)
        )
        names = {"RCC": "LCC", "LCC": "RCC", "RMCC": "LMCC", "LMCC": "RMCC"}
        words = re.split(r"([RL]M?CC)", " ".join(here.notes))
        known = [
            sorted(names.get(w, w) for w in words),
            sorted(re.split(r"([RL]M?CC)", " ".join(there.notes))),
        ]
        assert known[0] == known[1]
        assert replace(here, notes=()) == replace(there, notes=())


def test_what_is_seen_with_the_calcifications_is_outside_the_rule_and_said_so():
    reading = marked_on("2")
    reading = edits.describe(reading, reading.findings[0].id, associated=(Associated.MASS,))
    assert "Calcification rule only" in notes(reading)
    assert "mass" in notes(reading)
    assert next(rule for rule in TIE_RULES if "something else" in rule.id).sources == ("RULE",)


def test_every_rule_for_more_than_one_has_sources_that_exist():
    assert len(TIE_RULES) == 6
    for rule in TIE_RULES:
        assert rule.sources
        assert set(rule.sources) <= set(LEXICON.sources)


def test_breasts_by_the_readers_categories_and_by_the_suggested_ones_stand_apart():
    reading = marked_on("1")
    first = reading.findings[0].id
    reading, second = edits.add_finding(reading)
    reading = edits.describe(
        reading,
        first,
        morphology=(Morphology.AMORPHOUS,),
        assessment=Assessment.PROBABLY_BENIGN,
        stage=Stage.WORKUP,
    )
    reading = edits.describe(reading, second.id, laterality=LEFT, morphology=(Morphology.FINE_LINEAR,))
    told = {one.id: follow_up(reading.described(one.id), TABLE) for one in reading.findings}
    values = breast_assessments(reading, told, {"1": RIGHT}, LEXICON)
    assert [(one.side, one.category) for one in values.own] == [(RIGHT, "3"), (LEFT, None)]
    assert [(one.side, one.category) for one in values.suggested] == [(RIGHT, "4B"), (LEFT, None)]
    assert "side not said, taken from the images" in " ".join(values.own[0].because)
    # nothing is suggested for a finding that has no category of the reader's
    assert "not told before" in " ".join(values.suggested[1].because)
    mirrored = breast_assessments(
        edits.describe(reading, second.id, laterality=RIGHT), told, {"1": LEFT}, LEXICON
    )
    assert [(one.side, one.category) for one in mirrored.own] == [(RIGHT, None), (LEFT, "3")]


def told(**said) -> FollowUp:
    return follow_up(Description(stage=Stage.WORKUP, distributions=(Distribution.GROUPED,), **said), TABLE)


def test_an_old_finding_looked_up_again_tells_both():
    signed = told(morphology=(Morphology.ROUND,), change=Change.NO_PRIOR, spread=Spread.ONE_SITE)
    assert then_and_now(signed, signed) == ()
    newer = replace(signed, rules_version="2.0.0")
    assert then_and_now(signed, newer) == (
        f"Signed with decision table {TABLE.version}, looked up now in 2.0.0.",
        "Row, category and follow-up are the same.",
    )
    other = replace(told(morphology=(Morphology.FINE_LINEAR,), change=Change.NEW), rules_version="2.0.0")
    sentences = " ".join(then_and_now(signed, other))
    assert "Row R3 then, row S6 now." in sentences
    assert "Suggested category 3 then, category 4C now." in sentences
    assert "Follow-up then: Next mammogram of this breast in 6 months; now: Biopsy." in sentences
    assert "Taken for granted then: nothing; now: Spread not said" in sentences
    assert "edition" not in sentences
    assert "of edition 5, now of v2025" in " ".join(
        then_and_now(signed, replace(signed, lexicon_edition="v2025"))
    )
    asked = replace(signed, suggested_assessment=None)
    assert "no category now" in " ".join(then_and_now(signed, asked))
    reworded = replace(signed, text="In half a year.")
    assert then_and_now(signed, reworded) == (
        f"The follow-up is said otherwise: {signed.text!r} then, 'In half a year.' now.",
    )
