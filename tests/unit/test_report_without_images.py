"""A report whose images are not at hand: what only they could tell is not taken for known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from annotator.bootstrap import open_workspace
from annotator.exchange.report_text import report_text
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Reading, Stage
from annotator.model.history import Act
from annotator.model.image import ExamInfo
from annotator.reporting import make_report
from annotator.reporting.reports import STAGE_UNKNOWN
from annotator.settings import load_settings
from annotator.workspace import Workspace
from tests.ui.small_exam import write_exam


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(
        load_settings(None, {"database": f"sqlite:///{tmp_path / 'r.db'}", "reader": "dr a"})
    )
    yield opened
    opened.close()


@pytest.fixture
def exam(workspace: Workspace, tmp_path: Path) -> ExamInfo:
    (found,) = workspace.group_exams(workspace.list_images([write_exam(tmp_path / "exam")]).images)
    return found


def read(workspace: Workspace, exam: ExamInfo, stage: Stage | None) -> Reading:
    reading, finding = edits.add_finding(workspace.open_reading(exam.study_instance_uid, exam).reading)
    reading = edits.describe(
        edits.set_stage(reading, stage),
        finding.id,
        morphology=(Morphology.FINE_PLEO,),
        distributions=(Distribution.GROUPED,),
        assessment=Assessment.MODERATE_SUSPICION,
    )
    workspace.save(reading, based_on=0, act=Act.EDIT, label="said")
    return reading


def magnified(exam: ExamInfo) -> ExamInfo:
    images = tuple(replace(image, view=replace(image.view, modifiers=("M",))) for image in exam.images)
    assert replace(exam, images=images).magnified
    return replace(exam, images=images)


def text(workspace: Workspace, reading: Reading, exam: ExamInfo) -> str:
    return " ".join(report_text(make_report(workspace, reading, exam, with_pictures=False)).split())


def test_a_stage_that_nothing_tells_is_called_unknown(workspace: Workspace, exam: ExamInfo) -> None:
    reading = read(workspace, exam, None)
    assert STAGE_UNKNOWN in text(workspace, reading, replace(exam, images=()))
    assert STAGE_UNKNOWN not in text(workspace, reading, exam)
    said = edits.set_stage(reading, Stage.WORKUP)
    assert STAGE_UNKNOWN not in text(workspace, said, replace(exam, images=()))


def test_what_was_signed_with_its_images_is_not_called_different_without_them(
    workspace: Workspace, exam: ExamInfo
) -> None:
    reading = read(workspace, exam, None)
    whole = magnified(exam)
    signed = edits.sign(reading, workspace.signature(reading, whole))
    assert signed.signatures[0].findings[0].follow_up.row == "S4"
    told = text(workspace, signed, replace(exam, images=()))
    assert "Not looked up again" in told
    assert "Row S4" in told
    assert "M1" not in told
    assert "Not looked up again" not in text(workspace, signed, whole)
