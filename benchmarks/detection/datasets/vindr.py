"""VinDr-Mammo: digital mammograms as DICOM, with boxes around findings (Nguyen et al. 2023).

    DIR/finding_annotations.csv         one row a finding, "No Finding" for images without
    DIR/images/<study_id>/<image_id>.dicom

Boxes are in pixels of the full image. Only findings that are not benign were marked, so benign calcifications are
unmarked ones.
"""

from __future__ import annotations

import ast
import math
from pathlib import Path

from annotator.model.geometry import ImagePoint
from benchmarks.detection.datasets.annotated import (
    AnnotatedImage,
    Dataset,
    Target,
    TargetKind,
    UnusableData,
    fair_order,
    table_rows,
)

WANTED = "suspicious calcification"
SPLITS = ("training", "test")
_COLUMNS = ("study id", "image id", "finding categories", "xmin", "ymin", "xmax", "ymax", "split")


def read_vindr(folder: Path, split: str | None = None) -> Dataset:
    """The images of one split, or of both, with the boxes of suspicious calcifications.

    Raises UnusableData when the table or all images are missing.
    """
    table = folder / "finding_annotations.csv"
    if not table.is_file():
        raise UnusableData(
            f"{folder} holds no finding_annotations.csv; name the folder that VinDr-Mammo lies in."
        )
    boxes: dict[tuple[str, str], list[Target]] = {}
    faults = list[str]()
    for number, row in enumerate(table_rows(table, _COLUMNS), start=2):
        if split is not None and row["split"].lower() != split:
            continue
        try:
            targets = boxes.setdefault((row["study id"], row["image id"]), [])
            if _is_wanted(row["finding categories"]):
                targets.append(_box(row))
        except ValueError as error:
            faults.append(f"{table}, row {number}: {error}.")
    images = list[AnnotatedImage]()
    for (study, image), found in sorted(boxes.items()):
        path = folder / "images" / study / f"{image}.dicom"
        if not path.is_file():
            faults.append(f"{path}: this image is not there.")
            continue
        images.append(AnnotatedImage(image, path, tuple(found)))
    if not images:
        raise UnusableData(f"{folder / 'images'} holds no image that the table tells of; is it unpacked?")
    notes = ("benign calcifications are not marked: false clusters are upper bounds",)
    return Dataset("VinDr-Mammo", fair_order(images), tuple(faults), notes)


def _is_wanted(words: str) -> bool:
    """Whether a list in Python's own form, as the table has it, names suspicious calcifications."""
    try:
        named = ast.literal_eval(words)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"finding_categories is {words!r}, not a list") from error
    if not isinstance(named, list):
        raise ValueError(f"finding_categories is {words!r}, not a list")  # noqa: TRY004 - of a file, not of a call
    return any(str(name).strip().lower() == WANTED for name in named)


def _box(row: dict[str, str]) -> Target:
    try:
        left, top, right, bottom = (float(row[name]) for name in ("xmin", "ymin", "xmax", "ymax"))
    except ValueError:
        raise ValueError("a suspicious calcification has no box") from None
    if not (math.isfinite(left + top + right + bottom) and left < right and top < bottom):
        raise ValueError(f"its box from {left:g},{top:g} to {right:g},{bottom:g} holds nothing")
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Target(TargetKind.REGION, tuple(ImagePoint(*corner) for corner in corners))
