"""Exams of one patient are found together by a digest, and no number of a patient is in the database."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from annotator.model import edits
from annotator.model.history import Act
from annotator.store.store import Store

DAY = date(2026, 3, 4)
NUMBER = "PATIENT-4711"


@pytest.fixture
def store(tmp_path: Path):
    opened = Store.open(f"sqlite:///{tmp_path / 'readings.db'}")
    yield opened
    opened.close()


def begun(store: Store, study: str, **exam: object) -> None:
    reading, number = store.open_reading(study, "a", lexicon_edition="5", **exam)
    store.save(
        edits.set_done(reading, not reading.done),
        reader=reading.reader,
        based_on=number,
        act=Act.EDIT,
        label="x",
    )


def test_exams_of_one_patient_are_found_together(store: Store, tmp_path: Path) -> None:
    begun(store, "1.1", exam_date=DAY, patient=NUMBER)
    begun(store, "1.2", patient=NUMBER)
    begun(store, "1.3", exam_date=DAY, patient="another")
    begun(store, "1.4")
    found = {s.study_instance_uid: s for s in store.readings()}
    assert [found[f"1.{n}"].exam_date for n in (1, 2, 3, 4)] == [DAY, None, DAY, None]
    digest = store.patient_digest(NUMBER)
    assert [s.study_instance_uid for s in found.values() if s.patient == digest] == ["1.2", "1.1"]
    assert found["1.3"].patient not in (None, digest)
    assert found["1.4"].patient is store.patient_digest("") is None
    store.close()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert NUMBER.encode() not in files


def test_a_database_digests_by_itself(store: Store, tmp_path: Path) -> None:
    other = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    assert other.patient_digest(NUMBER) != store.patient_digest(NUMBER)
    other.close()


def test_what_was_not_known_at_first_is_filled_in_once(store: Store) -> None:
    begun(store, "1.1")
    store.open_reading("1.1", "a", lexicon_edition="5", patient=NUMBER)
    begun(store, "1.1", exam_date=DAY, patient="another")
    (summary,) = store.readings()
    assert (summary.exam_date, summary.patient) == (DAY, store.patient_digest(NUMBER))
    assert summary.revisions == 2


def test_an_exam_that_was_only_looked_at_is_known_too(store: Store) -> None:
    from annotator.model.coverage import Seen
    from annotator.model.image import ImageKey

    reading, _ = store.open_reading("1.1", "a", lexicon_edition="5", exam_date=DAY, patient=NUMBER)
    store.keep_coverage(reading.id, [Seen(ImageKey("1.9"), 64, 2, 2, 1)])
    begun(store, "1.1")
    (summary,) = store.readings()
    assert (summary.exam_date, summary.patient) == (DAY, store.patient_digest(NUMBER))
