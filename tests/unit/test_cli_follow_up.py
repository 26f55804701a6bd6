"""`annotator follow-up` and `annotator rules` as called from outside."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import asdict, fields

import pytest

from annotator.cli import main
from annotator.errors import InvalidFinding
from annotator.exchange.finding_json import write_findings
from annotator.exchange.findings_file import decode_finding, read_findings
from annotator.lexicon.entries import data_file
from annotator.model import edits
from annotator.model.finding import Description, Distribution, Morphology, Stage
from annotator.model.image import Laterality
from annotator.model.signing import SignedFinding
from annotator.rules import follow_up, load_rules
from tests.made_signature import signature_of
from tests.unit.test_finding_json import images, reading_with_two_findings

EXAMPLE = {
    "stage": "screen",
    "size": "micro",
    "morphology": ["fine_pleo"],
    "distribution": "grouped",
    "spread": "one_site",
    "change": "no_prior",
    "certain": True,
    "known_cancer_here": False,
    "adjacent_cancer": False,
    "priors_requested": False,
}


def feed(monkeypatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_a_finding_in_a_file(tmp_path, capsys):
    path = tmp_path / "finding.json"
    path.write_text(json.dumps(EXAMPLE, indent=2))
    assert main(["follow-up", str(path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == [
        *("row", "suggested_assessment", "follow_up", "interval_months", "text", "because", "sources"),
        *("rules_version", "lexicon_edition", "assumed", "notes", "patient_pages", "birads"),
    ]
    assert (answer["row"], answer["suggested_assessment"]) == ("M1", "0")
    assert (answer["follow_up"], answer["interval_months"]) == ("magnification_views", 0)
    assert answer["sources"][:2] == ["SJRA-8", "MAYO-8"]


def test_sentences_for_people(tmp_path, capsys):
    path = tmp_path / "finding.json"
    path.write_text(json.dumps({**EXAMPLE, "stage": "workup"}))
    assert main(["follow-up", str(path), "--edition", "v2025"]) == 0
    said = capsys.readouterr().out
    assert "Documented follow-up: Biopsy." in said
    assert "row S4" in said
    assert "category 4B, moderate suspicion" in said
    assert "Source [BR5]: ACR BI-RADS Atlas" in said
    assert "edition v2025" in said


def test_one_answer_a_line_and_bad_lines_are_answered_too(monkeypatch, capsys):
    feed(monkeypatch, '{"size": "macro"}\n\n{"size": "huge"}\nnonsense\n{"size": "macro"}')
    assert main(["follow-up", "-"]) == 1
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [a.get("row") for a in answers] == ["B3", None, None, "B3"]
    assert answers[1]["line"] == 3
    assert "size" in answers[1]["error"]
    assert answers[2]["line"] == 4


def test_only_good_lines_end_well(monkeypatch):
    feed(monkeypatch, "{}\n{}\n")
    assert main(["follow-up", "-"]) == 0


def test_a_saved_finding_is_read_whatever_else_it_carries():
    saved = {**EXAMPLE, "id": "a", "number": 1, "tracking_uid": "2.25.1", "assessment": "4B", "marks": []}
    finding = decode_finding(json.dumps(saved).encode())
    assert {field.name: getattr(finding, field.name) for field in fields(Description)} == asdict(
        Description(
            stage="screen",
            spread="one_site",
            change="no_prior",
            size="micro",
            morphology=(Morphology.FINE_PLEO,),
            distributions=(Distribution.GROUPED,),
            certain=True,
        )
    )


@pytest.mark.parametrize(
    ("said", "sentences"),
    [
        ({"morphology": ["fine_plo"]}, ["morphology", "fine_plo", "fine_pleo, fine_linear"]),
        ({"morphology": "fine_pleo"}, ["morphology", "a list of skin"]),
        ({"stage": "fu18"}, ["stage", "screen, workup, fu6, fu12, fu24, null"]),
        ({"distribution": "clustered"}, ["distribution", "a list of", "grouped"]),
        ({"certain": "yes"}, ["certain", "true or false"]),
        ({"certain": 1}, ["certain", "true or false"]),
        ({"morpholgy": ["skin"]}, ["'morpholgy'", "did you mean 'morphology'"]),
        ({"Distribution": "grouped"}, ["'Distribution'", "did you mean 'distributions'"]),
        ({"findings": [], "marks": []}, ["no field of a finding", "morphology"]),
        ([], ["this is not a finding"]),
        ("skin", ["this is not a finding"]),
    ],
)
def test_what_cannot_be_understood_is_named(said, sentences):
    with pytest.raises(InvalidFinding) as raised:
        decode_finding(json.dumps(said).encode())
    assert all(sentence in str(raised.value) for sentence in sentences)


def test_a_byte_order_mark_is_no_obstacle():
    assert decode_finding(b"\xef\xbb\xbf{}") == decode_finding(b"{}")


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b'{"stage": "\xff"}'])
def test_what_is_no_json_is_refused(data):
    with pytest.raises(InvalidFinding, match="not a finding as JSON"):
        decode_finding(data)


def test_a_missing_file_is_a_wrong_call(tmp_path, capsys):
    assert main(["follow-up", str(tmp_path / "none.json")]) == 2
    assert "none.json cannot be read" in capsys.readouterr().err


def test_a_bad_file_is_named(tmp_path, capsys):
    path = tmp_path / "bad.json"
    path.write_text('{"stage": "scren"}')
    assert main(["follow-up", str(path), "--json"]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "bad.json: stage cannot be read" in streams.err


def test_the_table_in_use_passes_its_check(capsys):
    assert main(["rules", "check"]) == 0
    assert "376,320" in capsys.readouterr().out


def test_a_faulty_table_fails_its_check(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    text = data_file("follow_up.toml").read_text(encoding="utf-8")
    changed = text.replace("when = [{}]", 'when = [{ certain = ["no"] }]')
    path.write_text(changed.replace('version = "', 'version = "ours-', 1))
    assert main(["rules", "check", str(path)]) == 1
    assert "end in no row" in capsys.readouterr().err
    assert main(["rules", "check", str(path), "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["problems"]) == 1
    path.write_text("version = ")
    assert main(["rules", "check", str(path)]) == 1
    assert "mine.toml is not valid TOML" in capsys.readouterr().err
    assert main(["rules", "check", str(tmp_path / "none.toml")]) == 1


def test_the_table_is_printed_for_people_and_programs(capsys):
    assert main(["rules", "table"]) == 0
    printed = capsys.readouterr().out
    assert "| K1 | known cancer here | 6 (Known biopsy-proven malignancy) |" in printed
    assert main(["rules", "table", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["row"] for row in rows][:3] == ["K1", "E1", "E2"]
    assert rows[0]["when"] == [{"known_cancer_here": ["yes"]}]


@pytest.fixture
def signed_file(tmp_path):
    """A findings file of two findings, signed in version 1; the second has no category of the reader's."""
    reading = reading_with_two_findings()
    first, second = reading.findings
    reading = edits.describe(
        reading, first.id, morphology=(Morphology.AMORPHOUS,), laterality=Laterality.RIGHT, stage=Stage.WORKUP
    )
    reading = edits.describe(
        reading, second.id, laterality=Laterality.LEFT, morphology=(Morphology.FINE_LINEAR,)
    )
    told = {
        one.id: follow_up(reading.described(one.id), load_rules(), assumed_stage=Stage.WORKUP)
        for one in reading.findings
    }
    frozen = tuple(
        SignedFinding(finding_id=one.id, follow_up=told[one.id], assessment=one.assessment)
        for one in reading.findings
    )
    signature = signature_of(
        reading, at="2026-03-02T10:00:00Z", rules_version=load_rules().version, findings=frozen
    )
    reading = edits.sign(reading, signature)
    path = tmp_path / "findings.json"
    write_findings(reading, images(tmp_path), told, path)
    assert read_findings(path) == reading
    return path


def test_a_findings_file_is_answered_finding_by_finding_and_breast_by_breast(signed_file, capsys):
    assert main(["follow-up", str(signed_file)]) == 0
    said = capsys.readouterr().out
    assert "F1 (the reader's own: category 4A)" in said
    assert "Suggestion: category 4B, moderate suspicion" in said
    assert "F2 (the reader's own: no category)" in said
    own, suggested = said.split("Breasts, by the reader's own categories:")[1].split(
        "Breasts, by the suggested"
    )
    assert "Right: 4A. F1 is 4A (low suspicion)." in own
    assert "Left: no value." in own
    assert "Right: 4B. F1 is 4B (moderate suspicion)." in suggested
    assert "F2: not told before the reader's own category." in suggested
    # nothing changed since, so nothing is told of it
    assert " then, " not in said
    assert "Signed as version 1: row S2, suggestion 4B: Biopsy." in said
    # the second finding was signed without a category, so none is told of it now either
    assert "4C" not in said.split("F2 (")[1].split("Breasts")[0]


def test_a_newer_table_is_told_beside_what_was_signed(signed_file, tmp_path, capsys):
    newer = tmp_path / "newer.toml"
    text = (
        data_file("follow_up.toml").read_text(encoding="utf-8").replace('version = "', 'version = "newer-', 1)
    )
    old = 'morphology = ["amorphous"] }]\nsuggestion = "4B"\nfollow_up = "biopsy"\ntext = "Biopsy."'
    new = 'morphology = ["amorphous"] }]\nsuggestion = "3"\nfollow_up = "six_months"\ntext = "In six months."'
    assert old in text
    newer.write_text(text.replace(old, new, 1))
    assert main(["follow-up", str(signed_file), "--rules", str(newer), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    first = answer["findings"][0]
    assert (first["row"], first["suggested_assessment"]) == ("S2", "3")
    version = load_rules().version
    assert first["then_and_now"] == [
        "Signed as version 1: row S2, suggestion 4B: Biopsy.",
        f"Signed with decision table {version}, looked up now in newer-{version}.",
        "Suggested category 4B then, category 3 now.",
        "Follow-up then: Biopsy; now: In six months.",
    ]
    assert any("was 4A in version 1, signed 2026-03-02" in note for note in first["notes"])
    assert answer["rules_version"] == f"newer-{version}"
    assert [one["category"] for one in answer["breasts"]["suggested"]] == ["3", None]
    assert answer["findings"][1]["suggested_assessment"] is None
