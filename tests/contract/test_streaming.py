"""All readings one after the other: each once, exam by exam, and as it was at the revision that is asked for."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.model import edits
from annotator.model.audit import AuditAct
from annotator.model.finding import Reading, Stage
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.store import revision_rows, streaming
from annotator.store.store import Store
from tests.made_signature import signature_of


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('streaming') / 'readings.db'}")
    yield opened
    opened.close()


def mark(reading: Reading) -> Reading:
    if not reading.findings:
        reading = edits.add_finding(reading)[0]
    place = ImagePoint(1.5 + len(reading.marks), 2.5)
    return edits.add_mark(reading, reading.findings[0].id, ImageKey("1.9"), place, MarkKind.MICRO)[0]


ACTS = {
    "mark": mark,
    "remove": lambda r: edits.remove_finding(r, r.findings[0].id) if r.findings else r,
    "stage": lambda r: edits.set_stage(r, Stage.FU6),
    "done": lambda r: edits.set_done(r, not r.done),
}
_studies = iter(range(1_000_000))


def save(store: Store, reading: Reading, number: int, act: Act = Act.EDIT) -> int:
    return store.save(reading, reader=reading.reader, based_on=number, act=act, label="x")


@given(acts=st.lists(st.sampled_from(sorted(ACTS)), min_size=1, max_size=14), every=st.integers(2, 5))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_reading_is_told_as_it_was_at_any_revision(store: Store, acts: list[str], every: int) -> None:
    study = f"1.{next(_studies)}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(revision_rows, "SNAPSHOT_EVERY", every)
        reading, number = store.open_reading(study, "a", lexicon_edition="v2025")
        was = [reading]
        for act in acts:
            reading = ACTS[act](reading)
            number = save(store, reading, number)
            was.append(reading)
    (head,) = (one for one in store.heads() if one.study_instance_uid == study)
    assert (head.number, head.signed, head.blank) == (len(acts), 0, was[0])
    for number, value in enumerate(was):
        assert [found for _, found in store.values_at([(head, number)])] == [value]


def test_every_reading_comes_once_and_exams_stay_together(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "PAGE", 3)
    made = set()
    for number in (3, 1, 4, 1, 5, 9, 2, 6):
        for reader in ("b", "a"):
            reading, revision = store.open_reading(f"7.{number}", reader, lexicon_edition="5")
            made.add(reading.id)
            save(store, mark(reading), revision)
    found = [one for one in store.heads() if one.study_instance_uid.startswith("7.")]
    assert len(found) == len(made)
    assert {one.reading_id for one in found} == made
    exams = [one.study_instance_uid for one in found]
    together = [uid for at, uid in enumerate(exams) if at == 0 or exams[at - 1] != uid]
    assert len(together) == len(set(exams))
    wanted = [(one, one.number) for one in found]
    values = list(store.values_at(wanted))
    assert [head for head, _ in values] == found
    assert [value for _, value in values] == [store.latest(one.reading_id) for one in found]


def test_the_last_signed_version_is_known_beside_what_came_after(store: Store) -> None:
    reading, number = store.open_reading("8.1", "a", lexicon_edition="5")
    reading = mark(reading)
    number = save(store, reading, number)
    signed = edits.sign(reading, signature_of(reading))
    number = save(store, signed, number, Act.SIGN)
    amended = edits.amend(signed, "a slip")
    number = save(store, amended, number, Act.AMEND)
    number = save(store, mark(amended), number)
    (head,) = (one for one in store.heads() if one.study_instance_uid == "8.1")
    assert (head.signed, head.number) == (2, 4)
    assert [value for _, value in store.values_at([(head, head.signed)])] == [signed]


def test_what_went_out_of_many_readings_is_noted_in_one_go(store: Store) -> None:
    store.note_all(AuditAct.EXPORTED, [("r1", "9.1", "one"), ("r2", "9.2", "two")])
    assert [(one.reading_id, one.study_instance_uid, one.what) for one in store.audit(limit=2)] == [
        ("r2", "9.2", "two"),
        ("r1", "9.1", "one"),
    ]
