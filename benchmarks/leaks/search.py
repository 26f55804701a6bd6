"""Whether files say who a patient is: in every byte of them, and in what is packed inside.

Looked through are the bytes as they are and what comes out of zip members, gzip, zlib streams (PDF), base64 (pictures in a
web page), the text of a PDF and the rows of an SQLite file; in UTF-8, UTF-16 of both kinds and Latin-1, in any case.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import gzip
import io
import os
import re
import sqlite3
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pypdf

DEEPEST = 4
_ZLIB = re.compile(rb"stream\r?\n")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{64,}={0,2}")
_CODECS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1", "cp500")


@dataclass(frozen=True, slots=True)
class Patient:
    """As a header tells it: `name` in the form FAMILY^GIVEN, `born` as YYYYMMDD."""

    name: str
    number: str
    born: str
    uids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leak:
    """`what` was found in `file`, `within` says inside of what ('' in its bytes as they are)."""

    file: Path
    what: str
    within: str = ""

    def __str__(self) -> str:
        inside = f", in {self.within}" if self.within else ""
        return f"{self.file}{inside}: {self.what}"


def forms_of(patient: Patient, *, single_names: bool = True) -> tuple[str, ...]:
    """Every way in which a file may say who it is; `single_names`: also either part of the name by itself."""
    family, given = patient.name.split("^")[:2]
    year, month, day = patient.born[:4], patient.born[4:6], patient.born[6:]
    names = {
        f"{a}{gap}{b}"
        for a, b in ((family, given), (given, family))
        for gap in ("^", " ", ", ", ",", "_", "-", ".", "")
    }
    if single_names:
        names |= {family, given}
    dates = {patient.born, f"{day}{month}{year}"}
    for gap in "-./":
        dates |= {
            f"{year}{gap}{month}{gap}{day}",
            f"{day}{gap}{month}{gap}{year}",
            f"{month}{gap}{day}{gap}{year}",
        }
        dates |= {f"{int(day)}{gap}{int(month)}{gap}{year}", f"{int(month)}{gap}{int(day)}{gap}{year}"}
    words = names | dates | {patient.number, *patient.uids}
    return tuple(sorted(words | {quote(word) for word in words}))


class Search:
    """Looks for some forms in files."""

    def __init__(self, forms: Sequence[str]) -> None:
        encoded = {form.lower().encode(codec, "ignore"): form for form in forms for codec in _CODECS}
        encoded |= {form.upper().encode("cp500", "ignore"): form for form in forms}
        self._forms = encoded
        words = sorted((re.escape(word) for word in encoded if len(word) > 3), key=len, reverse=True)
        self._pattern = re.compile(b"|".join(words), re.IGNORECASE)

    def folder(self, root: Path) -> Iterator[Leak]:
        """Leaks in every file under a folder, and in the names of files and folders."""
        for path in sorted(root.rglob("*")):
            for what in self._found(os.fsencode(path.relative_to(root))):
                yield Leak(path, what, "its name")
            if path.is_file() and not path.is_symlink():
                yield from self.file(path)

    def file(self, path: Path) -> Iterator[Leak]:
        """Leaks in one file."""
        data = path.read_bytes()
        for what, within in dict.fromkeys(self.content(data)):
            yield Leak(path, what, within)
        if data.startswith(b"SQLite format 3\0"):
            for what in dict.fromkeys(self._rows(path)):
                yield Leak(path, what, "its rows")

    def content(self, data: bytes, within: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
        """What is found in some bytes, and inside of what."""
        yield from ((what, within) for what in self._found(data))
        if depth < DEEPEST:
            for name, inner in _unpacked(data):
                yield from self.content(inner, f"{within} > {name}" if within else name, depth + 1)

    def _found(self, data: bytes) -> Iterator[str]:
        for found in dict.fromkeys(match.lower() for match in self._pattern.findall(data)):
            yield self._forms.get(found) or self._forms.get(found.upper()) or repr(found)

    def _rows(self, path: Path) -> Iterator[str]:
        """Of a database also what is split over pages, and what only its WAL has."""
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            tables = [
                row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            for table in tables:
                for row in database.execute(f'SELECT * FROM "{table}"'):
                    for value in row:
                        yield from self._found(
                            value if isinstance(value, bytes) else str(value).encode("utf-8", "ignore")
                        )
        database.close()


def open_to_others(root: Path) -> Iterator[Path]:
    """Files and folders under `root`, and itself, that anybody but their owner may read, write or enter."""
    for path in (root, *sorted(root.rglob("*"))):
        if not path.is_symlink() and path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield path


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data.startswith(b"PK\3\4"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for name in archive.namelist():
                    yield f"the name {name!r}", name.encode()
                    yield name, archive.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            pass
    if data.startswith(b"\x1f\x8b"):
        with contextlib.suppress(OSError, zlib.error, EOFError):
            yield "gzip", gzip.decompress(data)
    if data.startswith(b"%PDF"):
        yield from _pdf(data)
    if data.startswith(b"\x89PNG"):
        yield from _png(data)
    if data.lstrip()[:1] in (b"<", b"{"):
        for found in _BASE64.finditer(data):
            try:
                yield "base64", base64.b64decode(found.group() + b"=" * (-len(found.group()) % 4))
            except binascii.Error:
                continue


def _pdf(data: bytes) -> Iterator[tuple[str, bytes]]:
    for found in _ZLIB.finditer(data):
        inflate = zlib.decompressobj()
        try:
            yield "a stream", inflate.decompress(data[found.end() :])
        except zlib.error:
            continue
    reader = pypdf.PdfReader(io.BytesIO(data))
    yield "its text", "\n".join(page.extract_text() for page in reader.pages).encode()
    yield "what it says of itself", repr(dict(reader.metadata or {})).encode()


def _png(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Chunks of text, packed or not."""
    at = 8
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if kind in (b"zTXt", b"iTXt") and b"\0" in body:
            try:
                yield kind.decode(), zlib.decompress(body.split(b"\0", 1)[1].lstrip(b"\0\1"))
            except zlib.error:
                yield kind.decode(), body
        at += length + 12
