"""What a comparison is told in: where lengths cannot be compared, and which cluster of before it stands beside."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from annotator.lexicon.loader import load_lexicon
from annotator.model.cluster_facts import ClusterFacts
from annotator.model.compared import Answer, ChangeHint, Compared, Constellation, Pair
from annotator.model.comparison import ClusterOnImage, Comparison, EarlierCluster, Provenance
from annotator.model.finding import Change
from annotator.model.geometry import ImagePoint, SpacingBasis
from annotator.model.image import ImageInfo, ImageKey, Laterality, View
from annotator.model.mark import Mark, MarkKind
from annotator.model.timeline import ReadExam
from annotator.ui.panels.compare_items import Fate, items_of
from annotator.ui.panels.compare_words import (
    answer_words,
    fact_lines,
    offer_words,
    suggestion_words,
    view_words,
)

INFO = ImageInfo(
    path=Path("none.dcm"),
    sop_class_uid="1",
    sop_instance_uid="2",
    rows=100,
    columns=100,
    laterality=Laterality.RIGHT,
    view=View("MLO"),
)
MARK = Mark("m", 1, "f", ImageKey("2"), ImagePoint(1, 1), MarkKind.MICRO)
CLUSTER = ClusterOnImage(info=INFO, marks=(MARK,) * 12)
OFFER = EarlierCluster(
    now=CLUSTER,
    then=CLUSTER,
    exam=ReadExam(reading_id="r", study_instance_uid="1", reader="anna", exam_date=date(2022, 3, 9)),
    finding_id="f",
    number=2,
    provenance=Provenance.LIKELIEST,
    apart_mm=3.2,
    likely=0.914,
)
FACTS = ClusterFacts(count=12, basis=SpacingBasis.ESTIMATED_IN_BREAST, extent_mm=9.2, density_per_cm2=37)
OPEN = Answer(None, ("It takes three.",))
HINT = ChangeHint(change=None, because=("No reason.",), appearance=OPEN, number=OPEN, pattern=OPEN)


def comparison(compared: Compared, hint: ChangeHint = HINT) -> Comparison:
    seen = Constellation(places=((0.0, 0.0),))
    return Comparison(now=CLUSTER, then=CLUSTER, seen_now=seen, seen_then=seen, compared=compared, hint=hint)


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ({}, "F2 of 24 months earlier, 12 marks: 3 mm from this place, likely the same: 91 %"),
        ({"likely": None}, "12 marks: 3 mm from this place"),
        ({"apart_mm": None}, "12 marks: its place from the nipple is not known"),
        ({"provenance": Provenance.SAME}, "F2 of 24 months earlier, 12 marks: called the same finding"),
        (
            {"provenance": Provenance.CANDIDATES, "number": 0},
            "24 months earlier, 12 candidates: candidates of the program: nobody marked it there",
        ),
    ],
)
def test_what_it_stands_beside(said, end):
    words = offer_words(replace(OFFER, **said), date(2024, 3, 12), "anna")
    assert words.endswith(end)
    assert offer_words(replace(OFFER, **said), date(2024, 3, 12), "berta").count("read by anna") == 1
    assert view_words(OFFER) == "RMLO, 12 marks"


def test_lengths_known_otherwise_are_not_compared():
    alike = Compared(now=replace(FACTS, extent_mm=12.34), then=FACTS, can_be_matched=False, why_not="Unlike.")
    assert "Extent 12.3 mm, then 9.2 mm (estimated, in breast)." in list(fact_lines(comparison(alike)))
    other = replace(alike, then=replace(FACTS, basis=SpacingBasis.AT_DETECTOR))
    (extent,) = (line for line in fact_lines(comparison(other)) if line.startswith("Extent"))
    assert extent.endswith("9.2 mm (at detector): not known in the same way, so not compared.")
    (only,) = fact_lines(comparison(replace(alike, in_mm=False)))
    assert only.startswith("No pixel spacing is known")
    one = replace(alike, now=replace(FACTS, count=1), then=replace(FACTS, count=1))
    assert "1 mark now, 1 then." in list(fact_lines(comparison(one)))


def test_answers_and_suggestions_are_sentences():
    lexicon = load_lexicon("5")
    assert answer_words("number", Answer(True, ("12 then.",))) == "▲ Number: changed. 12 then."
    assert answer_words("pattern", Answer(False, ())) == "= Pattern: not changed."
    assert answer_words("appearance", OPEN) == "? Appearance: cannot be told. It takes three."
    facts = Compared(now=FACTS, then=FACTS, can_be_matched=True)
    assert suggestion_words(comparison(facts), lexicon) == "No word for the change is suggested. No reason."
    more = replace(HINT, change=Change.INCREASED, because=("5 are new.",))
    assert (
        suggestion_words(comparison(facts, more), lexicon)
        == "Suggested, not said: more calcifications. 5 are new."
    )


def test_everything_in_a_comparison_is_told_one_by_one():
    now = Constellation(
        places=((0.0, 0.0), (5.0, 0.0), (0.0, 5.0)),
        diameters_mm=(0.25, None, 0.3),
        mark_ids=("a", "b", "c"),
        basis=SpacingBasis.ESTIMATED_IN_BREAST,
    )
    then = Constellation(
        places=((10.0, 10.0), (15.0, 10.1), (19.0, 9.0)),
        diameters_mm=(0.28, 0.3, 0.4),
        basis=SpacingBasis.ESTIMATED_IN_BREAST,
    )
    compared = Compared(
        now=FACTS,
        then=FACTS,
        can_be_matched=True,
        pairs=(Pair(0, 0, 0.01, 0.97), Pair(1, 1, 0.2, 0.6)),
        new=(2,),
        gone=(2,),
        then_on_now=((0.0, 0.0), (5.0, 0.1), (9.0, -1.0)),
    )
    told = Comparison(now=CLUSTER, then=CLUSTER, seen_now=now, seen_then=then, compared=compared, hint=HINT)
    first, second, new, gone = items_of(told)
    assert first.words == "matched 1, sure to 97 %; 0.25 mm, then 0.28 mm (estimated, in breast)"
    assert second.words == "matched 2, sure to 60 %, 0.20 mm beside one another"
    assert (second.number, second.mark_id, second.now, second.then) == (2, "b", (5.0, 0.0), (15.0, 10.1))
    assert (new.fate, new.number, new.mark_id, new.now, new.then) == (Fate.NEW, 0, "c", (0.0, 5.0), None)
    assert (gone.fate, gone.mark_id, gone.now, gone.then) == (Fate.GONE, "", (9.0, -1.0), (19.0, 9.0))
    otherwise = replace(told, seen_then=replace(then, basis=SpacingBasis.AT_DETECTOR))
    assert next(items_of(otherwise)).words.endswith(
        "0.25 mm (estimated, in breast), then 0.28 mm (at detector)"
    )
    unlike = replace(told, compared=replace(compared, can_be_matched=False, why_not="Unlike."))
    fates = [(one.fate, one.mark_id) for one in items_of(unlike)]
    assert fates == [(Fate.ALONE, "a"), (Fate.ALONE, "b"), (Fate.ALONE, "c"), *[(Fate.ALONE, "")] * 3]
