"""Where the parts of a DICOM file lie, read as tolerantly as needed to aim at them; nothing is interpreted."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

LONG_FORM = {b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN", b"SQ", b"UT", b"UC", b"UR", b"SV", b"UV"}
UNDEFINED = 0xFFFFFFFF
ITEM = b"\xfe\xff\x00\xe0"
PIXEL_DATA = 0x7FE00010
DEFLATED = b"1.2.840.10008.1.2.1.99"
_MOST = 4000
_DEEPEST = 4


@dataclass(frozen=True)
class Element:
    """One element: where it starts, where its length and value stand. `vr` is b'' in implicit files."""

    tag: int
    vr: bytes
    start: int
    length_at: int
    length_bytes: int
    value: int
    length: int

    @property
    def end(self) -> int:
        """Behind the value; behind the header where the length is undefined."""
        return self.value + (0 if self.length == UNDEFINED else self.length)


@dataclass(frozen=True)
class Fragment:
    """A piece of a compressed picture: where its item starts, and how long it says it is."""

    start: int
    length: int


@dataclass(frozen=True)
class Parts:
    """Elements in the order of the file (those in sequences too), and the pieces of its picture."""

    elements: tuple[Element, ...]
    fragments: tuple[Fragment, ...]
    data_set: int
    order: Literal["little", "big"]

    def named(self, tag: int) -> Element | None:
        """The first element of a tag."""
        return next((e for e in self.elements if e.tag == tag), None)


def inflated(data: bytes) -> bytes:
    """A deflated file with its data set spelt out; any other as it is."""
    found = parts_of(data)
    syntax = found.named(0x00020010)
    if syntax is None or data[syntax.value : syntax.end].rstrip(b"\0 ") != DEFLATED:
        return data
    try:
        body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[found.data_set :], 64 << 20)
    except zlib.error:
        return data
    return data[: found.data_set].replace(DEFLATED, b"1.2.840.10008.1.2.1\0\0\0", 1) + body


def parts_of(data: bytes) -> Parts:
    """The parts as far as they can be followed."""
    found: list[Element] = []
    at = 132 if data[128:132] == b"DICM" else 0
    while data[at : at + 2] == b"\x02\x00" and (one := _element(data, at, "little", explicit=True)):
        found.append(one)
        at = one.end
    syntax = next((data[e.value : e.end].rstrip(b"\0 ") for e in found if e.tag == 0x00020010), b"")
    order: Literal["little", "big"] = "big" if syntax == b"1.2.840.10008.1.2.2" else "little"
    explicit = data[at + 4 : at + 6].isalpha() and data[at + 4 : at + 6].isupper()
    if syntax != DEFLATED:
        _walk(data, at, len(data), order, explicit, found, 0)
    pixels = next((e for e in found if e.tag == PIXEL_DATA and e.length == UNDEFINED), None)
    return Parts(tuple(found), () if pixels is None else _fragments(data, pixels.value), at, order)


def _walk(
    data: bytes,
    at: int,
    end: int,
    order: Literal["little", "big"],
    explicit: bool,
    found: list[Element],
    depth: int,
) -> int:
    while at < end and len(found) < _MOST:
        one = _element(data, at, order, explicit=explicit)
        if one is None or one.end > len(data):
            return len(data)
        found.append(one)
        if one.tag == PIXEL_DATA:
            return one.end
        group = one.tag >> 16
        if group == 0xFFFE:
            at = one.value if one.tag == 0xFFFEE000 else one.end
        elif (one.vr == b"SQ" or one.length == UNDEFINED) and depth < _DEEPEST:
            at = one.value
        else:
            at = one.end
    return at


def _element(data: bytes, at: int, order: Literal["little", "big"], *, explicit: bool) -> Element | None:
    head = data[at : at + 12]
    if len(head) < 8:
        return None
    tag = int.from_bytes(head[:2], order) << 16 | int.from_bytes(head[2:4], order)
    vr = head[4:6]
    if tag >> 16 == 0xFFFE or not explicit:
        return Element(tag, b"", at, at + 4, 4, at + 8, int.from_bytes(head[4:8], order))
    if vr in LONG_FORM:
        return Element(tag, vr, at, at + 8, 4, at + 12, int.from_bytes(head[8:12], order))
    return Element(tag, vr, at, at + 6, 2, at + 8, int.from_bytes(head[6:8], order))


def _fragments(data: bytes, at: int) -> tuple[Fragment, ...]:
    found: list[Fragment] = []
    while data[at : at + 4] == ITEM and len(found) < _MOST:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        found.append(Fragment(at, length))
        at += 8 + length
    return tuple(found)
