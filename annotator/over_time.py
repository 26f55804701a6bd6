"""Findings through the exams of a patient, and what is due: from the readings of the database to the pure values.

Whoever reads sees their own readings and what others have signed, nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotator.model.finding import Reading
from annotator.model.history import last_signed
from annotator.model.image import ExamInfo
from annotator.model.measured import Measured
from annotator.model.timeline import ReadExam, Sighting, sightings_of

if TYPE_CHECKING:
    from annotator.store.store import Store
    from annotator.store.summaries import ReadingSummary

Measure = Callable[[Reading, str, ExamInfo], Measured]


@dataclass(frozen=True, slots=True)
class Followed:
    """Findings in exams, and every reading, also those without findings; `patient` is the digest of one patient."""

    sightings: tuple[Sighting, ...] = ()
    exams: tuple[ReadExam, ...] = ()
    patient: str | None = None

    def with_reading(self, exam: ReadExam, sightings: Sequence[Sighting]) -> Followed:
        """The same with one reading as it stands now in place of what was known of it."""
        others = (s for s in self.sightings if s.exam.reading_id != exam.reading_id)
        exams = (one for one in self.exams if one.reading_id != exam.reading_id)
        return Followed((*others, *sightings), (*exams, exam), self.patient)

    def without(self, studies: Collection[str]) -> Followed:
        """The same without the readings of some exams."""
        return Followed(
            tuple(s for s in self.sightings if s.exam.study_instance_uid not in studies),
            tuple(one for one in self.exams if one.study_instance_uid not in studies),
            self.patient,
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """What a reading said when it was looked at, and the row it was then."""

    row: ReadingSummary
    exam: ReadExam
    sightings: tuple[Sighting, ...]


class OverTime:
    """Readings of a database as sightings of findings. For any thread; every method raises StoreError.

    A reading is decoded once and again only when it was saved since: thousands are looked through in a moment.
    """

    def __init__(self, store: Callable[[], Store], reader: str) -> None:
        self._store = store
        self._reader = reader
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def everything(self) -> Followed:
        """Findings of all readings; without marks, so that nothing is counted or measured."""
        with self._lock:
            rows = [row for row in self._store().readings() if self._may_see(row)]
            known = {row.reading_id: self._known.get(row.reading_id) for row in rows}
            stale = [row for row in rows if (one := known[row.reading_id]) is None or one.row != row]
            fresh = {
                row.reading_id: _known(row, said) for row, said in self._store().said(stale, self._reader)
            }
            self._known = {
                row.reading_id: fresh.get(row.reading_id) or self._known[row.reading_id] for row in rows
            }
            found = list(self._known.values())
        return Followed(
            tuple(sighting for one in found for sighting in one.sightings), tuple(one.exam for one in found)
        )

    def of_patient(
        self, patient: str, study_instance_uid: str, at_hand: Mapping[str, ExamInfo], measure: Measure
    ) -> Followed:
        """Findings of a patient's readings with counts and extents; of the study named only what the reader said.

        Who reads an exam does not meet here what another said of it.

        `patient` is the number as files have it ('': not known). What is measured of marks is so on the images of the
        exams `at_hand`, by Study Instance UID.
        """
        store = self._store()
        digest = store.patient_digest(patient)
        sightings: list[Sighting] = []
        exams = []
        for row in store.readings():
            here = row.study_instance_uid == study_instance_uid
            same = row.reader == self._reader if here else digest is not None and row.patient == digest
            for exam, value in self._said(row) if same else ():
                images = at_hand.get(row.study_instance_uid)
                measured = {f.id: measure(value, f.id, images) for f in value.findings} if images else None
                exams.append(exam)
                sightings += sightings_of(value, exam, measured)
        return Followed(tuple(sightings), tuple(exams), digest)

    def elsewhere(self, row: ReadingSummary) -> tuple[Sighting, ...]:
        """Findings in the other exams of a reading's patient, as their marks tell; () where the patient is not known."""
        if row.patient is None:
            return ()
        others = (
            one
            for one in self._store().readings()
            if one.patient == row.patient and one.study_instance_uid != row.study_instance_uid
        )
        return tuple(
            sighting
            for one in others
            for exam, value in self._said(one)
            for sighting in sightings_of(value, exam)
        )

    def said_of(self, study_instance_uid: str) -> tuple[tuple[ReadExam, Reading], ...]:
        """The readings of an exam, as far as this reader may see them, with their marks; their own first."""
        rows = [row for row in self._store().readings() if row.study_instance_uid == study_instance_uid]
        rows.sort(key=lambda row: row.reader != self._reader)
        return tuple(said for row in rows for said in self._said(row))

    def _may_see(self, row: ReadingSummary) -> bool:
        return row.reader == self._reader or bool(row.versions)

    def _said(self, row: ReadingSummary) -> Iterator[tuple[ReadExam, Reading]]:
        """What a reading says, where it may be seen: as it stands, or as it was signed while it is being amended."""
        if not self._may_see(row):
            return
        amending = row.versions > row.signed
        store = self._store()
        said = last_signed(store.revisions(row.reading_id)) if amending else store.latest(row.reading_id)
        if said is not None:
            yield _exam(row, said), said


def _known(row: ReadingSummary, said: Reading) -> _Known:
    exam = _exam(row, said)
    return _Known(row, exam, sightings_of(said, exam))


def _exam(row: ReadingSummary, reading: Reading) -> ReadExam:
    return ReadExam(
        reading_id=row.reading_id,
        study_instance_uid=row.study_instance_uid,
        reader=row.reader,
        exam_date=row.exam_date,
        stage=reading.stage,
        patient=row.patient,
        signed=row.versions or None,
    )
