"""A backup from the window: written beside the reading, stopped without a trace, told when it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from annotator.bootstrap import make_workspace
from annotator.model import edits
from annotator.model.history import Act
from annotator.settings import Settings
from annotator.store.store import Store
from annotator.ui.desk.backups import Backups
from annotator.ui.task_runner import TaskRunner


@pytest.fixture
def backups(qtbot: QtBot, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'readings.db'}"
    store = Store.open(url)
    reading, number = store.open_reading("1.2", "a", lexicon_edition="5")
    store.save(edits.add_finding(reading)[0], reader="a", based_on=number, act=Act.EDIT, label="x")
    store.close()
    bugs: list[BaseException] = []
    runner = TaskRunner(bugs.append)
    workspace = make_workspace(Settings(database=url, reader="a"))
    made = Backups(workspace, runner, None)
    yield made
    runner.shutdown()
    workspace.close()
    assert bugs == []


def heard(signal: object) -> list[str]:
    said: list[str] = []
    signal.connect(lambda text, *_more: said.append(text))
    return said


def test_a_backup_is_written_noted_and_told(qtbot: QtBot, backups: Backups, tmp_path: Path) -> None:
    said, file = heard(backups.message), tmp_path / "b.db"
    backups.write(file)
    qtbot.waitUntil(lambda: len(said) == 2)
    assert said[1] == f"1 reading backed up to {file}, looked at and found whole"
    for name in ("b.db", "readings.db"):
        store = Store.open(f"sqlite:///{tmp_path / name}")
        assert [one.findings for one in store.readings()] == [1]
        assert [one.act for one in store.audit()] == (["backed up"] if name == "readings.db" else [])
        store.close()


def test_a_backup_that_cannot_be_written_is_told_and_tried_again(
    qtbot: QtBot, backups: Backups, tmp_path: Path
) -> None:
    failed, tries = heard(backups.failed), []
    backups.failed.connect(lambda _text, again: tries.append(again))
    backups.write(tmp_path / "none" / "b.db")
    qtbot.waitUntil(lambda: len(failed) == 1)
    assert "b.db cannot be written" in failed[0]
    (tmp_path / "none").mkdir()
    said = heard(backups.message)
    tries[0]()
    qtbot.waitUntil(lambda: len(said) == 2)
    assert (tmp_path / "none" / "b.db").exists()


def test_a_backup_that_is_stopped_leaves_nothing(qtbot: QtBot, backups: Backups, tmp_path: Path) -> None:
    said, folder = heard(backups.message), tmp_path / "folder"
    folder.mkdir()
    backups.write(folder / "b.db")
    backups.cancel()
    backups._runner.shutdown()
    assert said[-1] == "Stopped; no backup was written."
    assert list(folder.iterdir()) == []
