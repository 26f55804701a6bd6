"""A list of readings without decoding any: what each was when it was saved last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from annotator.model.display import NOT_RECORDED
from annotator.store.rows import checked, decoded_list, fetched
from annotator.store.schema import readings, revisions

_OF_READING = ("id", "study_instance_uid", "reader", "exam_date", "patient")
_OF_LAST = (
    "number",
    "at",
    "label",
    "findings",
    "marks",
    "assessments",
    "display",
    "done",
    "signed",
    "versions",
)


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """One line of a list of readings, as of its last revision.

    `revisions` is the number of the last revision, `assessments` the reader's own categories in the
    order of the findings, '' where the reader gave none, `display` what the last act was made on, `done` whether
    the reader calls the exam done. `exam_date` and `patient` (a digest that only this database makes, equal for
    exams of one patient) are None where files said nothing. `signed` is the version in force, 0 while the reading is
    open; `versions` how many were signed so far, so that `versions > signed` says that an amendment is open.
    """

    reading_id: str
    study_instance_uid: str
    reader: str
    revisions: int
    last_at: datetime
    last_label: str
    findings: int
    marks: int
    assessments: tuple[str, ...]
    display: str
    done: bool
    exam_date: date | None = None
    patient: str | None = None
    signed: int = 0
    versions: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    study_instance_uid: str
    reader: str
    exam_date: date | None
    patient: str | None
    number: int
    at: datetime
    label: str
    findings: int
    marks: int
    assessments: Any
    display: str | None
    done: bool | None
    signed: int | None
    versions: int | None


def load_summaries(connection: Connection, place: str) -> tuple[ReadingSummary, ...]:
    """Every reading with a saved act, the one saved last first. Raises StoreError for a row that does not fit."""
    return tuple(_summary(row, place) for row in fetched(connection, _query(), f"{place}: a reading"))


def _summary(found: Row[Any], place: str) -> ReadingSummary:
    where = f"{place}: the last revision of reading {found.id}"
    row = checked(found, _Row, where)
    return ReadingSummary(
        row.id,
        row.study_instance_uid,
        row.reader,
        row.number,
        row.at,
        row.label,
        row.findings,
        row.marks,
        decoded_list(row.assessments, where),
        row.display or NOT_RECORDED,
        bool(row.done),
        row.exam_date,
        row.patient,
        row.signed or 0,
        row.versions or 0,
    )


def _query() -> Select[Any]:
    last = (
        select(revisions.c.reading_id, func.max(revisions.c.number).label("number"))
        .group_by(revisions.c.reading_id)
        .subquery()
    )
    return (
        select(*(readings.c[name] for name in _OF_READING), *(revisions.c[name] for name in _OF_LAST))
        .join(last, last.c.reading_id == readings.c.id)
        .join(
            revisions,
            (revisions.c.reading_id == last.c.reading_id) & (revisions.c.number == last.c.number),
        )
        .order_by(revisions.c.at.desc(), readings.c.id)
    )
