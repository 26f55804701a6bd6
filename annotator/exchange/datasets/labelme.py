"""labelme: one JSON an image with its shapes, labels of any kind.

A shape whose label says calcification, or which the user names, is taken: a point is a mark, a closed line or circle of one
calcification a mark with its outline, a rectangle or what says "cluster" a region. Shapes of one group_id are one finding.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.errors import UnreadableAnnotations
from annotator.exchange.datasets.found import (
    Broken,
    Found,
    ImageName,
    Said,
    SourceFinding,
    SourceShape,
    Wishes,
    box,
    places,
    stem_of,
)
from annotator.exchange.datasets.gathering import Labelled, gathered
from annotator.exchange.datasets.json_file import beginning, read_json
from annotator.exchange.datasets.labels import Meaning, left_out, meaning
from annotator.exchange.json_faults import shortened
from annotator.jobs import Progress
from annotator.model.geometry import circle_outline
from annotator.model.origin import Origin

NAME = "labelme"
COORDINATES = "x, y: column, then row, in pixels of the image from its first corner"
_WHAT = "a file of labelme"


def recognised(path: Path) -> bool:
    """Whether a file is such a JSON, or a folder holds one."""
    if path.is_dir():
        return any(recognised(one) for one in sorted(path.glob("*.json"))[:20])
    return (
        path.suffix.lower() == ".json"
        and b'"shapes"' in (start := beginning(path))
        and b'"annotations"' not in start
    )


def read(path: Path, wishes: Wishes) -> Found:
    """The shapes of one file or of all in a folder. Raises UnreadableAnnotations for a named file that cannot be used."""
    files = [one for one in sorted(path.rglob("*.json")) if recognised(one)] if path.is_dir() else [path]
    findings, broken, empty = list[SourceFinding](), list[Broken](), list[ImageName]()
    faults: list[str] = []
    passed: Counter[str] = Counter()
    for number, file in enumerate(files):
        wishes.token.checkpoint(Progress(number, len(files), "annotations read"))
        try:
            document = read_json(file, _WHAT)
            image = _image(file, document)
        except UnreadableAnnotations as fault:
            if path.is_file():
                raise
            faults.append(str(fault))
            continue
        try:
            items = list(_items(document, image, wishes, passed))
        except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
            broken.append(Broken(image, shortened(f"{file}: a shape cannot be used ({error}).")))
            continue
        origin = Origin(
            source=NAME, version=shortened(str(document.get("version") or "")), coordinates=COORDINATES
        )
        findings += gathered(items, origin, "label")
        empty += [] if items else [image]
    notes = left_out("Labels that do not say calcification were left out", passed)
    return Found(NAME, tuple(findings), tuple(empty), tuple(broken), tuple(faults), notes)


def _image(file: Path, document: Mapping[str, Any]) -> ImageName:
    named, rows, columns = document.get("imagePath"), document.get("imageHeight"), document.get("imageWidth")
    sizes = [one for one in (rows, columns) if isinstance(one, int) and not isinstance(one, bool) and one > 0]
    if not isinstance(document.get("shapes"), list) or not isinstance(named, str) or len(sizes) != 2:
        raise UnreadableAnnotations(
            f"{file} has no shapes, imagePath, imageHeight and imageWidth; is it {_WHAT}?"
        )
    stem = stem_of(named)
    shown = shortened(named.replace("\\", "/").rsplit("/", 1)[-1])
    return ImageName(shown, sop_instance_uid=stem, stem=stem, rows=sizes[0], columns=sizes[1])


def _items(
    document: Mapping[str, Any], image: ImageName, wishes: Wishes, passed: Counter[str]
) -> Iterator[Labelled]:
    for shape in document["shapes"]:
        label = str(shape["label"])
        said = meaning(label, wishes)
        if said is None:
            passed[shortened(label)] += 1
            continue
        group = shape.get("group_id")
        told = shape.get("description")
        comment = Said(comment=told) if isinstance(told, str) and told else Said()
        values = (("description", shortened(comment.comment)),) if comment.comment else ()
        for drawn in _drawn(shape, said, image):
            yield Labelled(
                drawn,
                label,
                said.said,
                "" if group is None else f"{image.stem}/{group}",
                values,
                () if said.mapped else ("label",),
            )


def _drawn(shape: Mapping[str, Any], said: Meaning, image: ImageName) -> Iterator[SourceShape]:
    kind = shape.get("shape_type") or "polygon"
    points = places([(float(x), float(y)) for x, y in shape["points"]])
    single = not said.region
    if kind in ("point", "points"):
        yield from (SourceShape(image, (point,), single=True, kind=said.kind) for point in points)
    elif kind == "rectangle":
        (x1, x2), (y1, y2) = sorted(p.column for p in points), sorted(p.row for p in points)
        yield SourceShape(image, box(x1, y1, x2, y2), kind=said.kind)
    elif kind == "circle":
        middle, edge = points
        radius = math.hypot(edge.column - middle.column, edge.row - middle.row)
        yield SourceShape(image, circle_outline(middle, radius), single=single, kind=said.kind)
    elif kind == "mask":
        yield SourceShape(
            image,
            mask=_mask(shape, round(points[0].column), round(points[0].row), image),
            single=single,
            kind=said.kind,
        )
    elif kind in ("polygon", "linestrip", "line"):
        if kind == "line" and len(points) == 2:
            a, b = points
            points = places([((a.column + b.column) / 2, (a.row + b.row) / 2)])
        yield SourceShape(image, points, single=single or len(points) < 3, kind=said.kind)
    else:
        raise ValueError(f"shape_type is {kind!r}")


def _mask(shape: Mapping[str, Any], left: int, top: int, image: ImageName) -> NDArray[np.bool_]:
    """The mask of the whole image; a shape has a picture of its own part, as PNG in base64."""
    try:
        data = base64.b64decode(shape["mask"], validate=True)
    except (binascii.Error, TypeError) as error:
        raise ValueError("its mask is not in base64") from error
    part = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if part is None:
        raise ValueError("its mask is no picture")
    rows, columns = part.shape
    if left < 0 or top < 0 or top + rows > image.rows or left + columns > image.columns:
        raise ValueError("its mask reaches beyond the image")
    whole = np.zeros((image.rows, image.columns), np.bool_)
    whole[top : top + rows, left : left + columns] = np.asarray(part) > 0
    return whole
