"""What is broken: real and synthetic files as they are, and small ones cut out of them in every encoding.

Small files are broken a thousand times in the time a large one takes once, by the same code.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.pixels.encoders.base import RLELosslessEncoder
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID

LARGEST = 6_000_000
MADE_AS = b"4"
"""Counts changes of this package after which the same number gives another file."""
_SIDE = 96
_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.2"
_TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"
_PLAIN = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
_USUAL_SIZE = 200_000

Pixels = NDArray[np.uint16]


@dataclass(frozen=True)
class Seed:
    """One file to be broken, and how often beside the others: small ones more often."""

    name: str
    data: bytes

    @property
    def weight(self) -> float:
        """1 for small files, less for what takes longer; more for those made here, which are all mammograms."""
        if self.name.startswith("made/"):
            return 6.0
        return 1 / (1 + (len(self.data) / _USUAL_SIZE) ** 2)


def corpus(folders: Sequence[Path]) -> list[Seed]:
    """The made files and those of `folders` up to LARGEST bytes, in an order that does not depend on the disk."""
    found = [Seed(f"made/{name}", data) for name, data in made()]
    for folder in folders:
        paths = [p for p in folder.rglob("*") if p.is_file() and p.stat().st_size <= LARGEST]
        dicom = [p for p in paths if p.suffix.lower() in (".dcm", "") or p.name == "DICOMDIR"]
        found += [Seed(f"{folder.name}/{p.relative_to(folder)}", p.read_bytes()) for p in sorted(dicom)]
    return found


def digest(seeds: Sequence[Seed]) -> str:
    """What tells one corpus from another: the same numbers give the same files only with the same one."""
    sums = hashlib.sha256(MADE_AS)
    for seed in seeds:
        sums.update(seed.name.encode())
        sums.update(hashlib.sha256(seed.data).digest())
    return sums.hexdigest()[:16]


def made() -> Iterator[tuple[str, bytes]]:
    """Small files in every encoding, single and as stacks, and a directory."""
    one, stack = _breast(1), _breast(3)
    for syntax in _PLAIN:
        yield f"plain {syntax}", _file(_header(one), one.tobytes(), syntax)
    for name, syntax, encode in _ENCODINGS:
        yield name, _file(_header(one), encapsulate([encode(one[0])]), syntax)
        frames = [encode(frame) for frame in stack]
        yield f"{name}, stack", _file(_header(stack), encapsulate(frames, fragments_per_frame=2), syntax)
    frames = [_jpeg_2000(frame) for frame in stack]
    header = _header(stack)
    data, header.ExtendedOffsetTable, header.ExtendedOffsetTableLengths = encapsulate_extended(frames)
    yield "extended offsets", _file(header, data, "1.2.840.10008.1.2.4.90")
    yield "directory", _directory()


def _breast(frames: int) -> Pixels:
    """Noise on a slope beside air, 12 of 16 bits."""
    noise = np.random.default_rng(frames).normal(0, 40, (frames, _SIDE, _SIDE - 16))
    slope = np.linspace(0, 2800, _SIDE - 16) * (np.arange(_SIDE - 16) > 15)
    return np.clip(slope + noise * (slope > 0), 0, 4095).astype(np.uint16)


def _header(pixels: Pixels) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = _FOR_PRESENTATION if len(pixels) == 1 else _TOMOSYNTHESIS
    dataset.SOPInstanceUID, dataset.StudyInstanceUID, dataset.SeriesInstanceUID = (
        "2.25.11",
        "2.25.12",
        "2.25.13",
    )
    dataset.Modality, dataset.PatientID, dataset.PatientName = "MG", "nobody", "No^Body"
    dataset.StudyDate, dataset.ImageLaterality, dataset.PatientOrientation = "20260131", "L", ["A", "F"]
    dataset.ViewCodeSequence = Items([_code("399162004", "SCT", "cranio-caudal")])
    dataset.ImagerPixelSpacing, dataset.EstimatedRadiographicMagnificationFactor = [0.07, 0.07], "1.05"
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = (
        ["2000", "1500"],
        ["3000", "900"],
        "SIGMOID",
    )
    dataset.RescaleSlope, dataset.RescaleIntercept = "1", "0"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape[1:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    if len(pixels) > 1:
        dataset.NumberOfFrames = len(pixels)
        dataset.PerFrameFunctionalGroupsSequence = Items([_frame(number) for number in range(len(pixels))])
    return dataset


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _frame(number: int) -> Dataset:
    place, measures, group = Dataset(), Dataset(), Dataset()
    place.ImagePositionPatient = [0, 0, float(number)]
    measures.PixelSpacing, measures.SliceThickness = [0.1, 0.1], "1"
    group.PlanePositionSequence, group.PixelMeasuresSequence = Items([place]), Items([measures])
    return group


def _file(dataset: Dataset, pixels: bytes, syntax: str) -> bytes:
    compressed = syntax not in _PLAIN
    if syntax == "1.2.840.10008.1.2.2":
        pixels = np.frombuffer(pixels, "<u2").byteswap().tobytes()
    dataset.PixelData = pixels
    dataset["PixelData"].VR = "OB" if compressed else "OW"
    dataset["PixelData"].is_undefined_length = compressed
    return _bytes(dataset, dataset.SOPClassUID, syntax)


def _bytes(dataset: Dataset, sop_class: str, syntax: str) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(sop_class), UID("2.25.11")
    meta.TransferSyntaxUID = UID(syntax)
    room = io.BytesIO()
    file = FileDataset(room, dataset, file_meta=meta, preamble=b"\0" * 128)
    file.set_original_encoding(syntax == _PLAIN[0], syntax != _PLAIN[2])
    file.save_as(room, enforce_file_format=True)
    return room.getvalue()


def _directory() -> bytes:
    dataset = Dataset()
    dataset.FileSetID = "TEST"
    records = []
    for number in range(4):
        record = Dataset()
        record.OffsetOfTheNextDirectoryRecord, record.RecordInUseFlag = 0x7FFF0000, 0xFFFF
        record.OffsetOfReferencedLowerLevelDirectoryEntity = 368
        record.DirectoryRecordType = "IMAGE" if number else "PATIENT"
        record.ReferencedFileID = ["EXAM", f"IM{number}"]
        records.append(record)
    dataset.DirectoryRecordSequence = Items(records)
    return _bytes(dataset, "1.2.840.10008.1.3.10", "1.2.840.10008.1.2.1")


def _jpeg_lossless(frame: Pixels) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(frame, lossless=True, predictor=1, bitspersample=12))


def _jpeg_extended(frame: Pixels) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(frame, level=92, bitspersample=12))


def _jpeg_ls(frame: Pixels) -> bytes:
    return bytes(imagecodecs.jpegls_encode(frame))


def _jpeg_2000(frame: Pixels) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(frame, codecformat="j2k", reversible=True, bitspersample=12))


def _htj2k(frame: Pixels) -> bytes:
    return bytes(imagecodecs.htj2k_encode(frame, reversible=True))


def _rle(frame: Pixels) -> bytes:
    facts: dict[str, Any] = {"samples_per_pixel": 1, "number_of_frames": 1, "pixel_representation": 0}
    facts |= {"bits_allocated": 16, "bits_stored": 12, "photometric_interpretation": "MONOCHROME2"}
    rows, columns = frame.shape
    return bytes(
        RLELosslessEncoder.encode(
            frame.tobytes(), encoding_plugin="pydicom", rows=rows, columns=columns, **facts
        )
    )


_ENCODINGS = (
    ("RLE", "1.2.840.10008.1.2.5", _rle),
    ("JPEG Extended", "1.2.840.10008.1.2.4.51", _jpeg_extended),
    ("JPEG Lossless", "1.2.840.10008.1.2.4.70", _jpeg_lossless),
    ("JPEG-LS", "1.2.840.10008.1.2.4.80", _jpeg_ls),
    ("JPEG 2000", "1.2.840.10008.1.2.4.90", _jpeg_2000),
    ("HTJ2K", "1.2.840.10008.1.2.4.201", _htj2k),
)
