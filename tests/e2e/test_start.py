"""The start: the window before everything heavy, pictures before the database, and then rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def session(what: str, tmp_path: Path, *paths: Path) -> dict[str, Any]:
    script = Path(__file__).with_name("start_session.py")
    url = f"sqlite:///{tmp_path / 'readings.db'}"
    command = [sys.executable, str(script), what, url, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["status"] == 0
    return told


def test_nothing_heavy_is_loaded_before_the_first_paint(tmp_path: Path, sample_dicoms: Path) -> None:
    assert session("first-paint", tmp_path)["first paint"] == []
    assert session("first-paint", tmp_path, sample_dicoms / "prior")["first paint"] == []


def test_the_first_picture_waits_neither_for_the_database_nor_for_analysis(
    tmp_path: Path, sample_dicoms: Path
) -> None:
    told = session("pictures", tmp_path, sample_dicoms / "screening")
    assert not {"sqlalchemy", "alembic", "scipy", "highdicom"} & set(told["first picture"])
    assert "sqlalchemy" in told["all pictures"]
    assert not {"scipy", "highdicom"} & set(told["all pictures"])


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself a polite signal there")
def test_with_an_exam_open_and_nobody_there_nothing_runs(tmp_path: Path, sample_dicoms: Path) -> None:
    told = session("idle", tmp_path, sample_dicoms / "screening")
    assert told["events"] == {}
    # going to sleep after the last question, and waking for the signal that ends it
    assert told["wakes"] <= 2


def test_a_database_that_cannot_be_opened_ends_the_program_with_a_sentence(
    tmp_path: Path, sample_dicoms: Path
) -> None:
    command = [sys.executable, "-m", "annotator", "--database", f"sqlite:///{tmp_path}/no/r.db"]
    for paths in ((), (str(sample_dicoms / "workup"),)):
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
        done = subprocess.run(
            [*command, *paths], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 1
        sentences = [line for line in done.stderr.splitlines() if line.startswith("annotator:")]
        assert len(sentences) == 1
        assert f"{tmp_path}/no does not exist" in sentences[0]
        assert "Traceback" not in done.stderr
