"""All readings of a database one after the other, however many: where each stands, and what it said at a revision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, and_, case, func, null, or_, select, tuple_

from annotator.model.changes import Changes, apply
from annotator.model.finding import Reading
from annotator.model.history import Act
from annotator.store import encoding
from annotator.store.faults import told
from annotator.store.rows import checked, fetched
from annotator.store.schema import readings, revisions

PAGE = 500
"""Readings looked up in one query: below the number of variables that any SQLite takes."""
AT_ONCE = 20
"""Readings whose changes are in memory together."""


@dataclass(frozen=True, slots=True)
class ReadingHead:
    """Where a reading stands: its last revision, when that was saved, and the last that signed it (0: none did)."""

    reading_id: str
    study_instance_uid: str
    reader: str
    lexicon_edition: str
    exam_date: date | None
    patient: str | None
    number: int
    at: datetime
    signed: int

    @property
    def blank(self) -> Reading:
        """The reading before its first revision."""
        return Reading(
            id=self.reading_id,
            reader=self.reader,
            study_instance_uid=self.study_instance_uid,
            lexicon_edition=self.lexicon_edition,
        )


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    study_instance_uid: str
    reader: str
    lexicon_edition: str
    exam_date: date | None
    patient: str | None


def heads(engine: Engine, place: str) -> Iterator[ReadingHead]:
    """Every reading with a saved act, those of one exam together; the order is always the same.

    No transaction is held open between pages: what is saved meanwhile may or may not be among them.
    """
    after: tuple[str, str] | None = None
    while True:
        with told(place), engine.connect() as connection:
            rows = _page(connection, after, place)
            last = _last(connection, [row.id for row in rows], place)
        for row in rows:
            if row.id in last:
                number, at, signed = last[row.id]
                yield ReadingHead(
                    row.id,
                    row.study_instance_uid,
                    row.reader,
                    row.lexicon_edition,
                    row.exam_date,
                    row.patient,
                    number,
                    at,
                    signed,
                )
        if len(rows) < PAGE:
            return
        after = (rows[-1].study_instance_uid, rows[-1].reader)


def values_at(
    engine: Engine, wanted: Sequence[tuple[ReadingHead, int]], place: str
) -> Iterator[tuple[ReadingHead, Reading]]:
    """Each of these readings as it was at a revision, in the order asked for, each reading once at most."""
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        with told(place), engine.connect() as connection:
            changes = _changes(connection, {head.reading_id: number for head, number in some}, place)
        for head, _ in some:
            yield head, _value(head, changes.pop(head.reading_id, []), place)


def _page(connection: Connection, after: tuple[str, str] | None, place: str) -> list[_Row]:
    order = (readings.c.study_instance_uid, readings.c.reader)
    query = select(*(readings.c[name] for name in _Row.__slots__)).order_by(*order).limit(PAGE)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    where = f"{place}: a reading"
    return [checked(row, _Row, where) for row in fetched(connection, query, where)]


def _last(connection: Connection, ids: Sequence[str], place: str) -> dict[str, tuple[int, datetime, int]]:
    number = func.max(revisions.c.number).label("number")
    sign = func.max(case((revisions.c.act == Act.SIGN.value, revisions.c.number))).label("signed")
    ends = (
        select(revisions.c.reading_id, number, sign)
        .where(revisions.c.reading_id.in_(ids))
        .group_by(revisions.c.reading_id)
        .subquery()
    )
    query = select(ends.c.reading_id, ends.c.number, revisions.c.at, ends.c.signed).join(
        revisions,
        and_(revisions.c.reading_id == ends.c.reading_id, revisions.c.number == ends.c.number),
    )
    rows = fetched(connection, query, f"{place}: a revision")
    return {str(row.reading_id): (int(row.number), row.at, int(row.signed or 0)) for row in rows}


def _changes(connection: Connection, wanted: Mapping[str, int], place: str) -> dict[str, list[Any]]:
    """The rows that make each reading: the last whole value up to its revision, and the changes since."""
    upto = [and_(revisions.c.reading_id == key, revisions.c.number <= n) for key, n in wanted.items()]
    whole = (
        select(revisions.c.reading_id, func.max(revisions.c.number))
        .where(or_(*upto), revisions.c.snapshot.is_not(null()))
        .group_by(revisions.c.reading_id)
    )
    start = {str(row[0]): int(row[1]) for row in connection.execute(whole)}
    needed = [
        and_(revisions.c.reading_id == key, revisions.c.number.between(start.get(key, 1), n))
        for key, n in wanted.items()
    ]
    columns = (revisions.c[name] for name in ("reading_id", "number", "delta", "snapshot"))
    query = select(*columns).where(or_(*needed)).order_by(revisions.c.reading_id, revisions.c.number)
    rows = fetched(connection, query, f"{place}: a revision")
    return {str(key): list(group) for key, group in groupby(rows, key=lambda row: row.reading_id)}


def _value(head: ReadingHead, rows: Sequence[Any], place: str) -> Reading:
    current = head.blank
    deltas = list[Changes]()
    for row in rows:
        where = f"{place}: revision {row.number} of reading {head.reading_id}"
        if row.snapshot is not None:
            current = encoding.decode_reading(row.snapshot, where)
            deltas.clear()
        else:
            deltas.append(encoding.decode_changes(row.delta, where))
    return apply(current, encoding.merged(deltas))
