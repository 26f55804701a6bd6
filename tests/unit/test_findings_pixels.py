"""Findings as JSON say whether the images still show what was marked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from annotator.bootstrap import open_workspace
from annotator.exchange.findings_file import read_findings
from annotator.imaging.dicom_file import read_image
from annotator.imaging.pixel_digest import pixel_digest
from annotator.jobs import CancelToken
from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from annotator.model.seen_on_image import MarkedPixels
from annotator.reporting import write_findings
from annotator.reporting.exam_forms import ExamJob, export_exam, forms
from annotator.settings import load_settings
from annotator.workspace import Workspace
from tests.ui.small_exam import write_exam


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    overrides = {"database": f"sqlite:///{tmp_path / 'r.db'}", "reader": "anna"}
    made = open_workspace(load_settings(overrides=overrides))
    yield made
    made.close()


@pytest.fixture
def exam(workspace: Workspace, tmp_path: Path) -> ExamInfo:
    return workspace.group_exams(workspace.list_images([write_exam(tmp_path / "exam")]).images)[0]


@pytest.fixture
def reading(workspace: Workspace, exam: ExamInfo) -> Reading:
    """Marks on three images, with the pixels that these show."""
    reading, finding = edits.add_finding(workspace.open_reading(exam.study_instance_uid).reading)
    for info in exam.images[:3]:
        reading, _ = edits.add_mark(reading, finding.id, info.key(), ImagePoint(20.0, 20.0), MarkKind.MICRO)
        digest = pixel_digest(read_image(info.path).frame(1))
        reading = edits.keep_pixels(reading, [MarkedPixels(info.key(), digest)])
    return reading


def states(path: Path) -> dict[str, str]:
    said = json.loads(path.read_text(encoding="utf-8"))["pixels_now"]
    return {one["image"]["sop_instance_uid"]: one["state"] for one in said}


def test_what_became_of_the_pixels_is_told_of_every_marked_frame(
    workspace: Workspace, exam: ExamInfo, reading: Reading, tmp_path: Path
) -> None:
    path = tmp_path / "findings.json"
    same, altered, gone = (info.sop_instance_uid for info in exam.images[:3])
    write_findings(workspace, reading, exam, path, identified=True)
    assert states(path) == dict.fromkeys((same, altered, gone), "same")
    file = exam.images[1].path
    dataset = dcmread(file)
    pixels = np.frombuffer(dataset.PixelData, np.uint16).copy()
    pixels[0] ^= 1
    dataset.PixelData = pixels.tobytes()
    dataset.save_as(file)
    exam.images[2].path.unlink()
    write_findings(workspace, reading, exam, path, identified=True)
    assert states(path) == {same: "same", altered: "other", gone: "unreadable"}
    assert read_findings(path) == reading
    without = ExamInfo(exam.study_instance_uid, exam.images[:2])
    write_findings(workspace, reading, without, path)
    uid = workspace.pseudonyms.uid
    assert states(path) == {uid(same): "same", uid(altered): "other", uid(gone): "not at hand"}


@pytest.mark.parametrize("looks", [True, False])
def test_an_export_that_decodes_nothing_says_that_nobody_looked(
    workspace: Workspace, exam: ExamInfo, reading: Reading, tmp_path: Path, looks: bool
) -> None:
    workspace.save(reading, based_on=0, act=Act.EDIT, label="Mark")
    (form,) = [one for one in forms() if one.name == "json"]
    job = ExamJob(workspace, reading, exam, tmp_path, False, CancelToken(), looks=looks)
    (done,) = export_exam(job, [form])
    assert done.holds
    (path,) = [one.path for one in done.files]
    if looks:
        assert set(states(path).values()) == {"same"}
    else:
        assert json.loads(path.read_text(encoding="utf-8"))["pixels_now"] is None
