"""Which exam is an earlier one of the same patient: never one of somebody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.hanging import exam_before, same_patient
from annotator.model.image import ExamInfo, ImageInfo


def exam(
    uid: str, patient: str = "P7", date: str = "20240101", *, born: str = "", name: str = ""
) -> ExamInfo:
    image = ImageInfo(
        path=Path(uid),
        sop_class_uid="1.2",
        sop_instance_uid=uid,
        rows=1,
        columns=1,
        patient_key=patient,
        exam_date=date,
        patient_birth_date=born,
        patient_name=name,
    )
    return ExamInfo(uid, (image,))


NOW = exam("now", date="20260101", born="19600101", name="Doe^Jane")


def test_the_last_exam_before_it_is_the_earlier_one():
    older, last, later = exam("a", date="20220101"), exam("b", date="20250101"), exam("c", date="20270101")
    assert exam_before(NOW, [later, older, NOW, last]) is last
    assert exam_before(older, [later, older, NOW, last]) is None


@pytest.mark.parametrize("patient", ["", "ANON", "anonymous", "0", "000", "Unknown", "^", "N/A"])
def test_an_id_that_many_share_ties_nobody(patient: str):
    now, before = exam("now", patient, "20260101"), exam("before", patient, "20240101")
    assert not same_patient(now, before)
    assert exam_before(now, [before, now]) is None


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (exam("x", "P8", born="19600101", name="Doe^Jane"), False),
        (exam("x", born="19600101", name="Doe^Jane"), True),
        (exam("x", born="19600101", name="Miller^Jane"), True),
        (exam("x", born="19600101", name="Other^Person"), True),
        (exam("x", born="19610101", name="Doe^Jane"), False),
        (exam("x", name="DOE^J"), True),
        (exam("x", name="Miller^Jane"), True),
        (exam("x", name="Other^Person"), False),
        (exam("x"), True),
    ],
)
def test_birth_date_and_name_may_speak_against_the_same_id(other: ExamInfo, same: bool):
    assert same_patient(NOW, other) is same_patient(other, NOW) is same
    assert (exam_before(NOW, [other]) is other) is same


@pytest.mark.parametrize("date", ["", "2024", "nonsense", "2024-01-01", "²0240101", "20260101"])
def test_an_exam_of_no_known_day_or_of_the_same_day_is_no_earlier_one(date: str):
    assert exam_before(NOW, [exam("x", date=date, born="19600101")]) is None
    assert (
        exam_before(exam("x", date=date if date != "20260101" else ""), [exam("y", date="19990101")]) is None
    )
