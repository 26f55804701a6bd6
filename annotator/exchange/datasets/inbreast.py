"""INbreast: one Apple property list an image, as OsiriX writes regions, and a table (Moreira et al. 2012).

    20586908.xml                Images[0].ROIs[].Name, .NumberOfPoints, .Point_px "(x, y)"
    20586908_muscle.xml         the pectoral muscle: no calcification, passed over
    INbreast.csv                the table, separated by semicolons; from its .xls by commas

The number before the first underscore of an image's name is the name of its annotations. One or two points are one
calcification, a closed line named so is one with its outline, a cluster a region.
"""

from __future__ import annotations

import plistlib
import re
from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from annotator.errors import UnreadableAnnotations
from annotator.exchange.datasets.found import (
    Broken,
    Found,
    ImageName,
    Said,
    SourceFinding,
    SourceShape,
    Wishes,
    places,
    refused_size,
)
from annotator.exchange.datasets.gathering import Labelled, gathered
from annotator.exchange.datasets.table_file import header_of, table_rows
from annotator.exchange.json_faults import shortened
from annotator.jobs import Progress
from annotator.model.geometry import ImagePoint
from annotator.model.image import Laterality
from annotator.model.origin import Origin

NAME = "INbreast"
LARGEST_BYTES = 64_000_000
COORDINATES = "x, y: column, then row, in pixels of the full image from its first corner"
_POINT = re.compile(r"\(\s*([-+\d.eE]+)\s*,\s*([-+\d.eE]+)\s*\)")
_SINGLE, _REGION, _UNNAMED, _OTHER, _MUSCLE = "single", "region", "unnamed", "other", "muscle"
_MEANT = {
    "calcification": _SINGLE,
    "calcifications": _SINGLE,
    "cluster": _REGION,
    "clusters": _REGION,
    "unnamed": _UNNAMED,
    "point": _UNNAMED,
    "mass": _OTHER,
    "spiculatedregion": _OTHER,
    "distortion": _OTHER,
    "asymmetry": _OTHER,
    "pectoralmuscle": _MUSCLE,
}
"""Names in small letters without anything else; the spelling in the files varies."""
_KEPT = {
    "bi rads": "Bi-Rads",
    "acr": "ACR",
    "micros": "Micros",
    "mass": "Mass",
    "distortion": "Distortion",
    "asymmetry": "Asymmetry",
    "findings notes (in portuguese)": "Findings Notes (in Portuguese)",
    "lesion annotation status": "Lesion Annotation Status",
    "other annotations": "Other Annotations",
}
"""Columns that describe; those that say who and when are not kept."""


def recognised(path: Path) -> bool:
    """Whether a file is such a property list, or a folder holds one named by a number."""
    if path.is_dir():
        return any(one.stem.isdigit() for one in _below(path, ".xml"))
    return path.suffix.lower() == ".xml" and _begins_as_plist(path)


def read(path: Path, wishes: Wishes) -> Found:
    """The annotations of one file, or of all files below a folder. Raises UnreadableAnnotations for a folder without any."""
    top = path if path.is_dir() else path.parent
    files = _below(path, ".xml") if path.is_dir() else [path]
    drawings = [one for one in files if one.stem.isdigit()]
    if not drawings:
        raise UnreadableAnnotations(
            f"{path} holds no annotations of INbreast: they are XML files named by a number, as 20586908.xml."
        )
    table = _table(top) if path.is_dir() else {}
    findings: list[SourceFinding] = []
    empty: list[ImageName] = []
    broken: list[Broken] = []
    passed = Counter({_MUSCLE: len(files) - len(drawings)})
    for number, drawing in enumerate(drawings):
        wishes.token.checkpoint(Progress(number, len(drawings), "annotations read"))
        image = ImageName(drawing.name, prefix=drawing.stem)
        try:
            items = _items(drawing, image, passed)
        except UnreadableAnnotations as fault:
            broken.append(Broken(image, str(fault)))
            continue
        row = table.get(drawing.stem, {})
        findings += gathered(_sided(items, row), _origin(row))
        empty += [] if items else [image]
    return Found(NAME, tuple(findings), tuple(empty), tuple(broken), notes=tuple(_notes(passed)))


def _items(path: Path, image: ImageName, passed: Counter[str]) -> list[Labelled]:
    """What one file says of calcifications; what is passed over is counted."""
    items = []
    for name, points in _regions(path):
        kind = _MEANT.get(meant(name), _OTHER)
        if kind in (_SINGLE, _REGION) and points:
            items.append(_labelled(image, name.strip(), kind, points))
        else:
            passed[kind if kind in (_UNNAMED, _MUSCLE) else name.strip() or "(no name)"] += 1
    return items


def _labelled(image: ImageName, name: str, kind: str, points: tuple[ImagePoint, ...]) -> Labelled:
    single = kind == _SINGLE or len(points) < 3
    if single and len(points) == 2:
        # both ends of a short line: the calcification lies in its middle
        (a, b) = points
        points = (ImagePoint((a.column + b.column) / 2, (a.row + b.row) / 2),)
    return Labelled(SourceShape(image, points, single), name)


def _regions(path: Path) -> list[tuple[str, tuple[ImagePoint, ...]]]:
    refused_size(path, LARGEST_BYTES)
    try:
        with path.open("rb") as file:
            root = plistlib.load(file, fmt=plistlib.FMT_XML)
        drawn = [roi for image in root["Images"] for roi in image["ROIs"]]
        return [(str(roi["Name"]), _points(roi)) for roi in drawn]
    except (plistlib.InvalidFileException, ExpatError, RecursionError, OverflowError) as error:
        raise UnreadableAnnotations(
            f"{path} is not a property list ({error}); take it from the data set anew."
        ) from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableAnnotations(
            shortened(
                f"{path} is not laid out as OsiriX writes regions ({error}); take it from the data set anew."
            )
        ) from error
    except OSError as error:
        raise UnreadableAnnotations(f"{path} could not be read ({error.strerror}).") from error


def _points(roi: Mapping[str, Any]) -> tuple[ImagePoint, ...]:
    pairs = []
    for words in roi["Point_px"]:
        match = _POINT.fullmatch(words.strip())
        if match is None:
            raise ValueError(f"Point_px holds {words!r}")
        pairs.append((float(match.group(1)), float(match.group(2))))
    return places(pairs)


def meant(name: str) -> str:
    """The name that is meant whatever its case and with a slip of the spelling, "" where none is near."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    return next(iter(get_close_matches(plain, _MEANT, n=1, cutoff=0.8)), "")


def _sided(items: list[Labelled], row: Mapping[str, str]) -> list[Labelled]:
    side = {"L": Laterality.LEFT, "R": Laterality.RIGHT}.get(row.get("laterality", "").upper())
    if side is None:
        return items
    return [Labelled(one.drawn, one.label, Said(laterality=side)) for one in items]


def _origin(row: Mapping[str, str]) -> Origin:
    values = tuple((_KEPT[name], value) for name, value in row.items() if name in _KEPT and value)
    notes: tuple[str, ...] = ()
    if "bi rads" in row:
        notes = ("Bi-Rads and ACR are of the image and were not taken for a category of the finding.",)
    return Origin(source=NAME, coordinates=COORDINATES, values=values, notes=notes)


def _table(top: Path) -> dict[str, dict[str, str]]:
    """Rows of the table by the number of the image; {} where none lies beside."""
    for path in _below(top, ".csv"):
        if {"file name", "bi rads"} <= set(header_of(path, ";,")):
            return {
                row["file name"].split(".")[0]: row
                for _, row in table_rows(path, ("file name",), separators=";,")
            }
    return {}


def _notes(passed: Counter[str]) -> list[str]:
    notes = []
    if passed[_MUSCLE]:
        notes.append(
            f"Outlines of the pectoral muscle are no calcifications and were left out: {passed[_MUSCLE]}."
        )
    if passed[_UNNAMED]:
        notes.append(f"What has no name may be a calcification or not and was left out: {passed[_UNNAMED]}.")
    others = [f"{name} ({count})" for name, count in passed.items() if name not in (_MUSCLE, _UNNAMED)]
    if others:
        notes.append(shortened(f"What is no calcification was left out: {', '.join(sorted(others))}."))
    return notes


def _begins_as_plist(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"<plist" in file.read(2000)
    except OSError:
        return False


def _below(folder: Path, ending: str) -> list[Path]:
    # copies made on a Mac bring a shadow of each file
    found = (one for one in folder.rglob("*") if one.suffix.lower() == ending and one.is_file())
    return sorted(one for one in found if not one.name.startswith("._"))
