"""VinDr-Mammo: boxes around findings, in one table (Nguyen et al. 2023).

    finding_annotations.csv     one row a finding, "No Finding" for images without; categories as a list in Python's form
    images/<study_id>/<image_id>.dicom

Boxes are in pixels of the full image. Only findings that are not benign have boxes, so that benign calcifications are
unmarked ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

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
)
from annotator.exchange.datasets.table_file import header_of, kept, listed, table_rows
from annotator.model.finding import Assessment, Associated
from annotator.model.image import Laterality
from annotator.model.origin import Origin

NAME = "VinDr-Mammo"
TABLE = "finding_annotations.csv"
WANTED = "suspicious calcification"
COORDINATES = "xmin, ymin, xmax, ymax: column and row of two corners, in pixels of the full image"
_COLUMNS = ("study id", "image id", "finding categories", "finding birads", "xmin", "ymin", "xmax", "ymax")
_KEPT = ("finding categories", "finding birads", "breast birads", "breast density", "split")
_BESIDE = {
    "mass": Associated.MASS,
    "architectural distortion": Associated.DISTORTION,
    "asymmetry": Associated.ASYMMETRY,
    "focal asymmetry": Associated.ASYMMETRY,
    "global asymmetry": Associated.ASYMMETRY,
    "skin thickening": Associated.SKIN_THICKENING,
    "skin retraction": Associated.SKIN_RETRACTION,
    "nipple retraction": Associated.NIPPLE_RETRACTION,
}
"""What stands in one list with the calcifications; a suspicious lymph node is nothing seen with them and has no word."""


def recognised(path: Path) -> bool:
    """Whether a file is that table, or a folder holds it."""
    table = path / TABLE if path.is_dir() else path
    return table.suffix.lower() == ".csv" and {"finding categories", "xmin"} <= set(header_of(table, ",;\t"))


def read(path: Path, wishes: Wishes) -> Found:
    """The boxes of suspicious calcifications. Raises UnreadableAnnotations without the table."""
    table = path / TABLE if path.is_dir() else path
    if not table.is_file():
        raise UnreadableAnnotations(f"{path} holds no {TABLE}; name the folder that VinDr-Mammo lies in.")
    findings, broken = list[SourceFinding](), list[Broken]()
    empty: dict[str, ImageName] = {}
    passed: Counter[str] = Counter()
    for number, row in table_rows(table, _COLUMNS, wishes.token):
        image = _image(row)
        try:
            categories = [str(name).strip().lower() for name in listed(row["finding categories"])]
            if WANTED in categories:
                findings.append(_finding(image, row, categories))
            else:
                empty[image.shown] = image
                passed.update(name for name in categories if name != "no finding")
        except ValueError as error:
            broken.append(Broken(image, f"{table}, row {number}: {error}."))
    drawn = {one.drawn[0].image.shown for one in findings}
    notes = ["Benign calcifications have no boxes in this data set: what is not marked may be there."]
    if passed:
        words = ", ".join(f"{name} ({count})" for name, count in sorted(passed.items()))
        notes.append(f"Findings without calcifications were left out: {words}.")
    left = tuple(image for name, image in empty.items() if name not in drawn)
    return Found(NAME, tuple(findings), left, tuple(broken), notes=tuple(notes))


def _image(row: Mapping[str, str]) -> ImageName:
    return ImageName(
        row["image id"],
        sop_instance_uid=row["image id"],
        stem=row["image id"].lower(),
        rows=_size(row.get("height", "")),
        columns=_size(row.get("width", "")),
    )


def _finding(image: ImageName, row: Mapping[str, str], categories: list[str]) -> SourceFinding:
    try:
        left, top, right, bottom = (float(row[name]) for name in ("xmin", "ymin", "xmax", "ymax"))
    except ValueError:
        raise ValueError("a suspicious calcification has no box") from None
    drawn = SourceShape(image, box(left, top, right, bottom))
    beside = tuple(dict.fromkeys(_BESIDE[name] for name in categories if name in _BESIDE))
    category = birads(row["finding birads"])
    unmapped = []
    if any(name not in _BESIDE and name != WANTED for name in categories):
        unmapped.append("finding categories")
    if category is None and row["finding birads"]:
        unmapped.append("finding birads")
    side = row.get("laterality", "")
    said = Said(
        associated=beside, assessment=category, laterality=Laterality(side) if side in ("L", "R") else None
    )
    origin = Origin(source=NAME, coordinates=COORDINATES, values=kept(row, _KEPT), unmapped=tuple(unmapped))
    return SourceFinding((drawn,), origin, said)


def birads(words: str) -> Assessment | None:
    """The category in "BI-RADS 4"; None where there is none."""
    last = words.upper().replace("BI-RADS", "").strip()
    return Assessment(last) if last in {*Assessment} else None


def _size(words: str) -> int:
    return int(words) if words.isascii() and words.isdigit() and len(words) < 7 else 0
