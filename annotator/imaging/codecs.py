"""Transfer syntax -> decoder, one table; and what a compressed frame must satisfy before it is shown.

imagecodecs' single modules come first: they are the fastest and release the interpreter. Where one
fails, the pydicom plugin named here decides; pydicom is never left to try plugins on its own, because it
hides what the first one said. A decoder is only believed together with `stream_checks`. JPEG 2000 and all
plugins are decoded in other processes (`decoding_apart`), the rest takes no more memory and time than the
size that was checked before.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import UID

from annotator.imaging.decode_guard import attempt
from annotator.imaging.decoding_apart import DecodingLimit, decode_with, decode_with_plugin
from annotator.imaging.stream_checks import (
    BadStream,
    Family,
    StreamHead,
    bit_balance,
    check_length,
    check_tiles,
    is_starved,
    read_head,
    recognise,
    trimmed,
)
from annotator.model.image import ImageInfo
from annotator.quiet_parsing import quiet_parsing

Frame = NDArray[Any]
_MOST_THREADS = 4
"""More threads than this gain nothing on one JPEG 2000 frame."""


@dataclass(frozen=True)
class Codec:
    """How one family is decoded: a function of an imagecodecs module, then a plugin of pydicom by name."""

    family: Family
    module: str
    function: str
    fallback_syntax: str
    fallback_plugin: str


_JPEG = Codec(Family.JPEG, "_jpeg8", "jpeg8_decode", "1.2.840.10008.1.2.4.51", "gdcm")
_LOSSLESS = Codec(Family.JPEG_LOSSLESS, "_jpeg8", "jpeg8_decode", "1.2.840.10008.1.2.4.70", "gdcm")
_LS = Codec(Family.JPEG_LS, "_jpegls", "jpegls_decode", "1.2.840.10008.1.2.4.80", "pyjpegls")
_J2K = Codec(Family.JPEG_2000, "_jpeg2k", "jpeg2k_decode", "1.2.840.10008.1.2.4.90", "pylibjpeg")
# OpenJPH takes a third of the time and ends the whole program on some damaged frames; OpenJPEG does not.
_HTJ2K = Codec(Family.HTJ2K, "_jpeg2k", "jpeg2k_decode", "1.2.840.10008.1.2.4.201", "pylibjpeg")
_RLE = Codec(Family.RLE, "_imcd", "dicomrle_decode", "1.2.840.10008.1.2.5", "pydicom")

CODECS = {
    "1.2.840.10008.1.2.4.50": _JPEG,
    "1.2.840.10008.1.2.4.51": _JPEG,
    "1.2.840.10008.1.2.4.57": _LOSSLESS,
    "1.2.840.10008.1.2.4.70": _LOSSLESS,
    "1.2.840.10008.1.2.4.80": _LS,
    "1.2.840.10008.1.2.4.81": _LS,
    "1.2.840.10008.1.2.4.90": _J2K,
    "1.2.840.10008.1.2.4.91": _J2K,
    "1.2.840.10008.1.2.4.201": _HTJ2K,
    "1.2.840.10008.1.2.4.202": _HTJ2K,
    "1.2.840.10008.1.2.4.203": _HTJ2K,
    "1.2.840.10008.1.2.5": _RLE,
}
"""Transfer syntax UID -> codec (docs/domain.md, encodings)."""

LOSSY = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 81))
"""Transfer syntaxes that always lose something; .91 and .203 may hold either."""

_BY_FAMILY = {codec.family: codec for codec in CODECS.values()}


def codec_for(syntax: str, data: bytes) -> tuple[Codec, str]:
    """The codec a frame needs, by its first bytes, and a sentence when the header says another.

    Raises BadStream when neither header nor bytes name one that this program has.
    """
    declared = CODECS.get(syntax)
    shown = recognise(data)
    if shown is None:
        if declared is None:
            name = _name(syntax) or "unnamed"
            raise BadStream(f"is in an encoding this program does not read ({name})")
        raise BadStream(f"is not {declared.family} as the header says, nor anything else known")
    codec = _BY_FAMILY[shown]
    alike = declared is not None and (declared.family == shown or {declared.family, shown} <= _SAME_STREAM)
    if alike:
        return codec, ""
    said = declared.family if declared else _name(syntax) or "nothing"
    return codec, f"The picture is {shown} although the header says {said}."


def _name(syntax: str) -> str:
    with quiet_parsing():
        return UID(syntax).name


_SAME_STREAM = {Family.JPEG_2000, Family.HTJ2K}


def decode_frame(codec: Codec, data: bytes, info: ImageInfo) -> tuple[Frame, int]:
    """One compressed frame as (rows, columns) uint8, uint16 or int16, and its precision in bits.

    Raises BadStream when the frame is not whole or not the picture the header announces; nothing is
    allocated before that is known.
    """
    rows, columns = info.rows, info.columns
    bits = (info.bits_allocated, info.bits_stored)
    if codec.family is Family.RLE:
        return _decode_rle(data, rows, columns, bits), info.bits_allocated
    data = trimmed(data)
    head = read_head(data)
    check_against_header(head, rows, columns, bits)
    check_length(data, rows, columns)
    if codec.family in _SAME_STREAM:
        check_tiles(data)
    frame, _ = _attempted(lambda: _primary(codec, data, head))
    if frame is None or frame.shape != (rows, columns):
        frame, why = _attempted(lambda: _with_plugin(codec, data, head, bits))
        if frame is None:
            raise BadStream(why)
    if codec.family is Family.JPEG_LOSSLESS:
        _check_lossless(codec, data, head, frame, bits)
    elif codec.family is Family.JPEG and is_starved(data, frame, lambda d: _primary(codec, d, head)):
        raise BadStream("is cut off (it ends before its last pixels)")
    if not _fits(frame, info.bits_stored if head.precision == info.bits_stored else info.high_bit + 1):
        raise BadStream("is damaged (it holds values that its header does not allow)")
    return frame, head.precision


def check_against_header(head: StreamHead, rows: int, columns: int, bits: tuple[int, int]) -> None:
    """BadStream when a stream is not the picture its header announces; `bits` are allocated and stored."""
    allocated, stored = bits
    if (head.rows, head.columns) != (rows, columns):
        raise BadStream(f"is {head.rows} x {head.columns} pixels although the header says {rows} x {columns}")
    if head.components != 1:
        raise BadStream(f"has {head.components} colours although the header says one")
    if not stored <= head.precision <= allocated:
        raise BadStream(f"has {head.precision} bits a pixel although the header says {stored}")


def _function(codec: Codec) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(
        importlib.import_module(f"imagecodecs.{codec.module}"), codec.function
    )
    return function


def _attempted(decode: Callable[[], Frame]) -> tuple[Frame | None, str]:
    """What a decoder gives, or None and why not; BadStream where it reached a limit, as any other would."""
    try:
        return attempt(decode, let=(DecodingLimit,))
    except DecodingLimit as limit:
        raise BadStream(str(limit)) from limit


def _primary(codec: Codec, data: bytes, head: StreamHead) -> Frame:
    if codec.family in _SAME_STREAM:
        return decode_jpeg_2000(data, head)
    frame: Frame = _function(codec)(data)
    return frame


_COUNTING = threading.Lock()
_running = 0


def decode_jpeg_2000(data: bytes, head: StreamHead) -> Frame:
    """A JPEG 2000 stream of one colour, not checked any further; DecodingFailed when nothing comes of it.

    A frame alone takes all cores; frames side by side share them, which is faster for all together.
    """
    global _running  # noqa: PLW0603 - the cores are shared by the whole process
    with _COUNTING:
        _running += 1
        threads = max(1, min(_MOST_THREADS, os.cpu_count() or 1) // _running)
    kind = f"{'i' if head.signed else 'u'}{1 if head.precision <= 8 else 2}"
    try:
        return decode_with(
            _J2K.module, _J2K.function, data, (head.rows, head.columns), kind, numthreads=threads
        )
    finally:
        with _COUNTING:
            _running -= 1


def _with_plugin(codec: Codec, data: bytes, head: StreamHead, bits: tuple[int, int]) -> Frame:
    """Decode with the one plugin of pydicom that the table names."""
    options: dict[str, Any] = {
        "rows": head.rows,
        "columns": head.columns,
        "samples_per_pixel": 1,
        "number_of_frames": 1,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_representation": 0,
        "bits_allocated": bits[0],
        "bits_stored": bits[1],
        "pixel_keyword": "PixelData",
    }
    shape, kind = (head.rows, head.columns), f"u{bits[0] // 8}"
    return decode_with_plugin(data, codec.fallback_syntax, codec.fallback_plugin, shape, kind, options)


def _check_lossless(codec: Codec, data: bytes, head: StreamHead, frame: Frame, bits: tuple[int, int]) -> None:
    """Every bit accounted for, or else a second decoder that finds the same pixels."""
    balance = bit_balance(data, head, frame)
    if balance is not None and balance.complete:
        return
    if balance is not None and balance.short:
        raise BadStream("is cut off (it ends before its last pixels)")
    if balance is not None and balance.present - balance.needed > 64:
        raise BadStream("is damaged (it holds more than the pixels take)")
    second, _ = _attempted(lambda: _with_plugin(codec, data, head, bits))
    if second is None or not np.array_equal(second, frame):
        raise BadStream("is damaged (two decoders disagree about it)")


def _fits(frame: Frame, bits: int) -> bool:
    """Whether all values are numbers of so many bits, with or without a sign, spelt out to 16 bits or not."""
    kinds = (frame, frame.view(np.int16)) if frame.dtype == np.uint16 else (frame,)
    return any(-(1 << (bits - 1)) <= int(kind.min()) and int(kind.max()) < 1 << bits for kind in kinds)


def _decode_rle(data: bytes, rows: int, columns: int, bits: tuple[int, int]) -> Frame:
    segments = int.from_bytes(data[:4], "little")
    depth = bits[0] // 8
    if segments != depth:
        raise BadStream(f"has {segments} byte planes although the header asks for {depth}")
    # imagecodecs follows these offsets wherever they lead, out of its memory too.
    starts = [int.from_bytes(data[4 * n : 4 * n + 4], "little") for n in range(1, depth + 1)]
    if starts[0] != 64 or any(a >= b for a, b in pairwise((*starts, len(data)))):
        raise BadStream("is damaged (its byte planes lie in no order)")
    if (len(data) - 64) * 64 < rows * columns * depth:
        raise BadStream("is cut off (it is too short for its size)")
    kind = np.dtype("<u2" if depth == 2 else "u1")
    # With the room given, each plane must fill its own; without, a long and a short one make up for each other.
    room = np.empty(rows * columns * depth, np.uint8)
    content, _ = attempt(lambda: _function(_RLE)(data, kind, out=room))
    if content is not None and len(content) == len(room):
        room.flags.writeable = False  # nobody else holds it: the view need not be copied
        return room.view(kind).reshape(rows, columns)
    head = StreamHead(Family.RLE, rows, columns, bits[0])
    frame, _ = _attempted(lambda: _with_plugin(_RLE, data, head, bits))
    if frame is None:
        raise BadStream("is cut off or damaged (its rows cannot be unpacked to their length)")
    return frame
