"""What a public data set says of its images, in one form for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from csv import DictReader
from csv import Error as CsvError
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from annotator.errors import AnnotatorError
from annotator.model.geometry import ImagePoint


class UnusableData(AnnotatorError):
    """Files of a data set that are not there or not as they should be: what, where, what to do."""


class TargetKind(StrEnum):
    """What was drawn."""

    CALCIFICATION = "calcification"
    CLUSTER = "cluster"
    REGION = "region"
    UNNAMED = "unnamed"
    """Perhaps calcifications, nobody can say: neither to be found nor false when they are."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that was drawn: a closed outline, a single point, or a mask in one of the files `mask_in`.

    Places are in pixels of the stored image, (0, 0) the outer corner of its first pixel.
    """

    kind: TargetKind
    outline: tuple[ImagePoint, ...] = ()
    mask_in: tuple[Path, ...] = ()

    @property
    def is_point(self) -> bool:
        """Whether only a place was marked: fewer than three points enclose nothing."""
        return not self.mask_in and len(self.outline) < 3

    @property
    def centre(self) -> ImagePoint:
        """The centre of the area of an outline, the mean of fewer points. Raises ValueError for a mask."""
        if self.mask_in:
            raise ValueError("the centre of a mask is not known without reading it")
        return _centre(self.outline)


@dataclass(frozen=True, slots=True)
class AnnotatedImage:
    """One image with everything drawn on it.

    `name` is unique in its data set and names the file that keeps its results. `pixel_mm` is taken where the file
    itself does not tell its pixel spacing.
    """

    name: str
    path: Path
    targets: tuple[Target, ...] = ()
    pixel_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Images in the order in which they are worked on, one sentence for each that cannot be used, and notes."""

    title: str
    images: tuple[AnnotatedImage, ...]
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    one_by_one: bool = False
    """Whether calcifications were marked one by one; else only regions were."""


def fair_order(images: Iterable[AnnotatedImage]) -> tuple[AnnotatedImage, ...]:
    """Images with and without anything drawn by turns, each kind in an order that means nothing and never changes.

    So the first hundred are a sample of all, and have something to find in them.
    """
    ordered = sorted(images, key=lambda image: sha256(image.name.encode()).digest())
    drawn = [image for image in ordered if image.targets]
    empty = [image for image in ordered if not image.targets]
    turns = [image for pair in zip(drawn, empty, strict=False) for image in pair]
    both = min(len(drawn), len(empty))
    return (*turns, *drawn[both:], *empty[both:])


def table_rows(path: Path, columns: Iterable[str]) -> Iterator[dict[str, str]]:
    """Rows of a CSV by the names of its columns in small letters, spaces and underscores alike, values trimmed.

    Raises UnusableData when a column is missing or the file is no such table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = DictReader(file, strict=True)
            named = {_plain(name): name for name in table.fieldnames or () if name}
            missing = [name for name in columns if name not in named]
            if missing:
                raise UnusableData(
                    f"{path} has no column {missing[0]!r}; is it the file that came with the data set?"
                )
            for row in table:
                yield {plain: (row[name] or "").strip() for plain, name in named.items()}
    except (UnicodeDecodeError, CsvError) as error:
        raise UnusableData(
            f"{path} is not a table in CSV ({error}); take it from the data set anew."
        ) from error
    except OSError as error:
        raise UnusableData(f"{path} could not be read ({error.strerror}).") from error


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").lower().split())


def _centre(points: tuple[ImagePoint, ...]) -> ImagePoint:
    """Of the enclosed area by the shoelace formula; of the points themselves where they enclose none."""
    pairs = list(zip(points, (*points[1:], *points[:1]), strict=True))
    crossed = [a.column * b.row - b.column * a.row for a, b in pairs]
    twice = sum(crossed)
    if len(points) < 3 or abs(twice) < 1e-6:
        return ImagePoint(
            sum(p.column for p in points) / len(points), sum(p.row for p in points) / len(points)
        )
    column = sum((a.column + b.column) * c for (a, b), c in zip(pairs, crossed, strict=True))
    row = sum((a.row + b.row) * c for (a, b), c in zip(pairs, crossed, strict=True))
    return ImagePoint(column / (3 * twice), row / (3 * twice))
