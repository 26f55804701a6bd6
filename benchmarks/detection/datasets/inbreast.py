"""INbreast: full-field digital mammograms as DICOM, with outlines and points drawn in OsiriX (Moreira et al. 2012).

    DIR/.../20586908_6c613a14b80a8591_MG_R_CC_ANON.dcm
    DIR/.../20586908.xml        an Apple property list: Images[0].ROIs[].Name, .Point_px

The number before the first underscore of an image's name is the name of its annotations; an image without any has
nothing drawn on it. Folders may lie anyhow.
"""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from annotator.model.geometry import ImagePoint
from benchmarks.detection.datasets.annotated import (
    AnnotatedImage,
    Dataset,
    Target,
    TargetKind,
    UnusableData,
    fair_order,
)

PIXEL_MM = 0.07
"""Of the detector that all of it was taken with; used where a copy lost the spacing from its headers."""

_POINT = re.compile(r"\(\s*([-+\d.eE]+)\s*,\s*([-+\d.eE]+)\s*\)")
_MEANT = {
    "calcification": TargetKind.CALCIFICATION,
    "calcifications": TargetKind.CALCIFICATION,
    "cluster": TargetKind.CLUSTER,
    "unnamed": TargetKind.UNNAMED,
    "point": TargetKind.UNNAMED,
    "mass": None,
    "spiculatedregion": None,
    "distortion": None,
    "asymmetry": None,
    "pectoralmuscle": None,
}
"""Names in small letters without anything else -> what they mean for calcifications; others mean nothing for them."""


def read_inbreast(folder: Path) -> Dataset:
    """All images below a folder with what is drawn on them. Raises UnusableData when there are none."""
    # muscles are drawn in files of their own, 20586908_muscle.xml
    drawings = {path.stem: path for path in _files(folder, ".xml") if path.stem.isdigit()}
    pictures = _files(folder, ".dcm", ".dicom")
    if not pictures:
        raise UnusableData(
            f"{folder} holds no DICOM file; name the folder that INbreast was unpacked to (AllDICOMs)."
        )
    if not drawings:
        raise UnusableData(
            f"{folder} holds no annotations; INbreast brings them as one XML an image (AllXML)."
        )
    images, faults, others = list[AnnotatedImage](), list[str](), set[str]()
    for path in pictures:
        number = path.name.split("_", 1)[0].split(".", 1)[0]
        drawing = drawings.pop(number, None)
        try:
            targets = () if drawing is None else read_drawing(drawing, others)
        except UnusableData as fault:
            faults.append(str(fault))
            continue
        images.append(AnnotatedImage(path.stem, path, targets, PIXEL_MM))
    faults += [f"{path}: there is no image {stem}_*.dcm for it." for stem, path in sorted(drawings.items())]
    notes = (f"names that nobody knows: {', '.join(sorted(others))}",) if others else ()
    return Dataset("INbreast", fair_order(images), tuple(faults), notes, one_by_one=True)


def read_drawing(path: Path, others: set[str] | None = None) -> tuple[Target, ...]:
    """What one file of annotations says of calcifications; names that nobody knows are added to `others`.

    Raises UnusableData when it is no such file.
    """
    try:
        with path.open("rb") as file:
            root = plistlib.load(file, fmt=plistlib.FMT_XML)
        drawn = [roi for image in root["Images"] for roi in image["ROIs"]]
        named = [(str(roi["Name"]), _points(roi)) for roi in drawn]
    except (plistlib.InvalidFileException, ExpatError) as error:
        raise UnusableData(
            f"{path} is not a property list ({error}); take it from the data set anew."
        ) from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UnusableData(
            f"{path} is not laid out as OsiriX writes regions ({error}); take it from the data set anew."
        ) from error
    except OSError as error:
        raise UnusableData(f"{path} could not be read ({error.strerror}).") from error
    found = list[Target]()
    for name, points in named:
        kind = kind_of(name)
        if kind is not None and points:
            found.append(Target(kind, points))
        elif others is not None and not _meant(name):
            others.add(name.strip() or "(none)")
    return tuple(found)


def kind_of(name: str) -> TargetKind | None:
    """What a name means for calcifications, whatever its case and with a slip of the spelling; None: nothing."""
    return _MEANT.get(_meant(name))


def _meant(name: str) -> str:
    """The name that is meant, "" where none is near."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    return next(iter(get_close_matches(plain, _MEANT, n=1, cutoff=0.8)), "")


def _points(roi: dict[str, Any]) -> tuple[ImagePoint, ...]:
    """The outline of a region, column first; a last point that repeats the first is left out."""
    points = []
    for words in roi["Point_px"]:
        match = _POINT.fullmatch(words.strip())
        if match is None:
            raise ValueError(f"Point_px holds {words!r}")
        points.append(ImagePoint(float(match.group(1)), float(match.group(2))))
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return tuple(points)


def _files(folder: Path, *endings: str) -> list[Path]:
    if not folder.is_dir():
        raise UnusableData(f"{folder}: there is no such folder.")
    return sorted(_below(folder, endings))


def _below(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    for path in folder.rglob("*"):
        # copies made on a Mac bring a shadow of each file
        if path.suffix.lower() in endings and not path.name.startswith("._") and path.is_file():
            yield path
