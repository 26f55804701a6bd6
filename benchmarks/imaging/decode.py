"""From a file to its pixels, every check included, beside pydicom with its usual plugins and dcmdjpeg."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import imagecodecs
from pydicom import dcmread
from pydicom.encaps import generate_frames

from annotator.imaging.decoding_apart import decode_with
from annotator.imaging.dicom_file import read_image
from annotator.imaging.stream_checks import trimmed
from benchmarks.imaging.files import (
    ENCODINGS,
    HTJ2K,
    JPEG_2000,
    JPEG_LOSSLESS,
    JPEG_LS,
    RLE,
    UNCOMPRESSED,
    Encoding,
    Files,
)
from benchmarks.imaging.other_python import Peer, has
from benchmarks.imaging.rows import ABSENT, Bar, Row, in_ms, interleaved, paired, seconds

BARS = {JPEG_LOSSLESS: Bar(0.25), JPEG_LS: Bar(0.25), RLE: Bar(0.15)}
PLUGINS = {
    UNCOMPRESSED: "",
    RLE: "pydicom",
    JPEG_LOSSLESS: "pylibjpeg",
    JPEG_LS: "pylibjpeg",
    JPEG_2000: "pylibjpeg",
    HTJ2K: "pylibjpeg",
}
TWO_CORES = Bar(1.7, least=True)


def measure(files: Files) -> Iterator[Row]:
    """A row for each encoding and plugin, then two frames at once."""
    rounds = files.sizes.rounds
    with ExitStack() as stack:
        peer = stack.enter_context(Peer("decode.py")) if has("pydicom") else None
        for encoding in ENCODINGS:
            yield from _one(files.mammogram(encoding), encoding, peer, rounds)
    yield _apart(files.mammogram(JPEG_LS), rounds)
    for encoding in (JPEG_LOSSLESS, JPEG_LS, RLE):
        yield _two(files.mammogram(encoding), encoding, rounds)


def _one(path: Path, encoding: Encoding, peer: Peer | None, rounds: int) -> Iterator[Row]:
    timers: dict[str, Callable[[], float]] = {"ours": partial(seconds, partial(read_image, path))}
    plugin = PLUGINS[encoding]
    if peer is not None:
        _same_pixels(path, peer.ask(path=str(path), plugin=plugin))
        timers["peer"] = lambda: float(peer.ask(path=str(path), plugin=plugin)[0])
    if encoding is JPEG_LOSSLESS and shutil.which("dcmdjpeg"):
        timers["dcmdjpeg"] = partial(seconds, partial(_dcmdjpeg, path))
    taken = interleaved(timers, rounds)
    measure_name = f"decode {encoding.name}, {path.stat().st_size / 1e6:.1f} MB"
    name = f"pydicom + {plugin}" if plugin not in ("", "pydicom") else "pydicom"
    if "peer" in taken:
        beside, value = f"{name} {in_ms(taken['peer'])}", paired(taken["ours"], taken["peer"])
    else:
        beside, value = f"{name}: {ABSENT}", None
    yield Row(measure_name, in_ms(taken["ours"]), beside, value, BARS.get(encoding))
    if "dcmdjpeg" in taken:
        beside, value = f"dcmdjpeg {in_ms(taken['dcmdjpeg'])}", paired(taken["ours"], taken["dcmdjpeg"])
        yield Row(measure_name, in_ms(taken["ours"]), beside, value)


def _apart(path: Path, rounds: int) -> Row:
    """What another process costs, whichever the decoder: here the quickest that works without the interpreter."""
    dataset = dcmread(path)
    data = trimmed(next(generate_frames(dataset.PixelData, number_of_frames=1)))
    shape = (int(dataset.Rows), int(dataset.Columns))
    turns = {
        "apart": partial(seconds, partial(decode_with, "_jpegls", "jpegls_decode", data, shape, "u2")),
        "here": partial(seconds, partial(imagecodecs.jpegls_decode, data)),
    }
    for timer in turns.values():
        timer()  # the process is started, and the memory that both see is there
    taken = interleaved(turns, rounds)
    more = statistics.median(a - b for a, b in zip(taken["apart"], taken["here"], strict=True))
    measure = f"a decoder in a process of its own, {shape[0] * shape[1] / 1e6:.1f} MP: {more * 1e3:+.1f} ms"
    beside = f"in this process {in_ms(taken['here'])}"
    return Row(measure, in_ms(taken["apart"]), beside, paired(taken["apart"], taken["here"]))


def _same_pixels(path: Path, answer: tuple[float, list[int], int]) -> None:
    """Speed counts only when both found the same picture."""
    frame = read_image(path).frame(1)
    if (list(frame.shape), int(frame.sum())) != (answer[1], answer[2]):
        raise SystemExit(f"{path.name}: the peer decodes other pixels")


def _dcmdjpeg(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dcmdjpeg", str(path), str(Path(folder) / "plain.dcm")], check=True)


def _two(path: Path, encoding: Encoding, rounds: int) -> Row:
    """Two frames on two cores beside the same two one after the other."""
    with ThreadPoolExecutor(2) as pool:

        def together() -> None:
            list(pool.map(read_image, (path, path)))

        def in_turn() -> None:
            read_image(path)
            read_image(path)

        together()
        turns = {"together": partial(seconds, together), "in turn": partial(seconds, in_turn)}
        taken = interleaved(turns, rounds)
    gain = statistics.median(b / a for a, b in zip(taken["together"], taken["in turn"], strict=True))
    name = f"two frames on two cores, {encoding.name}"
    return Row(name, in_ms(taken["together"]), f"in turn {in_ms(taken['in turn'])}", gain, TWO_CORES)
