"""The marks of a finding put together on its images: which groups, against which nipple, and where no word is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.analysis.breast.location import breast_on_image
from annotator.analysis.findings.clusters import NO_SPACING, ONLY_A_PART, TOO_FEW, clusters_of
from annotator.jobs import Cancelled, CancelToken
from annotator.model import edits
from annotator.model.clusters_on_image import NippleKnown
from annotator.model.finding import Distribution, Reading
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis, contains
from annotator.model.image import ExamInfo, ImageInfo, Laterality, View
from annotator.model.mark import MarkKind
from annotator.model.seen_on_image import NipplePlace

SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)
INFO = ImageInfo(
    path=Path("none.dcm"),
    sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
    sop_instance_uid="1.2.3.4",
    study_instance_uid="1.2.3",
    rows=2000,
    columns=1000,
    bits_stored=12,
    laterality=Laterality.LEFT,
    view=View("CC"),
    spacing=SPACING,
)
ROW = tuple((300.0 + 14 * n, 900.0 + (n % 2)) for n in range(12))
ASIDE = ((600.0, 300.0), (620.0, 320.0), (600.0, 340.0), (625.0, 300.0))


def marked(*places, info=INFO, frame=1):
    reading, finding = edits.add_finding(Reading(id="r", reader="t", study_instance_uid="1.2.3"))
    for place in places:
        reading, _ = edits.add_mark(reading, finding.id, info.key(frame), ImagePoint(*place), MarkKind.MICRO)
    return reading, finding.id


def breast(info=INFO):
    rows, columns = np.mgrid[0:200, 0:100]
    tissue = (columns / 80) ** 2 + ((rows - 100) / 90) ** 2 < 1
    return breast_on_image(info, Orientation(), tissue, 10)


def told(reading, finding, *images, breasts=()):
    known = {one.sop_instance_uid: one for one in breasts}
    exam = ExamInfo("1.2.3", images or (INFO,))
    return clusters_of(reading, finding, exam, lambda info: known.get(info.sop_instance_uid))


def test_what_lies_within_10_mm_is_a_group_and_its_line_runs_outside_all_marks():
    reading, finding = marked(*ROW, *ASIDE, (50.0, 50.0))
    (one,) = told(reading, finding)
    assert [group.facts.count for group in one.groups] == [12, 4]
    assert (one.count, one.facts.count, one.label) == (17, 17, "LCC")
    for group, places in zip(one.groups, (ROW, ASIDE), strict=True):
        assert all(contains(group.outline, ImagePoint(*place)) for place in places)
        corners = np.array([(p.column, p.row) for p in group.outline])
        nearest = np.hypot(*(corners[:, None] - np.array(places)[None]).transpose(2, 0, 1)).min()
        assert nearest == pytest.approx(10, abs=0.5)
    assert one.groups[0].facts.extent.value == pytest.approx(15.4, abs=0.1)
    assert one.groups[0].facts.basis is SpacingBasis.AT_DETECTOR


def test_a_row_towards_the_placed_nipple_is_told_so_and_suggests_a_line():
    reading, finding = marked(*ROW)
    nothing = told(reading, finding)[0]
    assert (nothing.nipple, nothing.facts.axis_to_nipple_deg) == (NippleKnown.UNKNOWN, None)
    estimated = told(reading, finding, breasts=[breast()])[0]
    assert estimated.nipple is NippleKnown.ESTIMATED
    assert estimated.facts.breast_share is not None
    place = NipplePlace(INFO.key(), ImagePoint(800.0, 900.0), SPACING)
    placed = told(edits.place_nipple(reading, place), finding, breasts=[breast()])[0]
    assert placed.nipple is NippleKnown.PLACED
    assert placed.facts.axis_to_nipple_deg == pytest.approx(0, abs=1)
    assert placed.facts.nipple_distance_mm == pytest.approx(
        (800 - np.mean([c for c, _ in ROW])) / 10, abs=0.2
    )
    assert placed.hint.word is Distribution.LINEAR
    assert "12 marks" in placed.hint.because[0]


def test_what_the_reader_outlined_is_a_group_of_its_own_and_no_second_line_is_drawn_round_it():
    reading, finding = marked(*ROW, *ASIDE)
    ids = [mark.id for mark in reading.marks[:12]]
    drawn = tuple(ImagePoint(*c) for c in ((280, 880), (480, 880), (480, 920), (280, 920)))
    reading, cluster = edits.add_cluster(reading, finding, INFO.key(), drawn, ids, SPACING)
    (one,) = told(reading, finding)
    assert [(group.cluster_id, group.facts.count) for group in one.groups] == [(cluster.id, 12), ("", 4)]
    assert one.groups[0].outline == drawn


def test_without_pixel_size_on_a_part_and_of_two_marks_no_word_is_told_and_why_is():
    reading, finding = marked(*ROW)
    (one,) = told(reading, finding, replace(INFO, spacing=None))
    assert (one.facts, one.hint, one.groups, one.why_not) == (None, None, (), NO_SPACING)
    (part,) = told(reading, finding, replace(INFO, view=View("CC", ("M",))))
    assert (part.hint, part.why_not, part.facts.count) == (None, ONLY_A_PART, 12)
    reading, finding = marked(*ROW[:2])
    (two,) = told(reading, finding)
    assert (two.hint, two.why_not, two.groups) == (None, TOO_FEW, ())


def test_marks_of_other_findings_and_images_are_left_out_and_slices_are_looked_at_together():
    reading, finding = marked(*ROW[:6])
    other = replace(INFO, sop_instance_uid="1.2.3.5", view=View("MLO"), frames=40)
    for number, place in enumerate(ROW[6:], 3):
        reading, _ = edits.add_mark(reading, finding, other.key(number), ImagePoint(*place), MarkKind.MICRO)
    reading, second = edits.add_finding(reading)
    reading, _ = edits.add_mark(reading, second.id, INFO.key(), ImagePoint(305.0, 905.0), MarkKind.MICRO)
    assert [(one.label, one.count) for one in told(reading, finding, INFO, other)] == [
        ("LCC", 6),
        ("LMLO", 6),
    ]
    with pytest.raises(KeyError):
        told(reading, "none")


def test_a_newer_question_ends_an_older_one():
    token = CancelToken()
    token.cancel()
    reading, finding = marked(*ROW)
    with pytest.raises(Cancelled):
        clusters_of(reading, finding, ExamInfo("1.2.3", (INFO,)), lambda _info: None, token)
