"""The picture of a file on its way into the copy: its bytes as they are, or with rectangles blacked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from annotator.errors import ExportError

UNDEFINED = 0xFFFFFFFF
_PIECE = 4 << 20
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_WORD = 2


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Whole pixels of the stored image: the corner nearest to the first pixel, and how many each way."""

    column: int
    row: int
    columns: int
    rows: int

    def within(self, columns: int, rows: int) -> Rectangle | None:
        """The part of it that lies on an image of that size; None where there is none."""
        left, top = max(self.column, 0), max(self.row, 0)
        right, bottom = min(self.column + self.columns, columns), min(self.row + self.rows, rows)
        return Rectangle(left, top, right - left, bottom - top) if right > left and bottom > top else None


class PixelElement(Protocol):
    """Where the value of the pixel element lies in an open file; `length` is UNDEFINED for a compressed picture."""

    @property
    def tag(self) -> int:
        """Which of the elements that hold pixels."""

    @property
    def start(self) -> int:
        """First byte of the value."""

    @property
    def length(self) -> int:
        """Bytes of the value."""

    @property
    def vr(self) -> str:
        """Value representation."""

    @property
    def big_endian(self) -> bool:
        """Whether words begin with their high byte."""


@dataclass(frozen=True)
class Layout:
    """How the cells of a picture that is not compressed lie one behind the other."""

    rows: int
    columns: int
    frames: int
    bits_allocated: int
    samples: int = 1
    by_plane: bool = False

    @property
    def bytes_each(self) -> int:
        """Of a cell."""
        return self.bits_allocated // 8

    @property
    def size(self) -> int:
        """Bytes of all frames."""
        return (self.rows * self.columns * self.samples * self.frames * self.bits_allocated + 7) // 8

    @property
    def planes(self) -> int:
        """How many times all rows follow one another."""
        return self.frames * (self.samples if self.by_plane else 1)

    @property
    def row_cells(self) -> int:
        """Cells of one row of a plane."""
        return self.columns * (1 if self.by_plane else self.samples)


@dataclass(frozen=True)
class Picture:
    """A picture to be copied: where it lies, how, and what is opened to read it.

    `layout` None: its size is not told, and all of it is copied. `keep_bits`: bits of a cell that stay; the others held
    an overlay, which is words or drawings.
    """

    element: PixelElement
    open: Callable[[], AbstractContextManager[BinaryIO]]
    layout: Layout | None = None
    keep_bits: int | None = None

    @property
    def compressed(self) -> bool:
        """Whether it lies in pieces of a compressed stream."""
        return self.element.length == UNDEFINED

    @property
    def told_length(self) -> int:
        """Bytes of the cells that the header announces, of all there is where they are fewer."""
        size = self.element.length
        return size if self.layout is None else min(size, self.layout.size)

    @property
    def copied_length(self) -> int:
        """Bytes of the value in the copy, even; what lay behind the announced cells is left out."""
        return self.told_length + self.told_length % 2


def as_it_is(picture: Picture) -> Iterator[bytes]:
    """The value of the pixel element, piece by piece. Raises ExportError where the file ends before it."""
    with picture.open() as file:
        if picture.compressed:
            yield from _fragments(file, picture.element.start)
            return
        file.seek(picture.element.start)
        have = picture.told_length
        while have:
            piece = file.read(min(_PIECE, have))
            if not piece:
                raise ExportError("its picture is cut off; ask for the file again.")
            have -= len(piece)
            yield _masked(piece, picture)
        yield bytes(picture.told_length % 2)


def _masked(piece: bytes, picture: Picture) -> bytes:
    if picture.keep_bits is None or len(piece) % _WORD:
        return piece
    words = np.frombuffer(piece, ">u2" if picture.element.big_endian else "<u2")
    kept: bytes = (words & words.dtype.type(picture.keep_bits)).astype(words.dtype).tobytes()
    return kept


def _fragments(file: BinaryIO, start: int) -> Iterator[bytes]:
    """Items of a compressed picture and their end mark; nothing of what stands behind it."""
    file.seek(start)
    while True:
        head = file.read(8)
        if head[:4] == _END or not head:
            yield _END + bytes(4)
            return
        length = int.from_bytes(head[4:], "little")
        if head[:4] != _ITEM or length == UNDEFINED:
            raise ExportError("its compressed picture is damaged; ask for the file again.")
        yield head
        while length:
            piece = file.read(min(_PIECE, length))
            if not piece:
                raise ExportError("its compressed picture is cut off; ask for the file again.")
            length -= len(piece)
            yield piece


def blacked_out(
    picture: Picture, layout: Layout, rectangles: Sequence[Rectangle], fill: int
) -> Iterator[bytes]:
    """A picture that is not compressed, with every cell of the rectangles set to `fill`, on each frame.

    `fill` is a cell as it is stored, unsigned. Raises ExportError.
    """
    element = picture.element
    inside = [one for r in rectangles if (one := r.within(layout.columns, layout.rows)) is not None]
    row_bytes = layout.row_cells * layout.bytes_each
    at_once = max(1, _PIECE // row_bytes)
    kind = "u1" if layout.bytes_each == 1 else ">u2" if element.big_endian else "<u2"
    # bytes in big endian words lie the other way round (PS3.5 8.1.1)
    swapped = element.big_endian and element.vr == "OW" and layout.bytes_each == 1
    if swapped and (layout.size % 2 or row_bytes % 2):
        raise ExportError("8 bit pixels in big endian words with an odd width are not blacked out.")
    with picture.open() as file:
        file.seek(element.start)
        for _ in range(layout.planes):
            for top in range(0, layout.rows, at_once):
                rows = min(at_once, layout.rows - top)
                piece = file.read(rows * row_bytes)
                if len(piece) < rows * row_bytes:
                    raise ExportError("its picture is cut off; ask for the file again.")
                piece = _masked(piece, picture)
                cells = np.frombuffer(_swapped(piece) if swapped else piece, kind)
                cells = cells.reshape(rows, layout.row_cells).copy()
                fill_in(cells, inside, top, fill, layout.row_cells // layout.columns)
                yield _swapped(cells.tobytes()) if swapped else cells.tobytes()
    yield bytes(layout.size % 2)


def fill_in(
    cells: NDArray[Any], rectangles: Sequence[Rectangle], top: int, fill: int, samples: int = 1
) -> None:
    """Set the part of rectangles (inside the image) that lies on rows from `top` on, in place."""
    for one in rectangles:
        first, last = max(one.row - top, 0), min(one.row + one.rows - top, len(cells))
        if last > first:
            cells[first:last, one.column * samples : (one.column + one.columns) * samples] = fill


def spelt_out(
    frames: Callable[[int], NDArray[Any]], layout: Layout, rectangles: Sequence[Rectangle], value: int
) -> Iterator[bytes]:
    """Decoded frames (from 1) as cells in little endian with rectangles set to `value`: no loss, no codec."""
    inside = [one for r in rectangles if (one := r.within(layout.columns, layout.rows)) is not None]
    kind = np.dtype("u1" if layout.bytes_each == 1 else "<u2")
    for number in range(1, layout.frames + 1):
        values = np.array(frames(number))
        fill_in(values, inside, 0, value)
        yield values.astype(kind).tobytes()
    yield bytes(layout.size % 2)


def _swapped(piece: bytes) -> bytes:
    return np.frombuffer(piece, np.uint16).byteswap().tobytes()
