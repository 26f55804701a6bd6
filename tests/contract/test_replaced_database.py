"""Another state in place of the database that acts were made on: nothing of them is dropped, and nothing is saved on
what they were not made on.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from postgresql_server import NoServer, server

from annotator.errors import ReplacedReading, StaleReading
from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.history import Act
from annotator.model.opened import UnsavedAct
from annotator.store.backup import back_up
from annotator.store.restoring import restore
from annotator.store.store import Store
from annotator.waiting import WaitingActs
from tests.made_signature import signature_of


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'r.db'}"
        return
    try:
        with server() as running:
            yield running.new_database()
    except NoServer as why:
        pytest.skip(str(why))


def go_on(store: Store, reading: Reading, number: int, count: int) -> tuple[Reading, int]:
    for _ in range(count):
        reading, _ = edits.add_finding(reading)
        number = store.save(reading, reader="a", based_on=number, act=Act.EDIT, label="Begin")
    return reading, number


def begun(url: str, count: int) -> tuple[Store, Reading, int]:
    store = Store.open(url)
    reading, number = store.open_reading("1.2", "a", lexicon_edition="5")
    return store, *go_on(store, reading, number, count)


def wait_here(waiting: WaitingActs, base: Reading, revision: int, *readings: Reading) -> Path:
    journal = waiting.begin(base, revision)
    journal.append([UnsavedAct(one, Act.EDIT, "Begin", "", None) for one in readings])
    journal.release()
    return journal.path


@pytest.mark.parametrize("before", [0, 2], ids=["without the reading", "with less of it"])
def test_acts_that_wait_bring_nothing_away_when_an_older_backup_was_restored(
    url: str, tmp_path: Path, before: int
) -> None:
    store = Store.open(url)
    store.open_reading("7.7", "a", lexicon_edition="5")
    other, number = store.open_reading("7.7", "a", lexicon_edition="5")
    go_on(store, other, number, 1)
    reading, number = store.open_reading("1.2", "a", lexicon_edition="5")
    reading, number = go_on(store, reading, number, before)
    old = back_up(url, tmp_path / "old.db").file
    reading, number = go_on(store, reading, number, 5)
    store.close()
    waiting = WaitingActs(tmp_path / "waiting", url, "a", lambda: store)
    last, _ = edits.add_finding(reading)
    file = wait_here(waiting, reading, number, last)
    restore(old, url, keep_in=tmp_path, replace=True)
    store = Store.open(url)
    delivered = waiting.deliver()
    assert (delivered.acts, delivered.diverged) == (0, ("1.2",))
    assert file.exists()
    again = waiting.go_on("1.2", "5", lambda: pytest.fail("it waits here"))
    assert again.reading == last
    assert not waiting.knows(again.base or last, again.revision)
    assert waiting.later(reading.id, number) == ()
    with pytest.raises(StaleReading, match="put in its place"):
        store.save(last, reader="a", based_on=number, act=Act.EDIT, label="Begin")
    store.close()


def test_acts_that_wait_are_not_put_on_another_history_of_the_same_length(url: str, tmp_path: Path) -> None:
    store, reading, number = begun(url, 2)
    old = back_up(url, tmp_path / "old.db").file
    mine, number = go_on(store, reading, number, 1)
    waiting = WaitingActs(tmp_path / "waiting", url, "a", lambda: store)
    last, _ = edits.add_finding(mine)
    wait_here(waiting, mine, number, last)
    store.close()
    restore(old, url, keep_in=tmp_path, replace=True)
    store = Store.open(url)
    theirs, _ = go_on(store, *store.open_reading("1.2", "a", lexicon_edition="5"), 1)
    assert waiting.deliver().diverged == ("1.2",)
    assert store.open_reading("1.2", "a", lexicon_edition="5") == (theirs, 3)
    # nor by a program that began since, and says what its acts were made on
    with pytest.raises(ReplacedReading, match="put in its place"):
        store.save(last, reader="a", based_on=3, act=Act.EDIT, label="Begin", made_on=mine)
    assert store.save(last, reader="a", based_on=3, act=Act.EDIT, label="Begin", made_on=theirs) == 4
    store.close()


def test_a_window_that_stays_open_does_not_save_on_what_it_never_showed(tmp_path: Path) -> None:
    file = tmp_path / "r.db"
    store, reading, number = begun(f"sqlite:///{file}", 2)
    old = back_up(f"sqlite:///{file}", tmp_path / "old.db").file
    reading, number = go_on(store, reading, number, 1)
    beside = begun(f"sqlite:///{old}", 1)
    beside[0].close()
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    shutil.copy(old, tmp_path / "new.db")
    (tmp_path / "new.db").replace(file)
    with pytest.raises(StaleReading, match="put in its place"):
        go_on(store, reading, number, 1)
    theirs, number = store.open_reading("1.2", "a", lexicon_edition="5")
    assert (theirs, number) == beside[1:]
    assert go_on(store, theirs, number, 1)[1] == 4
    store.close()


def test_acts_that_are_refused_hold_up_nobody_elses(url: str, tmp_path: Path) -> None:
    store = Store.open(url)
    blank, _ = store.open_reading("2.2", "dr a", lexicon_edition="5")
    said, _ = edits.add_finding(blank)
    store.save(said, reader="dr a", based_on=0, act=Act.EDIT, label="Say")
    closed = edits.sign(said, signature_of(said))
    store.save(closed, reader="dr a", based_on=1, act=Act.SIGN, label="Sign")
    waiting = WaitingActs(tmp_path / "waiting", url, "dr a", lambda: store)
    # what no window lets through, and the database refuses
    file = wait_here(waiting, closed, 2, replace(closed, findings=edits.add_finding(said)[0].findings))
    others = [
        Reading(id=f"{n:032x}", reader="dr a", study_instance_uid=f"1.{n}", lexicon_edition="5")
        for n in range(6)
    ]
    for one in others:
        wait_here(waiting, one, 0, edits.add_finding(one)[0])
    delivered = waiting.deliver()
    assert (delivered.acts, delivered.readings) == (6, 6)
    (sentence,) = delivered.refused
    assert "An act on an exam waits on this computer, and the database does not take it: " in sentence
    assert file.exists()
    assert len(store.readings()) == 7
    opened = waiting.go_on("2.2", "5", lambda: pytest.fail("it waits here"))
    assert len(opened.waiting) == 1
    store.close()
