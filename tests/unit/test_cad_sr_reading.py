"""CAD reports of several vendors' habits, damaged ones, and ones made to do harm."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import made_cad as cad
import pytest
from made_cad import CLUSTER, DENSITY, NEVER, OPTIONAL, REQUIRED, SINGLE
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from annotator.errors import UnreadableObject
from annotator.exchange import cad_sr
from annotator.model.cad import Algorithm, CadKind, CadReport, CadStatus, OutlineShape, RenderingIntent
from annotator.model.cad_words import cad_line
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey

NAMES = {"2.25.1.1": "RCC", "2.25.1.3": "RMLO"}


def read(made, tmp_path: Path) -> CadReport:
    return cad_sr.read(cad.save(made, tmp_path / "cad.dcm"))


def test_a_modern_report_is_understood_whole(tmp_path: Path) -> None:
    report = read(cad.modern(), tmp_path)
    cluster, other, optional, never = report.marks
    assert (cluster.kind, cluster.image, cluster.center) == (
        CadKind.CLUSTER,
        ImageKey("2.25.1.1"),
        ImagePoint(110, 210),
    )
    assert cluster.algorithm == Algorithm("SecondLook", "7.2")
    assert (cluster.certainty, cluster.probability, cluster.number) == (0.84, 0.125, 8)
    assert cluster.type_codes == ("129760005",)
    assert cluster.outline is not None
    assert len(cluster.outline.corners) == 4
    assert [(one.center, one.intent) for one in cluster.members] == [
        (ImagePoint(101.5, 202.25), RenderingIntent.REQUIRED),
        (ImagePoint(103.5, 204.5), RenderingIntent.NOT_SHOWN),
    ]
    assert (optional.intent, optional.operating_point) == (RenderingIntent.OPTIONAL, 2)
    assert optional.algorithm == Algorithm("Specks", "1")
    assert never.intent is RenderingIntent.NOT_SHOWN
    assert report.shown == (cluster, other, optional)
    (feature,) = report.features
    assert feature.mark_ids == (cluster.id, other.id)
    assert feature.certainty == 0.7
    assert report.others == (("density", 1),)
    assert (report.status, report.with_findings) == (CadStatus.SUCCEEDED, True)
    assert report.images == ("2.25.1.1", "2.25.1.3")


def test_a_turned_ellipse_keeps_its_turn(tmp_path: Path) -> None:
    outline = read(cad.modern(), tmp_path).marks[1].outline
    assert outline is not None
    assert outline.shape is OutlineShape.ELLIPSE
    corners = outline.corners
    away = [math.hypot(p.column - 100, p.row - 100) for p in corners]
    far = corners[away.index(max(away))]
    assert far.column == pytest.approx(far.row)
    assert max(away) == pytest.approx(math.hypot(20, 20))
    assert min(away) == pytest.approx(math.hypot(10, 10))
    # the circle of its area has the geometric mean of both axes
    assert outline.diameter_px == pytest.approx(
        2 * math.sqrt(math.hypot(20, 20) * math.hypot(10, 10)), rel=0.01
    )


@pytest.mark.parametrize("sop_class", [cad.COMPREHENSIVE, cad.CAD])
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_old_codes_empty_library_and_members_by_reference(
    tmp_path: Path, sop_class: str, syntax: str
) -> None:
    made = cad.old(sop_class=sop_class)
    made.file_meta.TransferSyntaxUID = syntax
    report = read(made, tmp_path)
    (cluster,) = report.marks
    assert [mark.kind for mark in (cluster, *cluster.members)] == [CadKind.CLUSTER, CadKind.SINGLE]
    assert {mark.algorithm for mark in report.marks} == {Algorithm("ImageChecker", "3.1")}
    assert {mark.certainty for mark in report.marks} == {None}
    assert {mark.image for mark in report.marks} == {ImageKey("2.25.1.1")}


def test_a_referenced_calcification_belongs_to_its_cluster(tmp_path: Path) -> None:
    here = cad.image("2.25.1.1", relation="SELECTED FROM")
    # summary is item 1, the impression 1.1, its intent 1.1.1, the calcification 1.1.2
    lone = cad.finding(SINGLE, (1, 2), here)
    cluster = cad.finding(CLUSTER, (3, 4), here, below=[cad.refers("INFERRED FROM", 1, 1, 1, 2)])
    report = read(cad.document([cad.summary("111242", cad.impression(lone, cluster))]), tmp_path)
    (mark,) = report.marks
    assert mark.kind is CadKind.CLUSTER
    assert [one.center for one in mark.members] == [ImagePoint(1, 2)]


def test_a_frame_of_a_stack(tmp_path: Path) -> None:
    here = cad.image("2.25.1.1", frame=17, relation="SELECTED FROM")
    report = read(
        cad.document([cad.summary("111242", cad.impression(cad.finding(SINGLE, (1, 2), here)))]), tmp_path
    )
    assert report.marks[0].image == ImageKey("2.25.1.1", 17)


@pytest.mark.parametrize(
    ("above", "own", "shown"),
    [
        (REQUIRED, NEVER, RenderingIntent.NOT_SHOWN),
        (NEVER, REQUIRED, RenderingIntent.NOT_SHOWN),
        (OPTIONAL, REQUIRED, RenderingIntent.REQUIRED),
        (REQUIRED, OPTIONAL, RenderingIntent.OPTIONAL),
        (OPTIONAL, None, RenderingIntent.OPTIONAL),
    ],
)
def test_what_may_not_be_shown_is_not_shown_through_its_parts(tmp_path: Path, above, own, shown) -> None:
    here = cad.image("2.25.1.1", relation="SELECTED FROM")
    mark = cad.finding(SINGLE, (1, 2), here, intent=own)
    report = read(cad.document([cad.summary("111242", cad.impression(mark, intent=above))]), tmp_path)
    assert [one.intent for one in report.marks] == [shown]


FAILED = [cad.detection(CLUSTER, [*cad.algorithm("A", "1"), cad.image("2.25.1.1")])]
DONE = [cad.detection(DENSITY, [*cad.algorithm("A", "1"), cad.image("2.25.1.1")])]


@pytest.mark.parametrize(
    ("made", "status", "line"),
    [
        (
            cad.without_marks("111241", "111222", done=DONE),
            CadStatus.SUCCEEDED,
            "CAD A 1 ran and found no calcifications.",
        ),
        (
            cad.without_marks("111245", "111224", failed=FAILED),
            CadStatus.FAILED,
            "CAD A 1 failed (calcification cluster on RCC): no result, which is not the same as finding nothing.",
        ),
        (
            cad.without_marks("111243", "111223", failed=FAILED, done=DONE),
            CadStatus.PARTIAL,
            "CAD A 1 ran only in part (calcification cluster on RCC); no calcifications.",
        ),
        (
            cad.without_marks("111245", "111225"),
            CadStatus.NOT_ATTEMPTED,
            "CAD Vendor Box 9 was not run on this exam, which is not the same as finding nothing.",
        ),
        (
            cad.document([cad.library(cad.image("2.25.1.1"))]),
            None,
            "CAD Vendor Box 9 does not say whether it ran, which is not the same as finding nothing.",
        ),
    ],
)
def test_nothing_found_is_told_from_not_looked(tmp_path: Path, made, status, line) -> None:
    report = read(made, tmp_path)
    assert report.status is status
    assert cad_line(report, NAMES) == line


def test_a_line_for_a_report_with_marks(tmp_path: Path) -> None:
    report = read(cad.modern(), tmp_path)
    assert cad_line(report, NAMES) == (
        "CAD SecondLook 7.2, Specks 1 ran: 1 calcification and 2 calcification clusters (1 optional); "
        "not shown here: 1 density."
    )
    assert "2 of them on images that are not open here" in cad_line(report, {"2.25.1.1": "RCC"})


def test_missing_parts_are_mended_or_left_out(tmp_path: Path) -> None:
    here = cad.image("2.25.1.1", relation="SELECTED FROM")
    outline = cad.place("111041", "CIRCLE", (50, 60, 53, 64), here)
    broken = cad.place("111041", "POLYLINE", (float("nan"), 1, 2, 3, 4, 5), here)
    marks = [
        cad.finding(SINGLE, None, here, below=[outline]),
        cad.finding(SINGLE, (5, 6), here, below=[broken, cad.number("111012", "150")]),
        cad.finding(SINGLE, None, here),
        cad.finding(SINGLE, (7, 8), cad.refers("SELECTED FROM", 1, 99, 4)),
        cad.finding(SINGLE, (9, 10), cad.refers("SELECTED FROM", 1, 1)),
    ]
    made = cad.document([cad.summary("111242", cad.impression(*marks))], template=False)
    report = read(made, tmp_path)
    first, second = report.marks
    assert (first.center.column, first.center.row) == (pytest.approx(50), pytest.approx(60))
    assert (second.outline, second.certainty) == (None, None)
    assert second.algorithm == Algorithm("Vendor Box", "9")
    assert report.notes == (
        "1 certainty outside 0 to 100 %, left out",
        "3 without a place or an image, left out",
    )


def test_references_in_loops_end(tmp_path: Path) -> None:
    here = cad.image("2.25.1.1", relation="SELECTED FROM")
    inner = cad.coded(
        "INFERRED FROM", "111015", cad.code(CLUSTER, "SCT"), [cad.refers("INFERRED FROM", 1, 1, 1, 2)]
    )
    feature = cad.coded(
        "CONTAINS", "111015", cad.code(CLUSTER, "SCT"), [inner, cad.refers("INFERRED FROM", 1, 1, 1, 2)]
    )
    itself = cad.finding(CLUSTER, (3, 4), here, below=[cad.refers("INFERRED FROM", 1, 1, 1, 3)])
    report = read(cad.document([cad.summary("111242", cad.impression(feature, itself))]), tmp_path)
    assert [mark.members for mark in report.marks] == [()]
    assert report.features == ()


def test_many_references_to_much_are_refused(tmp_path: Path) -> None:
    much = cad.item("CONTAINS", "CONTAINER", "111034", [cad.item("CONTAINS", "TEXT") for _ in range(1000)])
    feature = cad.coded("CONTAINS", "111015", cad.code(CLUSTER, "SCT"), [cad.refers("INFERRED FROM", 1, 1)])
    with pytest.raises(UnreadableObject, match="more entries than any report needs"):
        read(cad.document([much, *[feature] * 300]), tmp_path)


def test_a_picture_that_calls_itself_a_report_is_refused(tmp_path: Path) -> None:
    made = cad.modern()
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = cad.IMAGE
    with pytest.raises(UnreadableObject, match="it is no structured report"):
        read(made, tmp_path)


def sequence(depth: int) -> bytes:
    begin = struct.pack("<HH2sHI", 0x40, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    end = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return begin * depth + end * depth


MANY = 700_000
HOSTILE = {
    "deep": sequence(5000),
    "many items": struct.pack("<HH2sHI", 0x40, 0xA730, b"SQ", 0, MANY * 8)
    + struct.pack("<HHI", 0xFFFE, 0xE000, 0) * MANY,
    "unclosed": sequence(20)[:-160],
    "lies about its length": struct.pack("<HH2sHI", 0x40, 0xA160, b"UT", 0, 1 << 31) + b"abcd",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_files_made_to_do_harm_are_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.dcm"
    meta = struct.pack("<HH2sH", 2, 0x10, b"UI", 20) + b"1.2.840.10008.1.2.1\0"
    path.write_bytes(bytes(128) + b"DICM" + meta + HOSTILE[name])
    with pytest.raises(UnreadableObject) as error:
        cad_sr.read(path)
    assert error.value.reason.endswith(("harm", "unread", "again"))


def test_a_truncated_report_is_refused_at_every_length(tmp_path: Path) -> None:
    whole = cad.save(cad.modern(), tmp_path / "whole.dcm").read_bytes()
    path = tmp_path / "cut.dcm"
    outcomes = set()
    for length in range(140, len(whole) - 8, 97):
        path.write_bytes(whole[:length])
        with pytest.raises(UnreadableObject) as error:
            cad_sr.read(path)
        outcomes.add(error.value.reason)
    assert len(outcomes) > 1


def test_other_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    other = cad.document([cad.text("121106", "Comment")], sop_class=cad.COMPREHENSIVE, template=False)
    other.ConceptNameCodeSequence = [cad.code("126000")]
    path = cad.save(other, tmp_path / "sr.dcm")
    assert cad_sr.read_if_cad(path) is None
    with pytest.raises(UnreadableObject, match="not one of a CAD program"):
        cad_sr.read(path)
    for content, reason in ((b"", "empty"), (b"GIF89a" * 40, "not a DICOM file")):
        path.write_bytes(content)
        with pytest.raises(UnreadableObject, match=reason):
            cad_sr.read(path)
    with pytest.raises(UnreadableObject, match="no such file"):
        cad_sr.read(tmp_path / "gone.dcm")
