"""Which bytes of a file belong to which frame; read only when that frame is wanted (PS3.5 A.4)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from annotator.errors import UnreadableImage
from annotator.imaging.dataset import ITEM, UNDEFINED, RawFile

_END = b"\xfe\xff\xdd\xe0"
_STREAM_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  ")
_MOST_FRAGMENTS = 200_000


@dataclass(frozen=True)
class Piece:
    """A run of bytes; `missing` of its end lie behind the end of the file."""

    start: int
    length: int
    missing: int = 0


@dataclass(frozen=True)
class CompressedFrames:
    """The pieces of each frame, and what had to be mended to find them."""

    frames: tuple[tuple[Piece, ...], ...]
    repairs: tuple[str, ...]

    def read(self, raw: RawFile, number: int) -> bytes:
        """The compressed bytes of frame `number` (from 1); UnreadableImage when the file ends before it does."""
        pieces = self.frames[number - 1]
        if any(p.missing for p in pieces):
            which = f"frame {number}" if len(self.frames) > 1 else "the picture"
            raise UnreadableImage(
                raw.path, f"the file ends before {which} is complete; ask for the file again"
            )
        with raw.open() as file:
            return b"".join([read_piece(file, p.start, p.length) for p in pieces])


def read_piece(file: BinaryIO, start: int, length: int) -> bytes:
    """`length` bytes from `start`, fewer where the file ends."""
    file.seek(start)
    content = file.read(length)
    if len(content) == length:
        return content
    # a raw file may give less than it has: a signal came, or the piece is larger than one call takes
    parts = [content]
    while content and sum(map(len, parts)) < length:
        content = file.read(length - sum(map(len, parts)))
        parts.append(content)
    return b"".join(parts)


def compressed_frames(raw: RawFile, frames: int) -> CompressedFrames:
    """Find the frames of an encapsulated pixel element; tables of offsets are believed only where they fit."""
    assert raw.pixels is not None
    assert raw.pixels.length == UNDEFINED
    repairs: list[str] = []
    with raw.open() as file:
        table, pieces = _fragments(raw, file, repairs)
        if not pieces:
            raise UnreadableImage(
                raw.path, "it announces a compressed picture and holds none; ask for the file again"
            )
        if len(pieces) < frames:
            raise UnreadableImage(
                raw.path, f"it announces {frames} frames and holds {len(pieces)}; ask for the file again"
            )
        grouped = _group(raw, file, table, pieces, frames, repairs)
    return CompressedFrames(grouped, tuple(repairs))


def _fragments(raw: RawFile, file: BinaryIO, repairs: list[str]) -> tuple[bytes, list[Piece]]:
    """The basic offset table and the fragments behind it, by their stated lengths only."""
    assert raw.pixels is not None
    at, table, pieces = raw.pixels.start, None, list[Piece]()
    while len(pieces) < _MOST_FRAGMENTS:
        file.seek(at)
        head = file.read(8)
        tag, length = head[:4], int.from_bytes(head[4:], "little")
        if tag != ITEM or len(head) < 8:
            if tag != _END:
                repairs.append("The compressed picture lacks its end mark.")
            return table or b"", pieces
        missing = max(0, at + 8 + length - raw.size)
        if table is None:
            table = file.read(length) if not missing else b""
        else:
            pieces.append(Piece(at + 8, length, missing))
        at += 8 + length
    raise UnreadableImage(
        raw.path, "its picture is cut into more pieces than any picture needs; it was refused"
    )


def _group(
    raw: RawFile, file: BinaryIO, table: bytes, pieces: list[Piece], frames: int, repairs: list[str]
) -> tuple[tuple[Piece, ...], ...]:
    if frames == 1:
        return (tuple(pieces),)
    by_offset = {p.start - 8 - (pieces[0].start - 8): i for i, p in enumerate(pieces)}
    for offsets in (_extended_offsets(raw), _basic_offsets(table)):
        if not offsets:
            continue
        starts = [by_offset.get(o) for o in offsets]
        known = [s for s in starts if s is not None]
        if len(known) == len(starts) == frames and known[0] == 0 and all(a < b for a, b in pairwise(known)):
            return _split(pieces, known)
        repairs.append("A table of frame positions does not fit the frames and was ignored.")
    if len(pieces) == frames:
        return tuple((p,) for p in pieces)
    starts_stream: Callable[[Piece], bool] = lambda p: read_piece(file, p.start, 8).startswith(_STREAM_STARTS)  # noqa: E731
    begun = [i for i, piece in enumerate(pieces) if starts_stream(piece)]
    if len(begun) == frames and begun[0] == 0:
        return _split(pieces, begun)
    raise UnreadableImage(
        raw.path, f"its {frames} frames cannot be told apart in {len(pieces)} compressed pieces"
    )


def _split(pieces: list[Piece], starts: Sequence[int]) -> tuple[tuple[Piece, ...], ...]:
    return tuple(tuple(pieces[a:b]) for a, b in pairwise((*starts, len(pieces))))


def _basic_offsets(table: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])


def _extended_offsets(raw: RawFile) -> tuple[int, ...]:
    raw_table = raw.dataset.get_item(0x7FE00001) if 0x7FE00001 in raw.dataset else None
    value = getattr(raw_table, "value", None)
    if not isinstance(value, bytes):
        return ()
    return struct.unpack(f"<{len(value) // 8}Q", value[: len(value) // 8 * 8])
