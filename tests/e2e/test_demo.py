"""The main job end to end, as a user starts it; and that it does not say done when it is not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

OTHER_FOLDER = (
    "import sys; from pathlib import Path; import annotator.ui.demonstration.demo as demo; from annotator.cli import main; "
    "demo.sample_folder = lambda: Path(sys.argv[1]); "
    "sys.exit(main(['demo', '--offscreen', '--out', sys.argv[2]]))"
)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, env=environment, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    out = tmp_path_factory.mktemp("demo")
    done = run("-m", "annotator", "demo", "--offscreen", "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, out


def test_it_prints_each_follow_up_with_row_and_sources(demo: tuple[str, Path]) -> None:
    said, _ = demo
    magnify = said.index("Magnification views (row M1")
    biopsy = said.index("Biopsy (row S4")
    assert magnify < said.index("source SJRA-8: ") < biopsy < said.index("source BR5: ")
    assert "both readings as they were" in said
    assert re.search(r"longest time the window did not answer: \d+ ms, (opening|marking|describing)", said)


@pytest.mark.parametrize(
    ("exam", "row", "action", "category", "own"),
    [("screening", "M1", "magnification_views", "0", "0"), ("workup", "S4", "biopsy", "4B", "4B")],
)
def test_it_leaves_the_findings_as_json(
    demo: tuple[str, Path], exam: str, row: str, action: str, category: str, own: str
) -> None:
    document = json.loads((demo[1] / f"findings-{exam}.json").read_text(encoding="utf-8"))
    (finding,) = document["findings"]
    assert finding["assessment"] == own
    suggestion = finding["suggestion"]
    found = (suggestion["row"], suggestion["follow_up"], suggestion["suggested_assessment"])
    assert found == (row, action, category)
    assert len(finding["marks"]) >= 8
    assert all(mark["measurement"]["basis"] for mark in finding["marks"])


def test_it_leaves_reports_and_pictures_worth_looking_at(demo: tuple[str, Path]) -> None:
    _, out = demo
    for exam in ("screening", "workup"):
        page = (out / f"report-{exam}.html").read_text(encoding="utf-8")
        assert "not a medical device" in page
        assert "data:image/png" in page
    pictures = sorted(out.glob("*.png"))
    assert len(pictures) == 7
    for file in pictures:
        with Image.open(file) as picture:
            assert picture.size == (1600, 960)
            grey = np.asarray(picture.convert("L"))
        # black surround, tissue of many greys, and words in white
        assert np.unique(grey).size > 150


def test_it_fails_loudly_where_the_spots_are_not_what_they_should_be(
    tmp_path: Path, sample_dicoms: Path
) -> None:
    folder = tmp_path / "samples"
    shutil.copytree(sample_dicoms, folder)
    for file in (folder / "screening").glob("*.dcm"):
        picture = pydicom.dcmread(file)
        flat = np.full((picture.Rows, picture.Columns), 1500, np.uint16)
        picture.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        picture.PixelData = flat.tobytes()
        picture["PixelData"].VR = "OW"
        picture["PixelData"].is_undefined_length = False
        picture.save_as(file)
    failed = run("-c", OTHER_FOLDER, str(folder), str(tmp_path / "out"))
    assert failed.returncode == 1
    assert "clicks found their spot" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "done;" not in failed.stdout


def test_it_fails_loudly_without_sample_exams(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    failed = run("-c", OTHER_FOLDER, str(tmp_path / "empty"), str(tmp_path / "out"))
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert failed.stderr.strip()
