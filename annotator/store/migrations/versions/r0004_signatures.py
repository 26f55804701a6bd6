"""Which revisions are signed, and the exams of one patient and their dates, so that they are found together.

Neither the date nor the patient of readings begun before is known here. Both may be filled in once, when the exam is
opened again; nothing else of a reading's row, and nothing that was filled in, ever changes.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_FORBIDDEN = "what is saved is never changed or removed"
_FIXED = ("id", "study_instance_uid", "reader", "lexicon_edition", "created")
_FILLED_ONCE = ("exam_date", "patient")


def upgrade() -> None:
    # adding a column rebuilds no table, so the triggers stay
    op.add_column("revisions", sa.Column("signed", sa.Integer, nullable=True))
    op.add_column("revisions", sa.Column("versions", sa.Integer, nullable=True))
    op.add_column("readings", sa.Column("exam_date", sa.Date, nullable=True))
    op.add_column("readings", sa.Column("patient", sa.String(64), nullable=True))
    op.create_index("ix_readings_patient", "readings", ["patient"])
    salt = op.create_table(
        "salt",
        sa.Column("only", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("value", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_salt"),
    )
    op.bulk_insert(salt, [{"only": 1, "value": secrets.token_hex(32)}])
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    elif op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()


def _guard_sqlite() -> None:
    op.execute("DROP TRIGGER readings_no_update")
    changed = [f"NEW.{name} IS NOT OLD.{name}" for name in _FIXED]
    changed += [f"(OLD.{name} IS NOT NULL AND NEW.{name} IS NOT OLD.{name})" for name in _FILLED_ONCE]
    op.execute(
        f"CREATE TRIGGER readings_no_update BEFORE UPDATE ON readings WHEN {' OR '.join(changed)} "
        f"BEGIN SELECT RAISE(ABORT, '{_FORBIDDEN}'); END"
    )
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER salt_no_{act.lower()} BEFORE {act} ON salt "
            f"BEGIN SELECT RAISE(ABORT, '{_FORBIDDEN}'); END"
        )


def _guard_postgresql() -> None:
    op.execute("DROP TRIGGER readings_append_only ON readings")
    op.execute(
        "CREATE TRIGGER readings_append_only BEFORE DELETE OR TRUNCATE ON readings "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    changed = [f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _FIXED]
    changed += [
        f"(OLD.{name} IS NOT NULL AND NEW.{name} IS DISTINCT FROM OLD.{name})" for name in _FILLED_ONCE
    ]
    op.execute(
        f"CREATE TRIGGER readings_filled_once BEFORE UPDATE ON readings FOR EACH ROW "
        f"WHEN ({' OR '.join(changed)}) EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER salt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON salt "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
