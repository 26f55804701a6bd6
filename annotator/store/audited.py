"""Rows of the audit: who opened, exported, signed what; they are only ever added."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from annotator import __version__
from annotator.model.audit import AuditAct, AuditEntry
from annotator.store import people
from annotator.store.rows import checked, fetched
from annotator.store.schema import audit


def append(
    connection: Connection,
    who: str,
    act: AuditAct,
    reading_id: str | None,
    study_instance_uid: str | None,
    what: str,
) -> None:
    """Add an entry of now; the role is the one that `who` has now, '' for none."""
    row = {
        "at": datetime.now(UTC),
        "who": who,
        "role": people.role_of(connection, who) or "",
        "program_version": __version__,
        "act": act.value,
        "reading_id": reading_id,
        "study_instance_uid": study_instance_uid,
        # PostgreSQL keeps no NUL in a text
        "what": what.replace("\0", ""),
    }
    # the id is never asked for: whoever may add an entry need not be allowed to read it
    connection.execute(insert(audit).inline(), row)


def load(
    connection: Connection,
    place: str,
    reading_id: str | None,
    study_instance_uid: str | None,
    since: datetime | None,
    limit: int | None,
) -> tuple[AuditEntry, ...]:
    """Entries, the newest first. Raises StoreError for one that does not fit."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if reading_id is not None:
        query = query.where(audit.c.reading_id == reading_id)
    if study_instance_uid is not None:
        query = query.where(audit.c.study_instance_uid == study_instance_uid)
    if since is not None:
        query = query.where(audit.c.at >= since)
    return tuple(_entry(row, place) for row in fetched(connection, query, f"{place}: an entry of the audit"))


def _entry(row: Row[Any], place: str) -> AuditEntry:
    return checked(row, AuditEntry, f"{place}: entry {row.id} of the audit")
