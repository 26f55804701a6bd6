"""Structured reports among pictures: found, not called unreadable, and kept in the index like everything else."""

from __future__ import annotations

import os
from pathlib import Path

import made_cad as cad
import pytest

from annotator.imaging.collection import list_images
from annotator.imaging.rejected import ReportFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "exam"
    made.mkdir()
    cad.save(cad.modern(), made / "cad.dcm")
    (made / "broken.dcm").write_bytes(bytes(128) + b"DICM")
    os.utime(made / "cad.dcm", (1, 1))
    return made


def test_a_report_in_a_folder_is_found_and_not_rejected(folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "headers.sqlite"
    for _ in range(2):  # the second time from the index
        listing = list_images([folder], index=index)
        assert [one.path.name for one in listing.rejected] == ["broken.dcm"]
        assert listing.reports == (
            ReportFile(folder / "cad.dcm", "it is a structured report, not a picture", "2.25.1", cad.CAD),
        )


def test_a_report_that_was_named_and_nothing_else_is_told(folder: Path) -> None:
    listing = list_images([folder / "cad.dcm"])
    assert [one.reason for one in listing.rejected] == ["it is a structured report, not a picture"]
    assert len(listing.reports) == 1
