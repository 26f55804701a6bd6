"""CBIS-DDSM: digitised films with a mask for each region of calcifications (Lee et al. 2017).

    calc_case_description_train_set.csv, _test_set.csv      14 columns with blanks in their names
    Calc-Training_P_00005_RIGHT_CC/.../*.dcm                the whole film
    Calc-Training_P_00005_RIGHT_CC_1/.../*.dcm              mask and crop of its first region, in either order
    metadata.csv                                            where folders are named otherwise

The paths in the tables are older than the files, so that images are found by the name of their subject. Regions only:
nothing was marked one by one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
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
)
from annotator.exchange.datasets.table_file import header_of, kept, table_rows
from annotator.model.finding import Assessment, Distribution, Morphology
from annotator.model.image import Laterality
from annotator.model.origin import Origin

NAME = "CBIS-DDSM"
COORDINATES = "a mask of the size of the image; its outline counts column, then row, from the first corner"
_COLUMNS = (
    "patient id",
    "left or right breast",
    "image view",
    "abnormality id",
    "abnormality type",
    "calc type",
    "calc distribution",
    "assessment",
)
_KEPT = (
    "abnormality id",
    "calc type",
    "calc distribution",
    "assessment",
    "pathology",
    "subtlety",
    "breast density",
)
TYPES: Mapping[str, tuple[Morphology, ...]] = {
    "AMORPHOUS": (Morphology.AMORPHOUS,),
    "COARSE": (Morphology.COARSE,),
    "DYSTROPHIC": (Morphology.DYSTROPHIC,),
    "EGGSHELL": (Morphology.RIM,),
    "FINE_LINEAR_BRANCHING": (Morphology.FINE_LINEAR,),
    "LARGE_RODLIKE": (Morphology.ROD,),
    "LUCENT_CENTER": (Morphology.RIM,),
    "LUCENT_CENTERED": (Morphology.RIM,),
    "MILK_OF_CALCIUM": (Morphology.MILK,),
    "PUNCTATE": (Morphology.PUNCTATE,),
    "ROUND_AND_REGULAR": (Morphology.ROUND,),
    "SKIN": (Morphology.SKIN,),
    "VASCULAR": (Morphology.VASCULAR,),
}
"""Words of the older editions; a shell around a lucent centre is filed under rim now. PLEOMORPHIC says neither fine nor
coarse and has no word here."""
DISTRIBUTIONS: Mapping[str, Distribution] = {
    "CLUSTERED": Distribution.GROUPED,
    "LINEAR": Distribution.LINEAR,
    "REGIONAL": Distribution.REGIONAL,
    "DIFFUSELY_SCATTERED": Distribution.DIFFUSE,
    "SEGMENTAL": Distribution.SEGMENTAL,
}
_NOTHING = ("", "N/A", "NAN")
_SIDES = {"LEFT": Laterality.LEFT, "RIGHT": Laterality.RIGHT}
_SPLITS = {"train": "Calc-Training", "test": "Calc-Test"}
_SUBJECT = re.compile(r"(calc|mass)-(training|test)_p_\d+_(left|right)_(cc|mlo)(_\d+)?", re.IGNORECASE)


def recognised(path: Path) -> bool:
    """Whether a file is one of its tables, or a folder holds one."""
    if path.is_dir():
        return any(_is_table(one) for one in sorted(path.rglob("*_case_description_*.csv")))
    return _is_table(path)


def read(path: Path, wishes: Wishes) -> Found:
    """The regions of the tables below a folder, or of one table. Raises UnreadableAnnotations without any table."""
    tables = [path] if path.is_file() else sorted(path.rglob("calc_case_description_*.csv"))
    if not tables:
        raise UnreadableAnnotations(
            f"{path} holds no calc_case_description_train_set.csv or _test_set.csv; put the tables of the data set into it."
        )
    folders = [path if path.is_dir() else path.parent, *wishes.images]
    told = {place: name for folder in folders for place, name in folders_told(folder).items()}
    files = _files_by_subject(folders, told, wishes)
    findings, broken = list[SourceFinding](), list[Broken]()
    passed: Counter[str] = Counter()
    for table in tables:
        for number, row in table_rows(table, _COLUMNS, wishes.token):
            if row["abnormality type"].lower() != "calcification":
                passed[row["abnormality type"] or "without a type"] += 1
                continue
            subject = _subject(table, row)
            name = ImageName(subject, folder=subject.lower())
            region = f"{subject}_{row['abnormality id']}"
            masks = files.get(region.lower(), ())
            if not masks:
                broken.append(
                    Broken(name, f"{table}, row {number}: there is no file of its region {region}.")
                )
                continue
            said, unmapped = _said(row, wishes)
            origin = Origin(source=NAME, coordinates=COORDINATES, values=kept(row, _KEPT), unmapped=unmapped)
            findings.append(SourceFinding((SourceShape(name, masks_in=tuple(masks)),), origin, said))
    notes = [
        f"Rows of kind {kind!r} are no calcifications and were left out: {count}."
        for kind, count in passed.items()
    ]
    return Found(NAME, tuple(findings), broken=tuple(broken), notes=tuple(notes), folders=told)


def _said(row: Mapping[str, str], wishes: Wishes) -> tuple[Said, tuple[str, ...]]:
    """The words for a row, and the columns in which something has none."""
    unmapped = []
    morphology: list[Morphology] = []
    for word in parted(row["calc type"], (*TYPES, "PLEOMORPHIC")):
        found = TYPES.get(word, ())
        if word == "PLEOMORPHIC" and wishes.fine_pleomorphic:
            found = (Morphology.FINE_PLEO,)
        morphology += found
        unmapped += [] if found else ["calc type"]
    distributions = []
    for word in parted(row["calc distribution"], tuple(DISTRIBUTIONS)):
        if word in DISTRIBUTIONS:
            distributions.append(DISTRIBUTIONS[word])
        else:
            unmapped.append("calc distribution")
    category = row["assessment"]
    if category and category not in {*Assessment}:
        unmapped.append("assessment")
    said = Said(
        morphology=tuple(dict.fromkeys(morphology)),
        distributions=tuple(dict.fromkeys(distributions)),
        laterality=_SIDES.get(row["left or right breast"].upper()),
        assessment=Assessment(category) if category in {*Assessment} else None,
    )
    return said, tuple(dict.fromkeys(unmapped))


def parted(words: str, known: tuple[str, ...]) -> Iterator[str]:
    """The words of a joined value, by hyphens, and by underscores where only that gives known words.

    "LUCENT_CENTERED_PUNCTATE" is two words; what cannot be parted comes as it is.
    """
    for word in words.upper().split("-"):
        if word.strip() in _NOTHING:
            continue
        yield from _known_parts(word.strip(), known) or (word.strip(),)


def _known_parts(word: str, known: tuple[str, ...]) -> tuple[str, ...]:
    if word in known:
        return (word,)
    for first in sorted(known, key=len, reverse=True):
        if word.startswith(f"{first}_"):
            rest = _known_parts(word[len(first) + 1 :], known)
            if rest:
                return (first, *rest)
    return ()


def _subject(table: Path, row: Mapping[str, str]) -> str:
    split = _SPLITS["test" if "test" in table.name.lower() else "train"]
    return f"{split}_{row['patient id']}_{row['left or right breast']}_{row['image view']}"


def _is_table(path: Path) -> bool:
    return path.suffix.lower() == ".csv" and {"abnormality id", "abnormality type"} <= set(
        header_of(path, ",;\t")
    )


def _files_by_subject(
    folders: list[Path], told: Mapping[Path, str], wishes: Wishes
) -> Mapping[str, list[Path]]:
    """DICOM and PNG files by the subject's name in small letters, from the folders' names, else from metadata.csv."""
    found: dict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in (".dcm", ".dicom", ".png"):
                continue
            wishes.token.checkpoint()
            named = next((part.name for part in path.parents if _SUBJECT.fullmatch(part.name)), None)
            subject = named or told.get(path.parent.resolve(), "")
            if subject and path not in found[subject.lower()]:
                found[subject.lower()].append(path)
    return found


def folders_told(folder: Path) -> dict[Path, str]:
    """Folder -> subject as metadata.csv tells, where it lies in the folder or below."""
    told: dict[Path, str] = {}
    for table in sorted(folder.rglob("metadata.csv")):
        if not {"subject id", "file location"} <= set(header_of(table)):
            continue
        for _, row in table_rows(table, ("subject id", "file location")):
            place = row["file location"].replace("\\", "/")
            told[(table.parent / place).resolve()] = row["subject id"]
    return told
