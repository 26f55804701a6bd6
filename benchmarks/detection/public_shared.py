"""Real images with places found by looking at them: does a click there snap, and which candidates are on them?

    DIR/truth.tsv    file, shape (point or box), x0 y0 x1 y1, what, truth_source; "NOT a calcification" for what is none

Nobody who looked was a radiologist. The table is there to look at, not to claim anything by.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.find import find_candidates
from annotator.analysis.spots.snapping import measure_spot
from annotator.errors import AnnotatorError
from annotator.imaging.dicom_file import read_image
from annotator.model.candidate import SHOWN_FROM, Candidate
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.image import ImageInfo
from benchmarks.detection.datasets.annotated import UnusableData
from benchmarks.detection.public_examine import POINT_MM

THRESHOLDS = (SHOWN_FROM, 0.95)
_STEP_MM = 0.2
"""Of the grid of clicks in a box: nearer than a click reaches."""
_NOT = "not a calcification"


@dataclass(frozen=True, slots=True)
class Place:
    """A point, or a box around several; `is_calcification` False for what only looks like one."""

    what: str
    low: ImagePoint
    high: ImagePoint
    is_calcification: bool

    @property
    def is_point(self) -> bool:
        """Whether it is one spot."""
        return self.low == self.high

    def holds(self, point: ImagePoint, margin: float) -> bool:
        """Whether a point lies in it, or within `margin` pixels beside it."""
        if self.is_point:
            return math.hypot(point.column - self.low.column, point.row - self.low.row) <= margin
        across = self.low.column - margin <= point.column <= self.high.column + margin
        return across and self.low.row - margin <= point.row <= self.high.row + margin


@dataclass
class ImageRow:
    """What one image came to."""

    name: str
    snapped: int = 0
    points: int = 0
    spots_in_boxes: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def shared_table(folder: Path) -> str:
    """The table of all images of a folder that truth.tsv tells of. Raises UnusableData without any."""
    places = read_places(folder)
    rows = []
    for name, told in sorted(places.items()):
        path = _picture(folder, name)
        try:
            rows.append(_row(name, path, told))
        except AnnotatorError as error:
            rows.append(ImageRow(name, lines=[f"could not be used: {error}"]))
    return _as_text(rows)


def read_places(folder: Path) -> dict[str, list[Place]]:
    """File -> the places found on it."""
    table = folder / "truth.tsv"
    if not table.is_file():
        raise UnusableData(f"{folder} holds no truth.tsv, the table of places found on real images.")
    found: dict[str, list[Place]] = defaultdict(list)
    with table.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter="\t"), start=2):
            try:
                found[row["file"]].append(_place(row))
            except (KeyError, TypeError, ValueError) as error:
                raise UnusableData(f"{table}, row {number}, is no place on an image ({error}).") from error
    return found


def _place(row: dict[str, str]) -> Place:
    low = ImagePoint(float(row["x0"]), float(row["y0"]))
    high = ImagePoint(float(row["x1"]), float(row["y1"])) if row["shape"] == "box" else low
    return Place(row["what"], low, high, not row["what"].lower().startswith(_NOT))


def _picture(folder: Path, name: str) -> Path:
    """The DICOM file of an image; of a PNG the one that holds the same pixels."""
    path = folder / name
    return path if path.suffix == ".dcm" else path.with_name(f"{path.stem}_wrapped.dcm")


def _row(name: str, path: Path, places: list[Place]) -> ImageRow:
    picture = read_image(path)
    info, frame = picture.info, picture.frame()
    if info.spacing is None:
        raise UnusableData(f"{path} does not tell its pixel spacing.")
    row = ImageRow(name)
    for place in places:
        if not place.is_calcification:
            continue
        if place.is_point:
            row.points += 1
            row.snapped += _snaps(frame, info, place.low)
        else:
            row.spots_in_boxes.append(_spots_in(frame, info, info.spacing, place))
    found = find_candidates(
        frame, spacing=info.spacing, image=info.key(), inverse=info.inverse, padding=info.padding
    ).candidates
    row.lines = [_counted(found, places, info.spacing, threshold) for threshold in THRESHOLDS]
    return row


def _snaps(frame: NDArray[Any], info: ImageInfo, at: ImagePoint) -> bool:
    """Whether a click on a place finds a spot at it."""
    assert info.spacing is not None
    reach = POINT_MM / info.spacing.mean_mm
    result = measure_spot(
        frame, at, spacing=info.spacing, inverse=info.inverse, padding=info.padding, reach_px=reach
    )
    found = result.measurement
    if found is None:
        return False
    away = info.spacing.distance(found.center, at).value
    return away <= max(POINT_MM, (found.diameter_mm or 0) / 2)


def _spots_in(frame: NDArray[Any], info: ImageInfo, spacing: PixelSpacing, box: Place) -> int:
    """How many different spots clicks all over a box find in it."""
    step = _STEP_MM / spacing.mean_mm
    centres: list[ImagePoint] = []
    for row in np.arange(box.low.row, box.high.row, step):
        for column in np.arange(box.low.column, box.high.column, step):
            at = ImagePoint(float(column), float(row))
            found = measure_spot(frame, at, spacing=spacing, inverse=info.inverse, padding=info.padding)
            if found.measurement is None or not box.holds(found.measurement.center, 0):
                continue
            centre = found.measurement.center
            if all(spacing.distance(centre, other).value > 0.15 for other in centres):
                centres.append(centre)
    return len(centres)


def _counted(
    found: tuple[Candidate, ...], places: list[Place], spacing: PixelSpacing, threshold: float
) -> str:
    """Cells of one threshold: places found, missed, candidates in boxes, extra ones, and those on what is none."""
    margin = POINT_MM / spacing.mean_mm
    shown = [one.point for one in found if one.score >= threshold]
    true = [place for place in places if place.is_calcification]
    on = [[p for p in shown if place.holds(p, margin if place.is_point else 0)] for place in true]
    hit = sum(len(points) >= (1 if place.is_point else 2) for place, points in zip(true, on, strict=True))
    in_boxes = [str(len(points)) for place, points in zip(true, on, strict=True) if not place.is_point]
    wrong = [p for p in shown if any(not q.is_calcification and q.holds(p, margin) for q in places)]
    extra = sum(not any(place.holds(p, margin) for place in places) for p in shown)
    cells = (threshold, hit, len(true) - hit, " + ".join(in_boxes) or "-", extra, len(wrong))
    return " | ".join(map(str, cells))


def _as_text(rows: list[ImageRow]) -> str:
    lines = [
        "# Real images, places found by eye (nobody was a radiologist): to look at, not a clinical claim",
        "",
        (
            "| image | points that snap | spots that clicks find in each box | score from | places found | missed |"
            " candidates in boxes | elsewhere | on what is none |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        snapped = f"{row.snapped} of {row.points}" if row.points else "-"
        boxes = " + ".join(map(str, row.spots_in_boxes)) or "-"
        for number, line in enumerate(row.lines):
            head = f"{row.name} | {snapped} | {boxes}" if number == 0 else " | | "
            lines.append(f"| {head} | {line} |")
    lines += [
        "",
        (
            f"A point is found by a candidate within {POINT_MM} mm, a box by two candidates in it. Elsewhere are candidates"
            " on nothing that was found by eye; some of them are calcifications that nobody wrote down."
        ),
    ]
    return "\n".join(lines)
