"""One annotated image looked at: its candidates, which of them lie on what was drawn, and what clicks there measure."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator import analysis
from annotator.analysis.candidates.find import find_candidates
from annotator.analysis.spots.snapping import measure_spot
from annotator.errors import UnreadableImage
from annotator.exchange.whole_file import write_whole
from annotator.imaging.air import tissue_mask
from annotator.imaging.dicom_file import Mammogram, read_image
from annotator.imaging.pyramid import levels_of
from annotator.model.candidate import Candidate
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis, contains
from annotator.model.image import ImageInfo
from benchmarks.detection.datasets.annotated import AnnotatedImage, Target, TargetKind, UnusableData
from benchmarks.detection.datasets.cbis import region_mask

OUTLINE_MM = 0.14
"""A mark this far outside an outline is on it still: two pixels of INbreast."""
POINT_MM = 0.35
"""How near a mark must come to a calcification of which only a point is known."""
_FINE = 8
"""Parts of a pixel's side by which areas of a few pixels are compared."""


@dataclass(frozen=True, slots=True)
class Task:
    """An image to look at, where what was found is kept, and the program that finds it (`program_digest`)."""

    image: AnnotatedImage
    record: Path
    program: str


@dataclass(frozen=True, slots=True)
class TargetRecord:
    """One drawn thing: where (pixels, None for a mask), how large, which candidates lie on it, and how well a click's outline fits.

    `overlap` is intersection over union of the outlines, 0 where the click found nothing; None where not asked for.
    `in_cluster`: its centre lies in a drawn cluster.
    """

    kind: TargetKind
    column: float | None
    row: float | None
    diameter_mm: float | None
    marks: tuple[int, ...]
    overlap: float | None = None
    in_cluster: bool = False


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """What one image came to. `marks` are (column, row, score), best first; places in pixels."""

    name: str
    program: str
    pixel_mm: float
    breast_cm2: float
    seconds: float
    marks: tuple[tuple[float, float, float], ...]
    targets: tuple[TargetRecord, ...]


def examine(task: Task) -> str:
    """Look at one image and keep its record; its name. Raises AnnotatorError for what cannot be used."""
    picture = read_image(task.image.path)
    info = picture.info
    spacing = _spacing(task.image, info)
    frame = picture.frame()
    start = time.perf_counter()
    found = find_candidates(
        frame, spacing=spacing, image=info.key(), inverse=info.inverse, padding=info.padding
    ).candidates
    seconds = time.perf_counter() - start
    record = ImageRecord(
        name=task.image.name,
        program=task.program,
        pixel_mm=spacing.mean_mm,
        breast_cm2=_breast_cm2(picture, spacing),
        seconds=seconds,
        marks=tuple((c.point.column, c.point.row, c.score) for c in found),
        targets=tuple(_target(one, task.image, picture, spacing, found) for one in task.image.targets),
    )
    write_whole(task.record, json.dumps(asdict(record)).encode())
    return task.image.name


def kept_record(task: Task) -> ImageRecord | None:
    """What was found before, by the same program and for what is drawn there now; None where it is to be done."""
    try:
        told = json.loads(task.record.read_bytes())
        targets = tuple(
            TargetRecord(**{**one, "kind": TargetKind(one["kind"]), "marks": tuple(one["marks"])})
            for one in told.pop("targets")
        )
        marks = tuple((column, row, score) for column, row, score in told.pop("marks"))
        record = ImageRecord(**told, marks=marks, targets=targets)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    same = record.program == task.program and len(targets) == len(task.image.targets)
    return record if same and record.name == task.image.name else None


def program_digest() -> str:
    """What tells the analysis of this program from that of another: its code and its trained arrays."""
    folder = Path(analysis.__file__).parent
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def within(
    target: Target, points: NDArray[np.float64], pixel_mm: float, info: ImageInfo
) -> NDArray[np.bool_]:
    """Which of `points`, (n, 2) columns and rows, are on what was drawn, by the rules of this benchmark."""
    if target.mask_in:
        mask = region_mask(target.mask_in, info)
        # the far edge of the last pixel is a place too
        columns, rows = np.minimum(points, np.array(mask.shape[::-1]) - 1).astype(int).T
        return np.asarray(mask[rows, columns])
    if target.is_point:
        away = np.hypot(points[:, 0] - target.centre.column, points[:, 1] - target.centre.row)
        return np.asarray(away * pixel_mm <= POINT_MM)
    margin = OUTLINE_MM if target.kind in (TargetKind.CALCIFICATION, TargetKind.UNNAMED) else 0.0
    outline = _as_contour(target.outline)
    inside = [cv2.pointPolygonTest(outline, (float(x), float(y)), measureDist=True) for x, y in points]
    return np.asarray(inside, np.float64).reshape(-1) * pixel_mm >= -margin


def overlap(one: Sequence[ImagePoint], other: Sequence[ImagePoint]) -> float:
    """Intersection over union of two outlines, counted on eighths of pixels."""
    points = [np.array([(p.column, p.row) for p in outline]) for outline in (one, other)]
    corner = np.floor(np.concatenate(points).min(axis=0)) - 1
    size = np.ceil((np.concatenate(points).max(axis=0) - corner + 2) * _FINE).astype(int)
    drawn = np.zeros((2, int(size[1]), int(size[0])), np.uint8)
    for plane, outline in zip(drawn, points, strict=True):
        # pixel (i, j) of the fine grid has its centre at i + 1/2
        fine = np.rint(((outline - corner) * _FINE - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(plane, [fine.reshape(-1, 1, 2)], 1, cv2.LINE_8, 4)
    together = np.count_nonzero(drawn[0] | drawn[1])
    return float(np.count_nonzero(drawn[0] & drawn[1]) / together) if together else 0.0


def _target(
    target: Target,
    image: AnnotatedImage,
    picture: Mammogram,
    spacing: PixelSpacing,
    found: Sequence[Candidate],
) -> TargetRecord:
    info = picture.info
    points = np.array([(c.point.column, c.point.row) for c in found]).reshape(-1, 2)
    marks = tuple(np.flatnonzero(within(target, points, spacing.mean_mm, info)).tolist())
    if target.mask_in:
        return TargetRecord(target.kind, None, None, None, marks)
    at = target.centre
    clusters = [one.outline for one in image.targets if one.kind is TargetKind.CLUSTER]
    in_cluster = any(contains(outline, at) for outline in clusters)
    if target.is_point:
        return TargetRecord(target.kind, at.column, at.row, None, marks, in_cluster=in_cluster)
    area = cv2.contourArea(_as_contour(target.outline))
    diameter = 2 * math.sqrt(area / math.pi) * spacing.mean_mm
    single = target.kind is TargetKind.CALCIFICATION
    fit = _snapped(target, picture.frame(), info, spacing) if single else None
    return TargetRecord(target.kind, at.column, at.row, diameter, marks, fit, in_cluster)


def _snapped(target: Target, frame: NDArray[Any], info: ImageInfo, spacing: PixelSpacing) -> float:
    result = measure_spot(frame, target.centre, spacing=spacing, inverse=info.inverse, padding=info.padding)
    return 0.0 if result.measurement is None else overlap(target.outline, result.measurement.outline)


def _spacing(image: AnnotatedImage, info: ImageInfo) -> PixelSpacing:
    if info.spacing is not None:
        return info.spacing
    if image.pixel_mm is None:
        raise UnusableData(f"{image.path} does not tell its pixel spacing; give it with --spacing.")
    return PixelSpacing(image.pixel_mm, image.pixel_mm, SpacingBasis.UNVERIFIED)


def _breast_cm2(picture: Mammogram, spacing: PixelSpacing) -> float:
    levels = levels_of(picture.info, picture.frame())
    tissue = tissue_mask(levels)
    cell_mm2 = levels.coarsest_block**2 * spacing.row_mm * spacing.column_mm
    if not tissue.any():
        raise UnreadableImage(picture.info.path, "it shows no breast")
    return float(tissue.sum()) * cell_mm2 / 100


def _as_contour(points: Sequence[ImagePoint]) -> NDArray[np.float32]:
    return np.array([(p.column, p.row) for p in points], np.float32).reshape(-1, 1, 2)
