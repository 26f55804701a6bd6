"""The chain over the revisions of a reading, its head, the audit, and people with their roles.

The links of revisions saved before are computed here: they prove that nothing changed from this day on, and nothing
of the days before. On PostgreSQL rights are given by rows of `people` (see `rights_0005`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from annotator.store.chain import link, root, rows, stored
from annotator.store.migrations.rights_0005 import give_rights, keep_heads

revision = "0005"
down_revision = "0004"

_FORBIDDEN = "what is saved is never changed or removed"
_MOMENT = sa.DateTime(timezone=True)
_READING = ("id", "study_instance_uid", "reader", "lexicon_edition", "created")
_REVISION = (
    "reading_id",
    "number",
    "act",
    "label",
    "at",
    "reader",
    "program_version",
    "delta",
    "snapshot",
    "findings",
    "marks",
    "assessments",
    "display",
    "done",
    "signed",
    "versions",
)
_APPENDED = ("audit", "people")


def upgrade() -> None:
    # adding a column rebuilds no table, so the triggers stay
    op.add_column("revisions", sa.Column("chain", sa.String(64), nullable=True))
    _make_tables()
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    if on_postgresql:
        op.execute("ALTER TABLE revisions DISABLE TRIGGER revisions_append_only")
    else:
        op.execute("DROP TRIGGER revisions_no_update")
    _link_what_is_there()
    if on_postgresql:
        op.execute("ALTER TABLE revisions ENABLE TRIGGER revisions_append_only")
        _guard_postgresql()
    else:
        op.execute(
            "CREATE TRIGGER revisions_no_update BEFORE UPDATE ON revisions "
            f"BEGIN SELECT RAISE(ABORT, '{_FORBIDDEN}'); END"
        )
        _guard_sqlite()


def _make_tables() -> None:
    op.create_table(
        "heads",
        sa.Column("reading_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("chain", sa.String(64), nullable=True),
        sa.Column("signed", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("reading_id", name="pk_heads"),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_heads_reading_id_readings"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, sa.Identity(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("who", sa.String(255), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("program_version", sa.String(64), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("reading_id", sa.String(64), nullable=True),
        sa.Column("study_instance_uid", sa.String(128), nullable=True),
        sa.Column("what", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_reading_id", "audit", ["reading_id"])
    op.create_table(
        "people",
        sa.Column("id", sa.Integer, sa.Identity(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("display_name", sa.String(255), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("added", _MOMENT, nullable=False),
        sa.Column("added_by", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_index("ix_people_name", "people", ["name"])


def _link_what_is_there() -> None:
    """Compute every link and head; a row that cannot be read gets none, and the rest of the database all the same."""
    bind = op.get_bind()
    change = sa.text("UPDATE revisions SET chain = :chain WHERE reading_id = :id AND number = :number")
    head = sa.text(
        "INSERT INTO heads (reading_id, number, chain, signed) VALUES (:id, :number, :chain, :signed)"
    )
    for found in bind.execute(stored("readings", _READING, bind.dialect.name)).all():
        reading = found._asdict()
        before, last = root(reading), None
        signed, links = None, []
        for number, row in rows(bind, reading["id"], _REVISION):
            chain = None if row is None else link(before, row)
            links.append({"id": reading["id"], "number": number, "chain": chain})
            signed = number if row is not None and row["act"] == "sign" else signed
            before, last = chain or "", links[-1]
        if last is not None:
            bind.execute(change, links)
            bind.execute(head, last | {"signed": signed})


def _guard_sqlite() -> None:
    for table in (*_APPENDED, "heads"):
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{_FORBIDDEN}'); END"
        )
    for table in _APPENDED:
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{_FORBIDDEN}'); END"
        )
        # INSERT OR REPLACE removes a row without a DELETE trigger, unless the row is refused beforehand
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN NEW.id IN (SELECT id FROM {table}) "
            f"BEGIN SELECT RAISE(ABORT, '{_FORBIDDEN}'); END"
        )
    op.execute(
        "CREATE TRIGGER heads_forward BEFORE UPDATE ON heads "
        "WHEN NEW.reading_id IS NOT OLD.reading_id OR NEW.number <> OLD.number + 1 "
        "BEGIN SELECT RAISE(ABORT, 'revisions were removed from this reading'); END"
    )
    op.execute(
        "CREATE TRIGGER revisions_head AFTER INSERT ON revisions BEGIN "
        "INSERT INTO heads (reading_id, number, chain, signed) VALUES (NEW.reading_id, NEW.number, NEW.chain, "
        "CASE WHEN NEW.act = 'sign' THEN NEW.number END) "
        "ON CONFLICT (reading_id) DO UPDATE SET number = excluded.number, chain = excluded.chain, "
        "signed = coalesce(excluded.signed, signed); END"
    )


def _guard_postgresql() -> None:
    for table in _APPENDED:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER heads_stay BEFORE DELETE OR TRUNCATE ON heads "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER heads_forward BEFORE UPDATE ON heads FOR EACH ROW "
        "WHEN (NEW.reading_id <> OLD.reading_id OR NEW.number <> OLD.number + 1) EXECUTE FUNCTION refuse_change()"
    )
    keep_heads()
    give_rights()
