"""The tables, and which revision of the migrations they stand for.

A row of `revisions` is written once and never changed or removed: triggers say so. (A migration that
rebuilds a table on SQLite drops its triggers and has to make them again.) A row of `coverage` is never
removed, and gains cells where more was seen of its image: it is no act of a reader and has no history. No name and no number of a patient
is kept: a study UID and date, a salted digest that tells exams of one patient, the reader, and what was marked and said.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

KNOWN = ("0001", "0002", "0003", "0004", "0005")
"""Every revision of the migrations this program knows, oldest first."""

HEAD = KNOWN[-1]
"""What a current database says of itself in `alembic_version`."""

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints, so that a later migration can find them on either database."""


class Moment(TypeDecorator[datetime]):
    """A point in time, kept in UTC and always given back with its time zone (SQLite keeps none)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""JSON text as `annotator.store.encoding` writes and reads it; the engine hands it through untouched."""

metadata = MetaData(naming_convention=NAMES)

readings = Table(
    "readings",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("study_instance_uid", String(128), nullable=False),
    Column("reader", String(255), nullable=False),
    # the edition the reading began with: what the reading was before its first revision
    Column("lexicon_edition", String(16), nullable=False),
    Column("created", Moment, nullable=False),
    # filled in once, when the exam is opened; empty while its files do not say
    Column("exam_date", Date, nullable=True),
    # a digest with the salt of this database, so that exams of one patient are found together
    Column("patient", String(64), nullable=True, index=True),
    UniqueConstraint("study_instance_uid", "reader"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("reading_id", String(64), ForeignKey("readings.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("act", String(32), nullable=False),
    Column("label", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("reader", String(255), nullable=False),
    Column("program_version", String(64), nullable=False),
    Column("delta", Document, nullable=False),
    # the whole reading, once every so many revisions, so that opening need not start at the first
    Column("snapshot", Document, nullable=True),
    # what a list of readings shows, so that listing decodes nothing
    Column("findings", Integer, nullable=False),
    Column("marks", Integer, nullable=False),
    Column("assessments", Document, nullable=False),
    # empty in rows older than the column
    Column("display", Text, nullable=True),
    # whether the reader calls the exam done; empty in rows older than the column, which know no such word
    Column("done", Boolean, nullable=True),
    # the version in force, empty while the reading is open; and how many were signed so far
    Column("signed", Integer, nullable=True),
    Column("versions", Integer, nullable=True),
    # see `annotator.store.chain`
    Column("chain", String(64), nullable=True),
)

heads = Table(
    "heads",
    metadata,
    Column("reading_id", String(64), ForeignKey("readings.id"), primary_key=True),
    # the last revision, its link, and the last one that signed the reading; kept by a trigger and by nothing else
    Column("number", Integer, nullable=False),
    Column("chain", String(64), nullable=True),
    Column("signed", Integer, nullable=True),
)

salt = Table(
    "salt",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("value", String(64), nullable=False),
)

coverage = Table(
    "coverage",
    metadata,
    Column("reading_id", String(64), ForeignKey("readings.id"), primary_key=True),
    Column("sop_instance_uid", String(128), primary_key=True),
    Column("frame", Integer, primary_key=True, autoincrement=False),
    Column("cell_px", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    # bit n of byte m is cell 8 m + n; what was seen stays seen
    Column("bits", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", String(255), nullable=False),
    Column("role", String(32), nullable=False),
    Column("program_version", String(64), nullable=False),
    Column("act", String(32), nullable=False),
    Column("reading_id", String(64), nullable=True, index=True),
    Column("study_instance_uid", String(128), nullable=True),
    # names no patient
    Column("what", Text, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # the account of the system, on PostgreSQL of the database; of several rows the last counts
    Column("name", String(255), nullable=False, index=True),
    Column("display_name", String(255), nullable=False),
    Column("role", String(32), nullable=False),
    Column("added", Moment, nullable=False),
    Column("added_by", String(255), nullable=False),
)
