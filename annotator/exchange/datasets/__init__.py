"""Annotations of public data sets and other programs into findings; each keeps what its source said beside the words here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from annotator.exchange.datasets.found import Found, Wishes


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source: `name` as it is asked for, `source` as it is called, `says` what it is."""

    name: str
    source: str
    says: str
    module: str

    @property
    def read(self) -> Callable[[Path, Wishes], Found]:
        """Its reader; loads what it needs. Raises UnreadableAnnotations."""
        found: Callable[[Path, Wishes], Found] = import_module(self.module).read
        return found

    @property
    def recognised(self) -> Callable[[Path], bool]:
        """Whether a file or folder is of this kind, by its content."""
        found: Callable[[Path], bool] = import_module(self.module).recognised
        return found


KINDS = tuple(
    Kind(name, source, says, f"annotator.exchange.datasets.{module}")
    for name, source, says, module in (
        ("inbreast", "INbreast", "XML of OsiriX, one an image, and a table", "inbreast"),
        ("cbis-ddsm", "CBIS-DDSM", "tables and masks of regions on digitised films", "cbis_ddsm"),
        ("vindr", "VinDr-Mammo", "boxes in finding_annotations.csv", "vindr"),
        ("embed", "EMBED", "two tables, of findings and of images with regions", "embed"),
        ("omi-db", "OMI-DB", "JSON of clients with boxes and flags", "omidb"),
        ("coco", "COCO", "boxes, polygons, masks and key points in one JSON", "coco"),
        ("labelme", "labelme", "one JSON an image with shapes", "labelme"),
    )
)
"""Every kind, in the order in which they are tried."""


def kind_of(path: Path) -> Kind | None:
    """The kind a file or folder is of; None for one that nobody knows."""
    return next((one for one in KINDS if one.recognised(path)), None)
