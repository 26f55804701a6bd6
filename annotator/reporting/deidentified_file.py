"""One file and its copy: looked at for burned-in text, rewritten, blacked out where asked; done in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.errors import ExportError, UnreadableImage
from annotator.exchange.deidentify import (
    DEFAULT,
    Blackout,
    Known,
    Moments,
    Plan,
    Rectangle,
    Source,
    known_of,
    load_profile,
    why_not,
    write_deidentified,
)
from annotator.imaging.dataset import RawFile, read_raw
from annotator.imaging.decode_guard import decode_guard
from annotator.imaging.dicom_file import Mammogram, open_image
from annotator.imaging.facts import Facts
from annotator.imaging.uids import usable_uid
from annotator.model.image import ImageInfo
from annotator.model.pseudonym import Pseudonyms
from annotator.private_files import private_folder
from annotator.quiet_parsing import quiet_parsing

if TYPE_CHECKING:
    from annotator.analysis.burned_in import TextRegion

MOST_READS = 2_000_000
"""Of one header: reports with thousands of marks have many times the entries of a picture."""
_SEGMENTATIONS = "1.2.840.10008.5.1.4.1.1.66."
NO_AIR = "the breast fills the picture, so no text was looked for"
NOT_SEEN = "its picture could not be looked at for burned-in text"
INSIDE = "{:.0%} of a blacked-out rectangle was breast"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is kept and what is done: `options` of the profile, `found` or given rectangles blacked out, on every image.

    `secondary`: captures of screens too. `dry`: nothing is written.
    """

    options: frozenset[str] = DEFAULT
    found: bool = False
    rectangles: tuple[Rectangle, ...] = ()
    secondary: bool = False
    safe_private: frozenset[tuple[str, str]] = frozenset()
    dry: bool = False

    @property
    def says(self) -> str:
        """All of it in one line, the same for the same wish."""
        parts = [*sorted(self.options), f"found {self.found}", f"secondary {self.secondary}"]
        return "; ".join([*parts, *map(str, self.rectangles), *map(str, sorted(self.safe_private))])


@dataclass(frozen=True, kw_only=True)
class Header:
    """What has to be known of a file before it is copied; `says` is a word for its name."""

    instance_uid: str
    study_uid: str
    study_time: str
    patient_id: str
    sop_class: str
    says: str
    known: Known
    stamp: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A file, where its copy goes and how it is made; travels to a process of its own."""

    path: Path
    target: Path
    out: Path
    study: str
    names: Pseudonyms
    patient: str
    moments: Moments
    header: Header
    known: Known
    wish: Wish

    @property
    def key(self) -> str:
        """Tells whether the same copy of the same file was made before."""
        return self.names.name(
            f"copy {self.header.instance_uid} {self.header.stamp} {self.target} {self.wish.says}"
        )


@dataclass(frozen=True, slots=True)
class Record:
    """What was done with one file, without a word of the original.

    `file` below the folder of the copies, '' where none was written, for the reason in `fault` or, where that is as it
    should be, `passed`. `deeds`: (attribute, deed, how often). `regions`: (column, row, columns, rows, letters, marker) of
    what looks like text.
    """

    key: str
    file: str = ""
    kind: str = ""
    size: int = 0
    deeds: tuple[tuple[str, str, int], ...] = ()
    regions: tuple[tuple[int, int, int, int, int, bool], ...] = ()
    blacked_out: tuple[tuple[int, int, int, int], ...] = ()
    notes: tuple[str, ...] = ()
    passed: str = ""
    fault: str = ""

    def document(self) -> dict[str, Any]:
        """For a line of JSON."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Record:
        """From such a line; raises KeyError, TypeError."""
        lists = {
            name: tuple(tuple(one) for one in document[name]) for name in ("deeds", "regions", "blacked_out")
        }
        return cls(**{**document, **lists, "notes": tuple(document["notes"])})


@dataclass
class _Look:
    """What was seen of a picture."""

    image: Mammogram | None = None
    regions: tuple[TextRegion, ...] = ()
    notes: list[str] = field(default_factory=list)


def header_of(path: Path, info: ImageInfo | None) -> Header:
    """Of any DICOM file; `info` where it is an image that can be shown. Raises UnreadableImage."""
    with decode_guard(path), quiet_parsing():
        raw = read_raw(path, most_reads=MOST_READS)
        facts = Facts(raw.dataset, [])
        sop_class = facts.text("SOPClassUID") or _meta(raw, "MediaStorageSOPClassUID")
        instance = facts.text("SOPInstanceUID") or _meta(raw, "MediaStorageSOPInstanceUID")
        if info is None and not (sop_class and instance):
            raise UnreadableImage(path, "it does not say what it is (it has no SOP class or instance)")
        modality = re.sub(r"[^A-Z0-9]", "", facts.text("Modality").upper())[:4] or "DICOM"
        return Header(
            instance_uid=_usable(instance) if info is None else info.sop_instance_uid,
            study_uid=_usable(facts.text("StudyInstanceUID")),
            study_time=facts.text("StudyTime"),
            patient_id=facts.text("PatientID"),
            sop_class=sop_class,
            says=modality if info is None or not info.label else f"{modality}-{info.label}",
            known=known_of(raw.dataset, load_profile()),
            stamp=raw.stamp,
        )


def copied(asked: Asked) -> Record:
    """Write the copy of a file. Raises UnreadableImage and ExportError, which say why there is none."""
    with decode_guard(asked.path), quiet_parsing():
        raw = read_raw(asked.path, most_reads=MOST_READS)
        facts, header = Facts(raw.dataset, []), asked.header
        wish = asked.wish
        image_type = tuple(facts.texts("ImageType"))
        passed = why_not(header.sop_class, image_type, wish.options, secondary=wish.secondary)
        if passed is not None:
            return Record(asked.key, kind=header.says, passed=passed)
        burned_in = facts.text("BurnedInAnnotation").upper() == "YES"
        fill_in(raw, header)
    masks = header.sop_class.startswith(_SEGMENTATIONS)
    look = _looked_at(asked.path) if raw.pixels is not None and not masks else _Look()
    given = () if masks else _on_it(wish.rectangles, look)
    rectangles = (*given, *(_rectangle(one) for one in look.regions if wish.found))
    if burned_in and not rectangles:
        what = (
            "nothing like it was found; say where with --blackout COL,ROW,W,H"
            if wish.found
            else "add --blackout"
        )
        raise ExportError(
            f"{asked.path}: it says itself that text is burned in (BurnedInAnnotation); {what}."
        )
    blackout = _blackout(look, rectangles) if rectangles and raw.pixels is not None else None
    target = asked.out / asked.target
    if not wish.dry:
        _make_folder(target.parent)
    with decode_guard(asked.path), quiet_parsing():
        deeds = write_deidentified(None if wish.dry else target, _source(raw), _plan(asked), blackout)
    return Record(
        asked.key,
        file=asked.target.as_posix(),
        kind=header.says,
        size=0 if wish.dry else target.stat().st_size,
        deeds=tuple((name, deed, count) for (name, deed), count in sorted(deeds.items())),
        regions=tuple((r.column, r.row, r.columns, r.rows, r.letters, r.marker) for r in look.regions),
        blacked_out=tuple((r.column, r.row, r.columns, r.rows) for r in rectangles) if blackout else (),
        notes=tuple(look.notes),
    )


def fill_in(raw: RawFile, header: Header) -> None:
    """Put on the data set what every object has, where the file said it elsewhere or not at all."""
    if not raw.dataset.get("SOPClassUID"):
        if not header.sop_class:
            raise UnreadableImage(raw.path, "it does not say what it is (it has no SOP class)")
        raw.dataset.SOPClassUID = header.sop_class
    if not raw.dataset.get("SOPInstanceUID"):
        raw.dataset.SOPInstanceUID = header.instance_uid


def _looked_at(path: Path) -> _Look:
    """What looks like text on the first, middle and last frame of a picture, each region once."""
    look = _Look()
    try:
        image = look.image = open_image(path)
        frames = sorted({1, (image.info.frames + 1) // 2, image.info.frames})
        found = [_text_on(image, number) for number in frames]
    except (UnreadableImage, IndexError):
        look.notes.append(NOT_SEEN)
        look.image = None
        return look
    if all(one is None for one in found):
        look.notes.append(NO_AIR)
    look.regions = tuple(dict.fromkeys(region for one in found for region in one or ()))
    return look


def _text_on(image: Mammogram, number: int) -> tuple[TextRegion, ...] | None:
    from annotator.analysis.burned_in import text_regions  # noqa: PLC0415  for pictures only

    frame, spacing = image.frame(number), image.info_of(number).spacing
    tissue, block = _tissue(image, number)
    return text_regions(frame, tissue, block, None if spacing is None else spacing.row_mm)


def _tissue(image: Mammogram, number: int) -> tuple[Any, int]:
    """Where a frame shows tissue, in cells of so many pixels."""
    from annotator.imaging.air import tissue_mask  # noqa: PLC0415  for pictures only
    from annotator.imaging.pyramid import levels_of  # noqa: PLC0415

    levels = levels_of(image.info, image.frame(number))
    return tissue_mask(levels), levels.coarsest_block


def _blackout(look: _Look, rectangles: tuple[Rectangle, ...]) -> Blackout | None:
    """How rectangles are filled: with padding where the image has any, else with the darkest there is."""
    from annotator.analysis.burned_in import breast_share  # noqa: PLC0415

    if look.image is None:
        raise ExportError("its picture cannot be decoded here, so nothing could be blacked out.")
    info, frame = look.image.info, look.image.frame(1)
    tissue, block = _tissue(look.image, 1)
    inside = [
        breast_share(tissue, block, part.column, part.row, part.columns, part.rows)
        for one in rectangles
        if (part := one.within(info.columns, info.rows)) is not None
    ]
    look.notes += [INSIDE.format(share) for share in inside if share > 0]
    darkest = int(frame.max() if info.inverse else frame.min())
    value = darkest if info.padding is None else info.padding.low
    shift = info.high_bit + 1 - info.bits_stored
    cell = (
        (value & ((1 << info.bits_stored) - 1)) << shift
        if shift
        else value & ((1 << info.bits_allocated) - 1)
    )
    return Blackout(rectangles=rectangles, fill=cell, value=value, frames=look.image.frame)


def _on_it(rectangles: tuple[Rectangle, ...], look: _Look) -> tuple[Rectangle, ...]:
    """Those that lie on the picture; all of them where it cannot be decoded, which is a fault then."""
    if look.image is None:
        return rectangles
    info = look.image.info
    return tuple(one for one in rectangles if one.within(info.columns, info.rows) is not None)


def _rectangle(region: TextRegion) -> Rectangle:
    return Rectangle(region.column, region.row, region.columns, region.rows)


def _plan(asked: Asked) -> Plan:
    names = asked.names
    profile = load_profile()
    return Plan(
        profile=profile,
        options=asked.wish.options,
        names=names,
        patient=asked.patient,
        exam=names.exam(asked.study),
        moments=asked.moments,
        uid=_mapped(names),
        known=asked.known,
        study_uid=asked.study if "uids" in asked.wish.options else names.uid(asked.study),
        safe_private=profile.safe_private | asked.wish.safe_private,
    )


def _mapped(names: Pseudonyms) -> Callable[[str], str]:
    """As the window and exports see a UID, so that objects that were exported fit."""
    return lambda said: names.uid(_usable(said))


def _usable(said: str) -> str:
    return usable_uid("UID", said.strip(" \0"), [])


def _source(raw: RawFile) -> Source:
    return Source(dataset=raw.dataset, syntax=raw.transfer_syntax, pixels=raw.pixels, open=raw.open)


def _make_folder(folder: Path) -> None:
    try:
        private_folder(folder)
    except OSError as error:
        raise ExportError(f"{folder} could not be made ({error.strerror}); choose another folder.") from error


def _meta(raw: RawFile, keyword: str) -> str:
    return str(getattr(raw.dataset.file_meta, keyword, "") or "")
