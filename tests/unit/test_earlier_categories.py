"""What a finding was called in an earlier exam stands beside a lower suggestion; told from the database, whoever read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.bootstrap import open_workspace
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Reading, Stage
from annotator.model.history import Act
from annotator.model.image import ExamInfo, ImageInfo, Laterality
from annotator.settings import load_settings
from annotator.workspace import Workspace

UID = "2.25.77"


def exam(study: str, day: str, patient: str = "P1") -> ExamInfo:
    image = ImageInfo(
        Path(), "", f"{study}.1", 10, 10, study_instance_uid=study, laterality=Laterality.RIGHT,
        patient_key=patient, exam_date=day,
    )  # fmt: skip
    return ExamInfo(study, (image,))


@pytest.fixture
def workspace(tmp_path: Path):
    opened = []

    def make(reader: str) -> Workspace:
        overrides = {"database": f"sqlite:///{tmp_path / 'r.db'}", "reader": reader}
        opened.append(open_workspace(load_settings(overrides=overrides)))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def read(workspace: Workspace, images: ExamInfo, category: Assessment | None, **said) -> Reading:
    """Open the exam, describe its one finding, and save."""
    opened = workspace.open_reading(images.study_instance_uid, images)
    reading, finding = edits.add_finding(opened.reading, tracking_uid=UID)
    reading = edits.describe(reading, finding.id, assessment=category, **said)
    workspace.save(reading, based_on=opened.revision, act=Act.EDIT, label="said")
    return reading


BENIGN = {"morphology": (Morphology.ROUND,), "distributions": (Distribution.DIFFUSE,), "stage": Stage.SCREEN}


def notes(workspace: Workspace, images: ExamInfo) -> str:
    reading = read(workspace, images, None, **BENIGN)
    told = workspace.follow_up(reading, reading.findings[0].id, images)
    assert told.suggested_assessment == "2"
    return " ".join(note for note in told.notes if "only the reader may lower it" in note)


def test_the_category_of_the_exam_before_is_told(workspace):
    anna = workspace("anna")
    read(anna, exam("1", "20240101"), Assessment.HIGHLY_SUGGESTIVE)
    read(anna, exam("2", "20250101"), Assessment.PROBABLY_BENIGN)
    assert "The reader's own category was 3 in the exam of 2025-01-01." in notes(anna, exam("3", "20260101"))


def test_a_later_exam_another_patient_and_an_unsigned_reading_of_another_say_nothing(workspace):
    anna, bea = workspace("anna"), workspace("bea")
    read(anna, exam("1", "20270101"), Assessment.HIGHLY_SUGGESTIVE)
    read(anna, exam("2", "20240101", "P2"), Assessment.HIGHLY_SUGGESTIVE)
    read(bea, exam("4", "20240101"), Assessment.HIGHLY_SUGGESTIVE)
    assert notes(anna, exam("3", "20260101")) == ""


def test_what_another_reader_signed_is_told_with_the_name(workspace):
    anna, bea = workspace("anna"), workspace("bea")
    images = exam("4", "20240101")
    reading = read(bea, images, Assessment.HIGHLY_SUGGESTIVE, morphology=(Morphology.FINE_LINEAR,))
    signed = edits.sign(reading, bea.signature(reading, images))
    bea.save(signed, based_on=1, act=Act.SIGN, label="signed")
    assert "was 5 in the exam of 2024-01-01, read by bea." in notes(anna, exam("3", "20260101"))


def test_signing_freezes_no_suggestion_for_a_finding_without_a_category(workspace):
    anna, images = workspace("anna"), exam("1", "20240101")
    without = read(anna, images, None, morphology=(Morphology.FINE_LINEAR,), stage=Stage.WORKUP)
    finding = without.findings[0].id
    (frozen,) = anna.signature(without, images).findings
    assert frozen.assessment is None
    assert frozen.follow_up.is_kept_back
    assert (frozen.follow_up.suggested_assessment, frozen.follow_up.row) == (None, "")
    assert "4C" not in str(frozen)
    (frozen,) = anna.signature(
        edits.describe(without, finding, assessment=Assessment.SUSPICIOUS), images
    ).findings
    assert (frozen.assessment, frozen.follow_up.suggested_assessment) == ("4", "4C")
