"""What a data set says of its images, in one form for all of them, before an image is looked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.errors import UnreadableAnnotations
from annotator.jobs import CancelToken
from annotator.model.finding import Assessment, Associated, Change, Distribution, Morphology
from annotator.model.geometry import ImagePoint
from annotator.model.image import Laterality
from annotator.model.mark import MarkKind
from annotator.model.origin import Origin

MOST_POINTS = 100_000
"""Of one outline: more are no drawing."""
MOST_DRAWN = 1_000_000
"""Things drawn in one source."""

Pixels = Callable[[Path], NDArray[Any]]
"""Stored values of the first frame of an image file, (rows, columns); raises UnreadableImage."""


@dataclass(frozen=True, slots=True)
class ImageName:
    """How a source names an image; what it does not say is ''.

    `shown` is for sentences. `stem` is the name of its file without folder and ending, `prefix` only the beginning of it up
    to the first underscore, `folder` that of one of the folders it lies in. `rows` and `columns` are the size the
    source knows, 0 where it knows none.
    """

    shown: str
    sop_instance_uid: str = ""
    stem: str = ""
    prefix: str = ""
    folder: str = ""
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True, slots=True)
class SourceShape:
    """One thing drawn on one image: a point, a closed outline, or a mask.

    `single`: one calcification; else a region with several in it, or of which that is not known. `mask` has the size of its
    image or nearly; `masks_in` are files of which one is that mask. `kind` and `point` (the place of one
    calcification that has an outline besides) only where the source says them. Places count from the outer corner of the first pixel.
    """

    image: ImageName
    outline: tuple[ImagePoint, ...] = ()
    single: bool = False
    mask: NDArray[np.bool_] | None = field(default=None, compare=False)
    masks_in: tuple[Path, ...] = ()
    frame: int = 1
    kind: MarkKind | None = None
    point: ImagePoint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a source says of a finding in the words of the lexicon; None or empty where it says nothing."""

    morphology: tuple[Morphology, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    laterality: Laterality | None = None
    assessment: Assessment | None = None
    change: Change | None = None
    associated: tuple[Associated, ...] = ()
    comment: str = ""


NOTHING_SAID = Said()


@dataclass(frozen=True, slots=True)
class SourceFinding:
    """One finding as a source has it. Those of one `group` on images of one exam and breast are one finding on several views.

    `reader` only where a source holds readings of several, `tracking_uid` where it has one.
    """

    drawn: tuple[SourceShape, ...]
    origin: Origin
    said: Said = NOTHING_SAID
    group: str = ""
    reader: str = ""
    tracking_uid: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """An image whose annotations cannot be used, and why in a sentence; its exam is left out whole."""

    image: ImageName
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """Everything of a source. `source` is its name and that of its reader; `empty` are images on which nothing is drawn.

    `faults` are sentences on what could not be read at all, `notes` on what was left out on purpose. `folders` are names of
    images for folders that are called otherwise.
    """

    source: str
    findings: tuple[SourceFinding, ...]
    empty: tuple[ImageName, ...] = ()
    broken: tuple[Broken, ...] = ()
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    folders: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a user may ask of a reader.

    `calcifications` are labels that stand for calcifications besides those that say so; `fine_pleomorphic`: take "pleomorphic"
    without more for fine pleomorphic; `images` are folders that hold the images, where they are not beside.
    """

    calcifications: tuple[str, ...] = ()
    fine_pleomorphic: bool = False
    images: tuple[Path, ...] = ()
    token: CancelToken = field(default_factory=CancelToken)


def box(left: float, top: float, right: float, bottom: float) -> tuple[ImagePoint, ...]:
    """The four corners of a box. Raises ValueError for one that holds nothing."""
    if not (math.isfinite(left + top + right + bottom) and left < right and top < bottom):
        raise ValueError(f"its box from {left:g}, {top:g} to {right:g}, {bottom:g} holds nothing")
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return tuple(ImagePoint(*corner) for corner in corners)


def places(pairs: Iterable[Sequence[float]]) -> tuple[ImagePoint, ...]:
    """Points from (column, row) pairs, a last one that repeats the first left out. Raises ValueError."""
    points = []
    for column, row in pairs:
        if not math.isfinite(column + row):
            raise ValueError("a place is not a number")
        points.append(ImagePoint(float(column), float(row)))
        if len(points) > MOST_POINTS:
            raise ValueError(f"an outline has more than {MOST_POINTS:,} points")
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return tuple(points)


def stem_of(path: str) -> str:
    """The name of a file without folders and ending, in small letters; separators of every system are understood."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1].strip()
    for ending in (".dcm", ".dicom", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".json", ".xml"):
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return name.lower()


def refused_size(path: Path, limit: int) -> None:
    """Raise UnreadableAnnotations for a file that is not there or larger than `limit` bytes."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UnreadableAnnotations(f"{path} could not be read ({error.strerror}).") from error
    if size > limit:
        raise UnreadableAnnotations(
            f"{path} has {size:,} bytes, and no file of annotations of this kind has more than {limit:,}; name another file."
        )
