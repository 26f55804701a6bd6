"""Edits are functions of values: what one does, another undoes, and a difference can be replayed."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.model.candidate import Candidate, Verdict
from annotator.model.changes import Changes, apply, diff, unchanged_ends
from annotator.model.edits import (
    AcceptedCandidate,
    accept_candidates,
    add_cluster,
    add_finding,
    add_mark,
    assign_marks,
    choose_hanging,
    describe,
    draw_chest_wall,
    finish_first_pass,
    keep_pixels,
    move_mark,
    reconsider_candidates,
    reject_candidates,
    remove_chest_wall,
    remove_cluster,
    remove_finding,
    remove_marks,
    set_done,
    set_mark_kind,
)
from annotator.model.finding import Distribution, Morphology, Reading
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ImageKey, Laterality
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.model.seen_on_image import ChestWall, MarkedPixels
from annotator.store.encoding import (
    decode_changes,
    decode_reading,
    encode_changes,
    encode_reading,
    merged,
)

EMPTY = Reading(id="r", reader="a", study_instance_uid="1.2.3")
IMAGES = (ImageKey("1.2.3.4"), ImageKey("1.2.3.5"))


@st.composite
def acts(draw: st.DrawFn) -> list[Reading]:
    """Readings as they follow from a random series of acts, the empty one first."""
    readings = [EMPTY]
    for choice in draw(st.lists(st.integers(0, 14), max_size=25)):
        now = readings[-1]
        some = draw(st.randoms(use_true_random=False))
        if choice == 0 or not now.findings:
            after, _ = add_finding(now)
        elif choice in (1, 2):
            point = ImagePoint(some.uniform(0, 100), some.uniform(0, 100))
            after, _ = add_mark(
                now, some.choice(now.findings).id, some.choice(IMAGES), point, some.choice(list(MarkKind))
            )
        elif choice == 3:
            after = describe(
                now, some.choice(now.findings).id, distributions=(some.choice(list(Distribution)),)
            )
        elif choice == 4:
            after = remove_finding(now, some.choice(now.findings).id)
        elif choice == 9:
            turn = some.choice((None, Orientation(flip_rows=True)))
            after = choose_hanging(now, HangingChoice(some.choice(("1.1", "1.2")), orientation=turn))
        elif choice == 10:
            after = set_done(now, some.random() < 0.7)
        elif choice == 11:
            found = Candidate(some.choice("abc"), some.choice(IMAGES), ImagePoint(1, 2), some.random(), 3.0)
            one = AcceptedCandidate(found, found.point, MarkKind.MICRO)
            after, _ = accept_candidates(now, some.choice(now.findings).id, "model 1", [one])
        elif choice == 12:
            found = Candidate(some.choice("abc"), some.choice(IMAGES), ImagePoint(1, 2), some.random(), 3.0)
            after = reject_candidates(now, "model 1", [found])
        elif choice == 13:
            after = reconsider_candidates(finish_first_pass(now), [some.choice("abc")])
        elif choice == 14:
            after = keep_pixels(now, [MarkedPixels(some.choice(IMAGES), some.choice("abc") * 64)])
        elif not now.marks:
            continue
        elif choice == 5:
            after = move_mark(now, some.choice(now.marks).id, ImagePoint(1, 1))
        elif choice == 6:
            after = remove_marks(now, {some.choice(now.marks).id})
        elif choice == 7:
            image = some.choice(now.marks).image
            members = [m.id for m in now.marks if m.image == image and some.random() < 0.6]
            after, _ = add_cluster(now, some.choice(now.findings).id, image, (), members)
        else:
            after = assign_marks(now, [some.choice(now.marks).id], some.choice(now.findings).id)
        readings.append(after)
    return readings


@given(acts())
def test_a_difference_replayed_is_the_later_reading_and_backwards_the_earlier(
    readings: list[Reading],
) -> None:
    for before, after in itertools.pairwise(readings):
        assert apply(before, diff(before, after)) == after
        assert apply(after, diff(after, before)) == before


@given(acts())
def test_a_cluster_only_holds_marks_of_its_own_finding_and_image(readings: list[Reading]) -> None:
    for reading in readings:
        for cluster in reading.clusters:
            for mark_id in cluster.mark_ids:
                mark = reading.mark(mark_id)
                assert (mark.finding_id, mark.image) == (cluster.finding_id, cluster.image)
        assert {m.finding_id for m in reading.marks} <= {f.id for f in reading.findings}


@given(acts())
def test_changes_are_kept_as_text_and_replayed_from_it(readings: list[Reading]) -> None:
    changes = [diff(before, after) for before, after in itertools.pairwise(readings)]
    kept = [decode_changes(encode_changes(one), "here") for one in changes]
    assert kept == changes
    assert apply(readings[0], merged(kept)) == readings[-1]
    assert decode_reading(encode_reading(readings[-1]), "here") == readings[-1]


@given(acts())
def test_whoever_says_more_of_an_exam_is_not_done_with_it(readings: list[Reading]) -> None:
    for before, after in itertools.pairwise(readings):
        changes = diff(before, after)
        if changes.findings or changes.marks or changes.clusters:
            assert not after.done
        elif changes.hanging:
            assert after.done is before.done


def test_what_changes_nothing_leaves_an_exam_done() -> None:
    reading, finding, marks = marked(2)
    done = set_done(reading, True)
    assert describe(done, finding, comment="") is done
    assert set_mark_kind(done, marks, MarkKind.MICRO) is done
    assert assign_marks(done, marks, finding) is done
    assert remove_marks(done, []) is done


def test_a_choice_of_nothing_hangs_an_image_as_its_file_says() -> None:
    mirrored = HangingChoice("1.1", orientation=Orientation(flip_columns=True))
    side = HangingChoice("1.0", laterality=Laterality.LEFT)
    hung = choose_hanging(choose_hanging(EMPTY, mirrored), side)
    assert hung.hanging == (side, mirrored)
    assert hung.hanging_of("1.1") == mirrored
    assert not hung.hanging_of("1.2")
    bare = HangingChoice("1.1", modifiers=())
    assert choose_hanging(hung, bare).hanging == (side, bare)
    assert choose_hanging(hung, HangingChoice("1.1")).hanging == (side,)


@given(st.lists(st.integers(0, 4), max_size=8), st.lists(st.integers(0, 4), max_size=8))
def test_the_ends_that_did_not_change_are_the_longest_that_do_not_overlap(
    before: list[int], after: list[int]
) -> None:
    start, end = unchanged_ends(before, after)
    assert before[:start] == after[:start]
    assert before[len(before) - end :] == after[len(after) - end :]
    assert start + end <= min(len(before), len(after))
    middle, other = before[start : len(before) - end], after[start : len(after) - end]
    if middle and other:
        assert middle[0] != other[0]
        assert middle[-1] != other[-1]


def test_a_lasso_takes_marks_from_another_finding_with_it() -> None:
    reading, first = add_finding(EMPTY)
    reading, mark = add_mark(reading, first.id, IMAGES[0], ImagePoint(3, 4), MarkKind.MICRO)
    reading, old = add_cluster(reading, first.id, IMAGES[0], (), [mark.id])
    reading, second = add_finding(reading)
    reading, cluster = add_cluster(reading, second.id, IMAGES[0], (), [mark.id])
    assert reading.mark(mark.id).finding_id == second.id
    assert [c.id for c in reading.clusters] == [cluster.id]
    assert remove_cluster(reading, cluster.id).marks == reading.marks
    assert old.mark_ids == (mark.id,)


def test_an_outlined_area_without_marks_is_kept_until_it_is_removed() -> None:
    reading, finding = add_finding(EMPTY)
    reading, area = add_cluster(reading, finding.id, IMAGES[0], (ImagePoint(0, 0), ImagePoint(5, 0)))
    reading, mark = add_mark(reading, finding.id, IMAGES[0], ImagePoint(3, 4), MarkKind.MICRO)
    reading = remove_marks(reading, [mark.id])
    assert reading.clusters == (area,)


def test_size_is_what_the_reader_said_else_what_all_marks_agree_on() -> None:
    reading, finding = add_finding(EMPTY)
    assert reading.size_of(finding.id) is None
    reading, mark = add_mark(reading, finding.id, IMAGES[0], ImagePoint(0, 0), MarkKind.MICRO)
    assert reading.size_of(finding.id) is MarkKind.MICRO
    reading, _ = add_mark(reading, finding.id, IMAGES[0], ImagePoint(9, 0), MarkKind.MACRO)
    assert reading.size_of(finding.id) is None
    assert set_mark_kind(reading, [mark.id], MarkKind.MACRO).size_of(finding.id) is MarkKind.MACRO
    said = describe(reading, finding.id, size=MarkKind.MICRO, morphology=(Morphology.FINE_PLEO,))
    assert said.size_of(finding.id) is MarkKind.MICRO


def marked(count: int) -> tuple[Reading, str, list[str]]:
    """A finding with so many marks side by side on the first image: reading, finding id, mark ids."""
    reading, finding = add_finding(EMPTY)
    for column in range(count):
        reading, _ = add_mark(reading, finding.id, IMAGES[0], ImagePoint(column, 0), MarkKind.MICRO)
    return reading, finding.id, [m.id for m in reading.marks]


def test_numbers_go_on_from_the_highest() -> None:
    reading, finding, marks = marked(3)
    assert [m.number for m in reading.marks] == [1, 2, 3]
    reading, mark = add_mark(
        remove_marks(reading, marks[:2]), finding, IMAGES[0], ImagePoint(0, 0), MarkKind.MICRO
    )
    assert (mark.number, len(reading.marks)) == (4, 2)


def test_removed_marks_leave_their_cluster_and_the_last_takes_it_along() -> None:
    reading, finding, marks = marked(4)
    reading, tied = add_cluster(reading, finding, IMAGES[0], (), marks[:3])
    reading, other = add_cluster(reading, finding, IMAGES[0], (), marks[3:])
    reading = remove_marks(reading, marks[:2])
    assert reading.clusters == (replace(tied, mark_ids=(marks[2],)), other)
    assert [m.id for m in reading.marks] == marks[2:]
    assert remove_marks(reading, [marks[2]]).clusters == (other,)


def test_a_lasso_leaves_the_rest_of_another_cluster_tied() -> None:
    reading, finding, marks = marked(4)
    reading, area = add_cluster(reading, finding, IMAGES[0], (ImagePoint(0, 0),))
    reading, before = add_cluster(reading, finding, IMAGES[0], (), marks[:3])
    reading, after = add_cluster(reading, finding, IMAGES[0], (), marks[2:])
    assert reading.clusters == (area, replace(before, mark_ids=tuple(marks[:2])), after)


def test_a_cluster_lies_on_one_image() -> None:
    reading, finding, marks = marked(1)
    with pytest.raises(ValueError, match="lie on its image"):
        add_cluster(reading, finding, IMAGES[1], (), marks)


def test_an_untied_cluster_leaves_its_marks_and_the_others() -> None:
    reading, finding, marks = marked(2)
    reading, first = add_cluster(reading, finding, IMAGES[0], (), marks[:1])
    reading, second = add_cluster(reading, finding, IMAGES[0], (), marks[1:])
    untied = remove_cluster(reading, first.id)
    assert (untied.clusters, untied.marks) == ((second,), reading.marks)


def test_marks_handed_over_leave_only_the_clusters_of_the_finding_they_had() -> None:
    reading, first, marks = marked(3)
    reading, tied = add_cluster(reading, first, IMAGES[0], (), marks)
    reading, second = add_finding(reading)
    handed = assign_marks(reading, marks[:1], second.id)
    assert handed.marks_of(second.id) == (replace(reading.marks[0], finding_id=second.id),)
    assert handed.clusters_of(first) == (replace(tied, mark_ids=tuple(marks[1:])),)
    assert handed.clusters_of(second.id) == ()
    assert assign_marks(reading, marks, second.id).clusters == ()
    assert assign_marks(reading, marks[:2], first) == reading


def test_a_finding_goes_with_what_is_its_own() -> None:
    reading, first, marks = marked(1)
    reading, _ = add_cluster(reading, first, IMAGES[0], (), marks)
    reading, second = add_finding(reading)
    reading, kept = add_mark(reading, second.id, IMAGES[0], ImagePoint(7, 7), MarkKind.MACRO)
    reading, area = add_cluster(reading, second.id, IMAGES[0], (), [kept.id])
    left = remove_finding(reading, first)
    assert (left.findings, left.marks, left.clusters) == ((second,), (kept,), (area,))


def test_a_moved_mark_loses_the_measurement_of_where_it_was() -> None:
    reading, finding, _ = marked(1)
    measured = SpotMeasurement(ImagePoint(5, 5), 4, 1, 4, 4, 0, 1, 100, 10)
    reading, mark = add_mark(reading, finding, IMAGES[0], ImagePoint(5, 5), MarkKind.MACRO, measured)
    assert reading.mark(mark.id).measurement == measured
    moved = move_mark(reading, mark.id, ImagePoint(8, 9))
    assert moved.mark(mark.id) == replace(mark, point=ImagePoint(8, 9), measurement=None)
    assert moved.marks[0] == reading.marks[0]


@pytest.mark.parametrize(
    "act",
    [
        lambda r: describe(r, "none"),
        lambda r: remove_finding(r, "none"),
        lambda r: add_mark(r, "none", IMAGES[0], ImagePoint(0, 0), MarkKind.MICRO),
        lambda r: move_mark(r, "none", ImagePoint(0, 0)),
        lambda r: set_mark_kind(r, ["none"], MarkKind.MICRO),
        lambda r: add_cluster(r, "none", IMAGES[0], ()),
        lambda r: remove_cluster(r, "none"),
        lambda r: assign_marks(r, [], "none"),
    ],
)
def test_what_is_not_there_cannot_be_changed(act) -> None:
    with pytest.raises(KeyError, match="none"):
        act(marked(1)[0])


@pytest.mark.parametrize(
    "change",
    [
        lambda r: add_finding(r)[0],
        lambda r: remove_marks(r, [r.marks[0].id]),
        lambda r: add_cluster(r, r.findings[0].id, IMAGES[0], ())[0],
        lambda r: replace(r, lexicon_edition="6"),
    ],
)
def test_any_one_change_is_a_difference(change) -> None:
    reading, _, _ = marked(1)
    assert diff(reading, change(reading))


def test_only_what_changed_is_in_the_difference() -> None:
    reading, _, marks = marked(3)
    changed = set_mark_kind(reading, marks[1:2], MarkKind.MACRO)
    assert diff(reading, changed) == Changes(marks={marks[1]: changed.mark(marks[1])})
    # an equal value is no change, though it be another object
    assert not diff(reading, replace(reading, marks=tuple(replace(m) for m in reading.marks)))


def test_equal_readings_have_no_difference() -> None:
    assert not diff(EMPTY, EMPTY)
    assert diff(EMPTY, EMPTY) == Changes()


def test_of_a_stack_the_slice_with_most_marks_is_pictured_and_the_others_counted() -> None:
    reading, finding = add_finding(EMPTY)
    for frame in (3, 7, 7, 9, 9, 12):
        reading, _ = add_mark(
            reading, finding.id, ImageKey("1.2.3.4", frame), ImagePoint(3, 4), MarkKind.MICRO
        )
    reading, _ = add_mark(reading, finding.id, IMAGES[1], ImagePoint(3, 4), MarkKind.MICRO)
    assert reading.pictured_slices(finding.id) == ((ImageKey("1.2.3.4", 7), 3), (IMAGES[1], 0))


FOUND = Candidate("c1", IMAGES[0], ImagePoint(5, 6), 0.8, 4.0)


def test_a_candidate_accepted_is_a_mark_and_a_decision_with_the_model_that_proposed_it() -> None:
    now, finding = add_finding(EMPTY)
    one = AcceptedCandidate(FOUND, ImagePoint(5.5, 6), MarkKind.MICRO)
    now, (mark,) = accept_candidates(now, finding.id, "model 1", [one])
    assert now.marks == (mark,)
    assert (mark.image, mark.point, mark.finding_id) == (FOUND.image, one.point, finding.id)
    decision = now.decision_on("c1")
    assert decision is not None
    assert (decision.verdict, decision.model_version, decision.mark_id) == (
        Verdict.ACCEPTED,
        "model 1",
        mark.id,
    )


def test_a_verdict_replaces_the_earlier_one_and_the_mark_stays() -> None:
    now, finding = add_finding(EMPTY)
    one = AcceptedCandidate(FOUND, FOUND.point, MarkKind.MACRO)
    now, _ = accept_candidates(now, finding.id, "model 1", [one])
    rejected = reject_candidates(now, "model 2", [FOUND])
    assert [(d.verdict, d.model_version) for d in rejected.decisions] == [(Verdict.REJECTED, "model 2")]
    assert rejected.marks == now.marks
    open_again = reconsider_candidates(rejected, ["c1"])
    assert open_again.decision_on("c1") is None
    assert reconsider_candidates(open_again, ["c1"]) is open_again


def test_a_verdict_says_more_of_the_exam_a_finished_first_pass_does_not() -> None:
    done = set_done(EMPTY, True)
    assert finish_first_pass(done).done
    assert not reject_candidates(done, "model 1", [FOUND]).done
    assert reject_candidates(done, "model 1", []) is done


def test_a_chest_wall_is_drawn_once_for_each_image_and_taken_away():
    first, other = (ChestWall(ImageKey(uid), (ImagePoint(1, 2), ImagePoint(5, 30))) for uid in ("1.2", "1.1"))
    moved = replace(first, ends=(ImagePoint(1, 2), ImagePoint(9, 30)))
    drawn = draw_chest_wall(draw_chest_wall(EMPTY, first), other)
    assert drawn.chest_walls == (other, first)
    again = draw_chest_wall(drawn, moved)
    assert again.chest_wall_on("1.2") == moved
    assert apply(drawn, diff(drawn, again)) == again
    gone = remove_chest_wall(again, "1.2")
    assert gone.chest_walls == (other,)
    assert apply(again, diff(again, gone)) == gone
    assert remove_chest_wall(gone, "1.2") is gone
    with pytest.raises(ValueError, match="two points"):
        ChestWall(ImageKey("1.1"), (ImagePoint(1, 2), ImagePoint(1, 2)))


def test_the_first_pixels_kept_of_a_frame_stay_and_nothing_is_said_by_it() -> None:
    first, other = MarkedPixels(ImageKey("1.2", 2), "a" * 64), MarkedPixels(ImageKey("1.1"), "b" * 64)
    done = set_done(EMPTY, True)
    kept = keep_pixels(keep_pixels(done, [first]), [replace(first, sha256="c" * 64), other])
    assert kept.pixels == (other, first)
    assert kept.done
    assert keep_pixels(kept, [first]) is kept
    assert (kept.pixels_of(ImageKey("1.2", 2)), kept.pixels_of(ImageKey("1.2"))) == ("a" * 64, "")
    assert apply(done, diff(done, kept)) == kept
    assert apply(kept, diff(kept, done)) == done


@pytest.mark.parametrize("digest", ["", "a" * 63, "A" * 64, "g" * 64])
def test_pixels_are_known_by_a_whole_digest(digest: str) -> None:
    with pytest.raises(ValueError, match="64"):
        MarkedPixels(ImageKey("1.1"), digest)
