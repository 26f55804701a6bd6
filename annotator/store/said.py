"""What readings say now, of many at once and without their marks: enough to tell what is due."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Text, and_, cast, func, not_, or_, select

from annotator.errors import StoreError
from annotator.model.changes import Changes, apply
from annotator.model.finding import Finding, Reading, Stage
from annotator.model.history import Act
from annotator.store.encoding import as_of_now, merged
from annotator.store.schema import revisions
from annotator.store.summaries import ReadingSummary

_AT_ONCE = 500
"""Readings asked for in one query: below the number of variables that any SQLite takes."""


class _Said(msgspec.Struct):
    """Changes without what is not asked for."""

    findings: dict[str, Finding | None] = {}
    stage: tuple[Stage | None] | None = None


_NOTHING = (('"findings":{}', '"findings": {}'), ('"stage":null', '"stage": null'))
"""How a change says that findings and stage stay: as the program writes it, and as PostgreSQL gives it back."""

_DECODER = msgspec.json.Decoder(_Said)


def in_force(summary: ReadingSummary, reader: str) -> bool:
    """Whether a reader may see what a reading says: their own, and what others have signed."""
    return summary.reader == reader or bool(summary.versions)


def load_said(
    connection: Connection, summaries: Iterable[ReadingSummary], reader: str, place: str
) -> Iterator[tuple[ReadingSummary, Reading]]:
    """Findings and stage of each reading that `reader` may see; no marks, and nothing said of images.

    Of a reading that is open for an amendment, what was signed before it.
    """
    wanted = {summary.reading_id: summary for summary in summaries if in_force(summary, reader)}
    # of others only what they signed, whatever they have begun since
    amended = {one.reading_id for one in wanted.values() if one.versions > one.signed}
    ids = sorted(wanted)
    for at in range(0, len(ids), _AT_ONCE):
        some = ids[at : at + _AT_ONCE]
        signed = _signed_at(connection, [one for one in some if one in amended])
        for reading_id, rows in groupby(_rows(connection, some), key=lambda row: str(row.reading_id)):
            last = signed.get(reading_id)
            kept = [row for row in rows if last is None or row.number <= last]
            yield wanted[reading_id], _value(wanted[reading_id], kept, place)


def _rows(connection: Connection, ids: Collection[str]) -> list[Row[Any]]:
    """Every change of findings or stage in some readings, in order, and the first: together they are the whole of it.

    Most acts place marks. They are left out by the text of their change, which the database does without holding up
    the threads of this program; a name in quotes cannot stand in what a reader typed, where quotes are escaped.
    """
    text = cast(revisions.c.delta, Text)
    nothing = and_(*(or_(*(text.like(f"%{empty}%") for empty in ways)) for ways in _NOTHING))
    query = (
        select(revisions.c.reading_id, revisions.c.number, revisions.c.delta)
        .where(revisions.c.reading_id.in_(ids), or_(revisions.c.number == 1, not_(nothing)))
        .order_by(revisions.c.reading_id, revisions.c.number)
    )
    return list(connection.execute(query))


def _signed_at(connection: Connection, ids: Collection[str]) -> dict[str, int]:
    """The revision that signed each of these readings last."""
    if not ids:
        return {}
    query = (
        select(revisions.c.reading_id, func.max(revisions.c.number))
        .where(revisions.c.reading_id.in_(ids), revisions.c.act == Act.SIGN.value)
        .group_by(revisions.c.reading_id)
    )
    return {str(row[0]): int(row[1]) for row in connection.execute(query)}


def _value(summary: ReadingSummary, rows: Iterable[Row[Any]], place: str) -> Reading:
    blank = Reading(
        id=summary.reading_id, reader=summary.reader, study_instance_uid=summary.study_instance_uid
    )
    return apply(blank, merged([_changes(row, place) for row in rows]))


def _changes(row: Row[Any], place: str) -> Changes:
    try:
        if not isinstance(row.delta, str | bytes):
            raise msgspec.ValidationError(f"Expected text, got {type(row.delta).__name__}")
        said = _DECODER.decode(as_of_now(row.delta.encode() if isinstance(row.delta, str) else row.delta))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise StoreError(
            f"{place}: revision {row.number} of reading {row.reading_id} cannot be understood ({error}); restore a "
            "backup."
        ) from error
    return Changes(findings=said.findings, stage=said.stage)
