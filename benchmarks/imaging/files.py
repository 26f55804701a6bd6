"""The files that are measured: synthetic mammograms at full size in every encoding, made once and kept.

The pictures come from the program's own phantom (12 of 16 bits, 4096 rows x 3328 columns), so that
breast, air and noise compress as in a clinic.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders.base import RLELosslessEncoder
from pydicom.uid import (
    UID,
    BreastTomosynthesisImageStorage,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from annotator.phantom.anatomy import CANVAS_STEP_MM, make_anatomy
from annotator.phantom.dicom_out import ImageRecord, make_dataset, phantom_uid
from annotator.phantom.exams import Exam, make_person, shots
from annotator.phantom.placement import Detector, Placement
from annotator.phantom.radiograph import Radiograph, take
from annotator.phantom.write import exam_record

SEED = 4100
MADE_AS = 4
"""Counts changes of this module that make kept files worthless."""
FIELD_MM = 4096 * 0.057

Pixels = NDArray[np.uint16]


def _jpeg_lossless(pixels: Pixels) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=1, bitspersample=12))


def _jpeg_2000(pixels: Pixels) -> bytes:
    coded = imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="j2k", reversible=True, bitspersample=12)
    return bytes(coded)


def _htj2k(pixels: Pixels) -> bytes:
    return bytes(imagecodecs.htj2k_encode(pixels, reversible=True))


def _jpeg_ls(pixels: Pixels) -> bytes:
    return bytes(imagecodecs.jpegls_encode(pixels))


def _rle(pixels: Pixels) -> bytes:
    rows, columns = pixels.shape
    return bytes(
        RLELosslessEncoder.encode(
            pixels.tobytes(),
            encoding_plugin="pydicom",
            rows=rows,
            columns=columns,
            samples_per_pixel=1,
            bits_allocated=16,
            bits_stored=12,
            pixel_representation=0,
            photometric_interpretation="MONOCHROME2",
            number_of_frames=1,
        )
    )


@dataclass(frozen=True, slots=True)
class Encoding:
    """A transfer syntax and the encoder for it; none for plain pixels."""

    name: str
    uid: str
    encode: Callable[[Pixels], bytes] | None


UNCOMPRESSED = Encoding("uncompressed", ExplicitVRLittleEndian, None)
RLE = Encoding("RLE", RLELossless, _rle)
JPEG_LOSSLESS = Encoding("JPEG Lossless", JPEGLosslessSV1, _jpeg_lossless)
JPEG_LS = Encoding("JPEG-LS", JPEGLSLossless, _jpeg_ls)
JPEG_2000 = Encoding("JPEG 2000", JPEG2000Lossless, _jpeg_2000)
HTJ2K = Encoding("HTJ2K", HTJ2KLossless, _htj2k)
ENCODINGS = (UNCOMPRESSED, RLE, JPEG_LOSSLESS, JPEG_LS, JPEG_2000, HTJ2K)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large everything is: at full size, or small enough for a test of a few seconds."""

    rows: int = 4096
    columns: int = 3328
    slice_rows: int = 2457
    slice_columns: int = 1996
    slices: int = 100
    headers: int = 2000
    viewports: tuple[tuple[int, int], ...] = ((1920, 1200), (2048, 2560))
    rounds: int = 7
    specks: int = 4000

    @property
    def words(self) -> str:
        return f"{self.rows}x{self.columns}"


FULL = Sizes()
QUICK = Sizes(1280, 1040, 1280, 1040, 6, 12, ((320, 200), (200, 256)), 1, 60)


class Files:
    """Makes what is asked for below `folder`, and finds it there the next time."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.sizes = sizes
        self.folder = folder / f"{MADE_AS}-{sizes.rows}x{sizes.columns}"

    def exam(self) -> tuple[Path, ...]:
        """The four views of a screening, JPEG Lossless; the left MLO first in the window's order or not."""
        folder = self._made("exam", self._write_exam)
        return tuple(sorted(folder.glob("*.dcm")))

    def mammogram(self, encoding: Encoding) -> Path:
        """One MLO view in an encoding."""
        if encoding is JPEG_LOSSLESS:
            return next(path for path in self.exam() if path.stem == "LMLO")
        source = self.mammogram(JPEG_LOSSLESS)
        name = encoding.uid.rpartition(".")[2] if encoding.encode else "plain"
        folder = self._made(f"encoding-{name}", partial(_recode, source, encoding))
        return folder / "LMLO.dcm"

    def stack(self, encoding: Encoding) -> Path:
        """A tomosynthesis of one breast with a hundred slices."""
        name = encoding.uid.rpartition(".")[2]
        return self._made(f"stack-{name}", partial(self._write_stack, encoding)) / "LCC.dcm"

    def headers(self) -> Path:
        """A folder of many small files, as many exams of four views."""
        return self._made(f"headers-{self.sizes.headers}", self._write_headers)

    def small(self) -> Path:
        """The same view at a quarter of the pixels."""
        return self._made("small", self._write_small) / "LMLO.dcm"

    def _made(self, name: str, write: Callable[[Path], None]) -> Path:
        folder = self.folder / name
        if not folder.is_dir():
            part = folder.with_name(f"{name}.part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            write(part)
            part.rename(folder)
        return folder

    def _write_exam(self, folder: Path) -> None:
        detector = Detector(self.sizes.rows, self.sizes.columns, FIELD_MM / self.sizes.rows)
        for number, picture in enumerate(_pictures(detector), start=1):
            ds = _dataset(picture, number)
            ds.save_as(
                folder / f"{picture.truth.laterality}{picture.truth.view}.dcm", enforce_file_format=True
            )

    def _write_small(self, folder: Path) -> None:
        source = dcmread(self.mammogram(UNCOMPRESSED))
        pixels = cv2.resize(source.pixel_array, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        source.ImagerPixelSpacing = [2 * float(s) for s in source.ImagerPixelSpacing]
        _put_pixels(source, [pixels], UNCOMPRESSED)
        source.save_as(folder / "LMLO.dcm", enforce_file_format=True)

    def _write_stack(self, encoding: Encoding, folder: Path) -> None:
        rows, columns = self.sizes.slice_rows, self.sizes.slice_columns
        detector = Detector(rows, columns, FIELD_MM / rows)
        picture = next(p for p in _pictures(detector) if p.truth.view == "CC" and p.truth.laterality == "L")
        ds = _dataset(picture, 1)
        _as_tomosynthesis(ds, self.sizes.slices, detector.pixel_mm)
        _put_pixels(ds, _slices(picture.pixels, self.sizes.slices), encoding)
        ds.save_as(folder / "LCC.dcm", enforce_file_format=True)

    def _write_headers(self, folder: Path) -> None:
        picture = next(_pictures(Detector(64, 52, FIELD_MM / 64)))
        ds = _dataset(picture, 1)
        for number in range(self.sizes.headers):
            exam = number // 4
            ds.StudyInstanceUID = phantom_uid("bench", "study", exam)
            ds.SOPInstanceUID = phantom_uid("bench", "image", number)
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
            ds.PatientID, ds.InstanceNumber = f"BENCH-{exam:05}", number % 4 + 1
            where = folder / f"{exam:05}"
            where.mkdir(exist_ok=True)
            ds.save_as(where / f"{number % 4}.dcm", enforce_file_format=True)


def _pictures(detector: Detector) -> Iterator[Radiograph]:
    """The four views of one person on a detector of this size."""
    person = make_person(SEED)
    coarser = max(1.0, detector.pixel_mm / 0.07)
    for planned in shots(person, Exam.SCREENING):
        shot = replace(planned, detector=detector)
        anatomy = make_anatomy(shot.breast, shot.view, min(coarser, 8) * CANVAS_STEP_MM)
        where = Placement(detector, anatomy.canvas)
        yield take(anatomy, shot.groups, where, shot.exposure, shot.processing, "benchmark")


def _dataset(picture: Radiograph, number: int) -> Dataset:
    image = ImageRecord(number=number, exposure_mas=100, force_n=100, enhancement="Detail 0.5")
    return make_dataset(picture.pixels, picture.truth, exam_record(SEED, Exam.SCREENING), image)


def _recode(source: Path, encoding: Encoding, folder: Path) -> None:
    ds = dcmread(source)
    _put_pixels(ds, [ds.pixel_array], encoding)
    ds.save_as(folder / "LMLO.dcm", enforce_file_format=True)


def _put_pixels(ds: Dataset, frames: Any, encoding: Encoding) -> None:
    """Frames into a data set, two encoded at a time."""
    first, *_ = frames = [np.ascontiguousarray(f) for f in frames]
    ds.Rows, ds.Columns = first.shape
    ds.file_meta.TransferSyntaxUID = UID(encoding.uid)
    if encoding.encode is None:
        ds.PixelData = b"".join(frame.tobytes() for frame in frames)
        ds["PixelData"].VR = "OW"
        ds["PixelData"].is_undefined_length = False
        return
    with ThreadPoolExecutor(2) as pool:
        ds.PixelData = encapsulate(list(pool.map(encoding.encode, frames)))
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True


def _slices(picture: Pixels, count: int) -> list[Pixels]:
    """Slices that differ as those of one breast do: shifted against each other, each with noise of its own."""
    rng = np.random.default_rng(SEED)
    noise = rng.normal(0, 12, picture.shape).astype(np.float32)
    breast = picture > 0
    made = []
    for number in range(count):
        shift = np.array([[1, 0, 0], [0, 1, 0.15 * (number - count / 2)]])
        moved = cv2.warpAffine(
            picture.astype(np.float32),
            shift,
            picture.shape[::-1],
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        values = moved + np.roll(noise, 37 * number, axis=0)
        made.append(np.where(breast, np.clip(values, 1, 4095), 0).astype(np.uint16))
    return made


def _as_tomosynthesis(ds: Dataset, count: int, pixel_mm: float) -> None:
    """Turn the header of one view into that of a stack (PS3.3 A.61): the attributes that make it one."""
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = BreastTomosynthesisImageStorage
    ds.StudyInstanceUID = phantom_uid("bench", "tomosynthesis study")
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(
        phantom_uid("bench", "tomosynthesis", count)
    )
    ds.NumberOfFrames = count
    ds.ImageType = ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "NONE"]
    shared = Dataset()
    measures = Dataset()
    measures.PixelSpacing, measures.SliceThickness = [pixel_mm, pixel_mm], 1
    shared.PixelMeasuresSequence = [measures]
    orientation = Dataset()
    orientation.ImageOrientationPatient = [0, 1, 0, 1, 0, 0]
    shared.PlaneOrientationSequence = [orientation]
    voi = Dataset()
    voi.WindowCenter, voi.WindowWidth = 2100, 3000
    shared.FrameVOILUTSequence = [voi]
    anatomy = Dataset()
    anatomy.FrameLaterality = ds.ImageLaterality
    anatomy.AnatomicRegionSequence = copy.deepcopy(ds.AnatomicRegionSequence)
    shared.FrameAnatomySequence = [anatomy]
    value = Dataset()
    value.RescaleIntercept, value.RescaleSlope, value.RescaleType = 0, 1, "US"
    shared.PixelValueTransformationSequence = [value]
    ds.SharedFunctionalGroupsSequence = [shared]
    ds.PerFrameFunctionalGroupsSequence = [_frame_group(number) for number in range(count)]
    for keyword in ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction"):
        if keyword in ds:
            delattr(ds, keyword)


def _frame_group(number: int) -> Dataset:
    group, content, position = Dataset(), Dataset(), Dataset()
    content.StackID, content.InStackPositionNumber = "1", number + 1
    content.DimensionIndexValues = [1, number + 1]
    position.ImagePositionPatient = [0, 0, number]
    group.FrameContentSequence, group.PlanePositionSequence = [content], [position]
    return group
