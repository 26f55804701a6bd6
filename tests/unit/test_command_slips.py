"""A slip of the keyboard is told; it is never taken for good news."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotator.__main__ import main
from annotator.store.store import Store


def test_a_database_that_is_not_there_is_not_called_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "typo.db"
    assert main(["doctor", "--verify", "--database", f"sqlite:///{missing}"]) == 1
    told = capsys.readouterr()
    assert str(missing) in told.err
    assert "does not exist" in told.err
    assert told.out == ""
    assert not missing.exists()


def test_an_act_that_the_audit_does_not_know_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = f"sqlite:///{tmp_path / 'readings.db'}"
    Store.open(database).close()
    with pytest.raises(SystemExit) as ended:
        main(["audit", "--act", "singed", "--database", database])
    assert ended.value.code == 2
    assert "singed" in capsys.readouterr().err
    assert main(["audit", "--act", "backed up", "--database", database]) == 0
    assert capsys.readouterr().err == "Nothing of that is noted.\n"
    assert main(["audit", "--database", database]) == 0
    assert capsys.readouterr().err == "Nothing is noted yet.\n"


@pytest.mark.parametrize("words", [["people", "--json"], ["people", "list", "--json"]])
def test_people_are_told_as_json_with_and_without_the_word_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    database = f"sqlite:///{tmp_path / 'readings.db'}"
    Store.open(database).close()
    assert main([*words, "--database", database]) == 0
    assert json.loads(capsys.readouterr().out) == {"people": []}
