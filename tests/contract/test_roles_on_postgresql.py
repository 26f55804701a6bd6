"""What the accounts of a PostgreSQL may see and add, by their roles: asked for by the program, and by raw SQL.

Everybody here logs in as a real account of the server; nothing but the database stands between them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from postgresql_server import NoServer, Server, server
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from test_signing import sealed, with_finding
from test_store import with_mark

from annotator.errors import NotAllowed, StoreError
from annotator.model import edits
from annotator.model.audit import AuditAct
from annotator.model.coverage import Seen
from annotator.model.history import Act
from annotator.model.image import ImageKey
from annotator.model.person import Role
from annotator.store.checkup import verify
from annotator.store.store import Store

STUDY = "1.2.3"
ROLES = {
    "anna": Role.READER,
    "bert": Role.SECOND_READER,
    "carl": Role.ARBITER,
    "dora": Role.LABELLER,
    "emil": Role.ADMINISTRATOR,
    "finn": Role.READER,
}


@dataclass
class Team:
    """A database that `tests` owns, and accounts of the same server; `names` are as the server knows them."""

    owner: str
    names: dict[str, str]

    def url(self, who: str) -> str:
        return self.owner.replace("://tests@", f"://{self.names[who]}@")

    def open(self, who: str) -> Store:
        return Store.open(self.url(who), who=self.names[who])

    def ask(self, who: str, statement: str, **values: object) -> list[tuple[object, ...]]:
        """The answer to raw SQL, which is committed."""
        engine = create_engine(self.url(who))
        try:
            with engine.begin() as connection:
                found = connection.execute(text(statement), values)
                return [tuple(row) for row in found] if found.returns_rows else [(found.rowcount,)]
        finally:
            engine.dispose()

    def refuses(self, who: str, statement: str, said: str = "") -> None:
        with pytest.raises(DBAPIError, match=said or "permission denied|row-level security|never changed"):
            self.ask(who, statement)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    try:
        with server() as one:
            yield one
    except NoServer as none:
        pytest.skip(str(none))


@pytest.fixture
def team(running: Server) -> Team:
    owner = running.new_database()
    names = {who: f"{who}{uuid.uuid4().hex[:8]}" for who in (*ROLES, "nobody")}
    engine = create_engine(owner)
    with engine.begin() as connection:
        for name in names.values():
            connection.execute(text(f"CREATE ROLE {name} LOGIN"))
    engine.dispose()
    store = Store.open(owner)
    for who, role in ROLES.items():
        store.add_person(names[who], who.title(), role)
    store.close()
    return Team(owner, names)


def read(team: Team, who: str, *, signs: bool = False, amends: bool = False, study: str = STUDY) -> str:
    """A reading of one finding and a mark; its id."""
    store = team.open(who)
    name = team.names[who]
    reading, number = store.open_reading(study, name, lexicon_edition="5", patient="P1")
    reading = with_mark(with_finding(reading))
    number = store.save(reading, reader=name, based_on=number, act=Act.EDIT, label="Mark")
    store.keep_coverage(reading.id, [Seen(ImageKey("1.2.9"), 64, 2, 2, 0b11)])
    if signs:
        reading = sealed(reading)
        number = store.save(reading, reader=name, based_on=number, act=Act.SIGN, label="Sign")
    if amends:
        reading = edits.amend(reading, "side")
        number = store.save(reading, reader=name, based_on=number, act=Act.AMEND, label="Amend")
        number = store.save(with_mark(reading, 7.0), reader=name, based_on=number, act=Act.EDIT, label="Mark")
    store.close()
    return reading.id


def sees(team: Team, who: str, reading_id: str) -> tuple[int, int, int]:
    """How many rows of a reading, of its revisions and of what was seen in it an account gets from the database."""
    return tuple(  # type: ignore[return-value]
        team.ask(who, f"SELECT count(*) FROM {table} WHERE {column} = :id", id=reading_id)[0][0]
        for table, column in (("readings", "id"), ("revisions", "reading_id"), ("coverage", "reading_id"))
    )


def test_an_open_reading_is_seen_by_its_reader_the_arbiter_and_the_administrator(team: Team) -> None:
    mine = read(team, "anna")
    seen = {who: sees(team, who, mine) for who in (*ROLES, "nobody")}
    assert seen == dict.fromkeys(("anna", "carl", "emil"), (1, 1, 1)) | dict.fromkeys(
        ("bert", "dora", "finn", "nobody"), (0, 0, 0)
    )
    for who in ("bert", "dora", "finn"):
        store = team.open(who)
        assert store.readings() == ()
        with pytest.raises(StoreError, match="holds no reading"):
            store.latest(mine)
        store.close()


def test_a_second_reader_sees_the_first_only_after_signing_their_own(team: Team) -> None:
    first = read(team, "anna", signs=True)
    assert sees(team, "finn", first) == (1, 2, 1)
    assert sees(team, "bert", first) == (0, 0, 0)
    read(team, "bert")
    read(team, "bert", signs=True, study="1.2.4")
    # an own reading of it, and a signed one of another exam, are not enough
    assert sees(team, "bert", first) == (0, 0, 0)
    store = team.open("bert")
    assert [one.reader for one in store.readings()] == [team.names["bert"]] * 2
    reading, number = store.open_reading(STUDY, team.names["bert"], lexicon_edition="5")
    store.save(sealed(reading), reader=reading.reader, based_on=number, act=Act.SIGN, label="Sign")
    assert {one.reader for one in store.readings()} == {team.names["anna"], team.names["bert"]}
    store.close()
    assert sees(team, "bert", first) == (1, 2, 1)


def test_an_amendment_is_seen_by_others_once_it_is_signed(team: Team) -> None:
    first = read(team, "anna", signs=True, amends=True)
    assert [sees(team, who, first)[1] for who in ("anna", "carl", "emil", "finn")] == [4, 4, 4, 2]
    store = team.open("finn")
    (listed,) = store.readings()
    assert (listed.signed, listed.versions, listed.revisions) == (1, 1, 2)
    store.close()
    store = team.open("anna")
    reading, number = store.open_reading(STUDY, team.names["anna"], lexicon_edition="5")
    store.save(sealed(reading), reader=reading.reader, based_on=number, act=Act.SIGN, label="Sign")
    store.close()
    assert sees(team, "finn", first)[1] == 5


COPY = (
    "INSERT INTO revisions (reading_id, number, act, label, at, reader, program_version, delta, findings, marks, "
    "assessments) SELECT reading_id, {number}, '{act}', 'x', now(), {reader}, '1', '{{}}', 0, 0, '[]' FROM revisions "
    "WHERE reading_id = '{id}' LIMIT 1"
)
PLAIN = (
    "INSERT INTO revisions (reading_id, number, act, label, at, reader, program_version, delta, findings, marks, "
    "assessments) VALUES ('{id}', {number}, '{act}', 'x', now(), {reader}, '1', '{{}}', 0, 0, '[]')"
)


@pytest.mark.parametrize("who", [*ROLES, "nobody"])
def test_nobody_adds_to_the_reading_of_another_changes_or_removes_anything(team: Team, who: str) -> None:
    target = read(team, "anna", signs=True)
    other = who if who != "anna" else "finn"
    before = team.ask("emil", "SELECT count(*), max(number) FROM revisions")
    for reader in ("session_user", f"'{team.names['anna']}'"):
        team.refuses(other, PLAIN.format(id=target, number=3, act="edit", reader=reader))
    team.refuses(other, f"INSERT INTO coverage VALUES ('{target}', '1.5', 1, 64, 1, 1, '\\x01')")
    if other != "nobody":
        theirs = f"('squat', '{STUDY}', '{team.names['anna']}', '5', now())"
        team.refuses(
            other,
            f"INSERT INTO readings (id, study_instance_uid, reader, lexicon_edition, created) VALUES {theirs}",
        )
    for statement in (
        "UPDATE revisions SET label = 'x'",
        "UPDATE revisions SET chain = NULL",
        "DELETE FROM revisions",
        "TRUNCATE revisions",
        "DELETE FROM readings",
        "UPDATE readings SET reader = session_user",
        "DELETE FROM coverage",
        "UPDATE coverage SET sop_instance_uid = 'x'",
        "UPDATE heads SET number = number + 1",
        "INSERT INTO heads VALUES ('x', 1, NULL, NULL)",
        "DELETE FROM heads",
        "DELETE FROM audit",
        "UPDATE audit SET who = 'x'",
        "UPDATE people SET role = 'administrator'",
        "DELETE FROM people",
        "UPDATE salt SET value = ''",
        "UPDATE alembic_version SET version_num = '9'",
        "ALTER TABLE revisions DISABLE TRIGGER USER",
        "ALTER TABLE revisions DISABLE ROW LEVEL SECURITY",
        "DROP POLICY revisions_select ON revisions",
        "CREATE OR REPLACE FUNCTION annotator_role() RETURNS text LANGUAGE sql AS $$ SELECT 'administrator' $$",
        f"SET ROLE {team.names['emil'] if other != 'emil' else 'tests'}",
        f"SET SESSION AUTHORIZATION {team.names['emil'] if other != 'emil' else 'tests'}",
    ):
        team.refuses(other, statement, "permission denied|must be|row-level security|never changed")
    # what is not shown is not found, rather than refused
    if other not in ("carl", "emil"):
        assert team.ask(other, "UPDATE readings SET patient = 'x' WHERE patient IS NULL") == [(0,)]
    assert team.ask(other, "UPDATE coverage SET bits = '\\x00'") == [(0,)]
    assert team.ask("emil", "SELECT count(*), max(number) FROM revisions") == before


def test_row_policies_are_not_got_round(team: Team) -> None:
    read(team, "anna")
    shadow = "CREATE TEMP TABLE people (id int, name text, role text)"
    forged = "INSERT INTO people VALUES (99, session_user, 'administrator')"
    engine = create_engine(team.url("bert"))
    with engine.connect() as connection:
        for statement in (shadow, forged, "SET search_path = pg_temp, public"):
            connection.execute(text(statement))
        assert connection.execute(text("SELECT count(*) FROM public.revisions")).scalar() == 0
    engine.dispose()
    off = create_engine(team.url("bert"), isolation_level="AUTOCOMMIT")
    with off.connect() as connection:
        connection.execute(text("SET row_security = off"))
        with pytest.raises(DBAPIError, match="row-level security"):
            connection.execute(text("SELECT count(*) FROM revisions"))
    off.dispose()
    for function in (
        "SELECT count(*) FROM annotator_signed_before()",
        "SELECT count(*) FROM annotator_signed_by_others()",
        "SELECT count(*) FROM heads",
        "SELECT count(*) FROM audit",
    ):
        assert team.ask("bert", function) in ([(0,)], [(None,)])
    # an error that names a value would show it
    leak = f"SELECT 1/(CASE WHEN reader = '{team.names['anna']}' THEN 0 ELSE 1 END) FROM readings"
    assert team.ask("bert", leak) == []


def test_own_revisions_follow_one_another(team: Team) -> None:
    mine = read(team, "anna")
    for number, said in ((1, "duplicate|one after another|removed"), (5, "one after another")):
        team.refuses("anna", PLAIN.format(id=mine, number=number, act="edit", reader="session_user"), said)
    team.ask("anna", PLAIN.format(id=mine, number=2, act="edit", reader="session_user"))
    told: list[str] = []
    verify(team.url("emil"), told.append)
    # what an account put into its own reading by hand has no link
    assert any("Revision 2 of" in fault and "added by something else" in fault for fault in told)


def test_a_labeller_labels_and_signs_nothing(team: Team) -> None:
    mine = read(team, "dora")
    store = team.open("dora")
    reading, number = store.open_reading(STUDY, team.names["dora"], lexicon_edition="5")
    with pytest.raises(NotAllowed, match="administrator"):
        store.save(sealed(reading), reader=reading.reader, based_on=number, act=Act.SIGN, label="Sign")
    store.close()
    team.refuses("dora", PLAIN.format(id=mine, number=2, act="sign", reader="session_user"))


def test_only_administrators_say_who_is_who(team: Team) -> None:
    for who in ("anna", "bert", "carl", "dora"):
        store = team.open(who)
        with pytest.raises(NotAllowed):
            store.add_person(team.names[who], "Boss", Role.ADMINISTRATOR)
        assert {p.display_name for p in store.people()} >= {"Anna", "Emil"}
        store.close()
    values = f"('{team.names['anna']}', 'x', 'administrator', now(), '{team.names['emil']}')"
    team.refuses("anna", f"INSERT INTO people (name, display_name, role, added, added_by) VALUES {values}")
    # nor in the name of another administrator, nor out of order
    values = f"('{team.names['anna']}', 'x', 'reader', now(), 'tests')"
    team.refuses("emil", f"INSERT INTO people (name, display_name, role, added, added_by) VALUES {values}")
    team.refuses(
        "emil",
        "INSERT INTO people (id, name, display_name, role, added, added_by) "
        f"VALUES (999, '{team.names['anna']}', 'x', 'reader', now(), session_user)",
    )
    store = team.open("emil")
    store.add_person(team.names["anna"], "Anna", Role.NONE)
    store.close()
    with pytest.raises(NotAllowed, match="has no role"):
        team.open("anna")


def test_who_has_no_role_is_told_and_reads_as_nobody_else(team: Team) -> None:
    with pytest.raises(NotAllowed, match=r"has no role .*'annotator people add"):
        team.open("nobody")
    assert team.ask("nobody", "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM salt)") == [(0, 0)]
    with pytest.raises(NotAllowed, match="has no role"):
        verify(team.url("nobody"), print)
    with pytest.raises(NotAllowed, match="You read as 'bert'"):
        Store.open(team.url("anna"), who="bert")


def test_the_audit_is_signed_by_the_database_and_read_by_administrators(team: Team) -> None:
    first = read(team, "anna")
    for who in ("anna", "bert", "emil"):
        store = team.open(who)
        store.note(AuditAct.OPENED, study_instance_uid=STUDY, reading_id=first, what="window")
        store.close()
    administrator, reader = team.open("emil"), team.open("bert")
    assert [(e.who, e.role) for e in administrator.audit()] == [
        (team.names[who], ROLES[who].value) for who in ("emil", "bert", "anna")
    ]
    assert [e.who for e in reader.audit(study_instance_uid=STUDY)] == [team.names["bert"]]
    administrator.close()
    reader.close()
    columns = "INSERT INTO audit (at, who, role, program_version, act, what) VALUES "
    team.refuses("bert", f"{columns} (now(), '{team.names['anna']}', 'reader', '1', 'opened', '')")
    team.refuses("bert", f"{columns} (now(), session_user, 'administrator', '1', 'opened', '')")


def test_a_chain_is_looked_at_as_far_as_one_sees(team: Team) -> None:
    read(team, "anna", signs=True, amends=True)
    read(team, "bert")
    seen = {}
    for who in ("anna", "bert", "carl", "emil", "finn"):
        told: list[str] = []
        found = verify(team.url(who), told.append)
        seen[who] = found.revisions
        assert (told, found.whole) == ([], who == "emil")
    assert seen == {"anna": 4, "bert": 1, "carl": 5, "emil": 5, "finn": 2}


def test_readers_of_before_keep_reading(running: Server) -> None:
    """Roles came with 0005: who had a reading then is a reader, and whoever migrates is administrator."""
    from alembic import command
    from alembic.config import Config

    from annotator.store import upgrade

    url = running.new_database()
    name = f"olga{uuid.uuid4().hex[:8]}"
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", upgrade.SCRIPTS)
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.execute(
            text("INSERT INTO readings VALUES ('r', '1.2', :name, '5', '2026-01-01 00:00+00', NULL, NULL)"),
            {"name": name},
        )
        for number in (1, 2, 3):
            connection.execute(text(PLAIN.format(id="r", number=number, act="edit", reader=f"'{name}'")))
    engine.dispose()
    store = Store.open(url)
    assert {p.name: p.role for p in store.people()} == {name: Role.READER, "tests": Role.ADMINISTRATOR}
    store.close()
    told: list[str] = []
    assert (verify(url, told.append).revisions, told) == (3, [])
    theirs = Store.open(url.replace("://tests@", f"://{name}@"))
    assert theirs.people()
    theirs.close()
