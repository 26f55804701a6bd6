"""What something else than the program does to saved revisions is found and named, on every database."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from test_signing import sealed, with_finding
from test_store import begin, full_reading, url, with_mark

from annotator.cli import main
from annotator.errors import StoreError
from annotator.model import edits
from annotator.model.history import Act
from annotator.store import chain, revision_rows
from annotator.store.checkup import Verified, verify
from annotator.store.store import Store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readings.db"


@pytest.fixture
def store(file: Path):
    opened = Store.open(url(file))
    yield opened
    opened.close()


A, B = "a's reading of exam 1.2", "b's reading of exam 1.2"


def fill(store: Store) -> dict[str, str]:
    """Two readings of one exam, each of six acts and a signature; their ids by reader."""
    ids = {}
    for reader in "ab":
        reading, number = begin(store, study="1.2", reader=reader)
        ids[reader] = reading.id
        reading = full_reading(reading)
        for step in range(6):
            reading = with_mark(reading, 1e22 if step == 3 else step / 7 - 1e-7)
            number = store.save(reading, reader=reader, based_on=number, act=Act.EDIT, label=f"Mark {step} é")
        store.save(sealed(reading), reader=reader, based_on=number, act=Act.SIGN, label="Sign")
    return ids


def tamper(where: Path | str, *statements: str) -> None:
    """Change the database as its owner can: whatever guards it is switched off."""
    engine = create_engine(url(where))
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA foreign_keys=OFF"))
            names = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).scalars()
            for name in names.all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("readings", "revisions", "heads", "audit"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount > 0
    engine.dispose()


def faults(where: Path | str) -> list[str]:
    told: list[str] = []
    found = verify(url(where), told.append)
    assert found.faults == len(told)
    return told


def test_what_was_saved_is_as_it_was_saved(store: Store, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision_rows, "SNAPSHOT_EVERY", 3)
    told: list[str] = []
    assert verify(url(file), told.append) == Verified(0, 0, 0)
    fill(store)
    monkeypatch.setattr(chain, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(chain, "_PAGE", 1)
    steps: list[tuple[int, int]] = []
    assert verify(url(file), told.append, lambda *step: steps.append(step)) == Verified(2, 14, 0)
    assert (told, steps) == ([], [(1, 2), (2, 2)])


OF_A = "reading_id = (SELECT id FROM readings WHERE reader = 'a')"


@pytest.mark.parametrize(
    "change",
    [
        "label = 'x'",
        "act = 'undo'",
        "reader = 'b'",
        "program_version = '0'",
        "findings = 9",
        "marks = 9",
        "assessments = '[\"5\"]'",
        "display = 'other'",
        "display = NULL",
        "signed = 7",
        "versions = 7",
        "at = '2020-01-01 00:00:00.000000'",
        "delta = '{}'",
        "snapshot = NULL",
        "chain = 'f'",
        "done = NOT done",
    ],
)
def test_a_changed_column_of_one_revision_is_named(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(revision_rows, "SNAPSHOT_EVERY", 3)
    monkeypatch.setattr(revision_rows, "_whole_is_due", lambda _c, _r, number: number == 3)
    fill(store)
    tamper(file, f"UPDATE revisions SET {change} WHERE number = 3 AND {OF_A}")
    about = [fault for fault in faults(file) if "is not what was saved" in fault]
    # a changed link is also no longer what the next revision follows
    assert [fault.split(" is not")[0] for fault in about] == [
        f"Revision {n} of {A}" for n in ((3, 4) if change.startswith("chain") else (3,))
    ]


@pytest.mark.parametrize(
    "change",
    ["lexicon_edition = '4'", "reader = 'z'", "study_instance_uid = '9'", "created = '2020-01-01 00:00:00'"],
)
def test_a_changed_row_of_a_reading_is_named(store: Store, file: Path, change: str) -> None:
    fill(store)
    tamper(file, f"UPDATE readings SET {change} WHERE reader = 'a'")
    assert any(
        fault.startswith("Revision 1 of ") and "is not what was saved" in fault for fault in faults(file)
    )


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("number = 3", f"Revision 3 of {A} was removed"),
        ("number IN (3, 4)", f"Revisions 3 to 4 of {A} were removed"),
        ("number = 7", f"Revision 7 of {A} was removed"),
        ("number > 4", f"Revisions 5 to 7 of {A} were removed"),
        ("number > 0", f"Revisions 1 to 7 of {A} were removed"),
    ],
)
def test_removed_revisions_are_named_the_last_ones_too(
    store: Store, file: Path, gone: str, said: str
) -> None:
    fill(store)
    tamper(file, f"DELETE FROM revisions WHERE {gone} AND {OF_A}")
    assert any(fault.startswith(said) for fault in faults(file))


def test_nothing_is_saved_where_acts_were_removed(store: Store, file: Path) -> None:
    reading, number = begin(store, study="1.2", reader="a")
    for step in range(3):
        reading = with_mark(reading, step)
        number = store.save(reading, reader="a", based_on=number, act=Act.EDIT, label="x")
    engine = create_engine(url(file))
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER revisions_no_delete"))
        else:
            connection.execute(text("ALTER TABLE revisions DISABLE TRIGGER revisions_append_only"))
        connection.execute(text("DELETE FROM revisions WHERE number = 3"))
    engine.dispose()
    again, number = begin(store, study="1.2", reader="a")
    assert number == 2
    with pytest.raises(StoreError, match=r"removed its last acts .* backup"):
        store.save(with_mark(again, 9.0), reader="a", based_on=2, act=Act.EDIT, label="x")


def test_a_reading_taken_away_is_named(store: Store, file: Path) -> None:
    ids = fill(store)
    tamper(file, f"DELETE FROM revisions WHERE {OF_A}", "DELETE FROM readings WHERE reader = 'a'")
    (fault,) = faults(file)
    assert fault.startswith(f"Reading {ids['a']}, which had 7 revisions, was removed")


def test_links_computed_anew_are_named_by_the_head_and_by_heads_kept_elsewhere(
    store: Store, file: Path, tmp_path: Path
) -> None:
    ids = fill(store)
    kept = tmp_path / "heads.json"
    verify(url(file), lambda _fault: None, heads_to=kept)
    tamper(file, f"UPDATE revisions SET label = 'x' WHERE number = 6 AND {OF_A}")
    links = links_anew(file, ids["a"])
    for number, computed in links.items():
        tamper(file, f"UPDATE revisions SET chain = '{computed}' WHERE number = {number} AND {OF_A}")
    (fault,) = faults(file)
    assert fault.startswith(f"The last revision of {A} is not the one that was saved last")
    tamper(file, f"UPDATE heads SET chain = '{links[7]}' WHERE {OF_A}")
    assert faults(file) == []
    told: list[str] = []
    verify(url(file), told.append, against=kept)
    (fault,) = told
    assert fault.startswith(f"Revision 7 of {A} is not the one that was kept")


def links_anew(where: Path | str, reading_id: str) -> dict[int, str]:
    """What somebody who knows how links are made would put there."""
    engine = create_engine(url(where), json_deserializer=lambda text: text)
    with engine.connect() as connection:
        query = chain.stored("readings", chain.FIXED, engine.dialect.name)
        own = next(r._asdict() for r in connection.execute(query) if r.id == reading_id)
        before, links = chain.root(own), {}
        for number, row in chain.rows(connection, reading_id):
            assert row is not None
            before = links[number] = chain.link(before, row)
    engine.dispose()
    return links


def test_a_revision_put_in_by_hand_is_named(store: Store, file: Path) -> None:
    fill(store)
    names = "reading_id, number, act, label, at, reader, program_version, delta, findings, marks, assessments"
    tamper(
        file,
        f"INSERT INTO revisions ({names}) SELECT reading_id, 8, 'edit', label, at, reader, program_version, delta, "
        f"findings, marks, assessments FROM revisions WHERE number = 1 AND {OF_A}",
    )
    told = faults(file)
    assert told[0].startswith(f"Revision 8 of {A} was added by something else")
    assert all("a's reading" in fault for fault in told)


def test_the_command_says_it_and_changes_nothing(
    store: Store, file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fill(store)
    assert main(["doctor", "--verify", "--database", url(file)]) == 0
    told, not_covered = capsys.readouterr().out.splitlines()
    assert told == "2 readings, 14 revisions: all as saved."
    assert "the audit, who is who" in not_covered
    kept = tmp_path / "heads.json"
    assert main(["doctor", "--verify", "--keep-heads", str(kept), "--database", url(file)]) == 0
    assert kept.stat().st_mode & 0o077 == 0
    assert main(["doctor", "--verify", "--keep-heads", str(kept), "--database", url(file)]) == 1
    tamper(file, "UPDATE revisions SET label = 'x' WHERE number = 2")
    capsys.readouterr()
    assert main(["doctor", "--verify", "--json", "--against", str(kept), "--database", url(file)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["readings"], told["revisions"]) == (2, 14)
    assert sorted(f.split(" is not")[0] for f in told["faults"]) == [f"Revision 2 of {w}" for w in (A, B)]
    assert main(["doctor", "--keep-heads", "x"]) == 2


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([-0.0, 1e16, 1e22]),
)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(DOCUMENTS, st.integers(1, 40))
def test_the_value_of_a_document_is_linked_not_its_text(document: object, at_once: int) -> None:
    written = json.dumps(document)
    other = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True)
    with pytest.MonkeyPatch.context() as patch:
        whole = chain.link(None, {"delta": written})
        patch.setattr(chain, "PIECE_BYTES", at_once)
        assert chain.link(None, {"delta": other}) == whole


def test_what_is_no_document_is_linked_all_the_same() -> None:
    texts = ["{", "nonsense", '{"a":1}', "[" * 5000, '"!{"', b"\xff\x00", 7, None, ""]
    assert len({chain.link(None, {"delta": one}) for one in texts}) == len(texts)


def test_a_column_that_is_added_later_and_empty_changes_no_link() -> None:
    row = {"reading_id": "r", "number": 1, "delta": "{}"}
    assert chain.link("0" * 64, row) == chain.link("0" * 64, row | {"site": None, "chain": "x"})
    assert chain.link("0" * 64, row) != chain.link("1" * 64, row)
    assert chain.link("0" * 64, row | {"site": ""}) != chain.link("0" * 64, row)


def test_an_unsigned_amendment_and_an_undo_are_links_like_others(store: Store, file: Path) -> None:
    reading, _ = begin(store, study="1.2", reader="a")
    reading = with_finding(reading)
    store.save(reading, reader="a", based_on=0, act=Act.EDIT, label="x")
    signed = sealed(reading)
    store.save(signed, reader="a", based_on=1, act=Act.SIGN, label="Sign")
    amended = edits.amend(signed, "side")
    store.save(amended, reader="a", based_on=2, act=Act.AMEND, label="Amend")
    store.save(replace(amended, done=not amended.done), reader="a", based_on=3, act=Act.UNDO, label="Undo")
    assert faults(file) == []
