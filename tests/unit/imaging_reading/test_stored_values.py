"""The bits of a cell that are the value, whatever else lies in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian
from reading_files import LOSSLESS, breast, compressed, header, native

from annotator.imaging.dicom_file import read_image
from annotator.imaging.stored_values import stored_values
from annotator.model.image import ImageInfo

OVERLAY = "outside the stored value"


def _facts(*, stored: int, high: int, signed: bool, allocated: int = 16) -> ImageInfo:
    return ImageInfo(
        Path("x"),
        "1",
        "2",
        1,
        1,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high,
        signed=signed,
    )


@given(
    cell=st.integers(0, 65535),
    stored=st.integers(1, 16),
    room=st.integers(0, 15),
    signed=st.booleans(),
)
def test_a_value_is_its_bits_with_its_sign(cell: int, stored: int, room: int, signed: bool):
    high = min(15, stored - 1 + room)
    info = _facts(stored=stored, high=high, signed=signed)
    values, _ = stored_values(np.array([[cell]], np.uint16), info, 16)
    expected = (cell >> (high + 1 - stored)) & ((1 << stored) - 1)
    if signed and expected >> (stored - 1):
        expected -= 1 << stored
    assert values[0, 0] == expected
    assert values.dtype == (np.int16 if signed else np.uint16)
    assert not values.flags.writeable


def test_high_bit_15_of_12_stored_is_shifted_down(tmp_path: Path):
    pixels = breast()
    shown = read_image(native(tmp_path / "a.dcm", pixels << 4, HighBit=15))
    assert np.array_equal(shown.frame(), pixels)
    assert not shown.info.repairs


def test_overlay_bits_are_left_out_and_said(tmp_path: Path):
    pixels = breast()
    shown = read_image(native(tmp_path / "a.dcm", pixels | np.uint16(0x8000)))
    assert np.array_equal(shown.frame(), pixels)
    assert any(OVERLAY in r for r in shown.info.repairs)


@pytest.mark.parametrize("spelt_out", [True, False], ids=["sign repeated above", "clear above"])
def test_signed_values_of_12_bits(tmp_path: Path, spelt_out: bool):
    values = np.arange(-2048, 2048, dtype=np.int16).reshape(64, 64)
    cells = values.view(np.uint16) if spelt_out else values.view(np.uint16) & np.uint16(0x0FFF)
    shown = read_image(native(tmp_path / "a.dcm", cells, PixelRepresentation=1))
    assert np.array_equal(shown.frame(), values)
    assert not shown.info.repairs


def test_signed_bytes(tmp_path: Path):
    values = np.arange(-128, 128, dtype=np.int8).reshape(16, 16)
    shown = read_image(native(tmp_path / "a.dcm", values.view(np.uint8), PixelRepresentation=1))
    assert shown.frame().dtype == np.int16
    assert np.array_equal(shown.frame(), values)


def test_bytes_become_wider_and_stay_the_same_numbers(tmp_path: Path):
    pixels = breast(bits=8)
    shown = read_image(native(tmp_path / "a.dcm", pixels))
    assert shown.frame().dtype == np.uint16
    assert np.array_equal(shown.frame(), pixels)


def test_shifted_values_in_a_compressed_frame(tmp_path: Path):
    import imagecodecs

    pixels = breast()
    frame = imagecodecs.jpeg8_encode(pixels << 4, lossless=True, predictor=1, bitspersample=16)
    shown = read_image(compressed(tmp_path / "a.dcm", pixels, [frame], LOSSLESS, HighBit=15))
    assert np.array_equal(shown.frame(), pixels)


def test_more_precision_than_the_header_says_is_fine_while_values_fit(tmp_path: Path):
    import imagecodecs

    pixels = breast()
    frame = imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=1, bitspersample=16)
    shown = read_image(compressed(tmp_path / "a.dcm", pixels, [frame], LOSSLESS))
    assert np.array_equal(shown.frame(), pixels)


@pytest.mark.parametrize("bits_stored", [0, 17, None])
def test_impossible_bits_stored_mean_all_bits(tmp_path: Path, bits_stored: int | None):
    pixels = breast(bits=16)
    shown = read_image(native(tmp_path / "a.dcm", pixels, BitsStored=bits_stored, HighBit=15))
    assert np.array_equal(shown.frame(), pixels)
    assert any("BitsStored" in r for r in shown.info.repairs)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("rows", "columns"), [(16, 16), (5, 7)])
def test_big_endian(tmp_path: Path, dtype: type, rows: int, columns: int):
    bits = 12 if dtype is np.uint16 else 8
    stack = np.stack([breast(rows, columns, bits=bits, seed=s) for s in (1, 2, 3)])
    dataset = header(stack)
    content = stack.astype(stack.dtype.newbyteorder(">")).tobytes()
    if dtype is np.uint8:
        content += b"\0" * (len(content) % 2)
        content = np.frombuffer(content, np.uint16).byteswap().tobytes()
    dataset.PixelData = content
    dataset["PixelData"].VR = "OW"
    path = tmp_path / "a.dcm"
    _big_endian(dataset).save_as(path, enforce_file_format=True)
    shown = read_image(path)
    for number in (1, 2, 3):
        assert np.array_equal(shown.frame(number), stack[number - 1])


def _big_endian(dataset: Dataset) -> Dataset:
    from pydicom.dataset import FileDataset, FileMetaDataset

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRBigEndian
    return FileDataset(
        None, dataset, preamble=b"\0" * 128, file_meta=meta, is_implicit_VR=False, is_little_endian=False
    )


def test_bytes_behind_the_pixels_are_left_out_and_said(tmp_path: Path):
    pixels = breast()
    dataset = header(pixels)
    dataset.PixelData = pixels.tobytes() + b"\7" * 40
    dataset["PixelData"].VR = "OW"
    from reading_files import write

    shown = read_image(write(tmp_path / "a.dcm", dataset))
    assert np.array_equal(shown.frame(), pixels)
    assert any("40 bytes behind the pixels" in r for r in shown.info.repairs)


def test_frames_are_kept_and_shared_between_threads(tmp_path: Path):
    from concurrent.futures import ThreadPoolExecutor

    stack = np.stack([breast(seed=s) for s in range(6)])
    shown = read_image(native(tmp_path / "a.dcm", stack))
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(shown.frame, [1 + n % 6 for n in range(60)]))
    assert all(np.array_equal(f, stack[n % 6]) for n, f in enumerate(frames))
    assert shown.frame(2) is shown.frame(2)
