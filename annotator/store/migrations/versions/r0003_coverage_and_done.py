"""Which part of each image was seen at acquisition resolution, and whether a reader calls an exam done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_FORBIDDEN = "what was seen stays seen"


def upgrade() -> None:
    # adding a column rebuilds no table, so the triggers stay
    op.add_column("revisions", sa.Column("done", sa.Boolean, nullable=True))
    op.create_table(
        "coverage",
        sa.Column("reading_id", sa.String(64), nullable=False),
        sa.Column("sop_instance_uid", sa.String(128), nullable=False),
        sa.Column("frame", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("cell_px", sa.Integer, nullable=False),
        sa.Column("columns", sa.Integer, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("bits", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("reading_id", "sop_instance_uid", "frame", name="pk_coverage"),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_coverage_reading_id_readings"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER coverage_no_delete BEFORE DELETE ON coverage "
            f"BEGIN SELECT RAISE(ABORT, '{_FORBIDDEN}'); END"
        )
    elif op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER coverage_stays BEFORE DELETE OR TRUNCATE ON coverage "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
