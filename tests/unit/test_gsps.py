"""Presentation states: marks, outlines, names and window, to a hundredth of a pixel, and those of others."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import highdicom
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.uid import GrayscaleSoftcopyPresentationStateStorage, ImplicitVRLittleEndian

from annotator.errors import ExportError, UnreadableObject
from annotator.exchange.drawing import Drawing, Part
from annotator.exchange.gsps import check, read, write
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.source_header import source_header
from annotator.exchange.written_object import new_object, new_series, save
from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis, contains
from annotator.model.image import ExamInfo, ImageInfo, ImageKey, ModalityLut, VoiFunction, VoiLut, Window
from annotator.model.mark import Mark, MarkKind, SpotMeasurement
from tests.stored_four_ways import WAYS, StoredWay, stored
from tests.written_readings import MARKED_IMAGES, begun, going_out, image_of, matrix, sample_exam

SIZE = 3000


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outgoing]:
    return matrix(tmp_path_factory.mktemp("made"))


@pytest.mark.parametrize(("name", "files"), MARKED_IMAGES.items())
def test_what_is_written_is_drawn_where_the_reading_has_it(
    readings: dict[str, Outgoing], tmp_path: Path, name: str, files: int
) -> None:
    outgoing = readings[name]
    paths = write(outgoing, tmp_path)
    assert len(paths) == files
    assert [check(outgoing, path) for path in paths] == [None] * files
    drawings = [read(path) for path in paths]
    drawn = [one for drawing in drawings for one in drawing.drawn]
    reading = outgoing.reading
    assert len(drawn) == len(reading.marks) + len(reading.clusters)
    for mark in reading.marks:
        assert mark_among(mark, outgoing, drawings)


def mark_among(mark: Mark, outgoing: Outgoing, drawings: list[Drawing]) -> bool:
    wanted = ImageKey(outgoing.uid(mark.image.sop_instance_uid), mark.image.frame)
    return any(
        one.image == wanted
        and one.point is not None
        and abs(one.point.column - mark.point.column) < 0.01
        and abs(one.point.row - mark.point.row) < 0.01
        and one.group.part is (Part.MICRO if mark.kind is MarkKind.MICRO else Part.MACRO)
        and one.group.tracking_uid == outgoing.reading.finding(mark.finding_id).tracking_uid
        for drawing in drawings
        for one in drawing.drawn
    )


PLACE = st.builds(ImagePoint, st.floats(0, SIZE), st.floats(0, SIZE))
OUTLINE = st.lists(PLACE, min_size=3, max_size=30).map(tuple)
SPOT = st.tuples(PLACE, st.one_of(st.just(()), OUTLINE), st.sampled_from(MarkKind), st.integers(1, 3))


@cache
def made_exam() -> ExamInfo:
    plain = ImageInfo(
        path=Path("/nowhere/stack.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.13.1.3",
        sop_instance_uid="2.25.5",
        rows=SIZE,
        columns=SIZE,
        frames=3,
        study_instance_uid="2.25.6",
        patient_orientation=("P", "F"),
    )
    return ExamInfo("2.25.6", (plain, replace(plain, sop_instance_uid="2.25.7", frames=1)))


def read_as(
    spots: list[tuple[ImagePoint, tuple[ImagePoint, ...], MarkKind, int]],
    areas: list[tuple[ImagePoint, ...]],
) -> Reading:
    reading, finding = edits.add_finding(begun(made_exam()))
    for place, outline, kind, frame in spots:
        measured = (
            SpotMeasurement(place, 2.0, 0.1, 2.0, 2.0, 0.0, 1.0, 9.0, 9.0, outline) if outline else None
        )
        key = ImageKey("2.25.5", frame)
        reading, _ = edits.add_mark(reading, finding.id, key, place, kind, measured)
    for outline in areas:
        reading, _ = edits.add_cluster(reading, finding.id, ImageKey("2.25.7"), outline)
    return reading


@settings(max_examples=40)
@given(st.lists(SPOT, max_size=8), st.lists(OUTLINE, max_size=3))
def test_graphics_come_back_to_a_hundredth_of_a_pixel(
    spots: list[tuple[ImagePoint, tuple[ImagePoint, ...], MarkKind, int]],
    areas: list[tuple[ImagePoint, ...]],
) -> None:
    outgoing = going_out(read_as(spots, areas), made_exam())
    with TemporaryDirectory() as folder:
        try:
            paths = write(outgoing, Path(folder))
        except ExportError:
            assert not spots
            assert not areas
            return
        drawn = [one for path in paths for one in read(path).drawn]
    wanted = {(kind, frame, places(place, outline)) for place, outline, kind, frame in spots}
    wanted |= {(None, 1, places(None, outline)) for outline in areas}
    kinds = {Part.MICRO: MarkKind.MICRO, Part.MACRO: MarkKind.MACRO}
    found = {(kinds.get(one.group.part), one.image.frame, places(one.point, one.outline)) for one in drawn}
    assert len(drawn) == len(spots) + len(areas)
    for kind, frame, points in wanted:
        assert any(
            (kind, frame, len(points)) == (other, there, len(those)) and np.allclose(points, those, 0, 0.01)
            for other, there, those in found
        )


def places(point: ImagePoint | None, outline: tuple[ImagePoint, ...]) -> tuple[tuple[float, float], ...]:
    points = (*([point] if point else []), *outline)
    return tuple((one.column, one.row) for one in points)


def test_a_layer_for_each_finding_and_kind_with_the_reader_s_words(
    readings: dict[str, Outgoing], tmp_path: Path
) -> None:
    outgoing = readings["several views"]
    state = dcmread(write(outgoing, tmp_path)[0])
    layers = {one.GraphicLayer: one.GraphicLayerDescription for one in state.GraphicLayerSequence}
    assert layers == {
        "F1 AREA": "F1 area: Fine pleomorphic, Grouped",
        "F1 MICRO": "F1 microcalcifications: Fine pleomorphic, Grouped",
        "F1 NAME": "Name of finding F1",
        "F2 AREA": "F2 area: Layering",
        "F2 MICRO": "F2 microcalcifications: Layering",
        "F2 NAME": "Name of finding F2",
    }
    assert state.Laterality == "R"
    words = str(state)
    for term in outgoing.lexicon.assessments.values():
        assert term.name not in words
        assert f"'{term.code.value}'" not in words
    texts = read(write(outgoing, tmp_path)[0]).texts
    assert [one.text for one in texts] == ["F1", "F2"]


def test_names_stand_on_each_frame_of_a_stack(readings: dict[str, Outgoing], tmp_path: Path) -> None:
    outgoing = readings["tomosynthesis frame"]
    drawing = read(write(outgoing, tmp_path)[0])
    reading = outgoing.reading
    wanted = {(f"F{reading.finding(mark.finding_id).number}", mark.image.frame) for mark in reading.marks} | {
        (f"F{reading.finding(one.finding_id).number}", one.image.frame) for one in reading.clusters
    }
    assert {(one.text, one.image.frame) for one in drawing.texts} == wanted


def test_an_outline_that_reaches_beyond_the_image_ends_at_its_edge(tmp_path: Path) -> None:
    corners = (ImagePoint(-4.0, 10.0), ImagePoint(20.0, 10.0), ImagePoint(20.0, SIZE + 9.0))
    outgoing = going_out(read_as([], [corners]), made_exam())
    path = write(outgoing, tmp_path)[0]
    (one,) = read(path).drawn
    assert one.outline == (ImagePoint(0, 10), ImagePoint(20, 10), ImagePoint(20, SIZE))
    assert check(outgoing, path) is None


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_same_findings_are_the_same_tissue_however_the_image_is_stored(
    way: StoredWay, tmp_path: Path
) -> None:
    usual, turned = stored(WAYS[0], tmp_path / "usual"), stored(way, tmp_path / "turned")
    first = read(write(usual, tmp_path / "usual")[0]).drawn
    second = read(write(turned, tmp_path / "turned")[0]).drawn
    info = usual.exam.images[0]
    assert len(first) == len(second) > 2
    for one, other in zip(first, second, strict=True):
        back = places(
            way.place(other.point, info) if other.point else None,
            tuple(way.place(point, info) for point in other.outline),
        )
        assert np.allclose(places(one.point, one.outline), back, 0, 0.01)


VOIS = (
    Window(2100.0, 3000.5, VoiFunction.SIGMOID, "Normal"),
    Window(-12.25, 4096.0),
    VoiLut(-5, 12, bytes(range(20)), "Contrast"),
    VoiLut(0, 16, bytes(131072)),
)


@pytest.mark.parametrize("voi", VOIS, ids=str)
def test_the_window_in_use_goes_before_that_of_the_header(
    voi: Window | VoiLut, readings: dict[str, Outgoing], tmp_path: Path
) -> None:
    outgoing = readings["cluster"]
    info = image_of(outgoing.exam, "RCC")
    path = write(outgoing, tmp_path)[0]
    assert read(path).windows == {outgoing.uid(info.sop_instance_uid): info.voi[0]}
    in_use = replace(outgoing, windows={info.sop_instance_uid: voi})
    assert "another one" in str(check(in_use, path))
    path = write(in_use, tmp_path)[0]
    assert read(path).windows == {outgoing.uid(info.sop_instance_uid): voi}
    assert check(in_use, path) is None


def test_what_leads_to_grey_levels_is_said_since_a_state_stands_for_all_of_it(tmp_path: Path) -> None:
    image = replace(
        made_exam().images[1],
        slope=2.0,
        intercept=-1000.0,
        photometric="MONOCHROME1",
        spacing=PixelSpacing(0.1, 0.05, SpacingBasis.AT_DETECTOR),
    )
    reading = read_as([], [(ImagePoint(1, 1), ImagePoint(5, 1), ImagePoint(5, 5))])
    state = dcmread(write(going_out(reading, ExamInfo("2.25.6", (image,))), tmp_path)[0])
    assert (state.RescaleSlope, state.RescaleIntercept) == (2, -1000)
    assert state.PresentationLUTShape == "INVERSE"
    assert "SoftcopyVOILUTSequence" not in state
    area = state.DisplayedAreaSelectionSequence[0]
    assert area.PresentationPixelSpacing == [0.1, 0.05]
    assert area.DisplayedAreaBottomRightHandCorner == [SIZE, SIZE]
    table = replace(image, modality_lut=ModalityLut(0, 12, bytes(16), "US"), photometric="MONOCHROME2")
    state = dcmread(write(going_out(reading, ExamInfo("2.25.6", (table,))), tmp_path)[0])
    assert list(state.ModalityLUTSequence[0].LUTDescriptor) == [8, 0, 12]
    assert "RescaleSlope" not in state
    assert state.PresentationLUTShape == "IDENTITY"


def test_outlines_too_long_for_short_values_are_written_all_the_same(tmp_path: Path) -> None:
    turns = np.linspace(0, 2 * np.pi, 9000, endpoint=False)
    around = tuple(ImagePoint(1500 + 900 * np.cos(t), 1500 + 900 * np.sin(t)) for t in turns)
    outgoing = going_out(read_as([], [around]), made_exam())
    path = write(outgoing, tmp_path)[0]
    assert dcmread(path).file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert check(outgoing, path) is None
    with pytest.raises(ExportError, match="more than a presentation state can hold"):
        write(going_out(read_as([], [around * 8]), made_exam()), tmp_path / "other")


def test_what_was_not_written_so_is_told(readings: dict[str, Outgoing], tmp_path: Path) -> None:
    outgoing = readings["cluster"]
    path = write(outgoing, tmp_path)[0]
    assert "no image of the exam" in str(check(readings["magnification"], path))
    mark = outgoing.reading.marks[3]
    moved = replace(mark, point=ImagePoint(mark.point.column + 0.02, mark.point.row))
    marks = tuple(moved if one == mark else one for one in outgoing.reading.marks)
    other = replace(outgoing, reading=replace(outgoing.reading, marks=marks))
    assert "not drawn where" in str(check(other, path))
    fewer = replace(outgoing, reading=replace(outgoing.reading, marks=marks[:-1]))
    assert check(fewer, path) == f"It draws {len(marks) + 1} things where the reading has {len(marks)}."
    path.write_bytes(path.read_bytes()[:2000])
    assert "cannot be read back" in str(check(outgoing, path))


def foreign_state(outgoing: Outgoing, *graphics: Dataset, texts: tuple[Dataset, ...] = ()) -> Dataset:
    info = outgoing.exam.images[0]
    header = source_header(outgoing, info)
    made = new_object(outgoing, header, new_series(GrayscaleSoftcopyPresentationStateStorage, "PR", 1, "x"))
    image = Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedImageSequence = header.SeriesInstanceUID, [image]
    made.PresentationCreationTime = "120000"
    made.ReferencedSeriesSequence = [series]
    annotation = Dataset()
    annotation.ReferencedImageSequence, annotation.GraphicLayer = [image], "LAYER0"
    annotation.GraphicObjectSequence = list(graphics)
    if texts:
        annotation.TextObjectSequence = list(texts)
    made.GraphicAnnotationSequence = [annotation]
    return made


def graphic(kind: str, *values: float, units: str = "PIXEL", count: int | None = None) -> Dataset:
    made = Dataset()
    made.GraphicAnnotationUnits, made.GraphicDimensions, made.GraphicType = units, 2, kind
    made.NumberOfGraphicPoints = len(values) // 2 if count is None else count
    made.GraphicData = list(values)
    return made


def read_foreign(tmp_path: Path, *graphics: Dataset, texts: tuple[Dataset, ...] = ()) -> Drawing:
    outgoing = stored(WAYS[0], tmp_path / "image")
    path = tmp_path / "foreign.dcm"
    with path.open("wb") as file:
        save(foreign_state(replace(outgoing, pseudonyms=None), *graphics, texts=texts), file)
    return read(path, outgoing.exam)


def test_everything_that_others_draw_is_read(tmp_path: Path) -> None:
    drawing = read_foreign(
        tmp_path,
        graphic("POINT", 5.5, 6.5),
        graphic("POLYLINE", 1, 1, 9, 1, 9, 9, 1, 1),
        graphic("POLYLINE", 1, 1, 9, 1, 9, 9),
        graphic("CIRCLE", 100, 50, 103, 54),
        graphic("ELLIPSE", 90, 50, 110, 50, 100, 45, 100, 55),
        graphic("INTERPOLATED", 10, 10, 20, 10, 20, 20, 10, 20, 10, 10),
        graphic("INTERPOLATED", 10, 10, 20, 10, 30, 10),
    )
    point, area, line, circle, ellipse, blob, curve = drawing.drawn
    assert (point.point, point.outline, point.group.label) == (ImagePoint(5.5, 6.5), (), "LAYER0")
    assert (area.closed, len(area.outline)) == (True, 3)
    assert (line.closed, len(line.outline)) == (False, 3)
    assert circle.point == ImagePoint(100, 50)
    assert all(abs(np.hypot(p.column - 100, p.row - 50) - 5) < 1e-6 for p in circle.outline)
    assert all(
        abs(((p.column - 100) / 10) ** 2 + ((p.row - 50) / 5) ** 2 - 1) < 1e-6 for p in ellipse.outline
    )
    assert blob.closed
    assert {(10, 10), (20, 10), (20, 20), (10, 20)} <= {(p.column, p.row) for p in blob.outline}
    assert contains(blob.outline, ImagePoint(15, 9.5))
    assert not curve.closed
    assert (curve.outline[0], curve.outline[-1]) == (ImagePoint(10, 10), ImagePoint(30, 10))
    assert all(abs(p.row - 10) < 1e-9 for p in curve.outline)
    assert all(one.group.part is None for one in drawing.drawn)
    assert drawing.notes == ()


def test_what_is_drawn_on_the_screen_is_told_not_to_be_usable(tmp_path: Path) -> None:
    anchored, boxed, screen = Dataset(), Dataset(), Dataset()
    anchored.UnformattedTextValue, anchored.AnchorPoint = "look\r\nhere", [3.5, 4.5]
    anchored.AnchorPointAnnotationUnits = "PIXEL"
    boxed.UnformattedTextValue, boxed.BoundingBoxAnnotationUnits = "box", "PIXEL"
    boxed.BoundingBoxTopLeftHandCorner, boxed.BoundingBoxBottomRightHandCorner = [0, 0], [10, 20]
    screen.UnformattedTextValue, screen.BoundingBoxAnnotationUnits = "corner", "DISPLAY"
    drawing = read_foreign(
        tmp_path,
        graphic("POINT", 0.5, 0.5, units="DISPLAY"),
        graphic("CIRCLE", 0.5, 0.5, 0.6, 0.6, units="DISPLAY"),
        graphic("POINT", 9000.5, 1),
        texts=(anchored, boxed, screen),
    )
    assert [one.point for one in drawing.drawn] == [ImagePoint(9000.5, 1)]
    assert drawing.notes == (
        "2 drawn on the screen and not on the image, which cannot be used.",
        "1 thing reaches beyond the edge of the image.",
    )
    assert [(one.text, one.point) for one in drawing.texts] == [
        ("look\r\nhere", ImagePoint(3.5, 4.5)),
        ("box", ImagePoint(5, 10)),
        ("corner", None),
    ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (graphic("POLYLINE", 1, 1, 2, 2, count=7), "another number of points than it says"),
        (graphic("POINT", 1, 1, 2, 2), "a point in it has 2 points"),
        (graphic("CIRCLE", 1, 1), "a circle in it has 1 points"),
        (graphic("ELLIPSE", 1, 1, 2, 2, 3, 3), "a ellipse in it has 3 points"),
        (graphic("SPIRAL", 1, 1, 2, 2), "nothing of the standard's"),
        (graphic("POINT", float("nan"), 1), "no places"),
        (graphic("POLYLINE", 1, 1, 2, 2, 3, count=2), "no places"),
    ],
)
def test_graphics_that_nobody_can_draw_are_refused_and_nothing_half(
    wrong: Dataset, told: str, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableObject, match=told):
        read_foreign(tmp_path, graphic("POINT", 5, 5), wrong)


def test_a_state_of_a_library_of_others_is_read(tmp_path: Path) -> None:
    outgoing = stored(WAYS[0], tmp_path / "image")
    image = dcmread(outgoing.exam.images[0].path)
    layer = highdicom.pr.GraphicLayer("CALCS", 1)
    circle = highdicom.pr.GraphicObject("CIRCLE", np.array([[10.0, 20.0], [13.0, 24.0]]), "PIXEL")
    text = highdicom.pr.TextObject("seen", "PIXEL", anchor_point=(30.5, 40.5))
    annotation = highdicom.pr.GraphicAnnotation([image], layer, graphic_objects=[circle], text_objects=[text])
    state = highdicom.pr.GrayscaleSoftcopyPresentationState(
        [image], highdicom.UID(), 1, highdicom.UID(), 1, "Acme", "PR", "1", "2", "MARKS",
        graphic_layers=[layer], graphic_annotations=[annotation],
    )  # fmt: skip
    path = tmp_path / "theirs.dcm"
    state.save_as(path)
    drawing = read(path, outgoing.exam)
    assert drawing.maker == "Acme PR"
    assert drawing.drawn[0].point == ImagePoint(10, 20)
    assert drawing.texts[0].point == ImagePoint(30.5, 40.5)
    assert drawing.drawn[0].image == outgoing.exam.images[0].key()


def test_frames_and_images_of_others_are_those_they_say(tmp_path: Path) -> None:
    outgoing = going_out(read_as([], []), made_exam())
    state = foreign_state(replace(outgoing, pseudonyms=None), graphic("POINT", 5, 5))
    path = tmp_path / "foreign.dcm"
    image = state.GraphicAnnotationSequence[0].ReferencedImageSequence[0]
    image.ReferencedFrameNumber = [2, 3]
    state.save_as(path, enforce_file_format=True)
    assert [one.image.frame for one in read(path, made_exam()).drawn] == [2, 3]
    image.ReferencedFrameNumber = 4
    state.save_as(path, enforce_file_format=True)
    with pytest.raises(UnreadableObject, match="frame 4 of an image that has 3"):
        read(path, made_exam())
    del state.GraphicAnnotationSequence[0].ReferencedImageSequence
    state.save_as(path, enforce_file_format=True)
    assert [one.image for one in read(path).drawn] == [ImageKey("2.25.5")]
    with pytest.raises(UnreadableObject, match="not at hand"):
        read(path, sample_exam("workup"))


def test_a_file_cut_anywhere_is_refused_or_whole(readings: dict[str, Outgoing], tmp_path: Path) -> None:
    content = write(readings["cluster"], tmp_path)[0].read_bytes()
    cut = tmp_path / "cut.dcm"
    for length in (0, 50, 131, *range(140, len(content) - 200, 97)):
        cut.write_bytes(content[:length])
        with pytest.raises(UnreadableObject) as told:
            read(cut)
        assert "\n" not in told.value.reason
    with pytest.raises(UnreadableObject, match="no presentation state but"):
        read(image_of(sample_exam("tomosynthesis"), "RCC-tomo").path)


def test_areas_without_marks_and_marks_without_outline_are_drawn(tmp_path: Path) -> None:
    exam = made_exam()
    corners = (ImagePoint(1, 1), ImagePoint(5, 1), ImagePoint(5, 5))
    reading = read_as([(ImagePoint(7.5, 8.5), (), MarkKind.MACRO, 2)], [corners])
    drawn = [one for path in write(going_out(reading, exam), tmp_path) for one in read(path).drawn]
    assert [(one.group.part, one.point, len(one.outline)) for one in drawn] == [
        (Part.MACRO, ImagePoint(7.5, 8.5), 0),
        (Part.AREA, None, 3),
    ]


def test_a_tracking_uid_that_is_none_becomes_one(tmp_path: Path) -> None:
    reading = read_as([(ImagePoint(7.5, 8.5), (), MarkKind.MACRO, 2)], [])
    named = replace(reading, findings=(replace(reading.findings[0], tracking_uid="lesion 7"),))
    outgoing = going_out(named, made_exam())
    path = write(outgoing, tmp_path)[0]
    assert check(outgoing, path) is None
    assert read(path).drawn[0].group.tracking_uid.startswith("2.25.")
