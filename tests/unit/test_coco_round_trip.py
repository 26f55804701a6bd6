"""What COCO can hold of a reading comes back from it: places, outlines, words, who read, what belongs together."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.exchange.datasets import coco
from annotator.exchange.datasets.found import SourceShape, Wishes
from annotator.exchange.tables.shapes import MadeOf, shape_of
from annotator.exchange.tables.told import ToldExam
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import Laterality
from annotator.model.mark import Mark, MarkKind
from tests.told_exams import PSEUDONYMS, begun, data_set, image, measured, told

NEAR = 1e-4
"""Pixels: places are written to four digits."""

IMAGES = (image("1.5"), image("1.6", rows=300, columns=200), image("1.7", frames=5))
PLACES = st.builds(ImagePoint, st.floats(1, 79), st.floats(1, 59))
OUTLINES = st.lists(
    PLACES, min_size=3, max_size=9, unique_by=lambda p: (round(p.column, 3), round(p.row, 3))
).map(tuple)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    reading = begun()
    for _ in range(draw(st.integers(0, 2))):
        reading, _finding = edits.add_finding(reading)
    for finding in reading.findings:
        said = {
            "morphology": tuple(draw(st.lists(st.sampled_from(Morphology), max_size=2, unique=True))),
            "distributions": tuple(draw(st.lists(st.sampled_from(Distribution), max_size=2, unique=True))),
            "assessment": draw(st.none() | st.sampled_from(Assessment)),
            "laterality": draw(st.none() | st.sampled_from(Laterality)),
        }
        reading = edits.describe(reading, finding.id, **said)
        info = draw(st.sampled_from(IMAGES))
        key = info.key(draw(st.integers(1, info.frames)))
        for _ in range(draw(st.integers(1, 4))):
            point = draw(PLACES)
            outline = draw(OUTLINES | st.just(()))
            how = measured(point, outline, draw(st.floats(0.5, 20))) if draw(st.booleans()) else None
            reading, _mark = edits.add_mark(
                reading, finding.id, key, point, draw(st.sampled_from(MarkKind)), how
            )
        if draw(st.booleans()):
            ids = [one.id for one in reading.marks_of(finding.id)]
            outline = draw(OUTLINES)
            reading, _cluster = edits.add_cluster(reading, finding.id, key, outline, ids, info.spacing)
    return reading


@given(reading=readings())
@settings(max_examples=60)
def test_what_coco_can_hold_comes_back(reading: Reading) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data_set(Path(folder), ("coco",), ToldExam(readings=(told(reading, IMAGES),)))
        found = coco.read(Path(folder) / "coco" / "all.json", Wishes())
    assert found.broken == ()
    assert found.faults == ()
    by_uid = {one.tracking_uid: one for one in found.findings}
    assert len(by_uid) == len(found.findings) == len(reading.findings)
    for finding in reading.findings:
        back = by_uid[finding.tracking_uid]
        assert back.reader == reading.reader
        assert (
            back.said.morphology,
            back.said.distributions,
            back.said.assessment,
            back.said.laterality,
        ) == (
            finding.morphology,
            finding.distributions,
            finding.assessment,
            finding.laterality,
        )
        singles = [one for one in back.drawn if one.single]
        marks = reading.marks_of(finding.id)
        assert len(singles) == len(marks)
        for mark, drawn in zip(marks, singles, strict=True):
            same_mark(mark, drawn)
        regions = [one for one in back.drawn if not one.single]
        for cluster, drawn in zip(reading.clusters_of(finding.id), regions, strict=True):
            assert where(drawn) == (PSEUDONYMS.uid(cluster.image.sop_instance_uid), cluster.image.frame)
            same_places(drawn.outline, cluster.outline)


def where(drawn: SourceShape) -> tuple[str, int]:
    return drawn.image.sop_instance_uid, drawn.frame


def same_mark(mark: Mark, drawn: SourceShape) -> None:
    assert where(drawn) == (PSEUDONYMS.uid(mark.image.sop_instance_uid), mark.image.frame)
    assert drawn.kind is mark.kind
    shape = shape_of(mark)
    if shape.drawn is MadeOf.POINT:
        same_places(drawn.outline, (mark.point,))
        return
    assert drawn.point is not None
    same_places((drawn.point,), (mark.point,))
    same_places(drawn.outline, shape.polygon)


def same_places(found: Sequence[ImagePoint], meant: Sequence[ImagePoint]) -> None:
    assert len(found) == len(meant)
    for one, other in zip(found, meant, strict=True):
        assert abs(one.column - other.column) <= NEAR
        assert abs(one.row - other.row) <= NEAR
