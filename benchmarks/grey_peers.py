"""What pydicom and DCMTK make of the grey values of a file, and what is known of how each of them rounds.

A peer's habit is written down as a formula of its own, so that its output is foretold to the last grey
value: a pixel that comes out otherwise is a difference, whoever is at fault (docs/grey-values.md).
"""

from __future__ import annotations

import shutil
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels.processing import apply_modality_lut, apply_voi, apply_windowing
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from annotator.imaging.grayscale import full_range, is_padding, modality_values, stored_range, voi_fraction
from annotator.model.image import ImageInfo, Voi, VoiFunction, VoiLut, Window

DCM2PNM = shutil.which("dcm2pnm")
NOISE = 1e-6
"""Grey levels between two orders of adding up: an exact value this near to the edge may fall on either side."""

_GREY = (
    "PhotometricInterpretation",
    "BitsStored",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
    "ModalityLUTSequence",
    "VOILUTSequence",
    "WindowCenter",
    "WindowWidth",
    "WindowCenterWidthExplanation",
    "VOILUTFunction",
    "PresentationLUTShape",
)
_FRAME_GROUPS = ("FrameVOILUTSequence", "PixelValueTransformationSequence")

Pixels = NDArray[Any]


@dataclass(frozen=True)
class Setting:
    """One way of showing a frame: an alternative of the file (None: no window), inverted or not."""

    voi: Voi | None
    place: int
    """Of the alternative among those of its kind, from 1."""
    invert: bool

    @property
    def words(self) -> str:
        kind = "none" if self.voi is None else f"table {self.place}"
        if isinstance(self.voi, Window):
            kind = f"{self.voi.function} {self.place}"
        return kind + (" inverted" if self.invert else "")


def settings_of(info: ImageInfo) -> list[Setting]:
    """Every alternative both ways up, and no window at all."""
    places = {Window: 0, VoiLut: 0}
    found = []
    for voi in info.voi:
        places[type(voi)] += 1
        found += [Setting(voi, places[type(voi)], invert) for invert in (False, True)]
    return [*found, Setting(None, 0, False), Setting(None, 0, True)]


@dataclass(frozen=True)
class Foretold:
    """By stored value, counted from the lowest one: a peer's grey level, or two where noise decides."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]

    @classmethod
    def nearest(cls, exact: NDArray[np.float64]) -> Foretold:
        return cls.cut(exact + 0.5)

    @classmethod
    def cut(cls, exact: NDArray[np.float64]) -> Foretold:
        return cls(np.floor(exact - NOISE).astype(np.int64), np.floor(exact + NOISE).astype(np.int64))

    def misses(self, index: Pixels, shown: Pixels) -> int:
        """How many pixels of `shown` are neither; `index` is the place of each pixel in the tables."""
        return int(np.count_nonzero((shown != self.low[index]) & (shown != self.high[index])))


def exact_fraction(info: ImageInfo, setting: Setting) -> NDArray[np.float64]:
    """The program's own grey value of every stored value before it is rounded: 0..1, upright."""
    low, high = stored_range(info)
    voi = full_range(info) if setting.voi is None else setting.voi
    return voi_fraction(voi, modality_values(info, np.arange(low, high + 1)))


def header_of(path: Path, frame: int) -> Dataset:
    """The header as pydicom reads it, the grey values of one frame laid flat."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = pydicom.dcmread(path, force=True, stop_before_pixels=True)
        flat = Dataset()
        for keyword in _GREY:
            if keyword in whole:
                flat.add(whole[keyword])
        groups = [*whole.get("SharedFunctionalGroupsSequence", [])[:1]]
        groups += whole.get("PerFrameFunctionalGroupsSequence", [])[frame - 1 : frame]
        for group in groups:
            for keyword in _FRAME_GROUPS:
                for element in next(iter(group.get(keyword, [])), ()):
                    flat.add(element)
    flat.BitsStored = flat.get("BitsStored", whole.BitsAllocated)
    flat.PixelRepresentation = flat.get("PixelRepresentation", 0)
    flat.PhotometricInterpretation = flat.get("PhotometricInterpretation", "MONOCHROME2")
    flat.file_meta = FileMetaDataset()
    flat.file_meta.TransferSyntaxUID = whole.file_meta.get("TransferSyntaxUID", ExplicitVRLittleEndian)
    return flat


def pydicom_modality(frame: Pixels, header: Dataset) -> Pixels:
    return apply_modality_lut(frame, header)


def pydicom_fraction(modality: Pixels, header: Dataset, info: ImageInfo, setting: Setting) -> Pixels | None:
    """0..1 before rounding, inverted where the setting or the file says so; None where pydicom has no answer."""
    if setting.voi is None:
        return None  # it returns modality values and leaves the scale to the caller
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if isinstance(setting.voi, VoiLut):
            if setting.voi.bits not in (8, *range(10, 17)):
                return None
            found = apply_voi(modality, header, setting.place - 1) / ((1 << setting.voi.bits) - 1)
        else:
            span = full_range(info)
            with np.errstate(over="ignore"):
                found = apply_windowing(modality, header, setting.place - 1)
            found = (found - (span.center - span.width / 2)) / span.width
    return 1.0 - found if info.inverse != setting.invert else found


def wraps_in_pydicom(voi: Voi | None) -> bool:
    """Tables of 8 bits and more than 256 entries: pydicom 3.0 counts their entries in 8 bits."""
    return isinstance(voi, VoiLut) and voi.bits == 8 and len(voi.data) // 2 > 256


def write_plain(path: Path, header: Dataset, frame: Pixels) -> None:
    """An uncompressed copy of one frame with the grey values of `header`, for DCMTK."""
    flat = Dataset()
    for element in header:
        if element.keyword in _GREY:
            flat.add(element)
    flat.SOPClassUID, flat.SOPInstanceUID = SecondaryCaptureImageStorage, "2.25.1"
    flat.Rows, flat.Columns = frame.shape
    flat.SamplesPerPixel, flat.BitsAllocated, flat.HighBit = 1, 16, flat.BitsStored - 1
    flat.PixelData = frame.astype("<i2" if flat.PixelRepresentation else "<u2").tobytes()
    flat["PixelData"].VR = "OW"
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = flat.SOPClassUID, flat.SOPInstanceUID
    FileDataset(path, flat, file_meta=meta, preamble=b"\0" * 128).save_as(path)


def dcmtk_call(setting: Setting, *, bits: int) -> list[str]:
    """The options of dcm2pnm for a setting: 8 bits as raw PGM, 16 as PNG."""
    options = ["-W"]
    if isinstance(setting.voi, VoiLut):
        options = ["+Wl", str(setting.place)]
    elif isinstance(setting.voi, Window):
        sigmoid = setting.voi.function is VoiFunction.SIGMOID
        options = ["+Wi", str(setting.place), "+Wfs" if sigmoid else "+Wfl"]
    return [*options, *(["+P"] if setting.invert else []), "+op" if bits == 8 else "+on2"]


def dcmtk_pixels(path: Path, setting: Setting, *, bits: int) -> Pixels | None:
    """What dcm2pnm makes of a file, None when it will not."""
    assert DCM2PNM is not None
    out = path.with_suffix(".pgm" if bits == 8 else ".png")
    call = [DCM2PNM, "-q", *dcmtk_call(setting, bits=bits), str(path), str(out)]
    if subprocess.run(call, check=False, capture_output=True).returncode:
        return None
    return cv2.imread(str(out), cv2.IMREAD_UNCHANGED)


def foretold_dcmtk(info: ImageInfo, setting: Setting, *, bits: int) -> Foretold:
    """DCMTK 3.6.7: every result is cut, not rounded; see docs/grey-values.md for each line."""
    top = (1 << bits) - 1
    first, last = (top, 0) if info.inverse != setting.invert else (0, top)
    voi = setting.voi
    if isinstance(voi, Window):
        if voi.function is VoiFunction.LINEAR_EXACT:  # not known to it: taken as LINEAR
            setting = Setting(
                Window(voi.center, voi.width, VoiFunction.LINEAR), setting.place, setting.invert
            )
        whole = _cut_modality(info)
        exact = voi_fraction(setting.voi, whole) if setting.voi is not None else whole
        return Foretold.cut(first + exact * (last - first))
    # tables and whole ranges: as many equal bins as there are levels, one too few when turned round
    if isinstance(voi, VoiLut):
        count = float(1 << voi.bits)
        entry = np.round(exact_fraction(info, setting) * (count - 1))
    else:
        count, entry = _whole_range(info)
    return Foretold.cut(first + entry * ((last - first + 1) / count))


def _whole_range(info: ImageInfo) -> tuple[float, NDArray[np.float64]]:
    """How many modality values there may be, and how far each lies above the lowest."""
    span = full_range(info)
    return span.width + 1, _cut_modality(info) - (span.center - span.width / 2)


def _cut_modality(info: ImageInfo) -> NDArray[np.float64]:
    """Modality values as DCMTK keeps them: whole numbers, cut towards zero after a fractional slope."""
    low, high = stored_range(info)
    return np.trunc(modality_values(info, np.arange(low, high + 1)))


def padded(info: ImageInfo) -> NDArray[np.bool_]:
    """Which stored values, counted from the lowest one, are padding."""
    low, high = stored_range(info)
    values = np.arange(low, high + 1)
    return np.zeros(values.size, bool) if info.padding is None else is_padding(values, info.padding)
