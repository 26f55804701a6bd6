"""A file is written in one step, whatever comes between."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from annotator.errors import ExportError
from annotator.exchange.whole_file import write_whole


@pytest.mark.parametrize(
    ("fault", "told"), [(KeyboardInterrupt(), KeyboardInterrupt), (OSError(28, "No space left"), ExportError)]
)
def test_what_stops_it_leaves_the_file_as_it_was_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException, told: type[BaseException]
) -> None:
    def stopped(_: int) -> None:
        raise fault

    path = tmp_path / "answer.json"
    write_whole(path, b"before")
    monkeypatch.setattr(os, "fsync", stopped)
    with pytest.raises(told):
        write_whole(path, b"after")
    assert [one.name for one in tmp_path.iterdir()] == ["answer.json"]
    assert path.read_bytes() == b"before"
