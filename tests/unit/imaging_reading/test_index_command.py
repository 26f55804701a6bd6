"""`annotator index` fills the index of exams, tells programs how far it is, and leaves out what is named."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from reading_files import breast, native

from annotator.cli import main
from annotator.imaging.exam_index.pages import ExamPages, Wanted
from annotator.settings import exam_index_path, load_settings


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for number in range(3):
        folder = tmp_path / "archive" / f"{number}"
        folder.mkdir(parents=True)
        native(
            folder / "a.dcm",
            breast(8, 8),
            SOPInstanceUID=f"2.25.8{number}",
            StudyInstanceUID=f"2.25.9{number}",
        )
    (tmp_path / "archive" / "broken.dcm").write_bytes(b"\0" * 300)
    return tmp_path / "archive"


def _said(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_folder_is_indexed_and_told_in_json(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(archive), "--json"]) == 0
    (told,) = _said(capsys)
    assert (told["files"], told["images"], told["rejected"]) == (4, 3, 1)
    assert main(["index", "--json"]) == 0
    (told,) = _said(capsys)
    assert told["exams"] == 3
    assert [(one["path"], one["finished"]) for one in told["folders"]] == [(str(archive), True)]


def test_programs_that_watch_get_a_line_whenever_it_goes_on(
    archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.nice", lambda by: by)
    assert main(["index", str(archive), "--lines"]) == 0
    *progress, last = _said(capsys)
    assert progress[-1]["total"] == progress[-1]["done"] == 4
    assert last["images"] == 3


def test_people_are_told_in_words(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(archive)]) == 0
    assert "3 images, 1 refused" in capsys.readouterr().out
    assert main(["index", "--again"]) == 0
    capsys.readouterr()
    assert main(["index"]) == 0
    assert "3 exams" in capsys.readouterr().out
    assert main(["index", "--forget", str(archive)]) == 0
    capsys.readouterr()
    assert main(["index"]) == 0
    assert "no folder is indexed" in capsys.readouterr().out


def test_of_a_folder_left_out_nothing_stays_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def as_most_builds(*words: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*words, **options)
        connection.execute("PRAGMA secure_delete = OFF")
        return connection

    def length_of_lists() -> int:
        with closing(connect(path)) as connection:
            return int(connection.execute("SELECT sum(length(block)) FROM words_data").fetchone()[0])

    monkeypatch.setattr("annotator.imaging.exam_index.tables.sqlite3.connect", as_most_builds)
    path = exam_index_path(load_settings())
    for folder, name in (("goes", "Quastenflosser^Zita"), ("stays", "Wiedehopf^Una")):
        for number in range(40):
            (tmp_path / folder / f"{number}").mkdir(parents=True)
            native(
                tmp_path / folder / f"{number}" / "a.dcm",
                breast(8, 8),
                SOPInstanceUID=f"2.25.8{number}{len(folder)}",
                StudyInstanceUID=f"2.25.9{number}{len(folder)}",
                PatientName=name,
                PatientID=f"{name[:5]}-{number}",
            )
    assert main(["index", str(tmp_path / "goes"), str(tmp_path / "stays")]) == 0
    before = length_of_lists()
    assert main(["index", "--forget", str(tmp_path / "goes")]) == 0
    assert length_of_lists() < before
    kept = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*")).lower()
    assert b"wiedehopf" in kept
    assert b"flosser" not in kept
    assert b"quast" not in kept
    assert str(tmp_path / "goes").encode().lower() not in kept
    pages = ExamPages(path)
    assert pages.count(Wanted(words=("wiedehopf",))) == 40
    pages.close()


def test_what_cannot_be_reached_is_named(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(archive / "nowhere"), str(archive)]) == 1
    assert "nowhere: cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (["index", "--forget"], "--forget"),
        (["index", "--jobs", "0", "."], "at least 1"),
        (["index", "archive/broken.dcm"], "name the folder"),
    ],
)
def test_calls_that_cannot_be_are_one_sentence(
    archive: Path,
    call: list[str],
    why: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(archive.parent)
    assert main(call) == 2
    assert why in capsys.readouterr().err


def test_nothing_is_kept_where_the_settings_say_so(
    archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANNOTATOR_HEADER_INDEX", "false")
    assert main(["index", str(archive)]) == 2
    assert "header_index is off" in capsys.readouterr().err


def test_each_reader_and_database_has_an_index_of_its_own_and_forgetting_removes_all(
    archive: Path, capsys: pytest.CaptureFixture[str], own_home: Path
) -> None:
    assert main(["index", str(archive), "--reader", "a"]) == 0
    assert main(["index", str(archive), "--reader", "b"]) == 0
    paths = {exam_index_path(load_settings(overrides={"reader": reader})) for reader in "ab"}
    assert len(paths) == 2
    assert all(path.is_relative_to(own_home) and path.is_file() for path in paths)
    assert "nobody" not in "".join(path.name for path in paths)
    capsys.readouterr()
    assert main(["doctor", "--forget-index"]) == 0
    assert not any(path.exists() for path in paths)
