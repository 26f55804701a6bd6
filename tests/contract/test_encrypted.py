"""A database that only its passphrase opens: the same promises, and nothing readable in its files."""

from __future__ import annotations

import io
import stat
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError
from sqlcipher3 import dbapi2 as cipher

from annotator.cli import main
from annotator.errors import StoreError
from annotator.model import edits
from annotator.model.history import Act
from annotator.store import encrypted, schema, upgrade
from annotator.store.address import parse_url, place_of
from annotator.store.sqlite import database_file
from annotator.store.store import Store

KEPT_PASSPHRASE = encrypted.kept_passphrase

SECRET = "a long enough secret"
STUDY = "1.2.826.0.1.3680043.8.498.7"
WORDS = "seen beside the scar"


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins as a program does: no key worked out, no keyring."""
    monkeypatch.setattr(encrypted, "_keys", {})
    monkeypatch.setattr(encrypted, "_new_salts", {})
    monkeypatch.setattr(encrypted, "kept_passphrase", lambda _salt: None)
    monkeypatch.setenv(encrypted.VARIABLE, SECRET)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readings.db"


def address(file: Path) -> str:
    return f"sqlite+sqlcipher:///{file}"


def read_a_little(store: Store) -> str:
    reading, number = store.open_reading(STUDY, "a", lexicon_edition="5")
    reading, finding = edits.add_finding(reading)
    reading = edits.describe(reading, finding.id, comment=WORDS)
    store.save(reading, reader="a", based_on=number, act=Act.EDIT, label="Describe")
    return reading.id


def test_what_is_saved_comes_back_and_no_file_says_it(file: Path) -> None:
    store = Store.open(address(file))
    reading_id = read_a_little(store)
    beside = list(file.parent.iterdir())
    assert {path.name for path in beside} >= {"readings.db", "readings.db-wal"}
    for path in beside:
        data = path.read_bytes()
        assert WORDS.encode() not in data
        assert STUDY.encode() not in data
        assert b"SQLite format" not in data
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    store.close()
    again = Store.open(address(file))
    assert again.latest(reading_id).findings[0].comment == WORDS
    again.close()


def test_another_program_opens_it_by_the_passphrase(file: Path) -> None:
    store = Store.open(address(file))
    read_a_little(store)
    store.close()
    connection = cipher.connect(str(file))
    connection.execute(f"PRAGMA key = '{SECRET}'")
    assert connection.execute("SELECT study_instance_uid FROM readings").fetchone() == (STUDY,)
    connection.close()


def test_without_the_passphrase_it_stays_closed_with_one_sentence(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(address(file)).close()
    before = file.read_bytes()
    monkeypatch.setattr(encrypted, "_keys", {})
    monkeypatch.setenv(encrypted.VARIABLE, "not the secret at all")
    with pytest.raises(StoreError, match="The passphrase does not open"):
        Store.open(address(file))
    monkeypatch.delenv(encrypted.VARIABLE)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(StoreError, match=r"nothing here tells its passphrase; .*'annotator key'"):
        Store.open(address(file))
    with pytest.raises(StoreError, match="is not a database of this program"):
        Store.open(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_plain_file_is_not_taken_for_an_encrypted_one(file: Path) -> None:
    Store.open(f"sqlite:///{file}").close()
    with pytest.raises(StoreError, match="is not encrypted; name it as sqlite:"):
        Store.open(address(file))


def test_a_short_passphrase_makes_no_database(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(encrypted.VARIABLE, "short")
    with pytest.raises(StoreError, match="12 letters or more"):
        Store.open(address(file))
    assert not file.exists()


def test_the_key_is_shown_nowhere(file: Path) -> None:
    url = parse_url(address(file))
    assert url.password
    assert url.password not in repr(url)
    assert place_of(url) == str(database_file(url)) == str(file)


def test_an_older_one_is_migrated_after_an_encrypted_copy(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        then.setattr(schema, "HEAD", "0004")
        then.setattr(upgrade, "_run_migrations", _migrated_to("0004"))
        engine = _engine(file)
        upgrade.bring_up_to_date(engine, "here")
        engine.dispose()
    store = Store.open(address(file))
    read_a_little(store)
    store.close()
    (copy,) = file.parent.glob("readings.before-0004-*.db")
    assert b"SQLite format" not in copy.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    connection = cipher.connect(str(copy))
    connection.execute(f"PRAGMA key = '{SECRET}'")
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0004",)
    connection.close()


def test_a_plain_database_moves_into_an_encrypted_one_and_back(file: Path, tmp_path: Path) -> None:
    plain = f"sqlite:///{tmp_path / 'plain.db'}"
    store = Store.open(plain)
    reading_id = read_a_little(store)
    pseudonym = store.pseudonyms().exam(STUDY)
    store.close()
    assert main(["copy", "--database", plain, "--to", address(file)]) == 0
    assert WORDS.encode() not in file.read_bytes()
    moved = Store.open(address(file))
    assert moved.latest(reading_id).findings[0].comment == WORDS
    assert moved.pseudonyms().exam(STUDY) == pseudonym
    moved.close()
    back = f"sqlite:///{tmp_path / 'back.db'}"
    assert main(["copy", "--database", address(file), "--to", back]) == 0
    again = Store.open(back)
    assert again.latest(reading_id).findings[0].comment == WORDS
    again.close()


def test_two_programs_write_to_one(file: Path) -> None:
    Store.open(address(file)).close()
    script = (
        "import sys; from annotator.store.store import Store; from annotator.model.audit import AuditAct\n"
        "store = Store.open(sys.argv[1])\n"
        "for n in range(20): store.note(AuditAct.OPENED, study_instance_uid='1.2', what=sys.argv[2])\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", script, address(file), who]) for who in ("one", "two")]
    assert [one.wait(60) for one in both] == [0, 0]
    store = Store.open(address(file))
    assert len(store.audit()) == 40
    store.close()


def test_a_backup_is_encrypted_and_comes_back_by_copying(file: Path, tmp_path: Path, capsys) -> None:
    store = Store.open(address(file))
    reading_id = read_a_little(store)
    store.close()
    kept = tmp_path / "kept.db"
    assert main(["backup", "--database", address(file), str(kept)]) == 0
    assert WORDS.encode() not in kept.read_bytes()
    assert b"SQLite format" not in kept.read_bytes()
    assert main(["restore", "--database", address(file), str(kept)]) == 1
    assert "bring one back with 'annotator copy" in capsys.readouterr().err
    new = address(tmp_path / "new.db")
    assert main(["copy", "--database", address(kept), "--to", new]) == 0
    again = Store.open(new)
    assert again.latest(reading_id).findings[0].comment == WORDS
    again.close()


class Drawer(KeyringBackend):
    """A keyring of this process, by the interface that those of the systems have."""

    priority = 1.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch) -> Drawer:
    """In place of the system's; the passphrase is told by nothing else."""
    made = Drawer()
    monkeypatch.setattr(keyring, "get_keyring", lambda: made)
    monkeypatch.setattr(keyring.core, "get_keyring", lambda: made)
    monkeypatch.setattr(encrypted, "kept_passphrase", KEPT_PASSPHRASE)
    return made


def test_the_keyring_of_the_system_opens_it_and_forgets(
    file: Path, drawer: Drawer, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    Store.open(address(file)).close()
    monkeypatch.delenv(encrypted.VARIABLE)

    def said(words: str, *options: str) -> int:
        monkeypatch.setattr(encrypted, "_keys", {})
        monkeypatch.setattr(sys, "stdin", io.StringIO(words))
        return main(["key", "--database", address(file), *options])

    assert said("wrong, but long enough\n") == 1
    assert "so it was not kept" in capsys.readouterr().err
    assert drawer.kept == {}
    assert said(f"{SECRET}\n") == 0
    assert SECRET not in capsys.readouterr().out
    Store.open(address(file)).close()
    moved = file.with_name("moved.db")
    file.rename(moved)
    Store.open(address(moved)).close()
    moved.rename(file)
    assert said("", "--forget") == 0
    assert said("", "--forget") == 1
    monkeypatch.setattr(encrypted, "_keys", {})
    with pytest.raises(StoreError, match="nothing here tells its passphrase"):
        Store.open(address(file))


def _engine(file: Path):
    from annotator.store.engines import engine_of

    return engine_of(parse_url(address(file)))


def _migrated_to(revision: str):
    def run(connection) -> None:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", upgrade.SCRIPTS)
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    return run
