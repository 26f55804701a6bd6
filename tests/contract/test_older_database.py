"""A database that version 0003 of the program wrote opens as it was, goes on, is signed, and is its own from then on.

`tests/data/readings-0003.db` was made by that program: two readers of one exam, each with acts, snapshots, undone and
redone acts, findings of one `distribution`, and what was seen.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from test_signing import sealed

from annotator.errors import NewerDatabase
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Spread, Stage
from annotator.model.history import Act, undo_steps
from annotator.model.image import Laterality
from annotator.store import schema
from annotator.store.checkup import verify
from annotator.store.encoding import encode_reading
from annotator.store.store import Store

OLD = Path(__file__).resolve().parents[1] / "data" / "readings-0003.db"
STUDY = "2.25.100"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    copy = tmp_path / "readings.db"
    shutil.copy(OLD, copy)
    return copy


@pytest.fixture
def store(file: Path):
    opened = Store.open(f"sqlite:///{file}")
    yield opened
    opened.close()


def test_its_findings_are_read_with_the_distribution_they_had(store: Store) -> None:
    reading, number = store.open_reading(STUDY, "anna", lexicon_edition="5")
    assert number == 15
    first, second = reading.findings
    assert (first.distributions, second.distributions) == ((Distribution.GROUPED,), ())
    assert (first.morphology, first.assessment) == ((Morphology.FINE_PLEO,), Assessment.MODERATE_SUSPICION)
    # the program of that day filled these in, and nobody can tell that it was not the reader
    assert (first.stage, first.spread) == (Stage.WORKUP, Spread.ONE_SITE)
    assert (len(reading.marks), len(reading.clusters[0].mark_ids), reading.done) == (4, 3, True)
    assert reading.hanging_of("2.25.101").laterality is Laterality.LEFT
    assert reading.signatures == ()
    assert [one.bits for one in store.coverage(reading.id)] == [0b1011]
    listed = {s.reader: (s.revisions, s.signed, s.versions, s.exam_date, s.patient) for s in store.readings()}
    assert listed == {"anna": (15, 0, 0, None, None), "bert": (14, 0, 0, None, None)}


def test_its_history_and_undo_are_what_they_were(store: Store) -> None:
    reading, number = store.open_reading(STUDY, "anna", lexicon_edition="5")
    revisions = store.revisions(reading.id)
    assert [r.act for r in revisions].count(Act.UNDO) == 2
    assert revisions[-1].reading == reading
    said = next(r.reading for r in revisions if r.label == "Distribution: linear (F2)")
    assert said.findings[1].distributions == (Distribution.LINEAR,)
    steps, done = undo_steps(store.blank(reading.id), revisions)
    assert (len(steps), done) == (12, 11)
    assert store.save(said, reader="anna", based_on=number, act=Act.REDO, label="again") == 16
    assert store.open_reading(STUDY, "anna", lexicon_edition="5") == (said, 16)


def test_it_goes_on_is_signed_and_belongs_to_its_readers(store: Store, file: Path) -> None:
    reading, number = store.open_reading(STUDY, "bert", lexicon_edition="5", patient="P1")
    more = edits.describe(
        reading, reading.findings[0].id, distributions=(Distribution.GROUPED, Distribution.LINEAR)
    )
    number = store.save(more, reader="bert", based_on=number, act=Act.EDIT, label="x")
    store.save(sealed(more), reader="bert", based_on=number, act=Act.SIGN, label="Sign")
    store.close()
    again = Store.open(f"sqlite:///{file}")
    assert again.open_reading(STUDY, "bert", lexicon_edition="5")[0] == sealed(more)
    summaries = {s.reader: s for s in again.readings()}
    assert summaries["bert"].signed == 1
    assert summaries["bert"].patient == again.patient_digest("P1")
    again.close()


def test_nothing_that_was_written_is_written_again(store: Store, file: Path) -> None:
    before, after = (_rows(path) for path in (OLD, file))
    assert after == before
    (backup,) = file.parent.glob("readings.before-0003-*.db")
    assert _rows(backup) == before
    with sqlite3.connect(file) as raw, pytest.raises(sqlite3.IntegrityError, match="never changed"):
        raw.execute("UPDATE readings SET reader = 'x'")
    raw.close()


def test_the_older_program_refuses_it_in_one_sentence(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    monkeypatch.setattr(schema, "KNOWN", ("0001", "0002", "0003"))
    monkeypatch.setattr(schema, "HEAD", "0003")
    with pytest.raises(NewerDatabase, match=r"written by a newer version .*update this program") as refused:
        Store.open(f"sqlite:///{file}")
    assert str(refused.value).count(".") - str(file).count(".") == 1


def _rows(path: Path) -> list[tuple[object, ...]]:
    columns = "reading_id, number, act, label, at, reader, program_version, delta, snapshot, display, done"
    raw = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    found = raw.execute(f"SELECT {columns} FROM revisions ORDER BY reading_id, number").fetchall()
    raw.close()
    return found


def test_what_it_holds_is_said_in_words_of_this_version_once_it_is_written(store: Store) -> None:
    reading, _ = store.open_reading(STUDY, "anna", lexicon_edition="5")
    assert '"distribution":' not in encode_reading(reading)


def test_its_revisions_are_linked_and_a_row_that_cannot_be_read_keeps_nothing_else_away(
    file: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.db"
    shutil.copy(file, damaged)
    with sqlite3.connect(damaged) as raw:
        raw.execute("DROP TRIGGER revisions_no_update")
        spoil = "UPDATE revisions SET label = CAST(x'ff41' AS TEXT) WHERE number = 3 AND reader = 'anna'"
        assert raw.execute(spoil).rowcount == 1
        raw.execute(
            "CREATE TRIGGER revisions_no_update BEFORE UPDATE ON revisions "
            "BEGIN SELECT RAISE(ABORT, 'what is saved is never changed or removed'); END"
        )
    raw.close()
    told: dict[Path, list[str]] = {}
    for one in (file, damaged):
        Store.open(f"sqlite:///{one}").close()
        told[one] = []
        assert verify(f"sqlite:///{one}", told[one].append).revisions == 29
    assert told[file] == []
    assert told[damaged] == [
        f"Revision 3 of anna's reading of exam {STUDY} cannot be read: it was damaged; restore a backup."
    ]
    with sqlite3.connect(file) as raw:
        raw.execute("DROP TRIGGER revisions_no_update")
        raw.execute("UPDATE revisions SET label = 'x' WHERE number = 5 AND reader = 'bert'")
    raw.close()
    found: list[str] = []
    verify(f"sqlite:///{file}", found.append)
    assert [fault.split(" is not")[0] for fault in found] == [f"Revision 5 of bert's reading of exam {STUDY}"]
