"""What waits on this computer follows what the database has, however the two took turns."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.errors import DatabaseAway
from annotator.model import edits
from annotator.model.history import Act
from annotator.model.opened import UnsavedAct
from annotator.store.journal import journals_in
from annotator.store.store import Store
from annotator.ui.desk.act_line import ActLine, Places
from annotator.waiting import WaitingActs


@pytest.mark.parametrize("kept_first", [0, 1, 2])
def test_acts_the_database_took_beside_the_file_leave_no_gap_in_it(tmp_path: Path, kept_first: int) -> None:
    url = f"sqlite:///{tmp_path / 'readings.db'}"
    store = Store.open(url)
    waiting = WaitingActs(tmp_path / "waiting", url, "a", lambda: store)
    reading, number = store.open_reading("1.2", "a", lexicon_edition="5")
    away_from = 3

    def save(act: UnsavedAct, based_on: int) -> int:
        if based_on >= away_from:
            raise DatabaseAway("away.")
        return store.save(act.reading, reader="a", based_on=based_on, act=act.act, label=act.label)

    places = Places(save, lambda one, after: store.revisions(one)[after:], waiting.begin, waiting.take)
    line = ActLine(places, reading, number)
    made = []
    for count in range(1, 6):
        reading = edits.add_finding(reading)[0]
        made.append(reading)
        line.put(UnsavedAct(reading, Act.EDIT, f"act {count}"))
        if count <= kept_first:
            assert line.keep()
    with pytest.raises(DatabaseAway):
        line.save_all()
    assert line.all_kept
    # the program is killed here, and the database is back
    for journal in (line._journal, *line._outdated):
        if journal is not None:
            journal.release()
    delivered = waiting.deliver()
    assert (delivered.merged, delivered.diverged, delivered.waiting) == (0, (), 0)
    kept = store.revisions(reading.id)
    assert [one.reading for one in kept] == made
    assert {one.act for one in kept} == {Act.EDIT}
    assert journals_in(tmp_path / "waiting", url) == []
    store.close()
