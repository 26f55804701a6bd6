"""What stands in place of a patient: names that only the database turns back, and words found wherever they hide."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.exchange.finding_json import Behind, findings_document
from annotator.model import edits
from annotator.model.candidate import Candidate, CandidateDecision, Verdict
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.identity import HIDDEN, Identity, without_names
from annotator.model.image import ExamInfo, ImageInfo, ImageKey
from annotator.model.mark import MarkKind
from annotator.model.pseudonym import Pseudonyms

NAMES, OTHERS = Pseudonyms(b"1" * 32), Pseudonyms(b"2" * 32)
STUDY, IMAGE = "1.2.826.0.1.99.1", "1.2.826.0.1.99.2"
EXAM = ExamInfo(
    STUDY,
    (
        ImageInfo(
            Path("a.dcm"),
            "",
            IMAGE,
            100,
            100,
            study_instance_uid=STUDY,
            series_instance_uid="1.2.826.0.1.99.3",
            patient_name="QUIXANO-LORENZO^DULCINEA^M",
            patient_key="MRN77341120",
            patient_birth_date="19610823",
        ),
    ),
)
WHO = Identity.of(EXAM)


def a_reading() -> Reading:
    reading = Reading(id="0f" * 16, reader="anna", study_instance_uid=STUDY)
    reading, finding = edits.add_finding(reading)
    point = ImagePoint(9.0, 9.0)
    reading, _ = edits.add_mark(reading, finding.id, ImageKey(IMAGE), point, MarkKind.MICRO)
    reading = edits.describe(reading, finding.id, comment="Ms Quixano-Lorenzo (born 23.8.61) was called")
    candidate = Candidate("c0ffee" * 2, ImageKey(IMAGE), point, 0.9, 4.0)
    return replace(reading, decisions=(CandidateDecision(candidate, "m1", Verdict.REJECTED),))


def test_a_name_is_the_same_every_time_and_another_in_another_database() -> None:
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{12}", NAMES.exam(STUDY))
    assert NAMES.exam(STUDY) == Pseudonyms(b"1" * 32).exam(STUDY)
    assert len({NAMES.exam(STUDY), OTHERS.exam(STUDY), NAMES.exam(IMAGE), NAMES.patient(STUDY)}) == 4
    assert NAMES.patient(None) == NAMES.uid("") == ""
    assert "1111" not in repr(NAMES)


@given(st.text(min_size=1, max_size=64))
def test_a_made_up_uid_is_one_by_the_rules(uid: str) -> None:
    made = NAMES.uid(uid)
    assert re.fullmatch(r"2\.25\.(0|[1-9][0-9]{0,38})", made)
    assert len(made) <= 64


def test_a_findings_document_leads_nowhere_without_the_key() -> None:
    reading = without_names(a_reading(), WHO)
    document = findings_document(reading, {IMAGE: EXAM.images[0]}, {}, behind=Behind(NAMES, "PPPP"))
    for said in (STUDY, IMAGE, reading.id, "c0ffee" * 2, "uixano", "23.8.61"):
        assert said not in repr(document)
    assert document["identified"] is False
    assert document["exam_pseudonym"] == NAMES.exam(STUDY)
    assert document["patient_pseudonym"] == "PPPP"
    assert document["study_instance_uid"] == NAMES.uid(STUDY)
    made = NAMES.uid(IMAGE)
    assert document["images"][0]["sop_instance_uid"] == made
    assert document["findings"][0]["marks"][0]["image"]["sop_instance_uid"] == made
    assert document["decisions"][0]["candidate"]["image"]["sop_instance_uid"] == made
    assert document["pixels"] == []


def test_an_identified_document_has_the_uids() -> None:
    document = findings_document(a_reading(), {IMAGE: EXAM.images[0]}, {})
    assert document["identified"] is True
    assert document["study_instance_uid"] == STUDY
    assert document["exam_pseudonym"] is None


@pytest.mark.parametrize(
    "said",
    [
        "Quixano-Lorenzo",
        "DULCINEA",
        "dulcinea's sister",
        "no. MRN77341120!",
        "/data/QUIXANO-LORENZO_Dulcinea/3.dcm",
        "born 1961-08-23",
        "19610823",
        "23081961",
        "23.08.1961",
        "23.8.61",
        "8/23/1961",
        "23. 8. 1961",
        "23 August 1961",
        "Aug 23, 1961",
        f"study {STUDY}",
    ],
)
def test_who_it_is_is_found_in_every_form(said: str) -> None:
    assert WHO.named_in(said)
    assert HIDDEN in WHO.hidden(said)
    assert not WHO.named_in(WHO.hidden(said))


@pytest.mark.parametrize(
    "said", ["", "M", "calcifications of 1961", "119610823", "1.2.826.0.1.99.12", "Quixanos"]
)
def test_other_words_stay(said: str) -> None:
    assert not WHO.named_in(said)
    assert WHO.hidden(said) == said


def test_what_a_reader_wrote_loses_the_name_and_nothing_else() -> None:
    before = a_reading()
    cleaned = without_names(before, WHO)
    assert cleaned.findings[0].comment == f"Ms {HIDDEN} (born {HIDDEN}) was called"
    assert cleaned.marks == before.marks
    assert without_names(before, Identity()) == before


def test_an_exam_that_says_nothing_hides_nothing() -> None:
    nobody = Identity.of(ExamInfo("", ()))
    assert nobody.hidden("QUIXANO") == "QUIXANO"
