"""The frames of one file: decoded when asked for, once for all who ask, and kept within a budget."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.errors import UnreadableImage
from annotator.imaging.codecs import codec_for, decode_frame
from annotator.imaging.dataset import NATIVE, UNDEFINED, RawFile
from annotator.imaging.frame_bytes import CompressedFrames, compressed_frames, read_piece
from annotator.imaging.jpeg2000_preview import decode_preview
from annotator.imaging.stored_values import stored_values
from annotator.imaging.stream_checks import BadStream
from annotator.model.image import ImageInfo

_FOREIGN_BITS = (
    "Some pixels use bits outside the stored value (an overlay, probably); those bits were left out."
)


class Frames:
    """The pixels of one parsed file; compressed bytes are read from the disk each time and not kept."""

    def __init__(self, raw: RawFile, info: ImageInfo, budget: int) -> None:
        self._raw = raw
        self._info = info
        self._budget = budget
        self._kept: OrderedDict[int, NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns: dict[int, threading.Lock] = {}
        self._compressed: CompressedFrames | None = None
        self.repairs: tuple[str, ...] = ()
        assert raw.pixels is not None
        if raw.pixels.length == UNDEFINED:
            self._compressed = compressed_frames(raw, info.frames)
            self.repairs = self._compressed.repairs
        elif raw.transfer_syntax not in NATIVE:
            self._note("The picture is not compressed although the header says so.")

    def get(self, number: int) -> NDArray[Any]:
        """Stored values of frame `number`; whoever asks for it meanwhile waits and gets the same array."""
        kept = self.kept(number)
        if kept is not None:
            return kept
        with self._lock:
            turn = self._turns.setdefault(number, threading.Lock())
        with turn:
            frame = self.kept(number)
            if frame is None:
                frame = self._decode(number)
                self._keep(number, frame)
        return frame

    def kept(self, number: int) -> NDArray[Any] | None:
        """Frame `number` if it is in memory."""
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
            return self._kept.get(number)

    def preview(self, number: int) -> NDArray[Any] | None:
        """A lower resolution of frame `number`, None where there is no quick one."""
        if self._compressed is None:
            return None
        return decode_preview(self._compressed.read(self._raw, number), self._info)

    def _keep(self, number: int, frame: NDArray[Any]) -> None:
        with self._lock:
            self._kept[number] = frame
            while len(self._kept) > 1 and sum(f.nbytes for f in self._kept.values()) > self._budget:
                self._kept.popitem(last=False)

    def _decode(self, number: int) -> NDArray[Any]:
        info = self._info
        try:
            cells, precision = self._cells(number)
        except BadStream as error:
            which = f"the compressed picture of frame {number}" if info.is_stack else "the compressed picture"
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
        kind = "u1" if info.bits_allocated == 8 else ">u2" if pixels.big_endian else "<u2"
        count = info.rows * info.columns
        size = count * info.bits_allocated // 8
        start = pixels.start + (number - 1) * size
        if self._raw.inflated is not None:
            return np.frombuffer(self._raw.inflated, kind, count, start).reshape(info.rows, info.columns)
        swapped = pixels.big_endian and pixels.vr == "OW" and info.bits_allocated == 8
        with self._raw.open() as file:
            if not swapped:
                data = read_piece(file, start, size)
            else:
                # Bytes in big endian words lie the other way round (PS3.5 8.1.1).
                even = read_piece(file, start - start % 2 if pixels.start % 2 == 0 else start, size + 2)
                words = np.frombuffer(even[: len(even) // 2 * 2], np.uint16).byteswap().tobytes()
                data = words[start % 2 : start % 2 + size]
        return np.frombuffer(data, kind).reshape(info.rows, info.columns)

    def _note(self, repair: str) -> None:
        self.repairs = tuple(dict.fromkeys((*self.repairs, repair)))
