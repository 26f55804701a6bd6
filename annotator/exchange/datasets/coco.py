"""COCO object detection: images, categories and annotations in one JSON file, of this program or any other.

An annotation of a category that says calcification, or that the user names, is taken; a polygon or RLE of one calcification
becomes a mark with its outline, a key point a mark, everything else a region. The coordinates are those of this program: the
outer corner of the first pixel is 0, 0.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.errors import UnreadableAnnotations
from annotator.exchange.datasets.coco_attributes import described, is_own, said_in
from annotator.exchange.datasets.found import (
    MOST_DRAWN,
    Broken,
    Found,
    ImageName,
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
from annotator.exchange.datasets.run_lengths import mask_of
from annotator.exchange.json_faults import shortened
from annotator.jobs import Progress
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.model.origin import Origin

NAME = "COCO"
COORDINATES = (
    "x, y: column, then row; boxes as x, y, width, height; in pixels of the image from its first corner"
)
_WHAT = "a file of COCO annotations"
_Id = int | str


@dataclass(frozen=True, slots=True)
class _Category:
    label: str
    meaning: Meaning | None


def recognised(path: Path) -> bool:
    """Whether a file is such a JSON."""
    if path.is_dir() or path.suffix.lower() != ".json":
        return False
    start = beginning(path)
    return (b'"annotations"' in start and b'"images"' in start) or (
        b'"categories"' in start and b'"images"' in start
    )


def read(path: Path, wishes: Wishes) -> Found:
    """The annotations of calcifications of one file. Raises UnreadableAnnotations for a file that is laid out otherwise."""
    document = read_json(path, _WHAT)
    rows = _by_id(path, document, "images")
    images = {key: _image(path, one) for key, one in rows.items()}
    frames = {key: _frame(one) for key, one in rows.items()}
    categories = {key: _category(one, wishes) for key, one in _by_id(path, document, "categories").items()}
    origin = _origin(document)
    items: dict[_Id, list[Labelled]] = defaultdict(list)
    broken: dict[_Id, Broken] = {}
    passed: Counter[str] = Counter()
    annotations = _rows(path, document, "annotations")
    for number, one in enumerate(annotations):
        if number % 1000 == 0:
            wishes.token.checkpoint(Progress(number, len(annotations), "annotations read"))
        key, of_category = _id(one.get("image_id")), _id(one.get("category_id"))
        image, category = images.get(key), categories.get(of_category)
        if key is None or image is None or category is None:
            missing = "an image" if image is None else "a category"
            raise UnreadableAnnotations(
                shortened(f"{path}: annotation {one.get('id')!r} names {missing} that is not in the file.")
            )
        if category.meaning is None:
            passed[category.label] += 1
            continue
        try:
            items[key] += _labelled(image, frames[key], category.label, category.meaning, one)
        except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
            why = shortened(
                f"{path}: annotation {one.get('id')!r} on {image.shown} cannot be used ({error})."
            )
            broken.setdefault(key, Broken(image, why))
    findings: list[SourceFinding] = []
    for members in items.values():
        findings += gathered(members, origin, "category")
    empty = tuple(image for key, image in images.items() if key not in items and key not in broken)
    notes = left_out("Categories that do not say calcification were left out", passed)
    return Found(NAME, tuple(findings), empty, tuple(broken.values()), notes=notes)


def _by_id(path: Path, document: Mapping[str, Any], name: str) -> dict[_Id | None, dict[str, Any]]:
    """Images or categories by their ids; two of one id would give the places of one to the other."""
    found: dict[_Id | None, dict[str, Any]] = {}
    for row in _rows(path, document, name):
        key = _id(row.get("id"))
        if key is None or key in found:
            why = "without an id that is a number or word" if key is None else f"of id {key!r} twice"
            raise UnreadableAnnotations(
                shortened(f"{path} has {name} {why}, so that nothing can be told apart.")
            )
        found[key] = row
    return found


def _id(said: object) -> _Id | None:
    return said if isinstance(said, int | str) and not isinstance(said, bool) else None


def _rows(path: Path, document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = document.get(name)
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise UnreadableAnnotations(f"{path} has no list of {name}; is it {_WHAT}?")
    if len(rows) > MOST_DRAWN:
        raise UnreadableAnnotations(f"{path} has {len(rows):,} {name}; it may have {MOST_DRAWN:,}.")
    return rows


def _image(path: Path, row: Mapping[str, Any]) -> ImageName:
    file, rows, columns = str(row.get("file_name", "")), row.get("height"), row.get("width")
    if not (_is_size(rows) and _is_size(columns)):
        raise UnreadableAnnotations(
            shortened(f"{path}: image {file or row.get('id')!r} has no height and width in pixels.")
        )
    uid = str(row.get("sop_instance_uid") or stem_of(file))
    assert isinstance(rows, int)
    assert isinstance(columns, int)
    return ImageName(
        shortened(file or str(row.get("id"))),
        sop_instance_uid=uid,
        stem=stem_of(file),
        rows=rows,
        columns=columns,
    )


def _frame(row: Mapping[str, Any]) -> int:
    said = row.get("frame")
    return said if isinstance(said, int) and said > 0 else 1


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1_000_000


def _category(row: Mapping[str, Any], wishes: Wishes) -> _Category:
    label, above = str(row.get("name", "")), str(row.get("supercategory") or "")
    return _Category(label, meaning(label, wishes, above))


def _origin(document: Mapping[str, Any]) -> Origin:
    info = document.get("info")
    said = info if isinstance(info, dict) else {}
    version = str(said.get("version") or "")
    return Origin(source=NAME, version=shortened(version), coordinates=COORDINATES)


def _labelled(
    image: ImageName, frame: int, label: str, said: Meaning, row: Mapping[str, Any]
) -> Iterator[Labelled]:
    told = row.get("attributes")
    told = told if isinstance(told, dict) else {}
    own = is_own(told)
    words = said_in(told) if own else said.said
    kind = MarkKind(told["kind"]) if own and told.get("kind") in {*MarkKind} else said.kind
    for drawn in _drawn(image, said, row, is_point=own and told.get("shape") == "point"):
        yield Labelled(
            replace(drawn, kind=kind, frame=frame),
            label,
            words,
            group=str(told["finding_id"]) if own else "",
            values=described(told, own=own),
            unmapped=() if said.mapped or own else ("category",),
            reader=str(told.get("reader") or "") if own else "",
            tracking_uid=str(told.get("tracking_uid") or "") if own else "",
        )


def _drawn(
    image: ImageName, said: Meaning, row: Mapping[str, Any], *, is_point: bool
) -> Iterator[SourceShape]:
    points = list(_key_points(row.get("keypoints")))
    segmentation = row.get("segmentation")
    if points and not said.region and (is_point or not segmentation or len(points) > 1):
        yield from (SourceShape(image, (point,), single=True) for point in points)
    elif isinstance(segmentation, dict):
        yield SourceShape(image, mask=_mask(segmentation, image), single=not said.region)
    elif segmentation:
        for flat in segmentation:
            outline = _outline(flat)
            if not outline:
                raise ValueError("a segmentation has no points")
            single = len(outline) < 3 or not said.region
            yield SourceShape(image, outline, single, point=points[0] if points and single else None)
    else:
        left, top, width, height = (float(value) for value in row["bbox"])
        yield SourceShape(image, box(left, top, left + width, top + height))


def _outline(flat: Sequence[Any]) -> tuple[ImagePoint, ...]:
    if len(flat) % 2 or not all(isinstance(one, int | float) for one in flat):
        raise ValueError("a segmentation is not a list of x, y, x, y")
    return places(list(zip(flat[::2], flat[1::2], strict=True)))


def _key_points(flat: Any) -> Iterator[ImagePoint]:
    """Those that are there: of x, y, v with v 0 none was set."""
    if not isinstance(flat, list) or len(flat) % 3:
        return
    for column, row, set_there in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
        if set_there:
            yield from places([(column, row)])


def _mask(segmentation: Mapping[str, Any], image: ImageName) -> NDArray[np.bool_]:
    rows, columns = (int(one) for one in segmentation["size"])
    if (rows, columns) != (image.rows, image.columns):
        raise ValueError(f"its mask has {columns} x {rows} pixels, the image {image.columns} x {image.rows}")
    return mask_of(segmentation["counts"], rows, columns)
