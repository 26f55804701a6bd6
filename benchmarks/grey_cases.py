"""Small pictures that hold every stored value there is, for what no file at hand does: docs/grey-values.md."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    BreastTomosynthesisImageStorage,
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
)


def write_cases(folder: Path) -> list[Path]:
    """Write them all; the name of a file says what it is about."""
    paths = []
    for make in _CASES:
        path = folder / f"{make.__name__}.dcm"
        make(path)
        paths.append(path)
    return paths


def _file(path: Path, cells: NDArray[Any], *, stored: int = 12, high: int | None = None, **more: Any) -> None:
    image = Dataset()
    image.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    image.SOPInstanceUID = f"2.25.{zlib.crc32(path.name.encode())}"
    image.Modality, image.SamplesPerPixel, image.PhotometricInterpretation = "MG", 1, "MONOCHROME2"
    if cells.ndim == 3:
        image.NumberOfFrames = len(cells)
        image.SOPClassUID = BreastTomosynthesisImageStorage
    image.Rows, image.Columns = cells.shape[-2:]
    image.BitsAllocated = 8 * cells.dtype.itemsize
    image.BitsStored, image.HighBit = stored, stored - 1 if high is None else high
    image.PixelRepresentation = int(cells.dtype.kind == "i")
    for keyword, value in more.items():
        setattr(image, keyword, value)
    image.PixelData = cells.tobytes()
    image["PixelData"].VR = "OW"
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    FileDataset(path, image, file_meta=meta, preamble=b"\0" * 128).save_as(path)


def _all(bits: int, kind: str = "<u2") -> NDArray[Any]:
    """Every value of so many bits once, signed ones from the lowest."""
    count = 1 << bits
    low = -(count // 2) if "i" in kind else 0
    return np.arange(low, low + count).reshape(1 << bits // 2, -1).astype(kind)


def _table(
    first: int, entries: NDArray[Any], bits: int, name: str = "", vr: str = "US", **more: str
) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", vr, [entries.size % (1 << 16), first, bits])
    item.add_new("LUTData", "OW", entries.astype("<u2").tobytes())
    if name:
        item.LUTExplanation = name
    for keyword, value in more.items():
        setattr(item, keyword, value)
    return item


_WINDOWS: dict[str, Any] = {
    "WindowCenter": [2048, 1000, 100, 3000.5],
    "WindowWidth": [4096, 301, 1, 77.25],
    "WindowCenterWidthExplanation": ["ALL", "NARROW", "ONE", "HALVES"],
}


def linear(path: Path) -> None:
    _file(path, _all(12), **_WINDOWS)


def linear_exact(path: Path) -> None:
    _file(path, _all(12), VOILUTFunction="LINEAR_EXACT", **_WINDOWS)


def sigmoid(path: Path) -> None:
    _file(path, _all(12), VOILUTFunction="SIGMOID", **_WINDOWS)


def sixteen_bits(path: Path) -> None:
    _file(path, _all(16), stored=16, WindowCenter=[30000, 40000], WindowWidth=[65536, 5000])


def monochrome1(path: Path) -> None:
    _file(path, _all(12), PhotometricInterpretation="MONOCHROME1", **_WINDOWS)


def monochrome1_sigmoid_inverse_shape(path: Path) -> None:
    more: dict[str, Any] = {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"}
    _file(path, _all(12), VOILUTFunction="SIGMOID", **more, **_WINDOWS)


def monochrome1_padding_down_to_a_limit(path: Path) -> None:
    more: dict[str, Any] = {
        "PhotometricInterpretation": "MONOCHROME1",
        "PixelPaddingValue": 4095,
        "PixelPaddingRangeLimit": 4000,
    }
    _file(path, _all(12), **more, **_WINDOWS)


def high_bit_15_of_12(path: Path) -> None:
    _file(path, _all(12) << 4, high=15, **_WINDOWS)


def signed_with_padding_inside(path: Path) -> None:
    more: dict[str, Any] = {"PixelPaddingValue": -300, "PixelPaddingRangeLimit": -200}
    _file(path, _all(12, "<i2"), WindowCenter=[0, -100], WindowWidth=[4096, 500], **more)


def signed_rescaled_sixteen_bits(path: Path) -> None:
    more: dict[str, Any] = {"RescaleSlope": 1, "RescaleIntercept": -1024}
    _file(path, _all(16, "<i2"), stored=16, WindowCenter=[40, 300], WindowWidth=[400, 1500], **more)


def half_slope(path: Path) -> None:
    more: dict[str, Any] = {"RescaleSlope": 0.5, "RescaleIntercept": -7}
    _file(path, _all(12), WindowCenter=[1000], WindowWidth=[900], **more)


def eight_bits(path: Path) -> None:
    _file(path, _all(8, "u1"), stored=8, WindowCenter=[128, 100], WindowWidth=[256, 33])


def modality_table(path: Path) -> None:
    entries = np.round(np.sqrt(np.arange(3000)) * 74.8)
    item = _table(200, entries, 16, ModalityLUTType="US")
    _file(path, _all(12), ModalityLUTSequence=Sequence([item]), **_WINDOWS)


def voi_tables(path: Path) -> None:
    ramp = np.arange(2500)
    tables = [
        _table(300, np.round((ramp / 2499) ** 2 * 4095), 12, "HARD"),
        _table(0, np.round((ramp / 2499) ** 0.5 * 1023), 10, "SOFT"),
        _table(1000, ramp[::-1] * 26, 16, "TURNED"),
    ]
    _file(path, _all(12), VOILUTSequence=Sequence(tables))


def voi_table_of_8_bits_and_1024_entries(path: Path) -> None:
    _file(path, _all(10), stored=10, VOILUTSequence=Sequence([_table(0, np.arange(1024) // 4, 8)]))


def windows_by_frame(path: Path) -> None:
    def frame(center: float, width: float, function: str) -> Dataset:
        voi, group = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth, voi.VOILUTFunction = center, width, function
        group.FrameVOILUTSequence = Sequence([voi])
        return group

    groups = [frame(2000, 3000, "LINEAR"), frame(1500, 900, "SIGMOID"), frame(1000, 500, "LINEAR_EXACT")]
    stack = np.stack([_all(12), _all(12)[::-1], _all(12)[:, ::-1]])
    _file(path, stack, PerFrameFunctionalGroupsSequence=Sequence(groups))


_CASES: tuple[Callable[[Path], None], ...] = (
    linear,
    linear_exact,
    sigmoid,
    sixteen_bits,
    monochrome1,
    monochrome1_sigmoid_inverse_shape,
    monochrome1_padding_down_to_a_limit,
    high_bit_15_of_12,
    signed_with_padding_inside,
    signed_rescaled_sixteen_bits,
    half_slope,
    eight_bits,
    modality_table,
    voi_tables,
    voi_table_of_8_bits_and_1024_entries,
    windows_by_frame,
)
