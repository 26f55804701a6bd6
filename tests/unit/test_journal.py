"""Acts in a file on this computer: on disk before they are told as kept, and back in order, whatever happened."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.errors import JournalError, JournalHeld
from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.model.opened import UnsavedAct
from annotator.store.journal import Journal, database_key, journals_in

DATABASE = "sqlite:////tmp/some/readings.db"
BLANK = Reading(id="r1", reader="Anna Muster", study_instance_uid="2.25.77")


def act(before: Reading, column: float, label: str = "Mark") -> UnsavedAct:
    reading = before if before.findings else edits.add_finding(before)[0]
    point = ImagePoint(column, 1.0)
    reading, _ = edits.add_mark(reading, reading.findings[0].id, ImageKey("2.25.5"), point, MarkKind.MICRO)
    return UnsavedAct(reading, Act.EDIT, label, "a screen", datetime(2026, 1, 1, tzinfo=UTC))


def acts(count: int, first: Reading = BLANK) -> list[UnsavedAct]:
    made: list[UnsavedAct] = []
    for number in range(count):
        made.append(act(made[-1].reading if made else first, float(number)))
    return made


def test_acts_come_back_in_order_with_all_that_belongs_to_them(tmp_path: Path) -> None:
    base, *later = acts(6)
    journal = Journal.begin(tmp_path, DATABASE, base.reading, 7)
    journal.append(later[:2])
    journal.append(later[2:])
    assert journal.acts == later
    journal.release()
    again = Journal(journal.path)
    assert (again.revision, again.base, again.acts) == (7, base.reading, later)
    assert again.last == later[-1].reading
    more = act(again.last, 99.0)
    again.append([more])
    again.release()
    third = Journal(journal.path)
    assert third.acts == [*later, more]
    third.discard()
    assert journals_in(tmp_path, DATABASE) == []


def test_order_is_that_of_the_lines_whatever_the_clock_says(tmp_path: Path) -> None:
    made = acts(3)
    years = (2026, 2001, 2030)
    told = [
        UnsavedAct(one.reading, one.act, f"{year}", one.display, datetime(year, 1, 1, tzinfo=UTC))
        for one, year in zip(made, years, strict=True)
    ]
    journal = Journal.begin(tmp_path, DATABASE, BLANK, 0)
    journal.append(told)
    journal.release()
    again = Journal(journal.path)
    assert [one.label for one in again.acts] == ["2026", "2001", "2030"]
    again.release()


@pytest.mark.skipif(os.name == "nt", reason="rights are kept elsewhere there")
def test_only_its_owner_may_read_it_and_its_name_names_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "waiting"
    journal = Journal.begin(folder, DATABASE, BLANK, 0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert [p.name for p in folder.iterdir()] == [journal.path.name]
    for word in ("Anna", "Muster", "2.25.77", "r1", "readings"):
        assert word not in journal.path.name
    journal.release()


def test_files_are_found_by_database_and_by_reading(tmp_path: Path) -> None:
    other = Reading(id="r2", reader="Berta", study_instance_uid="2.25.78")
    mine, theirs = (Journal.begin(tmp_path, DATABASE, one, 0) for one in (BLANK, other))
    elsewhere = Journal.begin(tmp_path, "sqlite:////tmp/other.db", BLANK, 0)
    assert journals_in(tmp_path, DATABASE) == sorted([mine.path, theirs.path])
    assert journals_in(tmp_path, DATABASE, "2.25.77", "Anna Muster") == [mine.path]
    assert journals_in(tmp_path / "none", DATABASE) == []
    for one in (mine, theirs, elsewhere):
        one.release()


def test_the_name_of_a_database_does_not_depend_on_who_asks_for_it() -> None:
    one, two = (database_key(f"postgresql+psycopg://{who}@host:5432/team") for who in ("a:secret", "b"))
    assert one == two
    assert database_key("postgresql://b@host:5433/team") != one
    assert database_key("postgresql://b@/team?host=/run/a") != database_key(
        "postgresql://b@/team?host=/run/b"
    )


def test_one_program_at_a_time_holds_it(tmp_path: Path) -> None:
    journal = Journal.begin(tmp_path, DATABASE, BLANK, 0)
    with pytest.raises(JournalHeld, match="held by another"):
        Journal(journal.path)
    journal.release()
    Journal(journal.path).release()


FOUR = acts(4)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1))
def test_a_line_torn_anywhere_costs_nothing_before_it(tmp_path: Path, share: float) -> None:
    made = FOUR
    journal = Journal.begin(tmp_path, DATABASE, BLANK, 0)
    ends = []
    for one in made:
        journal.append([one])
        ends.append(journal.path.stat().st_size)
    journal.release()
    cut = round(ends[0] + share * (ends[-1] - ends[0]))
    os.truncate(journal.path, cut)
    again = Journal(journal.path)
    assert again.acts == made[: sum(end <= cut for end in ends)]
    assert again.aside is None
    # and whatever comes next stands behind them
    more = act(again.last, 50.0)
    again.append([more])
    again.release()
    third = Journal(journal.path)
    assert third.acts[-1] == more
    third.discard()


def test_a_changed_line_ends_what_is_believed_and_nothing_is_thrown_away(tmp_path: Path) -> None:
    made = acts(3)
    journal = Journal.begin(tmp_path, DATABASE, BLANK, 0)
    journal.append(made)
    journal.release()
    data = journal.path.read_bytes()
    changed = data.replace(b'"column":1.0', b'"column":8.0')
    assert changed != data
    journal.path.write_bytes(changed)
    again = Journal(journal.path)
    assert again.acts == made[:1]
    assert again.aside is not None
    assert again.aside.read_bytes() == changed
    again.release()


@pytest.mark.parametrize("swap", [(1, 2), (2, 3)])
def test_lines_in_another_order_are_not_believed(tmp_path: Path, swap: tuple[int, int]) -> None:
    made = acts(3)
    journal = Journal.begin(tmp_path, DATABASE, BLANK, 0)
    journal.append(made)
    journal.release()
    lines = journal.path.read_bytes().splitlines(keepends=True)
    lines[swap[0]], lines[swap[1]] = lines[swap[1]], lines[swap[0]]
    journal.path.write_bytes(b"".join(lines))
    again = Journal(journal.path)
    assert again.acts == made[: swap[0] - 1]
    again.release()


def test_a_file_of_a_newer_program_is_told_and_left(tmp_path: Path) -> None:
    journal = Journal.begin(tmp_path, DATABASE, BLANK, 0)
    journal.append([UnsavedAct(BLANK, Act.EDIT, "x")])
    journal.release()
    import hashlib

    first, _ = journal.path.read_bytes().splitlines(keepends=True)
    text = first[17:-1].replace(b'"form":1', b'"form":2')
    journal.path.write_bytes(hashlib.sha256(text).hexdigest()[:16].encode() + b" " + text + b"\n")
    before = journal.path.read_bytes()
    with pytest.raises(JournalError, match="newer program"):
        Journal(journal.path)
    journal.path.write_bytes(b"nothing")
    with pytest.raises(JournalError, match="damaged"):
        Journal(journal.path)
    assert before != journal.path.read_bytes() == b"nothing"


def test_an_act_that_no_database_could_keep_is_left_out(tmp_path: Path) -> None:
    one, two = acts(2)
    spoilt = UnsavedAct(
        edits.describe(one.reading, one.reading.findings[0].id, comment="a\0b"), Act.EDIT, "Comment"
    )  # fmt: skip
    journal = Journal.begin(tmp_path, DATABASE, BLANK, 0)
    journal.append([one, spoilt, two])
    assert journal.acts == [one, two]
    journal.release()
    again = Journal(journal.path)
    assert again.last == two.reading
    again.release()


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_disk_that_is_full_keeps_what_was_told_and_takes_more_once_there_is_room(tmp_path: Path) -> None:
    """RLIMIT_FSIZE cuts a write in the middle of a line, as a full disk does."""
    made = acts(30)
    journal = Journal.begin(tmp_path, DATABASE, BLANK, 0)
    journal.append(made[:2])
    told = 2
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 700, before[1]))
    try:
        with pytest.raises(JournalError, match="free some space"):  # noqa: PT012 - whichever act is the one
            for one in made[2:]:
                journal.append([one])
                told += 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert journal.acts == made[:told]
    journal.append(made[told:])
    journal.release()
    again = Journal(journal.path)
    assert again.acts == made
    assert again.aside is None
    again.release()


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_journal import BLANK, DATABASE, act
from annotator.store.journal import Journal
journal = Journal.begin(Path(sys.argv[1]), DATABASE, BLANK, 0)
last = BLANK
for number in range(100000):
    one = act(last, float(number))
    journal.append([one])
    last = one.reading
    print(number + 1, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal there")
@pytest.mark.parametrize("after", [1, 17])
def test_a_killed_program_has_kept_every_act_it_told_and_lets_go_of_the_file(
    tmp_path: Path, after: int
) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        lines = [program.stdout.readline() for _ in range(after)]
        program.send_signal(signal.SIGKILL)
        lines += program.stdout.readlines()
    told = max(int(line) for line in lines if line.endswith("\n"))
    (path,) = journals_in(tmp_path, DATABASE)
    journal = Journal(path)
    assert len(journal.acts) - told in (0, 1)
    assert [m.point.column for m in journal.last.marks] == [float(n) for n in range(len(journal.acts))]
    journal.discard()
