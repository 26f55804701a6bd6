"""What the rules must not do (docs/domain.md, limits): each prohibition, and the proof that it holds.

On the screen: tests/ui/test_panels.py. In reports: tests/unit/test_report.py.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.cli import main
from annotator.exchange.finding_json import STATEMENT, findings_document, write_findings
from annotator.lexicon import load_lexicon
from annotator.lexicon.conditions import FIELDS
from annotator.lexicon.entries import data_file
from annotator.model import edits
from annotator.model.finding import Assessment, Description, Reading
from annotator.model.follow_up import TAG, FollowUp
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.model.signing import SignedFinding
from annotator.model.timeline import ReadExam, Sighting
from annotator.rules import (
    Beside,
    Earlier,
    breast_assessments,
    earlier_in,
    follow_up,
    known_of,
    load_rules,
    problems,
)
from annotator.rules.combining import Rated, breast_values
from tests.made_signature import signature_of
from tests.unit.rules_by_hand import OUTCOMES, every_description, row_by_hand
from tests.unit.test_rules_combined import descriptions

TABLE, LEXICON = load_rules(), load_lexicon()
NAMES_CATEGORY = re.compile(r"\b[Cc]ategor|\b4[ABC]\b|%")


def one_of_each_row() -> dict[str, Description]:
    """A description for each row, found by hand."""
    found: dict[str, Description] = {}
    for said in every_description():
        found.setdefault(row_by_hand(said), said)
        if len(found) == len(OUTCOMES):
            break
    return found


EACH_ROW = one_of_each_row()


def read(said: Description, assessment: Assessment | None) -> Reading:
    """A reading with one finding that was described so."""
    plain = {name: getattr(said, name) for name in Description.__dataclass_fields__}
    reading, finding = edits.add_finding(Reading(id="r", reader="anna", study_instance_uid="1.2"))
    return edits.describe(reading, finding.id, assessment=assessment, **plain)


def told_of(reading: Reading) -> dict[str, FollowUp]:
    return {one.id: follow_up(reading.described(one.id), TABLE) for one in reading.findings}


def sentences(told: FollowUp) -> tuple[str, ...]:
    return (told.text, *told.because, *told.notes, told.patient_pages, told.birads, *told.assumed)


ASKING = ("E1", "E2", "E3")


def test_every_row_is_tried():
    assert set(EACH_ROW) == {row.id for row in TABLE.rows} == set(OUTCOMES)


@given(descriptions)
def test_no_diagnosis_and_no_claim_to_have_detected_anything(said):
    told = " ".join(sentences(follow_up(said, TABLE))).lower()
    assert not re.search(r"diagnos|detect|has cancer|is malignant|is cancer\b|carcinoma", told)


def test_the_readers_category_and_recommendation_are_never_filled_in():
    reading = read(EACH_ROW["S6"], None)
    finding = reading.findings[0].id
    told = told_of(reading)
    before = reading
    breast_assessments(reading, told, {}, LEXICON)
    findings_document(reading, {}, told)
    assert reading == before
    image, point = ImageKey("1.3"), ImagePoint(1.0, 1.0)
    reading, mark = edits.add_mark(reading, finding, image, point, MarkKind.MACRO)
    reading, cluster = edits.add_cluster(reading, finding, image, (point,) * 3, [mark.id])
    reading = edits.set_mark_kind(reading, [mark.id], MarkKind.MICRO)
    reading = edits.remove_cluster(edits.set_done(reading, True), cluster.id)
    reading = edits.track(reading, finding, "2.25.1")
    for one in reading.findings:
        assert (one.assessment, one.recommendation, one.recommended_months) == (None, None, None)


@pytest.mark.parametrize("row", sorted(OUTCOMES))
def test_the_suggested_category_is_told_only_after_the_readers_own(row, tmp_path, capsys):
    reading = read(EACH_ROW[row], None)
    told = told_of(reading)
    before = next(iter(told.values())).before_choice()
    assert before.suggested_assessment is None
    assert before.is_kept_back or (row in ASKING and before.row == row)
    assert not any(NAMES_CATEGORY.search(sentence) for sentence in sentences(before))
    exported = findings_document(reading, {}, told)["findings"][0]
    assert exported["suggestion"]["suggested_assessment"] is None
    assert not NAMES_CATEGORY.search(
        json.dumps({**exported["suggestion"], "suggested_assessment": 0}).replace("suggested_assessment", "")
    )
    path = tmp_path / "f.json"
    write_findings(reading, {}, told, path)
    assert main(["follow-up", str(path)]) == 0
    said = capsys.readouterr().out
    assert "Suggestion: none" in said
    assert row in ASKING or f"row {row}" not in said
    suggested = breast_assessments(reading, told, {}, LEXICON).suggested
    assert [value.category for value in suggested] == [None]


@pytest.mark.parametrize("own", Assessment)
@pytest.mark.parametrize("row", ["S6", "B1", "Z", "M1"])
def test_the_readers_category_stands_beside_the_suggestion_and_needs_no_reason(row, own):
    reading = read(EACH_ROW[row], own)
    kept = reading.findings[0]
    assert (kept.assessment, kept.comment) == (own, "")
    exported = findings_document(reading, {}, told_of(reading))["findings"][0]
    assert exported["assessment"] == own
    suggestion = exported["suggestion"]
    assert suggestion["suggested_assessment"] == OUTCOMES[row][0]
    assert suggestion["row"] == row
    assert suggestion["rules_version"] == TABLE.version
    assert suggestion["lexicon_edition"] == "5"
    assert suggestion["sources"]
    values = breast_assessments(reading, told_of(reading), {}, LEXICON)
    assert values.own[0].category == (None if own in ("0", "6") else own)


LOWER_THAN = ["1", "2", "3", "4A", "4B", "4C", "5", "6"]


@given(descriptions, st.sampled_from(Assessment))
def test_an_earlier_category_is_never_lowered_by_a_suggestion(said, category):
    earlier = Earlier(category, "the exam of 2025-01-02")
    plain, told = follow_up(said, TABLE), follow_up(said, TABLE, known=Beside(earlier=(earlier,)))
    warned = [note for note in told.notes if "only the reader may lower it" in note]
    suggestion = plain.suggested_assessment
    comparable = suggestion not in (None, "0") and category != "0"
    places = (
        [LOWER_THAN.index("4A" if one == "4" else one) for one in (suggestion, category)]
        if comparable
        else [0, 0]
    )
    assert len(warned) == (places[0] < places[1])
    for note in warned:
        assert note.startswith(f"The reader's own category was {category} in the exam of 2025-01-02.")
        # a reader who has not chosen yet is not told of it
        assert note not in told.before_choice().notes
    assert told.suggested_assessment == suggestion


def test_a_signed_category_counts_as_an_earlier_one_and_stays():
    reading = read(EACH_ROW["B1"], Assessment.HIGH_SUSPICION)
    finding = reading.findings[0]
    then = follow_up(reading.described(finding.id), TABLE)
    signed = SignedFinding(finding_id=finding.id, follow_up=then, assessment="4C")
    signature = signature_of(
        reading, at="2026-03-02T10:00:00Z", rules_version=TABLE.version, findings=(signed,)
    )
    amended = edits.amend(edits.sign(reading, signature), "a second look")
    amended = edits.describe(amended, finding.id, assessment=None)
    now = follow_up(amended.described(finding.id), TABLE, known=known_of(amended, amended.findings[0], {}))
    assert now.suggested_assessment == "2"
    assert any("was 4C in version 1, signed 2026-03-02" in note for note in now.notes)
    assert amended.signatures == (signature,)
    other = edits.describe(amended, finding.id)
    assert known_of(other, replace(other.findings[0], id="another"), {}).earlier == ()


def sighting(day: str, category: str | None, **exam) -> Sighting:
    where = ReadExam(
        reading_id=day,
        study_instance_uid=exam.get("study", day),
        reader=exam.get("reader", "anna"),
        exam_date=date.fromisoformat(day),
    )
    assessment = Assessment(category) if category else None
    return Sighting(exam=where, finding_id="f", number=1, tracking_uid="2.25.7", assessment=assessment)


def test_the_category_of_the_last_earlier_exam_is_the_one_that_counts():
    here = sighting("2026-01-02", "2").exam
    seen = [
        sighting("2025-07-01", "4A", reader="bea"),
        sighting("2024-01-01", "5"),
        sighting("2025-12-01", None),
        sighting("2026-06-01", "4C"),
        sighting("2026-01-02", "4B", study=here.study_instance_uid),
    ]
    for order in (seen, seen[::-1]):
        assert earlier_in(order, here) == {
            "2.25.7": Earlier(Assessment.LOW_SUSPICION, "the exam of 2025-07-01, read by bea")
        }
    assert earlier_in(seen[1:], here)["2.25.7"].where == "the exam of 2024-01-01"
    assert earlier_in([], here) == {}


@given(descriptions)
def test_no_percentage_is_said_of_a_patient(said):
    for sentence in sentences(follow_up(said, TABLE)):
        if "%" in sentence:
            assert TAG.search(sentence)
            assert "series" in sentence
            assert not re.search(
                r"\b(risk|chance|probability) (is|of|for)\b|\bthis (patient|woman|finding) has\b", sentence
            )


def test_a_reason_with_a_share_says_that_it_speaks_of_no_patient():
    with_share = [text for row in TABLE.rows for text in row.because if "%" in text]
    assert with_share
    assert all("says nothing about one patient's risk" in text for text in with_share)


def test_rows_that_ask_or_know_no_rule_give_no_category():
    silent = {row.id for row in TABLE.rows if row.id.startswith(("E", "Z"))}
    assert silent == {"E1", "E2", "E3", "Z"}
    for row in silent:
        told = follow_up(EACH_ROW[row], TABLE)
        assert (told.row, told.suggested_assessment, told.interval_months) == (row, None, None)


def changed(tmp_path: Path, old: str, new: str):
    text = (
        data_file("follow_up.toml").read_text(encoding="utf-8").replace('version = "', 'version = "site-', 1)
    )
    assert old in text
    path = tmp_path / "site.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_rules(path)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'follow_up = "reader_decides"',
            'follow_up = "reader_decides"\nsuggestion = "2"',
            "must not suggest",
        ),
        ('follow_up = "more_input"', 'follow_up = "more_input"\nsuggestion = "2"', "must not suggest"),
        ('text = "Biopsy."', 'text = "Biopsy: 30 % are malignant."', "names a category or a percentage"),
        ('text = "Biopsy."', 'text = "Biopsy, as this is category 4."', "names a category or a percentage"),
        ("29 % were malignant [BR5]", "29 % were malignant", "tells a percentage and not the series"),
        ("1.0 % were malignant [KIM23]", "1.0 % were malignant", "tells a percentage and not the series"),
    ],
)
def test_a_sites_own_table_must_not_either(tmp_path, old, new, sentence):
    assert any(sentence in problem for problem in problems(changed(tmp_path, old, new), LEXICON))


def test_every_export_says_what_it_is_not(tmp_path, capsys):
    reading = read(EACH_ROW["S6"], Assessment.HIGH_SUSPICION)
    told = told_of(reading)
    assert "not a medical device, not for treatment decisions" in STATEMENT
    assert findings_document(reading, {}, told)["statement"] == STATEMENT
    path = tmp_path / "f.json"
    write_findings(reading, {}, told, path)
    for argument in (path, tmp_path / "one.json"):
        (tmp_path / "one.json").write_text('{"size": "macro"}')
        assert main(["follow-up", str(argument)]) == 0
        assert "not a diagnosis, not for treatment decisions" in capsys.readouterr().out


def test_the_overall_order_of_0_and_6_is_not_built():
    def value(*categories: str):
        findings = [Rated(f"F{n}", None, Assessment(one)) for n, one in enumerate(categories, 1)]
        return breast_values(findings, LEXICON)[0]

    assert (value("0", "3").category, value("0", "3").beside) == ("3", ("0",))
    assert (value("6", "2").category, value("6", "2").beside) == ("2", ("6",))
    assert (value("0", "6").category, value("0", "6").beside) == (None, ("0", "6"))


def test_nothing_that_is_only_general_knowledge_is_a_rule():
    written = data_file("follow_up.toml").read_text(encoding="utf-8")
    assert not re.search(r"\bGK\b", written)
    assert "GK" not in LEXICON.sources


def test_the_table_is_not_presented_as_the_truth():
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    assert "kappa 0.37" in page
    assert "[BERG00]" in page
    assert "do not take the table for the truth" in page
    assert "No breast imaging specialist has reviewed it yet" in page


def test_age_implants_surgery_and_symptoms_are_no_input():
    looked_at = {
        "distribution" if name == "distributions" else name for name in Description.__dataclass_fields__
    }
    assert set(FIELDS) == looked_at
    assert not {name for name in looked_at - {"stage"} if re.search(r"age|implant|surg|symptom", name)}


SEEDS_AND_BIRADS = (
    "macro",
    "micro at screening",
    "after magnification",
    "indeterminate",
    "not cancer-like",
    "annual",
    "cluster",
)


@pytest.mark.parametrize("topic", SEEDS_AND_BIRADS)
def test_where_patient_pages_and_birads_differ_both_are_told_and_cited(topic):
    one = TABLE.comparisons[topic]
    pages, birads = TAG.findall(one.patient_pages), TAG.findall(one.birads)
    assert pages
    assert all(tag.startswith(("SJRA-", "MAYO-")) for tag in pages)
    assert birads
    assert not any(tag.startswith(("SJRA", "MAYO")) for tag in birads)
    assert set(one.sources) == {*pages, *birads}
    shown = None
    for said in every_description():
        row = next(row for row in TABLE.rows if row.id == row_by_hand(said))
        if topic in row.compare:
            told = follow_up(said, TABLE)
            if one.patient_pages in told.patient_pages:
                shown = told
                break
    assert shown is not None
    assert one.birads in shown.birads
    assert {*pages, *birads} <= set(shown.cited)
