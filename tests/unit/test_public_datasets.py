"""Public data sets are read as they come, and one clear sentence says what is wrong with a damaged one."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import public_files as made
import pytest

from annotator.imaging.dicom_file import read_image
from benchmarks.detection.datasets.annotated import Target, TargetKind, UnusableData, fair_order
from benchmarks.detection.datasets.cbis import read_cbis, region_mask
from benchmarks.detection.datasets.inbreast import kind_of, read_drawing, read_inbreast
from benchmarks.detection.datasets.vindr import read_vindr


def one_sentence(fault: object) -> str:
    text = str(fault)
    assert "\n" not in text
    assert text[-1] in ".?"
    return text


def test_inbreast_joins_drawings_to_images_by_number(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    dataset = read_inbreast(tmp_path)
    assert dataset.faults == ()
    assert dataset.notes == ()
    drawn, empty = dataset.images
    assert [image.path.name[:8] for image in dataset.images] == ["20586908", "20586934"]
    assert empty.targets == ()
    kinds = [target.kind for target in drawn.targets]
    assert kinds == [TargetKind.CALCIFICATION] * 4 + [TargetKind.UNNAMED]
    assert [target.is_point for target in drawn.targets] == [False, False, False, True, False]
    for target, (column, row) in zip(drawn.targets, made.SPECKS, strict=False):
        assert target.centre.column == pytest.approx(column, abs=1e-4)
        assert target.centre.row == pytest.approx(row, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Calcification", TargetKind.CALCIFICATION),
        (" calcifications ", TargetKind.CALCIFICATION),
        ("Calcificaton", TargetKind.CALCIFICATION),
        ("CLUSTER", TargetKind.CLUSTER),
        ("Clusters", TargetKind.CLUSTER),
        ("Unnamed", TargetKind.UNNAMED),
        ("Point 3", TargetKind.UNNAMED),
        ("Espiculated Region", None),
        ("Assymetry", None),
        ("Mass", None),
        ("", None),
    ],
)
def test_names_are_understood_whatever_their_spelling(name: str, kind: TargetKind | None) -> None:
    assert kind_of(name) is kind


def test_muscles_are_passed_over(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    made.write_regions(
        tmp_path / "muscles" / "20586934_muscle.xml", [made.region("PectoralMuscle", [(1, 2)] * 5)]
    )
    dataset = read_inbreast(tmp_path)
    assert (dataset.faults, dataset.notes) == ((), ())


def test_names_that_nobody_knows_are_told(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    made.write_regions(tmp_path / "AllXML" / "20586908.xml", [made.region("Nodule", [(1, 2)])])
    assert read_inbreast(tmp_path).notes == ("names that nobody knows: Nodule",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<plist><dict>", "is not a property list"),
        (b"", "is not a property list"),
        (b"\x00\x01\x02 not XML", "is not a property list"),
        (b"<?xml version='1.0'?><plist version='1.0'><dict></dict></plist>", "is not laid out as OsiriX"),
        (
            b"<?xml version='1.0'?><plist version='1.0'><dict><key>Images</key><array/></dict></plist>",
            None,
        ),
    ],
)
def test_a_damaged_drawing_is_told_and_the_other_images_are_read(
    tmp_path: Path, content: bytes, words: str | None
) -> None:
    made.make_inbreast(tmp_path)
    drawing = tmp_path / "AllXML" / "20586908.xml"
    drawing.write_bytes(content)
    dataset = read_inbreast(tmp_path)
    if words is None:
        assert [image.targets for image in dataset.images] == [(), ()]
        return
    assert [image.path.name[:8] for image in dataset.images] == ["20586934"]
    assert words in one_sentence(dataset.faults[0])
    assert str(drawing) in dataset.faults[0]


@pytest.mark.parametrize("point", ["12, 13", "(a, b)", "(1)", ""])
def test_a_place_that_is_none_is_told(tmp_path: Path, point: str) -> None:
    drawn = made.region("Calcification", [(1.0, 2.0)])
    drawn["Point_px"] = [point]
    made.write_regions(tmp_path / "1.xml", [drawn])
    with pytest.raises(UnusableData, match="not laid out as OsiriX") as fault:
        read_drawing(tmp_path / "1.xml")
    one_sentence(fault.value)


def test_a_drawing_without_its_image_is_told(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    made.write_regions(tmp_path / "AllXML" / "777.xml", [made.region("Calcification", [(1, 2)])])
    assert "there is no image 777_" in one_sentence(read_inbreast(tmp_path).faults[0])


@pytest.mark.parametrize("reader", [read_inbreast, read_vindr, lambda folder: read_cbis(folder, 0.05)])
def test_a_folder_without_the_data_set_is_told(tmp_path: Path, reader) -> None:
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(UnusableData) as fault:
            reader(folder)
        assert str(folder) in one_sentence(fault.value)


def test_images_without_any_drawing_are_no_inbreast(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    shutil.rmtree(tmp_path / "AllXML")
    with pytest.raises(UnusableData, match="holds no annotations"):
        read_inbreast(tmp_path)


def test_cbis_finds_images_by_subject_and_takes_the_mask_of_each_region(tmp_path: Path) -> None:
    made.make_cbis(tmp_path)
    dataset = read_cbis(tmp_path, 0.05)
    assert dataset.faults == ()
    (image,) = dataset.images
    assert image.name == "Calc-Training_P_00005_RIGHT_CC"
    assert image.path.name == "1-1.dcm"
    assert image.pixel_mm == 0.05
    info = read_image(image.path).info
    assert len(image.targets) == 2
    for target in image.targets:
        mask = region_mask(target.mask_in, info)
        assert mask.shape == (made.ROWS, made.COLUMNS)
        assert mask.sum() == pytest.approx(70 * 70, rel=0.05)
        assert mask[125, 145]
        assert not mask[80, 145]


def test_cbis_folders_with_other_names_are_found_through_metadata(tmp_path: Path) -> None:
    made.make_cbis(tmp_path)
    rows = []
    for number, folder in enumerate(sorted((tmp_path / "CBIS-DDSM").glob("Calc-*"))):
        inside = next(folder.glob("*/*"))
        shutil.move(inside, tmp_path / "CBIS-DDSM" / f"1.3.6.{number}")
        rows.append({"Subject ID": folder.name, "File Location": f".\\CBIS-DDSM\\1.3.6.{number}"})
        shutil.rmtree(folder)
    made.write_table(tmp_path / "metadata.csv", rows)
    dataset = read_cbis(tmp_path, 0.05)
    assert dataset.faults == ()
    assert [len(image.targets) for image in dataset.images] == [2]


def test_a_region_whose_files_are_missing_is_told(tmp_path: Path) -> None:
    made.make_cbis(tmp_path)
    shutil.rmtree(tmp_path / "CBIS-DDSM" / "Calc-Training_P_00005_RIGHT_CC_2")
    dataset = read_cbis(tmp_path, 0.05)
    assert "no file of Calc-Training_P_00005_RIGHT_CC_2" in one_sentence(dataset.faults[0])
    assert [len(image.targets) for image in dataset.images] == [1]


def test_a_table_that_lacks_a_column_or_is_none_is_told(tmp_path: Path) -> None:
    made.make_cbis(tmp_path)
    table = tmp_path / "calc_case_description_train_set.csv"
    table.write_text(table.read_text().replace("abnormality id", "number"), encoding="utf-8")
    with pytest.raises(UnusableData, match="has no column 'abnormality id'") as fault:
        read_cbis(tmp_path, 0.05)
    one_sentence(fault.value)
    table.write_bytes(b"\xff\xfe\x00patient_id")
    with pytest.raises(UnusableData, match="is not a table in CSV") as fault:
        read_cbis(tmp_path, 0.05)
    one_sentence(fault.value)


@pytest.mark.parametrize(
    ("masks", "words"),
    [
        ([np.zeros((50, 60), np.uint8)], "pixels, its image has"),
        ([made.region_mask(), made.region_mask()], "none or several of"),
        ([made.breast()[:50, :60], made.breast()[:70, :60]], "none or several of"),
        ([np.zeros((made.ROWS, made.COLUMNS), np.uint8)], "shows no region"),
        ([], "none or several of no file"),
    ],
)
def test_a_region_without_one_mask_is_told(tmp_path: Path, masks, words: str) -> None:
    made.write_dicom(tmp_path / "image.dcm", made.breast())
    files = [tmp_path / f"{number}.dcm" for number in range(len(masks))]
    for path, mask in zip(files, masks, strict=True):
        made.write_dicom(path, mask, SOPClassUID=made.SECONDARY_CAPTURE, spacing=None)
    with pytest.raises(UnusableData, match=words) as fault:
        region_mask(files, read_image(tmp_path / "image.dcm").info)
    one_sentence(fault.value)


def test_vindr_takes_the_boxes_of_suspicious_calcifications_only(tmp_path: Path) -> None:
    made.make_vindr(tmp_path)
    dataset = read_vindr(tmp_path)
    assert dataset.faults == ()
    by_name = {image.name: image for image in dataset.images}
    assert by_name["two"].targets == ()
    (box,) = by_name["one"].targets
    assert box.kind is TargetKind.REGION
    assert (box.centre.column, box.centre.row) == (145.25, 125.0)
    with pytest.raises(UnusableData, match="no image that the table tells of"):
        read_vindr(tmp_path, "test")


@pytest.mark.parametrize(
    ("categories", "box", "words"),
    [
        ("Suspicious Calcification", ("1", "1", "2", "2"), "not a list"),
        ("__import__('os').getcwd()", ("1", "1", "2", "2"), "not a list"),
        ("{'Suspicious Calcification'}", ("1", "1", "2", "2"), "not a list"),
        ("['Suspicious Calcification']", ("", "", "", ""), "has no box"),
        ("['Suspicious Calcification']", ("5", "1", "2", "2"), "holds nothing"),
        ("['Suspicious Calcification']", ("nan", "1", "2", "2"), "holds nothing"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_by_its_number(tmp_path: Path, categories, box, words) -> None:
    made.make_vindr(tmp_path)
    rows = [made.vindr_row("two", "['Mass']", ("1", "1", "2", "2")), made.vindr_row("one", categories, box)]
    made.write_table(tmp_path / "finding_annotations.csv", rows)
    dataset = read_vindr(tmp_path)
    assert words in one_sentence(dataset.faults[0])
    assert "row 3" in dataset.faults[0]


def test_an_image_that_is_not_there_is_told(tmp_path: Path) -> None:
    made.make_vindr(tmp_path)
    (tmp_path / "images" / "study" / "one.dicom").unlink()
    assert "one.dicom: this image is not there" in one_sentence(read_vindr(tmp_path).faults[0])


def test_the_first_images_are_a_fair_sample() -> None:
    from annotator.model.geometry import ImagePoint
    from benchmarks.detection.datasets.annotated import AnnotatedImage

    drawn = (Target(TargetKind.REGION, (ImagePoint(0, 0),)),)
    images = [AnnotatedImage(f"{n}", Path(f"{n}"), drawn if n < 5 else ()) for n in range(40)]
    ordered = fair_order(images)
    assert sorted(image.name for image in ordered) == sorted(image.name for image in images)
    assert [bool(image.targets) for image in ordered[:10]] == [True, False] * 5
    assert fair_order(reversed(images)) == ordered


def test_the_centre_of_an_outline_is_that_of_its_area() -> None:
    from annotator.model.geometry import ImagePoint

    corners = ((0, 0), (10, 0), (10, 5), (10, 10), (0, 10))
    centre = Target(TargetKind.CALCIFICATION, tuple(ImagePoint(*c) for c in corners)).centre
    assert (centre.column, centre.row) == (5, 5)
    flat = Target(TargetKind.CALCIFICATION, (ImagePoint(0, 0), ImagePoint(2, 2), ImagePoint(4, 4))).centre
    assert (flat.column, flat.row) == (2, 2)
