"""Frames of an open file: each decoded alone, once, and only from the file that was opened."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from reading_files import (
    EXPLICIT,
    HTJ2K,
    J2K,
    LOSSLESS,
    LS,
    RLE,
    breast,
    compressed,
    encode,
    header,
    native,
    write,
)

from annotator.errors import UnreadableImage
from annotator.imaging import frames
from annotator.imaging.dicom_file import Mammogram, read_image

STACK = np.stack([breast(seed=s) for s in range(4)])


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The compressed frames that were decoded, in order."""
    seen: list[bytes] = []
    decode = frames.decode_frame

    def watch(codec, data, info):
        seen.append(data)
        return decode(codec, data, info)

    monkeypatch.setattr(frames, "decode_frame", watch)
    return seen


def _packed(path: Path, syntax: str = LS) -> tuple[Path, list[bytes]]:
    each = [encode(one, syntax) for one in STACK]
    return compressed(path, STACK, each, syntax), each


def test_only_the_frame_asked_for_is_decoded(tmp_path: Path, decoded: list[bytes]):
    path, each = _packed(tmp_path / "a.dcm")
    shown = read_image(path, 3)
    assert [each.index(d.rstrip(b"\0")) for d in decoded] == [2]
    assert np.array_equal(shown.frame(3), STACK[2])
    assert len(decoded) == 1


def test_a_damaged_first_frame_does_not_hide_the_others(tmp_path: Path):
    each = [encode(one, LS) for one in STACK]
    each[0] = each[0][:200]
    path = compressed(tmp_path / "a.dcm", STACK, each, LS)
    shown = read_image(path, 2)
    assert np.array_equal(shown.frame(2), STACK[1])
    with pytest.raises(UnreadableImage, match="frame 1"):
        shown.frame(1)
    with pytest.raises(UnreadableImage, match="frame 1"):
        read_image(path)


@pytest.mark.parametrize("number", [0, -1, 5])
def test_a_frame_that_is_not_there_is_an_index_error(tmp_path: Path, number: int):
    path, _ = _packed(tmp_path / "a.dcm")
    with pytest.raises(IndexError):
        read_image(path, number)
    shown = read_image(path)
    for ask in (shown.frame, shown.preview):
        with pytest.raises(IndexError):
            ask(number)


def test_threads_that_want_one_frame_decode_it_once_and_share_it(tmp_path: Path, decoded: list[bytes]):
    path, _ = _packed(tmp_path / "a.dcm")
    shown = read_image(path)
    together = threading.Barrier(6)

    def ask(_: int) -> np.ndarray:
        together.wait()
        return shown.frame(4)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(ask, range(6)))
    assert len(decoded) == 2  # the first frame when it was opened, and the fourth
    assert all(f is found[0] for f in found)


@pytest.mark.parametrize(("fit", "again"), [(1, 4), (2, 3), (4, 0)])
def test_frames_are_kept_within_the_budget(tmp_path: Path, decoded: list[bytes], fit: int, again: int):
    path, _ = _packed(tmp_path / "a.dcm")
    shown = read_image(path, budget=fit * STACK[0].nbytes)
    for number in (1, 2, 3, 4):
        shown.frame(number)
    assert len(decoded) == 4
    for number in (4, 1, 2, 3) if fit < 4 else (1, 2, 3, 4):
        shown.frame(number)
    assert len(decoded) == 4 + (3 if fit < 4 else 0) == 4 + min(again, 3)


@pytest.mark.parametrize("syntax", [HTJ2K, J2K, LOSSLESS, RLE])
def test_threads_decode_different_frames_at_a_time(tmp_path: Path, syntax: str):
    path, _ = _packed(tmp_path / "a.dcm", syntax)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: read_image(path, n).frame(n), [1 + n % 4 for n in range(24)]))
    assert all(np.array_equal(f, STACK[n % 4]) for n, f in enumerate(found))


def test_a_fault_of_one_thread_is_not_anothers(tmp_path: Path):
    good, each = _packed(tmp_path / "good.dcm", HTJ2K)
    broken = compressed(
        tmp_path / "bad.dcm", STACK, [*each[:3], each[3][: len(each[3]) // 2] + b"\xff\xd9"], HTJ2K
    )

    def ask(number: int) -> bool:
        try:
            return np.array_equal(read_image(broken if number % 2 else good, 4).frame(4), STACK[3])
        except UnreadableImage:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(40))) == [number % 2 == 0 for number in range(40)]


def _native(path: Path) -> Path:
    return native(path, STACK)


@pytest.mark.parametrize("make", [_native, lambda path: _packed(path)[0]], ids=["plain", "compressed"])
class TestAFileThatChangesWhileItIsOpen:
    def open(self, tmp_path: Path, make) -> tuple[Path, Mammogram]:
        path = make(tmp_path / "a.dcm")
        return path, read_image(path)

    def refused(self, shown: Mammogram) -> str:
        with pytest.raises(UnreadableImage) as refused:
            shown.frame(4)
        assert np.array_equal(shown.frame(1), STACK[0]), "what was decoded stays"
        return refused.value.reason

    def test_cut_short(self, tmp_path: Path, make):
        path, shown = self.open(tmp_path, make)
        os.truncate(path, path.stat().st_size - 3000)
        assert "changed or replaced" in self.refused(shown)

    def test_emptied(self, tmp_path: Path, make):
        path, shown = self.open(tmp_path, make)
        path.write_bytes(b"")
        assert "changed or replaced" in self.refused(shown)

    def test_replaced_by_another_of_the_same_size(self, tmp_path: Path, make):
        path, shown = self.open(tmp_path, make)
        other = tmp_path / "other.dcm"
        other.write_bytes(path.read_bytes()[::-1])
        os.utime(other, ns=(1, 1))
        other.replace(path)
        assert "changed or replaced" in self.refused(shown)

    def test_taken_away(self, tmp_path: Path, make):
        path, shown = self.open(tmp_path, make)
        path.unlink()
        assert "no such file" in self.refused(shown)

    def test_cut_while_it_is_read(self, tmp_path: Path, make, monkeypatch: pytest.MonkeyPatch):
        path, shown = self.open(tmp_path, make)
        from annotator.imaging import frame_bytes

        read = frame_bytes.read_piece

        def cut_first(file, start, length):
            os.truncate(path, start + length // 2)
            return read(file, start, length)

        monkeypatch.setattr(frame_bytes, "read_piece", cut_first)
        monkeypatch.setattr(frames, "read_piece", cut_first)
        assert "changed or replaced" in self.refused(shown)


def test_pieces_that_come_in_several_reads_are_put_together(tmp_path: Path):
    from annotator.imaging.frame_bytes import read_piece

    class Slow:
        def __init__(self, content: bytes) -> None:
            self.content, self.at = content, 0

        def seek(self, at: int) -> None:
            self.at = at

        def read(self, length: int) -> bytes:
            part = self.content[self.at : self.at + min(length, 7)]
            self.at += len(part)
            return part

    content = bytes(range(100))
    assert read_piece(Slow(content), 10, 50) == content[10:60]
    assert read_piece(Slow(content), 80, 50) == content[80:]


@pytest.mark.parametrize("syntax", [LOSSLESS, LS, J2K, HTJ2K, RLE])
def test_a_compressed_picture_declared_plain_is_recognised(tmp_path: Path, syntax: str):
    pixels = breast()
    shown = read_image(compressed(tmp_path / "a.dcm", pixels, [encode(pixels, syntax)], EXPLICIT))
    assert np.array_equal(shown.frame(), pixels)
    assert any("although the header says Explicit VR" in r for r in shown.info.repairs)


@pytest.mark.parametrize("syntax", [LOSSLESS, J2K, EXPLICIT])
def test_compressed_pieces_behind_a_stated_length_are_recognised(tmp_path: Path, syntax: str):
    pixels = breast()
    dataset = header(pixels)
    dataset.PixelData = encapsulate([encode(pixels, LOSSLESS)])
    dataset["PixelData"].VR = "OB"
    path = _declared(write(tmp_path / "a.dcm", dataset, EXPLICIT), syntax)
    content = path.read_bytes()
    at = content.index(b"\xfe\xff\x00\xe0")
    assert content[at - 4 : at] != b"\xff\xff\xff\xff"
    assert np.array_equal(read_image(path).frame(), pixels)


def test_plain_pixels_that_begin_like_a_piece_stay_plain(tmp_path: Path):
    pixels = breast(bits=16)
    pixels[0, :4] = (0xFFFE, 0xE000, 200, 0)
    shown = read_image(native(tmp_path / "a.dcm", pixels, BitsStored=16, HighBit=15))
    assert np.array_equal(shown.frame(), pixels)


@pytest.mark.parametrize("syntax", [LOSSLESS, J2K, RLE])
def test_a_plain_picture_declared_compressed_is_recognised(tmp_path: Path, syntax: str):
    pixels = breast()
    shown = read_image(_declared(native(tmp_path / "a.dcm", pixels), syntax))
    assert np.array_equal(shown.frame(), pixels)
    assert any("not compressed although the header says so" in r for r in shown.info.repairs)


def _declared(path: Path, syntax: str) -> Path:
    """Another transfer syntax in the meta group, nothing else changed."""
    content = path.read_bytes()
    at = content.index(b"\x02\x00\x10\x00UI") + 6
    old = int.from_bytes(content[at : at + 2], "little")
    new = syntax.encode() + b"\0" * (len(syntax) % 2)
    group = (int.from_bytes(content[140:144], "little") + len(new) - old).to_bytes(4, "little")
    rest = content[at + 2 + old :]
    path.write_bytes(content[:140] + group + content[144:at] + len(new).to_bytes(2, "little") + new + rest)
    return path
