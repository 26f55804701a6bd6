"""What a compressed frame says of itself, and whether all of it is there.

A picture that was cut off and still decodes is the worst failure a viewer can have: libjpeg fills the
rest of a truncated frame with plausible values and says nothing (an end mark glued on makes it perfect).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.generic]


class Family(StrEnum):
    """Kinds of compression, by what the first bytes show."""

    JPEG = "JPEG"
    JPEG_LOSSLESS = "JPEG Lossless"
    JPEG_LS = "JPEG-LS"
    JPEG_2000 = "JPEG 2000"
    HTJ2K = "HTJ2K"
    RLE = "RLE"


class BadStream(ValueError):
    """A compressed frame that must not be shown; the text is a clause about 'the compressed picture'."""


@dataclass
class StreamHead:
    """What the markers of a stream say; the fields below `components` only for the JPEG kinds, the last two
    only for JPEG 2000: whether values carry a sign, and how many times the wavelet halves the picture.
    """

    family: Family
    rows: int
    columns: int
    precision: int
    components: int = 1
    code_lengths: dict[int, dict[int, int]] = field(default_factory=dict)
    restart_interval: int = 0
    table: int = 0
    predictor: int = 0
    point_transform: int = 0
    entropy_start: int = 0
    signed: bool = False
    levels: int = 0


_SOF_LOSSY = {0xC0, 0xC1, 0xC2, 0xC5, 0xC6, 0xC9, 0xCA}
_SOF_LOSSLESS = {0xC3, 0xC7, 0xCB}
_SOF_LS = 0xF7
_ALONE = {0x00, 0x01, *range(0xD0, 0xDA)}
"""Marks without a length (ITU-T T.81 B.1.1.3). Between segments of a header a decoder steps over them where a walk
by lengths takes two bytes of a length from them: another picture could hide there.
"""
_MOST_SCANS = 64
"""A progressive picture has some ten; each costs a pass over all of it, however few bytes it has."""
_UNUSUAL_PIXELS = 64_000_000
_MOST_SHRUNK = 1000
"""Most that a picture larger than any detector may have shrunk; those of detectors reach 20."""
_PADDING = b"\0\xff \n"
_STRIP = 1 << 18
"""Pixels counted at once: their differences and bits stay in a core's own cache."""
_ROWS = 256
_MOST_TILES = 65_535
"""Their number is kept in 16 bits (ITU-T T.800 A.4.2, Isot)."""
_JUNK = bytes((37 * n * n + 91 * n + 11) % 251 for n in range(96))


def recognise(data: bytes) -> Family | None:
    """The family of a frame by its first bytes; None when it looks like nothing known."""
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg_head(data).family
    start = codestream_start(data)
    if start >= 0:
        return Family.HTJ2K if b"\xff\x50" in data[start : start + 128] else Family.JPEG_2000
    if len(data) >= 64:
        count, first = struct.unpack("<II", data[:8])
        if 1 <= count <= 15 and first == 64:
            return Family.RLE
    return None


def read_head(data: bytes) -> StreamHead:
    """The size, depth and tables of a JPEG or JPEG 2000 frame; BadStream when they are not there."""
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg_head(data)
    start = codestream_start(data)
    if start < 0 or len(data) < start + 45:
        raise BadStream("does not begin as one")
    x1, y1, x0, y0 = struct.unpack(">IIII", data[start + 8 : start + 24])
    components = int.from_bytes(data[start + 40 : start + 42], "big")
    family = Family.HTJ2K if b"\xff\x50" in data[start : start + 128] else Family.JPEG_2000
    head = StreamHead(family, y1 - y0, x1 - x0, (data[start + 42] & 0x7F) + 1, components)
    head.signed = bool(data[start + 42] & 0x80)
    coding = data.find(b"\xff\x52", start + 45)
    head.levels = data[coding + 9] if 0 <= coding < len(data) - 9 else 0
    return head


def check_length(data: bytes, rows: int, columns: int) -> None:
    """BadStream when a few bytes stand for a picture that would fill the memory."""
    pixels = rows * columns
    if pixels > _UNUSUAL_PIXELS and len(data) * _MOST_SHRUNK < 2 * pixels:
        raise BadStream("is cut off (it is too short for its size)")


def trimmed(data: bytes) -> bytes:
    """The frame up to its end mark, padding behind it dropped; BadStream when the mark is missing."""
    end = data.rfind(b"\xff\xd9")
    if end < 0 or data[end + 2 :].strip(_PADDING):
        raise BadStream("is cut off (its end mark is missing)")
    return data[: end + 2]


def check_tiles(data: bytes) -> None:
    """BadStream unless the parts of a JPEG 2000 stream lead by their lengths to its end mark, and are there for
    every tile: OpenJPEG shows a tile that is not there as air.
    """
    start = codestream_start(data)
    tiles = _tiles(data, start)
    missing = set(range(tiles))
    at = data.find(b"\xff\x90", start)
    while at >= 0 and data[at : at + 2] == b"\xff\x90":
        missing.discard(int.from_bytes(data[at + 4 : at + 6], "big"))
        length = int.from_bytes(data[at + 6 : at + 10], "big")
        at = at + length if length else len(data) - 2
    if at < 0 or data[at : at + 2] != b"\xff\xd9":
        raise BadStream("is cut off or damaged (its parts do not lead to its end)")
    if missing:
        raise BadStream(f"is cut off or damaged ({len(missing)} of its {tiles} tiles are missing)")


def _tiles(data: bytes, start: int) -> int:
    """How many tiles a JPEG 2000 picture has; BadStream where they do not cover it (ITU-T T.800 B.3).

    Every decoder sets memory aside for each tile announced.
    """
    sizes = struct.unpack(">8I", data[start + 8 : start + 40])
    tiles = 1
    for end, begin, step, first in (sizes[::2], sizes[1::2]):
        if not first <= begin < end or begin - first >= step:
            raise BadStream("is damaged (its tiles do not cover it)")
        tiles *= -(-(end - first) // step)
    if tiles > _MOST_TILES:
        raise BadStream("is damaged (it has more tiles than can be numbered)")
    return tiles


def codestream_start(data: bytes) -> int:
    """Where the code stream of a JPEG 2000 frame begins, bare or in boxes; -1 when it is none."""
    if data.startswith(b"\xff\x4f\xff\x51"):
        return 0
    boxed = data.startswith(b"\x00\x00\x00\x0cjP  ")
    return data.find(b"\xff\x4f\xff\x51") if boxed else -1


def _jpeg_head(data: bytes) -> StreamHead:
    lengths: dict[int, dict[int, int]] = {}
    head: StreamHead | None = None
    restart = 0
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + size]
        if marker in _ALONE or size < 2:
            break
        if marker in _SOF_LOSSY or marker in _SOF_LOSSLESS or marker == _SOF_LS:
            if head is not None:
                break
            head = _frame_header(marker, body)
        elif marker == 0xC4:
            lengths |= _huffman_lengths(body)
        elif marker == 0xDD and len(body) >= 2:
            restart = int.from_bytes(body[:2], "big")
        elif marker == 0xDA and head is not None and len(body) >= 6:
            head.code_lengths, head.restart_interval = lengths, restart
            head.table, head.predictor, head.point_transform = body[2] >> 4, body[3], body[5] & 15
            head.entropy_start = at + 2 + size
            if data.count(b"\xff\xda", head.entropy_start) >= _MOST_SCANS:
                raise BadStream("is damaged (it is drawn more often than any picture)")
            return head
        at += 2 + size
    raise BadStream("is damaged (it holds no readable header)")


def _frame_header(marker: int, body: bytes) -> StreamHead:
    if len(body) < 6:
        raise BadStream("is damaged (it holds no readable header)")
    family = (
        Family.JPEG_LS
        if marker == _SOF_LS
        else Family.JPEG_LOSSLESS
        if marker in _SOF_LOSSLESS
        else Family.JPEG
    )
    rows, columns = struct.unpack(">HH", body[1:5])
    return StreamHead(family, rows, columns, body[0], body[5])


def _huffman_lengths(body: bytes) -> dict[int, dict[int, int]]:
    """Table id (0-3 of class DC) -> symbol -> code length in bits."""
    tables: dict[int, dict[int, int]] = {}
    at = 0
    while at + 17 <= len(body):
        counts = body[at + 1 : at + 17]
        symbols = body[at + 17 : at + 17 + sum(counts)]
        each = [length for length, count in enumerate(counts, start=1) for _ in range(count)]
        if body[at] >> 4 == 0:
            tables[body[at] & 15] = dict(zip(symbols, each, strict=False))
        at += 17 + sum(counts)
    return tables


@dataclass(frozen=True)
class BitBalance:
    """Bits that a picture takes in its own code, against those present; `slack` is the padding allowed."""

    needed: int
    present: int
    slack: int

    @property
    def complete(self) -> bool:
        """All bits are there and none is left over."""
        return self.needed <= self.present <= self.needed + self.slack

    @property
    def short(self) -> bool:
        """The picture takes more bits than there are: its end was made up by the decoder."""
        return self.needed > self.present


def bit_balance(data: bytes, head: StreamHead, pixels: NDArray[np.unsignedinteger[Any]]) -> BitBalance | None:
    """Count the bits of a JPEG Lossless frame (ITU-T T.81 H): exact, so a cut or a broken code shows.

    Every pixel costs its Huffman code plus the bits of its difference from the prediction, all of which
    follow from the decoded pixels and the tables. None when the stream is coded in a way not counted here.
    """
    lengths = head.code_lengths.get(head.table)
    interval = head.restart_interval
    if lengths is None or not 1 <= head.predictor <= 7 or interval % head.columns:
        return None
    length = len(data) - 2 - head.entropy_start
    if length < 1:
        return None
    stuffed, restarts = _marks(np.frombuffer(data, np.uint8, length, head.entropy_start))
    present = 8 * (length - stuffed - (2 * restarts if interval else 0))
    every = interval // head.columns or head.rows
    costs = _costs(lengths)
    needed = sum(_cost(pixels[top : top + every], head, costs) for top in range(0, head.rows, every))
    intervals = -(-head.rows // every)
    return BitBalance(needed, present, 7 + 8 * (intervals - 1))


def _costs(lengths: dict[int, int]) -> NDArray[np.uint8]:
    """Bits of every difference modulo 2^16; a category without a code costs more than any frame has."""
    difference = np.arange(1 << 16, dtype=np.uint16).view(np.int16).astype(np.int32)
    category = np.zeros(1 << 16, np.uint8)
    for bits in range(1, 17):
        category[np.abs(difference) >= 1 << (bits - 1)] = bits
    by_category = np.array([lengths.get(c, 200) + (c if c < 16 else 0) for c in range(17)], np.uint8)
    return by_category[category]


def _cost(block: Frame, head: StreamHead, costs: NDArray[np.uint8]) -> int:
    """Bits of the rows between two restarts, in strips that stay in the cache; the interpreter is free meanwhile."""
    shift = np.uint16(head.point_transform)
    columns = block.shape[1]
    strip = max(1, _STRIP // columns)
    first = block[0].astype(np.uint16) >> shift
    first[1:] -= first[:-1].copy()
    first[:1] -= np.uint16(1 << (head.precision - head.point_transform - 1))
    total = int(costs[first].sum(dtype=np.int64))
    difference = np.empty((strip, columns), np.uint16)
    bits = np.empty((strip, columns), np.uint8)
    for top in range(1, block.shape[0], strip):
        rows = block[top - 1 : top + strip].astype(np.uint16, copy=False)
        if shift:
            rows = rows >> shift
        count = len(rows) - 1
        np.subtract(rows[1:, 1:], _prediction(rows, head.predictor), out=difference[:count, 1:])
        np.subtract(rows[1:, 0], rows[:-1, 0], out=difference[:count, 0])
        total += int(cv2.sumElems(cv2.LUT(difference[:count], costs, dst=bits[:count]))[0])
    return total


def _prediction(rows: NDArray[np.uint16], predictor: int) -> NDArray[np.uint16]:
    """Table H.1 of ITU-T T.81 for all pixels but the first row and column, modulo 2^16."""
    left, above, corner = rows[1:, :-1], rows[:-1, 1:], rows[:-1, :-1]
    if predictor <= 3:
        return (left, above, corner)[predictor - 1]
    a, b, c = (side.astype(np.int32) for side in (left, above, corner))
    wide = {4: a + b - c, 5: a + ((b - c) >> 1), 6: b + ((a - c) >> 1), 7: (a + b) >> 1}[predictor]
    return wide.astype(np.uint16)


def _marks(entropy: NDArray[np.uint8]) -> tuple[int, int]:
    """How often FF stands before a stuffed zero, and how often it begins a restart mark (ITU-T T.81 B.1.1.5)."""
    behind = entropy[np.flatnonzero(entropy[:-1] == 0xFF) + 1]
    return int(np.count_nonzero(behind == 0)), int(np.count_nonzero((behind & 0xF8) == 0xD0))


def is_starved(data: bytes, pixels: Frame, decode: Callable[[bytes], Frame]) -> bool:
    """Whether the decoder wanted more than the frame holds, so that it made up the end of the picture.

    Decodes once more with junk before the end mark: a whole frame leaves it unread.
    """
    scan = data[:-2].rstrip(b"\xff")  # fill bytes would make a marker of the junk
    again = decode(scan + _JUNK + data[-2:])
    if again.shape != pixels.shape:
        return True
    tops = range(0, len(pixels), _ROWS)  # in strips: a comparison of the whole takes half a frame of memory
    return not all(np.array_equal(again[top : top + _ROWS], pixels[top : top + _ROWS]) for top in tops)
