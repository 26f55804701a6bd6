"""What is confirmed is on the disk of the server, nobody waits for ever, and a file that is gone is not written on into."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgresql_server import NoServer, server
from sqlalchemy import make_url, text

from annotator.errors import DatabaseAway
from annotator.model.history import Act
from annotator.store.engines import engine_of
from annotator.store.store import Store


def test_a_server_set_up_to_confirm_early_confirms_this_program_when_it_is_on_disk() -> None:
    try:
        with server() as running:
            url = make_url(running.new_database())
            engine = engine_of(url)
            with engine.begin() as connection:
                connection.execute(text(f"ALTER DATABASE {url.database} SET synchronous_commit = off"))
            engine.dispose()
            store = Store.open(url.render_as_string(hide_password=False))
            with store._engine.connect() as connection:
                shown = [
                    connection.execute(text(f"SHOW {name}")).scalar()
                    for name in ("synchronous_commit", "lock_timeout")
                ]
            store.close()
    except NoServer as why:
        pytest.skip(str(why))
    assert shown == ["on", "10s"]


def test_a_file_that_was_taken_away_or_replaced_is_told_and_none_is_made_in_its_place(tmp_path: Path) -> None:
    file = tmp_path / "r.db"
    store = Store.open(f"sqlite:///{file}")
    reading, _ = store.open_reading("1.2", "a", lexicon_edition="5")
    store.save(reading, reader="a", based_on=0, act=Act.EDIT, label="one")
    file.rename(tmp_path / "away.db")
    with pytest.raises(DatabaseAway, match="not there any more"):
        store.save(reading, reader="a", based_on=1, act=Act.EDIT, label="two")
    with pytest.raises(DatabaseAway, match="not there any more"):
        store.last_revision(reading.id)
    assert not file.exists()
    (tmp_path / "away.db").rename(file)
    assert store.save(reading, reader="a", based_on=1, act=Act.EDIT, label="two") == 2
    assert store.last_revision(reading.id) == 2
    store.close()
