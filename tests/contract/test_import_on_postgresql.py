"""A data set brought into a shared database: by its owner under the name of the set, by a reader only as their own reading."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_server import NoServer, Server, server
from sqlalchemy import create_engine, text

from annotator.cli import main
from annotator.model.audit import AuditAct
from annotator.model.person import Role
from annotator.store.checkup import verify
from annotator.store.store import Store

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
import public_files as made


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    try:
        with server() as one:
            yield one
    except NoServer as none:
        pytest.skip(str(none))


def brought_in(capsys: pytest.CaptureFixture[str], folder: Path, url: str, *words: str) -> tuple[int, dict]:
    status = main(["import", str(folder), "--database", url, "--json", *words])
    told = capsys.readouterr()
    return status, json.loads(told.out) if told.out else {"refused": [told.err]}


def test_the_owner_brings_in_and_a_reader_only_their_own(running: Server, tmp_path: Path, capsys) -> None:
    owner = running.new_database()
    anna = f"anna{uuid.uuid4().hex[:8]}"
    engine = create_engine(owner)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {anna} LOGIN"))
    engine.dispose()
    store = Store.open(owner)
    store.add_person(anna, "Anna", Role.READER)
    made.make_cbis(tmp_path / "set")
    as_anna = owner.replace("://tests@", f"://{anna}@")

    status, told = brought_in(capsys, tmp_path / "set", as_anna)
    assert status == 1
    assert len(told["refused"]) == 1
    assert "only the owner of the database" in told["refused"][0]
    assert "--reader" in told["refused"][0]
    assert store.readings() == ()

    status, told = brought_in(capsys, tmp_path / "set", owner)
    assert (status, told["readings"][0]["clusters"]) == (0, 2)
    status, told = brought_in(capsys, tmp_path / "set", owner)
    assert (status, told["readings"][0]["state"]) == (0, "there already")
    status, told = brought_in(capsys, tmp_path / "set", as_anna, "--reader", anna)
    assert (status, told["readings"][0]["reader"]) == (0, anna)

    assert sorted(one.reader for one in store.readings()) == sorted(["CBIS-DDSM", anna])
    entries = [(one.who, one.act) for one in store.audit() if one.act is AuditAct.IMPORTED]
    assert sorted(entries) == sorted([("tests", AuditAct.IMPORTED), (anna, AuditAct.IMPORTED)])
    store.close()
    faults: list[str] = []
    verify(owner, faults.append)
    assert faults == []
