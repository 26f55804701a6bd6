"""What is read of a structured report, and whether a file is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from pydicom import Dataset
from pydicom.uid import UID

from annotator.errors import UnreadableObject
from annotator.exchange.careful_dicom import DAMAGE, DAMAGED, read_careful
from annotator.exchange.sr import concepts as named
from annotator.exchange.sr.library import MODIFIERS, VIEWS, laterality_of
from annotator.exchange.sr.tree import Item, root_of
from annotator.lexicon.loader import Code
from annotator.model.finding import Reading
from annotator.model.geometry import PixelSpacing, SpacingBasis
from annotator.model.image import ImageInfo, View

CAD_SR = "1.2.840.10008.5.1.4.1.1.88.50"
READ = frozenset(f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (11, 22, 33, 34, 35))
"""Basic, Enhanced, Comprehensive, Comprehensive 3D and Extensible SR."""

_TITLES = frozenset({"126000", "126001", "126002", "126003"})
"""CID 7021, titles of measurement reports."""

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a decision table said beside a finding when the report was written; '' where it said nothing."""

    assessment: str
    row: str
    rules_version: str
    lexicon_edition: str


@dataclass(frozen=True, slots=True)
class SrReading:
    """A reading from a structured report, and the images it tells of by SOP Instance UID: side, view, size, no path.

    `own`: written by this program, so that all of it came back. Else `notes` say in sentences what was made of it; the
    words of the source stand in the `origin` of each finding. `suggestions` by finding id are no part of the reading.
    """

    reading: Reading
    images: Mapping[str, ImageInfo]
    own: bool
    notes: tuple[str, ...] = ()
    suggestions: Mapping[str, Suggestion] = field(default_factory=dict)


class Unusable(Exception):
    """Why a report cannot be used; a sentence without the file."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report of measurements: its content, attributes of its header, and the images it speaks of by their study."""

    root: Item
    header: Mapping[str, str]
    evidence: Mapping[str, frozenset[str]]


_HEADER = ("SOPInstanceUID", "StudyInstanceUID", "Manufacturer", "ManufacturerModelName", "SoftwareVersions")


def open_report(path: Path) -> Report:
    """The report in a file. Raises UnreadableObject for anything else."""
    dataset = read_careful(path)
    try:
        kind = str(dataset.get("SOPClassUID", "") or "")
        if kind in READ and dataset.get("ContentSequence"):
            header = {name: str(dataset.get(name, "") or "").strip() for name in _HEADER}
            opened = Report(root_of(dataset), header, _evidence(dataset))
        else:
            opened = None
    except DAMAGE as error:
        raise UnreadableObject(path, DAMAGED) from error
    if opened is None:
        raise UnreadableObject(path, _why_not(kind))
    title = opened.root.name
    if title is None or title.value not in _TITLES:
        said = title.meaning[:80] if title else "without a title"
        raise UnreadableObject(
            path,
            f"it is a report of another kind ({said}), not of measurements (TID 1500); name another file",
        )
    return opened


def _why_not(kind: str) -> str:
    if kind in READ:
        return "it has no content, or its end is missing; ask for the file again"
    if kind == CAD_SR:
        return "it is a report of computer-aided detection; its marks are candidates, not a reading"
    name = UID(kind).name if kind else "nothing that says what it is"
    return f"it is no structured report of measurements but {name[:80]}; name another file"


def _evidence(dataset: Dataset) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for study in dataset.get("CurrentRequestedProcedureEvidenceSequence") or ():
        uid = str(study.get("StudyInstanceUID", "") or "")
        images = (
            str(image.get("ReferencedSOPInstanceUID", "") or "")
            for series in study.get("ReferencedSeriesSequence") or ()
            for image in series.get("ReferencedSOPSequence") or ()
        )
        if uid:
            found[uid] = found.get(uid, frozenset()) | frozenset(images)
    return found


def record(item: Item | None, kind: Callable[..., _Kind], what: str) -> _Kind:
    """The JSON of a record as a value. Raises Unusable."""
    if item is None:
        raise Unusable(
            f"a record of this program is missing from it ({what}); it was changed by another program"
        )
    try:
        made: _Kind = msgspec.json.decode(item.text, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as fault:
        raise Unusable(f"a record of this program in it cannot be read ({what}: {fault})"[:300]) from fault
    return made


def converted(plain: Any, kind: Callable[..., _Kind], what: str) -> _Kind:
    """Plain values as a value of the model. Raises Unusable."""
    try:
        made: _Kind = msgspec.convert(plain, kind)
    except (msgspec.ValidationError, ValueError, TypeError) as fault:
        raise Unusable(f"a record of this program in it cannot be read ({what}: {fault})"[:300]) from fault
    return made


def images_in(root: Item) -> dict[str, ImageInfo]:
    """The images of the image library by SOP Instance UID, with what it tells of them."""
    found = {}
    for library in root.all(named.LIBRARY):
        groups = [library, *library.all(named.LIBRARY_GROUP)]
        for image in (one for group in groups for one in group.children if one.kind == "IMAGE"):
            found[image.sop_instance_uid] = _info(image)
    return found


def _info(image: Item) -> ImageInfo:
    side = image.code_of(named.IMAGE_SIDE)
    return ImageInfo(
        path=Path(),
        sop_class_uid=image.sop_class_uid,
        sop_instance_uid=image.sop_instance_uid,
        rows=int(_number(image, named.ROWS)),
        columns=int(_number(image, named.COLUMNS)),
        laterality=laterality_of(side) if side is not None else None,
        view=_view(image),
        spacing=_spacing(image),
    )


def _view(image: Item) -> View:
    said = image.first(named.IMAGE_VIEW)
    if said is None or said.code is None:
        return View()
    names = {one.value: name for name, one in VIEWS.items()}
    modifiers = {one.value: name for name, one in MODIFIERS.items()}
    told = [one.code.value for one in said.all(named.IMAGE_VIEW_MODIFIER) if one.code is not None]
    return View(
        names.get(said.code.value, ""),
        tuple(modifiers[one] for one in told if one in modifiers),
        "image library",
    )


def _spacing(image: Item) -> PixelSpacing | None:
    across, down = _number(image, named.SPACING_ACROSS), _number(image, named.SPACING_DOWN)
    if not (across > 0 and down > 0):
        return None
    said = image.first(named.SPACING_DOWN)
    word = said.text_of(named.CALIBRATION) if said is not None else ""
    return PixelSpacing(
        down, across, SpacingBasis(word) if word in set(SpacingBasis) else SpacingBasis.UNVERIFIED
    )


def _number(item: Item, name: Code) -> float:
    found = item.first(name)
    return found.number if found is not None and found.number is not None else 0.0
