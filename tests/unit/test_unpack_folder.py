"""Unpacked archives of a program that was killed are removed by the next one; those of one at work stay."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from annotator.imaging import unpack_folder

MAKE = (
    "import sys; from annotator.imaging.unpack_folder import private_root\n"
    "root = private_root(); (root / 'DOE^JANE.dcm').write_bytes(b'her'); print(root, flush=True); sys.stdin.read()\n"
)


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    unpack_folder.clear_left_behind.cache_clear()


def begun() -> tuple[subprocess.Popen[str], Path]:
    program = subprocess.Popen(
        [sys.executable, "-c", MAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    return program, Path(program.stdout.readline().strip())


def ended(program: subprocess.Popen[str]) -> None:
    for stream in (program.stdin, program.stdout):
        assert stream is not None
        stream.close()
    program.wait(30)


def test_of_a_killed_program_nothing_stays_and_of_one_at_work_all() -> None:
    killed, left = begun()
    at_work, kept = begun()
    killed.kill()
    ended(killed)
    assert (left / "DOE^JANE.dcm").exists()
    unpack_folder.clear_left_behind()
    assert not left.exists()
    assert (kept / "DOE^JANE.dcm").exists()
    ended(at_work)
    assert not kept.exists()


def test_what_only_looks_alike_stays(tmp_path: Path) -> None:
    other = tmp_path / "mammo-annotator-notes"
    other.mkdir()
    (other / "mine.txt").write_text("x")
    unpack_folder.clear_left_behind()
    assert (other / "mine.txt").exists()
