"""A picture that was cut off must never be shown, however whole it looks."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading_files import (
    BASELINE,
    EXTENDED,
    HTJ2K,
    J2K,
    LOSSLESS,
    LS,
    RLE,
    breast,
    compressed,
    cut,
    encode,
)

from annotator.errors import UnreadableImage
from annotator.imaging.dicom_file import read_image
from annotator.imaging.stream_checks import bit_balance, read_head

ALL = (BASELINE, EXTENDED, LOSSLESS, LS, J2K, HTJ2K, RLE)


def _picture(syntax: str) -> tuple[np.ndarray, bytes]:
    bits = 8 if syntax == BASELINE else 12
    pixels = breast(bits=bits)
    return pixels, encode(pixels, syntax, bits=bits)


@pytest.mark.parametrize("syntax", ALL)
def test_a_whole_frame_opens(tmp_path: Path, syntax: str):
    pixels, frame = _picture(syntax)
    shown = read_image(compressed(tmp_path / "a.dcm", pixels, [frame], syntax)).frame()
    worst = np.abs(shown.astype(int) - pixels).max()
    assert worst == 0 if syntax not in (BASELINE, EXTENDED) else worst < 16
    assert not shown.flags.writeable


@pytest.mark.parametrize("glue", [False, True], ids=["as cut", "end mark glued on"])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.5, 0.8, 0.95, 0.99])
@pytest.mark.parametrize("syntax", ALL)
def test_a_cut_frame_is_refused(tmp_path: Path, syntax: str, share: float, glue: bool):
    pixels, frame = _picture(syntax)
    path = compressed(tmp_path / "a.dcm", pixels, [cut(frame, share, glue=glue) or b"\0\0"], syntax)
    with pytest.raises(UnreadableImage) as refused:
        read_image(path)
    assert str(path) not in refused.value.reason
    assert "ask for the file again" in refused.value.reason


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lost=st.integers(1, 6000))
def test_jpeg_lossless_cut_anywhere_with_an_end_mark_is_refused_or_exact(tmp_path: Path, lost: int):
    pixels, frame = _picture(LOSSLESS)
    path = compressed(tmp_path / "a.dcm", pixels, [frame[: -2 - lost] + b"\xff\xd9"], LOSSLESS)
    try:
        shown = read_image(path).frame()
    except UnreadableImage:
        return
    assert np.array_equal(shown, pixels)


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_bits_of_a_lossless_frame_are_counted_exactly(predictor: int, bits: int):
    import imagecodecs

    pixels = breast(37, 41, bits=bits)
    frame = imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=predictor, bitspersample=bits)
    balance = bit_balance(frame, read_head(frame), pixels)
    assert balance is not None
    assert balance.complete
    wrong = pixels.copy()
    wrong[-9:] ^= 1
    broken = bit_balance(frame, read_head(frame), wrong)
    assert broken is not None
    assert broken.needed != balance.needed


@pytest.mark.parametrize(("at", "what"), [(3, "rows"), (5, "columns")])
@pytest.mark.parametrize("syntax", [BASELINE, EXTENDED, LOSSLESS, LS])
def test_a_size_in_the_stream_other_than_the_headers_is_refused(
    tmp_path: Path, syntax: str, at: int, what: str
):
    pixels, frame = _picture(syntax)
    marker = {BASELINE: b"\xff\xc0", EXTENDED: b"\xff\xc1", LOSSLESS: b"\xff\xc3", LS: b"\xff\xf7"}[syntax]
    start = frame.index(marker) + 2 + at
    for lie in (65535, getattr(read_head(frame), what) - 8):
        broken = frame[:start] + struct.pack(">H", lie) + frame[start + 2 :]
        with pytest.raises(UnreadableImage, match=r"pixels although the header says"):
            read_image(compressed(tmp_path / "a.dcm", pixels, [broken], syntax))


@pytest.mark.parametrize("lie", [8, 11, 14, 16])
def test_a_depth_in_the_stream_that_would_shift_all_values_is_refused(tmp_path: Path, lie: int):
    pixels, frame = _picture(LOSSLESS)
    at = frame.index(b"\xff\xc3") + 4
    broken = frame[:at] + bytes((lie,)) + frame[at + 1 :]
    with pytest.raises(UnreadableImage):
        read_image(compressed(tmp_path / "a.dcm", pixels, [broken], LOSSLESS))


def test_a_jpeg_2000_size_other_than_the_headers_is_refused(tmp_path: Path):
    pixels, frame = _picture(J2K)
    broken = frame[:8] + struct.pack(">II", 60000, 60000) + frame[16:]
    with pytest.raises(UnreadableImage, match="although the header says"):
        read_image(compressed(tmp_path / "a.dcm", pixels, [broken], J2K))


@pytest.mark.parametrize(
    ("declared", "real"), [(J2K, LOSSLESS), (LOSSLESS, LS), (LS, RLE), (RLE, J2K), ("1.2.3.4", LOSSLESS)]
)
def test_a_wrongly_named_encoding_is_recognised_and_said(tmp_path: Path, declared: str, real: str):
    pixels, frame = _picture(real)
    shown = read_image(compressed(tmp_path / "a.dcm", pixels, [frame], declared))
    assert np.array_equal(shown.frame(), pixels)
    assert any("although the header says" in r for r in shown.info.repairs)


def test_an_unknown_encoding_is_refused_by_name(tmp_path: Path):
    pixels = breast()
    path = compressed(tmp_path / "a.dcm", pixels, [b"\0\0\1\xba" + b"\5" * 200], "1.2.840.10008.1.2.4.102")
    with pytest.raises(UnreadableImage, match=r"does not read \(MPEG"):
        read_image(path)


def test_an_rle_bomb_is_refused(tmp_path: Path):
    pixels = np.zeros((7000, 7000), np.uint16)
    frame = struct.pack("<16I", 2, 64, 66, *[0] * 13) + b"\x81\0\x81\0"
    with pytest.raises(UnreadableImage, match="too short"):
        read_image(compressed(tmp_path / "a.dcm", pixels, [frame], RLE))


@pytest.mark.parametrize("lengths", [(64, 60), (60, 64), (66, 62), (62, 66), (60, 60)])
def test_rle_planes_of_unequal_length_are_refused(tmp_path: Path, lengths: tuple[int, int]):
    planes = [bytes((n - 1, *range(n))) + b"\x80" * ((n + 1) % 2) for n in lengths]
    frame = struct.pack("<16I", 2, 64, 64 + len(planes[0]), *[0] * 13) + b"".join(planes)
    with pytest.raises(UnreadableImage, match="cut off or damaged"):
        read_image(compressed(tmp_path / "a.dcm", np.zeros((8, 8), np.uint16), [frame], RLE))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_jpeg_of_three_colours_under_a_gray_header_is_refused(tmp_path: Path):
    import imagecodecs

    pixels = breast(bits=8)
    frame = imagecodecs.jpeg8_encode(np.dstack([pixels] * 3), level=90)
    with pytest.raises(UnreadableImage, match="3 colours"):
        read_image(compressed(tmp_path / "a.dcm", pixels, [frame], BASELINE))


def test_padding_behind_the_end_mark_is_no_damage(tmp_path: Path):
    pixels, frame = _picture(LOSSLESS)
    shown = read_image(compressed(tmp_path / "a.dcm", pixels, [frame + b"\0" * 7], LOSSLESS))
    assert np.array_equal(shown.frame(), pixels)


@pytest.mark.parametrize("syntax", [LOSSLESS, LS, J2K])
def test_signed_values_survive_compression(tmp_path: Path, syntax: str):
    pixels = breast()
    frame = encode(pixels, syntax)
    shown = read_image(compressed(tmp_path / "a.dcm", pixels, [frame], syntax, PixelRepresentation=1)).frame()
    expected = ((pixels << 4).view(np.int16) >> 4).astype(np.int16)
    assert shown.dtype == np.int16
    assert np.array_equal(shown, expected)
