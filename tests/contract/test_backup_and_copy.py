"""A backup, what is restored from it, and a copy hold what the database held, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from postgresql_server import NoServer, Server, server
from sqlalchemy import create_engine, text

from annotator.errors import NewerDatabase, NotAllowed, StoreError
from annotator.jobs import Cancelled, CancelToken, Progress
from annotator.model.audit import AuditAct
from annotator.model.coverage import Seen
from annotator.model.history import Act
from annotator.model.image import ImageKey
from annotator.model.person import Role
from annotator.store import backup, bringing, restoring, revision_rows
from annotator.store.backup import back_up
from annotator.store.checkup import look_at_signed
from annotator.store.copying import copy
from annotator.store.restoring import restore
from annotator.store.store import Store

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
from reading_session import edited

OLD = Path(__file__).resolve().parents[1] / "data" / "readings-0003.db"
NewDatabase = Callable[[], str]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    try:
        with server() as running:
            yield running
    except NoServer as none:
        pytest.skip(str(none))


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many batches, and whole readings kept, with few acts."""
    monkeypatch.setattr(bringing, "BATCH", 10)
    monkeypatch.setattr(backup, "PAGES", 8)
    monkeypatch.setattr(restoring, "PAGES", 8)
    monkeypatch.setattr(revision_rows, "SNAPSHOT_EVERY", 10)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> NewDatabase:
    """Addresses of databases that do not exist yet, or are empty."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql").new_database
    numbers = iter(range(99))
    return lambda: f"sqlite:///{tmp_path / f'database{next(numbers)}.db'}"


def read(url: str, acts: int, study: str = "1.2", reader: str = "a", seed: int = 1) -> None:
    """Let a reader go on reading an exam at random."""
    store = Store.open(url)
    reading, number = store.open_reading(study, reader, lexicon_edition="5", patient="P1")
    chance = random.Random(seed)
    for _ in range(acts):
        value, label = edited(reading, chance)
        number = store.save(value, reader=reader, based_on=number, act=Act.EDIT, label=label)
        reading = value
    if acts:
        store.keep_coverage(reading.id, [Seen(ImageKey("9.9"), 64, 10, 10, chance.getrandbits(100))])
    store.close()


def filled(url: str) -> str:
    read(url, 45)
    read(url, 6, reader="b", seed=2)
    read(url, 3, study="1.3", seed=3)
    store = Store.open(url)
    store.note(AuditAct.EXPORTED, what="Größe 乳房")
    store.add_person("a", "Dr. A", Role.READER)
    store.close()
    return url


def contents(url: str) -> dict[str, object]:
    """Everything a program can ask of a database, but for accounts and for when rows of the audit came."""
    store = Store.open(url)
    found = {
        "readings": store.readings(),
        "revisions": {one.reading_id: store.revisions(one.reading_id) for one in store.readings()},
        "coverage": {one.reading_id: store.coverage(one.reading_id) for one in store.readings()},
        "audit": store.audit(),
        "digest": store.patient_digest("P1"),
    }
    store.close()
    return found


def fails(act: Callable[[], object], *words: str, kind: type[Exception] = StoreError) -> None:
    with pytest.raises(kind) as caught:
        act()
    sentence = str(caught.value)
    assert "\n" not in sentence
    for word in words:
        assert word in sentence


def stopping_at(number: int) -> CancelToken:
    """A token that somebody cancels at the n-th step."""
    steps = iter(range(10**6))

    def heard(_progress: Progress) -> None:
        if next(steps) == number:
            token.cancel()

    token = CancelToken(heard)
    return token


def test_a_backup_holds_everything_and_is_a_database(new_database: NewDatabase, tmp_path: Path) -> None:
    url = filled(new_database())
    file = tmp_path / "backup.db"
    made = back_up(url, file)
    assert contents(f"sqlite:///{file}") == contents(url)
    assert (made.readings, made.revisions, made.faults) == (3, 54, ())
    assert look_at_signed(f"sqlite:///{file}").faults == ()


def test_a_backup_is_private_whole_and_one_file(new_database: NewDatabase, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    made = back_up(filled(new_database()), folder)
    assert list(folder.iterdir()) == [made.file]
    assert made.file.name.startswith("readings-")
    if os.name == "posix":
        assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert made.bytes == made.file.stat().st_size


def test_a_file_that_is_there_is_left_alone_unless_told(new_database: NewDatabase, tmp_path: Path) -> None:
    url = filled(new_database())
    file = tmp_path / "backup.db"
    file.write_text("mine", encoding="utf-8")
    fails(lambda: back_up(url, file), "backup.db is there already", "--replace")
    assert file.read_text(encoding="utf-8") == "mine"
    back_up(url, file, replace=True)
    assert contents(f"sqlite:///{file}") == contents(url)


@pytest.mark.parametrize("step", [0, 1, 3])
def test_a_backup_that_is_stopped_is_not_there(new_database: NewDatabase, tmp_path: Path, step: int) -> None:
    url = filled(new_database())
    folder = tmp_path / "backups"
    folder.mkdir()
    with pytest.raises(Cancelled):
        back_up(url, folder / "b.db", token=stopping_at(step))
    assert list(folder.iterdir()) == []


def test_nothing_to_back_up_is_told(new_database: NewDatabase, tmp_path: Path) -> None:
    fails(lambda: back_up(new_database(), tmp_path / "b.db"), "nothing to back up")


def test_a_backup_is_of_one_moment_while_somebody_works(new_database: NewDatabase, tmp_path: Path) -> None:
    url = filled(new_database())
    done = threading.Event()

    def work() -> None:
        number = 10
        while not done.is_set():
            read(url, 3, study="1.4", seed=number)
            number += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        files = [back_up(url, tmp_path / f"{n}.db").file for n in range(4)]
    finally:
        done.set()
        worker.join()
    now = contents(url)["revisions"]
    for file in files:
        kept = contents(f"sqlite:///{file}")["revisions"]
        for reading, revisions in kept.items():
            assert revisions == now[reading][: len(revisions)]


def test_an_older_database_is_backed_up_as_it_is(tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    shutil.copyfile(OLD, old)
    made = back_up(f"sqlite:///{old}", tmp_path / "b.db")
    assert made.revision == "0003"
    with closing(sqlite3.connect(old)) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("0003",)
    target = f"sqlite:///{tmp_path / 'new.db'}"
    restore(tmp_path / "b.db", target, keep_in=tmp_path)
    assert len(contents(target)["readings"]) == made.readings


def test_an_older_postgresql_is_backed_up_as_it_is(postgresql: Server, tmp_path: Path) -> None:
    from annotator.store import upgrade

    url = postgresql.new_database()
    engine = create_engine(url, json_serializer=str, json_deserializer=str)
    upgrade.make_tables(engine, "0002")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO readings VALUES ('r', '1.2', 'a', '5', '2026-01-01T00:00:00Z')"))
    engine.dispose()
    made = back_up(url, tmp_path / "b.db")
    assert (made.revision, made.readings) == ("0002", 1)
    assert [one.reader for one in _readings(f"sqlite:///{tmp_path / 'b.db'}")] == ["a"]


def _readings(url: str):
    store = Store.open(url)
    reading, _ = store.open_reading("1.2", "a", lexicon_edition="5")
    store.close()
    return [reading]


def test_what_was_changed_by_something_else_is_told_and_kept(tmp_path: Path) -> None:
    url = filled(f"sqlite:///{tmp_path / 'a.db'}")
    with closing(sqlite3.connect(tmp_path / "a.db")) as raw:
        raw.execute("DROP TRIGGER revisions_no_update")
        raw.execute("UPDATE revisions SET label = 'other' WHERE number = 3")
        raw.commit()
    made = back_up(url, tmp_path / "b.db")
    assert len(made.faults) == 3
    assert "Revision 3 of a's reading" in made.faults[0]
    fails(
        lambda: restore(tmp_path / "b.db", f"sqlite:///{tmp_path / 'n.db'}", keep_in=tmp_path),
        "b.db was changed by something else",
    )
    assert not (tmp_path / "n.db").exists()


def test_a_damaged_database_makes_no_backup(tmp_path: Path) -> None:
    url = filled(f"sqlite:///{tmp_path / 'a.db'}")
    content = bytearray((tmp_path / "a.db").read_bytes())
    content[40_000:80_000] = bytes(40_000)
    (tmp_path / "a.db").write_bytes(content)
    fails(lambda: back_up(url, tmp_path / "b.db"), "is damaged")
    assert not (tmp_path / "b.db").exists()


def test_a_backup_comes_back(new_database: NewDatabase, tmp_path: Path) -> None:
    url, target = filled(new_database()), new_database()
    file = back_up(url, tmp_path / "b.db").file
    digest = file.read_bytes()
    done = restore(file, target, keep_in=tmp_path)
    assert contents(target) == contents(url)
    assert (done.readings, done.revisions, done.kept) == (3, 54, None)
    assert file.read_bytes() == digest
    # and goes on
    read(target, 3, seed=9)
    assert look_at_signed(target).faults == ()


def test_readings_are_replaced_only_when_told_and_kept_first(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    url, target = filled(new_database()), new_database()
    file = back_up(url, tmp_path / "b.db").file
    read(target, 7, study="7.7")
    before = contents(target)
    fails(lambda: restore(file, target, keep_in=tmp_path), "holds readings", "--replace")
    assert contents(target) == before
    done = restore(file, target, keep_in=tmp_path, replace=True)
    assert contents(target) == contents(url)
    assert done.kept is not None
    assert contents(f"sqlite:///{done.kept}") == before


@pytest.mark.parametrize("step", [1, 3, 5])
def test_a_restore_that_is_stopped_changed_nothing(
    new_database: NewDatabase, tmp_path: Path, step: int
) -> None:
    url, target = filled(new_database()), new_database()
    read(target, 7, study="7.7")
    before = contents(target)
    file = back_up(url, tmp_path / "b.db").file
    with pytest.raises(Cancelled):
        restore(file, target, keep_in=tmp_path, replace=True, token=stopping_at(step))
    assert contents(target) == before


def test_a_database_that_is_open_elsewhere_is_not_replaced(tmp_path: Path) -> None:
    url = filled(f"sqlite:///{tmp_path / 'a.db'}")
    file = back_up(url, tmp_path / "b.db").file
    window = Store.open(url)
    window.readings()
    fails(lambda: restore(file, url, keep_in=tmp_path, replace=True), "is open in another program")
    window.close()
    restore(file, url, keep_in=tmp_path, replace=True)


def test_a_damaged_database_is_put_aside(tmp_path: Path) -> None:
    url = filled(f"sqlite:///{tmp_path / 'a.db'}")
    whole = contents(url)
    file = back_up(url, tmp_path / "b.db").file
    (tmp_path / "a.db").write_bytes(b"nothing that SQLite knows " * 400)
    fails(lambda: restore(file, url, keep_in=tmp_path), "a.db is damaged", "--replace")
    kept = restore(file, url, keep_in=tmp_path, replace=True).kept
    assert contents(url) == whole
    assert kept is not None
    assert kept.read_bytes().startswith(b"nothing that SQLite knows")


def test_what_is_no_backup_is_refused_in_a_sentence(new_database: NewDatabase, tmp_path: Path) -> None:
    target = new_database()
    plain, empty, foreign, newer, damaged = (tmp_path / f"{n}.db" for n in "pefnd")
    plain.write_text("text " * 500, encoding="utf-8")
    empty.write_bytes(b"")
    with closing(sqlite3.connect(foreign)) as raw:
        raw.execute("CREATE TABLE things (n)")
    url = filled(f"sqlite:///{tmp_path / 'a.db'}")
    back_up(url, newer)
    back_up(url, damaged)
    with closing(sqlite3.connect(newer)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    content = bytearray(damaged.read_bytes())
    content[40_000:80_000] = bytes(40_000)
    damaged.write_bytes(content)

    def bring(file: Path) -> Callable[[], object]:
        return lambda: restore(file, target, keep_in=tmp_path)

    fails(bring(tmp_path / "none.db"), "no such file")
    fails(bring(plain), "p.db is no backup of this program")
    fails(bring(empty), "e.db is no backup of this program")
    fails(bring(foreign), "f.db is no backup of this program")
    fails(bring(newer), "n.db was written by a newer version", kind=NewerDatabase)
    fails(bring(damaged), "d.db is damaged")
    assert contents(target)["readings"] == ()
    assert [one for one in tmp_path.iterdir() if one.name.endswith(".part")] == []


def test_a_copy_goes_there_and_back(postgresql: Server, tmp_path: Path) -> None:
    url = filled(f"sqlite:///{tmp_path / 'a.db'}")
    team, back = postgresql.new_database(), f"sqlite:///{tmp_path / 'back.db'}"
    there = copy(url, team)
    assert contents(team) == contents(url)
    assert there.tables["revisions"].rows == 54
    again = copy(team, back)
    assert contents(back) == contents(url)
    assert again.tables["revisions"] == there.tables["revisions"]
    assert again.tables["heads"] == there.tables["heads"]
    # both go on where they are, numbers of the audit too
    for one in (team, back):
        read(one, 3, seed=9)
        store = Store.open(one)
        store.note(AuditAct.EXPORTED)
        assert [entry.act for entry in store.audit(limit=1)] == [AuditAct.EXPORTED]
        store.close()
        assert look_at_signed(one).faults == ()


def test_whoever_has_readings_is_a_reader_of_the_team(postgresql: Server, tmp_path: Path) -> None:
    team = postgresql.new_database()
    copy(filled(f"sqlite:///{tmp_path / 'a.db'}"), team)
    store = Store.open(team)
    assert {(one.name, one.display_name, one.role) for one in store.people()} == {
        ("a", "Dr. A", Role.READER),
        ("b", "b", Role.READER),
        ("tests", "tests", Role.ADMINISTRATOR),
    }
    store.close()


def test_a_copy_made_again_brings_what_was_saved_since(new_database: NewDatabase) -> None:
    url, target = filled(new_database()), new_database()
    copy(url, target)
    assert copy(url, target).added == 0
    read(url, 4, seed=8)
    # four acts, and what was seen of the same image
    assert copy(url, target).added == 5
    assert contents(target) == contents(url)


def test_what_is_saved_while_copying_is_caught_up(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, target = filled(new_database()), new_database()
    bring, seeds = bringing.Bringing.bring, iter((20, 21))

    def bring_while_somebody_works(self: bringing.Bringing) -> bringing.Brought:
        brought = bring(self)
        for seed in seeds:
            read(url, 2, study="5.5", seed=seed)
            break
        return brought

    monkeypatch.setattr(bringing.Bringing, "bring", bring_while_somebody_works)
    copy(url, target)
    assert contents(target) == contents(url)
    assert next(seeds, None) is None


@pytest.mark.parametrize("step", [0, 2, 6])
def test_a_copy_that_is_stopped_is_not_there(new_database: NewDatabase, step: int) -> None:
    url, target = filled(new_database()), new_database()
    with pytest.raises(Cancelled):
        copy(url, target, stopping_at(step))
    assert contents(target)["readings"] == ()
    copy(url, target)
    assert contents(target) == contents(url)


def test_two_databases_are_never_mixed(new_database: NewDatabase) -> None:
    url, target = filled(new_database()), new_database()
    read(target, 3, study="7.7")
    before = contents(target)
    fails(lambda: copy(url, target), "holds readings of its own")
    assert contents(target) == before
    fails(lambda: copy(url, url), "cannot be copied to itself")


def test_a_copy_somebody_worked_in_is_told(new_database: NewDatabase) -> None:
    url, target = filled(new_database()), new_database()
    copy(url, target)
    read(target, 1, seed=5)
    fails(lambda: copy(url, target), "somebody worked in it")
    read(url, 1, seed=6)
    before = contents(target)
    fails(lambda: copy(url, target), "somebody worked in it")
    assert contents(target) == before


def test_a_row_that_does_not_come_over_as_it_is_stops_the_copy(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, target = filled(new_database()), new_database()
    add = bringing.Bringing._add

    def losing(self: bringing.Bringing, table: object, rows: list[object]) -> None:
        add(self, table, rows[:-1] if table.name == "coverage" else rows)

    monkeypatch.setattr(bringing.Bringing, "_add", losing)
    fails(lambda: copy(url, target), "rows of coverage")
    monkeypatch.undo()
    assert contents(target)["readings"] == ()


def test_an_account_that_sees_a_part_makes_no_backup(postgresql: Server, tmp_path: Path) -> None:
    url = filled(postgresql.new_database())
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DO $$ BEGIN CREATE ROLE a LOGIN; EXCEPTION WHEN OTHERS THEN NULL; END $$"))
    engine.dispose()
    hers = url.replace("tests@", "a@")
    fails(lambda: back_up(hers, tmp_path / "b.db"), "its own readings only", kind=NotAllowed)
    assert not (tmp_path / "b.db").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from annotator.jobs import CancelToken
from annotator.store import backup, bringing, restoring
from annotator.store.backup import back_up
from annotator.store.copying import copy
from annotator.store.restoring import restore

backup.PAGES = restoring.PAGES = 8
bringing.BATCH = 10
steps = iter(range(10**6))

def heard(_progress):
    if next(steps) == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)

what, source, target, token = sys.argv[1], sys.argv[2], sys.argv[3], CancelToken(heard)
if what == "backup":
    back_up(source, Path(target), token=token)
elif what == "restore":
    restore(Path(source), target, keep_in=Path(source).parent, replace=True, token=token)
else:
    copy(source, target, token)
"""


def killed(*words: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, *words], check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal there")
def test_a_kill_leaves_nothing_half(new_database: NewDatabase, tmp_path: Path) -> None:
    url, target = filled(new_database()), new_database()
    file = tmp_path / "b.db"
    killed("backup", url, str(file), "3")
    assert not file.exists()
    back_up(url, file)
    read(target, 7, study="7.7")
    before = contents(target)
    for step in ("3", "6"):
        killed("restore", str(file), target, step)
        assert contents(target) == before
    empty = new_database()
    killed("copy", url, empty, "4")
    assert contents(empty)["readings"] == ()
    copy(url, empty)
    assert contents(empty) == contents(url)
