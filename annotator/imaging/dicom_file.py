"""One file: its facts (`read_info`), and its frames as stored values (`read_image`)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.errors import UnreadableImage
from annotator.imaging.codecs import codec_for, decode_frame
from annotator.imaging.dataset import NATIVE, UNDEFINED, RawFile, read_raw
from annotator.imaging.decode_guard import decode_guard, quiet_parsing
from annotator.imaging.frame_bytes import CompressedFrames, compressed_frames, read_piece
from annotator.imaging.header import image_info
from annotator.imaging.stored_values import stored_values
from annotator.imaging.stream_checks import BadStream
from annotator.model.image import ImageInfo

MAX_FRAME_BYTES = 400_000_000
"""Memory one decoded frame may take: ten times the largest mammogram."""
CACHE_BYTES = 256_000_000
"""Decoded frames that a picture keeps: all of a screening view, the slices around the one in view of a stack."""

_FOREIGN_BITS = (
    "Some pixels use bits outside the stored value (an overlay, probably); those bits were left out."
)


def read_info(path: Path) -> ImageInfo:
    """The facts of one picture from its header; pixels are not read. Raises UnreadableImage."""
    path = Path(path)
    with decode_guard(path), quiet_parsing():
        return _checked_info(read_raw(path))


def read_image(path: Path) -> Mammogram:
    """One picture, its first frame decoded and checked; the others follow on demand. Raises UnreadableImage."""
    path = Path(path)
    with decode_guard(path):
        with quiet_parsing():
            raw = read_raw(path)
            info = _checked_info(raw)
        frames = _Frames(raw, info)
        frames.get(1)
        repairs = tuple(dict.fromkeys((*info.repairs, *frames.repairs)))
        return Mammogram(replace(info, repairs=repairs), frames)


@dataclass(frozen=True, eq=False)
class Mammogram:
    """A picture whose frames are decoded when asked for; safe to share between threads."""

    info: ImageInfo
    _frames: _Frames = field(repr=False)

    def frame(self, number: int = 1) -> NDArray[Any]:
        """Stored values of frame `number` (from 1): (rows, columns), read-only, uint16, or int16 when signed.

        Raises UnreadableImage when that frame is damaged, IndexError when there is no such frame.
        """
        if not 1 <= number <= self.info.frames:
            raise IndexError(f"there is no frame {number} of {self.info.frames}")
        with decode_guard(self.info.path):
            return self._frames.get(number)


class _Frames:
    """Decodes and keeps the frames of one file within CACHE_BYTES."""

    def __init__(self, raw: RawFile, info: ImageInfo) -> None:
        self._raw = raw
        self._info = info
        self._kept: OrderedDict[int, NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._compressed: CompressedFrames | None = None
        self.repairs: tuple[str, ...] = ()
        assert raw.pixels is not None
        if raw.pixels.length == UNDEFINED:
            self._compressed = compressed_frames(raw, info.frames)
            self.repairs = self._compressed.repairs
        elif raw.transfer_syntax not in NATIVE:
            self._note("The picture is not compressed although the header says so.")

    def get(self, number: int) -> NDArray[Any]:
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
        frame = self._decode(number)
        with self._lock:
            self._kept[number] = frame
            while len(self._kept) > 1 and sum(f.nbytes for f in self._kept.values()) > CACHE_BYTES:
                self._kept.popitem(last=False)
        return frame

    def _decode(self, number: int) -> NDArray[Any]:
        info = self._info
        try:
            cells, precision = self._cells(number)
        except BadStream as error:
            which = (
                f"the compressed picture of frame {number}" if info.frames > 1 else "the compressed picture"
            )
            raise UnreadableImage(info.path, f"{which} {error}; ask for the file again") from error
        values, foreign = stored_values(cells, info, precision)
        if foreign:
            self._note(_FOREIGN_BITS)
        return values

    def _cells(self, number: int) -> tuple[NDArray[Any], int]:
        info = self._info
        if self._compressed is None:
            return self._native_cells(number), info.bits_allocated
        data = self._compressed.read(self._raw, number)
        codec, repair = codec_for(info.transfer_syntax_uid, data)
        if repair:
            self._note(repair)
        return decode_frame(codec, data, info)

    def _native_cells(self, number: int) -> NDArray[Any]:
        info, pixels = self._info, self._raw.pixels
        assert pixels is not None
        size = info.rows * info.columns * info.bits_allocated // 8
        start = pixels.start + (number - 1) * size
        swapped = pixels.big_endian and pixels.vr == "OW" and info.bits_allocated == 8
        with self._raw.open() as file:
            if not swapped:
                data = read_piece(file, start, size)
            else:
                # Bytes in big endian words lie the other way round (PS3.5 8.1.1).
                even = read_piece(file, start - start % 2 if pixels.start % 2 == 0 else start, size + 2)
                words = np.frombuffer(even[: len(even) // 2 * 2], np.uint16).byteswap().tobytes()
                data = words[start % 2 : start % 2 + size]
        kind = "u1" if info.bits_allocated == 8 else ">u2" if pixels.big_endian else "<u2"
        return np.frombuffer(data, kind).reshape(info.rows, info.columns)

    def _note(self, repair: str) -> None:
        self.repairs = tuple(dict.fromkeys((*self.repairs, repair)))


def _checked_info(raw: RawFile) -> ImageInfo:
    info = image_info(raw)
    frame_bytes = info.rows * info.columns * 2
    if frame_bytes > MAX_FRAME_BYTES:
        raise UnreadableImage(
            raw.path,
            f"its header claims {info.rows} x {info.columns} pixels, more than any mammogram; it was refused unread",
        )
    assert raw.pixels is not None
    if raw.pixels.length == UNDEFINED:
        return info
    needed = info.rows * info.columns * info.frames * info.bits_allocated // 8
    present = max(0, min(raw.pixels.length, raw.size - raw.pixels.start))
    if present < needed:
        raise UnreadableImage(
            raw.path,
            f"its pixels are cut off ({present:,} of {needed:,} bytes are there); ask for the file again",
        )
    if raw.pixels.length > needed + needed % 2:
        extra = f"There are {raw.pixels.length - needed:,} bytes behind the pixels; they were left out."
        return replace(info, repairs=(*info.repairs, extra))
    return info
