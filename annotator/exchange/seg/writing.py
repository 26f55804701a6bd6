"""Outlines of a reading as binary segmentations: one object an image, one plane a segment and frame."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom import Dataset
from pydicom.uid import SegmentationStorage, generate_uid

from annotator.errors import ExportError, UnreadableObject
from annotator.exchange.drawing import Part
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.seg.reading import OpenedSegmentation
from annotator.exchange.seg.segments import Segment, mask_of, planes_of, segments_of
from annotator.exchange.source_header import source_header
from annotator.exchange.whole_file import whole_file
from annotator.exchange.written_object import (
    PROGRAM,
    coded,
    file_of,
    line,
    marked_images,
    new_object,
    new_series,
    person,
    reference,
    save,
    series_reference,
    tracking_uid,
)
from annotator.lexicon.terms import Code
from annotator.model.image import ImageInfo, Laterality

ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
"""CID 7150, Segmentation Property Categories."""
BREAST = Code("76752008", "SCT", "Breast")
SIDES = {Laterality.LEFT: Code("7771000", "SCT", "Left"), Laterality.RIGHT: Code("24028007", "SCT", "Right")}
"""CID 244, Laterality."""
SOURCE = Code("121322", "DCM", "Source image for image processing operation")
SEGMENTATION = Code("113076", "DCM", "Segmentation")
SERIES_NUMBER = 9001
MOST_BYTES = 0xFFFFFFFE
"""Of pixels in one element (PS3.5, 7.1.2)."""


def write(outgoing: Outgoing, folder: Path) -> tuple[Path, ...]:
    """One Segmentation for each marked image, all of them or none; raises ExportError.

    Millimetres stay with the image: only slices, whose pixel spacing is that of the plane, have it repeated.
    """
    images = marked_images(outgoing)
    series = new_series(SegmentationStorage, "SEG", SERIES_NUMBER, "Outlined calcifications")
    paths = []
    with ExitStack() as files:
        for number, info in enumerate(images, start=1):
            path = file_of(outgoing, folder, "seg", number, len(images))
            file = files.enter_context(whole_file(path))
            segments = segments_of(outgoing, info)
            header = source_header(outgoing, info)
            made = new_object(outgoing, header, series, number)
            _describe(made, outgoing, header, info, segments)
            save(made, file)
            _append_pixels(file, segments, info)
            paths.append(path)
    return tuple(paths)


def check(outgoing: Outgoing, path: Path) -> str | None:
    """Whether every pixel of a written file is as the reading says: None, or what is not, in a sentence."""
    try:
        found = OpenedSegmentation(path)
        info = next(
            (one for one in outgoing.exam.images if outgoing.uid(one.sop_instance_uid) in found.image_uids),
            None,
        )
        if info is None:
            return "It refers to no image of the exam."
        segments = segments_of(outgoing, info)
        wanted = {one.number: (one.label, tracking_uid(one.finding)) for one in segments}
        if {n: (one.label, one.tracking_uid) for n, one in found.groups.items()} != wanted:
            return "It has other segments than the reading has findings on this image."
        planes = list(planes_of(segments))
        if [(segment.number, frame) for segment, frame in planes] != [
            (plane.segment, plane.image.frame) for plane in found.planes
        ]:
            return "It has other planes than the reading has marked frames."
        for (segment, frame), (plane, mask) in zip(planes, found.masks(), strict=True):
            if plane.segment != segment.number or not np.array_equal(mask, mask_of(segment, frame, info)):
                return f"The pixels of {segment.label} are not those of its outlines."
    except UnreadableObject as error:
        return f"It cannot be read back: {error.reason}."
    return None


def _describe(
    made: Dataset, outgoing: Outgoing, header: Dataset, info: ImageInfo, segments: tuple[Segment, ...]
) -> None:
    """Everything but the pixels."""
    planes = list(planes_of(segments))
    made.ImageType = ["DERIVED", "PRIMARY"]
    made.PatientOrientation = header.get("PatientOrientation") or []
    made.ContentLabel = "CALCIFICATIONS"
    made.ContentDescription = "Calcifications as outlined by a reader"
    made.ContentCreatorName = person(outgoing.reading.reader)
    made.ReferencedSeriesSequence = [series_reference(header, "ReferencedInstanceSequence")]
    made.SourceImageSequence = [reference(header)]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.PresentationLUTShape = "IDENTITY"
    made.Rows, made.Columns, made.NumberOfFrames = info.rows, info.columns, len(planes)
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 1, 1, 0, 0
    _lossy(made, header)
    made.SegmentationType = "BINARY"
    made.SegmentsOverlap = "NO" if len(segments) == 1 else "UNDEFINED"
    made.SegmentSequence = [_segment(one, outgoing, info) for one in segments]
    _dimensions(made, stack=info.is_stack)
    shared = Dataset()
    placed = _places(made, shared, header) if info.is_stack else {}
    made.SharedFunctionalGroupsSequence = [shared]
    made.PerFrameFunctionalGroupsSequence = [
        _plane(header, info, segment, frame, placed.get(frame)) for segment, frame in planes
    ]


def _lossy(made: Dataset, header: Dataset) -> None:
    # what was lost of the image is lost of what was outlined on it (PS3.3 C.7.6.1.1.5)
    made.LossyImageCompression = "00"
    if header.get("LossyImageCompression") == "01" and header.get("LossyImageCompressionMethod"):
        for name in ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"):
            setattr(made, name, header.get(name))


def _segment(segment: Segment, outgoing: Outgoing, info: ImageInfo) -> Dataset:
    made, finding, lexicon = Dataset(), segment.finding, outgoing.lexicon
    kind = "calcification_cluster" if segment.part is Part.AREA else "individual_calcification"
    made.SegmentNumber, made.SegmentLabel = segment.number, segment.label
    said = [lexicon.word(one) for one in (*finding.morphology, *finding.distributions)]
    if said:
        made.SegmentDescription = ", ".join(said)
    made.SegmentAlgorithmType = "MANUAL" if segment.by_hand else "SEMIAUTOMATIC"
    if not segment.by_hand:
        made.SegmentAlgorithmName = line(f"{PROGRAM} outline at a click")
    made.SegmentedPropertyCategoryCodeSequence = [coded(ABNORMAL)]
    made.SegmentedPropertyTypeCodeSequence = [coded(lexicon.concepts[kind])]
    region = coded(BREAST)
    if info.laterality in SIDES:
        region.AnatomicRegionModifierSequence = [coded(SIDES[info.laterality])]
    made.AnatomicRegionSequence = [region]
    made.RecommendedDisplayCIELabValue = list(segment.part.colour)
    made.TrackingID, made.TrackingUID = f"F{finding.number}", tracking_uid(finding)
    return made


def _dimensions(made: Dataset, *, stack: bool) -> None:
    organization, uid = Dataset(), generate_uid(prefix=None)
    organization.DimensionOrganizationUID = uid
    made.DimensionOrganizationSequence = [organization]
    made.DimensionIndexSequence = [_dimension(uid, 0x0062000B, 0x0062000A, "Referenced Segment Number")]
    if stack:
        made.DimensionIndexSequence.append(
            _dimension(uid, 0x00209057, 0x00209111, "In-Stack Position Number")
        )


def _dimension(uid: str, pointer: int, group: int, label: str) -> Dataset:
    made = Dataset()
    made.DimensionOrganizationUID = uid
    made.DimensionIndexPointer, made.FunctionalGroupPointer = pointer, group
    made.DimensionDescriptionLabel = label
    return made


def _places(made: Dataset, shared: Dataset, header: Dataset) -> dict[int, Dataset]:
    """Where each slice of the image lies, by frame; what all share goes into `shared`. Empty where it is not known."""
    common = next(iter(header.get("SharedFunctionalGroupsSequence") or []), Dataset())
    frames = list(header.get("PerFrameFunctionalGroupsSequence") or [])
    found: dict[int, Dataset] = {}
    for number, frame in enumerate(frames, start=1):
        placed = Dataset()
        for name in ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence"):
            if name not in frame and name not in common:
                return {}
            setattr(placed, name, frame.get(name) or common.get(name))
        found[number] = placed
    if not found or "FrameOfReferenceUID" not in header:
        return {}
    for name in ("PlaneOrientationSequence", "PixelMeasuresSequence"):
        if name in common and all(name not in frame for frame in frames):
            setattr(shared, name, common.get(name))
            for placed in found.values():
                delattr(placed, name)
    made.FrameOfReferenceUID = header.FrameOfReferenceUID
    made.PositionReferenceIndicator = ""
    return found


def _plane(header: Dataset, info: ImageInfo, segment: Segment, frame: int, placed: Dataset | None) -> Dataset:
    made, source, derivation = Dataset(), reference(header, [frame] if info.is_stack else []), Dataset()
    source.SpatialLocationsPreserved = "YES"
    source.PurposeOfReferenceCodeSequence = [coded(SOURCE)]
    derivation.SourceImageSequence = [source]
    derivation.DerivationCodeSequence = [coded(SEGMENTATION)]
    made.DerivationImageSequence = [derivation]
    content, identification = Dataset(), Dataset()
    content.DimensionIndexValues = [segment.number, frame] if info.is_stack else [segment.number]
    if info.is_stack:
        content.StackID, content.InStackPositionNumber = "1", frame
    made.FrameContentSequence = [content]
    identification.ReferencedSegmentNumber = segment.number
    made.SegmentIdentificationSequence = [identification]
    for element in placed or ():
        made.add(element)
    return made


def _append_pixels(file: BinaryIO, segments: tuple[Segment, ...], info: ImageInfo) -> None:
    """Pixel Data as the last element, plane by plane, bits packed from the lowest on (PS3.5 8.1.1, A.2)."""
    planes = sum(len(one.frames) for one in segments)
    length = (planes * info.rows * info.columns + 7) // 8
    if length > MOST_BYTES:
        raise ExportError(
            f"The outlines take {planes} planes, more than one segmentation can hold; write them finding by finding."
        )
    file.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, length + length % 2))
    file.writelines(_packed(segments, info))
    file.write(b"\0" * (length % 2))


def _packed(segments: tuple[Segment, ...], info: ImageInfo) -> Iterator[bytes]:
    """The planes one after the other without a gap, in whole bytes; bits left over begin the next."""
    rest = np.zeros(0, np.bool_)
    for segment, frame in planes_of(segments):
        bits = np.concatenate([rest, mask_of(segment, frame, info).ravel()])
        whole = bits.size - bits.size % 8
        yield np.packbits(bits[:whole], bitorder="little").tobytes()
        rest = bits[whole:]
    yield np.packbits(rest, bitorder="little").tobytes()
