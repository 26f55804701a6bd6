"""A signed reading that something else changed is found and named, wherever the change was made."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from test_signing import STUDY, sealed, with_finding

from annotator.cli import main
from annotator.model import edits
from annotator.model.finding import Assessment
from annotator.model.history import Act
from annotator.store import revision_rows
from annotator.store.checkup import SignedReadings, look_at_signed
from annotator.store.store import Store


def make(file: Path) -> str:
    """A database with three readings: one signed twice, one signed once and open again, one never signed."""
    url = f"sqlite:///{file}"
    store = Store.open(url)
    for reader, signs in (("a", 2), ("b", 1), ("c", 0)):
        reading, number = store.open_reading(STUDY, reader, lexicon_edition="5")
        reading = with_finding(reading)
        number = store.save(reading, reader=reader, based_on=number, act=Act.EDIT, label="x")
        for _ in range(signs):
            reading = sealed(reading)
            number = store.save(reading, reader=reader, based_on=number, act=Act.SIGN, label="Sign")
            reading = edits.amend(reading, "side")
            if reader == "b" or reading.signatures[-1].version == 1:
                number = store.save(reading, reader=reader, based_on=number, act=Act.AMEND, label="Amend")
            if reading.signatures[-1].version == 1:
                reading = edits.describe(reading, reading.findings[0].id, assessment=Assessment.BENIGN)
                number = store.save(reading, reader=reader, based_on=number, act=Act.EDIT, label="Say")
    store.close()
    return url


def meddle(file: Path, statement: str) -> int:
    with sqlite3.connect(file) as raw:
        raw.execute("DROP TRIGGER revisions_no_update")
        changed = raw.execute(statement).rowcount
    raw.close()
    return changed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readings.db"


def test_readings_as_they_were_signed_are_counted(file: Path) -> None:
    assert look_at_signed(f"sqlite:///{file}") == SignedReadings(0)
    assert not file.exists()
    assert look_at_signed(make(file)) == SignedReadings(2)


@pytest.mark.parametrize(
    ("statement", "version", "reader"),
    [
        ("UPDATE revisions SET delta = replace(delta, '1.5', '1.75') WHERE number = 1 AND reading_id = {a}", (1, 2), "a"),
        ("UPDATE revisions SET delta = replace(delta, '\"assessment\":\"2\"', '\"assessment\":\"3\"') WHERE number = 4 AND reading_id = {a}", (2,), "a"),
        ("UPDATE revisions SET delta = replace(delta, '2.5', '2.25') WHERE number = 1 AND reading_id = {b}", (1,), "b"),
    ],
)  # fmt: skip
def test_a_changed_one_is_named(
    file: Path,
    statement: str,
    version: tuple[int, ...],
    reader: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = make(file)
    whose = f"(SELECT id FROM readings WHERE reader = '{reader}')"
    assert meddle(file, statement.format(a=whose, b=whose)) == 1
    found = look_at_signed(url)
    assert found.count == 2
    assert [fault.split(" is not what")[0] for fault in found.faults] == [
        f"Version {n} of {reader}'s reading of exam {STUDY}" for n in version
    ]
    assert main(["doctor", "--json", "--database", url]) == 1
    told = json.loads(capsys.readouterr().out)
    assert set(found.faults) <= set(told["problems"])
    assert told["database"]["signed_as_kept"] is False


def test_a_changed_snapshot_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision_rows, "SNAPSHOT_EVERY", 2)
    url = make(file)
    statement = "UPDATE revisions SET snapshot = replace(snapshot, '1.5', '1.75') WHERE snapshot IS NOT NULL"
    assert meddle(file, statement) > 0
    assert any("a's reading" in fault for fault in look_at_signed(url).faults)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE revisions SET act = 'edit' WHERE act = 'sign' AND reading_id = {a}", "Revision 2 of a's reading"),
        ("UPDATE revisions SET delta = replace(delta, '\"reader\":\"a\"', '\"reader\":\"z\"') WHERE number = 2 AND reading_id = {a}", "Revision 2 of a's reading"),
        ("UPDATE revisions SET delta = replace(delta, 'side', 'slip') WHERE number = 5 AND reading_id = {a}", "Revision 5 of a's reading"),
        ("UPDATE revisions SET reader = 'z' WHERE number = 2 AND reading_id = {b}", "Revision 2 of b's reading"),
        ("UPDATE revisions SET signed = NULL, versions = NULL WHERE number = 5 AND reading_id = {a}", "What is listed of a's reading"),
        ("UPDATE revisions SET assessments = '[\"5\"]' WHERE number = 5 AND reading_id = {a}", "What is listed of a's reading"),
    ],
)  # fmt: skip
def test_a_changed_act_signer_reason_or_list_is_named(file: Path, statement: str, told: str) -> None:
    url = make(file)
    whose = {r: f"(SELECT id FROM readings WHERE reader = '{r}')" for r in "ab"}
    assert meddle(file, statement.format(**whose)) > 0
    (fault,) = look_at_signed(url).faults
    assert fault.startswith(told)


def test_an_act_that_was_taken_away_is_named(file: Path) -> None:
    url = make(file)
    with sqlite3.connect(file) as raw:
        raw.execute("DROP TRIGGER revisions_no_delete")
        assert raw.execute("DELETE FROM revisions WHERE number = 3 AND act = 'amend'").rowcount == 2
    raw.close()
    assert len(look_at_signed(url).faults) == 2
