"""What was seen of images, how they hang and whether an exam is done, in the database and out of it again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from annotator.errors import StaleReading, StoreError
from annotator.model import edits
from annotator.model.coverage import Seen
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.hanging_choice import HangingChoice
from annotator.model.history import Act, undo_steps
from annotator.model.image import ImageKey, Laterality
from annotator.model.mark import MarkKind
from annotator.store import upgrade
from annotator.store.store import Store

STUDY = "1.2.3"
IMAGE = ImageKey("1.2.3.4")
SEEN = Seen(IMAGE, 64, 4, 3, 0b11)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
    yield opened
    opened.close()


def begin(store: Store) -> Reading:
    return store.open_reading(STUDY, "a", lexicon_edition="5")[0]


def test_what_was_seen_grows_and_is_never_less(store: Store) -> None:
    reading = begin(store)
    assert store.coverage(reading.id) == ()
    other = Seen(ImageKey("1.2.3.4", 7), 64, 4, 3, 0b100)
    store.keep_coverage(reading.id, [SEEN])
    store.keep_coverage(reading.id, [other, Seen(IMAGE, 64, 4, 3, 0b110)])
    store.keep_coverage(reading.id, [Seen(IMAGE, 64, 4, 3, 0)])
    assert store.coverage(reading.id) == (Seen(IMAGE, 64, 4, 3, 0b111), other)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(looks=st.lists(st.integers(0, 2**12 - 1), min_size=1, max_size=6))
def test_two_windows_that_look_by_turns_keep_both(tmp_path: Path, looks: list[int]) -> None:
    address = f"sqlite:///{tmp_path / 'both.db'}"
    one, other = Store.open(address), Store.open(address)
    reading = begin(one)
    one.save(
        edits.set_done(reading, True),
        reader=reading.reader,
        based_on=len(one.revisions(reading.id)) if one.readings() else 0,
        act=Act.EDIT,
        label="x",
    )
    assert begin(other).id == reading.id
    before = {seen.image: seen.bits for seen in one.coverage(reading.id)}.get(IMAGE, 0)
    for turn, bits in enumerate(looks):
        (one, other)[turn % 2].keep_coverage(reading.id, [Seen(IMAGE, 64, 4, 3, bits)])
        before |= bits
    assert one.coverage(reading.id) == other.coverage(reading.id) == (Seen(IMAGE, 64, 4, 3, before),)
    one.close()
    other.close()


def test_an_exam_that_was_only_looked_at_is_no_reading_yet_but_keeps_what_was_seen(store: Store) -> None:
    reading = begin(store)
    store.keep_coverage(reading.id, [SEEN])
    assert store.readings() == ()
    again, number = store.open_reading(STUDY, "a", lexicon_edition="5")
    assert (again, number) == (reading, 0)
    assert store.coverage(again.id) == (SEEN,)
    after, _ = edits.add_finding(again)
    assert store.save(after, reader=after.reader, based_on=0, act=Act.EDIT, label="x") == 1
    assert store.open_reading(STUDY, "a", lexicon_edition="5") == (after, 1)
    with pytest.raises(StaleReading):
        store.save(after, reader=after.reader, based_on=0, act=Act.EDIT, label="x")


def test_what_was_seen_of_nothing_that_is_known_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="reopen the exam"):
        store.keep_coverage("nobody's", [SEEN])
    store.keep_coverage("nobody's", [])


def test_cells_of_another_size_are_joined_where_all_of_them_was_seen(store: Store) -> None:
    reading = begin(store)
    store.keep_coverage(reading.id, [Seen(IMAGE, 50, 4, 4, 0b0011_0011_0011)])
    store.keep_coverage(reading.id, [Seen(IMAGE, 100, 2, 2, 0b1000)])
    # the lower left cell is half seen, so it is not seen
    assert store.coverage(reading.id) == (Seen(IMAGE, 100, 2, 2, 0b1001),)


def test_no_program_takes_away_what_was_seen(store: Store, tmp_path: Path) -> None:
    reading = begin(store)
    store.keep_coverage(reading.id, [SEEN])
    raw = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="stays seen"):
        raw.execute("DELETE FROM coverage")
    raw.close()
    assert store.coverage(reading.id) == (SEEN,)


def test_looking_in_one_window_keeps_nobody_from_marking_in_another(store: Store, tmp_path: Path) -> None:
    other = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
    mine, theirs = begin(store), begin(other)
    store.keep_coverage(mine.id, [SEEN])
    other.keep_coverage(theirs.id, [Seen(IMAGE, 64, 4, 3, 0b100)])
    assert (
        other.save(edits.set_done(theirs, True), reader=theirs.reader, based_on=0, act=Act.EDIT, label="x")
        == 1
    )
    assert begin(store).done
    assert store.coverage(begin(store).id) == (Seen(IMAGE, 64, 4, 3, 0b111),)
    assert store.open_reading(STUDY, "b", lexicon_edition="5")[0].id != mine.id
    assert store.open_reading("1.2.4", "a", lexicon_edition="5")[0].id != mine.id
    other.close()


@pytest.mark.parametrize(
    "damage", ["bits = x'ffffff'", "bits = 'text'", "bits = 5", "columns = 'abc'", "cell_px = 0"]
)
def test_a_damaged_row_of_what_was_seen_is_told(store: Store, tmp_path: Path, damage: str) -> None:
    reading = begin(store)
    store.keep_coverage(reading.id, [SEEN])
    raw = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    raw.execute(f"UPDATE coverage SET {damage}")
    raw.close()
    with pytest.raises(StoreError, match="restore a backup"):
        store.coverage(reading.id)


def test_done_and_hanging_are_saved_undone_and_listed(store: Store) -> None:
    empty = begin(store)
    turned = edits.choose_hanging(
        empty,
        HangingChoice("1.2.3.4", Laterality.LEFT, "MLO", ("ID",), Orientation(flip_columns=True)),
    )
    done = edits.set_done(turned, True)
    finding, _ = edits.add_finding(done)
    marked, _ = edits.add_mark(finding, finding.findings[0].id, IMAGE, ImagePoint(1, 2), MarkKind.MICRO)
    acts = [(turned, Act.EDIT), (done, Act.EDIT), (finding, Act.EDIT), (done, Act.UNDO), (marked, Act.EDIT)]
    listed = []
    for number, (value, act) in enumerate(acts):
        store.save(value, reader=value.reader, based_on=number, act=act, label="x")
        listed.append(store.readings()[0].done)
        assert begin(store) == value
    assert listed == [False, True, False, True, False]
    steps, in_force = undo_steps(empty, store.revisions(empty.id))
    assert (len(steps), in_force) == (3, 3)
    assert steps[-1].before == done


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A database as the second migration left it, with a reading saved by the program of that day."""
    old = tmp_path / "old.db"
    config = Config()
    config.set_main_option("script_location", upgrade.SCRIPTS)
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{old}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    engine.dispose()
    raw = sqlite3.connect(old)
    raw.execute("INSERT INTO readings VALUES ('r', '1.2.3', 'a', '5', '2026-01-01 00:00:00')")
    delta = (
        '{"findings":{"f":{"stage":"screen","size":null,"morphology":[],"distribution":null,"spread":"one_site",'
        '"change":"no_prior","certain":false,"known_cancer_here":false,"adjacent_cancer":false,'
        '"priors_requested":false,"id":"f","number":1,"tracking_uid":"2.25.1","assessment":null,"comment":""}},'
        '"marks":{},"clusters":{},"lexicon_edition":null}'
    )
    whole = '{"id":"r","reader":"a","study_instance_uid":"1.2.3","lexicon_edition":"5","findings":[],"marks":[],"clusters":[]}'
    for number, snapshot in ((1, None), (2, whole)):
        raw.execute(
            "INSERT INTO revisions VALUES ('r', ?, 'edit', 'x', '2026-01-01 00:00:00', 'a', '0.3', ?, ?, 0, 0, '[]', '')",
            (
                number,
                delta
                if number == 1
                else '{"findings":{"f":null},"marks":{},"clusters":{},"lexicon_edition":null}',
                snapshot,
            ),
        )
    raw.commit()
    raw.close()
    return old


def test_readings_of_an_older_database_open_unchanged_and_are_not_done(older: Path) -> None:
    store = Store.open(f"sqlite:///{older}")
    assert [summary.done for summary in store.readings()] == [False]
    reading, number = store.open_reading(STUDY, "a", lexicon_edition="5")
    assert (reading, number) == (Reading(id="r", reader="a", study_instance_uid=STUDY), 2)
    assert [len(revision.reading.findings) for revision in store.revisions("r")] == [1, 0]
    assert store.coverage("r") == ()
    store.keep_coverage("r", [SEEN])
    store.save(edits.set_done(reading, True), reader=reading.reader, based_on=2, act=Act.EDIT, label="done")
    assert [summary.done for summary in store.readings()] == [True]
    store.close()
    (copy,) = older.parent.glob("old.before-0002-*.db")
    with sqlite3.connect(copy) as raw:
        assert raw.execute("SELECT count(*) FROM revisions").fetchone() == (2,)
    raw.close()
    raw = sqlite3.connect(older)
    for statement in ("UPDATE revisions SET done = 0", "DELETE FROM revisions", "DELETE FROM coverage"):
        with pytest.raises(sqlite3.IntegrityError):
            raw.execute(statement)
    raw.close()
