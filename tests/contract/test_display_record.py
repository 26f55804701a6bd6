"""Every saved act says on what display it was made; acts older than that say that nothing is known."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from annotator.model import edits
from annotator.model.display import NOT_RECORDED, UNCALIBRATED
from annotator.model.history import Act, undo_steps
from annotator.store import upgrade
from annotator.store.store import Store

STUDY = "1.2.826.0.1.3680043.8.498.1"
NOTE = "GSDF, measured 2026-11-20, deviation 6 %, EIZO RX560 123"


def opened(file: Path) -> Store:
    return Store.open(f"sqlite:///{file}")


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A database as the first migration left it, with a reading of four acts in it."""
    current, old = tmp_path / "current.db", tmp_path / "old.db"
    store = opened(current)
    empty, _ = store.open_reading(STUDY, "a", lexicon_edition="5")
    one, _ = edits.add_finding(empty)
    two, _ = edits.add_finding(one)
    for number, (value, act) in enumerate(
        [(one, Act.EDIT), (two, Act.EDIT), (one, Act.UNDO), (two, Act.REDO)]
    ):
        store.save(value, reader=value.reader, based_on=number, act=act, label=f"act {number}", display=NOTE)
    store.close()
    config = Config()
    config.set_main_option("script_location", upgrade.SCRIPTS)
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{old}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    raw = sqlite3.connect(old)
    raw.execute("ATTACH ? AS current", (str(current),))
    for table, order in (("readings", "id"), ("revisions", "number")):
        columns = ", ".join(row[1] for row in raw.execute(f"PRAGMA main.table_info({table})"))
        raw.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM current.{table} ORDER BY {order}")
    raw.commit()
    raw.close()
    return old


def test_what_was_said_of_the_display_is_there_after_reopening(tmp_path: Path):
    store = opened(tmp_path / "a.db")
    empty, _ = store.open_reading(STUDY, "a", lexicon_edition="5")
    one, _ = edits.add_finding(empty)
    store.save(one, reader=one.reader, based_on=0, act=Act.EDIT, label="a", display=UNCALIBRATED)
    store.save(empty, reader=empty.reader, based_on=1, act=Act.UNDO, label="a", display=NOTE)
    store.save(one, reader=one.reader, based_on=2, act=Act.REDO, label="a", display=UNCALIBRATED)
    store.close()
    again = opened(tmp_path / "a.db")
    told = [revision.display for revision in again.revisions(empty.id)]
    assert told == [UNCALIBRATED, NOTE, UNCALIBRATED]
    assert again.displays(empty.id) == (UNCALIBRATED, NOTE)
    assert [summary.display for summary in again.readings()] == [UNCALIBRATED]
    again.close()


def test_a_reading_without_an_act_was_made_on_no_display(tmp_path: Path):
    store = opened(tmp_path / "a.db")
    assert store.displays("none") == ()
    store.close()


def test_acts_of_an_older_database_are_kept_and_say_that_nothing_is_known(older: Path):
    store = opened(older)
    assert [summary.display for summary in store.readings()] == [NOT_RECORDED]
    reading, number = store.open_reading(STUDY, "a", lexicon_edition="5")
    revisions = store.revisions(reading.id)
    assert number == 4
    assert [r.act for r in revisions] == [Act.EDIT, Act.EDIT, Act.UNDO, Act.REDO]
    assert {r.display for r in revisions} == {NOT_RECORDED}
    steps, done = undo_steps(store.blank(reading.id), revisions)
    assert (len(steps), done) == (2, 2)
    store.save(reading, reader=reading.reader, based_on=4, act=Act.EDIT, label="later", display=NOTE)
    assert store.displays(reading.id) == (NOT_RECORDED, NOTE)
    store.close()
    (copy,) = older.parent.glob("old.before-0001-*.db")
    with sqlite3.connect(copy) as raw:
        assert raw.execute("SELECT count(*) FROM revisions").fetchone() == (4,)
    raw.close()


@pytest.mark.parametrize("statement", ["UPDATE revisions SET display = 'x'", "DELETE FROM revisions"])
def test_what_an_older_database_holds_stays_unchangeable(older: Path, statement: str):
    opened(older).close()
    raw = sqlite3.connect(older)
    with pytest.raises(sqlite3.IntegrityError, match="never changed or removed"):
        raw.execute(statement)
    raw.close()
