"""Labels as YOLO reads them: one text file a picture, one object a line, in shares of its width and height."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from annotator.exchange.tables.categories import categories
from annotator.exchange.tables.drawn_objects import DrawnObject, drawn_on_pictures
from annotator.exchange.tables.shapes import box_around
from annotator.exchange.tables.told import ToldExam
from annotator.exchange.whole_file import write_whole
from annotator.lexicon.loader import Lexicon
from annotator.model.image import ImageInfo
from annotator.private_files import private_folder

DIGITS = 8
"""Of a share of the width: less than a ten-thousandth of a pixel."""


def write_labels(exam: ToldExam, folder: Path, *, polygons: bool) -> int:
    """The label files of one exam in `folder`/PART; how many marks were left out, as nobody knows their size.

    `exam` has one reading: the format has no place for whose word a label is. A picture without marks has an empty
    file when the reader finished with the exam, and none before; one whose marks were all left out never has one, since
    an empty file says that there is nothing. Raises ExportError.
    """
    (told,) = exam.readings
    there = folder / exam.part
    private_folder(there)
    drawn = drawn_on_pictures(told)
    for info, key in exam.pictures():
        objects = [one for one in drawn.get(key, ()) if one.has_size]
        if objects or (told.finished and key not in drawn):
            lines = (_line(info, one, polygons=polygons) for one in objects)
            write_whole(there / f"{told.picture(key)}.txt", "".join(lines).encode())
    at_hand = (objects for key, objects in drawn.items() if key.sop_instance_uid in told.images)
    return sum(not one.has_size for objects in at_hand for one in objects)


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


def _line(info: ImageInfo, drawn: DrawnObject, *, polygons: bool) -> str:
    columns, rows = info.columns, info.rows
    if polygons:
        corners = (
            (min(max(p.column, 0.0), columns) / columns, min(max(p.row, 0.0), rows) / rows)
            for p in drawn.polygon
        )
        shares = [share for corner in corners for share in corner]
    else:
        box = box_around(drawn.polygon).within(columns, rows)
        middle = ((box.left + box.width / 2) / columns, (box.top + box.height / 2) / rows)
        shares = [*middle, box.width / columns, box.height / rows]
    return f"{drawn.category} {' '.join(f'{share:.{DIGITS}f}' for share in shares)}\n"
