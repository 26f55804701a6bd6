from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from annotator.cli import doctor, main
from annotator.errors import StoreError
from annotator.imaging.codecs import CODECS
from annotator.model.display import Measurement, ScreenId
from annotator.model.edits import add_finding
from annotator.model.finding import Reading
from annotator.model.history import Act
from annotator.model.opened import UnsavedAct
from annotator.settings import data_dir, waiting_dir
from annotator.store.checkup import look_at
from annotator.store.display_log import DisplayLog
from annotator.store.journal import Journal
from annotator.store.store import Store


def diagnosis(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict]:
    status = main(["doctor", "--json", *words])
    return status, json.loads(capsys.readouterr().out)


def test_an_installation_that_passes_its_tests_lacks_nothing(capsys) -> None:
    status, found = diagnosis(capsys)
    assert (status, found["problems"]) == (0, [])
    assert all(found["libraries"].values())
    assert set(CODECS) < {decoder["transfer_syntax_uid"] for decoder in found["decoders"]}
    assert all(decoder["decoders"] for decoder in found["decoders"])
    assert found["display"]["fonts"] > 0
    (screen,) = found["display"]["screens"]
    assert (screen["grey_levels"], screen["display"]) == (256, "uncalibrated")
    assert not found["database"]["exists"]
    assert [folder["writable"] for folder in found["folders"]] == [True, True, True]


def test_validators_are_named_with_what_installs_those_that_are_missing(capsys, monkeypatch) -> None:
    monkeypatch.setattr("annotator.exchange.proof.programs.PIXELMED_JARS", ())
    status, found = diagnosis(capsys)
    told = {one["name"]: one for one in found["validators"]}
    assert set(told) == {"dciodvfy", "dsrdump", "dcm2json", "dcmpschk", "PixelMed"}
    assert (status, told["PixelMed"]["path"]) == (0, None)  # missing is no problem
    assert main(["doctor"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("  PixelMed"))
    assert line.endswith("not installed: the packages libpixelmed-java and default-jre-headless")


def test_looking_makes_no_database(capsys) -> None:
    diagnosis(capsys)
    assert list(data_dir().iterdir()) == []


def test_the_text_names_every_decoder_and_ends_in_a_verdict(capsys) -> None:
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert all(uid in text for uid in CODECS)
    assert text.endswith("Nothing is missing.\n")


def test_a_screen_that_does_not_answer_is_a_problem_and_not_a_crash(capsys, monkeypatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    status, found = diagnosis(capsys)
    assert status == 1
    assert found["display"] is None
    assert any(problem.startswith("Qt cannot start") for problem in found["problems"])


def test_a_library_that_is_missing_is_named(capsys, monkeypatch) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", (*doctor.LIBRARIES, "no-such-library"))
    status, found = diagnosis(capsys)
    assert status == 1
    assert found["libraries"]["no-such-library"] is None
    assert "no-such-library" in found["problems"][0]


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "sqlite:////nowhere/at/all/readings.db",
        "oracle://x/y",
        "postgresql://x:y/z",
        "sqlite:///.",
    ],
)
def test_a_database_that_cannot_be_used_is_a_problem(capsys, url: str) -> None:
    status, found = diagnosis(capsys, "--database", url)
    assert status == 1
    assert found["database"] is None
    assert len(found["problems"]) == 1


def test_a_database_in_use_tells_its_revision(capsys, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'r.db'}"
    store = Store.open(url)
    reading, number = store.open_reading("1.2.3", "me", lexicon_edition="5")
    store.save(
        add_finding(reading)[0], reader=reading.reader, based_on=number, act=Act.EDIT, label="Add finding"
    )
    status, found = diagnosis(capsys, "--database", url)
    store.close()
    assert status == 0
    assert found["database"]["exists"]
    assert found["database"]["revision"] == found["database"]["head"]


def test_acts_that_wait_here_are_counted_and_left_as_they_are(capsys, tmp_path: Path) -> None:
    url, other = f"sqlite:///{tmp_path / 'r.db'}", f"sqlite:///{tmp_path / 'other.db'}"
    _, found = diagnosis(capsys, "--database", url)
    assert found["waiting"] == {"acts": 0, "files": 0, "elsewhere": 0, "unreadable": [], "seen_files": 0}
    blank = Reading(id="a" * 32, reader="me", study_instance_uid="1.2.3", lexicon_edition="5")
    once, _ = add_finding(blank)
    twice, _ = add_finding(once)
    acts = [UnsavedAct(one, Act.EDIT, "Add finding", "", None) for one in (once, twice)]
    for database, waiting in ((url, acts), (url, acts[:1]), (other, acts)):
        journal = Journal.begin(waiting_dir(), database, blank, 0)
        journal.append(waiting)
    before = {path: path.read_bytes() for path in waiting_dir().iterdir()}
    # also while a window holds the last one
    status, found = diagnosis(capsys, "--database", url)
    assert status == 0
    assert found["waiting"] == {"acts": 3, "files": 2, "elsewhere": 2, "unreadable": [], "seen_files": 0}
    assert {path: path.read_bytes() for path in waiting_dir().iterdir()} == before
    main(["doctor", "--database", url])
    assert (
        "waiting on this computer: 3 acts for this database, 2 acts for other databases"
        in capsys.readouterr().out
    )
    torn = waiting_dir() / "0123-4567.acts"
    torn.write_text("no act", encoding="utf-8")
    status, found = diagnosis(capsys, "--database", url)
    assert status == 1
    assert found["problems"][0].startswith("0123-4567.acts in ")


def test_a_database_of_a_newer_program_is_told(capsys, tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    Store.open(f"sqlite:///{path}").close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    status, found = diagnosis(capsys, "--database", f"sqlite:///{path}")
    assert status == 1
    assert "newer version" in found["problems"][0]


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        look_at(f"sqlite:///{path}")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("not a database, but long enough to be taken for one" * 50, encoding="utf-8")
    with pytest.raises(StoreError, match="not a database"):
        look_at(f"sqlite:///{path}")


def test_a_measured_screen_is_told(capsys) -> None:
    (screen,) = diagnosis(capsys)[1]["display"]["screens"]
    known = ScreenId(screen["manufacturer"], screen["model"], screen["serial"], screen["name"])
    at = datetime(2026, 11, 20, tzinfo=UTC)
    DisplayLog().append(Measurement(known, at, "anna", (0, 255), (0.5, 300.0)))
    (screen,) = diagnosis(capsys)[1]["display"]["screens"]
    assert screen["display"].startswith("uncorrected, measured 2026-11-20, deviation 0 %")


def test_the_decision_table_in_use_is_named(capsys, tmp_path: Path) -> None:
    status, found = diagnosis(capsys)
    assert (status, found["rules"]["file"]) == (0, None)
    assert len(found["rules"]["digest"]) == 64
    table = tmp_path / "mine.toml"
    table.write_text('version = "1"')
    status, found = diagnosis(capsys, "--rules", str(table))
    assert (status, found["rules"]) == (1, None)
    assert any("mine.toml: head: there are 0 rows" in problem for problem in found["problems"])
