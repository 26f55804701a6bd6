"""The search for leaks finds what it is to find, wherever it is packed; a search that finds nothing proves nothing."""

from __future__ import annotations

import base64
import gzip
import io
import sqlite3
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.leaks.__main__ import PLANTED, SHE, plant
from benchmarks.leaks.search import Search, forms_of, open_to_others

SEARCH = Search(forms_of(SHE))


def zipped(inner: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", inner)
    return packed.getvalue()


@pytest.mark.parametrize(
    "said", ["Quixano^Dulcinea", "DULCINEA", "mrn77341120", "1961-08-23", "23.8.1961", "8/23/1961"]
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be", "latin-1"])
def test_in_every_encoding_and_packing(said: str, codec: str) -> None:
    data = b"some words before " + said.encode(codec)
    for packed in (
        data,
        gzip.compress(data),
        zipped(data),
        zipped(gzip.compress(data)),
        b"<img src='data:image/png;base64," + base64.b64encode(b"x" * 60 + data) + b"'>",
    ):
        assert list(SEARCH.content(packed)), packed


def test_in_a_chunk_of_a_picture() -> None:
    body = b"Comment\0\0" + zlib.compress(b"DULCINEA")
    png = b"\x89PNG\r\n\x1a\n" + len(body).to_bytes(4, "big") + b"zTXt" + body + b"\0\0\0\0"
    assert list(SEARCH.content(png))


def test_nothing_in_what_says_nothing() -> None:
    data = b"QUIX ANO 1961 MRN 23.08. Dulcine" + bytes(range(256))
    assert not list(SEARCH.content(data + gzip.compress(data) + zipped(data)))


def test_in_rows_that_only_the_log_of_a_database_holds(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE t (said TEXT)")
    database.execute("INSERT INTO t VALUES (?)", ("x" * 3000 + "Dulcinea" + "y" * 3000,))
    database.commit()
    found = {leak.file.name for leak in SEARCH.folder(tmp_path)}
    database.close()
    assert found >= {"a.db-wal"}


def test_every_kind_that_is_planted_is_found(tmp_path: Path) -> None:
    for name in ("data", "config", "cache", "tmp", "out", "state"):
        (tmp_path / name).mkdir()
    plant(tmp_path)
    leaks = {leak.file for leak in SEARCH.folder(tmp_path)}
    opened = {path for path in open_to_others(tmp_path) if path.name == "open.txt"}
    assert len(leaks) + len(opened) == PLANTED
