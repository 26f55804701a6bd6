"""Reports of other programs, and files that are none: what is taken in, and one sentence where nothing is."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from reading_strategies import EXAM
from written_readings import begun, going_out, matrix, sample_exam

from annotator.errors import UnreadableObject
from annotator.exchange import sr
from annotator.exchange.source_header import source_header
from annotator.exchange.sr import concepts as named
from annotator.exchange.sr.document import encoded, report
from annotator.exchange.sr.items import ImageRef, code, container, image, num, scoord, text, uidref
from annotator.lexicon.loader import Code as OurCode
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology
from annotator.model.geometry import ROUND_CORNERS, ImagePoint
from annotator.model.image import Laterality
from annotator.model.mark import MarkKind

IMAGE = ImageRef("1.2.840.10008.5.1.4.1.1.1.2", "2.25.7001")
SQUARE = tuple(ImagePoint(*pair) for pair in ((10.0, 10.0), (60.0, 10.0), (60.0, 50.0), (10.0, 10.0)))
MASS = OurCode("4147007", "SCT", "Mass")


def group(*items: Dataset, uid: str = "2.25.5001", label: str = "Measurement 1") -> Dataset:
    tracked = [text(named.TRACKING_ID, label, relation="HAS OBS CONTEXT")]
    if uid:
        tracked.append(uidref(named.TRACKING_UID, uid, relation="HAS OBS CONTEXT"))
    return container(named.GROUP, [*tracked, *items])


def written(path: Path, *groups: Dataset, title: OurCode = named.REPORT, sop_class: str = "") -> Path:
    """A report as another program would write it: ours without what is our own."""
    outgoing = going_out(begun(EXAM), EXAM, identified=True)
    made = report(outgoing, lambda name, _graphic: name)
    keep = [one for one in made.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue != "reading"]
    for one in keep:
        if one.ConceptNameCodeSequence[0].CodeValue == named.MEASUREMENTS.value:
            one.ContentSequence = list(groups)
    made.ContentSequence = keep
    made.ConceptNameCodeSequence[0].CodeValue = title.value
    made.ConceptNameCodeSequence[0].CodeMeaning = title.meaning
    made.Manufacturer, made.ManufacturerModelName = "Other maker", "Other program"
    if sop_class:
        made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = sop_class
    path.write_bytes(encoded(made))
    return path


def region(graphic: str, *points: ImagePoint, ref: ImageRef = IMAGE) -> Dataset:
    return scoord(named.REGION, graphic, points, ref)


def test_a_plain_report_of_highdicom_is_taken_in(tmp_path: Path):
    outgoing = going_out(begun(sample_exam("screening")), sample_exam("screening"), identified=True)
    header = source_header(outgoing, outgoing.exam.images[0])
    header.SpecificCharacterSet = "ISO_IR 192"
    person = hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(name="Reader^Other"),
    )
    measured = [
        hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=hd.sr.TrackingIdentifier(uid=uid, identifier=name),
            referenced_region=hd.sr.ImageRegion(
                graphic_type=graphic,
                graphic_data=np.array(places),
                source_image=hd.sr.SourceImageForRegion(header.SOPClassUID, header.SOPInstanceUID),
            ),
            finding_type=kind,
            finding_sites=[hd.sr.FindingSite(codes.SCT.Breast, laterality=codes.SCT.Left)],
            measurements=[hd.sr.Measurement(codes.SCT.Diameter, 1.4, codes.UCUM.Millimeter)],
            qualitative_evaluations=[
                hd.sr.QualitativeEvaluation(
                    codes.DCM.CalcificationType, Code("129760005", "SCT", "Amorphous")
                ),
                hd.sr.QualitativeEvaluation(
                    codes.DCM.AssessmentCategory, Code("MA.II.A.5.4B", "BI", "4B", "4.0")
                ),
                hd.sr.QualitativeEvaluation(
                    codes.DCM.CalcificationDistribution, Code("X1", "99ACME", "Starry")
                ),
            ],
        )
        for uid, name, graphic, places, kind in (
            (
                "2.25.111",
                "group",
                hd.sr.GraphicTypeValues.POLYLINE,
                [[10.0, 10.0], [50.5, 10.0], [50.5, 40.0], [10.0, 10.0]],
                Code("129769006", "SCT", "Calcification Cluster"),
            ),
            (
                "2.25.112",
                "one",
                hd.sr.GraphicTypeValues.POINT,
                [[22.25, 33.75]],
                Code("129770007", "SCT", "Individual Calcification"),
            ),
        )
    ]
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_person_context=person),
        procedure_reported=codes.SCT.Mammography
        if hasattr(codes.SCT, "Mammography")
        else Code("71651007", "SCT", "M"),
        imaging_measurements=measured,
        referenced_images=[header],
    )
    made = hd.sr.ComprehensiveSR(
        evidence=[header],
        content=content,
        series_instance_uid=hd.UID(),
        series_number=1,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="Other maker",
    )
    path = tmp_path / "highdicom.dcm"
    made.save_as(path, enforce_file_format=True)
    found = sr.read(path)
    assert not found.own
    assert found.reading.reader == "Reader Other"
    assert found.reading.study_instance_uid == outgoing.exam.study_instance_uid
    area, single = found.reading.findings
    assert (area.tracking_uid, single.tracking_uid) == ("2.25.111", "2.25.112")
    assert (area.laterality, area.assessment) == (Laterality.LEFT, Assessment.MODERATE_SUSPICION)
    assert area.morphology == (Morphology.AMORPHOUS,)
    assert area.distributions == ()
    assert area.origin is not None
    assert ("Calcification Distribution", "Starry (X1, 99ACME)") in area.origin.values
    assert ("Calcification Type", "Amorphous (129760005, SCT)") in area.origin.values
    assert area.origin.unmapped == ("Diameter", "Calcification Distribution")
    (cluster,) = found.reading.clusters
    assert cluster.outline == (ImagePoint(10.0, 10.0), ImagePoint(50.5, 10.0), ImagePoint(50.5, 40.0))
    (mark,) = found.reading.marks
    assert (mark.point, mark.kind) == (ImagePoint(22.25, 33.75), MarkKind.MACRO)
    assert mark.image.sop_instance_uid == outgoing.exam.images[0].sop_instance_uid
    assert sr.read(path).reading == found.reading


def test_groups_of_one_tracking_uid_are_one_finding(tmp_path: Path):
    other = ImageRef(IMAGE.sop_class_uid, "2.25.7002", 4)
    path = written(
        tmp_path / "a.dcm",
        group(region("POLYLINE", *SQUARE), code(named.DISTRIBUTION, OurCode("F-01771", "SRT", "Grouped"))),
        group(region("POLYLINE", *SQUARE, ref=other)),
    )
    found = sr.read(path).reading
    assert len(found.findings) == 1
    assert [one.image.sop_instance_uid for one in found.clusters] == ["2.25.7001", "2.25.7002"]
    assert found.clusters[1].image.frame == 4


@pytest.mark.filterwarnings("ignore:The value length")  # of their code, which is longer than DICOM allows
def test_a_report_like_that_of_ohif(tmp_path: Path):
    below = num(
        named.LENGTH, 3.5, named.MM, children=[region("CIRCLE", ImagePoint(50, 60), ImagePoint(54, 63))]
    )
    below.ContentSequence[0].RelationshipType = "INFERRED FROM"
    free = OurCode("CORNERSTONEFREETEXT", "CORNERSTONEJS", "calcs, upper outer")
    path = written(
        tmp_path / "a.dcm",
        group(code(named.FINDING, free), below, label="Cornerstone3DTools@^0.1.0:CircleROI", uid="2.25.77"),
    )
    found = sr.read(path).reading
    (cluster,) = found.clusters
    assert len(cluster.outline) == ROUND_CORNERS
    distances = {round(((p.column - 50) ** 2 + (p.row - 60) ** 2) ** 0.5, 6) for p in cluster.outline}
    assert distances == {5.0}
    assert found.findings[0].origin is not None
    assert ("Finding", "calcs, upper outer (CORNERSTONEFREETEXT, CORNERSTONEJS)") in found.findings[
        0
    ].origin.values


def test_a_report_like_that_of_dcmqi_keeps_its_words_and_tells_what_is_left_out(tmp_path: Path):
    segment = image(OurCode("121191", "DCM", "Referenced Segment"), IMAGE, relation="CONTAINS")
    segment.ReferencedSOPSequence[0].ReferencedSegmentNumber = 1
    volume = num(OurCode("118565006", "SCT", "Volume"), 12.5, OurCode("mm3", "UCUM", "cubic millimeter"))
    path = written(tmp_path / "a.dcm", group(code(named.FINDING, MASS), segment, volume, uid=""))
    found = sr.read(path)
    assert not found.reading.marks
    assert not found.reading.clusters
    (finding,) = found.reading.findings
    assert finding.origin is not None
    assert finding.origin.unmapped == ("Volume",)
    assert ("Volume", "12.5 mm3") in finding.origin.values
    assert any("segmentation" in note for note in found.notes)


@pytest.mark.parametrize(
    ("drawn", "marks", "clusters"),
    [
        (region("MULTIPOINT", *SQUARE[:3]), 3, 0),
        (region("ELLIPSE", *SQUARE[:2], ImagePoint(35.0, 0.0), ImagePoint(35.0, 20.0)), 0, 1),
        (region("POLYLINE", *SQUARE[:2]), 0, 0),
        (region("CIRCLE", SQUARE[0], SQUARE[0]), 0, 0),
    ],
)
def test_every_graphic(tmp_path: Path, drawn: Dataset, marks: int, clusters: int):
    found = sr.read(written(tmp_path / "a.dcm", group(drawn)))
    assert (len(found.reading.marks), len(found.reading.clusters)) == (marks, clusters)
    if not marks and not clusters:
        assert "left out" in found.notes[0]


def test_what_only_says_that_nothing_changed_does_not_say_for_how_long(tmp_path: Path):
    stable = OurCode("129723006", "SCT", "No significant changes in the finding")
    found = sr.read(
        written(tmp_path / "a.dcm", group(region("POINT", SQUARE[0]), code(named.CHANGE, stable)))
    )
    (finding,) = found.reading.findings
    assert finding.change is None
    assert finding.origin is not None
    assert finding.origin.unmapped == (named.CHANGE.meaning,)


def test_old_codes_and_repeated_types(tmp_path: Path):
    found = sr.read(
        written(
            tmp_path / "a.dcm",
            group(
                region("POINT", SQUARE[0]),
                code(named.TYPE, OurCode("F-01768", "SRT", "Round")),
                code(named.TYPE, OurCode("129755006", "SCT", "Punctate")),
                code(named.TYPE, OurCode("111345", "DCM", "Macro")),
                code(named.DISTRIBUTION, OurCode("129766004", "SCT", "Grouped")),
            ),
        )
    ).reading
    (finding,) = found.findings
    assert finding.morphology == (Morphology.ROUND, Morphology.PUNCTATE)
    assert finding.distributions == (Distribution.GROUPED,)
    assert finding.size is MarkKind.MACRO
    assert found.marks[0].kind is MarkKind.MACRO


def refused(path: Path) -> str:
    with pytest.raises(UnreadableObject) as fault:
        sr.read(path)
    sentence = fault.value.reason
    assert "\n" not in sentence
    assert len(sentence) < 300
    return sentence


def test_what_is_no_report_of_measurements_is_told(tmp_path: Path):
    point = group(region("POINT", SQUARE[0]))
    title = OurCode("113701", "DCM", "X-Ray Radiation Dose Report")
    assert "another kind" in refused(written(tmp_path / "a.dcm", point, title=title))
    cad = "1.2.840.10008.5.1.4.1.1.88.50"
    assert "candidates" in refused(written(tmp_path / "a.dcm", point, sop_class=cad))
    assert "Dose" in refused(written(tmp_path / "a.dcm", point, sop_class="1.2.840.10008.5.1.4.1.1.88.67"))
    assert "no measurement group" in refused(written(tmp_path / "a.dcm"))
    assert "Mammography" in refused(sample_exam("screening").images[0].path)
    assert refused(tmp_path / "missing.dcm")
    for content in (b"", b"not DICOM at all", b"{}"):
        (tmp_path / "b.dcm").write_bytes(content)
        assert refused(tmp_path / "b.dcm")


def test_a_report_that_is_cut_off_is_whole_or_refused(tmp_path: Path):
    outgoing = matrix(tmp_path)["everything"]
    (path,) = sr.write(outgoing, tmp_path)
    content = path.read_bytes()
    for end in random.Random(1).sample(range(len(content)), 60):
        path.write_bytes(content[:end])
        refused(path)
    path.write_bytes(content)
    assert sr.check(outgoing, path) is None


def test_flipped_bytes_never_give_anything_but_a_reading_or_a_sentence(tmp_path: Path):
    (path,) = sr.write(matrix(tmp_path)["everything"], tmp_path)
    content, chance = path.read_bytes(), random.Random(2)
    for _ in range(60):
        broken = bytearray(content)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken)
        with suppress(UnreadableObject):
            assert sr.read(path).reading.reader


def test_nesting_without_end_and_items_by_the_million_are_refused(tmp_path: Path):
    path = tmp_path / "a.dcm"
    item = b"\xfe\xff\x00\xe0\x00\x00\x00\x00"
    plain = written(path, group(region("POINT", SQUARE[0]))).read_bytes()
    many = b"\x40\x00\x30\xa7SQ\x00\x00" + (len(item) * 1_000_000).to_bytes(4, "little") + item * 1_000_000
    path.write_bytes(plain + many)
    assert "far more" in refused(path)
    path.write_bytes(
        plain + (b"\x40\x00\x30\xa7SQ\x00\x00\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff") * 3000
    )
    assert "deeper" in refused(path)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("mark", "{"),
        ("mark", "[1]"),
        ("mark", '{"id": 1}'),
        ("finding", '{"id": "", "number": -1}'),
        ("cluster", '{"id": "x", "number": 1, "mark_ids": ["nobody"]}'),
        ("reading-record", "{}"),
        ("signature", '{"version": "one"}'),
        ("decision", "null"),
    ],
)
def test_a_record_of_ours_that_was_broken_is_told_in_a_sentence(tmp_path: Path, name: str, broken: str):
    (path,) = sr.write(matrix(tmp_path)["everything"], tmp_path)
    dataset = dcmread(path)

    def all_items(below: Dataset) -> list[Dataset]:
        children = list(below.get("ContentSequence", []))
        return [*children, *(one for child in children for one in all_items(child))]

    for one in all_items(dataset):
        if one.ValueType == "TEXT" and one.ConceptNameCodeSequence[0].CodeValue == name:
            one.TextValue = broken
    dataset.save_as(path)
    refused(path)


def test_a_calcification_that_another_program_moved_is_where_it_is_now(tmp_path: Path):
    outgoing = matrix(tmp_path, identified=True)["cluster"]
    (path,) = sr.write(outgoing, tmp_path)
    dataset = dcmread(path)
    (measurements,) = [
        one for one in dataset.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "126010"
    ]
    moved = next(one for one in measurements.ContentSequence[3].ContentSequence if one.ValueType == "SCOORD")
    moved.GraphicData = [value + 25 for value in moved.GraphicData]
    dataset.save_as(path)
    found = sr.read(path)
    before, after = outgoing.reading.marks[2], found.reading.marks[2]
    assert before.id == after.id
    assert after.measurement is None
    assert after.point.column == pytest.approx(before.point.column + 25, abs=1)
    assert found.notes
    assert found.reading.marks[3:] == outgoing.reading.marks[3:]


def test_the_words_of_a_source_are_kept_out_of_the_readers_comment(tmp_path: Path):
    found = sr.read(
        written(tmp_path / "a.dcm", group(region("POINT", SQUARE[0]), text(named.COMMENT, "their comment")))
    ).reading
    assert found.findings[0].comment == "their comment"
    reading = edits.describe(found, found.findings[0].id, comment="mine")
    assert reading.findings[0].origin == found.findings[0].origin
