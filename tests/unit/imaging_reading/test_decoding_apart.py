"""Decoders in processes of their own give the same pixels, and their crashes and limits stay theirs."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from reading_files import HTJ2K, J2K, LOSSLESS, LS, RLE, breast, compressed, encode

from annotator.errors import UnreadableImage
from annotator.imaging import codecs, decode_program, decoding_apart
from annotator.imaging.codecs import CODECS
from annotator.imaging.decoding_apart import (
    DecoderEnded,
    DecodingFailed,
    DecodingLimit,
    decode_with,
    decode_with_plugin,
)
from annotator.imaging.dicom_file import read_image


@pytest.fixture(autouse=True)
def troubles(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What decoders did in this test."""
    counted = Counter[str]()
    monkeypatch.setattr(decoding_apart, "TROUBLES", counted)
    return counted


def decoded(pixels: np.ndarray) -> np.ndarray:
    """The same by OpenJPEG, in another process."""
    return decode_with("_jpeg2k", "jpeg2k_decode", encode(pixels, J2K), pixels.shape, "u2", numthreads=1)


def pids() -> list[int]:
    """The processes that wait for a frame."""
    return [process._program.pid for process in decoding_apart._PROCESSES._idle]


@pytest.mark.parametrize("syntax", [LOSSLESS, LS, J2K, HTJ2K, RLE])
def test_each_fallback_gives_the_same_pixels(tmp_path: Path, syntax: str, monkeypatch: pytest.MonkeyPatch):
    broken = {family: _without_module(codec) for family, codec in codecs._BY_FAMILY.items()}
    monkeypatch.setattr(codecs, "_J2K", _without_module(codecs._J2K))
    monkeypatch.setattr(codecs, "_BY_FAMILY", broken)
    monkeypatch.setattr(codecs, "_RLE", _without_module(codecs._RLE))
    pixels = breast()
    shown = read_image(compressed(tmp_path / "a.dcm", pixels, [encode(pixels, syntax)], syntax))
    assert np.array_equal(shown.frame(), pixels)


def _without_module(codec: codecs.Codec) -> codecs.Codec:
    from dataclasses import replace

    return replace(codec, module="_not_installed")


def test_the_table_names_one_decoder_and_one_fallback_for_every_syntax_that_mammograms_use():
    wanted = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70, 80, 81, 90, 91, 201, 202, 203)}
    assert wanted | {"1.2.840.10008.1.2.5"} == set(CODECS)
    assert {c.fallback_plugin for c in CODECS.values()} <= {"gdcm", "pyjpegls", "pylibjpeg", "pydicom"}


def test_a_frame_on_which_gdcm_aborts_costs_only_that_frame(tmp_path: Path):
    pixels, whole = breast(), encode(breast(), LOSSLESS)
    at = whole.index(b"\xff\xc4")
    broken = whole[: at + 4] + b"\xff" * 20 + whole[at + 24 :]
    with pytest.raises(UnreadableImage):
        read_image(compressed(tmp_path / "a.dcm", pixels, [broken], LOSSLESS))


@pytest.mark.parametrize("offsets", [(64, 1 << 31), (64, 64), (1 << 30, 70), (64, 10), (0, 64)])
def test_rle_planes_out_of_order_are_refused(tmp_path: Path, offsets: tuple[int, int]):
    pixels, whole = breast(), encode(breast(), RLE)
    broken = struct.pack("<3I", 2, *offsets) + whole[12:]
    with pytest.raises(UnreadableImage):
        read_image(compressed(tmp_path / "a.dcm", pixels, [broken], RLE))


def _crash() -> None:
    """A JPEG-LS stream that says it is as large as can be: gdcm aborts on it."""
    stream = bytearray(encode(breast(), LS))
    at = stream.index(b"\xff\xf7") + 5
    stream[at : at + 4] = b"\xff\xff\xff\xff"
    options = {
        "rows": 96,
        "columns": 80,
        "samples_per_pixel": 1,
        "number_of_frames": 1,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_representation": 0,
        "bits_allocated": 16,
        "bits_stored": 12,
        "pixel_keyword": "PixelData",
    }
    decode_with_plugin(bytes(stream), LS, "gdcm", (96, 80), "u2", options)


def test_a_crash_is_told_and_the_next_frame_has_a_new_process(troubles: Counter[str]):
    pixels = breast()
    assert np.array_equal(decoded(pixels), pixels)
    before = set(pids())
    with pytest.raises(DecoderEnded, match="its decoder crashed on it"):
        _crash()
    assert troubles == {"crash": 1}
    assert np.array_equal(decoded(pixels), pixels)
    assert set(pids()) != before


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.parametrize("crashes", [1, 2])
def test_a_picture_whose_decoder_crashes_has_a_second_one_or_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, troubles: Counter[str], crashes: int
):
    pixels = breast()
    path = compressed(tmp_path / "a.dcm", pixels, [encode(pixels, J2K)], J2K)
    line = decoding_apart._Process._line

    def crashed(process, seconds: float) -> str:
        said = line(process, seconds)
        if said == "done" and troubles["crash"] < crashes:
            os.kill(process._program.pid, signal.SIGSEGV)
            return line(process, seconds)
        return said

    monkeypatch.setattr(decoding_apart._Process, "_line", crashed)
    if crashes == 1:
        assert np.array_equal(read_image(path).frame(), pixels)
    else:
        with pytest.raises(UnreadableImage, match=r"its decoder crashed on it\); ask for the file again"):
            read_image(path)
        assert np.array_equal(read_image(path).frame(), pixels)
    assert troubles == {"crash": crashes}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts by the clock only")
def test_the_time_that_cores_work_on_a_frame_is_limited(
    monkeypatch: pytest.MonkeyPatch, troubles: Counter[str]
):
    pixels = breast(512, 512)
    monkeypatch.setattr(decoding_apart, "decode_seconds", lambda _count: 0.001)
    monkeypatch.setattr(decoding_apart, "PATIENCE", 100_000)
    with pytest.raises(DecodingLimit, match="longer than"):
        decoded(pixels)
    assert troubles == {"time": 1}
    monkeypatch.undo()
    assert np.array_equal(decoded(pixels), pixels)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_a_decoder_that_sleeps_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch, troubles: Counter[str]
):
    pixels = breast(512, 512)
    decoded(pixels)
    line = decoding_apart._Process._line

    def asleep_when_it_has_begun(process, seconds: float) -> str:
        said = line(process, seconds)
        if said == "begun":
            os.kill(process._program.pid, signal.SIGSTOP)
        return said

    monkeypatch.setattr(decoding_apart, "PATIENCE", 0.05)
    monkeypatch.setattr(decoding_apart._Process, "_line", asleep_when_it_has_begun)
    with pytest.raises(DecodingLimit, match="longer than"):
        decoded(pixels)
    assert troubles == {"time": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_the_memory_of_a_frame_is_limited(monkeypatch: pytest.MonkeyPatch, troubles: Counter[str]):
    pixels = breast(512, 512)
    monkeypatch.setattr(decoding_apart, "decode_memory", lambda _count: 1 << 20)
    with pytest.raises(DecodingFailed):
        decoded(pixels)
    monkeypatch.undo()
    assert np.array_equal(decoded(pixels), pixels)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_a_process_that_was_ended_while_it_waited_costs_nothing(troubles: Counter[str]):
    pixels = breast()
    decoded(pixels)
    for pid in pids():
        os.kill(pid, signal.SIGKILL)
    assert np.array_equal(decoded(pixels), pixels)
    assert not troubles


def test_a_decoder_that_does_not_start_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(3)")
    monkeypatch.setattr(decode_program, "__file__", str(broken))
    monkeypatch.setattr(decoding_apart, "_PROCESSES", decoding_apart._Processes())
    pixels = breast()
    path = compressed(tmp_path / "a.dcm", pixels, [encode(pixels, J2K)], J2K)
    with pytest.raises(UnreadableImage, match="its decoder does not start"):
        read_image(path)


def test_frames_side_by_side_are_not_mixed_up():
    pictures = [breast(seed=seed) for seed in range(6)]
    wrong = list[int]()

    def again_and_again(number: int) -> None:
        if any(not np.array_equal(decoded(pictures[number]), pictures[number]) for _ in range(10)):
            wrong.append(number)

    threads = [threading.Thread(target=again_and_again, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(pids()) <= decoding_apart.MOST_PROCESSES


def test_memory_for_one_large_frame_is_given_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decoding_apart, "KEPT_BYTES", 1 << 16)
    processes = decoding_apart._Processes()
    monkeypatch.setattr(decoding_apart, "_PROCESSES", processes)
    pixels = breast(512, 512)
    for _ in range(2):
        assert np.array_equal(decoded(pixels), pixels)
        assert [process._room._memory for process in processes._idle] == [None]
    processes.end()


_LEFT_BEHIND = """
import os, sys
from reading_files import J2K, breast, encode
from annotator.imaging import decoding_apart
pixels = breast()
decoding_apart.decode_with("_jpeg2k", "jpeg2k_decode", encode(pixels, J2K), pixels.shape, "u2", numthreads=1)
print(decoding_apart._PROCESSES._idle[0]._program.pid, flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.parametrize("end", ["closed", "killed"])
def test_no_process_outlives_the_program(end: str):
    command = [sys.executable, "-c", _LEFT_BEHIND, end]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    for _ in range(600):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return
        threading.Event().wait(0.05)
    pytest.fail("the decoding process still runs")
