"""OMI-DB (OPTIMAM): one JSON a client with the marks of experts, by UIDs (Halling-Brown et al. 2021).

    imagedb_<client>.json   STUDIES > study UID > series UID > image UID > mark: X1, Y1, X2, Y2, flags, Conspicuity, ...
    <client>/<study UID>/<image UID>.dcm

A mark is a box, X1, Y1 its lower-left and X2, Y2 its upper-right corner; a flag is 1 or true, and what was not said is not
there: nothing is taken for a no. Marks of one lesion number of a study and breast are one finding on several views.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from annotator.errors import UnreadableAnnotations
from annotator.exchange.datasets.found import (
    MOST_DRAWN,
    Broken,
    Found,
    ImageName,
    Said,
    SourceFinding,
    SourceShape,
    Wishes,
    box,
)
from annotator.exchange.datasets.json_file import read_json
from annotator.exchange.json_faults import shortened
from annotator.jobs import Progress
from annotator.model.finding import Associated, Morphology
from annotator.model.origin import Origin

NAME = "OMI-DB"
_WHAT = "a client's imagedb file of OMI-DB"
COORDINATES = "X1, Y1 lower-left and X2, Y2 upper-right corner: columns, and rows counted from the top, in pixels of the image"
_UID = re.compile(r"[0-9]+(\.[0-9]+)+")
_FLAGS: Mapping[str, tuple[Morphology, ...]] = {
    "suspiciouscalcifications": (),
    "otherbenigncluster": (),
    "withcalcification": (),
    "calcifications": (),
    "milkofcalcium": (Morphology.MILK,),
    "dystrophic": (Morphology.DYSTROPHIC,),
    "dystrophiccalcification": (Morphology.DYSTROPHIC,),
    "plasmacellmastitis": (Morphology.ROD,),
    "vascular": (Morphology.VASCULAR,),
    "vascularfeature": (Morphology.VASCULAR,),
    "suturecalcification": (Morphology.SUTURE,),
    "suture": (Morphology.SUTURE,),
}
"""Flags that say calcification, in small letters without underscores; the first four say no shape. What is called plasma cell
mastitis are large rods (lexicon, other words)."""
_BENIGN: Mapping[str, tuple[Morphology, ...]] = {
    "coarseorpopcornlike": (Morphology.COARSE,),
    "coarse": (Morphology.COARSE,),
    "eggshellorrim": (Morphology.RIM,),
    "eggshell": (Morphology.RIM,),
    "lucentcentred": (Morphology.RIM,),
    "rodlike": (Morphology.ROD,),
    "rod": (Morphology.ROD,),
    "roundandpunctate": (Morphology.ROUND, Morphology.PUNCTATE),
}
_BESIDE = {
    "mass": Associated.MASS,
    "architecturaldistortion": Associated.DISTORTION,
    "focalasymmetry": Associated.ASYMMETRY,
}
_DESCRIBE = (
    "benignclassification",
    "conspicuity",
    "massclassification",
    "fatnecrosis",
    "skin",
    "benignskinfeature",
)


def recognised(path: Path) -> bool:
    """Whether a file is that of a client, or a folder holds one, by name."""
    if path.is_dir():
        return bool(_files(path))
    return path.name.lower().startswith("imagedb") and path.suffix.lower() == ".json"


def read(path: Path, wishes: Wishes) -> Found:
    """The marks of calcifications of one file, or of all below a folder. Raises UnreadableAnnotations without any file."""
    files = _files(path) if path.is_dir() else [path]
    if not files:
        raise UnreadableAnnotations(f"{path} holds no imagedb_*.json of OMI-DB.")
    findings, broken, faults = list[SourceFinding](), list[Broken](), list[str]()
    passed: Counter[str] = Counter()
    for number, file in enumerate(files):
        wishes.token.checkpoint(Progress(number, len(files), "clients read"))
        try:
            marks = list(_marks(file))
        except UnreadableAnnotations as fault:
            if path.is_file():
                raise
            faults.append(str(fault))
            continue
        for study, image, mark in marks:
            try:
                finding = _finding(study, image, mark)
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                broken.append(
                    Broken(
                        image,
                        shortened(f"{file}: a mark on {image.shown} is not as OMI-DB has them ({error})."),
                    )
                )
                continue
            if finding is None:
                passed["other"] += 1
            else:
                findings.append(finding)
    notes = [f"Marks without calcifications were left out: {passed['other']}."] if passed["other"] else []
    return Found(NAME, tuple(findings), broken=tuple(broken), faults=tuple(faults), notes=tuple(notes))


def _marks(file: Path) -> Iterator[tuple[str, ImageName, Mapping[str, Any]]]:
    """Study UID, image and what is said of each mark."""
    studies = read_json(file, _WHAT).get("STUDIES")
    if not isinstance(studies, dict):
        raise UnreadableAnnotations(f"{file} has no STUDIES; is it {_WHAT}?")
    count = 0
    for study, series in _by_uid(studies.items()):
        for _, images in _by_uid(series.items()):
            for uid, marks in _by_uid(images.items()):
                for mark in marks.values():
                    count += 1
                    if count > MOST_DRAWN:
                        raise UnreadableAnnotations(f"{file} has more than {MOST_DRAWN:,} marks.")
                    if isinstance(mark, dict) and "X1" in mark:
                        yield study, ImageName(uid, sop_instance_uid=uid, stem=uid), mark


def _by_uid(items: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((key, value) for key, value in items if isinstance(value, dict) and _UID.fullmatch(key))


def _finding(study: str, image: ImageName, mark: Mapping[str, Any]) -> SourceFinding | None:
    """The finding of a mark; None where nothing in it says calcification."""
    told = {_plain(key): value for key, value in mark.items() if value not in (None, "", False, 0)}
    flags = [name for name in told if name in _FLAGS and _is_set(told[name])]
    benign = _plain(str(told.get("benignclassification", "")))
    if not flags and benign not in _BENIGN:
        return None
    x1, y1, x2, y2 = (float(mark[name]) for name in ("X1", "Y1", "X2", "Y2"))
    drawn = SourceShape(image, box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)))
    morphology = [word for name in flags for word in _FLAGS[name]] + [*_BENIGN.get(benign, ())]
    beside = tuple(dict.fromkeys(_BESIDE[name] for name in told if name in _BESIDE and _is_set(told[name])))
    kept = {*_FLAGS, *_BESIDE, *_DESCRIBE}
    values = tuple(
        (key, str(value)) for key, value in mark.items() if _plain(key) in kept and _plain(key) in told
    )
    unmapped = tuple(key for key, _ in values if _no_word(_plain(key), benign))
    said = Said(morphology=tuple(dict.fromkeys(morphology)), associated=beside)
    origin = Origin(source=NAME, coordinates=COORDINATES, values=values, unmapped=unmapped)
    lesion = str(mark.get("LinkedNBSSLesionNumber") or "").strip()
    return SourceFinding((drawn,), origin, said, group=f"{study}/{lesion}" if lesion else "")


def _no_word(name: str, benign: str) -> bool:
    if name == "benignclassification":
        return benign not in _BENIGN
    return not _FLAGS.get(name) and name not in _BESIDE


def _is_set(value: object) -> bool:
    return str(value).strip().lower() not in ("", "0", "false", "none", "n", "no")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*.json") if one.name.lower().startswith("imagedb"))
