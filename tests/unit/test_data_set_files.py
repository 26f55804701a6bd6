"""Tables, COCO, YOLO and masks of exams: what stands in them, and that it lies on the tissue that was marked."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from annotator.exchange.tables.data_set import NO_SIZE_MASKS, NO_SIZE_YOLO, NOT_AT_HAND
from annotator.exchange.tables.finding_tables import TABLES
from annotator.exchange.tables.told import ToldExam
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Reading
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.image import ImageInfo
from tests.told_exams import begun, data_set, image, marked, told

ALL = ("csv", "parquet", "coco", "yolo", "masks")
SQUARE = (ImagePoint(10, 20), ImagePoint(14, 20), ImagePoint(14, 23), ImagePoint(10, 23))
ROUND_ABOUT = (ImagePoint(5, 15), ImagePoint(45, 15), ImagePoint(45, 40), ImagePoint(5, 40))


def described() -> tuple[Reading, ImageInfo]:
    """Three marks: outlined, measured, only pointed at; two of them tied together."""
    info = image()
    reading = begun()
    finding = reading.findings[0].id
    reading = marked(reading, info, ImagePoint(12, 21.5), outline=SQUARE)
    reading = marked(reading, info, ImagePoint(40.5, 30.5), diameter=6.0)
    reading = marked(reading, info, ImagePoint(60.25, 10.75))
    ids = [one.id for one in reading.marks[:2]]
    reading, _ = edits.add_cluster(reading, finding, info.key(), ROUND_ABOUT, ids, info.spacing)
    reading = edits.describe(
        reading,
        finding,
        morphology=(Morphology.AMORPHOUS,),
        distributions=(Distribution.GROUPED,),
        assessment=Assessment.MODERATE_SUSPICION,
        comment='a, "quoted"\nword: 石灰化',
    )
    return reading, info


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    reading, info = described()
    made = data_set(folder, ALL, ToldExam(readings=(told(reading, [info]),)))
    assert made.counters[NO_SIZE_YOLO] == made.counters[NO_SIZE_MASKS] == 1
    return folder


def test_a_mark_is_one_row_with_pixels_millimetres_and_their_basis(written: Path) -> None:
    first, second, third = rows_of(written / "marks.csv")
    assert (first["column_px"], first["row_px"], first["shape"]) == ("12.0", "21.5", "outline")
    assert (first["box_left_px"], first["box_width_px"], first["area_px2"]) == ("10.0", "4.0", "12.0")
    assert first["outline_px"] == "10.0,20.0 14.0,20.0 14.0,23.0 10.0,23.0"
    assert (second["diameter_px"], second["diameter_mm"]) == ("6.0", "0.6")
    assert second["measure_basis"] == second["spacing_basis"] == "estimated, in breast"
    assert (third["diameter_mm"], third["measure_basis"], third["shape"]) == ("", "", "point")
    assert first["morphology"] == "amorphous"
    assert first["morphology_codes"] == "SCT:129749009" or first["morphology_codes"].count(":") == 1
    assert first["assessment"] == "4B"
    assert [one["cluster_ids"] != "" for one in (first, second, third)] == [True, True, False]


def test_clusters_findings_images_and_readings_are_rows_too(written: Path) -> None:
    (cluster,) = rows_of(written / "clusters.csv")
    assert (cluster["count"], cluster["extent_of"], cluster["extent_basis"]) == (
        "2",
        "marks",
        "estimated, in breast",
    )
    assert float(cluster["extent_mm"]) == pytest.approx(float(cluster["extent_px"]) * 0.1, abs=1e-3)
    (finding,) = rows_of(written / "findings.csv")
    assert finding["comment"] == 'a, "quoted"\nword: 石灰化'
    assert finding["distribution"] == "grouped"
    assert finding["suggested_category"] == ""
    (of_image,) = rows_of(written / "images.csv")
    assert (of_image["rows"], of_image["columns"], of_image["marks"]) == ("60", "80", "3")
    (reading,) = rows_of(written / "readings.csv")
    assert (reading["reader"], reading["revision"], reading["signed_version"]) == ("anna", "3", "0")


def test_parquet_says_the_same_as_csv(written: Path) -> None:
    for table in TABLES:
        found = pq.read_table(written / f"{table.name}.parquet")
        assert found.column_names == [column.name for column in table.columns]
        for ours, theirs in zip(found.to_pylist(), rows_of(written / f"{table.name}.csv"), strict=True):
            for name, value in ours.items():
                assert theirs[name] == as_csv(value), name


def as_csv(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(f"{value[at]},{value[at + 1]}" for at in range(0, len(value), 2))
    return str(value)


def test_nothing_says_whose_exam_it_is_and_the_sums_hold(written: Path) -> None:
    for path in (one for one in written.rglob("*") if one.is_file()):
        content = path.read_bytes()
        assert b'"1.5"' not in content
        assert b",1.5," not in content
        assert b"reading of anna" not in content
    listed = [line.split("  ") for line in (written / "SHA256SUMS").read_text().splitlines()]
    assert {name for _, name in listed} == {
        path.relative_to(written).as_posix()
        for path in written.rglob("*")
        if path.is_file() and ".growing" not in path.parts and path.name != "SHA256SUMS"
    }
    for digest, name in listed:
        assert hashlib.sha256((written / name).read_bytes()).hexdigest() == digest


def test_the_card_counts_what_is_there(written: Path) -> None:
    card = json.loads((written / "card.json").read_text())
    assert card["counts"]["readings by reader"] == {"anna": 1}
    assert card["counts"]["findings by category"] == {"4B": 1}
    assert card["counts"]["findings by morphology"] == {"amorphous": 1}
    assert card["counts"]["marks by basis of millimetres"] == {
        "estimated, in breast": 2,
        "not measured": 1,
    }
    assert card["counts"]["patients by part"] == {"all": 1}
    assert "| 4B | 1 |" in (written / "DATA_CARD.md").read_text()


def test_identified_has_the_uids_and_no_file_is_called_by_one(tmp_path: Path) -> None:
    reading, info = described()
    data_set(tmp_path, ALL, ToldExam(readings=(told(reading, [info], identified=True),)))
    assert rows_of(tmp_path / "marks.csv")[0]["sop_instance_uid"] == "1.5"
    assert not list(tmp_path.rglob("*1.5*"))


def test_what_lies_on_images_that_are_not_at_hand_is_in_tables_only(tmp_path: Path) -> None:
    reading, _ = described()
    made = data_set(tmp_path, ALL, ToldExam(readings=(told(reading, []),)))
    assert made.counters[NOT_AT_HAND] == 1
    assert len(rows_of(tmp_path / "marks.csv")) == 3
    assert rows_of(tmp_path / "marks.csv")[0]["picture"] == ""
    document = json.loads((tmp_path / "coco" / "all.json").read_text())
    assert (document["images"], document["annotations"]) == ([], [])


def test_coco_has_boxes_outlines_points_and_classes_with_codes(written: Path) -> None:
    document = json.loads((written / "coco" / "all.json").read_text())
    classes = {one["id"]: one for one in document["categories"]}
    outlined, circle, point, cluster = document["annotations"]
    assert outlined["bbox"] == [10, 20, 4, 3]
    assert (outlined["area"], outlined["iscrowd"]) == (12, 0)
    assert outlined["segmentation"] == [[10, 20, 14, 20, 14, 23, 10, 23]]
    assert outlined["keypoints"] == [12, 21.5, 2]
    assert classes[outlined["category_id"]]["name"] == "calcification_amorphous"
    assert classes[outlined["category_id"]]["code"]["scheme"] in ("SCT", "DCM")
    assert circle["bbox"] == pytest.approx([37.5, 27.5, 6, 6], abs=0.1)
    assert (point["bbox"], point["attributes"]["shape"]) == ([60, 10, 1, 1], "point")
    assert classes[cluster["category_id"]]["name"] == "cluster_amorphous"
    assert cluster["bbox"] == [5, 15, 40, 25]
    assert cluster["attributes"]["mark_ids"] == [one["attributes"]["mark_id"] for one in (outlined, circle)]
    (picture,) = document["images"]
    assert (picture["width"], picture["height"]) == (80, 60)
    assert picture["spacing_basis"] == "estimated, in breast"


def test_slices_are_pictures_of_their_own_where_something_is_marked(tmp_path: Path) -> None:
    stack = image(frames=9)
    reading = begun()
    for frame in (2, 7):
        reading = marked(reading, stack, ImagePoint(20, 20), diameter=4.0, frame=frame)
    data_set(tmp_path, ("coco", "yolo", "masks"), ToldExam(readings=(told(reading, [stack]),)))
    document = json.loads((tmp_path / "coco" / "all.json").read_text())
    assert [one["frame"] for one in document["images"]] == [2, 7]
    assert [one["file_name"][-9:] for one in document["images"]] == ["_f002.png", "_f007.png"]
    assert {one["image_id"] for one in document["annotations"]} == {1, 2}
    assert sorted(path.name[-8:] for path in (tmp_path / "labels").rglob("*.txt")) == ["f002.txt", "f007.txt"]


def test_a_picture_without_marks_is_an_empty_label_only_when_the_reader_finished(tmp_path: Path) -> None:
    info = image()
    reading = begun()
    data_set(tmp_path / "open", ("yolo",), ToldExam(readings=(told(reading, [info]),)))
    assert not list((tmp_path / "open" / "labels").rglob("*.txt"))
    assert not (tmp_path / "open" / "all.txt").exists()
    assert "# no picture with labels is in all\nnames:" in (tmp_path / "open" / "data.yaml").read_text()
    done = replace(reading, done=True)
    data_set(tmp_path / "done", ("yolo",), ToldExam(readings=(told(done, [info]),)))
    (empty,) = (tmp_path / "done" / "labels").rglob("*.txt")
    assert empty.read_bytes() == b""
    assert (tmp_path / "done" / "all.txt").read_text() == f"./images/all/{empty.stem}.png\n"
    assert "train: all.txt\nval: all.txt\n" in (tmp_path / "done" / "data.yaml").read_text()


def test_a_picture_whose_marks_were_never_measured_is_no_picture_of_nothing(tmp_path: Path) -> None:
    info = image()
    done = replace(marked(begun(), info, ImagePoint(20, 20)), done=True)
    made = data_set(tmp_path, ("yolo",), ToldExam(readings=(told(done, [info]),)))
    assert made.counters[NO_SIZE_YOLO] == 1
    assert not list((tmp_path / "labels").rglob("*.txt"))


def test_more_than_255_objects_are_numbered_in_16_bits(tmp_path: Path) -> None:
    info = image(rows=100, columns=200)
    reading = begun()
    for number in range(300):
        place = ImagePoint(5.5 + 9 * (number % 20), 4.5 + 6 * (number // 20))
        reading = marked(reading, info, place, diameter=4.0)
    data_set(tmp_path, ("masks",), ToldExam(readings=(told(reading, [info]),)))
    (path,) = (tmp_path / "masks" / "all").glob("*_calcifications.png")
    mask = np.asarray(Image.open(path))
    assert set(np.unique(mask)) == set(range(301))
    legend = rows_of(tmp_path / "masks" / "legend.csv")
    assert [row["id"] for row in legend] == [one.id for one in reading.marks]
    assert legend[299]["value"] == "300"
    place = reading.marks[299].point
    assert mask[int(place.row), int(place.column)] == 300


TURNS = [Orientation(flip_columns=c, flip_rows=r) for c in (False, True) for r in (False, True)]


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_however_an_image_is_stored_everything_lies_on_the_same_tissue(
    tmp_path: Path, turn: Orientation
) -> None:
    """An image of spots of different brightness; each label, box and mask holds the spot it is of and no other."""
    info = image()
    tissue = np.zeros((info.rows, info.columns), np.uint16)
    reading = begun()
    places = ((12, 20, 5, 3), (40, 9, 3, 7), (70, 51, 4, 2))
    for number, (column, row, width, height) in enumerate(places, 1):
        tissue[row : row + height, column : column + width] = 1000 * number
        corners = [
            (column, row),
            (column + width, row),
            (column + width, row + height),
            (column, row + height),
        ]
        outline = [turn.to_displayed(ImagePoint(*one), info.columns, info.rows) for one in corners]
        middle = turn.to_displayed(ImagePoint(column + width / 2, row + height / 2), info.columns, info.rows)
        reading = marked(reading, info, middle, outline=outline)
    stored = tissue[:: -1 if turn.flip_rows else 1, :: -1 if turn.flip_columns else 1]
    exam = ToldExam(readings=(told(reading, [info]),))
    data_set(tmp_path, ("coco", "yolo", "masks"), exam, pixels=lambda _info, _frame: stored)

    (path,) = (tmp_path / "images" / "all").glob("*.png")
    picture = np.asarray(Image.open(path))
    assert picture.dtype == np.uint16
    (path,) = (tmp_path / "masks" / "all").glob("*_calcifications.png")
    mask = np.asarray(Image.open(path))
    assert np.array_equal(mask.astype(np.uint16) * 1000, picture)

    document = json.loads((tmp_path / "coco" / "all.json").read_text())
    (labels,) = (tmp_path / "labels" / "all").glob("*.txt")
    boxes = [[float(word) for word in line.split()[1:]] for line in labels.read_text().splitlines()]
    for number, one in enumerate(document["annotations"], 1):
        left, top, width, height = (round(side) for side in one["bbox"])
        assert set(np.unique(picture[top : top + height, left : left + width])) == {1000 * number}
        assert width * height == np.count_nonzero(picture == 1000 * number)
        column, row, share, tall = boxes[number - 1]
        assert [share * info.columns, tall * info.rows] == pytest.approx([width, height], abs=1e-4)
        assert column * info.columns == pytest.approx(left + width / 2, abs=1e-4)
        assert row * info.rows == pytest.approx(top + height / 2, abs=1e-4)


def test_signed_pixels_become_grey_values_that_a_png_can_hold(tmp_path: Path) -> None:
    info = image(rows=2, columns=2)
    values = np.array([[-32768, -1], [0, 32767]], np.int16)
    exam = ToldExam(readings=(told(begun(), [info]),))
    data_set(tmp_path, ("csv",), exam, pixels=lambda _info, _frame: values)
    (path,) = (tmp_path / "images" / "all").glob("*.png")
    assert np.array_equal(np.asarray(Image.open(path)), [[0, 32767], [32768, 65535]])
