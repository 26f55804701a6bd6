"""Runs the migrations inside the transaction `annotator.store.upgrade` holds."""

from __future__ import annotations

from alembic import context

from annotator.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
