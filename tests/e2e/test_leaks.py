"""A whole journey in the real window and by command, with every byte that was written searched for the patient."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="modes of files and signals of POSIX")
def test_nothing_that_is_written_says_who_the_patient_is(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.leaks", "--keep", str(tmp_path / "journey")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 leaks, 0 open to others" in done.stdout
    # it was a journey: all that is exported is there to be searched
    out = tmp_path / "journey" / "written" / "out"
    assert {path.suffix for path in out.iterdir()} >= {".pdf", ".html", ".txt", ".json", ".backup"}
    said = min(out.glob("said-*-readings.txt"))
    assert "signed" in said.read_text(encoding="utf-8")
    assert list((tmp_path / "journey" / "written" / "state").rglob("crash-*.txt"))
