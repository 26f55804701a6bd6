"""A role that is taken away while somebody reads: acts wait on this computer, and arrive once it is given back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from annotator.bootstrap import open_workspace
from annotator.errors import NotAllowed, SignedReading
from annotator.model import edits
from annotator.model.history import Act
from annotator.model.image import ExamInfo
from annotator.model.person import Role
from annotator.settings import Settings
from annotator.store.store import Store
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.faults.saving_words import no_right_words
from annotator.ui.task_runner import TaskRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))
from postgresql_server import NoServer, server

psycopg = pytest.importorskip("psycopg")
STUDY = "2.25.1"


@pytest.fixture(scope="module")
def owner_url() -> Iterator[str]:
    try:
        with server() as running:
            url = running.new_database()
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("CREATE ROLE anna LOGIN")
            yield url
    except NoServer as why:
        pytest.skip(str(why))


@pytest.fixture
def owner(owner_url: str) -> Iterator[Store]:
    store = Store.open(owner_url)
    yield store
    store.close()


@pytest.fixture
def reading(qtbot: QtBot, owner: Store, owner_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Anna's session, while she still may."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    owner.add_person("anna", "Anna", Role.LABELLER)
    bugs: list[BaseException] = []
    runner = TaskRunner(bugs.append)
    workspace = open_workspace(Settings(database=owner_url.replace("tests@", "anna@"), reader="anna"))
    session = ReadingSession(workspace, runner, ExamInfo(STUDY, ()), workspace.open_reading(STUDY))
    yield session
    session.saving.stop_trying()
    runner.shutdown()
    workspace.close()
    assert bugs == []


def test_acts_wait_here_and_arrive_with_the_role(qtbot: QtBot, reading: ReadingSession, owner: Store) -> None:
    reading.apply(edits.add_finding(reading.reading)[0], "Begin a finding")
    assert reading.flush()
    owner.add_person("anna", "Anna", Role.NONE)
    for _ in range(2):
        reading.apply(edits.add_finding(reading.reading)[0], "Begin a finding")
    qtbot.waitUntil(lambda: reading.save_state is SaveState.KEPT)
    assert isinstance(reading.save_error, NotAllowed)
    owner.add_person("anna", "Anna", Role.LABELLER)
    reading.save_now()
    qtbot.waitUntil(lambda: reading.save_state is SaveState.SAVED)
    assert [len(one.reading.findings) for one in reading.revisions()] == [1, 2, 3]


def test_a_signature_of_a_role_that_does_not_sign_is_told_as_such(
    qtbot: QtBot, reading: ReadingSession
) -> None:
    workspace = reading.workspace
    signature = workspace.signature(reading.reading, reading.exam)
    reading.seal(edits.sign(reading.reading, signature), Act.SIGN, "Sign version 1")
    qtbot.waitUntil(lambda: reading.save_state is SaveState.FAILED)
    assert isinstance(reading.save_error, SignedReading)
    assert "Your role in this database does not sign" in str(reading.save_error)


def test_the_bar_says_it_in_one_sentence() -> None:
    assert no_right_words(1) == (
        "Your role in this database does not let you save; 1 act is kept on this computer and arrives once an "
        "administrator gives you a role that does ('annotator people')."
    )
    assert "2 acts are kept on this computer and arrive" in no_right_words(2)
