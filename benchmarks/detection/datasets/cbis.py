"""CBIS-DDSM: digitised films as DICOM, with a mask for each region of calcifications (Lee et al. 2017).

    DIR/.../calc_case_description_train_set.csv, _test_set.csv (and mass_..., read for nothing but to say so)
    DIR/.../Calc-Training_P_00005_RIGHT_CC/.../*.dcm        the whole image
    DIR/.../Calc-Training_P_00005_RIGHT_CC_1/.../*.dcm      mask and crop of its first region, in either order
    DIR/.../metadata.csv                                    where folders are named otherwise

The paths in the tables are older than the files, so images are found by the name of their subject. No file tells its
pixel spacing: the user does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.imaging.dicom_file import read_image
from annotator.model.image import ImageInfo
from benchmarks.detection.datasets.annotated import (
    AnnotatedImage,
    Dataset,
    Target,
    TargetKind,
    UnusableData,
    fair_order,
    table_rows,
)

SPLITS = ("training", "test")
_TABLES = {"training": "calc_case_description_train_set.csv", "test": "calc_case_description_test_set.csv"}
_FOLDERS = {"training": "Calc-Training", "test": "Calc-Test"}
_COLUMNS = ("patient id", "left or right breast", "image view", "abnormality id", "abnormality type")
_SUBJECT = re.compile(r"(calc|mass)-(training|test)_p_\d+_(left|right)_(cc|mlo)(_\d+)?", re.IGNORECASE)
_SIZE_OFF = 0.03
"""By this share a mask may be larger or smaller than its image: some are a few pixels off."""


def read_cbis(folder: Path, pixel_mm: float, split: str | None = None) -> Dataset:
    """The images with regions of calcifications of one split, or of both; `pixel_mm` is that of the scanner.

    Raises UnusableData when tables or all images are missing.
    """
    files = _files_by_subject(folder)
    regions: dict[str, list[Target]] = defaultdict(list)
    faults = list[str]()
    for name in SPLITS if split is None else (split,):
        for image, region in _rows(folder, name):
            found = files.get(region.lower(), [])
            if found:
                regions[image].append(Target(TargetKind.REGION, mask_in=tuple(found)))
            else:
                faults.append(f"{folder}: there is no file of {region}, the region that a table tells of.")
    images = list[AnnotatedImage]()
    for name, targets in sorted(regions.items()):
        whole = files.get(name.lower())
        if whole:
            largest = max(whole, key=lambda path: path.stat().st_size)
            images.append(AnnotatedImage(name, largest, tuple(targets), pixel_mm))
        else:
            faults.append(f"{folder}: there is no image {name}, only its regions.")
    if not images:
        raise UnusableData(
            f"{folder} holds no image that its tables tell of; the folders must be named by subject, as"
            " Calc-Training_P_00005_RIGHT_CC, or metadata.csv must lie beside them."
        )
    notes = (
        f"digitised films, with the pixel spacing you gave ({pixel_mm:g} mm)",
        "calcifications outside the regions are not marked: false clusters are upper bounds",
    )
    return Dataset("CBIS-DDSM", fair_order(images), tuple(faults), notes)


def region_mask(files: Iterable[Path], info: ImageInfo) -> NDArray[np.bool_]:
    """The region as a mask of the image's size: of the files beside each other, one is the mask and one a crop.

    The mask is the file of the image's size, or, where both or none are, the one with two values only; one that is a
    few pixels off is stretched. Raises UnusableData when none can be it, UnreadableImage for a damaged file.
    """
    frames = {path: read_image(path).frame(1) for path in sorted(files)}
    fitting = {path: frame for path, frame in frames.items() if _fits(frame, info)}
    chosen = fitting
    if len(chosen) != 1:
        chosen = {path: frame for path, frame in (fitting or frames).items() if _two_values(frame)}
    if len(chosen) != 1:
        names = ", ".join(str(path) for path in frames) or "no file"
        raise UnusableData(f"none or several of {names} can be the mask of {info.path.name}.")
    path, frame = chosen.popitem()
    if not _fits(frame, info):
        raise UnusableData(
            f"{path} is a mask of {frame.shape[1]} x {frame.shape[0]} pixels, its image has"
            f" {info.columns} x {info.rows}."
        )
    shown = (frame > frame.max() / 2).astype(np.uint8)
    if not shown.any():
        raise UnusableData(f"{path} is a mask that shows no region.")
    if shown.shape != (info.rows, info.columns):
        shown = np.asarray(
            cv2.resize(shown, (info.columns, info.rows), interpolation=cv2.INTER_NEAREST), np.uint8
        )
    return np.asarray(shown > 0)


def _fits(frame: NDArray[Any], info: ImageInfo) -> bool:
    sides = zip(frame.shape, (info.rows, info.columns), strict=True)
    return all(abs(side - wanted) <= _SIZE_OFF * wanted for side, wanted in sides)


def _two_values(frame: NDArray[Any]) -> bool:
    return bool(((frame == frame.min()) | (frame == frame.max())).all())


def _rows(folder: Path, split: str) -> Iterable[tuple[str, str]]:
    """(subject of the image, subject of the region) of each calcification row of one split."""
    table = next(iter(sorted(folder.rglob(_TABLES[split]))), None)
    if table is None:
        raise UnusableData(
            f"{folder} holds no {_TABLES[split]}; put the tables of the data set into it, or choose a --split."
        )
    for row in table_rows(table, _COLUMNS):
        if row["abnormality type"].lower() != "calcification":
            continue
        place = f"{row['left or right breast']}_{row['image view']}".upper()
        image = f"{_FOLDERS[split]}_{row['patient id']}_{place}"
        yield image, f"{image}_{row['abnormality id']}"


def _files_by_subject(folder: Path) -> Mapping[str, list[Path]]:
    """DICOM files by the subject's name in small letters, from the folders' names, else from metadata.csv."""
    if not folder.is_dir():
        raise UnusableData(f"{folder}: there is no such folder.")
    told = _folders_told(folder)
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in (".dcm", ".dicom") or not path.is_file():
            continue
        above = path.relative_to(folder).parents
        named = next((part.name for part in above if _SUBJECT.fullmatch(part.name)), None)
        subject = named or told.get(path.parent.resolve(), "")
        if subject:
            found[subject.lower()].append(path)
    return found


def _folders_told(folder: Path) -> dict[Path, str]:
    """Folder -> subject as metadata.csv tells, where it lies in the folder or below."""
    told: dict[Path, str] = {}
    for table in sorted(folder.rglob("metadata.csv")):
        for row in table_rows(table, ("subject id", "file location")):
            place = row["file location"].replace("\\", "/")
            told[(table.parent / place).resolve()] = row["subject id"]
    return told
