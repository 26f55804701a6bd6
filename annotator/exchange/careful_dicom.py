"""A DICOM file without pixels, such as a structured report, read whole; one made to do harm is refused before it can.

pydicom makes objects of whatever nests, however deep and however much of it. So the bytes are walked first, by their
lengths only, and what no report needs is refused.
"""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info, read_partial

from annotator.errors import UnreadableObject
from annotator.quiet_parsing import quiet_parsing

MAX_BYTES = 32 << 20
"""Of a file and of what a deflated one becomes: reports with thousands of marks take a tenth of it."""
MAX_ELEMENTS = 600_000
"""Elements and items of a file: a thousand calcifications with outlines have a third of them."""
MAX_DEPTH = 96
"""Sequences within sequences: templates nest ten deep, and Python's own stack ends at some two hundred."""

MAX_INFLATED = 256 << 20
"""Of a deflated segmentation: a hundred and fifty planes of the largest mammograms."""

_META_BYTES = 64 << 10
"""Hold every file meta group that is sound."""
_EXPLICIT_HEAD = bytes(128) + b"DICM" + struct.pack("<HH2sH", 2, 0x10, b"UI", 20) + b"1.2.840.10008.1.2.1\0"
"""Preamble and file meta group of a file in explicit representation, little endian."""
_DEFLATED = "1.2.840.10008.1.2.1.99"
_IMPLICIT = "1.2.840.10008.1.2"
_BIG = "1.2.840.10008.1.2.2"
_LONG_FORM = frozenset(
    {b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN", b"SQ", b"UT", b"UC", b"UR", b"SV", b"UV"}
)
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_UNDEFINED = 0xFFFFFFFF
_PIXELS = 0x7FE0
_SOP_CLASS = 0x00080016
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def look_over(path: Path) -> None:
    """Raise UnreadableObject for a file that would do harm when its header is read; pixels may be of any size."""
    try:
        with open(path, "rb", opener=_opened) as file:
            content = _begin_of(path, file, most=None)
        _plain(content, pixels_may_follow=True)
    except _Refused as error:
        cut_short = len(content) == MAX_BYTES and str(error) == _CUT_OFF
        raise UnreadableObject(path, _TOO_MUCH if cut_short else str(error)) from error
    except FileNotFoundError as error:
        raise UnreadableObject(path, "there is no such file") from error
    except (OSError, struct.error, zlib.error) as error:
        raise UnreadableObject(path, DAMAGED) from error


def read_careful(path: Path) -> Dataset:
    """All elements of `path`. Raises UnreadableObject for what is no DICOM file, is damaged or would do harm."""
    content = _content(path)
    try:
        content, implicit = _plain(content)
        if implicit is not None:
            _walk(content, implicit=implicit)
        with quiet_parsing():
            return dcmread(BytesIO(content), force=True)
    except _Refused as error:
        raise UnreadableObject(path, str(error)) from error
    except RecursionError as error:
        raise UnreadableObject(path, _TOO_DEEP) from error
    except DAMAGE as error:
        raise UnreadableObject(path, DAMAGED) from error


def opened_plain(path: Path) -> BinaryIO:
    """A file that was looked over, to be read; one that is deflated as it would be otherwise, in memory.

    Raises UnreadableObject where it inflates to more than MAX_INFLATED bytes or ends before that is over, OSError.
    """
    with path.open("rb") as file:
        begin = file.read(_META_BYTES)
        try:
            at, syntax = _meta(begin) if begin[128:132] == b"DICM" else (0, "")
            if syntax == _DEFLATED:
                file.seek(at)
                return BytesIO(_EXPLICIT_HEAD + b"".join(_inflated(file)))
        except _Refused as error:
            raise UnreadableObject(path, str(error)) from error
    return path.open("rb")


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    engine, left = zlib.decompressobj(-zlib.MAX_WBITS), MAX_INFLATED
    while not engine.eof:
        packed = file.read(1 << 20)
        if not packed:
            raise _Refused(_CUT_OFF)
        piece = engine.decompress(packed, left + 1)
        left -= len(piece)
        if left < 0:
            raise _Refused(_TOO_LARGE_INFLATED)
        yield piece


def sop_class(path: Path) -> str:
    """The SOP class of a DICOM file, '' where none can be told; nothing behind it is read."""
    try:
        meta = read_file_meta_info(path)
        said = meta.get("MediaStorageSOPClassUID")
        if not said and meta.get("TransferSyntaxUID") != _DEFLATED:
            with path.open("rb") as file:
                begin = read_partial(file, stop_when=lambda tag, *_: tag > _SOP_CLASS)
            said = begin.get("SOPClassUID")
        return str(said or "")
    except DAMAGE:
        return ""


DAMAGE = (
    OSError,
    EOFError,
    InvalidDicomError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What pydicom raises of damaged bytes, and of damaged values, which it decodes only when they are asked for."""
DAMAGED = "it is damaged and could not be understood; ask for the file again"
_CUT_OFF = "it ends in the middle (its last part is missing); ask for the file again"
_TOO_DEEP = "it nests sequences deeper than any report; it is damaged or made to do harm"
_TOO_MUCH = "it has far more entries than any report needs; it was refused unread"
_TOO_LARGE_INFLATED = f"it is deflated and becomes larger than {MAX_INFLATED >> 20} MB; save it without deflating and name that file"


class _Refused(Exception):
    """The text is the reason."""


def _content(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_opened) as file:
            return _begin_of(path, file, most=MAX_BYTES)
    except FileNotFoundError as error:
        raise UnreadableObject(path, "there is no such file") from error
    except OSError as error:
        raise UnreadableObject(path, f"it could not be read from disk ({error.strerror or error})") from error


def _opened(name: str, _flags: int) -> int:
    return os.open(name, _FLAGS)


def _begin_of(path: Path, file: BinaryIO, *, most: int | None) -> bytes:
    """The first MAX_BYTES, which is all of a file of at most `most` bytes."""
    said = os.fstat(file.fileno())
    if not stat.S_ISREG(said.st_mode):
        raise UnreadableObject(path, "it is neither a file nor a folder")
    if most is not None and said.st_size > most:
        raise UnreadableObject(
            path, f"it is larger than {most >> 20} MB, which no report is; it was not read"
        )
    content = file.read(MAX_BYTES)
    if not content:
        raise UnreadableObject(path, "the file is empty")
    if content[128:132] != b"DICM" and content[:2] not in (b"\x08\x00", b"\x02\x00", b"\x00\x08"):
        raise UnreadableObject(path, "it is not a DICOM file")
    return content


def _plain(content: bytes, *, pixels_may_follow: bool = False) -> tuple[bytes, bool | None]:
    """(the file, inflated where it was deflated; whether its data set is in implicit representation).

    None in place of the latter for big endian, which is short or refused.
    """
    if content[128:132] != b"DICM":
        return content, not content[4:6].isalpha()
    at, syntax = _meta(content)
    if syntax == _DEFLATED:
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        inflated = engine.decompress(content[at:], MAX_BYTES)
        if engine.unconsumed_tail and not pixels_may_follow:
            raise _Refused(_TOO_MUCH)
        _walk(inflated, implicit=False)
        return content, None
    if syntax == _BIG:
        if len(content) > MAX_BYTES >> 5:
            raise _Refused(_TOO_MUCH)
        return content, None
    _walk(content[at:], implicit=syntax == _IMPLICIT)
    return content, None


def _meta(content: bytes) -> tuple[int, str]:
    """(where the data set begins, the transfer syntax) of a file with a preamble."""
    at, syntax = 132, ""
    while content[at : at + 2] == b"\x02\x00":
        tag, vr, start, length = _element(content, at, implicit=False)
        at = start + length
        if tag == 0x00020010:
            syntax = content[start:at].decode("ascii", "replace").strip("\0 ")
        if vr == b"SQ" or length == _UNDEFINED:
            raise _Refused(DAMAGED)
    return at, syntax


def _element(content: bytes, at: int, *, implicit: bool) -> tuple[int, bytes, int, int]:
    """(tag, VR or b'', start of the value, its length)."""
    group, number = struct.unpack_from("<HH", content, at)
    tag = group << 16 | number
    if implicit or group == 0xFFFE:
        return tag, b"", at + 8, struct.unpack_from("<I", content, at + 4)[0]
    vr = content[at + 4 : at + 6]
    if vr in _LONG_FORM:
        return tag, vr, at + 12, struct.unpack_from("<I", content, at + 8)[0]
    return tag, vr, at + 8, struct.unpack_from("<H", content, at + 6)[0]


def _walk(content: bytes, *, implicit: bool) -> None:
    """Count what is there and how deep it nests, by lengths alone. Raises _Refused."""
    open_until: list[tuple[int, bool]] = []
    at, count, size = 0, 0, len(content)
    while at + 8 <= size:
        while open_until and at >= open_until[-1][0]:
            open_until.pop()
        within = any(hidden for _, hidden in open_until[-1:])
        tag, vr, start, length = _element(content, at, implicit=implicit or within)
        if tag >> 16 == _PIXELS and not open_until:
            return  # an image, which the reader of reports refuses by its kind; pieces of compressed pixels are no items
        count += 1
        if count > MAX_ELEMENTS:
            raise _Refused(_TOO_MUCH)
        if tag in (_ITEM_END, _SEQUENCE_END):
            if open_until:
                open_until.pop()
            at = start
            continue
        if tag == _ITEM or vr == b"SQ" or length == _UNDEFINED or (not vr and _opens(content, start, length)):
            open_until.append((size + 1 if length == _UNDEFINED else start + length, within or vr == b"UN"))
            if len(open_until) > 2 * MAX_DEPTH:
                raise _Refused(_TOO_DEEP)
            at = start
        else:
            at = start + length
        if at > size:
            raise _Refused(_CUT_OFF)
    if any(content[at:]) or any(end > size for end, _ in open_until):
        raise _Refused(_CUT_OFF)


def _opens(content: bytes, start: int, length: int) -> bool:
    """Whether the value of an element without a VR is a sequence: it begins with an item."""
    return length >= 8 and content[start : start + 4] == b"\xfe\xff\x00\xe0"
