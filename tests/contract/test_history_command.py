"""`annotator history` compares any two revisions and says an old one again; `annotator people` names who reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_signing import sealed
from test_store import begin, full_reading, url, with_mark

from annotator.cli import main
from annotator.model import edits
from annotator.model.history import Act, undo_steps
from annotator.store.store import Store

STUDY = "1.2.3.4"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readings.db"


@pytest.fixture
def address(file: Path) -> str:
    """Of a database with a reading of anna in three acts, and one of bert."""
    store = Store.open(url(file))
    reading, _ = begin(store, study=STUDY, reader="anna")
    first = full_reading(reading)
    store.save(first, reader="anna", based_on=0, act=Act.EDIT, label="Say")
    second = with_mark(first, 77.0)
    store.save(second, reader="anna", based_on=1, act=Act.EDIT, label="Mark")
    third = edits.remove_finding(second, second.findings[0].id)
    store.save(third, reader="anna", based_on=2, act=Act.EDIT, label="Remove F1")
    other, _ = begin(store, study=STUDY, reader="bert")
    store.save(full_reading(other), reader="bert", based_on=0, act=Act.EDIT, label="Say")
    store.close()
    return url(file)


def history(address: str, *words: str, reader: str = "anna") -> int:
    return main(["history", STUDY, *words, "--database", address, "--reader", reader])


def test_any_two_revisions_are_compared(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert history(address, "--compare", "1", "2") == 0
    assert capsys.readouterr().out == "placed a microcalcification in F1\n"
    assert history(address, "--compare", "2", "1") == 0
    assert capsys.readouterr().out == "removed a microcalcification from F1\n"
    assert history(address, "--compare", "0", "3", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["from"], told["to"], told["differences"]) == (0, 3, [])
    assert history(address, "--compare", "2", "2") == 0
    assert capsys.readouterr().out == "Revisions 2 and 2 say the same.\n"
    assert history(address, "--compare", "1", "9") == 2
    assert "it has 1 to 3" in capsys.readouterr().err


def test_an_old_revision_is_said_again_and_can_be_undone(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert history(address, "--restore", "2") == 0
    assert capsys.readouterr().out.startswith("Revision 4 says again what revision 2 said: began F1; ")
    assert history(address, "--restore", "2") == 0
    assert "nothing was saved" in capsys.readouterr().out
    assert history(address) == 0
    assert "restored revision 2: began F1" in capsys.readouterr().out
    store = Store.open(address)
    reading, number = begin(store, study=STUDY, reader="anna")
    revisions = store.revisions(reading.id)
    assert (number, reading) == (4, revisions[1].reading)
    steps, done = undo_steps(store.blank(reading.id), revisions)
    assert (done, steps[-1].before, steps[-1].label) == (4, revisions[2].reading, "Restore revision 2")
    store.close()


def test_what_is_signed_or_of_another_is_not_restored(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.open(address)
    reading, number = begin(store, study=STUDY, reader="anna")
    store.save(sealed(reading), reader="anna", based_on=number, act=Act.SIGN, label="Sign")
    assert history(address, "--restore", "1") == 1
    assert "begin an amendment" in capsys.readouterr().err
    bert = next(one.reading_id for one in store.readings() if one.reader == "bert")
    asked = ["history", bert, "--restore", "1", "--database", address, "--reader", "anna"]
    assert main(asked) == 1
    assert "only bert can change it" in capsys.readouterr().err
    assert history(address, "--restore", "1", reader="carl") == 2
    assert "name one by its id" in capsys.readouterr().err
    amended = edits.amend(sealed(reading), "side")
    store.save(amended, reader="anna", based_on=4, act=Act.AMEND, label="Amend")
    assert history(address, "--restore", "1") == 0
    assert store.latest(reading.id).signatures == amended.signatures
    store.close()


def test_people_are_listed_added_and_changed(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    def people(*words: str) -> int:
        return main(["people", *words, "--database", address, "--reader", "emil"])

    assert people("list") == 0
    assert people("add", "anna", "--display-name", "Dr. Anna Berg", "--role", "second reader") == 0
    assert people("add", "anna") == 2
    assert people("change", "anna", "--role", "arbiter") == 0
    assert people("change", "anna") == 2
    assert people("change", "zoe", "--role", "reader") == 2
    assert people("add", " x ") == 2
    capsys.readouterr()
    assert people("list", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)["people"]
    assert told | {"added": ""} == {
        "name": "anna", "display_name": "Dr. Anna Berg", "role": "arbiter", "added": "", "added_by": "emil",
    }  # fmt: skip
    assert history(address) == 0
    assert "read by Dr. Anna Berg (anna)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["history", STUDY],
        ["readings"],
        ["due"],
        ["doctor", "--verify"],
        ["report", STUDY],
        ["people"],
    ],
)
def test_a_newer_database_is_refused_in_one_sentence_by_every_command(
    file: Path, address: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlite3

    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = file.read_bytes()
    assert main([*words, "--database", address]) == 1
    said = capsys.readouterr().err
    assert "was written by a newer version of this program" in said
    assert len(said.strip().splitlines()) == 1
    assert file.read_bytes() == before
