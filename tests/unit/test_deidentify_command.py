"""`annotator deidentify` from outside: what is told, what is left, and that a dry run says what the run will."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from annotator.cli import main
from annotator.reporting.deidentifying import LEDGER
from tests.ui.small_exam import write_exam


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    return write_exam(tmp_path / "exam", patient="SMALL-7731905")


def deidentify(exam: Path, out: Path, *words: str) -> int:
    database = f"sqlite:///{out.parent / 'r.db'}"
    return main(["deidentify", str(exam), "--out", str(out), "--database", database, "--jobs", "1", *words])


def with_a_name_in_its_picture(path: Path) -> None:
    image = dcmread(path)
    image.PatientID = "SMALL-7731905"
    image.PixelData = encapsulate([b"\xff\xd8\xff\xfe\x00\x10SMALL-7731905\xff\xd9"])
    image["PixelData"].VR = "OB"
    image.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    image.save_as(path)


def test_a_dry_run_counts_what_the_run_will(
    exam: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name in the compressed picture is met behind the header, on the way through the pixels."""
    with_a_name_in_its_picture(min(exam.glob("*.dcm")))
    assert deidentify(exam, tmp_path / "out", "--dry-run") == 1
    would = capsys.readouterr()
    assert would.out.splitlines()[-1] == "3 copies would be written; 1 file could not be copied"
    assert not (tmp_path / "out").exists()
    assert deidentify(exam, tmp_path / "out") == 1
    done = capsys.readouterr()
    assert done.out.splitlines()[-1].startswith("3 copies; 1 file could not be copied; what was done: ")
    assert would.err == done.err
    assert "its compressed picture has a note that says who it is" in done.err
    assert "Copies: 3. Files left out: 1. Files not understood: 0." in (
        tmp_path / "out" / "deidentified.txt"
    ).read_text(encoding="utf-8")


def test_a_dry_run_over_copies_says_what_is_there(
    exam: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deidentify(exam, tmp_path / "out") == 0
    next((tmp_path / "out").rglob("*LCC*.dcm")).unlink()
    capsys.readouterr()
    assert deidentify(exam, tmp_path / "out", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 copy would be written; 3 there from before"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_disk_that_is_full_is_one_sentence(
    exam: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of what is done is written after each copy: without room for it nothing could be gone on with."""
    really = os.open

    def opened(path: object, flags: int, *mode: int) -> int:
        full = str(path).endswith(LEDGER)
        return really("/dev/full", os.O_WRONLY) if full else really(path, flags, *mode)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "open", opened)
    assert deidentify(exam, tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "cannot be written to (No space left on device); make room there" in told
