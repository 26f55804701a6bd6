"""Labels as YOLO reads them: one text file a picture, one object a line, in shares of its width and height."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from annotator.exchange.tables.categories import Thing, categories, category_number
from annotator.exchange.tables.shapes import MadeOf, box_around
from annotator.exchange.tables.told import ToldExam, ToldReading, clusters_of, marks_of
from annotator.exchange.whole_file import write_whole
from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Finding
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo, ImageKey
from annotator.private_files import private_folder

DIGITS = 8
"""Of a share of the width: less than a ten-thousandth of a pixel."""


def write_labels(exam: ToldExam, folder: Path, *, polygons: bool) -> int:
    """The label files of one exam in `folder`/PART; how many marks were left out, as nobody knows their size.

    `exam` has one reading: the format has no place for whose word a label is. A picture without objects has an empty
    file when the reader finished with the exam, and none before. Raises ExportError.
    """
    (told,) = exam.readings
    there = folder / exam.part
    private_folder(there)
    by_picture: dict[ImageKey, list[tuple[int, Sequence[ImagePoint]]]] = {}
    left_out = 0
    for mark in marks_of(told):
        if mark.shape.drawn is MadeOf.POINT:
            left_out += mark.item.image.sop_instance_uid in told.images
            continue
        thing = category_number(Thing.CALCIFICATION, mark.finding)
        by_picture.setdefault(mark.item.image, []).append((thing, mark.shape.polygon))
    for key, number, outline in _clusters(told):
        by_picture.setdefault(key, []).append((number, outline))
    for info, key in exam.pictures():
        objects = by_picture.get(key, [])
        if objects or told.finished:
            lines = (_line(info, number, polygon, polygons=polygons) for number, polygon in objects)
            write_whole(there / f"{told.picture(key)}.txt", "".join(lines).encode())
    return left_out


def write_data_yaml(folder: Path, parts: Sequence[str], lexicon: Lexicon) -> None:
    """`data.yaml`: the names of the classes, and which list has the pictures of each part. Raises ExportError.

    A list, `PART.txt`, names the pictures with a label file alone: whoever trains takes a picture without one for one
    with nothing on it, and that is not known of an exam that nobody finished. A part without any has no list.
    """
    filled = [part for part in parts if _write_list(folder, part)]
    lines = ["# Calcifications on mammograms; what is in it and what is not: DATA_CARD.md", "path: ."]
    lines += [f"# no picture with labels is in {part}" for part in parts if part not in filled]
    lines += [f"{part if part != 'all' else 'train'}: {part}.txt" for part in filled]
    if filled and "val" not in filled:
        # programs that train want one
        lines.append(f"val: {filled[0]}.txt")
    lines.append("names:")
    # a JSON text is a YAML text
    lines += [f"  {one.number}: {json.dumps(one.name)}" for one in categories(lexicon)]
    write_whole(folder / "data.yaml", ("\n".join(lines) + "\n").encode())


def _write_list(folder: Path, part: str) -> bool:
    """The list of a part; False where there would be nothing in it, and none is written."""
    labelled = sorted(path.stem for path in (folder / "labels" / part).glob("*.txt"))
    lines = "".join(f"./images/{part}/{one}.png\n" for one in labelled)
    if lines:
        write_whole(folder / f"{part}.txt", lines.encode())
    return bool(lines)


def _clusters(told: ToldReading) -> Iterator[tuple[ImageKey, int, Sequence[ImagePoint]]]:
    for cluster in clusters_of(told):
        finding: Finding = cluster.finding
        if len(cluster.item.outline) > 2:
            yield cluster.item.image, category_number(Thing.CLUSTER, finding), cluster.item.outline


def _line(info: ImageInfo, number: int, polygon: Sequence[ImagePoint], *, polygons: bool) -> str:
    columns, rows = info.columns, info.rows
    if polygons:
        corners = (
            (min(max(p.column, 0.0), columns) / columns, min(max(p.row, 0.0), rows) / rows) for p in polygon
        )
        shares = [share for corner in corners for share in corner]
    else:
        box = box_around(polygon).within(columns, rows)
        middle = ((box.left + box.width / 2) / columns, (box.top + box.height / 2) / rows)
        shares = [*middle, box.width / columns, box.height / rows]
    return f"{number} {' '.join(f'{share:.{DIGITS}f}' for share in shares)}\n"
