"""The promises of the store on PostgreSQL: the tests of SQLite that ask nothing of a file, and those of signing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from postgresql_server import NoServer, Server, server
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from test_audit_and_people import (  # noqa: F401
    test_a_role_that_was_given_up_is_none,
    test_of_a_person_the_last_word_counts,
    test_what_was_done_is_told_the_newest_first,
)
from test_chain import (  # noqa: F401
    test_a_changed_column_of_one_revision_is_named,
    test_a_changed_row_of_a_reading_is_named,
    test_a_reading_taken_away_is_named,
    test_a_revision_put_in_by_hand_is_named,
    test_an_unsigned_amendment_and_an_undo_are_links_like_others,
    test_links_computed_anew_are_named_by_the_head_and_by_heads_kept_elsewhere,
    test_nothing_is_saved_where_acts_were_removed,
    test_removed_revisions_are_named_the_last_ones_too,
    test_the_command_says_it_and_changes_nothing,
    test_what_was_saved_is_as_it_was_saved,
)
from test_exam_facts import (  # noqa: F401
    test_an_exam_that_was_only_looked_at_is_known_too,
    test_what_was_not_known_at_first_is_filled_in_once,
)
from test_history_command import (  # noqa: F401
    address,
    test_an_old_revision_is_said_again_and_can_be_undone,
    test_any_two_revisions_are_compared,
    test_what_is_signed_or_of_another_is_not_restored,
)
from test_said import test_it_is_what_the_reading_says  # noqa: F401
from test_seen_and_done import (  # noqa: F401
    test_an_exam_that_was_only_looked_at_is_no_reading_yet_but_keeps_what_was_seen,
    test_cells_of_another_size_are_joined_where_all_of_them_was_seen,
    test_done_and_hanging_are_saved_undone_and_listed,
    test_what_was_seen_grows_and_is_never_less,
    test_what_was_seen_of_nothing_that_is_known_is_refused,
)
from test_signing import (  # noqa: F401
    SigningMachine,
    sealed,
    signed,
    test_a_reading_is_changed_and_signed_by_its_own_reader_only,
    test_a_signature_comes_back_whole_and_is_listed,
    test_a_signed_reading_refuses,
    test_an_amendment_ends_by_signing_or_withdrawing_only,
    test_signing_says_nothing_new,
    with_finding,
)
from test_store import (  # noqa: F401
    test_a_save_on_the_latest_needs_no_earlier_opening,
    test_an_act_that_changes_nothing_is_kept,
    test_an_earlier_lexicon_edition_is_remembered,
    test_an_exam_without_uid_is_refused,
    test_any_session_comes_back,
    test_readers_have_readings_of_their_own,
    test_summaries_say_what_the_last_revision_says,
    test_text_no_database_can_hold_is_told,
    test_the_migrations_make_the_tables_the_program_uses,
    test_the_second_of_two_savers_is_told,
    test_threads_share_a_store,
    test_two_beginners_on_one_exam_do_not_mix,
    test_undo_history_survives,
    test_values_share_what_did_not_change,
    test_what_was_saved_is_there_after_reopening,
    test_what_would_not_come_back_is_not_saved,
    with_mark,
)
from test_streaming import (  # noqa: F401
    test_a_reading_is_told_as_it_was_at_any_revision,
    test_every_reading_comes_once_and_exams_stay_together,
    test_the_last_signed_version_is_known_beside_what_came_after,
    test_what_went_out_of_many_readings_is_noted_in_one_go,
)

from annotator.errors import NewerDatabase
from annotator.model.audit import AuditAct
from annotator.model.history import Act
from annotator.store.checkup import look_at_signed
from annotator.store.store import Store


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    try:
        with server() as running:
            yield running
    except NoServer as none:
        pytest.skip(str(none))


@pytest.fixture
def file(postgresql: Server) -> str:
    """What stands for the file of SQLite: the address of an empty database."""
    return postgresql.new_database()


@pytest.fixture
def store(file: str) -> Iterator[Store]:
    opened = Store.open(file)
    yield opened
    opened.close()


def refused(database: str, statement: str, said: str) -> None:
    engine = create_engine(database)
    with engine.connect() as connection, pytest.raises(DBAPIError, match=said):
        connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE revisions SET label = 'x'",
        "DELETE FROM revisions",
        "TRUNCATE revisions",
        "DELETE FROM readings",
        "TRUNCATE readings CASCADE",
        "UPDATE readings SET reader = 'x'",
        "UPDATE readings SET patient = NULL",
        "UPDATE salt SET value = ''",
        "DELETE FROM salt",
        "DELETE FROM coverage",
        "DELETE FROM heads",
        "UPDATE heads SET number = 1",
        "UPDATE heads SET chain = ''",
        "DELETE FROM audit",
        "UPDATE audit SET who = ''",
        "UPDATE people SET role = 'administrator'",
        "TRUNCATE people",
    ],
)
def test_what_is_saved_cannot_be_changed_by_any_program(store: Store, file: str, statement: str) -> None:
    reading, _ = store.open_reading("1.2", "a", lexicon_edition="5", patient="P1")
    store.save(with_mark(reading), reader="a", based_on=0, act=Act.EDIT, label="Mark")
    store.note(AuditAct.OPENED, reading_id=reading.id)
    refused(file, statement, "never changed or removed")
    assert [r.label for r in store.revisions(reading.id)] == ["Mark"]


def test_a_newer_database_is_refused(store: Store, file: str) -> None:
    engine = create_engine(file)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(NewerDatabase, match="newer version of this program"):
        Store.open(file)


def test_a_changed_signed_reading_is_named(store: Store, file: str) -> None:
    reading, _ = store.open_reading("1.2", "a", lexicon_edition="5")
    said = with_finding(reading)
    store.save(said, reader="a", based_on=0, act=Act.EDIT, label="x")
    store.save(sealed(said), reader="a", based_on=1, act=Act.SIGN, label="Sign")
    assert look_at_signed(file).faults == ()
    engine = create_engine(file)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE revisions DISABLE TRIGGER USER"))
        changed = "UPDATE revisions SET delta = replace(delta::text, '1.5', '1.75')::jsonb WHERE number = 1"
        connection.execute(text(changed))
    engine.dispose()
    (fault,) = look_at_signed(file).faults
    assert "Version 1 of a's reading" in fault


class OnPostgreSQL(SigningMachine):
    """The random acts of two readers."""

    postgresql: Server

    def new_database(self) -> str:
        return self.postgresql.new_database()


def test_random_acts(postgresql: Server) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    OnPostgreSQL.postgresql = postgresql
    run_state_machine_as_test(
        OnPostgreSQL,
        settings=settings(max_examples=6, stateful_step_count=20, suppress_health_check=list(HealthCheck)),
    )
