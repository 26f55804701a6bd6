"""The first look at a JPEG 2000 frame lies where the frame will lie, to a fraction of a pixel."""

from __future__ import annotations

from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, DigitalMammographyXRayImageStorageForPresentation, JPEG2000Lossless

from annotator.imaging.dicom_file import open_image, read_info
from annotator.ui.pictures.frame_source import FrameSource


def _smooth_breast(rows: int, columns: int) -> np.ndarray:
    noise = np.random.default_rng(4).normal(0, 1, (rows, columns)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 8)
    picture = 1500 + 900 * soft / np.abs(soft).max()
    picture[:, columns * 3 // 4 :] = 0
    return cv2.GaussianBlur(picture, (0, 0), 4).astype(np.uint16)


@pytest.fixture
def packed(tmp_path: Path) -> tuple[Path, np.ndarray]:
    pixels = _smooth_breast(1203, 1001)
    dataset = Dataset()
    dataset.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    dataset.SOPInstanceUID = UID("2.25.77")
    dataset.Modality, dataset.ImageLaterality = "MG", "L"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    frame = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, bitspersample=12)
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].is_undefined_length = True
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = JPEG2000Lossless
    path = tmp_path / "a.dcm"
    FileDataset(path, dataset, file_meta=meta, preamble=b"\0" * 128).save_as(path, enforce_file_format=True)
    return path, pixels


def test_a_first_look_lies_where_the_frame_lies(packed: tuple[Path, np.ndarray]):
    path, pixels = packed
    shown = FrameSource(read_info(path)).first_look(1)
    assert shown is not None
    assert shown.provisional
    assert shown.frame.shape == pixels.shape
    inner = np.s_[40:-40, 40:-300]
    off = {
        shift: np.abs(np.roll(shown.frame.astype(int), (shift, shift), (0, 1)) - pixels)[inner].mean()
        for shift in (-1, 0, 1)
    }
    assert min(off, key=lambda shift: off[shift]) == 0
    assert off[0] < 4


def test_an_image_opens_before_a_frame_is_decoded(packed: tuple[Path, np.ndarray]):
    path, pixels = packed
    image = open_image(path)
    assert image._frames.kept(1) is None
    assert image.preview(1) is not None
    assert image._frames.kept(1) is None
    assert np.array_equal(image.frame(1), pixels)
