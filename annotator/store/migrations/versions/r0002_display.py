"""On what display each revision was made; nothing is known of those saved before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # adding a column rebuilds no table, so the triggers stay
    op.add_column("revisions", sa.Column("display", sa.Text, nullable=True))
