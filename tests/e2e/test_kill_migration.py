"""A program killed while it brings an older database up to date leaves it as it was, or brought up to date."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from annotator.store.checkup import look_at_signed
from annotator.store.store import Store

OLD = Path(__file__).resolve().parents[1] / "data" / "readings-0003.db"
SCRIPT = """
import os, signal, sys
from sqlalchemy import Engine, event
from annotator.store import upgrade
from annotator.store.store import Store

url, last = sys.argv[1], int(sys.argv[2])
migrate, begun = upgrade._run_migrations, []

def count(*_):
    if begun:
        begun.append(1)
        if len(begun) > last:
            os.kill(os.getpid(), signal.SIGKILL)

def migrating(connection):
    begun.append(0)
    migrate(connection)

upgrade._run_migrations = migrating
event.listen(Engine, "after_cursor_execute", count)
event.listen(Engine, "commit", count)
Store.open(url).close()
"""


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        old = {
            "readings": "SELECT id, study_instance_uid, reader, lexicon_edition, created FROM readings",
            "revisions": "SELECT reading_id, number, act, label, at, reader, delta, snapshot FROM revisions",
        }
        return {table: sorted(raw.execute(query).fetchall(), key=repr) for table, query in old.items()}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal there")
def test_a_migration_that_was_killed_is_begun_anew(tmp_path: Path) -> None:
    script = tmp_path / "open.py"
    script.write_text(SCRIPT, encoding="utf-8")
    before = rows(OLD)
    last, killed = 1, 0
    while True:
        file = tmp_path / str(last) / "readings.db"
        file.parent.mkdir()
        shutil.copyfile(OLD, file)
        url = f"sqlite:///{file}"
        ended = subprocess.run(
            [sys.executable, str(script), url, str(last)], check=False, capture_output=True
        )
        backups = list(file.parent.glob("readings.before-0003-*.db"))
        assert backups
        assert all(rows(backup) == before for backup in backups)
        assert rows(file) == before
        Store.open(url).close()
        assert rows(file) == before
        assert look_at_signed(url).faults == ()
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        killed += 1
        last += 4
    assert killed > 2
