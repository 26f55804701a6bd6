"""Marks that stand for other pixels: another spot, another outline, several as one, one in pieces; and how it is told."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from annotator.errors import SignedReading
from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.changes import apply, diff
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.model.mark_edits import join_marks, retake_mark, split_mark
from annotator.model.signing import Signature
from annotator.store.narrative import describe_changes

WORD = load_lexicon("5").word
HERE, NEXT_SLICE, ELSEWHERE = ImageKey("1.1", 3), ImageKey("1.1", 4), ImageKey("1.2", 3)


def spot(column, row=10.0, half=3.0):
    corners = ((-half, -half), (half, -half), (half, half), (-half, half))
    outline = tuple(ImagePoint(column + x, row + y) for x, y in corners)
    return SpotMeasurement(ImagePoint(column, row), 2 * half, 0.1, 6, 6, 0, 1, 100, 9, outline)


@pytest.fixture
def reading():
    """Three measured marks in a row on one slice, all in one cluster."""
    made, finding = edits.add_finding(Reading(id="r", reader="a", study_instance_uid="1.2.3"))
    for column in (10.0, 20.0, 40.0):
        measured = spot(column)
        made, _ = edits.add_mark(made, finding.id, HERE, measured.center, MarkKind.MACRO, measured)
    made, _ = edits.add_cluster(made, finding.id, HERE, (), [mark.id for mark in made.marks])
    return made


def told(before, after):
    assert apply(before, diff(before, after)) == after
    return describe_changes(before, after, WORD)


def test_a_mark_takes_another_spot_and_stays_what_it_is(reading):
    mark = reading.marks[1]
    after = retake_mark(reading, mark.id, ImagePoint(25, 11), spot(25.0, 11.0), NEXT_SLICE)
    assert after.marks[1] == replace(
        mark, point=ImagePoint(25, 11), measurement=spot(25.0, 11.0), image=NEXT_SLICE
    )
    assert after.clusters == reading.clusters
    with pytest.raises(ValueError, match="stays on its image"):
        retake_mark(reading, mark.id, mark.point, spot(25.0), ELSEWHERE)


def test_another_outline_is_told_as_a_measurement_and_another_spot_as_a_move(reading):
    mark = reading.marks[0]
    wider = retake_mark(reading, mark.id, ImagePoint(10.4, 10), spot(10.4, half=4.0))
    assert told(reading, wider) == "measured a macrocalcification in F1 again"
    other = retake_mark(reading, mark.id, ImagePoint(16, 10), spot(16.0))
    assert told(reading, other) == "moved a macrocalcification in F1"
    by_hand = edits.move_mark(reading, mark.id, ImagePoint(11, 10), spot(10.0))
    assert told(reading, by_hand) == "moved a macrocalcification in F1"


def test_several_become_the_first_of_them(reading):
    first, second, third = reading.marks
    joined = spot(15.0, half=8.0)
    after = join_marks(reading, [second.id, first.id], joined)
    assert after.marks == (replace(first, point=joined.center, measurement=joined), third)
    assert after.clusters[0].mark_ids == (first.id, third.id)
    assert "removed a macrocalcification from F1" in told(reading, after)


def test_only_marks_of_one_finding_on_one_frame_are_joined(reading):
    first, second, third = (mark.id for mark in reading.marks)
    apart, finding = edits.add_finding(reading)
    apart = edits.assign_marks(apart, [second], finding.id)
    on_slice = retake_mark(reading, third, ImagePoint(40, 10), spot(40.0), NEXT_SLICE)
    for where, ids in ((reading, [first]), (apart, [first, second]), (on_slice, [first, third])):
        with pytest.raises(ValueError, match="one finding on one frame"):
            join_marks(where, ids, spot(15.0))


def test_one_becomes_several_that_stay_in_its_finding_and_clusters(reading):
    mark = reading.marks[1]
    after, made = split_mark(reading, mark.id, (spot(18.0), spot(22.0)))
    assert made == (after.marks[1], after.marks[3])
    assert [m.point.column for m in made] == [18.0, 22.0]
    assert (made[0].id, made[1].kind, made[1].image, made[1].finding_id) == (
        mark.id, MarkKind.MACRO, HERE, mark.finding_id,
    )  # fmt: skip
    assert after.clusters[0].mark_ids == (*reading.clusters[0].mark_ids, made[1].id)
    assert told(reading, after).startswith("measured a macrocalcification in F1 again")
    with pytest.raises(ValueError, match="two pieces at least"):
        split_mark(reading, mark.id, (spot(18.0),))


def test_a_signed_reading_stays_as_it_is(reading):
    words = {part.name: "a" for part in fields(Signature) if part.name not in ("version", "findings")}
    signed = replace(reading, signatures=(Signature(version=1, **words),))
    mark = reading.marks[0]
    for act in (
        lambda: retake_mark(signed, mark.id, mark.point, spot(10.0)),
        lambda: join_marks(signed, [m.id for m in reading.marks], spot(10.0)),
        lambda: split_mark(signed, mark.id, (spot(10.0), spot(11.0))),
    ):
        with pytest.raises(SignedReading):
            act()
