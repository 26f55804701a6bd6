"""Segmentations of any maker: their planes as masks, one at a time, and their masks as outlines."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.pixels.utils import iter_pixels

from annotator.errors import UnreadableObject
from annotator.exchange.careful_dicom import DAMAGE, DAMAGED, look_over, opened_plain
from annotator.exchange.drawing import Drawing, Drawn, Group, Part, ShownImage, placed_on
from annotator.exchange.masks import Mask, traced
from annotator.lexicon.terms import Code
from annotator.model.image import ExamInfo, ImageKey
from annotator.quiet_parsing import quiet_parsing

SEGMENTATION, LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"
MOST_PIXELS = 400_000_000
"""Of one plane: forty times the largest mammogram."""
MOST_PLANES = 20_000
MOST_PIECES = 20_000
"""Calcifications that anybody outlines; more are noise, or masks of something else."""
_OWN_LABEL = re.compile(r"F\d+ (area|microcalcifications|macrocalcifications)")
_CLUSTER = "129769006"


def read(path: Path, exam: ExamInfo | None = None) -> Drawing:
    """Every piece of every segment as an outline along the edges of its pixels; with `exam`, once it fits its images.

    Raises UnreadableObject: for what is no segmentation, is damaged, cut off or has no end, and for an image that is
    not at hand or of another size.
    """
    found = OpenedSegmentation(path)
    shown = tuple(ShownImage(uid, found.rows, found.columns) for uid in sorted(found.image_uids))
    empty = Drawing(path=path, maker=found.maker, study_instance_uid=found.study, images=shown, drawn=())
    if exam is not None:
        placed_on(empty, exam)
    drawn: list[Drawn] = []
    with_holes = 0
    for plane, mask in found.masks():
        for piece in traced(mask):
            if len(drawn) == MOST_PIECES:
                raise UnreadableObject(
                    path, f"it has more than {MOST_PIECES:,} pieces, which no reading of calcifications has"
                )
            drawn.append(Drawn(plane.image, found.groups[plane.segment], piece.middle, piece.outline))
            with_holes += piece.holes
    notes = [*found.notes]
    if with_holes:
        notes.append(f"Holes were filled, in {with_holes} of {len(drawn)} pieces.")
    drawing = Drawing(
        path=path,
        maker=found.maker,
        study_instance_uid=found.study,
        images=shown,
        drawn=tuple(drawn),
        notes=tuple(notes),
    )
    return drawing if exam is None else placed_on(drawing, exam)


@dataclass(frozen=True, slots=True)
class Plane:
    """One plane of masks: `index` from 0 in the file, of one segment and one frame of an image."""

    index: int
    segment: int
    image: ImageKey


class OpenedSegmentation:
    """The header of a segmentation, and its planes one after the other. Raises UnreadableObject, here and later."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _guarded(path):
            look_over(path)
            with opened_plain(path) as file:
                self._header, self._pixels_at = _header(path, file)
                self._size = file.seek(0, os.SEEK_END)
        with _guarded(path):
            self._understand()

    def _understand(self) -> None:
        header = self._header
        self.rows, self.columns = int(header.Rows), int(header.Columns)
        self._count = int(header.get("NumberOfFrames") or 1)
        self._kind = str(header.get("SegmentationType") or "")
        self.maker = " ".join(
            dict.fromkeys(str(header.get(name) or "") for name in ("Manufacturer", "ManufacturerModelName"))
        ).strip()
        self.study = str(header.get("StudyInstanceUID") or "")
        self.notes: list[str] = []
        if self._kind not in ("BINARY", "FRACTIONAL", "LABELMAP"):
            raise UnreadableObject(self._path, f"its segmentation type {self._kind[:16]!r} is not known here")
        if self._kind == "FRACTIONAL":
            self.notes.append("Its masks are fractions; what reaches a half was taken.")
        if not (0 < self.rows * self.columns <= MOST_PIXELS and 0 < self._count <= MOST_PLANES):
            raise UnreadableObject(self._path, "its planes have an impossible size or number; it is damaged")
        self._refuse_cut_off()
        self.groups = {int(one.SegmentNumber): _group(one) for one in header.SegmentSequence}
        self.planes = tuple(self._planes())
        if not {one.segment for one in self.planes} <= set(self.groups):
            raise UnreadableObject(
                self._path, "it has planes of segments that it does not describe; it is damaged"
            )
        self.image_uids = frozenset(one.image.sop_instance_uid for one in self.planes)

    def masks(self) -> Iterator[tuple[Plane, Mask]]:
        """Each plane with its pixels, (rows, columns); one at a time is in memory."""
        by_index: dict[int, list[Plane]] = {}
        for plane in self.planes:
            by_index.setdefault(plane.index, []).append(plane)
        source = self._pixels()
        for index in range(self._count):
            with _guarded(self._path):
                pixels = next(source, None)
            if pixels is None or pixels.shape != (self.rows, self.columns):
                raise UnreadableObject(
                    self._path, "its planes are not of the size that it says; it is damaged"
                )
            for plane in by_index.get(index, ()):
                yield plane, self._mask(pixels, plane.segment)

    def _pixels(self) -> Iterator[Any]:
        syntax = self._header.file_meta.TransferSyntaxUID
        if self._header.BitsAllocated == 1 and not syntax.is_compressed and syntax.is_little_endian:
            return self._bits()
        return self._cells()

    def _cells(self) -> Iterator[Any]:
        with opened_plain(self._path) as file:
            yield from iter_pixels(file, raw=True)

    def _bits(self) -> Iterator[Any]:
        """Planes of packed bits; a plane need not begin with a byte (PS3.5 8.1.1), which pydicom takes for granted."""
        size = self.rows * self.columns
        with opened_plain(self._path) as file:
            for index in range(self._count):
                first, past = index * size, (index + 1) * size
                file.seek(self._pixels_at + first // 8)
                packed = np.frombuffer(file.read((past + 7) // 8 - first // 8), np.uint8)
                bits = np.unpackbits(packed, bitorder="little")[first % 8 :][:size]
                yield bits.reshape(self.rows, self.columns)

    def _mask(self, pixels: Any, segment: int) -> Mask:
        if self._kind == "LABELMAP":
            return np.asarray(pixels == segment)
        if self._kind == "FRACTIONAL":
            most = int(self._header.get("MaximumFractionalValue") or 1)
            return np.asarray(pixels >= max(1, (most + 1) // 2))
        return np.asarray(pixels != 0)

    def _refuse_cut_off(self) -> None:
        if self._header.file_meta.TransferSyntaxUID.is_compressed:
            return
        bits = self._count * self.rows * self.columns * int(self._header.BitsAllocated)
        if self._size < (bits + 7) // 8:
            raise UnreadableObject(
                self._path, "it ends in the middle (its last part is missing); ask for the file again"
            )

    def _planes(self) -> Iterator[Plane]:
        header = self._header
        shared = next(iter(header.get("SharedFunctionalGroupsSequence") or []), Dataset())
        frames = header.get("PerFrameFunctionalGroupsSequence") or []
        if len(frames) != self._count:
            raise UnreadableObject(self._path, "it does not say what each of its planes is; it is damaged")
        for index, frame in enumerate(frames):
            image = self._image_of(frame, shared)
            segments: Sequence[int] = sorted(number for number in self.groups if number)
            if self._kind != "LABELMAP":
                known = _first(frame, "SegmentIdentificationSequence") or _first(
                    shared, "SegmentIdentificationSequence"
                )
                if known is None:
                    raise UnreadableObject(
                        self._path, "it does not say of which segment a plane is; it is damaged"
                    )
                segments = [int(known.ReferencedSegmentNumber)]
            for segment in segments:
                yield Plane(index, segment, image)

    def _image_of(self, frame: Dataset, shared: Dataset) -> ImageKey:
        for group in (frame, shared):
            derivation = _first(group, "DerivationImageSequence")
            source = _first(derivation, "SourceImageSequence") if derivation is not None else None
            if source is not None:
                number = source.get("ReferencedFrameNumber") or 1
                return ImageKey(str(source.ReferencedSOPInstanceUID), int(np.atleast_1d(number)[0]))
        known = {
            str(one.ReferencedSOPInstanceUID)
            for series in self._header.get("ReferencedSeriesSequence") or []
            for one in series.get("ReferencedInstanceSequence") or []
        }
        if len(known) != 1:
            raise UnreadableObject(
                self._path,
                "it does not say on which image its planes lie, only where in space; it cannot be used here",
            )
        return ImageKey(known.pop())


def _first(group: Dataset, name: str) -> Dataset | None:
    return next(iter(group.get(name) or []), None)


def _group(segment: Dataset) -> Group:
    said = _first(segment, "SegmentedPropertyTypeCodeSequence")
    code = None
    if said is not None:
        code = Code(
            str(said.get("CodeValue") or ""),
            str(said.get("CodingSchemeDesignator") or ""),
            str(said.get("CodeMeaning") or ""),
        )
    label = str(segment.get("SegmentLabel") or "")
    own = _OWN_LABEL.fullmatch(label)
    part = Part(own.group(1)) if own else Part.AREA if code and code.value == _CLUSTER else None
    return Group(
        label=label,
        part=part,
        tracking_id=str(segment.get("TrackingID") or ""),
        tracking_uid=str(segment.get("TrackingUID") or ""),
        code=code,
        by_hand=str(segment.get("SegmentAlgorithmType") or "") == "MANUAL",
    )


def _header(path: Path, file: BinaryIO) -> tuple[Dataset, int]:
    """Everything but the pixels, and where those begin in a file that is not compressed."""
    header = dcmread(file, stop_before_pixels=True)
    begins = file.tell() + (8 if header.file_meta.TransferSyntaxUID.is_implicit_VR else 12)
    said = str(header.get("SOPClassUID") or "")
    if said not in (SEGMENTATION, LABEL_MAP):
        raise UnreadableObject(path, f"it is no segmentation but {_kind(header)}")
    return header, begins


def _kind(header: Dataset) -> str:
    uid = header.get("SOPClassUID")
    return f"a {uid.name}" if uid and uid.name != uid else "something unknown"


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    """Damage of any kind becomes one sentence."""
    try:
        with quiet_parsing():
            yield
    except FileNotFoundError as error:
        raise UnreadableObject(path, "there is no such file") from error
    except InvalidDicomError as error:
        raise UnreadableObject(path, "it is not a DICOM file") from error
    except DAMAGE as error:
        raise UnreadableObject(path, DAMAGED) from error
