"""Label masks: for each picture with marks or clusters a PNG in which each object has a number of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from annotator.errors import ExportError
from annotator.exchange.masks import patch_of
from annotator.exchange.tables.categories import Thing
from annotator.exchange.tables.columns import Column, Kind, Table, one_of
from annotator.exchange.tables.drawn_objects import DrawnObject, drawn_on_pictures
from annotator.exchange.tables.shapes import MadeOf
from annotator.exchange.tables.spool import Spools
from annotator.exchange.tables.told import ToldExam
from annotator.exchange.whole_file import write_whole
from annotator.model.geometry import polygon_area
from annotator.model.image import ImageInfo
from annotator.private_files import private_folder

MOST = 65_535
"""Objects of one kind that a 16-bit mask can tell apart on one picture."""


def _at(place: int) -> Any:
    return lambda row: row[place]


LEGEND: Table[tuple[Any, ...]] = Table(
    "legend",
    "one object of one mask",
    (
        Column("mask", Kind.TEXT, "the file", _at(0), source="program"),
        Column(
            "value", Kind.WHOLE, "value of its pixels; 0 is none; empty: not drawn", _at(1), source="program"
        ),
        Column("thing", Kind.TEXT, "what it is", _at(2), values=one_of(Thing), source="reader"),
        Column("id", Kind.TEXT, "id of the mark or cluster", _at(3), source="program"),
        Column("finding_id", Kind.TEXT, "id of the finding", _at(4), source="program"),
        Column("class", Kind.WHOLE, "number of the class, as in data.yaml", _at(5), source="reader"),
        Column(
            "shape",
            Kind.TEXT,
            "what is drawn; a mark never measured is not, as nobody knows its size",
            _at(6),
            values=one_of(MadeOf),
            source="program",
        ),
    ),
)


def write_masks(spools: Spools, exam: ToldExam, folder: Path) -> int:
    """The masks of one exam in `folder`/PART, and their lines of the legend; how many marks are not drawn.

    `exam` has one reading. Calcifications and clusters are masks of their own, PICTURE_calcifications.png and
    PICTURE_clusters.png, of 8 bits, or 16 where there are more than 255 objects. Of marks that lie over one another
    the smaller stays whole. Raises ExportError.
    """
    (told,) = exam.readings
    left_out = 0
    private_folder(folder / exam.part)
    drawn = drawn_on_pictures(told)
    for thing in Thing:
        for info, key in exam.pictures():
            if here := [one for one in drawn.get(key, ()) if one.thing is thing]:
                name = f"{exam.part}/{told.picture(key)}_{thing}s.png"
                write_whole(folder / name, _mask(info, here, name))
                spools.add("legend.rows", _legend(name, here))
                left_out += sum(not one.has_size for one in here)
    return left_out


def png(pixels: NDArray[Any]) -> bytes:
    """Grey values (rows, columns) as a PNG: uint8 as 8 bits, uint16 as 16, int16 as 16 with 32,768 added."""
    if pixels.dtype == np.int16:
        pixels = (pixels.astype(np.int32) + 32_768).astype(np.uint16)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png", compress_level=3)
    return file.getvalue()


def _mask(info: ImageInfo, objects: Sequence[DrawnObject], name: str) -> bytes:
    if len(objects) > MOST:
        raise ExportError(f"{name} was not written: {len(objects)} objects are more than 16 bits can number.")
    mask = np.zeros((info.rows, info.columns), np.uint16)
    numbered = [(value, one.polygon) for value, one in enumerate(objects, 1) if one.has_size]
    for value, outline in sorted(numbered, key=lambda each: -polygon_area(each[1])):
        patch = patch_of(outline, outline[0], info.rows, info.columns)
        rows, columns = patch.pixels.shape
        there = mask[patch.top : patch.top + rows, patch.left : patch.left + columns]
        there[patch.pixels] = value
    return png(mask if len(objects) > 255 else mask.astype(np.uint8))


def _legend(name: str, objects: Sequence[DrawnObject]) -> Iterator[bytes]:
    rows = (
        (
            name,
            value if one.has_size else None,
            one.thing,
            one.id,
            one.finding_id,
            one.category,
            one.made_of,
        )
        for value, one in enumerate(objects, 1)
    )
    return map(msgspec.json.encode, LEGEND.rows(rows))
