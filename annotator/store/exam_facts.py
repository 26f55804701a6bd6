"""What is kept of the exam a reading is of: its date, and a digest that ties exams of one patient together."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select, update

from annotator.errors import StoreError
from annotator.model.pseudonym import Pseudonyms
from annotator.store.rows import fetched
from annotator.store.schema import readings, salt


@dataclass(frozen=True, slots=True)
class ExamFacts:
    """Of an exam: `date`, and `patient` as digest; None where its files do not say."""

    date: date | None = None
    patient: str | None = None


def patient_digest(connection: Connection, patient: str) -> str | None:
    """A patient number as it is kept here: 64 hexadecimal digits that mean nothing without this database.

    None for ''. Whoever holds the whole database can try numbers out: the digest keeps them from being read, not
    from being guessed.
    """
    if not patient:
        return None
    key = _key(connection)
    return hmac.new(key, patient.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def pseudonyms_of(connection: Connection) -> Pseudonyms:
    """What exports call exams and patients of this database; the key is of this database and lies nowhere else."""
    return Pseudonyms(hmac.new(_key(connection), b"pseudonyms of exports", hashlib.sha256).digest())


def _key(connection: Connection) -> bytes:
    value = connection.execute(select(salt.c.value)).scalar_one()
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"What makes patients unreadable in this database was changed ({error}); restore a backup."
        ) from error


def facts_kept(connection: Connection, reading_id: str) -> ExamFacts:
    """What the row of a reading says of its exam."""
    query = select(readings.c.exam_date, readings.c.patient).where(readings.c.id == reading_id)
    (row,) = fetched(connection, query, f"Reading {reading_id}")
    return ExamFacts(row.exam_date, row.patient)


def missing(kept: ExamFacts, known: ExamFacts) -> dict[str, date | str]:
    """Columns of a reading's row that are still empty and can be filled."""
    found: dict[str, date | str] = {}
    if kept.date is None and known.date is not None:
        found["exam_date"] = known.date
    if kept.patient is None and known.patient is not None:
        found["patient"] = known.patient
    return found


def fill_in(connection: Connection, reading_id: str, known: ExamFacts) -> None:
    """Fill the columns that are still empty; what stands there stays."""
    new = missing(facts_kept(connection, reading_id), known)
    if new:
        connection.execute(update(readings).where(readings.c.id == reading_id), new)
