"""Data sets of the same findings, on an image stored in all four orientations: each lies on the same tissue."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.exchange.tables.told import ToldExam, ToldReading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo
from tests.stored_four_ways import WAYS, StoredWay, stored
from tests.told_exams import data_set

FORMS = ("coco", "yolo", "masks")


def written(way: StoredWay, folder: Path) -> tuple[Path, ImageInfo]:
    """The folder of the data set, and the image that it is of."""
    outgoing = stored(way, folder / "image")
    exam = ToldExam(readings=(ToldReading(out=outgoing, revision=1),))
    data_set(folder / "set", FORMS, exam)
    return folder / "set", outgoing.exam.images[0]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ImageInfo]:
    return written(WAYS[0], tmp_path_factory.mktemp("usual"))


def annotations(folder: Path) -> list[dict[str, list[float]]]:
    told: list[dict[str, list[float]]] = json.loads((folder / "coco" / "all.json").read_text())["annotations"]
    return told


def pairs(flat: list[float], step: int = 2) -> list[ImagePoint]:
    return [ImagePoint(flat[at], flat[at + 1]) for at in range(0, len(flat), step)]


def near(one: list[ImagePoint], other: list[ImagePoint], most: float = 1e-3) -> bool:
    return len(one) == len(other) and all(
        abs(a.column - b.column) <= most and abs(a.row - b.row) <= most
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_coco_yolo_and_masks_mean_the_same_tissue(
    way: StoredWay, usual: tuple[Path, ImageInfo], tmp_path: Path
) -> None:
    (first, info), (second, _) = usual, written(way, tmp_path)
    here, there = annotations(first), annotations(second)
    assert len(here) == len(there) > 2
    for one, other in zip(here, there, strict=True):
        back = [way.place(point, info) for point in pairs(other["segmentation"][0])]
        assert near(in_order(pairs(one["segmentation"][0])), in_order(back))
        corners = [box_corners(box) for box in (one["bbox"], other["bbox"])]
        assert near(corners[0], sorted_corners([way.place(point, info) for point in corners[1]]))
        if "keypoints" in one:
            assert near(
                pairs(one["keypoints"], 3), [way.place(p, info) for p in pairs(other["keypoints"], 3)]
            )
    masks, elsewhere = masks_in(first), masks_in(second)
    assert set(masks) == set(elsewhere)
    for name, mask in masks.items():
        assert mask.any()
        assert np.array_equal(mask, way.turned(elsewhere[name])), name
    boxes = [yolo(folder) for folder in (first, second)]
    assert len(boxes[0]) == len(boxes[1]) > 1
    for one, other in zip(*boxes, strict=True):
        across = 1 - other[1] if way.columns_flipped else other[1]
        down = 1 - other[2] if way.rows_flipped else other[2]
        assert one == pytest.approx([other[0], across, down, *other[3:]], abs=2e-6)


def in_order(points: list[ImagePoint]) -> list[ImagePoint]:
    """Of a shape that is turned the corners come in another order."""
    return sorted(points, key=lambda one: (round(one.column, 2), round(one.row, 2)))


def box_corners(box: list[float]) -> list[ImagePoint]:
    left, top, width, height = box
    return [ImagePoint(left, top), ImagePoint(left + width, top + height)]


def sorted_corners(corners: list[ImagePoint]) -> list[ImagePoint]:
    columns, rows = sorted(one.column for one in corners), sorted(one.row for one in corners)
    return [ImagePoint(columns[0], rows[0]), ImagePoint(columns[1], rows[1])]


def masks_in(folder: Path) -> dict[str, np.ndarray]:
    """Each mask by the end of its path."""
    paths = sorted((folder / "masks").rglob("*.png"))
    return {
        str(path.relative_to(folder)): np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
        for path in paths
    }


def yolo(folder: Path) -> list[list[float]]:
    (path,) = (folder / "labels").rglob("*.txt")
    return [[float(word) for word in line.split()] for line in path.read_text().splitlines()]
