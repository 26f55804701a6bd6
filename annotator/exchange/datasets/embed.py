"""EMBED: findings and images in two tables, regions in the one of images (Jeong et al. 2023).

    EMBED_OpenData_clinical.csv     one row a finding: numfind, side, asses, calcfind, calcdistri, ...
    EMBED_OpenData_metadata.csv     one row a file: ROI_coords [[ymin, xmin, ymax, xmax], ...], match_level, ROI_frames

Both are joined by patient, exam and side. Which region belongs to which of several findings of a breast is told nowhere,
so that regions are taken only where a breast has one finding. The tables give letters; their meanings are those of the
data set's own legend.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    stem_of,
)
from annotator.exchange.datasets.table_file import header_of, kept, listed, table_rows
from annotator.model.finding import Assessment, Distribution, Morphology
from annotator.model.image import Laterality
from annotator.model.origin import Origin

NAME = "EMBED"
COORDINATES = "ymin, xmin, ymax, xmax: row before column, two corners in pixels of the image"
_CLINICAL = ("empi anon", "acc anon", "numfind", "side", "asses", "calcfind", "calcdistri")
_IMAGES = ("empi anon", "acc anon", "imagelateralityfinal", "roi coords", "anon dicom path")
_KEPT = (
    "numfind",
    "side",
    "asses",
    "calcfind",
    "calcdistri",
    "calcnumber",
    "changed",
    "recc",
    "path severity",
)
TYPES: Mapping[str, Morphology] = {
    "A": Morphology.AMORPHOUS,
    "H": Morphology.COARSE_HET,
    "I": Morphology.FINE_PLEO,
    "F": Morphology.FINE_LINEAR,
    "B": Morphology.FINE_LINEAR,
    "P": Morphology.PUNCTATE,
    "R": Morphology.ROUND,
    "M": Morphology.MILK,
    "D": Morphology.DYSTROPHIC,
    "E": Morphology.RIM,
    "O": Morphology.RIM,
    "L": Morphology.ROD,
    "V": Morphology.VASCULAR,
    "S": Morphology.SKIN,
    "U": Morphology.SUTURE,
    "C": Morphology.COARSE,
    "Q": Morphology.COARSE,
}
"""Without a word here: K pleomorphic, 9 benign, J oil cyst, G generic."""
DISTRIBUTIONS: Mapping[str, Distribution] = {
    "G": Distribution.GROUPED,
    "C": Distribution.GROUPED,
    "S": Distribution.SEGMENTAL,
    "R": Distribution.REGIONAL,
    "D": Distribution.DIFFUSE,
    "L": Distribution.LINEAR,
}
ASSESSMENTS: Mapping[str, Assessment] = {
    "A": Assessment.INCOMPLETE,
    "N": Assessment.NEGATIVE,
    "B": Assessment.BENIGN,
    "P": Assessment.PROBABLY_BENIGN,
    "S": Assessment.SUSPICIOUS,
    "M": Assessment.HIGHLY_SUGGESTIVE,
    "K": Assessment.KNOWN_CANCER,
}
_SIDES = {"L": Laterality.LEFT, "R": Laterality.RIGHT, "B": Laterality.BOTH}
_CHANGED_C = "changed is C: more coarse, consistent with benign. That is a note and nothing was said for it."

FARTHEST_PX = 1e6
"""No image reaches so far; also of a number that is none."""
_Exam = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Regions:
    """An image of an exam with its regions; `side`, and the `level` of their match, '' where they are not known."""

    side: str
    drawn: tuple[SourceShape, ...]
    level: str


def recognised(path: Path) -> bool:
    """Whether a file is one of its tables, or a folder holds both."""
    if path.is_dir():
        return bool(_table(path, "calcfind") and _table(path, "roi coords"))
    return path.suffix.lower() == ".csv" and bool({"calcfind", "roi coords"} & set(header_of(path, ",;\t")))


def read(path: Path, wishes: Wishes) -> Found:
    """The findings with calcifications and their regions. Raises UnreadableAnnotations where a table is missing."""
    top = path if path.is_dir() else path.parent
    clinical, images = _table(top, "calcfind"), _table(top, "roi coords")
    for table, name in ((clinical, "clinical"), (images, "metadata")):
        if table is None:
            raise UnreadableAnnotations(
                f"{top} holds no EMBED_OpenData_{name}.csv; regions and findings are in two tables, and both must lie there."
            )
    assert clinical is not None
    assert images is not None
    regions, broken = _all_regions(images, wishes)
    of_breast: dict[_Exam, list[dict[str, str]]] = defaultdict(list)
    for _, row in table_rows(clinical, _CLINICAL, wishes.token):
        of_breast[_exam(row)].append(row)
    findings, notes = list[SourceFinding](), list[str]()
    doubtful = placeless = others = 0
    for exam, rows in of_breast.items():
        for row in rows:
            if not row["calcfind"] and not row["calcdistri"]:
                others += 1
                continue
            of_side = [one for one in regions.get(exam, ()) if _same_side(row["side"], one.side)]
            if of_side and sum(_same_side(row["side"], one["side"]) for one in rows) > 1:
                doubtful += 1
            elif of_side:
                findings.append(_finding(row, of_side, wishes))
            else:
                placeless += 1
    if others:
        notes.append(f"Findings without calcifications were left out: {others}.")
    if doubtful:
        notes.append(
            f"Left out because their breast has several findings and no table tells which region is whose: {doubtful}."
        )
    if placeless:
        notes.append(f"Findings with calcifications but no region on any image were left out: {placeless}.")
    return Found(NAME, tuple(findings), broken=tuple(broken), notes=tuple(notes))


def _all_regions(table: Path, wishes: Wishes) -> tuple[dict[_Exam, list[_Regions]], list[Broken]]:
    found: dict[_Exam, list[_Regions]] = defaultdict(list)
    broken = []
    for number, row in table_rows(table, _IMAGES, wishes.token):
        words = row["roi coords"]
        if words in ("", "()", "[]"):
            continue
        image = ImageName(stem_of(row["anon dicom path"]), stem=stem_of(row["anon dicom path"]))
        image = ImageName(image.shown, sop_instance_uid=image.stem, stem=image.stem)
        try:
            drawn = _drawn(image, listed(words), row.get("roi frames", ""))
        except ValueError as error:
            broken.append(Broken(image, f"{table}, row {number}: {error}."))
            continue
        if drawn:
            side, level = row["imagelateralityfinal"].upper(), row.get("match level", "")
            found[_exam(row)].append(_Regions(side, drawn, level))
    return found, broken


def _drawn(image: ImageName, coordinates: Sequence[Any], frames: str) -> tuple[SourceShape, ...]:
    """A region for each four numbers; row before column. A region of several slices is on the middle one of them."""
    slices = listed(frames) if frames not in ("", "()", "[]") else ()
    drawn = []
    for at, corners in enumerate(coordinates):
        if not isinstance(corners, list | tuple) or len(corners) != 4 or not all(map(_is_number, corners)):
            raise ValueError("ROI_coords is not a list of [ymin, xmin, ymax, xmax]")
        top, left, bottom, right = map(float, corners)
        drawn.append(SourceShape(image, box(left, top, right, bottom), frame=_frame(slices, at)))
    return tuple(drawn)


def _frame(slices: Sequence[Any], at: int) -> int:
    said = slices[at] if at < len(slices) else 0
    several = [one for one in (said if isinstance(said, list | tuple) else [said]) if _is_number(one)]
    return max(1, int(several[len(several) // 2])) if several else 1


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < FARTHEST_PX


def _finding(row: Mapping[str, str], regions: Sequence[_Regions], wishes: Wishes) -> SourceFinding:
    types = dict(TYPES) | ({"K": Morphology.FINE_PLEO} if wishes.fine_pleomorphic else {})
    morphology = [types.get(letter) for letter in letters(row["calcfind"])]
    distributions = [DISTRIBUTIONS.get(letter) for letter in letters(row["calcdistri"])]
    category = ASSESSMENTS.get(row["asses"].upper())
    unmapped = [
        name for name, words in (("calcfind", morphology), ("calcdistri", distributions)) if None in words
    ]
    unmapped += ["asses"] if row["asses"] and category is None else []
    unmapped += [name for name in ("changed", "recc") if row.get(name)]
    said = Said(
        morphology=tuple(dict.fromkeys(word for word in morphology if word is not None)),
        distributions=tuple(dict.fromkeys(word for word in distributions if word is not None)),
        laterality=_SIDES.get(row["side"].upper()),
        assessment=category,
    )
    notes = (_CHANGED_C,) if row.get("changed", "").upper() == "C" else ()
    matched = tuple(("match level", one.level) for one in regions if one.level)
    origin = Origin(
        source=NAME,
        coordinates=COORDINATES,
        values=(*kept(row, _KEPT), *dict.fromkeys(matched)),
        unmapped=tuple(unmapped),
        notes=notes,
    )
    return SourceFinding(tuple(drawn for one in regions for drawn in one.drawn), origin, said)


def letters(words: str) -> list[str]:
    """The letters of a value such as "A", "A,P" or "AP"."""
    return list(dict.fromkeys(sign for sign in words.upper() if sign.isalnum()))


def _exam(row: Mapping[str, str]) -> _Exam:
    return row["empi anon"].removesuffix(".0"), row["acc anon"].removesuffix(".0")


def _same_side(one: str, other: str) -> bool:
    one, other = one.upper(), other.upper()
    return one == other or "B" in (one, other) or not one or not other


def _table(folder: Path, column: str) -> Path | None:
    """The table with that column; of a full and a reduced one the full."""
    named = [path for path in sorted(folder.rglob("*.csv")) if column in header_of(path, ",;\t")]
    return max(named, key=lambda path: path.stat().st_size, default=None)
