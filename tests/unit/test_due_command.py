"""`annotator due`, from the outside, and what the database gives for it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from annotator.bootstrap import open_workspace
from annotator.cli import main
from annotator.model import edits
from annotator.model.finding import Assessment, Reading, Recommendation, Stage
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ExamInfo, ImageInfo, ImageKey
from annotator.model.mark import MarkKind
from annotator.settings import load_settings
from annotator.store.store import Store
from annotator.workspace import Workspace
from tests.made_signature import signature_of


class Shelf:
    """A database under the hands of several readers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = Store.open(url)

    def read(
        self,
        study: str,
        reader: str,
        day: date | None,
        asked: Recommendation | None = None,
        *,
        patient: str = "P1",
        stage: Stage | None = None,
        tracking: str = "",
        months: int | None = None,
        sign: bool = False,
    ) -> Reading:
        reading, number = self.store.open_reading(
            study, reader, lexicon_edition="5", exam_date=day, patient=patient
        )
        reading, finding = edits.add_finding(reading, tracking_uid=tracking)
        reading, _ = edits.add_mark(
            reading, finding.id, ImageKey(f"{study}.1"), ImagePoint(1.0, 2.0), MarkKind.MICRO
        )
        number = self.save(reading, number)
        reading = edits.describe(
            reading,
            finding.id,
            recommendation=asked,
            recommended_months=months,
            assessment=Assessment.PROBABLY_BENIGN,
        )
        reading = edits.set_stage(reading, stage)
        number = self.save(reading, number)
        if sign:
            reading, _ = self.sign(reading, number)
        return reading

    def save(self, reading: Reading, number: int, act: Act = Act.EDIT) -> int:
        return self.store.save(reading, reader=reading.reader, based_on=number, act=act, label="Say")

    def sign(self, reading: Reading, number: int) -> tuple[Reading, int]:
        signed = edits.sign(reading, signature_of(reading))
        return signed, self.save(signed, number, Act.SIGN)

    def workspace(self, reader: str) -> Workspace:
        return open_workspace(load_settings(None, {"database": self.url, "reader": reader}))


@pytest.fixture
def shelf(tmp_path: Path):
    made = Shelf(f"sqlite:///{tmp_path / 'readings.db'}")
    yield made
    made.store.close()


DAY = date(2024, 1, 31)
SIX = Recommendation.SIX_MONTHS


def told(capsys: pytest.CaptureFixture[str], shelf: Shelf, *words: str, reader: str = "a") -> list[dict]:
    assert main(("due", "--json", "--database", shelf.url, "--reader", reader, *words)) == 0
    return json.loads(capsys.readouterr().out)["due"]


def test_what_a_reader_asked_for_is_due_on_its_day(shelf: Shelf, capsys):
    reading = shelf.read("1.1", "a", DAY, SIX, stage=Stage.WORKUP)
    (found,) = told(capsys, shelf, "--on", "2024-07-31")
    assert found == {
        "state": "due",
        "due_on": "2024-07-31",
        "days": 0,
        "asked": "six_months",
        "months": 6,
        "reader": "a",
        "reading_id": reading.id,
        "study_instance_uid": "1.1",
        "exam_date": "2024-01-31",
        "stage": "workup",
        "signed": None,
        "finding": 1,
        "tracking_uid": reading.findings[0].tracking_uid,
        "assessment": "3",
        "done_by": None,
    }
    assert told(capsys, shelf, "--on", "2024-09-01", "--overdue")[0]["state"] == "overdue"
    assert told(capsys, shelf, "--on", "2024-07-31", "--overdue") == []
    assert told(capsys, shelf, "--on", "2024-07-01", "--within", "29") == []
    assert len(told(capsys, shelf, "--on", "2024-07-01", "--within", "30")) == 1


def test_a_later_exam_is_told_with_all(shelf: Shelf, capsys):
    first = shelf.read("1.1", "a", DAY, SIX, stage=Stage.WORKUP)
    shelf.read("1.2", "a", date(2024, 8, 2), None, stage=Stage.FU6, tracking=first.findings[0].tracking_uid)
    assert told(capsys, shelf, "--on", "2025-01-01") == []
    (found,) = told(capsys, shelf, "--on", "2025-01-01", "--all")
    assert found["state"] == "done"
    assert found["done_by"] == {
        "study_instance_uid": "1.2",
        "exam_date": "2024-08-02",
        "stage": "fu6",
        "same_finding": True,
    }


def test_the_text_names_each_readers_apart_and_nobody_else(shelf: Shelf, capsys):
    shelf.read("1.1", "a", DAY, SIX, patient="Secret-1")
    shelf.read("1.2", "b", None, SIX, patient="Secret-1", sign=True)
    assert main(("due", "--database", shelf.url, "--reader", "a", "--on", "2024-09-29")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "a:",
        "  overdue since 2024-07-31, 60 days: next exam in 6 months; F1, category 3, exam of 2024-01-31  1.1",
        "b:",
        "  date unknown: next exam in 6 months; F1, category 3, signed (version 1), an exam of unknown date  1.2",
    ]


def test_an_empty_database_says_so_and_succeeds(shelf: Shelf, capsys):
    assert main(("due", "--database", shelf.url, "--reader", "a")) == 0
    assert "Nothing" in capsys.readouterr().err
    assert told(capsys, shelf) == []


@pytest.mark.parametrize("words", [("--on", "soon"), ("--within", "-3"), ("--within", "many")])
def test_a_wrong_call_is_told_in_one_sentence(shelf: Shelf, words, capsys):
    with pytest.raises(SystemExit) as left:
        main(("due", "--database", shelf.url, *words))
    assert left.value.code == 2
    assert words[1] in capsys.readouterr().err


def test_of_others_only_what_they_signed_counts(shelf: Shelf, capsys):
    reading = shelf.read("1.1", "b", DAY, SIX)
    assert told(capsys, shelf, "--on", "2025-01-01") == []
    assert len(told(capsys, shelf, "--on", "2025-01-01", reader="b")) == 1
    signed, number = shelf.sign(reading, 2)
    assert [one["signed"] for one in told(capsys, shelf, "--on", "2025-01-01")] == [1]
    open_again = edits.amend(signed, "a slip")
    number = shelf.save(open_again, number, Act.AMEND)
    biopsy = edits.describe(open_again, reading.findings[0].id, recommendation=Recommendation.BIOPSY)
    number = shelf.save(biopsy, number)
    # until the amendment is signed, what was signed before counts: for its own reader too
    for reader in ("a", "b"):
        assert [one["asked"] for one in told(capsys, shelf, reader=reader)] == ["six_months"]
    shelf.sign(biopsy, number)
    for reader in ("a", "b"):
        (found,) = told(capsys, shelf, reader=reader)
        assert (found["asked"], found["signed"]) == ("biopsy", 2)


def info(study: str, day: str, patient: str = "P1") -> ExamInfo:
    image = ImageInfo(
        path=Path("none.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid=f"{study}.1",
        rows=10,
        columns=10,
        study_instance_uid=study,
        patient_key=patient,
        exam_date=day,
    )
    return ExamInfo(study, (image,))


def test_a_reading_said_anew_is_looked_at_anew(shelf: Shelf):
    reading = shelf.read("1.1", "a", DAY, SIX)
    space = shelf.workspace("a")
    assert [one.months for one in space.due(DAY)] == [6]
    said = edits.describe(reading, reading.findings[0].id, recommended_months=3)
    shelf.save(said, 2)
    assert [one.months for one in space.due(DAY)] == [3]
    shelf.save(edits.remove_finding(said, said.findings[0].id), 3)
    assert space.due(DAY) == ()
    space.close()


def test_the_stage_is_proposed_from_what_the_database_holds_and_never_applied(shelf: Shelf):
    shelf.read("1.1", "a", DAY, SIX, stage=Stage.WORKUP)
    space = shelf.workspace("a")
    now = info("1.2", "20240725")
    opened = space.open_reading("1.2", now).reading
    found = space.proposed_stage(opened, now)
    assert found is not None
    assert found[0] is Stage.FU6
    assert found[1] == "asked for on 2024-01-31 for F1: next exam in 6 months"
    assert opened.stage is None
    assert space.proposed_stage(edits.set_stage(opened, Stage.SCREEN), now) is None
    assert space.proposed_stage(opened, info("1.2", "20260725")) is None
    assert space.proposed_stage(opened, info("1.2", "20240725", "P2")) is None
    assert space.proposed_stage(opened, info("1.2", "")) is None
    space.close()


@pytest.mark.parametrize("number", ["ANONYMOUS", "0", ""])
def test_exams_under_a_number_that_many_share_are_not_taken_for_one_patients(shelf: Shelf, number: str):
    space = shelf.workspace("a")
    for study, day in (("1.1", "20240131"), ("1.2", "20240725")):
        exam = info(study, day, number)
        opened = space.open_reading(study, exam)
        reading, finding = edits.add_finding(opened.reading)
        reading = edits.describe(reading, finding.id, recommendation=SIX)
        space.save(reading, based_on=0, act=Act.EDIT, label="Say")
    assert {one.exam.study_instance_uid for one in space.followed(exam, {}).sightings} == {"1.2"}
    assert not space.was_read_before(exam)
    space.close()


def test_the_findings_of_a_patient_come_with_their_counts(shelf: Shelf):
    shelf.read("1.1", "a", DAY, SIX)
    shelf.read("1.2", "b", date(2023, 1, 1), SIX, sign=True)
    shelf.read("1.3", "c", date(2022, 1, 1), SIX)
    shelf.read("1.4", "a", DAY, SIX, patient="P2")
    space = shelf.workspace("a")
    found = space.followed(info("1.5", "20240725"), {})
    assert {one.exam.study_instance_uid: one.count for one in found.sightings} == {"1.1": 1, "1.2": 1}
    assert all(one.exam.patient == found.patient for one in found.sightings)
    space.close()
