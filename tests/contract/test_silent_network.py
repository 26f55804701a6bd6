"""A network that drops what is sent, and closes nothing: acts and questions are told, none waits for ever."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgresql_server import NoServer, Server, server
from silent_proxy import SilentProxy, silent_proxy
from sqlalchemy import text

from annotator.errors import DatabaseAway
from annotator.model import edits
from annotator.model.history import Act
from annotator.store import silence
from annotator.store.address import parse_url
from annotator.store.checkup import verify
from annotator.store.engines import engine_of
from annotator.store.staying import Answer, answer_of
from annotator.store.store import Store


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    try:
        with server() as one:
            yield one
    except NoServer as why:
        pytest.skip(str(why))


@pytest.fixture
def behind(running: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SilentProxy, str]]:
    monkeypatch.setattr(silence, "ASKED_AFTER_S", 0.3)
    monkeypatch.setattr(silence, "LEFT_ALONE_S", 600.0)
    silence._left_alone.clear()
    direct = running.new_database()
    with silent_proxy(direct) as proxy:
        yield proxy, f"{proxy.url(direct)}?connect_timeout=2"


def marked(store: Store) -> tuple[str, int]:
    reading, number = store.open_reading("2.25.1", "tests", lexicon_edition="5")
    after = edits.add_finding(reading)[0]
    number = store.save(after, reader="tests", based_on=number, act=Act.EDIT, label="Begin a finding")
    return reading.id, number


def test_a_save_into_silence_is_told_and_later_ones_at_once(behind: tuple[SilentProxy, str]) -> None:
    proxy, url = behind
    store = Store.open(url)
    reading, number = marked(store)
    proxy.go_silent()
    with pytest.raises(DatabaseAway, match="does not answer; check the network"):
        marked(store)
    begun = proxy.taken
    for _ in range(3):
        with pytest.raises(DatabaseAway, match="does not answer; check the network"):
            store.last_revision(reading)
    assert proxy.taken == begun, "nobody connects to a server that has just not answered"
    proxy.answer()
    silence._left_alone.clear()
    assert store.last_revision(reading) == number
    assert marked(store)[1] == number + 1
    store.close()
    verify(url, pytest.fail)


def test_a_program_that_starts_into_silence_is_told(behind: tuple[SilentProxy, str]) -> None:
    proxy, url = behind
    proxy.go_silent()
    with pytest.raises(DatabaseAway, match="does not answer"):
        Store.open(url)
    before = proxy.taken
    assert (answer_of(parse_url(url)), proxy.taken) == (Answer.NONE, before), (
        "the whole program would stand still"
    )
    proxy.answer()
    silence._left_alone.clear()
    Store.open(url).close()


def test_a_server_that_is_at_work_is_waited_for(behind: tuple[SilentProxy, str]) -> None:
    proxy, url = behind
    engine = engine_of(parse_url(url))
    with engine.connect() as connection:
        before = proxy.taken
        assert connection.execute(text("SELECT 'done' FROM pg_sleep(1.2)")).scalar() == "done"
        assert proxy.taken > before, "it was asked meanwhile"
    engine.dispose()


def test_an_answer_that_was_lost_on_the_way_is_not_waited_for(behind: tuple[SilentProxy, str]) -> None:
    proxy, url = behind
    engine = engine_of(parse_url(url))
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        proxy.hold_back_answers()
        with pytest.raises(Exception, match="does not answer"):
            connection.execute(text("SELECT 2"))
    engine.dispose()
