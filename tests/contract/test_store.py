"""What every database behind the store has to hold to."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.errors import NewerDatabase, StaleReading, StoreError
from annotator.model import edits
from annotator.model.changes import diff
from annotator.model.finding import Assessment, Distribution, Morphology, Reading
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.history import Act, undo_steps
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.store import encoding, revision_rows, schema, sqlite, upgrade
from annotator.store.store import Store

STUDY = "1.2.826.0.1.3680043.8.498.1"
IMAGE = ImageKey("1.2.826.0.1.3680043.8.498.2")
SPACING = PixelSpacing(0.07, 0.07, SpacingBasis.AT_DETECTOR)


def url(path: Path | str) -> str:
    """The address of a file; what is one already stands for a database that is no file."""
    return path if isinstance(path, str) else f"sqlite:///{path}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readings.db"


@pytest.fixture
def store(file: Path):
    opened = Store.open(url(file))
    yield opened
    opened.close()


def begin(store: Store, study: str = STUDY, reader: str = "a") -> tuple[Reading, int]:
    return store.open_reading(study, reader, lexicon_edition="5")


def measured(point: ImagePoint) -> SpotMeasurement:
    outline = tuple(ImagePoint(point.column + i, point.row - i) for i in range(4))
    return SpotMeasurement(
        point,
        4.4,
        0.3,
        5.1,
        3.9,
        41.0,
        0.83,
        212.0,
        9.1,
        outline,
        0.31,
        0.02,
        0.36,
        0.27,
        SpacingBasis.AT_DETECTOR,
    )


def with_mark(reading: Reading, column: float = 100.25) -> Reading:
    if not reading.findings:
        reading, _ = edits.add_finding(reading)
    point = ImagePoint(column, 20.5)
    return edits.add_mark(reading, reading.findings[0].id, IMAGE, point, MarkKind.MICRO, measured(point))[0]


def full_reading(reading: Reading) -> Reading:
    for column in (10.5, 20.125, 30.0):
        reading = with_mark(reading, column)
    finding = reading.findings[0].id
    corners = (ImagePoint(0.0, 0.0), ImagePoint(50.0, 0.0), ImagePoint(50.0, 50.0))
    ids = [m.id for m in reading.marks]
    reading, _ = edits.add_cluster(reading, finding, IMAGE, corners, ids, SPACING)
    return edits.describe(
        reading,
        finding,
        morphology=(Morphology.FINE_PLEO, Morphology.AMORPHOUS),
        distributions=(Distribution.GROUPED,),
        assessment=Assessment.MODERATE_SUSPICION,
        comment='Größe? "<b>" 乳房 \N{PILE OF POO}\n',
    )


def test_what_was_saved_is_there_after_reopening(store: Store, file: Path):
    reading, number = begin(store)
    assert number == 0
    assert store.readings() == ()
    saved = full_reading(reading)
    assert store.save(saved, reader=saved.reader, based_on=0, act=Act.EDIT, label="everything") == 1
    store.close()
    again = Store.open(url(file))
    assert begin(again) == (saved, 1)
    (revision,) = again.revisions(reading.id)
    assert revision.reading == saved
    assert revision.at.tzinfo is UTC
    again.close()


def test_readers_have_readings_of_their_own(store: Store):
    first, _ = begin(store, reader="a")
    store.save(with_mark(first), reader=first.reader, based_on=0, act=Act.EDIT, label="Mark")
    other, number = begin(store, reader="b")
    assert (number, other.marks) == (0, ())


def test_an_exam_without_uid_is_refused(store: Store):
    with pytest.raises(StoreError, match="Study Instance UID"):
        begin(store, study="")


def test_undo_history_survives(store: Store, file: Path):
    empty, number = begin(store)
    one = with_mark(empty)
    two = with_mark(one, 40.0)
    other = with_mark(one, 60.0)
    acts = [
        (one, Act.EDIT),
        (two, Act.EDIT),
        (one, Act.UNDO),
        (empty, Act.UNDO),
        (one, Act.REDO),
        (other, Act.EDIT),
        (one, Act.UNDO),
    ]
    for value, act in acts:
        number = store.save(value, reader=value.reader, based_on=number, act=act, label=f"{act} {number}")
    store.close()
    again = Store.open(url(file))
    revisions = again.revisions(empty.id)
    assert [(r.reading, r.act) for r in revisions] == acts
    steps, done = undo_steps(again.blank(empty.id), revisions)
    assert done == 1
    assert [(s.before, s.after) for s in steps] == [(empty, one), (one, other)]
    again.close()


@pytest.mark.parametrize("comment", ["\ud800", "a\0b", "\\\0"])
def test_text_no_database_can_hold_is_told(store: Store, comment: str):
    reading, _ = begin(store)
    reading = with_mark(reading)
    spoilt = edits.describe(reading, reading.findings[0].id, comment=comment)
    with pytest.raises(StoreError, match="cannot be saved"):
        store.save(spoilt, reader=spoilt.reader, based_on=0, act=Act.EDIT, label="a")
    written = edits.describe(reading, reading.findings[0].id, comment="\\u0000")
    assert store.save(written, reader=reading.reader, based_on=0, act=Act.EDIT, label="a\0") == 1
    assert begin(store)[0] == written


def test_an_act_that_changes_nothing_is_kept(store: Store):
    reading, _ = begin(store)
    assert store.save(reading, reader=reading.reader, based_on=0, act=Act.EDIT, label="a") == 1
    assert store.save(reading, reader=reading.reader, based_on=1, act=Act.UNDO, label="b") == 2
    assert [r.label for r in store.revisions(reading.id)] == ["a", "b"]


def test_an_earlier_lexicon_edition_is_remembered(store: Store):
    reading, _ = begin(store)
    switched = replace(with_mark(reading), lexicon_edition="2025")
    store.save(switched, reader=switched.reader, based_on=0, act=Act.EDIT, label="switch")
    assert store.blank(reading.id) == reading
    assert begin(store)[0] == switched


def test_the_second_of_two_savers_is_told(store: Store, file: Path):
    reading, _ = begin(store)
    first = with_mark(reading)
    store.save(first, reader=first.reader, based_on=0, act=Act.EDIT, label="a")
    other = Store.open(url(file))
    seen, number = begin(other)
    store.save(with_mark(first, 5.0), reader=first.reader, based_on=1, act=Act.EDIT, label="b")
    with pytest.raises(StaleReading, match="after revision 1"):
        other.save(with_mark(seen, 7.0), reader=seen.reader, based_on=number, act=Act.EDIT, label="c")
    assert [r.label for r in other.revisions(reading.id)] == ["a", "b"]
    reopened, number = begin(other)
    assert other.save(reopened, reader=reopened.reader, based_on=number, act=Act.EDIT, label="c") == 3
    other.close()


def test_two_beginners_on_one_exam_do_not_mix(store: Store, file: Path):
    other = Store.open(url(file))
    mine, _ = begin(store)
    theirs, _ = begin(other)
    store.save(with_mark(mine), reader=mine.reader, based_on=0, act=Act.EDIT, label="a")
    with pytest.raises(StaleReading):
        other.save(with_mark(theirs), reader=theirs.reader, based_on=0, act=Act.EDIT, label="b")
    other.close()


def test_a_save_on_the_latest_needs_no_earlier_opening(store: Store, file: Path):
    reading, _ = begin(store)
    first = full_reading(reading)
    store.save(first, reader=first.reader, based_on=0, act=Act.EDIT, label="a")
    other = Store.open(url(file))
    second = with_mark(first, 77.0)
    other.save(second, reader=second.reader, based_on=1, act=Act.EDIT, label="b")
    assert store.revisions(reading.id)[-1].reading == second
    # this store's memory of the reading is older than what the other one wrote
    third = edits.remove_finding(second, second.findings[0].id)
    store.save(third, reader=third.reader, based_on=2, act=Act.EDIT, label="c")
    assert begin(other) == (third, 3)
    other.close()


@pytest.mark.parametrize("length", [1, 3, 4, 5, 8, 9])
def test_snapshots_do_not_show(monkeypatch, store: Store, file: Path, length: int):
    monkeypatch.setattr(revision_rows, "SNAPSHOT_EVERY", 4)
    reading, number = begin(store)
    values = []
    for step in range(length):
        reading = replace(reading, done=not reading.done) if step else full_reading(reading)
        if step == 5:
            reading = edits.remove_marks(reading, [reading.marks[0].id])
        number = store.save(reading, reader=reading.reader, based_on=number, act=Act.EDIT, label=str(step))
        values.append(reading)
    store.close()
    again = Store.open(url(file))
    assert begin(again) == (values[-1], length)
    revisions = again.revisions(reading.id)
    assert [r.reading for r in revisions] == values
    again.close()
    with sqlite3.connect(file) as raw:
        kept = raw.execute("SELECT number FROM revisions WHERE snapshot IS NOT NULL").fetchall()
    raw.close()
    assert [n for (n,) in kept] == [n for n in range(1, length + 1) if n % 4 == 0]


def test_a_reading_of_many_marks_is_kept_whole_only_after_as_many_acts(monkeypatch, store: Store, file: Path):
    monkeypatch.setattr(revision_rows, "SNAPSHOT_EVERY", 2)
    reading, number = begin(store)
    for step in range(6):
        reading = with_mark(reading, float(step))
    for step in range(14):
        reading = replace(reading, done=step % 2 == 0)
        number = store.save(reading, reader=reading.reader, based_on=number, act=Act.EDIT, label=str(step))
    with sqlite3.connect(file) as raw:
        kept = raw.execute("SELECT number FROM revisions WHERE snapshot IS NOT NULL").fetchall()
    raw.close()
    assert kept == [(6,), (12,)]
    assert begin(store) == (reading, 14)


@pytest.mark.parametrize("at_once", [1, 2, 3, 7])
def test_marks_written_in_pieces_are_written_alike(monkeypatch, at_once: int):
    reading = full_reading(Reading(id="r", reader="a", study_instance_uid=STUDY))
    for step in range(4):
        reading = with_mark(reading, float(step))
    changes = diff(reading.blank(), edits.remove_marks(reading, [reading.marks[0].id]))
    gone = diff(reading, reading.blank())
    whole = [encoding.encode_reading(reading), *map(encoding.encode_changes, (changes, gone))]
    monkeypatch.setattr(encoding, "MARKS_AT_ONCE", at_once)
    pieces = [encoding.encode_reading(reading), *map(encoding.encode_changes, (changes, gone))]
    assert pieces == whole
    assert encoding.decode_reading(pieces[0], "here") == reading
    lost = replace(reading.marks[-1], point=ImagePoint(float("nan"), 1.0))
    with pytest.raises(StoreError, match="cannot be saved"):
        encoding.encode_reading(replace(reading, marks=(*reading.marks[:-1], lost)))


def test_values_share_what_did_not_change(store: Store):
    reading, number = begin(store)
    for step in range(5):
        reading = with_mark(reading, float(step))
        number = store.save(reading, reader=reading.reader, based_on=number, act=Act.EDIT, label="Mark")
    revisions = store.revisions(reading.id)
    assert revisions[4].reading.marks[0] is revisions[0].reading.marks[0]


points = st.builds(
    ImagePoint,
    st.floats(-1e6, 1e6, allow_nan=False),
    st.floats(-1e6, 1e6, allow_nan=False),
)
words = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["add", "move", "remove", "say", "undo"]), points, words), max_size=12)
)
def test_any_session_comes_back(store: Store, session):
    study = f"2.25.{os.urandom(8).hex()}"
    reading, number = begin(store, study=study)
    blank, done = reading, []
    for what, point, said in session:
        act = Act.EDIT
        if what == "add" or not reading.marks:
            reading = with_mark(reading, point.column)
        elif what == "move":
            reading = edits.move_mark(reading, reading.marks[0].id, point)
        elif what == "remove":
            reading = edits.remove_marks(reading, [reading.marks[-1].id])
        elif what == "say":
            reading = edits.describe(reading, reading.findings[0].id, comment=said)
        else:
            reading, act = (done[-2][0] if len(done) > 1 else blank), Act.UNDO
        done.append((reading, act, said))
        number = store.save(reading, reader=reading.reader, based_on=number, act=act, label=said)
    assert begin(store, study=study)[1] == len(done)
    if done:
        assert [(r.reading, r.act, r.label) for r in store.revisions(reading.id)] == done


def test_threads_share_a_store(store: Store):
    started = threading.Barrier(4)

    def read_one(reader: str) -> None:
        started.wait()
        reading, number = begin(store, reader=reader)
        for step in range(10):
            reading = with_mark(reading, float(step))
            number = store.save(reading, reader=reading.reader, based_on=number, act=Act.EDIT, label="Mark")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read_one, [f"reader {i}" for i in range(4)]))
    assert sorted((s.reader, s.revisions, s.marks) for s in store.readings()) == [
        (f"reader {i}", 10, 10) for i in range(4)
    ]


WRITER = """
import sys
from annotator.store.store import Store
from annotator.model import edits
from annotator.model.history import Act
store = Store.open(sys.argv[1])
reading, number = store.open_reading("1.2", sys.argv[2], lexicon_edition="5")
for _ in range(20):
    reading, _f = edits.add_finding(reading)
    number = store.save(reading, reader=reading.reader, based_on=number, act=Act.EDIT, label="x")
store.close()
"""


def test_processes_share_a_file_from_the_first_moment(file: Path):
    command = [sys.executable, "-W", "error", "-c", WRITER, url(file)]
    running = [subprocess.Popen([*command, f"r{i}"]) for i in range(3)]
    assert [p.wait(timeout=60) for p in running] == [0, 0, 0]
    store = Store.open(url(file))
    assert sorted((s.reader, s.findings) for s in store.readings()) == [(f"r{i}", 20) for i in range(3)]
    store.close()


def test_summaries_say_what_the_last_revision_says(store: Store):
    reading, _ = begin(store)
    reading = full_reading(reading)
    reading, _ = edits.add_finding(reading)
    store.save(reading, reader=reading.reader, based_on=0, act=Act.EDIT, label="Describe")
    (summary,) = store.readings()
    assert (summary.study_instance_uid, summary.reader, summary.revisions) == (STUDY, "a", 1)
    assert (summary.findings, summary.marks, summary.assessments) == (2, 3, ("4B", ""))
    assert summary.last_label == "Describe"
    assert summary.last_at == store.revisions(reading.id)[0].at


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE revisions SET label = 'x'",
        "DELETE FROM revisions",
        "DELETE FROM readings",
        "UPDATE readings SET reader = 'x'",
        "INSERT OR REPLACE INTO revisions SELECT * FROM revisions WHERE number = 1",
        "INSERT INTO revisions SELECT reading_id, 7, act, label, at, reader, '1', '{}', NULL, 0, 0, '[]', '', 0, NULL, NULL, NULL FROM revisions",
        "UPDATE readings SET exam_date = '2001-01-01', patient = NULL",
        "DELETE FROM salt",
        "UPDATE salt SET value = ''",
    ],
)
def test_what_is_saved_cannot_be_changed_by_any_program(store: Store, file: Path, statement: str):
    reading, _ = store.open_reading(STUDY, "a", lexicon_edition="5", exam_date=date(2026, 3, 4), patient="P1")
    store.save(with_mark(reading), reader=reading.reader, based_on=0, act=Act.EDIT, label="Mark")
    raw = sqlite3.connect(file, isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match=r"never changed or removed|one after another"):
        raw.execute(statement)
    raw.close()
    assert [r.label for r in store.revisions(reading.id)] == ["Mark"]


def test_sqlite_is_set_for_power_loss(store: Store):
    with store._engine.connect() as connection:
        said = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert said == ["wal", 2, 1]


@pytest.mark.skipif(os.name == "nt", reason="rights are kept elsewhere there")
def test_the_file_is_its_owners(store: Store, file: Path):
    reading, _ = begin(store)
    store.save(reading, reader=reading.reader, based_on=0, act=Act.EDIT, label="a")
    for made in file.parent.iterdir():
        assert stat.S_IMODE(made.stat().st_mode) == 0o600, made


def refusal(path_or_url: Path | str) -> str:
    with pytest.raises(StoreError) as caught:
        Store.open(path_or_url if isinstance(path_or_url, str) else url(path_or_url))
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_places_that_cannot_be_used_are_told(tmp_path: Path):
    assert "does not exist" in refusal(tmp_path / "missing" / "readings.db")
    assert "is a folder" in refusal(tmp_path)
    assert "not a database URL" in refusal("readings.db")
    assert "'mysql'" in refusal("mysql://host/name")
    assert "not a database URL" in refusal("postgresql://me:secret@host:port/name")
    assert "options that cannot be used (color)" in refusal(f"{url(tmp_path / 'a.db')}?color=red")
    assert "options that cannot be used (timeout)" in refusal(f"{url(tmp_path / 'a.db')}?timeout=long")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/mounts").exists(), reason="the system does not say cheaply")
def test_a_network_drive_is_refused(monkeypatch, file: Path):
    assert sqlite._file_system(Path("/proc/self")) == "proc"
    kind = sqlite._file_system(file.parent)
    monkeypatch.setattr(sqlite, "_NETWORK", {kind})
    assert f"network drive ({kind})" in refusal(file)
    assert not file.exists()


def test_a_database_in_memory_serves_several_threads():
    store = Store.open("sqlite://")
    with ThreadPoolExecutor(3) as pool:
        list(
            pool.map(
                lambda n: store.save(begin(store, reader=n)[0], reader=n, based_on=0, act=Act.EDIT, label=n),
                "abc",
            )
        )
    assert sorted(s.reader for s in store.readings()) == ["a", "b", "c"]
    store.close()


def test_a_missing_driver_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install" in refusal("postgresql://someone:secret@nowhere/x")


def test_a_file_that_is_no_database_is_told_and_left_alone(file: Path):
    file.write_bytes(b"Dear diary, " * 500)
    assert "is not a database" in refusal(file)
    assert file.read_bytes() == b"Dear diary, " * 500


def test_a_database_of_another_program_is_left_alone(file: Path):
    with sqlite3.connect(file) as raw:
        raw.execute("CREATE TABLE bookmarks (x)")
    raw.close()
    assert "another program" in refusal(file)


def test_a_damaged_file_is_told(store: Store, file: Path):
    reading, number = begin(store)
    for step in range(60):
        reading = with_mark(reading, float(step))
        number = store.save(reading, reader=reading.reader, based_on=number, act=Act.EDIT, label="Mark")
    store.close()
    data = bytearray(file.read_bytes())
    half = len(data) // 2
    data[half:] = b"\xa5" * (len(data) - half)
    file.write_bytes(data)
    damaged = Store.open(url(file))
    with pytest.raises(StoreError, match="damaged"):
        damaged.revisions(reading.id)
    damaged.close()


def test_a_locked_file_is_told(file: Path):
    store = Store.open(f"{url(file)}?timeout=0.05")
    reading, _ = begin(store)
    raw = sqlite3.connect(file, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked by another program"):
        store.save(reading, reader=reading.reader, based_on=0, act=Act.EDIT, label="a")
    raw.execute("ROLLBACK")
    raw.close()
    assert store.save(reading, reader=reading.reader, based_on=0, act=Act.EDIT, label="a") == 1
    store.close()


def test_a_read_only_file_can_be_read_and_says_so_when_saving(store: Store, file: Path):
    reading, _ = begin(store)
    store.save(reading, reader=reading.reader, based_on=0, act=Act.EDIT, label="a")
    only = Store.open(f"sqlite:///file:{file}?mode=ro&uri=true")
    seen, number = begin(only)
    assert (seen, number) == (reading, 1)
    with pytest.raises(StoreError, match="can only be read"):
        only.save(seen, reader=seen.reader, based_on=1, act=Act.EDIT, label="b")
    only.close()


def test_a_full_disk_is_told_and_loses_nothing(store: Store):
    reading, number = begin(store)
    number = store.save(with_mark(reading), reader=reading.reader, based_on=0, act=Act.EDIT, label="a")
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    reading = full_reading(reading)
    wordy = edits.describe(reading, reading.findings[0].id, comment="word " * 20_000)
    with pytest.raises(StoreError, match="disk is full"):
        store.save(wordy, reader=wordy.reader, based_on=number, act=Act.EDIT, label="b")
    assert [r.label for r in store.revisions(reading.id)] == ["a"]
    with store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=100000")
    assert store.save(wordy, reader=wordy.reader, based_on=number, act=Act.EDIT, label="b") == 2


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_would_not_come_back_is_not_saved(store: Store, number: float):
    reading, _ = begin(store)
    reading = with_mark(reading)
    spoilt = replace(measured(ImagePoint(1.0, 1.0)), cnr=number)
    reading = edits.move_mark(reading, reading.marks[0].id, ImagePoint(1.0, 1.0), spoilt)
    with pytest.raises(StoreError, match="cannot be saved"):
        store.save(reading, reader=reading.reader, based_on=0, act=Act.EDIT, label="a")
    assert store.readings() == ()


def insert_delta(store: Store, file: Path, delta: str, act: str = "edit") -> Reading:
    reading, _ = begin(store)
    store.save(full_reading(reading), reader=reading.reader, based_on=0, act=Act.EDIT, label="a")
    with sqlite3.connect(file) as raw:
        raw.execute(
            "INSERT INTO revisions VALUES (?, 2, ?, 'x', '2026-01-01 00:00:00', 'a', '9', ?, NULL, 0, 0, '[]', '', NULL, NULL, NULL, NULL)",
            (reading.id, act, delta),
        )
    raw.close()
    return reading


@pytest.mark.parametrize(
    ("delta", "said"),
    [
        ('{"findings":{},"marks":{},"clusters":{},"lexicon_edition":null,"drawings":{}}', "'drawings'"),
        ('{"findings":{"a":{"id":"a","number":9,"tracking_uid":"1","ward":3}}}', "'findings.a.ward'"),
        (
            (
                '{"clusters":{"a":{"id":"a","number":1,"finding_id":"f","image":{"sop_instance_uid":"1"},'
                '"outline":[{"column":1.0,"row":1.0},{"column":1.0,"row":1.0,"slice":4}]}}}'
            ),
            "'clusters.a.outline.slice'",
        ),
        ('{"marks":{"a":{"id":"a","number":"nine"}}}', "cannot be understood"),
        ("{", "cannot be understood"),
    ],
)
def test_values_of_a_newer_program_are_told(store: Store, file: Path, delta: str, said: str):
    reading = insert_delta(store, file, delta)
    with pytest.raises(StoreError, match=said):
        store.revisions(reading.id)
    with pytest.raises(StoreError, match=said):
        begin(store)


def test_an_act_of_a_newer_program_is_told(store: Store, file: Path):
    reading = insert_delta(store, file, "{}", act="countersign")
    with pytest.raises(StoreError, match="'countersign'"):
        store.revisions(reading.id)


def test_a_delta_of_an_older_program_is_read(store: Store, file: Path):
    reading = insert_delta(store, file, '{"findings":{"a":{"id":"a","number":9,"tracking_uid":"1"}}}')
    assert begin(store)[0].findings[-1].number == 9
    assert len(store.revisions(reading.id)[-1].reading.findings) == 2


def test_a_newer_database_is_refused_and_left_alone(store: Store, file: Path):
    store.close()
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = file.read_bytes()
    with pytest.raises(NewerDatabase, match="newer version of this program"):
        Store.open(url(file))
    assert file.read_bytes() == before


LATER = """
import sqlalchemy as sa
from alembic import op

revision = "9998"
down_revision = "0005"

def upgrade():
    with op.batch_alter_table("readings") as table:
        table.add_column(sa.Column("site", sa.Text))
"""


def test_an_older_database_is_migrated_after_a_copy(monkeypatch, store: Store, file: Path, tmp_path: Path):
    reading, _ = begin(store)
    saved = full_reading(reading)
    store.save(saved, reader=saved.reader, based_on=0, act=Act.EDIT, label="a")
    store.close()
    scripts = tmp_path / "scripts"
    shutil.copytree(Path(schema.__file__).parent / "migrations", scripts)
    (scripts / "versions" / "r9998_site.py").write_text(LATER)
    monkeypatch.setattr(upgrade, "SCRIPTS", str(scripts))
    monkeypatch.setattr(schema, "KNOWN", (*schema.KNOWN, "9998"))
    monkeypatch.setattr(schema, "HEAD", "9998")
    newer = Store.open(url(file))
    assert begin(newer) == (saved, 1)
    newer.close()
    monkeypatch.undo()
    (copy,) = tmp_path.glob("readings.before-0005-*.db")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    old = Store.open(url(copy))
    assert begin(old) == (saved, 1)
    old.close()
    with sqlite3.connect(file) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [("9998",)]
        assert raw.execute("SELECT site FROM readings").fetchall() == [(None,)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    raw.close()


def test_the_migrations_end_where_the_program_thinks():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", upgrade.SCRIPTS)
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert tuple(s.revision for s in scripts.walk_revisions())[::-1] == schema.KNOWN


def test_the_migrations_make_the_tables_the_program_uses(store: Store, file: Path):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    engine = create_engine(url(file))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_a_current_database_opens_without_alembic(store: Store, file: Path, tmp_path: Path):
    store.close()
    program = (
        "import sys; from annotator.store.store import Store; Store.open(sys.argv[1]).close(); "
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program, url(file)], check=True, cwd=tmp_path)
