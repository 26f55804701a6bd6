"""From a file to its header and to the place where its pixels start; nothing of the picture is read.

Mends what can be mended (no preamble, no meta group, no transfer syntax) and says so.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

from pydicom.dataset import FileDataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag
from pydicom.uid import UID

from annotator.errors import UnreadableImage
from annotator.imaging.facts import Facts
from annotator.imaging.opened_file import open_file
from annotator.quiet_parsing import quiet_parsing

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
NATIVE = frozenset({EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED})

PIXEL_DATA = 0x7FE00010
_PIXEL_TAGS = {PIXEL_DATA, 0x7FE00009, 0x7FE00008}
_LONG_FORM = {b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN", b"SQ", b"UT", b"UC", b"UR"}

MAX_INFLATED = 1 << 30
"""Bytes a deflated file may become: above the largest stack of a breast, below a small machine's memory."""
MAX_INFLATION = 300
"""Most that deflate may shrink a picture; the format's own end is about 1,030, empty pictures stay below 250."""
MAX_HEADER_READS = 250_000
"""Reads while parsing one header. A stack of 100 slices needs 20,000; this stops bombs after a second."""
_INFLATED_FIRST = 64 << 20
"""What is spelt out of a deflated file before its header is looked at."""
_BEHIND_PIXELS = 1 << 20
UNDEFINED = 0xFFFFFFFF
ITEM = b"\xfe\xff\x00\xe0"
"""The tag that each piece of a compressed picture begins with (PS3.5 A.4)."""
_LARGE_READ = 1 << 16
_FIRST_GROUPS = {0x0000, 0x0002, 0x0004, 0x0008, 0x0010, 0x0018, 0x0020, 0x0028}


@dataclass(frozen=True)
class PixelElement:
    """Where the value of the pixel element lies. `length` is UNDEFINED when the picture is compressed."""

    tag: int
    start: int
    length: int
    vr: str
    big_endian: bool


@dataclass(frozen=True)
class RawFile:
    """A header as parsed. `inflated` is the content to read pixels from when the file was deflated.

    `stamp` is the file's size and time of change while it was parsed: pixels are read later, and only
    from that same file.
    """

    path: Path
    dataset: FileDataset
    transfer_syntax: str
    pixels: PixelElement | None
    size: int
    repairs: tuple[str, ...]
    inflated: bytes | None = None
    stamp: tuple[int, int] = (0, 0)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The content that `pixels` points into.

        Raises UnreadableImage at either end when the file is no longer the one that was parsed.
        """
        if self.inflated is not None:
            yield io.BytesIO(self.inflated)
            return
        with open_file(self.path, buffered=False) as file:
            self._refuse_a_changed(file)
            yield file
            self._refuse_a_changed(file)

    def _refuse_a_changed(self, file: BinaryIO) -> None:
        if file_stamp(file) != self.stamp:
            raise UnreadableImage(self.path, "it was changed or replaced while it was open; open it again")


class _Counted:
    """A file that stops after so many reads: headers of a million empty items would take minutes."""

    def __init__(self, file: BinaryIO, path: Path, size: int, most_reads: int) -> None:
        self._file = file
        self._path = path
        self._size = size
        self._left = most_reads
        self.seek = file.seek
        self.tell = file.tell
        self.name = str(path)

    def refuse_when_exhausted(self) -> None:
        """Say so when the reads are used up; pydicom may have made something else of the first refusal."""
        if self._left < 0:
            raise UnreadableImage(
                self._path,
                "its header has far more entries than any picture needs; the file was refused unread",
            )

    def read(self, size: int = -1) -> bytes:
        self._left -= 1
        self.refuse_when_exhausted()
        if size > _LARGE_READ:
            # A lying length would have memory set aside for it before the end of the file is met.
            size = min(size, max(0, self._size - self._file.tell()))
        return self._file.read(size)


def file_stamp(file: BinaryIO) -> tuple[int, int]:
    """Size and time of the last change (ns) of an open file."""
    stat = os.fstat(file.fileno())
    return stat.st_size, stat.st_mtime_ns


def read_raw(path: Path, *, most_reads: int = MAX_HEADER_READS) -> RawFile:
    """Parse the header of `path` up to its pixels. Call inside a decode guard."""
    if path.is_dir():
        raise UnreadableImage(path, "it is a folder; name a file in it")
    with open_file(path) as file:
        stamp = file_stamp(file)
        size = stamp[0]
        start = file.read(1024)
        file.seek(0)
        if not start:
            raise UnreadableImage(path, "the file is empty")
        if not _looks_like_dicom(start):
            raise UnreadableImage(path, "it is not a DICOM file (its first bytes belong to something else)")
        if DEFLATED.encode() in start:
            meta_end = _meta_end(file)
            if meta_end is not None:
                return _inflated(path, file, meta_end, most_reads)
        return replace(_parse(path, file, size, most_reads), stamp=stamp)


def _looks_like_dicom(start: bytes) -> bool:
    if start[128:132] == b"DICM":
        return True
    groups = (int.from_bytes(start[:2], "little"), int.from_bytes(start[:2], "big"))
    return len(start) > 8 and bool(_FIRST_GROUPS & set(groups)) and any(start[:8])


def _parse(path: Path, file: BinaryIO, size: int, most_reads: int) -> RawFile:
    with quiet_parsing():
        found: list[int] = []

        def at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
            if tag in _PIXEL_TAGS:
                found[:] = [int(tag)]
                return True
            return False

        counted = _Counted(file, path, size, most_reads)
        try:
            dataset = read_partial(counted, stop_when=at_pixels, force=True)  # type: ignore[arg-type]
        finally:
            counted.refuse_when_exhausted()
    implicit, little = dataset.original_encoding
    position = counted.tell()
    pixels = _pixel_element(counted, position, found[0], big_endian=little is False) if found else None
    syntax, repairs = _transfer_syntax(dataset, bool(implicit), little is not False, pixels)
    return RawFile(path, dataset, syntax, pixels, size, repairs)


def _pixel_element(file: _Counted, position: int, tag: int, *, big_endian: bool) -> PixelElement:
    file.seek(position)
    head = file.read(12)
    order: Literal["big", "little"] = "big" if big_endian else "little"
    vr = head[4:6]
    if vr in _LONG_FORM:
        start, length, name = position + 12, int.from_bytes(head[8:12], order), vr.decode()
    else:
        start, length, name = position + 8, int.from_bytes(head[4:8], order), "OW"
    if length != UNDEFINED and not big_endian and _begins_with_items(file, start, length):
        length = UNDEFINED
    return PixelElement(tag, start, length, name, big_endian)


def _begins_with_items(file: _Counted, start: int, length: int) -> bool:
    """Whether a value of a stated length holds compressed pieces all the same: a table, and a piece behind it."""
    file.seek(start)
    head = file.read(8)
    behind = 8 + int.from_bytes(head[4:], "little")
    if head[:4] != ITEM or behind + 8 > length:
        return False
    file.seek(start + behind)
    return file.read(4) == ITEM


def _transfer_syntax(
    dataset: FileDataset, implicit: bool, little: bool, pixels: PixelElement | None
) -> tuple[str, tuple[str, ...]]:
    repairs = []
    if dataset.preamble is None:
        repairs.append("The file lacks the DICOM preamble; its content was read as DICOM all the same.")
    syntax = str(getattr(dataset.file_meta, "TransferSyntaxUID", "") or "")
    if syntax in NATIVE:
        shown = IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE if little else EXPLICIT_BIG
        if syntax != DEFLATED and shown != syntax:
            repairs.append(f"The file is written as {UID(shown).name} although it says {UID(syntax).name}.")
        return shown, tuple(repairs)
    if not syntax:
        syntax = IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE if little else EXPLICIT_BIG
        if pixels is not None and pixels.length == UNDEFINED:
            syntax = ""
        repairs.append("The file does not name its transfer syntax; it was recognised from the content.")
    return syntax, tuple(repairs)


def _inflated(path: Path, file: BinaryIO, meta_end: int, most_reads: int) -> RawFile:
    """A deflated file with its data set spelt out: the header first, then as much as it announces."""
    file.seek(0)
    # what is asked for is set aside before the end of the file is met, and a length in the meta group may lie
    head = file.read(min(meta_end, os.fstat(file.fileno()).st_size))
    packed = file.read()
    limit = min(MAX_INFLATED, max(1 << 20, MAX_INFLATION * len(packed)))
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    first = machine.decompress(packed, min(limit, _INFLATED_FIRST))
    del packed
    plain = EXPLICIT_LITTLE.encode().ljust(len(DEFLATED), b"\0")
    content = head.replace(DEFLATED.encode(), plain, 1) + first
    del first
    raw = _parse(path, io.BytesIO(content), len(content), most_reads)
    if machine.unconsumed_tail and not machine.eof:
        end = _announced_end(raw) + _BEHIND_PIXELS
        if end <= meta_end + limit:
            more = machine.decompress(machine.unconsumed_tail, max(1, end - len(content)))
            content += more
        if machine.unconsumed_tail and not machine.eof:
            raise UnreadableImage(
                path, "its deflated content grows beyond any picture when unpacked; the file was refused"
            )
    if not machine.eof:
        raise UnreadableImage(path, "its deflated content is cut off; ask for the file again")
    return replace(raw, transfer_syntax=DEFLATED, inflated=content, size=len(content))


def _announced_end(raw: RawFile) -> int:
    """Where the pixels end by what the header says of their size; all there may be where it says nothing of use."""
    facts = Facts(raw.dataset, [])
    said = [facts.whole(keyword) for keyword in ("Rows", "Columns", "BitsAllocated")]
    rows, columns, bits = (max(0, number or 0) for number in said)
    frames = facts.whole("NumberOfFrames") or 1
    start = 0 if raw.pixels is None else raw.pixels.start
    return start + rows * columns * max(1, frames) * bits // 8


def _meta_end(file: BinaryIO) -> int | None:
    """Where a deflated data set starts: behind the last element of group 2, which is always explicit little endian.

    None for a file that is not deflated.
    """
    file.seek(0)
    head = file.read(1 << 16)
    at = 132 if head[128:132] == b"DICM" else 0
    says_deflated = False
    while head[at : at + 2] == b"\x02\x00":
        element, vr = head[at + 2 : at + 4], head[at + 4 : at + 6]
        if vr in _LONG_FORM:
            start, length = at + 12, int.from_bytes(head[at + 8 : at + 12], "little")
        else:
            start, length = at + 8, int.from_bytes(head[at + 6 : at + 8], "little")
        if element == b"\x10\x00":
            says_deflated = head[start : start + length].rstrip(b"\0 ") == DEFLATED.encode()
        at = start + length
    return at if says_deflated else None
