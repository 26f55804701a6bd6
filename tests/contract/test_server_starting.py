"""An exam opened while a killed server recovers shows what is saved of it, and does not begin empty."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_server import NoServer, Server, server
from sqlalchemy import make_url

from annotator import waiting as waiting_acts
from annotator.bootstrap import make_workspace
from annotator.model import edits
from annotator.model.history import Act
from annotator.settings import Settings
from annotator.store.staying import Answer, answer_of

STUDY = "1.2"


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    try:
        with server() as one:
            yield one
    except NoServer as reason:
        pytest.skip(str(reason))


def kill_a_backend(url: str) -> None:
    """The server throws everybody out and recovers, as after any process of it that crashed."""
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        pid = connection.info.backend_pid
        os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a process of the server is killed")
def test_a_server_that_recovers_is_waited_for(running: Server, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    url = running.new_database()
    first = make_workspace(Settings(database=url, reader="a"))
    opened = first.open_reading(STUDY)
    said = edits.add_finding(opened.reading)[0]
    first.save(said, based_on=opened.revision, act=Act.EDIT, label="Begin")
    first.close()
    met = []
    monkeypatch.setattr(waiting_acts, "answer_of", lambda address: met.append(answer_of(address)) or met[-1])
    for _ in range(5):
        kill_a_backend(url)
        again = make_workspace(Settings(database=url, reader="a"))
        found = again.waiting.go_on(STUDY, "5", lambda again=again: again.open_reading(STUDY))
        again.close()
        assert (found.unseen, found.reading) == (False, said)
    assert Answer.STARTING in met


def test_only_a_server_that_answers_is_waited_for(running: Server, tmp_path: Path) -> None:
    url = running.new_database()
    assert answer_of(make_url(url)) is Answer.READY
    assert answer_of(make_url(f"sqlite:///{tmp_path / 'none.db'}")) is Answer.NONE
    assert answer_of(make_url(f"postgresql+psycopg://a@/none?host={tmp_path}")) is Answer.NONE
