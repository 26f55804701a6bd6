"""What many readings say at once is what each of them says by itself, and never what a reader may not see."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.errors import StoreError
from annotator.model import edits
from annotator.model.finding import Assessment, Morphology, Reading, Recommendation, Stage
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.store.store import Store
from tests.made_signature import signature_of


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('said') / 'readings.db'}")
    yield opened
    opened.close()


def add(reading: Reading) -> Reading:
    after, finding = edits.add_finding(reading)
    return edits.add_mark(after, finding.id, ImageKey("1.9"), ImagePoint(1.0, 1.0), MarkKind.MICRO)[0]


def of_last(reading: Reading, **said: object) -> Reading:
    return edits.describe(reading, reading.findings[-1].id, **said) if reading.findings else reading


ACTS = {
    "add": add,
    "shape": lambda r: of_last(r, morphology=(Morphology.ROUND,)),
    "ask": lambda r: of_last(r, recommendation=Recommendation.SIX_MONTHS, recommended_months=4),
    "category": lambda r: of_last(r, assessment=Assessment.PROBABLY_BENIGN),
    "silence": lambda r: of_last(r, recommendation=None, recommended_months=None),
    "remove": lambda r: edits.remove_finding(r, r.findings[0].id) if r.findings else r,
    "stage": lambda r: edits.set_stage(r, Stage.FU6),
    "no stage": lambda r: edits.set_stage(r, None),
    "done": lambda r: edits.set_done(r, not r.done),
}
_studies = iter(range(1_000_000))


def save(store: Store, reading: Reading, number: int, act: Act = Act.EDIT) -> int:
    return store.save(reading, reader=reading.reader, based_on=number, act=act, label="x")


def sign(store: Store, reading: Reading, number: int) -> tuple[Reading, int]:
    signed = edits.sign(reading, signature_of(reading))
    return signed, save(store, signed, number, Act.SIGN)


def said_of(store: Store, reading: Reading, reader: str) -> list[tuple]:
    summaries = [s for s in store.readings() if s.reading_id == reading.id]
    found = store.said(summaries, reader)
    assert all(said.marks == () for _, said in found)
    return [(said.findings, said.stage) for _, said in found]


@given(acts=st.lists(st.sampled_from(sorted(ACTS)), min_size=1, max_size=12))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_is_what_the_reading_says(store: Store, acts: list[str]) -> None:
    reading, number = store.open_reading(f"1.{next(_studies)}", "a", lexicon_edition="5")
    for act in acts:
        reading = ACTS[act](reading)
        number = save(store, reading, number)
        assert store.latest(reading.id) == reading
    assert said_of(store, reading, "a") == [(reading.findings, reading.stage)]
    assert said_of(store, reading, "b") == []
    signed, number = sign(store, reading, number)
    for reader in ("a", "b"):
        assert said_of(store, signed, reader) == [(signed.findings, signed.stage)]
    amended = edits.amend(signed, "a slip")
    number = save(store, amended, number, Act.AMEND)
    amended = add(edits.set_stage(amended, Stage.FU24))
    number = save(store, amended, number)
    for reader in ("a", "b"):
        assert said_of(store, signed, reader) == [(signed.findings, signed.stage)]
    again, _ = sign(store, amended, number)
    for reader in ("a", "b"):
        assert said_of(store, again, reader) == [(again.findings, again.stage)]


def test_more_readings_than_one_query_takes_are_all_told(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'many.db'}")
    for number in range(520):
        reading, _ = store.open_reading(f"2.{number}", "a", lexicon_edition="5")
        save(store, edits.add_finding(reading)[0], 0)
    found = store.said(store.readings(), "a")
    assert len({summary.study_instance_uid for summary, _ in found}) == 520
    assert all(len(said.findings) == 1 for _, said in found)
    assert all(summary.reading_id == said.id for summary, said in found)
    store.close()


def test_a_damaged_change_is_told_with_its_reading(tmp_path: Path) -> None:
    import sqlite3

    store = Store.open(f"sqlite:///{tmp_path / 'readings.db'}")
    reading, _ = store.open_reading("3.1", "a", lexicon_edition="5")
    save(store, edits.add_finding(reading)[0], 0)
    with sqlite3.connect(tmp_path / "readings.db") as connection:
        for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {name}")
        connection.execute("""update revisions set delta = '{"findings": 7}'""")
    connection.close()
    with pytest.raises(StoreError, match=f"revision 1 of reading {reading.id} cannot be understood"):
        store.said(store.readings(), "a")
    store.close()
