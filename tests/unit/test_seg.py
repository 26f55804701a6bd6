"""Segmentations: pixels as outlined, read back, read from others, refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless, generate_uid

from annotator.errors import ExportError, UnreadableObject
from annotator.exchange.drawing import Part
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.seg import check, read, write
from annotator.exchange.seg.reading import OpenedSegmentation
from annotator.model import edits
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from tests.stored_four_ways import WAYS, StoredWay, stored
from tests.written_readings import MARKED_IMAGES, begun, going_out, image_of, matrix, sample_exam


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outgoing]:
    return matrix(tmp_path_factory.mktemp("made"))


@pytest.fixture
def cluster(readings: dict[str, Outgoing], tmp_path: Path) -> tuple[Outgoing, Path]:
    outgoing = readings["cluster"]
    return outgoing, write(outgoing, tmp_path)[0]


def nearest(point: ImagePoint, others: list[ImagePoint]) -> float:
    return min(max(abs(point.column - one.column), abs(point.row - one.row)) for one in others)


@pytest.mark.parametrize(("name", "files"), MARKED_IMAGES.items())
def test_what_is_written_is_read_back_pixel_by_pixel(
    readings: dict[str, Outgoing], tmp_path: Path, name: str, files: int
) -> None:
    outgoing = readings[name]
    paths = write(outgoing, tmp_path)
    assert len(paths) == files
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert all(path.name.startswith(outgoing.name) for path in paths)
    assert [check(outgoing, path) for path in paths] == [None] * files
    reading = outgoing.reading
    for path in paths:
        drawing = read(path)
        assert drawing.notes == ()
        for mark in reading.marks:
            uid = outgoing.uid(mark.image.sop_instance_uid)
            if uid != drawing.images[0].sop_instance_uid:
                continue
            part = Part.MICRO if mark.kind is MarkKind.MICRO else Part.MACRO
            here = [
                one
                for one in drawing.drawn
                if one.group.part is part
                and one.image.frame == mark.image.frame
                and one.group.tracking_uid == reading.finding(mark.finding_id).tracking_uid
            ]
            # a piece that two marks share has its middle between them
            assert nearest(mark.point, [p for one in here for p in (*one.outline, one.point) if p]) < 5


def test_every_segment_says_what_it_is_and_by_whom(cluster: tuple[Outgoing, Path]) -> None:
    outgoing, path = cluster
    seg = dcmread(path)
    area, spots = seg.SegmentSequence
    assert (area.SegmentLabel, spots.SegmentLabel) == ("F1 area", "F1 microcalcifications")
    assert (area.SegmentAlgorithmType, spots.SegmentAlgorithmType) == ("MANUAL", "SEMIAUTOMATIC")
    assert "SegmentAlgorithmName" not in area
    assert area.SegmentedPropertyTypeCodeSequence[0].CodeValue == "129769006"
    assert spots.SegmentedPropertyTypeCodeSequence[0].CodeValue == "129770007"
    assert area.TrackingUID == spots.TrackingUID == outgoing.reading.findings[0].tracking_uid
    assert area.SegmentDescription == "Fine pleomorphic, Grouped"
    assert seg.ContentCreatorName == "Reader One^"
    assert seg.PatientID == outgoing.patient
    assert seg.PatientIdentityRemoved == "YES"
    header = dcmread(image_of(outgoing.exam, "RCC").path, stop_before_pixels=True)
    assert seg.PatientOrientation == header.PatientOrientation
    assert seg.StudyInstanceUID == outgoing.uid(header.StudyInstanceUID)
    group = read(path).drawn[0].group
    assert (group.part, group.by_hand, group.tracking_id) == (Part.AREA, True, "F1")


def test_no_category_is_in_it(cluster: tuple[Outgoing, Path]) -> None:
    outgoing, path = cluster
    words = str(dcmread(path, stop_before_pixels=True))
    for term in outgoing.lexicon.assessments.values():
        assert term.name not in words
        assert f"'{term.code.value}'" not in words


def test_nothing_says_who_unless_asked_by_name(tmp_path: Path, readings: dict[str, Outgoing]) -> None:
    known = matrix(tmp_path / "made", identified=True)["tomosynthesis frame"]
    named = dcmread(write(known, tmp_path)[0], stop_before_pixels=True)
    original = dcmread(image_of(known.exam, "RCC-tomo").path, stop_before_pixels=True)
    for keyword in ("PatientName", "PatientID", "StudyDate", "StudyInstanceUID", "FrameOfReferenceUID"):
        assert str(named[keyword].value) == str(original[keyword].value)
    hidden = write(readings["tomosynthesis frame"], tmp_path)[0].read_bytes()
    for keyword in ("PatientName", "PatientID", "StudyDate", "StudyInstanceUID", "FrameOfReferenceUID"):
        assert str(original[keyword].value).encode() not in hidden
    assert "PatientIdentityRemoved" not in named


def test_slices_keep_their_frame_and_where_they_lie(readings: dict[str, Outgoing], tmp_path: Path) -> None:
    outgoing = readings["tomosynthesis frame"]
    path = write(outgoing, tmp_path)[0]
    seg = dcmread(path)
    stack = dcmread(image_of(outgoing.exam, "RCC-tomo").path, stop_before_pixels=True)
    marked = {(one.finding_id, one.kind, one.image.frame) for one in outgoing.reading.marks}
    areas = {(one.finding_id, one.image.frame) for one in outgoing.reading.clusters}
    assert seg.NumberOfFrames == len(marked) + len(areas)
    for plane in seg.PerFrameFunctionalGroupsSequence:
        frame = plane.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber
        there = stack.PerFrameFunctionalGroupsSequence[frame - 1].PlanePositionSequence[0]
        assert plane.PlanePositionSequence[0].ImagePositionPatient == there.ImagePositionPatient
    again = highdicom.seg.segread(path)
    loose = again.get_pixels_by_source_frame(seg.SourceImageSequence[0].ReferencedSOPInstanceUID, [3, 4])
    assert loose[..., 2].sum(axis=(1, 2)).tolist() == [2, 1]
    assert np.argwhere(loose[0, :, :, 2]).tolist() == [[400, 100], [400, 120]]


def test_a_library_of_others_reads_the_same_pixels(cluster: tuple[Outgoing, Path]) -> None:
    _, path = cluster
    seg = highdicom.seg.segread(path)
    uid = seg.get_source_image_uids()[0][2]
    theirs = seg.get_pixels_by_source_instance([uid])[0]
    ours = [mask for _, mask in OpenedSegmentation(path).masks()]
    assert theirs.shape[-1] == len(ours) == 2
    assert all((theirs[..., at] == mask).all() for at, mask in enumerate(ours))


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_same_findings_are_the_same_tissue_however_the_image_is_stored(
    way: StoredWay, tmp_path: Path
) -> None:
    usual, turned = stored(WAYS[0], tmp_path / "usual"), stored(way, tmp_path / "turned")
    first, second = write(usual, tmp_path / "usual")[0], write(turned, tmp_path / "turned")[0]
    orientation = dcmread(turned.exam.images[0].path, stop_before_pixels=True).PatientOrientation
    assert dcmread(second, stop_before_pixels=True).PatientOrientation == orientation
    pairs = zip(OpenedSegmentation(first).masks(), OpenedSegmentation(second).masks(), strict=True)
    for (one, mask), (other, elsewhere) in pairs:
        assert one.segment == other.segment
        assert (way.turned(elsewhere) == mask).all()
        assert mask.any()


def test_planes_that_do_not_fill_their_last_byte_are_read(tmp_path: Path) -> None:
    outgoing = stored(WAYS[0], tmp_path / "image")
    small = replace(outgoing.exam.images[0], rows=1999, columns=1501)
    outgoing = replace(outgoing, exam=ExamInfo(outgoing.exam.study_instance_uid, (small,)))
    path = write(outgoing, tmp_path)[0]
    assert check(outgoing, path) is None
    assert len(list(OpenedSegmentation(path).masks())) == 3


def test_a_pixel_that_is_not_as_outlined_is_told(cluster: tuple[Outgoing, Path]) -> None:
    outgoing, path = cluster
    content = bytearray(path.read_bytes())
    content[-1000] ^= 4
    path.write_bytes(content)
    assert check(outgoing, path) == "The pixels of F1 microcalcifications are not those of its outlines."


def test_a_reading_that_went_on_is_told(
    cluster: tuple[Outgoing, Path], readings: dict[str, Outgoing]
) -> None:
    outgoing, path = cluster
    key = outgoing.reading.marks[0].image
    finding = outgoing.reading.findings[0]
    more, _ = edits.add_mark(outgoing.reading, finding.id, key, ImagePoint(9.5, 9.5), MarkKind.MACRO)
    assert "other segments" in str(check(replace(outgoing, reading=more), path))
    assert "no image of the exam" in str(check(readings["magnification"], path))
    path.write_bytes(path.read_bytes()[:-5000])
    assert "cannot be read back" in str(check(outgoing, path))


@pytest.mark.parametrize("name", ["described", "gone"])
def test_nothing_is_written_where_nothing_is_marked_or_an_image_is_missing(
    readings: dict[str, Outgoing], tmp_path: Path, name: str
) -> None:
    outgoing = readings["described" if name == "described" else "several views"]
    if name == "gone":
        outgoing = replace(
            outgoing, exam=ExamInfo(outgoing.exam.study_instance_uid, outgoing.exam.images[:1])
        )
    with pytest.raises(ExportError, match=r"nothing to write|not at hand"):
        write(outgoing, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_second_file_that_cannot_be_written_leaves_no_first(
    readings: dict[str, Outgoing], tmp_path: Path
) -> None:
    outgoing = readings["several views"]
    (tmp_path / f"{outgoing.name}-seg-2.dcm").mkdir()
    with pytest.raises(ExportError, match="could not be written"):
        write(outgoing, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == [f"{outgoing.name}-seg-2.dcm"]


def test_a_small_reading_of_a_spot_without_outline_is_one_pixel(tmp_path: Path) -> None:
    exam = sample_exam("screening")
    reading, finding = edits.add_finding(begun(exam))
    key = image_of(exam, "LCC").key()
    reading, _ = edits.add_mark(reading, finding.id, key, ImagePoint(100.99, 200.01), MarkKind.MICRO)
    path = write(going_out(reading, exam), tmp_path)[0]
    (one,) = read(path).drawn
    assert one.point == ImagePoint(100.5, 200.5)
    assert dcmread(path, stop_before_pixels=True).SegmentSequence[0].SegmentAlgorithmType == "MANUAL"


def test_a_file_cut_anywhere_is_refused(cluster: tuple[Outgoing, Path], tmp_path: Path) -> None:
    _, path = cluster
    content = path.read_bytes()
    begins = len(content) - 2 * 2560 * 3328 // 8
    cut = tmp_path / "cut.dcm"
    for length in (0, 100, 131, 200, 400, *range(600, begins, 211), begins + 5000, len(content) - 1):
        cut.write_bytes(content[:length])
        with pytest.raises(UnreadableObject) as told:
            read(cut)
        assert "\n" not in told.value.reason


def foreign(outgoing: Outgoing, kind: str, masks: np.ndarray, **more: object) -> highdicom.seg.Segmentation:
    image = dcmread(outgoing.exam.images[0].path)
    code = highdicom.sr.CodedConcept("36222008", "SCT", "Calcification")
    described = highdicom.seg.SegmentDescription(1, "calcs", code, code, "AUTOMATIC", ALGORITHM)
    made = highdicom.seg.Segmentation(
        [image],
        masks,
        kind,
        [described],
        generate_uid(),
        1,
        generate_uid(),
        1,
        "Acme",
        "Seg",
        "1",
        "2",
        **more,
    )
    made.PatientOrientation = image.PatientOrientation
    return made


ALGORITHM = highdicom.AlgorithmIdentificationSequence(
    "net", highdicom.sr.CodedConcept("123109", "DCM", "Manual Processing"), "1"
)


def deflated(path: Path, target: Path) -> Path:
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(target)
    return target


def test_a_deflated_one_is_read_alike(cluster: tuple[Outgoing, Path], tmp_path: Path) -> None:
    path = deflated(cluster[1], tmp_path / "deflated.dcm")
    assert path.stat().st_size < cluster[1].stat().st_size / 10
    assert read(path).drawn == read(cluster[1]).drawn


def test_a_deflated_one_that_is_cut_or_bursts_is_refused(
    cluster: tuple[Outgoing, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = deflated(cluster[1], tmp_path / "deflated.dcm")
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UnreadableObject, match="ends in the middle"):
        read(cut)
    monkeypatch.setattr("annotator.exchange.careful_dicom.MAX_INFLATED", 1 << 20)
    with pytest.raises(UnreadableObject, match="save it without deflating"):
        read(path)


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_segmentations_of_others_are_read(kind: str, tmp_path: Path) -> None:
    outgoing = stored(WAYS[0], tmp_path / "image")
    info = outgoing.exam.images[0]
    masks = np.zeros((1, info.rows, info.columns), np.float32 if kind == "FRACTIONAL" else np.uint8)
    masks[0, 10:12, 20:23] = 1 if kind != "FRACTIONAL" else 0.7
    masks[0, 40, 50] = 1
    if kind == "FRACTIONAL":
        masks[0, 60, 70] = 0.3
    more = {} if kind == "BINARY" else {"transfer_syntax_uid": RLELossless}
    path = tmp_path / "foreign.dcm"
    foreign(outgoing, kind, masks, **more).save_as(path)
    drawing = read(path, outgoing.exam)
    assert drawing.maker == "Acme Seg"
    assert [one.point for one in drawing.drawn] == [ImagePoint(21.5, 11.0), ImagePoint(50.5, 40.5)]
    assert drawing.drawn[0].image == info.key()
    assert drawing.drawn[0].group.label == "calcs"
    assert (drawing.drawn[0].group.part, drawing.drawn[0].group.by_hand) == (None, False)
    assert len(drawing.notes) == (kind == "FRACTIONAL")


def test_masks_of_another_shape_and_of_an_image_not_at_hand_are_refused(
    cluster: tuple[Outgoing, Path], tmp_path: Path
) -> None:
    known = matrix(tmp_path / "made", identified=True)["cluster"]
    path = write(known, tmp_path)[0]
    assert len(read(path, known.exam).drawn) == len(read(path).drawn)
    with pytest.raises(UnreadableObject, match="not at hand"):
        read(path, sample_exam("workup"))
    other = tuple(replace(one, rows=100) for one in known.exam.images)
    with pytest.raises(UnreadableObject, match="its masks are 2560 x 3328 pixels and the image 2560 x 100"):
        read(path, ExamInfo("1", other))


def broken(name: str, seg: Dataset) -> None:
    if name == "no planes":
        del seg.PerFrameFunctionalGroupsSequence
    elif name == "no segments":
        del seg.SegmentSequence
    elif name == "another segment":
        seg.PerFrameFunctionalGroupsSequence[0].SegmentIdentificationSequence[0].ReferencedSegmentNumber = 9
    elif name == "in space only":
        for plane in seg.PerFrameFunctionalGroupsSequence:
            del plane.DerivationImageSequence
        del seg.ReferencedSeriesSequence
    elif name == "huge":
        seg.Rows = seg.Columns = 65535
    elif name == "larger":
        seg.Rows = 6000
    elif name == "no pixels":
        del seg.PixelData
    elif name == "unknown type":
        seg.SegmentationType = "SURFACE"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("no planes", "does not say what each of its planes is"),
        ("no segments", "damaged"),
        ("another segment", "of segments that it does not describe"),
        ("in space only", "only where in space"),
        ("huge", "impossible size"),
        ("larger", "ends in the middle"),
        ("no pixels", "ends in the middle"),
        ("unknown type", "is not known here"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_a_sentence(
    cluster: tuple[Outgoing, Path], name: str, told: str
) -> None:
    _, path = cluster
    seg = dcmread(path)
    broken(name, seg)
    seg.save_as(path)
    with pytest.raises(UnreadableObject, match=told):
        read(path)


def test_other_objects_and_noise_are_refused(
    cluster: tuple[Outgoing, Path], sample_dicoms: Path, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableObject, match="no segmentation but a Digital Mammography"):
        read(sample_dicoms / "screening" / "LCC.dcm")
    with pytest.raises(UnreadableObject, match="there is no such file"):
        read(tmp_path / "nothing.dcm")
    with pytest.raises(UnreadableObject, match="not a DICOM file"):
        read(sample_dicoms / "README.md")
    _, path = cluster
    content = bytearray(path.read_bytes())
    size = 2560 * 3328 // 8
    dots = np.zeros((3328, 2560), bool)
    dots[::8, ::8] = True
    content[-size:] = np.packbits(dots, bitorder="little").tobytes()
    path.write_bytes(content)
    with pytest.raises(UnreadableObject, match="more than 20,000 pieces"):
        read(path)


def test_what_is_no_orientation_is_not_said_again(tmp_path: Path) -> None:
    outgoing = stored(WAYS[0], tmp_path / "image")
    info = outgoing.exam.images[0]
    image = dcmread(info.path)
    image.PatientOrientation = "CC"
    image.save_as(info.path)
    unknown = replace(info, patient_orientation=None)
    outgoing = replace(outgoing, exam=ExamInfo(outgoing.exam.study_instance_uid, (unknown,)))
    path = write(outgoing, tmp_path)[0]
    assert not dcmread(path, stop_before_pixels=True).PatientOrientation


def test_a_header_made_to_do_harm_is_refused_unread(cluster: tuple[Outgoing, Path]) -> None:
    _, path = cluster
    seg = dcmread(path)
    del seg.PixelData
    seg.save_as(path)
    opened = b"\xdf\x7f\x10\x00SQ\0\0\xff\xff\xff\xff"
    plain = path.read_bytes()
    path.write_bytes(plain + opened + b"\xfe\xff\x00\xe0\0\0\0\0" * 700_000 + b"\xfe\xff\xdd\xe0\0\0\0\0")
    with pytest.raises(UnreadableObject, match="far more entries"):
        read(path)
    path.write_bytes(plain + (opened + b"\xfe\xff\x00\xe0\xff\xff\xff\xff") * 500)
    with pytest.raises(UnreadableObject, match="nests sequences deeper"):
        read(path)
