"""Readings kept as append-only revisions: what was confirmed is on disk, and nothing is overwritten."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime

from sqlalchemy import (
    Connection,
    Engine,
    func,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from annotator.errors import ReplacedReading, StaleReading, StoreError
from annotator.model.audit import AuditAct, AuditEntry
from annotator.model.coverage import Seen
from annotator.model.display import NOT_RECORDED
from annotator.model.finding import Reading
from annotator.model.history import Act, Revision
from annotator.model.person import Person, Role
from annotator.model.pseudonym import Pseudonyms
from annotator.store import audited, chain, people, revision_rows, signing, streaming, upgrade
from annotator.store.address import parse_url, place_of, refuse_missing
from annotator.store.engines import engine_of
from annotator.store.exam_facts import (
    ExamFacts,
    facts_kept,
    fill_in,
    missing,
    patient_digest,
    pseudonyms_of,
)
from annotator.store.faults import told
from annotator.store.opened import OpenedReadings
from annotator.store.said import load_said
from annotator.store.schema import readings, revisions
from annotator.store.seen import load_seen, merge_seen
from annotator.store.sqlite import WRITES
from annotator.store.streaming import ReadingHead
from annotator.store.summaries import ReadingSummary, load_summaries

_READINGS = uuid.UUID("6f5d1c52-6f0e-4f37-9b1c-2a3f5f0c7e41")
REMOVED = "revisions were removed"
"""How both databases refuse an act that would stand where another was taken away."""

_NOTED = {Act.SIGN: AuditAct.SIGNED, Act.WITHDRAW: AuditAct.WITHDREW, Act.IMPORT: AuditAct.IMPORTED}
"""Acts on a reading that the audit has too, in one transaction with them."""


class Store:
    """Readings on SQLite (one file) or PostgreSQL. May be called from any thread.

    Every method raises StoreError, in one sentence, when the database cannot do it. A reading exists
    in the database from its first saved act, or the first look that was kept, on.
    """

    def __init__(self, engine: Engine, place: str, who: str = "") -> None:
        self._engine = engine
        self.who = who
        self._writers = engine.execution_options(**{WRITES: True})
        self._place = place
        self._lock = threading.RLock()
        self._opened = OpenedReadings()

    @classmethod
    def open(cls, url: str, *, who: str | None = None, make: bool = True) -> Store:
        """Open the database at `url`; make it when it is new, migrate it (after a copy) when it is older.

        `url` is `sqlite:///FILE` or `postgresql+psycopg://...`. `who` is said to act in the audit (the account of the
        system where it is not given); PostgreSQL knows better and says itself. Raises StoreError, NewerDatabase, and
        NotAllowed for an account that the administrator of a PostgreSQL has given no role. Without `make` a file that is
        named and not there is refused.
        """
        if not make:
            refuse_missing(url)
        parsed = parse_url(url)
        place = place_of(parsed)
        engine = engine_of(parsed)
        try:
            with told(place):
                upgrade.bring_up_to_date(engine, place)
                with engine.connect() as connection:
                    known_as = people.account(connection, who, place)
        except StoreError:
            engine.dispose()
            raise
        return cls(engine, place, known_as)

    def open_reading(
        self,
        study_instance_uid: str,
        reader: str,
        *,
        lexicon_edition: str,
        exam_date: date | None = None,
        patient: str = "",
    ) -> tuple[Reading, int]:
        """The latest value of this reader's reading of this exam, and its revision number.

        0 and an empty reading when nothing was saved yet: its first act stores it. `exam_date` and `patient` (the
        patient's number, kept as a digest only) are kept with the reading as far as they are not yet.
        """
        if not study_instance_uid:
            raise StoreError(
                "These images carry no Study Instance UID, so a reading of them could not be found again; "
                "nothing can be saved for them."
            )
        query = select(readings.c.id).where(
            readings.c.study_instance_uid == study_instance_uid, readings.c.reader == reader
        )
        with self._lock, told(self._place), self._engine.connect() as connection:
            known = connection.execute(query).scalar()
            facts = ExamFacts(exam_date, patient_digest(connection, patient))
            unfilled = False
            if known is not None:
                last, link = chain.end_of(connection, known)
                number, reading = revision_rows.latest(connection, known, self._place)
                unfilled = bool(missing(facts_kept(connection, known), facts))
            else:
                fresh = Reading(
                    id=reading_id_of(study_instance_uid, reader),
                    reader=reader,
                    study_instance_uid=study_instance_uid,
                    lexicon_edition=lexicon_edition,
                )
                last, link, number, reading = 0, "", 0, fresh
            if last == number:
                self._opened.keep(number, link, reading)
            if known is None:
                people.account(connection, None, self._place)
                self._opened.begin(reading, facts)
        if unfilled:
            self._fill_in(reading.id, facts)
        return reading, number

    def patient_digest(self, patient: str) -> str | None:
        """A patient's number as `ReadingSummary.patient` holds it; None for ''."""
        with told(self._place), self._engine.connect() as connection:
            return patient_digest(connection, patient)

    def pseudonyms(self) -> Pseudonyms:
        """What exports call the exams and patients of this database."""
        with told(self._place), self._engine.connect() as connection:
            return pseudonyms_of(connection)

    def save(
        self,
        reading: Reading,
        *,
        reader: str,
        based_on: int,
        act: Act,
        label: str,
        display: str = NOT_RECORDED,
        at: datetime | None = None,
        made_on: Reading | None = None,
    ) -> int:
        """Append `reading` as one revision and return its number; it is on disk when this returns.

        `reader` is whoever acts: SignedReading when it is not the reading's own, or what is signed would change
        (`annotator.store.signing`). `based_on` is the revision the act was made on, `made_on` what that was. Raises
        StaleReading when there is a later one, ReplacedReading when it is another now; nothing is saved then. A value equal to the one
        before is kept as well: acts are history. `display` says in words on what display the act was made, `at` when
        (None: now).
        """
        with self._lock:
            try:
                with told(self._place), self._writers.begin() as connection:
                    before, last_link = self._before(connection, reading, based_on)
                    if based_on and made_on is not None and made_on != before:
                        raise _replaced(based_on)
                    signing.refuse(before, reading, act, reader)
                    row = revision_rows.row_of(
                        connection,
                        reading,
                        before,
                        based_on + 1,
                        act=act,
                        label=label,
                        display=display,
                        at=at,
                    )
                    row["chain"] = chain.link(last_link, row)
                    connection.execute(insert(revisions), row)
                    if act in _NOTED:
                        uid, version = reading.study_instance_uid, f"version {len(reading.signatures)}"
                        what = label if act is Act.IMPORT else version
                        audited.append(connection, self.who, _NOTED[act], reading.id, uid, what)
            except StoreError as error:
                if isinstance(error.__cause__, IntegrityError):
                    if REMOVED in str(error.__cause__.orig):
                        raise _cut_off(reading) from error
                    raise _stale(based_on) from error
                raise
            self._opened.keep(based_on + 1, row["chain"], reading)
            self._opened.is_kept(reading.id)
        return based_on + 1

    def revisions(self, reading_id: str) -> tuple[Revision, ...]:
        """Every revision of a reading, oldest first; values share what did not change between them."""
        with told(self._place), self._engine.connect() as connection:
            first, rows = revision_rows.kept(connection, reading_id, self._place)
        return revision_rows.replayed(first, rows, self._place)

    def last_revision(self, reading_id: str) -> int:
        """Number of the last revision of a reading; 0 for one that is not kept yet."""
        last = select(func.max(revisions.c.number)).where(revisions.c.reading_id == reading_id)
        with told(self._place), self._engine.connect() as connection:
            return connection.execute(last).scalar() or 0

    def displays(self, reading_id: str) -> tuple[str, ...]:
        """Every display, in words, that a revision of a reading was made on, in order of first use."""
        shown = func.coalesce(revisions.c.display, NOT_RECORDED)
        query = (
            select(shown)
            .where(revisions.c.reading_id == reading_id)
            .group_by(shown)
            .order_by(func.min(revisions.c.number))
        )
        with told(self._place), self._engine.connect() as connection:
            return tuple(connection.execute(query).scalars())

    def blank(self, reading_id: str) -> Reading:
        """The reading as it was before its first revision."""
        with told(self._place), self._engine.connect() as connection:
            return revision_rows.blank(connection, reading_id, self._place)

    def readings(self) -> tuple[ReadingSummary, ...]:
        """Every reading, the one saved last first."""
        with told(self._place), self._engine.connect() as connection:
            return load_summaries(connection, self._place)

    def heads(self) -> Iterator[ReadingHead]:
        """Where every reading stands, exam by exam, in memory for a page of them (`annotator.store.streaming`)."""
        return streaming.heads(self._engine, self._place)

    def values_at(self, wanted: Sequence[tuple[ReadingHead, int]]) -> Iterator[tuple[ReadingHead, Reading]]:
        """Readings as they were at a revision, in the order asked for."""
        return streaming.values_at(self._engine, wanted, self._place)

    def latest(self, reading_id: str) -> Reading:
        """A reading as it was saved last, whoever's it is."""
        with told(self._place), self._engine.connect() as connection:
            return revision_rows.latest(connection, reading_id, self._place)[1]

    def said(
        self, summaries: Iterable[ReadingSummary], reader: str
    ) -> tuple[tuple[ReadingSummary, Reading], ...]:
        """Findings and stage of the readings that `reader` may see, without marks; see `annotator.store.said`."""
        with told(self._place), self._engine.connect() as connection:
            return tuple(load_said(connection, summaries, reader, self._place))

    def keep_coverage(self, reading_id: str, seen: Sequence[Seen]) -> None:
        """Add to what was seen of the images of a reading; it is on disk when this returns.

        Cells that were seen stay seen, whoever saves last. A reading that was opened here and has no act yet is
        kept as empty with it.
        """
        if not seen:
            return
        with self._lock:
            opened = self._opened.unkept(reading_id)
            with told(self._place), self._writers.begin() as connection:
                if not _locked_row(connection, reading_id):
                    if opened is None:
                        raise StoreError(
                            f"{self._place} does not hold the reading these images were seen for; reopen the exam."
                        )
                    _begin(connection, *opened)
                merge_seen(connection, reading_id, seen)
            self._opened.is_kept(reading_id)

    def coverage(self, reading_id: str) -> tuple[Seen, ...]:
        """What was seen of each image, in the order of the images; () for a reading that is not kept yet."""
        with told(self._place), self._engine.connect() as connection:
            return load_seen(connection, reading_id)

    def note(
        self,
        act: AuditAct,
        *,
        reading_id: str | None = None,
        study_instance_uid: str | None = None,
        what: str = "",
    ) -> None:
        """Append to the audit that `who` did this now; `what` is a short text that names no patient."""
        with told(self._place), self._writers.begin() as connection:
            audited.append(connection, self.who, act, reading_id, study_instance_uid, what)

    def note_all(self, act: AuditAct, done: Iterable[tuple[str, str, str]]) -> None:
        """Append one entry for each (reading id, Study Instance UID, text) in one transaction, all or none."""
        with told(self._place), self._writers.begin() as connection:
            for reading_id, study, what in done:
                audited.append(connection, self.who, act, reading_id, study, what)

    def audit(
        self,
        *,
        reading_id: str | None = None,
        study_instance_uid: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> tuple[AuditEntry, ...]:
        """Entries of the audit, the newest first: of one reading or exam, from a time on, at most so many.

        On PostgreSQL administrators see all of it, everybody else their own.
        """
        with told(self._place), self._engine.connect() as connection:
            return audited.load(connection, self._place, reading_id, study_instance_uid, since, limit)

    def people(self) -> tuple[Person, ...]:
        """Everybody who was ever given a role, by name, as they are now."""
        with told(self._place), self._engine.connect() as connection:
            return people.load(connection, self._place)

    def add_person(self, name: str, display_name: str, role: Role) -> None:
        """Say who an account is and in which role, from now on; what was said before stays in the database.

        On PostgreSQL administrators only: NotAllowed for everybody else.
        """
        with told(self._place), self._writers.begin() as connection:
            people.append(connection, name, display_name, role, self.who)

    def close(self) -> None:
        """Let go of the database; nothing is pending, every save was complete when it returned."""
        self._engine.dispose()

    def _fill_in(self, reading_id: str, facts: ExamFacts) -> None:
        # a database that can only be read shows its readings all the same
        with suppress(StoreError), told(self._place), self._writers.begin() as connection:
            fill_in(connection, reading_id, facts)

    def _before(self, connection: Connection, reading: Reading, based_on: int) -> tuple[Reading, str]:
        """The stored value the next revision changes, and the link it follows; the reading's row is locked or just made."""
        if not _locked_row(connection, reading.id):
            # a role that was taken away hides everything
            people.account(connection, None, self._place)
            if based_on:
                raise _replaced(based_on)
            fresh, facts = self._opened.unkept(reading.id) or (reading.blank(), ExamFacts())
            _begin(connection, fresh, facts)
            return fresh, chain.root_of(connection, reading.id)
        number, link = chain.end_of(connection, reading.id)
        if number > based_on:
            raise _stale(based_on)
        known = self._opened.value(reading.id, based_on) if based_on else None
        if number < based_on or (known is not None and known[0] != link):
            raise _replaced(based_on)
        if known is not None:
            return known[1], link
        return revision_rows.latest(connection, reading.id, self._place)[1], link


def _locked_row(connection: Connection, reading_id: str) -> bool:
    """Whether the reading has a row; no other program writes to it until the transaction ends."""
    row = select(readings.c.id).where(readings.c.id == reading_id).with_for_update()
    return connection.execute(row).scalar() is not None


def _begin(connection: Connection, reading: Reading, exam: ExamFacts) -> None:
    """Make the row of a reading as it is before anything is said."""
    connection.execute(
        insert(readings),
        {
            "id": reading.id,
            "study_instance_uid": reading.study_instance_uid,
            "reader": reading.reader,
            "lexicon_edition": reading.lexicon_edition,
            "created": datetime.now(UTC),
            "exam_date": exam.date,
            "patient": exam.patient,
        },
    )


def reading_id_of(study_instance_uid: str, reader: str) -> str:
    """The id of a reading that begins: the same in two windows that open an exam before either kept anything."""
    return uuid.uuid5(_READINGS, f"{study_instance_uid}\n{reader}").hex


def _cut_off(reading: Reading) -> StoreError:
    return StoreError(
        f"Nothing more can be saved in {reading.reader}'s reading of exam {reading.study_instance_uid}: something else "
        "than this program removed its last acts from the database; 'annotator doctor --verify' tells which, and a "
        "backup brings them back."
    )


def _stale(based_on: int) -> StaleReading:
    return StaleReading(
        f"This reading was saved by another window or program after revision {based_on}, which is shown here; "
        "reopen the exam to go on from what is saved."
    )


def _replaced(based_on: int) -> ReplacedReading:
    return ReplacedReading(
        f"The database does not have revision {based_on} of this reading, which is shown here, as it was saved: another "
        "state of it, an older backup perhaps, was put in its place; put both together to keep what only this window has."
    )
