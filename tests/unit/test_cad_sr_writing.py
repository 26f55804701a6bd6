"""Readings and candidates as CAD reports: what is read back is what was marked, and nothing says who."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread
from written_readings import begun, going_out, image_of, matrix, sample_exam

from annotator.errors import ExportError
from annotator.exchange import cad_sr
from annotator.exchange.outgoing import Outgoing
from annotator.model import edits
from annotator.model.cad import CadKind, CadMark, CadStatus, RenderingIntent
from annotator.model.candidate import Candidate, Candidates
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from tests.stored_four_ways import WAYS, StoredWay, stored


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outgoing]:
    return matrix(tmp_path_factory.mktemp("made"))


def test_what_is_read_back_is_what_was_marked(readings: dict[str, Outgoing], tmp_path: Path) -> None:
    for outgoing in readings.values():
        (path,) = cad_sr.write(outgoing, tmp_path)
        assert cad_sr.check(outgoing, path) is None
        reading = outgoing.reading
        report = cad_sr.read(path)
        marked = sum(len(one.members) + (one.kind is CadKind.SINGLE) for one in report.marks)
        assert marked == len(reading.marks)
        assert sum(one.kind is CadKind.CLUSTER for one in report.marks) == len(reading.clusters)


def test_findings_of_several_views_are_linked(readings: dict[str, Outgoing], tmp_path: Path) -> None:
    (path,) = cad_sr.write(readings["several views"], tmp_path)
    report = cad_sr.read(path)
    images = {mark.id: mark.image.sop_instance_uid for mark in report.marks}
    assert [len({images[i] for i in feature.mark_ids}) for feature in report.features] == [2, 2]


def test_a_file_that_says_something_else_is_noticed(readings: dict[str, Outgoing], tmp_path: Path) -> None:
    outgoing = readings["cluster"]
    (path,) = cad_sr.write(outgoing, tmp_path)
    reading = outgoing.reading
    mark = reading.marks[0]
    moved = edits.move_mark(
        reading, mark.id, ImagePoint(mark.point.column + 0.5, mark.point.row), mark.measurement
    )
    assert cad_sr.check(replace(outgoing, reading=moved), path) is not None
    fewer = edits.remove_cluster(reading, reading.clusters[0].id)
    said = cad_sr.check(replace(outgoing, reading=fewer), path)
    assert said == f"The file has 1 marks, {len(reading.marks)} were to be written."


def test_nothing_says_who(readings: dict[str, Outgoing], tmp_path: Path) -> None:
    outgoing = readings["everything"]
    (path,) = cad_sr.write(outgoing, tmp_path)
    content = path.read_bytes()
    info = outgoing.exam.images[0]
    for said in (
        info.patient_key,
        info.patient_name,
        info.sop_instance_uid,
        info.study_instance_uid,
        info.exam_date,
    ):
        assert said
        assert said.encode() not in content
    assert path.name == f"{outgoing.name}-cad.dcm"


def test_an_image_that_is_gone_is_said_and_nothing_written(
    readings: dict[str, Outgoing], tmp_path: Path
) -> None:
    outgoing = readings["cluster"]
    exam = replace(outgoing.exam, images=outgoing.exam.images[-1:])
    marked = outgoing.reading.marks[0].image.sop_instance_uid
    assert exam.images[0].sop_instance_uid != marked
    with pytest.raises(ExportError, match="an image with marks"):
        cad_sr.write(replace(outgoing, exam=exam), tmp_path)
    assert not list(tmp_path.iterdir())


def found_on(outgoing: Outgoing, *, breast: bool = True) -> Candidates:
    key = outgoing.exam.images[0].key()
    made = [
        Candidate("a1", key, ImagePoint(101.25, 202.5), 0.95, 4.0, 0.28),
        Candidate("b2", key, ImagePoint(300.5, 40.75), 0.2, 3.0, 0.21),
    ]
    return Candidates(tuple(made) if breast else (), (), "0123abcd", breast_found=breast)


def test_candidates_go_out_with_the_model_and_their_score(tmp_path: Path) -> None:
    exam = sample_exam("screening")
    outgoing = replace(matrix(tmp_path)["single"], exam=exam)
    first, second = (info.sop_instance_uid for info in exam.images[:2])
    found = {first: found_on(outgoing), second: found_on(outgoing, breast=False)}
    (path,) = cad_sr.write_candidates(outgoing, found, tmp_path)
    assert cad_sr.check_candidates(outgoing, found, path) is None
    report = cad_sr.read(path)
    (mark,) = report.marks
    assert (mark.algorithm.version, mark.certainty, mark.intent) == (
        "0123abcd",
        0.95,
        RenderingIntent.REQUIRED,
    )
    assert (mark.center, mark.outline and mark.outline.diameter_px) == (
        ImagePoint(101.25, 202.5),
        pytest.approx(4, rel=0.01),
    )
    assert (report.status, len(report.failures)) == (CadStatus.PARTIAL, 1)
    assert cad_sr.check_candidates(outgoing, found, path, score=0.1) is not None
    nowhere = {second: found[second]}
    (path,) = cad_sr.write_candidates(outgoing, nowhere, tmp_path)
    assert cad_sr.read(path).status is CadStatus.FAILED


def test_neighbours_are_told_apart_however_their_places_are_rounded(tmp_path: Path) -> None:
    """1000.15 is written as 1000.15002: one decimal fewer would put it behind its neighbour."""
    outgoing = replace(matrix(tmp_path)["single"], exam=sample_exam("screening"))
    key = outgoing.exam.images[0].key()
    places = [ImagePoint(1000.15, 900.0), ImagePoint(1000.12, 950.0), ImagePoint(1000.18, 880.0)]
    made = tuple(
        Candidate(f"c{number}", key, place, 0.9, 4.0 + number, 0.28) for number, place in enumerate(places)
    )
    found = {key.sop_instance_uid: Candidates(made, (), "0123abcd")}
    (path,) = cad_sr.write_candidates(outgoing, found, tmp_path)
    assert cad_sr.check_candidates(outgoing, found, path) is None


def test_the_file_names_itself_a_mammography_cad_report(
    readings: dict[str, Outgoing], tmp_path: Path
) -> None:
    (path,) = cad_sr.write(readings["tomosynthesis frame"], tmp_path)
    said = dcmread(path)
    assert said.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.50"
    assert said.ContentTemplateSequence[0].TemplateIdentifier == "4000"
    frames = {mark.image.frame for mark in cad_sr.read(path).marks}
    assert {3, 4} <= frames


def test_a_mark_on_the_first_slice_is_on_no_other(tmp_path: Path) -> None:
    exam = sample_exam("tomosynthesis")
    reading, finding = edits.add_finding(begun(exam))
    stack, flat = image_of(exam, "RCC-tomo"), image_of(exam, "RCC")
    for key in (stack.key(1), flat.key()):
        reading, _ = edits.add_mark(reading, finding.id, key, ImagePoint(50.5, 60.25), MarkKind.MICRO)
    outgoing = going_out(reading, exam)
    (path,) = cad_sr.write(outgoing, tmp_path)
    assert cad_sr.check(outgoing, path) is None
    framed = [
        (
            item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID,
            item.ReferencedSOPSequence[0].get("ReferencedFrameNumber"),
        )
        for item in dcmread(path).ContentSequence[1].ContentSequence
    ]
    assert sorted(framed, key=str) == sorted(
        [
            (outgoing.uid(flat.sop_instance_uid), None),
            (outgoing.uid(stack.sop_instance_uid), None),
            (outgoing.uid(stack.sop_instance_uid), 1),
        ],
        key=str,
    )


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_same_findings_are_the_same_tissue_however_the_image_is_stored(
    way: StoredWay, tmp_path: Path
) -> None:
    usual, turned = stored(WAYS[0], tmp_path / "usual"), stored(way, tmp_path / "turned")
    paths = [cad_sr.write(one, tmp_path / at)[0] for one, at in ((usual, "usual"), (turned, "turned"))]
    first, second = ([place for mark in cad_sr.read(path).marks for place in places(mark)] for path in paths)
    assert len(first) == len(second) > 20
    for one, other in zip(first, second, strict=True):
        back = way.place(other, usual.exam.images[0])
        assert (one.column, one.row) == pytest.approx((back.column, back.row), abs=0.01)


def places(mark: CadMark) -> list[ImagePoint]:
    drawn = [] if mark.outline is None else list(mark.outline.points)
    return [mark.center, *drawn, *(point for member in mark.members for point in places(member))]


def test_a_report_behind_pseudonyms_says_that_it_is_one(
    readings: dict[str, Outgoing], tmp_path: Path
) -> None:
    outgoing = readings["cluster"]
    said = dcmread(cad_sr.write(outgoing, tmp_path)[0])
    assert (said.PatientIdentityRemoved, said.LongitudinalTemporalInformationModified) == ("YES", "MODIFIED")
    named = dcmread(cad_sr.write(replace(outgoing, pseudonyms=None), tmp_path)[0])
    assert "PatientIdentityRemoved" not in named


def test_what_no_object_may_refer_to_is_told_and_nothing_written(
    readings: dict[str, Outgoing], tmp_path: Path
) -> None:
    outgoing = readings["cluster"]
    images = tuple(replace(one, series_instance_uid="05fa52f0") for one in outgoing.exam.images)
    odd = replace(outgoing, exam=ExamInfo(outgoing.exam.study_instance_uid, images))
    with pytest.raises(ExportError, match="a UID that DICOM does not allow"):
        cad_sr.write(replace(odd, pseudonyms=None), tmp_path)
    nothing = replace(readings["described"], exam=ExamInfo(outgoing.exam.study_instance_uid, ()))
    with pytest.raises(ExportError, match="No image of the exam is at hand"):
        cad_sr.write(nothing, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert cad_sr.check(odd, cad_sr.write(odd, tmp_path)[0]) is None
