"""Marks and clusters as COCO: boxes, outlines, keypoints, classes of the lexicon with their codes.

Boxes and polygons are in pixels from the outer corner of the first pixel, as COCO counts. Every mark has a keypoint
where the reader put it. A mark never measured has no size that anybody knows: its box and polygon are the one pixel it
lies in, and `attributes.shape` says "point" (docs/exchange.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from annotator import __version__
from annotator.exchange.finding_json import COORDINATES, STATEMENT
from annotator.exchange.tables.categories import Category, Thing, categories, category_number
from annotator.exchange.tables.columns import DIGITS, flat
from annotator.exchange.tables.shapes import Box, box_around
from annotator.exchange.tables.spool import Spools
from annotator.exchange.tables.told import (
    ToldCluster,
    ToldExam,
    ToldMark,
    ToldReading,
    clusters_of,
    marks_of,
)
from annotator.exchange.whole_file import whole_file
from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Finding
from annotator.model.geometry import polygon_area
from annotator.model.image import ImageInfo, ImageKey

_encode = msgspec.json.Encoder().encode

_ABOVE = {Thing.CALCIFICATION: "calcification", Thing.CLUSTER: "calcification cluster"}

IMAGE_COUNT, ANNOTATION_COUNT = "coco images", "coco annotations"
"""Counters of an export: the numbers given out so far."""


Called = Callable[[ToldReading, ImageKey], str]
"""What the file of a picture is called."""


def spool_coco(spools: Spools, exam: ToldExam, counters: dict[str, int], called: Called) -> None:
    """Append images and annotations of one exam; `counters` go on. The files of pictures lie in images/PART.

    What lies on images whose file is not at hand is left out, since COCO needs their size.
    """
    numbers: dict[ImageKey, int] = {}
    images = []
    for info, key in exam.pictures():
        counters[IMAGE_COUNT] = numbers[key] = counters.get(IMAGE_COUNT, 0) + 1
        file = f"images/{exam.part}/{called(exam.readings[0], key)}"
        images.append(_encode(_image(exam, info, key, numbers[key], file)))
    spools.add(f"coco_images.{exam.part}", images)
    spools.add(f"coco_annotations.{exam.part}", _annotations(exam, numbers, counters))


def write_coco(spools: Spools, part: str, lexicon: Lexicon, info: Mapping[str, Any], path: Path) -> None:
    """Put the COCO file of one part together; `info` is what stands in its head. Raises ExportError."""
    head = {
        "description": "Calcifications on mammograms, marked and described by readers",
        "contributor": f"Mammogram Annotator {__version__}",
        "statement": STATEMENT,
        "coordinates": COORDINATES,
        **info,
    }
    classes = [_category(one) for one in categories(lexicon)]
    with whole_file(path) as file:
        file.write(b'{"info":' + _encode(head) + b',\n"licenses":[],\n"categories":[')
        _write_list(file, map(_encode, classes))
        file.write(b'],\n"images":[')
        _write_list(file, spools.lines(f"coco_images.{part}"))
        file.write(b'],\n"annotations":[')
        _write_list(file, spools.lines(f"coco_annotations.{part}"))
        file.write(b"]}\n")


def _write_list(file: Any, items: Iterator[bytes]) -> None:
    for number, item in enumerate(items):
        file.write(b",\n" + item if number else b"\n" + item)


def _category(category: Category) -> dict[str, Any]:
    term = category.term
    told: dict[str, Any] = {
        "id": category.number + 1,
        "name": category.name,
        "supercategory": _ABOVE[category.thing],
        "lexicon_id": None if term is None else term.key,
        "word": category.word if term is None else term.word,
        "code": None,
    }
    if term is not None and term.code is not None:
        code = term.code
        told["code"] = {"scheme": code.scheme, "value": code.value, "meaning": code.meaning}
    if category.thing is Thing.CALCIFICATION:
        told |= {"keypoints": ["middle"], "skeleton": []}
    return told


def _image(exam: ToldExam, info: ImageInfo, key: ImageKey, number: int, file: str) -> dict[str, Any]:
    out = exam.out
    return {
        "id": number,
        "file_name": file,
        "width": info.columns,
        "height": info.rows,
        "exam": out.name,
        "patient": out.patient,
        "study_uid": out.uid(out.reading.study_instance_uid),
        "sop_instance_uid": out.uid(info.sop_instance_uid),
        "frame": key.frame,
        "laterality": info.laterality,
        "view": info.view.name,
        "view_modifiers": info.view.modifiers,
        "spacing_mm": None if info.spacing is None else [info.spacing.row_mm, info.spacing.column_mm],
        "spacing_basis": None if info.spacing is None else info.spacing.basis,
        "finished": exam.finished,
    }


def _annotations(
    exam: ToldExam, numbers: Mapping[ImageKey, int], counters: dict[str, int]
) -> Iterator[bytes]:
    for told in exam.readings:
        objects = (
            *((one.item.image, _mark(one)) for one in marks_of(told)),
            *((one.item.image, _cluster(one)) for one in clusters_of(told) if len(one.item.outline) > 2),
        )
        for key, annotation in objects:
            if key in numbers:
                counters[ANNOTATION_COUNT] = counters.get(ANNOTATION_COUNT, 0) + 1
                numbered = {"id": counters[ANNOTATION_COUNT], "image_id": numbers[key], **annotation}
                yield _encode(numbered)


def _mark(one: ToldMark) -> dict[str, Any]:
    mark, measured = one.item, one.item.measurement
    point = mark.point
    return {
        **_object(Thing.CALCIFICATION, one.finding, one.shape.box, one.shape.area),
        "segmentation": [flat(one.shape.polygon)],
        "keypoints": [*flat([point]), 2],
        "num_keypoints": 1,
        "attributes": {
            **_said(one.told, one.finding),
            "mark_id": mark.id,
            "kind": mark.kind,
            "shape": one.shape.drawn,
            "diameter_px": None if measured is None else _rounded(measured.diameter_px),
            "diameter_mm": None if measured is None else _rounded(measured.diameter_mm),
            "basis": None if measured is None else measured.basis,
            "cluster_ids": one.told.tied.get(mark.id, ()),
        },
    }


def _cluster(one: ToldCluster) -> dict[str, Any]:
    outline = one.item.outline
    return {
        **_object(Thing.CLUSTER, one.finding, box_around(outline), polygon_area(outline)),
        "segmentation": [flat(outline)],
        "attributes": {
            **_said(one.told, one.finding),
            "cluster_id": one.item.id,
            "mark_ids": one.item.mark_ids,
            "count": one.facts["count"],
            "extent_mm": _rounded(one.facts["extent_mm"]),
            "basis": one.facts["basis"],
        },
    }


def _object(thing: Thing, finding: Finding, box: Box, area: float) -> dict[str, Any]:
    return {
        "category_id": category_number(thing, finding) + 1,
        "bbox": [round(side, DIGITS) for side in (box.left, box.top, box.width, box.height)],
        "area": round(area, DIGITS),
        "iscrowd": 0,
    }


def _said(told: ToldReading, finding: Finding) -> dict[str, Any]:
    """What the reader said; the suggestion of the decision table is in the table of findings only."""
    return {
        "reader": told.reading.reader,
        "reading": told.id,
        "lexicon_edition": told.reading.lexicon_edition,
        "finding": f"F{finding.number}",
        "finding_id": finding.id,
        "tracking_uid": finding.tracking_uid,
        "morphology": finding.morphology,
        "distribution": finding.distributions,
        "assessment": finding.assessment,
        "laterality": finding.laterality,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
