"""Edits are functions of values: what one does, another undoes, and a difference can be replayed."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from annotator.model.edits import (
    Changes,
    add_cluster,
    add_finding,
    add_mark,
    apply,
    assign_marks,
    describe,
    diff,
    move_mark,
    remove_cluster,
    remove_finding,
    remove_marks,
    set_mark_kind,
)
from annotator.model.finding import Distribution, Morphology, Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind

EMPTY = Reading(id="r", reader="a", study_instance_uid="1.2.3")
IMAGES = (ImageKey("1.2.3.4"), ImageKey("1.2.3.5"))


@st.composite
def acts(draw: st.DrawFn) -> list[Reading]:
    """Readings as they follow from a random series of acts, the empty one first."""
    readings = [EMPTY]
    for choice in draw(st.lists(st.integers(0, 8), max_size=25)):
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
            after = describe(now, some.choice(now.findings).id, distribution=some.choice(list(Distribution)))
        elif choice == 4:
            after = remove_finding(now, some.choice(now.findings).id)
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


def test_equal_readings_have_no_difference() -> None:
    assert not diff(EMPTY, EMPTY)
    assert diff(EMPTY, EMPTY) == Changes()
