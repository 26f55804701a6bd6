"""A mistyped database is told, and no empty one is left at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.cli import main
from annotator.settings import data_dir


@pytest.mark.parametrize(
    "words",
    [
        "readings",
        "doctor --pixels",
        "readings --json",
        "history 2.25.1",
        "history 2.25.1 --restore 1",
        "audit",
        "people",
        "people add anna --display-name Anna --role reader",
        "due",
        "findings 2.25.1 --output {out}",
        "report 2.25.1",
        "pseudonym ABC",
        "backup {out}",
        "copy --to sqlite:///{out}",
        "doctor --verify",
    ],
)
def test_a_database_that_is_not_there_is_told_and_not_made(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mistyped.db"
    call = words.format(out=tmp_path / "out").split()
    assert main([*call, "--database", f"sqlite:///{file}"]) in (1, 2)
    told = capsys.readouterr().err
    assert str(file) in told, told
    assert told.strip().count("\n") == 0, told
    assert list(tmp_path.iterdir()) == []


def test_the_database_of_the_data_folder_begins_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_dir().is_relative_to(tmp_path)
    assert main(["readings"]) == 0
    assert "No readings are saved yet" in capsys.readouterr().err
