"""What a program that was killed leaves beside a database file is never taken for a part of another one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from annotator.errors import StoreError
from annotator.model import edits
from annotator.model.history import Act
from annotator.store import sqlite
from annotator.store.backup import back_up
from annotator.store.checkup import look_at
from annotator.store.copying import copy
from annotator.store.part_file import LEFT_BEHIND_S
from annotator.store.restoring import restore
from annotator.store.store import Store


def test_parts_of_killed_backups_go_with_a_later_one_and_nothing_else_does(tmp_path: Path) -> None:
    source, backups = tmp_path / "r.db", tmp_path / "backups"
    backups.mkdir()
    read(source, 1).close()
    old = [backups / f".0123456789abcdef.part{ending}" for ending in ("", "-wal")]
    running, others = backups / ".fedcba9876543210.part", backups / ".film.part"
    for one in (*old, running, others):
        one.write_bytes(b"x")
    for one in (*old, others):
        os.utime(one, (time.time() - 2 * LEFT_BEHIND_S,) * 2)
    back_up(f"sqlite:///{source}", backups / "b.db")
    assert set(backups.iterdir()) == {running, others, backups / "b.db"}


def read(file: Path, acts: int) -> Store:
    store = Store.open(f"sqlite:///{file}")
    reading, number = store.open_reading("1.2", "a", lexicon_edition="5")
    for _ in range(acts):
        reading, _ = edits.add_finding(reading)
        number = store.save(reading, reader="a", based_on=number, act=Act.EDIT, label="Begin")
    return store


def as_if_killed(store: Store, file: Path, to: Path) -> None:
    """The files as they lie while a program has them open: its last acts are in the one beside."""
    for ending in ("", "-wal", "-shm"):
        shutil.copy(f"{file}{ending}", f"{to}{ending}")
    store.close()
    assert Path(f"{to}-wal").stat().st_size


def acts_in(file: Path) -> int:
    with closing(sqlite3.connect(file)) as raw:
        return int(raw.execute("SELECT count(*) FROM revisions").fetchone()[0])


def test_a_backup_written_over_another_is_the_new_one(tmp_path: Path) -> None:
    file, over = tmp_path / "r.db", tmp_path / "backup.db"
    as_if_killed(read(file, 4), file, over)
    read(file, 5).close()
    assert back_up(f"sqlite:///{file}", over, replace=True).revisions == 9
    assert acts_in(over) == 9
    assert sorted(p.name for p in tmp_path.iterdir() if "r.db" not in p.name) == ["backup.db"]


def test_nothing_is_put_where_acts_of_a_file_that_is_gone_lie(tmp_path: Path) -> None:
    file, gone = tmp_path / "r.db", tmp_path / "gone.db"
    read(file, 3).close()
    backup = back_up(f"sqlite:///{file}", tmp_path / "backup.db").file
    as_if_killed(read(file, 4), file, gone)
    away = gone.rename(tmp_path / "away.db")
    beside = Path(f"{gone}-wal").read_bytes()
    for act in (
        lambda: restore(backup, f"sqlite:///{gone}", keep_in=tmp_path),
        lambda: copy(f"sqlite:///{file}", f"sqlite:///{gone}"),
        lambda: back_up(f"sqlite:///{file}", gone),
        lambda: Store.open(f"sqlite:///{gone}"),
        lambda: look_at(f"sqlite:///{gone}"),
    ):
        with pytest.raises(StoreError, match=r"gone.db-wal was left behind"):
            act()
        assert not gone.exists()
        assert Path(f"{gone}-wal").read_bytes() == beside
    away.rename(gone)
    assert acts_in(gone) == 7


def test_a_copy_before_a_migration_that_could_not_be_made_whole_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "r.db"
    read(file, 200).close()
    whole = sqlite.raw_connection

    def small_disk(path: Path, key: str | None = None) -> sqlite3.Connection:
        connection = whole(path, key)
        if path != file:
            # what a full disk answers too
            connection.execute("PRAGMA max_page_count=10")
        return connection

    monkeypatch.setattr(sqlite, "raw_connection", small_disk)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        sqlite.backup(file, "0004")
    assert [p.name for p in tmp_path.glob("*before*")] == []
