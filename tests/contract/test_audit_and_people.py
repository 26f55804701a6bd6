"""The audit and the people of a database: appended, read back, never changed, on every database."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_store import begin, url, with_mark

from annotator import __version__
from annotator.model.audit import AuditAct
from annotator.model.history import Act
from annotator.model.person import Role
from annotator.store.store import Store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readings.db"


@pytest.fixture
def store(file: Path):
    opened = Store.open(url(file), who="anna")
    yield opened
    opened.close()


def test_what_was_done_is_told_the_newest_first(store: Store, file: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    store.add_person(store.who, "Dr. Anna Berg", Role.ARBITER)
    store.note(AuditAct.OPENED, study_instance_uid="1.2", reading_id="r")
    store.note(AuditAct.EXPORTED, study_instance_uid="1.3", what="report\0 as PDF")
    store.note(AuditAct.VERIFIED)
    found = store.audit()
    assert [(e.act, e.study_instance_uid, e.reading_id, e.what) for e in found] == [
        (AuditAct.VERIFIED, None, None, ""),
        (AuditAct.EXPORTED, "1.3", None, "report as PDF"),
        (AuditAct.OPENED, "1.2", "r", ""),
    ]
    assert {(e.who, e.role, e.program_version) for e in found} == {(store.who, "arbiter", __version__)}
    assert all(before < e.at and e.at.tzinfo is UTC for e in found)
    again = Store.open(url(file))
    assert again.audit(limit=1) == found[:1]
    assert again.audit(study_instance_uid="1.3") == found[1:2]
    assert again.audit(reading_id="r") == found[2:]
    assert again.audit(since=found[1].at) == found[:2]
    again.close()


def test_of_a_person_the_last_word_counts(store: Store) -> None:
    known = len(store.people())
    store.add_person("bert", "Bert", Role.READER)
    store.add_person("carl", "Carl", Role.LABELLER)
    store.add_person("bert", "Bert B.", Role.NONE)
    people = {one.name: one for one in store.people()}
    assert len(people) == known + 2
    assert (people["bert"].display_name, people["bert"].role) == ("Bert B.", Role.NONE)
    assert (people["carl"].role, people["carl"].added_by) == (Role.LABELLER, store.who)


def test_a_role_that_was_given_up_is_none(store: Store) -> None:
    store.add_person(store.who, "A", Role.READER)
    store.add_person(store.who, "A", Role.NONE)
    store.note(AuditAct.OPENED)
    assert store.audit()[0].role == ""


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit",
        "UPDATE audit SET who = 'x'",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
        "DELETE FROM people",
        "UPDATE people SET role = 'administrator'",
        "INSERT OR REPLACE INTO people SELECT * FROM people",
        "DELETE FROM heads",
        "UPDATE heads SET number = 7",
        "UPDATE heads SET reading_id = 'x'",
        "UPDATE heads SET chain = ''",
    ],
)
def test_nothing_of_it_is_changed_in_a_file(store: Store, file: Path, statement: str) -> None:
    store.note(AuditAct.OPENED)
    store.add_person("anna", "Anna", Role.READER)
    reading, _ = begin(store)
    store.save(with_mark(reading), reader=reading.reader, based_on=0, act=Act.EDIT, label="Mark")
    with (
        sqlite3.connect(file) as raw,
        pytest.raises(sqlite3.IntegrityError, match=r"never changed|were removed"),
    ):
        raw.execute(statement)
    raw.close()
