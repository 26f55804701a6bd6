"""Readings and their append-only revisions.

Written out rather than taken from `schema`: a migration keeps saying what it said on its day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_MOMENT = sa.DateTime(timezone=True)

_FORBIDDEN = "what is saved is never changed or removed"


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("study_instance_uid", sa.String(128), nullable=False),
        sa.Column("reader", sa.String(255), nullable=False),
        sa.Column("lexicon_edition", sa.String(16), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_readings"),
        sa.UniqueConstraint("study_instance_uid", "reader", name="uq_readings_study_instance_uid"),
    )
    op.create_table(
        "revisions",
        sa.Column("reading_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("reader", sa.String(255), nullable=False),
        sa.Column("program_version", sa.String(64), nullable=False),
        sa.Column("delta", _DOCUMENT, nullable=False),
        sa.Column("snapshot", _DOCUMENT, nullable=True),
        sa.Column("findings", sa.Integer, nullable=False),
        sa.Column("marks", sa.Integer, nullable=False),
        sa.Column("assessments", _DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("reading_id", "number", name="pk_revisions"),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_revisions_reading_id_readings"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    elif op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()


def _guard_sqlite() -> None:
    for table in ("readings", "revisions"):
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_FORBIDDEN}'); END"
            )
    # INSERT OR REPLACE removes a row without a DELETE trigger, unless the row is refused beforehand
    op.execute(
        "CREATE TRIGGER revisions_in_order BEFORE INSERT ON revisions "
        "WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM revisions "
        "WHERE reading_id = NEW.reading_id) "
        "BEGIN SELECT RAISE(ABORT, 'revisions are appended one after another'); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_FORBIDDEN}'; END $$"
    )
    for table in ("readings", "revisions"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
