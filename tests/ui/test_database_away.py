"""The database goes away in the middle of marking: nothing that was shown is lost, and everything arrives in order."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from test_session import (  # noqa: F401
    EXAM,
    SPOTS,
    StillPicture,
    bugs,
    mark_all,
    opened,
    picture,
    runner,
)

from annotator.bootstrap import make_workspace, open_workspace
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.mark import MarkKind
from annotator.settings import load_settings, waiting_dir
from annotator.store.journal import journals_in
from annotator.ui.desk import clock as desk_clock
from annotator.ui.desk import saving
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))
STUDY = EXAM.study_instance_uid


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits half a minute here."""
    monkeypatch.setattr(saving, "RETRY_S", (0.2,))
    monkeypatch.setattr(saving, "SLOW_MS", 100)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'r.db'}?timeout=0.1"


@pytest.fixture
def workspace(url: str) -> Iterator[Workspace]:
    made = open_workspace(load_settings(overrides={"database": url, "reader": "r1"}))
    yield made
    made.close()


@pytest.fixture
def session(workspace: Workspace, runner: TaskRunner) -> ReadingSession:  # noqa: F811
    return opened(workspace, runner)


def mark(session: ReadingSession, picture: StillPicture, column: float) -> None:  # noqa: F811
    """A mark where nothing is, as Alt+click makes it."""
    session.mark_spot(picture, ImagePoint(column, 30.0), MarkKind.MICRO, force=True)


def columns(workspace: Workspace) -> list[float]:
    """Where the marks lie that the database has, by a program that begins now."""
    fresh = make_workspace(workspace.settings)
    found = [m.point.column for m in fresh.open_reading(STUDY).reading.marks]
    fresh.close()
    return found


def test_what_the_screen_says_is_saved_another_program_reads_at_that_moment(
    qtbot: QtBot,
    session: ReadingSession,
    picture: StillPicture,  # noqa: F811
    workspace: Workspace,
) -> None:
    beside = make_workspace(workspace.settings)
    seen = []

    def look() -> None:
        if session.save_state is SaveState.SAVED:
            kept = beside.open_reading(STUDY)
            assert (kept.reading, kept.revision) == (session.reading, session.revision)
            seen.append(kept.revision)

    session.save_state_changed.connect(look)
    for column in range(20, 60, 10):
        mark(session, picture, column)
        if column % 20:
            session.undo_stack.undo()
        qtbot.waitUntil(lambda: session.save_state is SaveState.SAVED)
    assert seen[-1] == 6
    beside.close()


def test_a_file_taken_away_is_noticed_and_back_again_has_everything(
    qtbot: QtBot,
    session: ReadingSession,
    picture: StillPicture,  # noqa: F811
    workspace: Workspace,
    tmp_path: Path,
) -> None:
    """A system lets a program write on into a file that was removed: that must not be taken for saved."""
    mark(session, picture, 20)
    assert session.flush()
    away = tmp_path / "away"
    away.mkdir()
    for file in tmp_path.glob("r.db*"):
        file.rename(away / file.name)
    mark(session, picture, 40)
    mark(session, picture, 50)
    qtbot.waitUntil(lambda: session.save_state is SaveState.KEPT)
    assert "is not there any more" in str(session.save_error)
    assert not list(tmp_path.glob("r.db*"))
    assert len(session.reading.marks) == 3
    for file in away.iterdir():
        file.rename(tmp_path / file.name)
    qtbot.waitUntil(lambda: session.save_state is SaveState.SAVED)
    assert columns(workspace) == [20, 40, 50]
    qtbot.waitUntil(lambda: not journals_in(waiting_dir(), workspace.settings.database))


def test_a_locked_file_keeps_nobody_from_reading_on(
    qtbot: QtBot,
    session: ReadingSession,
    picture: StillPicture,  # noqa: F811
    workspace: Workspace,
    tmp_path: Path,
) -> None:
    mark(session, picture, 20)
    assert session.flush()
    other = sqlite3.connect(tmp_path / "r.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for column in (30, 40, 50):
        mark(session, picture, column)
    session.undo_stack.undo()
    qtbot.waitUntil(lambda: session.save_state is SaveState.KEPT and "locked" in str(session.save_error))
    (path,) = journals_in(waiting_dir(), workspace.settings.database)
    assert path.read_text(encoding="utf-8").count("\n") == 5
    other.execute("ROLLBACK")
    other.close()
    qtbot.waitUntil(lambda: session.save_state is SaveState.SAVED)
    assert [r.act for r in session.revisions()] == [*[Act.EDIT] * 4, Act.UNDO]
    assert columns(workspace) == [20, 30, 40]


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_full_disk(
    qtbot: QtBot,
    session: ReadingSession,
    picture: StillPicture,  # noqa: F811
    workspace: Workspace,
    tmp_path: Path,
) -> None:
    mark_all(session, picture)
    assert session.flush()
    largest = max(file.stat().st_size for file in tmp_path.glob("r.db*"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        for column in (20, 30, 40):
            mark(session, picture, column)
        qtbot.waitUntil(lambda: session.save_state is SaveState.KEPT, timeout=10_000)
        assert session.unsaved_acts == 3
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    session.save_now()
    qtbot.waitUntil(lambda: session.save_state is SaveState.SAVED, timeout=10_000)
    assert columns(workspace)[3:] == [20, 30, 40]


def test_where_nothing_can_be_kept_it_is_said_at_once_and_the_exam_stays(
    qtbot: QtBot,
    session: ReadingSession,
    picture: StillPicture,  # noqa: F811
    tmp_path: Path,
) -> None:
    waiting_dir().parent.mkdir(parents=True, exist_ok=True)
    waiting_dir().write_text("a file in the way")
    other = sqlite3.connect(tmp_path / "r.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    mark(session, picture, 20)
    qtbot.waitUntil(lambda: session.save_state is SaveState.FAILED)
    assert "takes no file" in str(session.saving.keep_error)
    assert not session.close()
    waiting_dir().unlink()
    assert session.close()
    assert session.unsaved_acts == 1
    other.close()


@pytest.mark.parametrize("clock", [1, -1])
def test_what_waits_is_there_again_after_a_restart_whatever_the_clock_says(
    qtbot: QtBot,
    session: ReadingSession,
    picture: StillPicture,  # noqa: F811
    workspace: Workspace,
    runner: TaskRunner,  # noqa: F811
    tmp_path: Path,
    clock: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Clock(datetime):
        hours = 0

        @classmethod
        def now(cls, tz: object = None) -> datetime:
            cls.hours += clock
            return datetime.fromtimestamp(1_900_000_000 + 3600 * cls.hours, tz)  # type: ignore[arg-type]

    monkeypatch.setattr(saving, "datetime", Clock)
    monkeypatch.setattr(desk_clock, "datetime", Clock)
    mark(session, picture, 20)
    assert session.flush()
    other = sqlite3.connect(tmp_path / "r.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for column in (30, 40, 50):
        mark(session, picture, column)
    session.undo_stack.undo()
    shown = session.reading
    assert session.close()

    # the exam is opened again while the database is still away
    desk = ReadingDesk(workspace, runner)
    desk.open_exam(EXAM)
    qtbot.waitUntil(lambda: desk.session is not None, timeout=10_000)
    assert desk.session.reading == shown
    desk.session.undo_stack.redo()
    mark(desk.session, picture, 60)
    last = desk.session.reading
    assert desk.close_session()

    # and once more when it is back
    other.execute("ROLLBACK")
    other.close()
    again = ReadingDesk(workspace, runner)
    again.open_exam(EXAM)
    qtbot.waitUntil(lambda: again.session is not None, timeout=10_000)
    assert again.session.reading == last
    assert columns(workspace) == [20, 30, 40, 50, 60]
    acts = [r.act for r in again.session.revisions()]
    assert acts == [*[Act.EDIT] * 4, Act.UNDO, Act.REDO, Act.EDIT]
    assert again.close_session()


def test_an_exam_begun_while_the_database_is_away_is_put_together_with_what_it_holds(
    qtbot: QtBot,
    session: ReadingSession,
    picture: StillPicture,  # noqa: F811
    workspace: Workspace,
    runner: TaskRunner,  # noqa: F811
    tmp_path: Path,
) -> None:
    from annotator.ui.desk.merging import Merging

    mark(session, picture, 20)
    assert session.close()
    fresh = make_workspace(workspace.settings)
    moved = tmp_path / "r.db"
    workspace.close()
    assert fresh.open_reading(STUDY).revision == 1
    moved.rename(tmp_path / "away.db")
    desk = ReadingDesk(fresh, runner)
    merging = Merging(desk, runner)
    desk.open_exam(EXAM)
    qtbot.waitUntil(lambda: desk.session is not None, timeout=10_000)
    assert desk.session.unseen
    assert desk.session.reading.marks == ()
    mark(desk.session, picture, 70)
    qtbot.waitUntil(lambda: desk.session.save_state is SaveState.KEPT)
    (tmp_path / "away.db").rename(moved)
    qtbot.waitUntil(lambda: len(desk.session.reading.marks) == 2, timeout=10_000)
    qtbot.waitUntil(lambda: desk.session.save_state is SaveState.SAVED, timeout=10_000)
    assert columns(workspace) == [20, 70]
    assert not desk.session.unseen
    assert desk.close_session()
    merging.deleteLater()
    fresh.close()


KILLED = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path[:0] = sys.argv[2:4]
from PySide6.QtCore import QCoreApplication
from annotator.bootstrap import open_workspace
from annotator.settings import load_settings
from annotator.ui.desk.session import ReadingSession
from annotator.ui.task_runner import TaskRunner
from test_session import EXAM
app = QCoreApplication([])
workspace = open_workspace(load_settings(overrides={"database": sys.argv[1], "reader": "r1"}))
session = ReadingSession(workspace, TaskRunner(print), EXAM, workspace.open_reading(EXAM.study_instance_uid))
told = -1
def tell():
    global told
    if session.save_state.value.startswith("kept") and session.unsaved_acts != told:
        told = session.unsaved_acts
        print(told, flush=True)
session.save_state_changed.connect(tell)
print("ready", flush=True)
sys.stdin.readline()
while True:
    session.new_finding()
    for _ in range(20):
        app.processEvents()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal there")
def test_a_window_killed_while_acts_wait_has_lost_none_that_it_called_kept(
    url: str, tmp_path: Path, workspace: Workspace
) -> None:
    command = [sys.executable, "-c", KILLED, url, str(Path(__file__).parent), str(Path(__file__).parents[1])]
    other = sqlite3.connect(tmp_path / "r.db", isolation_level=None)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as window:
        assert window.stdout is not None
        assert window.stdin is not None
        assert window.stdout.readline() == "ready\n"
        other.execute("BEGIN IMMEDIATE")
        window.stdin.write("go\n")
        window.stdin.flush()
        told = [window.stdout.readline() for _ in range(8)]
        window.send_signal(signal.SIGKILL)
        told += window.stdout.readlines()
    other.execute("ROLLBACK")
    other.close()
    kept = max(int(line) for line in told if line.endswith("\n"))
    delivered = workspace.waiting.deliver()
    assert delivered.acts >= kept > 5
    reading = workspace.open_reading(STUDY).reading
    assert [f.number for f in reading.findings] == list(range(1, delivered.acts + 1))
    assert workspace.waiting.deliver().acts == 0


READ_ONLY = """
import os, sys
from pathlib import Path
from annotator.bootstrap import open_workspace
from annotator.errors import StoreError
from annotator.model import edits
from annotator.model.history import Act
from annotator.model.opened import UnsavedAct
from annotator.settings import load_settings
from annotator.ui.desk.act_line import ActLine, Places

def read(folder, rights):
    url = f"sqlite:///{folder / 'r.db'}"
    workspace = open_workspace(load_settings(overrides={"database": url, "reader": "r1"}))
    opened = workspace.open_reading("1.2.3")
    places = Places(
        lambda act, n: workspace.save(act.reading, based_on=n, act=act.act, label=act.label),
        lambda reading, n: workspace.revisions(reading)[n:],
        workspace.waiting.begin,
        workspace.waiting.take,
    )
    line = ActLine(places, opened.reading, 0)
    reading, told = opened.reading, []
    for step in range(3):
        reading = edits.add_finding(reading)[0]
        line.put(UnsavedAct(reading, Act.EDIT, "Begin"))
        try:
            line.save_all()
        except StoreError as error:
            told.append(f"{error} {len(line)} {line.all_kept}")
        if not step:
            workspace.close()
            for path in [*folder.glob("r.db*"), folder]:
                os.chmod(path, rights | (0o111 if path == folder else 0))
    workspace.close()
    for path in [folder, *folder.glob("r.db*")]:
        os.chmod(path, 0o755 if path == folder else 0o644)
    line.save_all()
    told.append(f"{len(line)} {len(workspace.open_reading('1.2.3').reading.findings)}")
    workspace.close()
    return told

here = Path(sys.argv[1])
(here / "first").mkdir()
# what this loads could not be loaded by anybody else
read(here / "first", 0o644)
if os.geteuid() == 0:
    for path in [here, *here.rglob("*")]:
        os.chown(path, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
(here / "second").mkdir()
print(*read(here / "second", 0o444), sep=chr(10))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="rights are kept elsewhere there")
def test_a_file_that_can_only_be_read() -> None:
    """Everything is permitted to root, so that the program becomes nobody there."""
    with tempfile.TemporaryDirectory(prefix="read-only-") as folder:
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, folder],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "HOME": folder, "XDG_DATA_HOME": f"{folder}/data", "XDG_CONFIG_HOME": folder},
        )
    assert done.stderr == ""
    *said, counted = done.stdout.splitlines()
    assert [words.rsplit(" ", 2)[1:] for words in said] == [["1", "True"], ["2", "True"]]
    assert all("can only be read" in words for words in said)
    assert counted == "0 3"
