"""Revisions as rows: how an act becomes one, and how rows become readings again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, func, null, select

from annotator import __version__
from annotator.errors import StoreError
from annotator.model.changes import apply, diff
from annotator.model.display import NOT_RECORDED
from annotator.model.finding import Reading
from annotator.model.history import Act, Revision
from annotator.store import encoding
from annotator.store.rows import checked, fetched
from annotator.store.schema import readings, revisions

SNAPSHOT_EVERY = 200
"""Every so many revisions the whole reading is kept beside the change, unless it has more marks than acts since."""


@dataclass(frozen=True, slots=True)
class _RevisionRow:
    number: int
    act: str
    label: str
    at: datetime
    reader: str
    program_version: str
    delta: Any
    display: str | None


def row_of(
    connection: Connection,
    reading: Reading,
    before: Reading,
    number: int,
    *,
    act: Act,
    label: str,
    display: str,
    at: datetime | None,
) -> dict[str, Any]:
    """The columns of the revision that makes `reading` of `before`, but its link; `at` None is now.

    Now and then the whole reading is among them (`SNAPSHOT_EVERY`).
    """
    whole = _whole_is_due(connection, reading, number)
    return {
        "reading_id": reading.id,
        "number": number,
        "act": act.value,
        # PostgreSQL keeps no NUL in a text
        "label": label.replace("\0", ""),
        "at": at or datetime.now(UTC),
        "reader": reading.reader,
        "program_version": __version__,
        "delta": encoding.encode_changes(diff(before, reading)),
        "snapshot": encoding.encode_reading(reading) if whole else None,
        "findings": len(reading.findings),
        "marks": len(reading.marks),
        "assessments": msgspec.json.encode([f.assessment or "" for f in reading.findings]).decode(),
        "display": display,
        "done": reading.done,
        "signed": reading.signatures[-1].version if reading.is_signed else None,
        "versions": len(reading.signatures) or None,
    }


def blank(connection: Connection, reading_id: str, place: str) -> Reading:
    """A reading as it was before its first revision. Raises StoreError for one that is not there."""
    named = (readings.c[name] for name in ("id", "reader", "study_instance_uid", "lexicon_edition"))
    row: Row[Any] | None = connection.execute(select(*named).where(readings.c.id == reading_id)).first()
    if row is None:
        raise StoreError(f"{place} holds no reading {reading_id}.")
    return checked(row, Reading, f"{place}: reading {reading_id}")


def latest(connection: Connection, reading_id: str, place: str) -> tuple[int, Reading]:
    """Revision number and value as last saved: the last snapshot and the changes since."""
    rows = connection.execute(_since_snapshot(reading_id)).all()
    current = blank(connection, reading_id, place)
    deltas = []
    for row in rows:
        where = f"{place}: revision {row.number} of reading {reading_id}"
        if row.snapshot is not None:
            current = encoding.decode_reading(row.snapshot, where)
        else:
            deltas.append(encoding.decode_changes(row.delta, where))
    return (rows[-1].number if rows else 0), apply(current, encoding.merged(deltas))


def kept(connection: Connection, reading_id: str, place: str) -> tuple[Reading, list[Row[Any]]]:
    """A reading before its first revision, and the row of every revision, oldest first, for `replayed`."""
    query = (
        select(*(c for c in revisions.c if c.name != "snapshot"))
        .where(revisions.c.reading_id == reading_id)
        .order_by(revisions.c.number)
    )
    first = blank(connection, reading_id, place)
    return first, fetched(connection, query, f"{place}: a revision of reading {reading_id}")


def replayed(first: Reading, rows: Iterable[Row[Any]], place: str) -> tuple[Revision, ...]:
    """What each revision came to; values share what did not change between them. Asks no database."""
    current = first
    found = []
    for one in rows:
        where = f"{place}: revision {one.number} of reading {first.id}"
        row = checked(one, _RevisionRow, where)
        current = apply(current, encoding.decode_changes(row.delta, where))
        if row.act not in {*Act}:
            raise StoreError(f"{where} is a {row.act!r}, which only a newer program knows: update this one.")
        found.append(
            Revision(
                row.number,
                Act(row.act),
                row.label,
                row.at,
                row.reader,
                row.program_version,
                current,
                row.display or NOT_RECORDED,
            )
        )
    return tuple(found)


def _whole_is_due(connection: Connection, reading: Reading, number: int) -> bool:
    """Whether so many acts are kept as changes that the whole reading costs no more than they do.

    So saving costs as much as was changed, and opening at most twice as much as there is, however many marks.
    """
    if number % SNAPSHOT_EVERY:
        return False
    mine = revisions.c.reading_id == reading.id
    last = select(func.max(revisions.c.number)).where(mine, revisions.c.snapshot.is_not(null()))
    return number - (connection.execute(last).scalar() or 0) >= len(reading.marks)


def _since_snapshot(reading_id: str) -> Select[Any]:
    mine = revisions.c.reading_id == reading_id
    whole = revisions.c.snapshot.is_not(null())
    start = select(func.coalesce(func.max(revisions.c.number), 1)).where(mine, whole).scalar_subquery()
    return (
        select(revisions.c.number, revisions.c.delta, revisions.c.snapshot)
        .where(mine, revisions.c.number >= start)
        .order_by(revisions.c.number)
    )
