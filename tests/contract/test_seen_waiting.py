"""What was seen while the database is away is on this computer, over restarts, and arrives."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from annotator.bootstrap import make_workspace
from annotator.model.coverage import Seen
from annotator.model.image import ImageKey
from annotator.settings import Settings, waiting_dir
from annotator.store.seen_waiting import ENDING, look_at_seen
from annotator.workspace import Workspace

STUDY = "2.25.1"
IMAGE = ImageKey("2.25.10")


def seen(bits: int, image: ImageKey = IMAGE) -> Seen:
    return Seen(image, 64, 4, 3, bits)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return Settings(database=f"sqlite:///{tmp_path / 'r.db'}", reader="anna")


@pytest.fixture
def away(tmp_path: Path, settings: Settings) -> Path:
    """The file of the database, moved to where nobody looks for it; an exam was opened before."""
    file = tmp_path / "r.db"
    first = make_workspace(settings)
    reading = first.open_reading(STUDY).reading
    assert first.seen.keep(STUDY, reading.id, [seen(0b1)]) is None
    first.close()
    elsewhere = tmp_path / "elsewhere.db"
    file.rename(elsewhere)
    return elsewhere


def files() -> list[Path]:
    return sorted(waiting_dir().glob(f"*{ENDING}"))


def program(settings: Settings) -> tuple[Workspace, str]:
    """A start of the program that has opened the exam, with a database that went away since."""
    made = make_workspace(settings)
    return made, made.open_reading(STUDY).reading.id


def test_it_arrives_once_the_database_is_back(settings: Settings, away: Path, tmp_path: Path) -> None:
    away.rename(tmp_path / "r.db")
    workspace, reading = program(settings)
    (tmp_path / "r.db").rename(away)
    for bits in (0b10, 0b110):
        why = workspace.seen.keep(STUDY, reading, [seen(bits)])
        assert "is not there any more" in str(why)
    other = ImageKey("2.25.11", 3)
    workspace.seen.keep(STUDY, reading, [seen(0b1, other)])
    assert len(files()) == 1, "what a later file holds is in no older one"
    assert workspace.seen.kept(STUDY, reading) == (seen(0b110), seen(0b1, other))
    away.rename(tmp_path / "r.db")
    assert workspace.seen.keep(STUDY, reading, [seen(0b1000)]) is None
    assert files() == []
    assert workspace.seen.kept(STUDY, reading) == (seen(0b1111), seen(0b1, other))
    workspace.close()


def test_it_arrives_by_another_start_of_the_program(settings: Settings, away: Path, tmp_path: Path) -> None:
    away.rename(tmp_path / "r.db")
    first, reading = program(settings)
    second, _ = program(settings)
    (tmp_path / "r.db").rename(away)
    first.seen.keep(STUDY, reading, [seen(0b10)])
    second.seen.keep(STUDY, reading, [seen(0b100)])
    assert len(files()) == 2, "two programs never write to the same file"
    if sys.platform != "win32":
        assert {stat.S_IMODE(one.stat().st_mode) for one in files()} == {0o600}
    for one in (first, second):
        one.close()
    away.rename(tmp_path / "r.db")
    third = make_workspace(settings)
    third.seen.deliver()
    assert files() == []
    assert third.seen.kept(STUDY, reading) == (seen(0b111),)
    third.close()


def test_of_an_exam_that_was_never_open_with_its_database_too(settings: Settings, tmp_path: Path) -> None:
    """The program began while the database was away, and so nothing of the reading is in it."""
    made = make_workspace(settings)
    made.open_database()
    database = tmp_path / "r.db"
    database.rename(tmp_path / "elsewhere.db")
    made.seen.keep(STUDY, "an-id-of-this-computer", [seen(0b10)])
    made.close()
    (tmp_path / "elsewhere.db").rename(database)
    again = make_workspace(settings)
    again.seen.deliver()
    assert again.seen.kept(STUDY, again.open_reading(STUDY).reading.id) == (seen(0b10),)
    again.close()


def test_what_cannot_be_read_stays_and_is_counted(settings: Settings, away: Path, tmp_path: Path) -> None:
    away.rename(tmp_path / "r.db")
    workspace, reading = program(settings)
    (tmp_path / "r.db").rename(away)
    workspace.seen.keep(STUDY, reading, [seen(0b10)])
    (whole,) = files()
    damaged = whole.with_name(whole.name.replace(ENDING, f"x{ENDING}"))
    damaged.write_bytes(whole.read_bytes()[:-20])
    assert look_at_seen(waiting_dir()) == ([whole.name], [damaged.name])
    away.rename(tmp_path / "r.db")
    workspace.seen.deliver()
    assert files() == [damaged]
    assert workspace.seen.kept(STUDY, reading) == (seen(0b11),)
    workspace.close()
