"""The lower resolution of a JPEG 2000 frame is the same picture, or there is none."""

from __future__ import annotations

from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate, fragment_frame, itemize_fragment
from reading_files import J2K, LOSSLESS, breast, compressed, encode, header, native, write

from annotator.errors import UnreadableImage
from annotator.imaging import frames
from annotator.imaging.dicom_file import read_image
from annotator.imaging.jpeg2000_preview import decode_preview


@pytest.fixture(autouse=True)
def small_pictures_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "decode_preview", lambda data, info: decode_preview(data, info, smallest=0))


def _picture(rows: int, columns: int, bits: int, *, signed: bool = False) -> np.ndarray:
    """A breast without sharp pixels, so that any good low-pass gives about the same."""
    smooth = cv2.GaussianBlur(breast(rows, columns, bits=bits).astype(np.float32), (0, 0), 3)
    smooth -= (1 << (bits - 1)) if signed else 0
    return smooth.astype(np.int16 if signed else np.uint16 if bits > 8 else np.uint8)


def _packed(path: Path, pixels: np.ndarray, bits: int, *, form: str = "j2k", level: int = 0) -> Path:
    frame = imagecodecs.jpeg2k_encode(
        pixels, codecformat=form, reversible=not level, level=level or None, bitspersample=bits
    )
    signed = int(pixels.dtype.kind == "i")
    return compressed(
        path, pixels, [frame], J2K, BitsStored=bits, HighBit=bits - 1, PixelRepresentation=signed
    )


def _mean(frame: np.ndarray, small: np.ndarray) -> np.ndarray:
    """The area mean of whole blocks, as float; what is left over at the ends is not compared."""
    step = -(-frame.shape[0] // small.shape[0])
    rows, columns = frame.shape[0] // step, frame.shape[1] // step
    whole = frame[: rows * step, : columns * step].astype(float)
    return whole.reshape(rows, step, columns, step).mean((1, 3))


def _same_picture(frame: np.ndarray, small: np.ndarray, bits: int) -> None:
    mean = _mean(frame, small)
    shown = small[: mean.shape[0], : mean.shape[1]].astype(float)
    off = np.abs(shown - mean)
    assert off.mean() < 0.01 * (1 << bits)
    assert np.corrcoef(shown.ravel(), mean.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("form", ["j2k", "jp2"])
@pytest.mark.parametrize("level", [0, 60], ids=["lossless", "lossy"])
@pytest.mark.parametrize(
    ("bits", "signed"), [(8, False), (10, False), (12, False), (16, False), (12, True), (16, True)]
)
@pytest.mark.parametrize("size", [(192, 160), (193, 161), (201, 157), (190, 163)])
def test_a_preview_is_the_frame_at_a_quarter(
    tmp_path: Path, size: tuple[int, int], bits: int, signed: bool, level: int, form: str
):
    pixels = _picture(*size, bits, signed=signed)
    shown = read_image(_packed(tmp_path / "a.dcm", pixels, bits, form=form, level=level))
    small = shown.preview()
    assert small is not None
    assert small.shape == (-(-size[0] // 4), -(-size[1] // 4))
    assert small.dtype == shown.frame().dtype
    assert not small.flags.writeable
    _same_picture(shown.frame(), small, bits)


def test_a_noisy_breast_with_air_keeps_its_range(tmp_path: Path):
    pixels = breast(193, 161)
    shown = read_image(_packed(tmp_path / "a.dcm", pixels, 12))
    small = shown.preview()
    assert small is not None
    assert 0 <= small.min() <= small.max() < 4096
    _same_picture(shown.frame(), small, 12)


def test_a_frame_in_several_pieces_and_frames_of_a_stack(tmp_path: Path):
    stack = np.stack([_picture(192, 160, 12) >> n for n in range(3)])
    each = [encode(one, J2K) for one in stack]
    dataset = header(stack)
    pieces = [b"".join(itemize_fragment(f) for f in fragment_frame(one, 3)) for one in each]
    dataset.PixelData = b"\xfe\xff\x00\xe0" + bytes(4) + b"".join(pieces)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    shown = read_image(write(tmp_path / "a.dcm", dataset, J2K), 2)
    for number in (1, 2, 3):
        small = shown.preview(number)
        assert small is not None
        _same_picture(shown.frame(number), small, 12)


def test_other_encodings_have_none(tmp_path: Path):
    pixels = breast()
    assert read_image(native(tmp_path / "a.dcm", pixels)).preview() is None
    packed = compressed(tmp_path / "b.dcm", pixels, [encode(pixels, LOSSLESS)], LOSSLESS)
    assert read_image(packed).preview() is None


def test_small_frames_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(frames, "decode_preview", decode_preview)
    assert read_image(_packed(tmp_path / "a.dcm", _picture(192, 160, 12), 12)).preview() is None


def test_a_stream_without_levels_has_none(tmp_path: Path):
    pixels = _picture(192, 160, 12)
    for resolutions, rows in ((1, None), (2, 96), (3, 48)):
        frame = imagecodecs.jpeg2k_encode(
            pixels, codecformat="j2k", reversible=True, bitspersample=12, resolutions=resolutions
        )
        small = read_image(compressed(tmp_path / "a.dcm", pixels, [frame], J2K)).preview()
        assert rows == (None if small is None else small.shape[0])


def test_what_a_low_pass_would_garble_has_none(tmp_path: Path):
    pixels = _picture(192, 160, 12)
    shifted = imagecodecs.jpeg2k_encode(pixels << 4, codecformat="j2k", reversible=True, bitspersample=16)
    shown = read_image(compressed(tmp_path / "a.dcm", pixels, [shifted], J2K, HighBit=15))
    assert np.array_equal(shown.frame(), pixels)
    assert shown.preview() is None
    bare = encode(pixels, J2K)
    shown = read_image(compressed(tmp_path / "b.dcm", pixels, [bare], J2K, PixelRepresentation=1))
    assert shown.preview() is None


def test_values_far_outside_the_range_are_another_picture(tmp_path: Path):
    pixels = np.full((192, 160), 700, np.uint16)
    wide = pixels.copy()
    wide[40:160, 40:160] = 60000
    frame = imagecodecs.jpeg2k_encode(wide, codecformat="j2k", reversible=True, bitspersample=16)
    stack = np.stack([pixels, pixels])
    good = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, bitspersample=16)
    shown = read_image(compressed(tmp_path / "a.dcm", stack, [good, frame], J2K))
    assert shown.preview(1) is not None
    assert shown.preview(2) is None
    with pytest.raises(UnreadableImage):
        shown.frame(2)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("glue", [b"", b"\xff\xd9"])
def test_a_cut_frame_has_none(tmp_path: Path, share: float, glue: bytes):
    pixels = _picture(192, 160, 12)
    whole = encode(pixels, J2K)
    stack = np.stack([pixels, pixels])
    broken = whole[: int(len(whole) * share)] + glue
    shown = read_image(compressed(tmp_path / "a.dcm", stack, [whole, broken], J2K))
    assert shown.preview(1) is not None
    assert shown.preview(2) is None


def test_a_size_other_than_the_headers_has_none(tmp_path: Path):
    pixels = _picture(192, 160, 12)
    other = encode(_picture(160, 192, 12), J2K)
    dataset = header(np.stack([pixels, pixels]))
    dataset.PixelData = encapsulate([encode(pixels, J2K), other])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    assert read_image(write(tmp_path / "a.dcm", dataset, J2K)).preview(2) is None
