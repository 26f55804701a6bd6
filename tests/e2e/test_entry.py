"""Ten findings of the sample exams, entered by real keys and clicks, are in the database and in their reports as they were meant.

The session is that of `benchmarks/entry.py`. Set ANNOTATOR_ENTRY_PICTURES to a folder to keep a picture of the window
after each finding.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from annotator.bootstrap import open_workspace
from annotator.exchange.report_parts import NOT_SAID, Opinions, Pictures, Table
from annotator.model.finding import Distribution, Finding, Morphology, Reading
from annotator.reporting import make_report
from annotator.settings import load_settings

PROJECT = Path(__file__).resolve().parents[2]
KEPT = os.environ.get("ANNOTATOR_ENTRY_PICTURES")
MOST_PRESSES = 5
OWN = {"id", "number", "tracking_uid"}
"""What every finding has of its own."""


def screen(width: int, height: int) -> dict[str, object]:
    """The offscreen platform's screen of that size."""
    one = {"name": "A", "x": 0, "y": 0, "width": width, "height": height, "dpr": 1,
           "logicalDpi": 96, "logicalBaseDpi": 96}  # fmt: skip
    return {"synchronousWindowSystemEvents": True, "windowFrameMargins": False, "screens": [one]}


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (3840, 2160)])
def test_ten_findings_are_saved_as_they_were_meant(width: int, height: int, tmp_path: Path) -> None:
    described = tmp_path / "screen.json"
    described.write_text(json.dumps(screen(width, height)), encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'readings.db'}"
    pictures = ["--pictures", str(Path(KEPT) / f"{width}x{height}")] if KEPT else []
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.entry", "--json", "--size", f"{width}x{height}", "--database", url, *pictures],
        env=os.environ | {"QT_QPA_PLATFORM": f"offscreen:configfile={described}"},
        cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["bugs"] == []
    efforts = told["findings"]
    assert [one["presses"] for one in efforts] == [len(one["keys"].split()) for one in efforts]
    assert max(one["presses"] for one in efforts) <= MOST_PRESSES
    assert [one["clicks"] for one in efforts] == [5, 0, 0, 0, 5, 0, 5, 0, 5, 3]
    assert sum(one["presses"] for one in efforts) == 41
    assert sum(one["begin"] for one in efforts) == 1
    saved = readings(url)
    exams = dict.fromkeys(one["exam"] for one in efforts)
    assert len(saved) == len(exams)
    for exam in exams:
        meant = [one for one in efforts if one["exam"] == exam]
        reading = saved[study(exam)]
        assert [said(finding) for finding in reading.findings] == [one["meant"] for one in meant]
        assert [len(reading.marks_of(f.id)) for f in reading.findings] == [
            max(1, one["clicks"]) for one in meant
        ]
        for finding, one in zip(reading.findings, meant, strict=True):
            view = one["what"].split()[0]
            images = {mark.image.sop_instance_uid for mark in reading.marks_of(finding.id)}
            assert images == {truth(exam, view)["sop_instance_uid"]}
    if width == 1366:
        for exam in exams:
            check_report(url, exam, [one["meant"] for one in efforts if one["exam"] == exam])


def check_report(url: str, exam: str, meant: Sequence[dict[str, Any]]) -> None:
    """The report of an exam has a part for each finding, with its pictures, its category and each of its words."""
    workspace = open_workspace(load_settings(overrides={"database": url, "reader": "entry"}))
    opened = workspace.list_images([PROJECT / "sample_dicoms" / exam]).images
    (info,) = workspace.group_exams(opened)
    report = make_report(workspace, workspace.open_reading(study(exam)).reading, info)
    sections = {one.title: one.parts for one in report.sections}
    for number, said in enumerate(meant, start=1):
        parts = sections[f"F{number}"]
        (opinions,) = (part for part in parts if isinstance(part, Opinions))
        assert opinions.own.category == opinions.suggested.category == said["assessment"]
        (description,) = (part for part in parts if isinstance(part, Table) and part.title == "Description")
        told = dict(row[:2] for row in description.rows)
        shapes = [workspace.lexicon.word(Morphology(one)) for one in said["morphology"]]
        assert told["Morphology"] == ", ".join(shapes)
        patterns = [workspace.lexicon.word(Distribution(one)) for one in said.get("distributions", ())]
        assert told.get("Distribution", NOT_SAID) == (", ".join(patterns) or NOT_SAID)
        (pictures,) = (part for part in parts if isinstance(part, Pictures))
        assert len(pictures.pictures) == 3
    workspace.close()


def said(finding: Finding) -> dict[str, Any]:
    """Every field of a finding that is not as it was when the finding began."""
    blank = Finding(id="", number=0, tracking_uid="")
    values = {part.name: getattr(finding, part.name) for part in fields(finding) if part.name not in OWN}
    told = {name: value for name, value in values.items() if value != getattr(blank, name)}
    return json.loads(json.dumps(told))


def readings(url: str) -> dict[str, Reading]:
    """What a later start finds, by study."""
    workspace = open_workspace(load_settings(overrides={"database": url, "reader": "entry"}))
    found = {
        line.study_instance_uid: workspace.open_reading(line.study_instance_uid).reading
        for line in workspace.readings()
    }
    workspace.close()
    return found


def study(exam: str) -> str:
    first = min((PROJECT / "sample_dicoms" / exam).glob("*.truth.json"))
    return str(json.loads(first.read_text("utf-8"))["study_instance_uid"])


def truth(exam: str, view: str) -> dict[str, Any]:
    path = PROJECT / "sample_dicoms" / exam / f"{view}.truth.json"
    told: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return told
