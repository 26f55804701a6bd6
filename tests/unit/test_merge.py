"""Two readings that went on from the same one: what both said is there, contradictions are told, no mark is lost."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.model import edits
from annotator.model.candidate import Candidate
from annotator.model.changes import apply, diff
from annotator.model.finding import Assessment, Distribution, Morphology, Quadrant, Reading, Stage
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.model.merge import Merge, Part, Side, merged
from annotator.model.seen_on_image import NipplePlace, RecallReason, TechnicalRecall

IMAGES = (ImageKey("2.25.10"), ImageKey("2.25.11"))
BLANK = Reading(id="r", reader="anna", study_instance_uid="2.25.1")
OUTLINE = (ImagePoint(0, 0), ImagePoint(9, 0), ImagePoint(9, 9))


def begun(*marks: float) -> Reading:
    """One finding with marks on the first image."""
    reading, finding = edits.add_finding(BLANK)
    for column in marks:
        reading = marked(reading, column)
    assert finding.id == reading.findings[0].id
    return reading


def marked(reading: Reading, column: float, finding: int = 0) -> Reading:
    point = ImagePoint(column, 1.0)
    return edits.add_mark(reading, reading.findings[finding].id, IMAGES[0], point, MarkKind.MICRO)[0]


def candidate(number: int) -> Candidate:
    return Candidate(
        id=f"c{number}", image=IMAGES[0], point=ImagePoint(number, 2), score=0.5, diameter_px=3.0
    )  # fmt: skip


def an_act(reading: Reading, chance: random.Random) -> Reading:
    """Any act of a hand that a window offers, at random."""
    kind = chance.randrange(15)
    if kind == 0 or not reading.findings:
        return edits.add_finding(reading)[0]
    finding = chance.choice(reading.findings).id
    point = ImagePoint(chance.uniform(0, 99), chance.uniform(0, 99))
    if kind < 5 or not reading.marks:
        return edits.add_mark(reading, finding, chance.choice(IMAGES), point, MarkKind.MICRO)[0]
    mark = chance.choice(reading.marks)
    image = chance.choice(IMAGES).sop_instance_uid
    if kind == 5:
        return edits.move_mark(reading, mark.id, point)
    if kind == 6:
        return edits.remove_marks(reading, [mark.id])
    if kind == 7:
        return edits.set_mark_kind(reading, [mark.id], chance.choice(list(MarkKind)))
    if kind == 8:
        return edits.assign_marks(reading, [mark.id], finding)
    if kind == 9:
        tied = [m.id for m in reading.marks if m.image == mark.image and chance.random() < 0.6]
        return edits.add_cluster(reading, finding, mark.image, OUTLINE, tied)[0]
    if kind == 10 and reading.clusters:
        return edits.remove_cluster(reading, chance.choice(reading.clusters).id)
    if kind == 11:
        return edits.remove_finding(reading, finding)
    if kind == 12:
        return chance.choice(
            (
                edits.set_stage(reading, chance.choice(list(Stage))),
                edits.place_nipple(reading, NipplePlace(ImageKey(image), point)),
                edits.remove_nipple(reading, image),
                edits.recall_view(
                    reading, TechnicalRecall(image, (chance.choice(list(RecallReason)),))
                ),
                edits.choose_hanging(
                    reading, HangingChoice(image, orientation=Orientation(flip_rows=chance.random() < 0.5))
                ),
                edits.set_done(reading, done=not reading.done),
                edits.finish_first_pass(reading),
            )
        )  # fmt: skip
    return edits.describe(
        reading,
        finding,
        **chance.choice(
            (
                {"morphology": (chance.choice(list(Morphology)),)},
                {"distributions": (chance.choice(list(Distribution)),)},
                {"assessment": chance.choice(list(Assessment))},
                {"comment": chance.choice(("", "a", "b"))},
            )
        ),
    )


def after_acts(reading: Reading, seed: int, count: int) -> Reading:
    chance = random.Random(seed)
    for _ in range(count):
        reading = an_act(reading, chance)
    return reading


@st.composite
def triples(draw: st.DrawFn) -> tuple[Reading, Reading, Reading]:
    seeds = st.integers(0, 2**32)
    base = after_acts(BLANK, draw(seeds), draw(st.integers(0, 25)))
    mine, theirs = (after_acts(base, draw(seeds), draw(st.integers(0, 12))) for _ in range(2))
    return base, mine, theirs


def unnumbered(reading: Reading) -> tuple[object, ...]:
    """All that is said, apart from the numbers by which things are called and ordered."""
    return (
        {f.id: replace(f, number=0) for f in reading.findings},
        {m.id: replace(m, number=0) for m in reading.marks},
        {c.id: (replace(c, number=0, mark_ids=()), frozenset(c.mark_ids)) for c in reading.clusters},
        replace(reading, findings=(), marks=(), clusters=()),
    )


def swapped(choices: dict[tuple[str, str, str], Side], merge: Merge) -> dict[tuple[str, str, str], Side]:
    """The same choices seen from the other side."""
    other = {Side.MINE: Side.THEIRS, Side.THEIRS: Side.MINE, Side.BASE: Side.BASE}
    found = {}
    for conflict in merge.conflicts:
        key = conflict.key
        if conflict.part is Part.OWNER:
            a, b, c, d = conflict.id.split("/")
            key = (conflict.part.value, f"{c}/{d}/{a}/{b}", "")
        found[key] = other[choices.get(conflict.key, conflict.taken)]
    return found


def fits_together(reading: Reading) -> None:
    """What every reading keeps to, however it came about."""
    findings = {f.id for f in reading.findings}
    marks = {m.id: m for m in reading.marks}
    assert len(marks) == len(reading.marks)
    assert {m.finding_id for m in reading.marks} <= findings
    tied = [i for c in reading.clusters for i in c.mark_ids]
    assert len(set(tied)) == len(tied)
    for cluster in reading.clusters:
        assert cluster.finding_id in findings
        assert all(marks[i].finding_id == cluster.finding_id for i in cluster.mark_ids)
        assert all(
            marks[i].image.sop_instance_uid == cluster.image.sop_instance_uid for i in cluster.mark_ids
        )
    for items in (reading.findings, reading.marks, reading.clusters):
        numbers = [item.number for item in items]
        assert numbers == sorted(set(numbers))


@settings(max_examples=120)
@given(triples())
def test_merging_keeps_a_reading_whole_and_can_be_stored(triple: tuple[Reading, Reading, Reading]) -> None:
    base, mine, theirs = triple
    result = merged(base, mine, theirs).reading
    fits_together(result)
    assert apply(theirs, diff(theirs, result)) == result
    assert apply(result, diff(result, theirs)) == theirs


@settings(max_examples=120)
@given(triples())
def test_no_mark_is_lost(triple: tuple[Reading, Reading, Reading]) -> None:
    """Every mark of either side is there, unless the other side took it away and this one left it alone."""
    base, mine, theirs = triple
    there = {m.id for m in merged(base, mine, theirs).reading.marks}
    before = {m.id: m for m in base.marks}
    for one, other in ((mine, theirs), (theirs, mine)):
        others = {m.id for m in other.marks}
        for mark in one.marks:
            removed_on_purpose = mark.id not in others and before.get(mark.id) == mark
            assert mark.id in there or removed_on_purpose


@settings(max_examples=80)
@given(triples())
def test_merging_with_oneself_or_with_nothing_new_changes_nothing(
    triple: tuple[Reading, Reading, Reading],
) -> None:
    base, mine, _ = triple
    for result in (merged(base, mine, mine), merged(base, mine, base), merged(base, base, mine)):
        assert result.conflicts == ()
        assert result.reading == mine


@settings(max_examples=120)
@given(triples(), st.integers(0, 2**32))
def test_it_is_the_same_from_both_sides_but_for_whose_value_is_first(
    triple: tuple[Reading, Reading, Reading], seed: int
) -> None:
    base, mine, theirs = triple
    chance = random.Random(seed)
    first = merged(base, mine, theirs)
    choices = {c.key: chance.choice((Side.MINE, Side.THEIRS)) for c in first.conflicts}
    here = merged(base, mine, theirs, choices)
    there = merged(base, theirs, mine, swapped(choices, first))
    assert unnumbered(here.reading) == unnumbered(there.reading)
    assert {(c.part, c.field, repr(c.mine), repr(c.theirs)) for c in here.conflicts} == {
        (c.part, c.field, repr(c.theirs), repr(c.mine)) for c in there.conflicts
    }


@settings(max_examples=80)
@given(triples(), st.sampled_from(list(Side)))
def test_any_choice_keeps_a_reading_whole_and_asks_the_same_again(
    triple: tuple[Reading, Reading, Reading], side: Side
) -> None:
    base, mine, theirs = triple
    asked = merged(base, mine, theirs).conflicts
    chosen = merged(base, mine, theirs, {c.key: side for c in asked})
    fits_together(chosen.reading)
    assert {c.key for c in asked if c.part is not Part.MARK} >= {
        c.key for c in chosen.conflicts if c.part is Part.FINDING
    }
    assert all(c.taken is side for c in chosen.conflicts if c.key in {a.key for a in asked})


def test_marks_of_both_are_there_and_new_numbers_of_mine_follow() -> None:
    base = begun(1.0)
    mine = marked(edits.add_finding(base)[0], 2.0, finding=1)
    theirs = marked(edits.add_finding(base)[0], 3.0, finding=1)
    result = merged(base, mine, theirs)
    assert result.conflicts == ()
    assert [m.point.column for m in result.reading.marks] == [1.0, 3.0, 2.0]
    assert [f.id for f in result.reading.findings] == [
        base.findings[0].id,
        theirs.findings[1].id,
        mine.findings[1].id,
    ]
    assert [f.number for f in result.reading.findings] == [1, 2, 3]


def test_a_finding_is_put_together_field_by_field() -> None:
    base = begun(1.0)
    finding = base.findings[0].id
    mine = edits.describe(base, finding, morphology=(Morphology.AMORPHOUS,), quadrant=Quadrant.CENTRAL)
    theirs = edits.describe(
        base, finding, distributions=(Distribution.LINEAR,), quadrant=Quadrant.AXILLARY_TAIL
    )
    result = merged(base, mine, theirs)
    (conflict,) = result.conflicts
    assert (conflict.part, conflict.field, conflict.taken) == (Part.FINDING, "quadrant", Side.THEIRS)
    assert (conflict.mine, conflict.theirs) == ((Quadrant.CENTRAL,), (Quadrant.AXILLARY_TAIL,))
    (both,) = result.reading.findings
    assert (both.morphology, both.distributions) == ((Morphology.AMORPHOUS,), (Distribution.LINEAR,))
    assert both.quadrant is Quadrant.AXILLARY_TAIL
    chosen = merged(base, mine, theirs, {conflict.key: Side.MINE})
    assert chosen.reading.findings[0].quadrant is Quadrant.CENTRAL


@pytest.mark.parametrize("remover_is_mine", [True, False])
def test_a_finding_removed_here_and_marked_there_stays_whole_until_it_is_chosen(
    remover_is_mine: bool,
) -> None:
    base = begun(1.0, 2.0)
    removed = edits.remove_finding(base, base.findings[0].id)
    went_on = marked(base, 3.0)
    mine, theirs = (removed, went_on) if remover_is_mine else (went_on, removed)
    result = merged(base, mine, theirs)
    (conflict,) = result.conflicts
    assert (conflict.part, conflict.field) == (Part.FINDING, "")
    assert [m.point.column for m in result.reading.marks] == [1.0, 2.0, 3.0]
    remover = Side.MINE if remover_is_mine else Side.THEIRS
    assert conflict.taken is not remover
    assert merged(base, mine, theirs, {conflict.key: remover}).reading.findings == ()


def test_what_one_side_removed_and_the_other_left_alone_is_gone() -> None:
    base = begun(1.0, 2.0)
    mine = edits.remove_marks(base, [base.marks[0].id])
    theirs = edits.describe(base, base.findings[0].id, comment="seen")
    result = merged(base, mine, theirs)
    assert result.conflicts == ()
    assert [m.point.column for m in result.reading.marks] == [2.0]


def test_a_mark_removed_here_and_moved_there_is_a_contradiction_and_stays() -> None:
    base = begun(1.0)
    mine = edits.remove_marks(base, [base.marks[0].id])
    theirs = edits.move_mark(base, base.marks[0].id, ImagePoint(5, 5))
    result = merged(base, mine, theirs)
    (conflict,) = result.conflicts
    assert (conflict.part, conflict.mine) == (Part.MARK, None)
    assert [m.point.column for m in result.reading.marks] == [5.0]
    assert merged(base, mine, theirs, {conflict.key: Side.MINE}).reading.marks == ()


def test_marks_tied_into_two_clusters_are_one_contradiction() -> None:
    base = begun(1.0, 2.0, 3.0)
    finding, marks = base.findings[0].id, [m.id for m in base.marks]
    mine = edits.add_cluster(base, finding, IMAGES[0], OUTLINE, marks)[0]
    theirs = edits.add_cluster(base, finding, IMAGES[0], OUTLINE, marks[:2])[0]
    result = merged(base, mine, theirs)
    (conflict,) = result.conflicts
    assert conflict.part is Part.OWNER
    assert [len(c.mark_ids) for c in result.reading.clusters] == [2, 1]
    (cluster,) = merged(base, mine, theirs, {conflict.key: Side.MINE}).reading.clusters
    assert cluster == replace(mine.clusters[0], number=cluster.number)


def test_a_mark_moved_away_here_and_tied_there_is_a_contradiction() -> None:
    base = edits.add_finding(begun(1.0))[0]
    marks = [base.marks[0].id]
    mine = edits.assign_marks(base, marks, base.findings[1].id)
    theirs = edits.add_cluster(base, base.findings[0].id, IMAGES[0], OUTLINE, marks)[0]
    result = merged(base, mine, theirs)
    (conflict,) = result.conflicts
    assert (conflict.part, conflict.taken) == (Part.OWNER, Side.THEIRS)
    assert result.reading.marks == theirs.marks
    chosen = merged(base, mine, theirs, {conflict.key: Side.MINE}).reading
    assert (chosen.marks, chosen.clusters) == (mine.marks, ())


def test_done_stays_only_with_all_that_was_seen() -> None:
    base = begun(1.0)
    done = edits.set_done(base, done=True)
    assert not merged(base, marked(base, 2.0), done).reading.done
    hung = edits.choose_hanging(base, HangingChoice("2.25.10", orientation=Orientation(flip_rows=True)))
    assert merged(base, hung, done).reading.done


def test_verdicts_on_candidates_of_both_are_there() -> None:
    base = begun(1.0)
    mine = edits.reject_candidates(base, "m1", [candidate(1)])
    theirs = edits.reject_candidates(base, "m1", [candidate(2)])
    assert [d.candidate.id for d in merged(base, mine, theirs).reading.decisions] == ["c1", "c2"]
