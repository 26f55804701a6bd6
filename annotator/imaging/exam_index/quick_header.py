"""The few elements a list needs, out of the first bytes of a well-formed file; None for every other file.

Ten times as fast as a parser that makes objects of all elements. What is not plain (another encoding, text in a
character set, frames with facts of their own, sizes that do not fit) is left to `annotator.imaging.dicom_file`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from struct import Struct

PIXELS = 0x7FE00010
_IMPLICIT = b"1.2.840.10008.1.2"
_OTHER_WAYS = (b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.1.99")
"""Big endian and deflated: not read here."""
_LONG_FORM = frozenset(
    {b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN", b"SQ", b"UT", b"UC", b"UR", b"SV", b"UV"}
)
_SHORT_FORM = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT"}
    | {b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
)
"""With the others every value representation of PS3.5 6.2: parsers refuse files that have more."""
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_FIRST_READ = 24 << 10
"""Holds most headers whole."""
MOST_HEADER = 2 << 20
"""A longer header is left to the parser."""
_DEEPEST = 6

_explicit = Struct("<HH2sH").unpack_from
_implicit = Struct("<HHI").unpack_from
_length = Struct("<I").unpack_from


class _TooShort(Exception):
    """The bytes end before the pixels."""


class _NotPlain(Exception):
    """Somebody else has to read this file."""


def quick_elements(path: Path, wanted: Mapping[int, bytes]) -> tuple[dict[int, bytes], int, int] | None:
    """`wanted` says by tag how a value is represented; a file that has it otherwise is not plain.

    (values of the wanted elements of the top level by tag, length of the pixel element, bytes left for it).

    The length is None's stand-in 0xFFFFFFFF where the pixels are compressed. None for a file that is not plain.
    Raises OSError.
    """
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(_FIRST_READ)
        while True:
            try:
                values, start, length = _walked(head, wanted)
            except _TooShort:
                if len(head) >= min(size, MOST_HEADER):
                    return None
                head += file.read(len(head) * 3)
                continue
            except _NotPlain:
                return None
            return values, length, size - start


def plain_text(values: Mapping[int, bytes], tag: int) -> str | None:
    """The first value of an element as text, '' when absent; None when it takes a parser to understand it."""
    raw = values.get(tag)
    if raw is None:
        return ""
    if not raw.isascii():
        return None
    text = raw.decode("ascii").replace("\0", "")
    if "\\" in text:
        text = text.partition("\\")[0]
    text = text.strip()
    return text if text.isprintable() and len(text) <= _LONGEST else None


_LONGEST = 256


def _walked(head: bytes, wanted: Mapping[int, bytes]) -> tuple[dict[int, bytes], int, int]:
    """(values, where the pixels start, their length). Raises _TooShort and _NotPlain."""
    if head[128:132] != b"DICM":
        raise _NotPlain
    at, implicit = _behind_meta(head)
    values: dict[int, bytes] = {}
    before = 0
    while True:
        tag, vr, start, length = _element(head, at, implicit)
        if tag <= before:
            raise _NotPlain
        before = tag
        if tag >= 0x7FE00000:
            if tag != PIXELS:
                raise _NotPlain
            return values, start, length
        if length == _UNDEFINED:
            if vr not in (b"SQ", b"UN", b""):
                raise _NotPlain
            at = _behind_sequence(head, start, implicit or vr == b"UN", 0)
        else:
            at = start + length
        if tag in wanted:
            if vr and vr != wanted[tag]:
                raise _NotPlain
            if at > len(head):
                raise _TooShort
            values[tag] = head[start:at]


def _behind_meta(head: bytes) -> tuple[int, bool]:
    """(where the data set starts, whether it is in implicit representation).

    The group begins with its length, which has to hold (PS3.10 7.1).
    """
    if len(head) < 144 or head[132:140] != b"\x02\0\0\0UL\x04\0":
        raise _NotPlain
    at, syntax, before = 144, b"", 0
    end = at + _length(head, 140)[0]
    while head[at : at + 2] == b"\x02\x00":
        tag, _vr, start, length = _element(head, at, implicit=False)
        if length == _UNDEFINED or tag <= before:
            raise _NotPlain
        at, before = start + length, tag
        if tag == 0x00020010:
            syntax = head[start:at].rstrip(b"\0 ")
    if not syntax or syntax in _OTHER_WAYS or at != end:
        raise _NotPlain
    return at, syntax == _IMPLICIT


def _element(head: bytes, at: int, implicit: bool) -> tuple[int, bytes, int, int]:
    """(tag, value representation, start of the value, its length)."""
    if at + 12 > len(head):
        raise _TooShort
    if implicit:
        group, element, length = _implicit(head, at)
        return group << 16 | element, b"", at + 8, length
    group, element, vr, length = _explicit(head, at)
    tag = group << 16 | element
    if vr in _LONG_FORM:
        return tag, vr, at + 12, _length(head, at + 8)[0]
    if vr not in _SHORT_FORM:
        raise _NotPlain
    return tag, vr, at + 8, length


def _behind_sequence(head: bytes, at: int, implicit: bool, depth: int) -> int:
    """Where a sequence of undefined length ends; its items may be of either kind."""
    if depth > _DEEPEST:
        raise _NotPlain
    while True:
        if at + 8 > len(head):
            raise _TooShort
        group, element, length = _implicit(head, at)
        tag, at = group << 16 | element, at + 8
        if tag == _SEQUENCE_END:
            return at
        if tag != _ITEM:
            raise _NotPlain
        at = at + length if length != _UNDEFINED else _behind_item(head, at, implicit, depth)


def _behind_item(head: bytes, at: int, implicit: bool, depth: int) -> int:
    while True:
        if at + 8 > len(head):
            raise _TooShort
        group, element, _ = _implicit(head, at)
        if group << 16 | element == _ITEM_END:
            return at + 8
        _tag, vr, start, length = _element(head, at, implicit)
        if length != _UNDEFINED:
            at = start + length
        elif vr in (b"SQ", b"UN", b""):
            at = _behind_sequence(head, start, implicit or vr == b"UN", depth + 1)
        else:
            raise _NotPlain
