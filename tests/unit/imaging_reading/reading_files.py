"""DICOM files made for these tests, whole or broken on purpose."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders import RLELosslessEncoder
from pydicom.uid import UID

MAMMOGRAM = "1.2.840.10008.5.1.4.1.1.1.2"
TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"
EXPLICIT = "1.2.840.10008.1.2.1"
BASELINE = "1.2.840.10008.1.2.4.50"
EXTENDED = "1.2.840.10008.1.2.4.51"
LOSSLESS = "1.2.840.10008.1.2.4.70"
LS = "1.2.840.10008.1.2.4.80"
J2K = "1.2.840.10008.1.2.4.90"
HTJ2K = "1.2.840.10008.1.2.4.201"
RLE = "1.2.840.10008.1.2.5"


def breast(rows: int = 96, columns: int = 80, *, bits: int = 12, seed: int = 5) -> np.ndarray:
    """Noise on a slope with air (zeros) on the left and below: the flat end that hides a cut."""
    random = np.random.default_rng(seed)
    top = (1 << bits) - 1
    slope = np.linspace(top * 0.2, top * 0.7, columns)[None, :] + np.zeros((rows, 1))
    picture = slope + random.normal(0, top * 0.01, (rows, columns))
    picture[:, : columns // 5] = 0
    picture[rows - rows // 8 :] = 0
    return np.clip(picture, 0, top).astype(np.uint16 if bits > 8 else np.uint8)


def header(pixels: np.ndarray, **changes: Any) -> Dataset:
    """The header of a mammogram of these pixels, (rows, columns) or (frames, rows, columns)."""
    dataset = Dataset()
    dataset.SOPClassUID = MAMMOGRAM
    dataset.SOPInstanceUID = "2.25.1234567"
    dataset.StudyInstanceUID = "2.25.1"
    dataset.SeriesInstanceUID = "2.25.2"
    dataset.Modality = "MG"
    dataset.PatientID = "nobody"
    dataset.ImageLaterality = "L"
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    if pixels.ndim == 3:
        dataset.NumberOfFrames = len(pixels)
    dataset.BitsAllocated = 8 * pixels.dtype.itemsize
    dataset.BitsStored = 12 if pixels.dtype.itemsize == 2 else 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = 0
    for keyword, value in changes.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    return dataset


def write(path: Path, dataset: Dataset, syntax: str = EXPLICIT) -> Path:
    """Write as a DICOM file with preamble and meta group."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", MAMMOGRAM)
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "2.25.3")
    meta.TransferSyntaxUID = UID(syntax)
    file = FileDataset(path, dataset, file_meta=meta, preamble=b"\0" * 128)
    # The syntax given is written even where the content does not follow it.
    file.save_as(path, enforce_file_format=True)
    return path


def native(path: Path, pixels: np.ndarray, **changes: Any) -> Path:
    """An uncompressed file."""
    dataset = header(pixels, **changes)
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"
    return write(path, dataset)


def compressed(path: Path, pixels: np.ndarray, frames: list[bytes], syntax: str, **changes: Any) -> Path:
    """A file of compressed frames."""
    dataset = header(pixels, **changes)
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return write(path, dataset, syntax)


def encode(pixels: np.ndarray, syntax: str, *, bits: int = 12) -> bytes:
    """One frame compressed as `syntax` says."""
    if syntax == LOSSLESS:
        return imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=1, bitspersample=bits)
    if syntax in (BASELINE, EXTENDED):
        return imagecodecs.jpeg8_encode(pixels, level=95, bitspersample=bits)
    if syntax == LS:
        return imagecodecs.jpegls_encode(pixels)
    if syntax == J2K:
        return imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, bitspersample=bits)
    if syntax == HTJ2K:
        return imagecodecs.htj2k_encode(pixels, reversible=True)
    assert syntax == RLE
    return RLELosslessEncoder.encode(
        pixels.tobytes(),
        rows=pixels.shape[0],
        columns=pixels.shape[1],
        samples_per_pixel=1,
        number_of_frames=1,
        bits_allocated=16,
        bits_stored=bits,
        pixel_representation=0,
        photometric_interpretation="MONOCHROME2",
    )


def cut(frame: bytes, share: float, *, glue: bool) -> bytes:
    """The first `share` of a frame, with an end mark glued on if asked for."""
    kept = frame[: int(len(frame) * share)]
    return kept + b"\xff\xd9" if glue else kept


def implicit_element(tag: int, value: bytes) -> bytes:
    """One element as implicit little endian bytes."""
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value


def explicit_bytes(dataset: Dataset, syntax: str = EXPLICIT) -> bytearray:
    """A whole file as bytes, to be broken."""
    buffer = io.BytesIO()
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MAMMOGRAM
    meta.MediaStorageSOPInstanceUID = "2.25.3"
    meta.TransferSyntaxUID = UID(syntax)
    FileDataset(buffer, dataset, file_meta=meta, preamble=b"\0" * 128).save_as(
        buffer, enforce_file_format=True
    )
    return bytearray(buffer.getvalue())
