"""Listing a folder: read for the first time, and known from the last time, beside pydicom's headers alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pydicom import dcmread

from annotator.imaging.collection import list_images
from benchmarks.imaging.files import Files
from benchmarks.imaging.rows import Row, in_ms, interleaved, paired, seconds


def measure(files: Files) -> Iterator[Row]:
    folder = files.headers()
    count = sum(1 for _ in folder.rglob("*.dcm"))
    rounds = max(files.sizes.rounds // 2, 1)
    with tempfile.TemporaryDirectory() as kept:
        index = Path(kept) / "headers.db"
        found = len(list_images([folder], index=index).images)
        if found != count:
            raise SystemExit(f"{found} of {count} files were listed")
        taken = interleaved(
            {
                "first": partial(seconds, partial(list_images, [folder])),
                "again": partial(seconds, partial(list_images, [folder], index=index)),
                "pydicom": partial(seconds, partial(_headers, folder)),
            },
            rounds,
        )
    beside = f"pydicom stop_before_pixels {in_ms(taken['pydicom'])}"
    for key, words in (("first", "for the first time"), ("again", "known from the last time")):
        name = f"listing {count:,} files {words}"
        yield Row(name, in_ms(taken[key]), beside, paired(taken[key], taken["pydicom"]))


def _headers(folder: Path) -> int:
    """What any listing has to read: every header, nothing done with it."""
    return sum(len(dcmread(path, stop_before_pixels=True)) for path in folder.rglob("*.dcm"))
