"""A reader's way through the sample exam on a large and on a small screen, by mouse and key.

Open, read all four views area by area until everything was seen, mark, tag, look at the prior side by side,
save. Set ANNOTATOR_JOURNEY_PICTURES to a folder to keep the pictures of every step.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.bootstrap import open_workspace
from annotator.settings import load_settings

KEPT = os.environ.get("ANNOTATOR_JOURNEY_PICTURES")
FOUR = ["RCC", "LCC", "RMLO", "LMLO"]


def screen(width: int, height: int) -> dict[str, object]:
    """The offscreen platform's screen of that size."""
    one = {"name": "A", "x": 0, "y": 0, "width": width, "height": height, "dpr": 1,
           "logicalDpi": 96, "logicalBaseDpi": 96}  # fmt: skip
    return {"synchronousWindowSystemEvents": True, "windowFrameMargins": False, "screens": [one]}


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(3840, 2160), (1366, 768)])
def test_a_reader_goes_through_the_sample_exam(width: int, height: int, tmp_path: Path) -> None:
    folder = (Path(KEPT) if KEPT else tmp_path) / f"{width}x{height}"
    folder.mkdir(parents=True)
    described = tmp_path / "screen.json"
    described.write_text(json.dumps(screen(width, height)), encoding="utf-8")
    script = Path(__file__).with_name("journey_session.py")
    environment = os.environ | {
        "QT_QPA_PLATFORM": f"offscreen:configfile={described}",
        "PYTHONPATH": str(script.parents[1] / "ui"),
    }
    done = subprocess.run(
        [sys.executable, str(script), str(width), str(height), str(folder)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["size"] == [width, height]
    assert told["bugs"] == []
    assert told["troubles"] == []
    assert told["hung"] == FOUR
    assert told["walked"] == FOUR
    assert told["seen"] == 1.0
    assert told["marked"] == [6, 6]
    assert told["clusters"] == [6]
    assert told["said"] == [["fine_pleo"], ["grouped"], "0"]
    assert told["follow_up"] == ["M1", "magnification_views"]
    assert told["beside"] == [["20240312", view] for view in FOUR] + [["20220309", view] for view in FOUR]
    assert len(set(told["mm"])) == 1
    assert told["closed"] is True
    the_reading_is_kept(folder / "readings.db", told["reading"])


def the_reading_is_kept(database: Path, reading_id: str) -> None:
    """Finding, marks, done, and that all of the breast was seen, are there for the next start."""
    settings = load_settings(overrides={"database": f"sqlite:///{database}", "reader": "anna"})
    workspace = open_workspace(settings)
    (line,) = workspace.readings()
    reading = workspace.open_reading(line.study_instance_uid).reading
    seen = workspace.seen.kept(line.study_instance_uid, reading_id)
    workspace.close()
    assert (reading.id, len(reading.findings), len(reading.marks), reading.done) == (reading_id, 1, 6, True)
    assert len(seen) == len(FOUR)
    assert all(one.bits for one in seen)
