"""Every field of a finding and of a reading, and every act on them, is told in words of its own."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.candidate import Candidate
from annotator.model.finding import (
    Assessment,
    Associated,
    Certainty,
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
from annotator.model.geometry import ImagePoint, SpacingBasis
from annotator.model.hanging_choice import HangingChoice
from annotator.model.history import Act
from annotator.model.image import ImageKey, Laterality
from annotator.model.mark import MarkKind
from annotator.model.origin import Origin
from annotator.model.seen_on_image import ChestWall, MarkedPixels, NipplePlace, RecallReason, TechnicalRecall
from annotator.model.signing import Signature
from annotator.store.narrative import describe_changes

WORD = load_lexicon("5").word
NAMES = {"1.1": "RCC", "1.2": "LMLO"}
EMPTY = Reading(id="r", reader="a", study_instance_uid="1.2.3")
ONE = edits.add_finding(EMPTY)[0]

FINDING: dict[str, tuple[Any, str]] = {
    "stage": (Stage.FU6, "set the stage of F1 to "),
    "size": (MarkKind.MICRO, "set the size of F1 to "),
    "morphology": (
        (Morphology.FINE_PLEO, Morphology.ROUND),
        "set the morphology of F1 to Fine pleomorphic, Round",
    ),
    "distributions": ((Distribution.GROUPED,), "set the distribution of F1 to Grouped"),
    "spread": (Spread.BILATERAL, "set the spread of F1 to "),
    "change": (Change.STABLE_2Y, "set the change of F1 to "),
    "certain": (True, "set certainty of the type for F1"),
    "known_cancer_here": (True, "set known cancer at this site for F1"),
    "adjacent_cancer": (True, "set cancer next to it for F1"),
    "priors_requested": (True, "set prior mammograms requested for F1"),
    "tracking_uid": ("2.25.7", "said which finding of other exams F1 is"),
    "laterality": (Laterality.RIGHT, "set the side of F1 to right breast"),
    "quadrant": (Quadrant.UPPER_OUTER, "set the quadrant of F1 to "),
    "clock_face": (10, "set the clock face of F1 to 10 o'clock"),
    "depth": (Depth.MIDDLE, "set the depth of F1 to "),
    "nipple_distance": (
        SaidLength(42, SpacingBasis.AT_DETECTOR),
        "set the distance from the nipple of F1 to 42.0 mm at detector",
    ),
    "extent": (SaidLength(8.25), "set the greatest extent of F1 to 8.2 mm as the reader says"),
    "associated": ((Associated.MASS,), "set the associated findings of F1 to "),
    "certainty": (Certainty.HIGH, "set the certainty of F1 to "),
    "assessment": (Assessment.HIGH_SUSPICION, "set the assessment of F1 to 4C (High suspicion)"),
    "recommendation": (Recommendation.BIOPSY, "set the recommendation of F1 to "),
    "recommended_months": (6, "set the interval of the recommendation of F1 to 6 months"),
    "kept": (("macro_fine_pleo",), "saw and left a contradiction of F1 (macro fine pleo)"),
    "comment": ("x", "wrote the comment on F1"),
    "origin": (
        Origin(source="INbreast", values=(("Name", "Cluster"),)),
        "took F1 from INbreast: Name Cluster",
    ),
}
NEVER_CHANGES = {"id", "number"}


def told(before: Reading, after: Reading) -> str:
    return describe_changes(before, after, WORD, NAMES.__getitem__)


def test_every_field_of_a_finding_is_in_this_table() -> None:
    assert {field.name for field in fields(Finding)} == set(FINDING) | NEVER_CHANGES


@pytest.mark.parametrize("field", sorted(FINDING))
def test_every_field_of_a_finding_is_said_and_taken_back_in_words(field: str) -> None:
    value, sentence = FINDING[field]
    before = ONE.findings[0]
    said = edits.describe(ONE, before.id, **{field: value})
    assert told(ONE, said).startswith(sentence)
    back = told(said, ONE)
    assert back
    assert back != told(ONE, said) or field == "tracking_uid"
    for sentence in (told(ONE, said), back):
        assert "changed the" not in sentence
        assert field not in sentence.split() or "_" not in field
        assert "None" not in sentence
    if field != "tracking_uid":
        assert told(EMPTY, said).endswith(told(ONE, said))


NIPPLE = NipplePlace(ImageKey("1.1"), ImagePoint(1, 2))
WALL = ChestWall(ImageKey("1.1"), (ImagePoint(1, 2), ImagePoint(5, 30)))
RECALL = TechnicalRecall("1.2", (RecallReason.MOTION, RecallReason.ARTEFACT), "a clip")
SIGNED = Signature(
    version=1,
    reader="a",
    at="2026-01-01T00:00:00Z",
    reason="",
    content="c",
    program_version="1",
    lexicon_edition="5",
    lexicon_version="1",
    rules_version="1",
    rules="d",
    display="x",
)
POINT = ImagePoint(1, 1)
MARKED = edits.add_mark(ONE, ONE.findings[0].id, ImageKey("1.1"), POINT, MarkKind.MICRO)[0]
TIED = edits.add_cluster(MARKED, ONE.findings[0].id, ImageKey("1.1"), (POINT,), [MARKED.marks[0].id])[0]
PIXELS = MarkedPixels(ImageKey("1.1"), "0" * 64)
CLOSED = edits.sign(ONE, SIGNED)
OPEN_AGAIN = edits.amend(CLOSED, "one more view")

FOUND = Candidate("c1", ImageKey("1.1"), POINT, 0.9, 4.0)
ACCEPTED = edits.accept_candidates(
    ONE, ONE.findings[0].id, "trees 1", [edits.AcceptedCandidate(FOUND, POINT, MarkKind.MICRO)]
)[0]
REJECTED = edits.reject_candidates(ONE, "trees 1", [FOUND, replace(FOUND, id="c2")])

ACTS: dict[str, list[tuple[Reading, Reading, str]]] = {
    "lexicon_edition": [(ONE, replace(ONE, lexicon_edition="2025"), "switched to the words of edition 2025")],
    "stage": [
        (ONE, edits.set_stage(ONE, Stage.FU12), "set the stage of the exam to "),
        (edits.set_stage(ONE, Stage.FU12), ONE, "cleared the stage of the exam"),
    ],
    "findings": [(EMPTY, ONE, "began F1"), (ONE, EMPTY, "removed F1")],
    "marks": [(ONE, MARKED, "placed a microcalcification in F1")],
    "clusters": [(MARKED, TIED, "tied a mark into a cluster in F1")],
    "nipples": [
        (ONE, edits.place_nipple(ONE, NIPPLE), "placed the nipple on RCC"),
        (
            edits.place_nipple(ONE, NIPPLE),
            edits.place_nipple(ONE, replace(NIPPLE, point=POINT)),
            "moved the nipple on RCC",
        ),
        (edits.place_nipple(ONE, NIPPLE), ONE, "took the nipple of RCC away"),
    ],
    "chest_walls": [
        (ONE, edits.draw_chest_wall(ONE, WALL), "drew the chest wall on RCC"),
        (
            edits.draw_chest_wall(ONE, WALL),
            edits.draw_chest_wall(ONE, replace(WALL, ends=(POINT, ImagePoint(9.0, 9.0)))),
            "moved the chest wall on RCC",
        ),
        (edits.draw_chest_wall(ONE, WALL), ONE, "took the chest wall of RCC away"),
    ],
    "recalls": [
        (ONE, edits.recall_view(ONE, RECALL), "asked for LMLO to be taken again: "),
        (edits.recall_view(ONE, RECALL), ONE, "no longer asks for LMLO to be taken again"),
    ],
    "pixels": [
        (ONE, edits.keep_pixels(ONE, [PIXELS]), "noted what the pixels of marked images are"),
        (ONE, edits.keep_pixels(MARKED, [PIXELS]), "placed a microcalcification in F1"),
    ],
    "first_pass": [(ONE, edits.finish_first_pass(ONE), "finished the first pass")],
    "decisions": [
        (ONE, ACCEPTED, "placed a microcalcification in F1; accepted a candidate of trees 1"),
        (ONE, REJECTED, "rejected 2 candidates of trees 1"),
        (
            REJECTED,
            edits.reconsider_candidates(REJECTED, ["c1"]),
            "took the verdict back on a candidate of trees 1",
        ),
    ],
    "hanging": [
        (
            ONE,
            edits.choose_hanging(ONE, HangingChoice("1.1", laterality=Laterality.LEFT)),
            "hung RCC as left",
        ),
    ],
    "done": [(ONE, edits.set_done(ONE, True), "called the exam done")],
    "signatures": [
        (ONE, CLOSED, "signed version 1 of the reading"),
        (
            OPEN_AGAIN,
            edits.sign(OPEN_AGAIN, replace(SIGNED, version=2, reason="one more view")),
            "signed version 2 of the reading, amended because: one more view",
        ),
    ],
    "amending": [
        (CLOSED, OPEN_AGAIN, "opened version 1 for an amendment because: one more view"),
        (
            edits.remove_finding(OPEN_AGAIN, ONE.findings[0].id),
            CLOSED,
            "withdrew the amendment (one more view), so that version 1 stands; began F1",
        ),
    ],
}
WHOSE_IT_IS = {"id", "reader", "study_instance_uid"}


def test_every_field_of_a_reading_is_in_this_table() -> None:
    assert {field.name for field in fields(Reading)} == set(ACTS) | WHOSE_IT_IS


@pytest.mark.parametrize("field", sorted(ACTS))
def test_every_act_on_a_reading_is_told(field: str) -> None:
    for before, after, sentence in ACTS[field]:
        assert told(before, after).startswith(sentence)


def test_signing_and_amending_tell_nothing_beside_of_being_done() -> None:
    assert told(ONE, CLOSED) == "signed version 1 of the reading"
    assert told(CLOSED, OPEN_AGAIN).endswith("because: one more view")


def test_a_recall_tells_its_reasons_and_comment() -> None:
    sentence = told(ONE, edits.recall_view(ONE, RECALL))
    for reason in RECALL.reasons:
        assert WORD(reason) in sentence
    assert sentence.endswith("(a clip)")


def test_a_contradiction_is_left_and_no_longer_left() -> None:
    finding = ONE.findings[0].id
    one = edits.describe(ONE, finding, kept=("macro_fine_pleo",))
    other = edits.describe(ONE, finding, kept=("group_of_few",))
    assert told(one, other) == (
        "saw and left a contradiction of F1 (group of few); "
        "no longer leaves a contradiction of F1 (macro fine pleo)"
    )


def test_every_kind_of_act_has_a_sentence_in_history() -> None:
    from datetime import UTC, datetime

    from annotator.model.history import Revision
    from annotator.store.narrative import tell

    for act in Act:
        revision = Revision(1, act, "Say", datetime(2026, 1, 1, tzinfo=UTC), "a", "1", OPEN_AGAIN)
        assert "opened version 1" in tell(CLOSED, revision, WORD)
