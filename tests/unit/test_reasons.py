"""The sentences beside a follow-up say what decided, and what the other shapes would have led to."""

from __future__ import annotations

import pytest

from annotator.model.finding import Change, Description, Distribution, Morphology, Stage
from annotator.model.follow_up import KEPT_BACK
from annotator.model.mark import MarkKind
from annotator.rules import follow_up, load_rules

TABLE = load_rules()


def notes_of(*shapes: Morphology, stage: Stage) -> tuple[str, ...]:
    said = Description(stage=stage, morphology=shapes, distributions=(Distribution.GROUPED,))
    return follow_up(said, TABLE).notes


def test_shapes_that_agree_say_so_in_one_sentence() -> None:
    notes = notes_of(Morphology.ROUND, Morphology.PUNCTATE, stage=Stage.WORKUP)
    assert notes == ("All shapes of this finding lead to row R3.",)


def test_shapes_of_one_row_tell_a_step_of_their_own() -> None:
    notes = notes_of(Morphology.SKIN, Morphology.VASCULAR, stage=Stage.SCREEN)
    assert notes[0] == "All shapes of this finding lead to row B2."
    assert notes[1].startswith("Skin as well: An additional tangential view")


def test_the_shape_that_decides_is_named_and_what_each_other_leads_to() -> None:
    notes = notes_of(Morphology.ROUND, Morphology.FINE_PLEO, Morphology.FINE_LINEAR, stage=Stage.WORKUP)
    assert notes == (
        "Fine linear or fine-linear branching decides, the most suspicious of the shapes [MBC] (row S6).",
        "Fine pleomorphic alone: category 4B (row S4).",
        "Round alone: category 3 (row R3). Next mammogram of this breast in 6 months.",
    )


def test_a_shape_that_no_rule_covers_has_no_category() -> None:
    notes = notes_of(Morphology.SKIN, Morphology.FINE_PLEO, stage=Stage.WORKUP)
    assert notes[-1].startswith("Skin alone: no category (row Z).")


def test_one_shape_needs_no_comparison() -> None:
    assert notes_of(Morphology.FINE_PLEO, stage=Stage.WORKUP) == ()


@pytest.mark.parametrize(
    ("adjacent", "words"), [(True, "; next to a known cancer."), (False, "; no known cancer next to it.")]
)
def test_a_known_cancer_nearby_is_told_as_it_is(adjacent: bool, words: str) -> None:
    said = Description(
        stage=Stage.FU6,
        change=Change.INCREASED,
        morphology=(Morphology.PUNCTATE,),
        distributions=(Distribution.GROUPED,),
        adjacent_cancer=adjacent,
    )
    assert words in follow_up(said, TABLE).because[0]


def test_before_the_choice_neither_row_nor_step_nor_reason_is_told() -> None:
    said = Description(
        stage=Stage.SCREEN, morphology=(Morphology.PUNCTATE,), distributions=(Distribution.GROUPED,)
    )
    told = follow_up(said, TABLE)
    assert [sentence.partition(":")[0] for sentence in told.because] == [
        "Seen at screening",
        "Category 3 is not a result of screening",
    ]
    before = told.before_choice()
    assert before.is_kept_back
    assert (before.row, before.follow_up, before.interval_months, before.text) == ("", None, None, KEPT_BACK)
    assert (before.because, before.notes, before.sources, before.cited) == ((), (), (), ())
    assert before.assumed == told.assumed != ()
    assert not told.is_kept_back


def test_before_the_choice_it_is_told_what_to_describe() -> None:
    said = Description(stage=Stage.WORKUP, size=MarkKind.MACRO, distributions=(Distribution.GROUPED,))
    told = follow_up(said, TABLE)
    before = told.before_choice()
    assert (before.row, before.follow_up, before.text) == ("E3", told.follow_up, told.text)
    assert before.because == told.because
    assert told.patient_pages
    assert before.patient_pages == before.birads == ""
