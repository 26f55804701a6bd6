"""Going from exam to exam in the real window: read ahead within a budget, done and next, back as it was left."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from small_exam import write_exam
from small_stack import FRAMES, write_stack

from annotator.hanging import Layout
from annotator.model.geometry import ImagePoint
from annotator.ui.commands import worklist as worklist_commands
from annotator.ui.desk.session import ReadingSession
from annotator.ui.desk.visits import Visits
from annotator.ui.desk.worklist_rows import ExamState, Showing, SortBy
from annotator.ui.hanging.read_ahead import MEMORY
from annotator.ui.main_window import MainWindow
from annotator.ui.panes.viewport import Viewport
from annotator.ui.panes.viewport_grid import Board
from annotator.ui.pictures.frame_source import picture_bytes
from annotator.ui.pictures.grey_image import GreyImage, Wanted
from annotator.ui.pictures.picture import Picture

# The offscreen platform says so of every window; it is no fault of ours.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

Opener = Callable[..., MainWindow]
ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
EXAMS = 4


@pytest.fixture
def exams(tmp_path: Path) -> Path:
    folder = tmp_path / "exams"
    for number in range(1, EXAMS + 1):
        write_exam(folder / str(number), patient=f"P{number}", study=f"2.25.{number}00")
    return folder


@pytest.fixture
def no_reflex(monkeypatch) -> None:
    monkeypatch.setattr(worklist_commands, "REFLEX_S", 0)


def hang(qtbot, window: MainWindow, folder: Path) -> None:
    window.open_paths([folder])
    qtbot.waitUntil(lambda: window.desk.session is not None and is_hung(window), timeout=20_000)


def is_hung(window: MainWindow) -> bool:
    """Whether every pane shows an image of the exam that is open."""
    exam = window.desk.exam
    shown = [viewport.picture for viewport in window.grid.shown]
    return exam is not None and all(
        p is not None and p.info.study_instance_uid == exam.study_instance_uid for p in shown
    )


def read_ahead(qtbot, window: MainWindow) -> None:
    qtbot.waitUntil(
        lambda: (
            window.read_ahead.finished
            and not window.runner.busy("picture ahead")
            and not window.runner.busy("reading ahead")
        ),
        timeout=20_000,
    )


def press(window: MainWindow, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.grid.active, key, modifier)


def patient(window: MainWindow) -> str:
    return "" if window.desk.exam is None else window.desk.exam.patient_key


def test_next_and_previous_exam_hang_before_the_key_has_returned(qtbot, open_window: Opener, exams) -> None:
    window = open_window()
    hang(qtbot, window, exams)
    for key, expected in (
        (Qt.Key.Key_PageDown, "P2"),
        (Qt.Key.Key_PageDown, "P3"),
        (Qt.Key.Key_PageUp, "P2"),
    ):
        read_ahead(qtbot, window)
        press(window, key)
        assert patient(window) == expected
        assert window.desk.session is not None
        assert window.desk.session.exam is window.desk.exam
        assert is_hung(window)


def test_the_next_exam_is_exact_when_it_is_first_painted(
    qtbot, open_window: Opener, exams, monkeypatch
) -> None:
    window = open_window()
    hang(qtbot, window, exams)
    for key, expected in ((Qt.Key.Key_PageDown, "P2"), (Qt.Key.Key_PageUp, "P1")):
        read_ahead(qtbot, window)
        asked: list[Wanted] = []
        for viewport in window.grid.viewports:
            monkeypatch.setattr(viewport, "_ask_exact", asked.append)
        press(window, key)
        assert patient(window) == expected
        first = [viewport.grab().toImage() for viewport in window.grid.shown]
        assert not asked
        assert all(viewport.exact for viewport in window.grid.shown)
        with monkeypatch.context() as made_anew:
            for viewport in window.grid.viewports:
                made_anew.setattr(viewport, "_grey", GreyImage())
                made_anew.setattr(viewport, "_ask_exact", None)
            assert [viewport.grab().toImage() for viewport in window.grid.shown] == first


def test_pictures_let_go_take_with_them_what_was_made_ahead(qtbot, open_window: Opener, exams) -> None:
    window = open_window()
    hang(qtbot, window, exams)
    read_ahead(qtbot, window)
    paints = window.exam_view.first_paints
    assert paints.kept > 0
    window.read_ahead.stop()
    window.exam_view.shelf.clear()
    gc.collect()
    assert paints.kept == 0


def test_what_is_made_ahead_follows_the_size_of_the_panes(qtbot, open_window: Opener, exams) -> None:
    window = open_window()
    hang(qtbot, window, exams)
    read_ahead(qtbot, window)
    paints, shelf = window.exam_view.first_paints, window.exam_view.shelf
    following = window.worklist.exams_in_sight[1]
    pictures = [
        None if info is None else shelf.peek(info.key())
        for info in window.exam_view.panes_of(following, None)
    ]
    assert len([p for p in pictures if p is not None]) == 4
    assert paints.missing(pictures) is None
    assert paints.kept == 8
    window.resize(window.width() + 80, window.height() + 60)
    qtbot.waitUntil(lambda: paints.missing(pictures) is not None)
    window.read_ahead.plan()
    qtbot.waitUntil(lambda: paints.missing(pictures) is None, timeout=20_000)
    paints.keep_only(())
    assert paints.missing(pictures) is not None


def test_the_middle_slice_of_the_next_stack_is_there_at_once(
    qtbot, open_window: Opener, tmp_path: Path
) -> None:
    write_exam(tmp_path / "both" / "1", patient="A")
    write_stack(tmp_path / "both" / "2")
    window = open_window()
    hang(qtbot, window, tmp_path / "both")
    read_ahead(qtbot, window)
    press(window, Qt.Key.Key_PageDown)
    picture = window.grid.active.picture
    assert picture is not None
    assert picture.info.is_stack
    assert picture.frame_number == (FRAMES + 1) // 2
    assert len(picture.slices) == FRAMES
    assert window.exam_view.stacks.frames.used > 0
    assert picture.key not in window.exam_view.shelf


def test_rows_say_how_much_of_an_exam_is_ready(qtbot, open_window: Opener, exams) -> None:
    window = open_window()
    hang(qtbot, window, exams)
    read_ahead(qtbot, window)
    ready = window.worklist.list.rows.ready
    assert [ready(f"2.25.{n}00") for n in range(1, EXAMS + 1)] == [(4, 4), (4, 4), (4, 4), (0, 0)]


def test_what_is_read_ahead_stays_in_the_budget_and_the_open_exam_comes_first(
    qtbot, open_window: Opener, exams
) -> None:
    window = open_window()
    hang(qtbot, window, exams)
    shelf = window.exam_view.shelf
    one = max(picture_bytes(picture) for picture in shelf)
    shelf.clear()
    shelf.budget = int(6.5 * one)
    press(window, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: is_hung(window) and window.desk.session is not None)
    read_ahead(qtbot, window)
    assert shelf.bytes <= shelf.budget
    studies = sorted(picture.info.study_instance_uid for picture in shelf)
    assert studies == ["2.25.200"] * 4 + ["2.25.300"] * 2
    assert shelf.bytes == sum(picture_bytes(picture) for picture in shelf)


def test_once_all_is_here_free_memory_is_given_back_once_for_each_exam(
    qtbot, open_window: Opener, exams
) -> None:
    window = open_window()
    begun: list[str] = []
    window.runner.began.connect(begun.append)

    def given_back() -> int:
        return begun.count(MEMORY)

    hang(qtbot, window, exams)
    read_ahead(qtbot, window)
    qtbot.waitUntil(lambda: given_back() == 1 and not window.runner.busy(MEMORY))
    for already in (1, 2):
        press(window, Qt.Key.Key_PageDown)
        read_ahead(qtbot, window)
        qtbot.waitUntil(lambda: given_back() > already and not window.runner.busy(MEMORY))  # noqa: B023
    window.read_ahead.go_on()
    window.read_ahead.go_on()
    assert given_back() == 3


def test_reading_ahead_stands_back_while_a_pane_waits(qtbot, open_window: Opener, exams) -> None:
    window = open_window()
    begun: list[tuple[str, bool]] = []

    def note(lane: str) -> None:
        begun.append((lane, window.exam_view.loading or window.desk.opening))

    window.runner.began.connect(note)
    hang(qtbot, window, exams)
    press(window, Qt.Key.Key_End)
    window.worklist.list.chosen.emit("2.25.400")
    qtbot.waitUntil(lambda: patient(window) == "P4" and is_hung(window))
    read_ahead(qtbot, window)
    ahead = [waited for lane, waited in begun if lane == "picture ahead"]
    assert ahead
    assert not any(ahead)
    window.runner.query("pane 0", lambda _token: None, lambda _none: None)
    window.exam_view.shelf.clear()
    window.read_ahead.go_on()
    assert not window.runner.busy("picture ahead")


def test_a_damaged_neighbour_stops_nothing_and_is_told_when_opened(qtbot, open_window: Opener, exams) -> None:
    broken = exams / "2" / "LCC.dcm"
    window = open_window()
    hang_first(qtbot, window, exams, broken)
    read_ahead(qtbot, window)
    assert window.worklist.list.rows.ready("2.25.200") == (3, 4)
    press(window, Qt.Key.Key_PageDown)
    assert patient(window) == "P2"
    qtbot.waitUntil(lambda: any("cannot be shown" in text for text in window.errors.texts), timeout=5000)


def hang_first(qtbot, window: MainWindow, folder: Path, broken: Path) -> None:
    """The files are listed while they are whole; then one is cut off."""
    window.read_ahead.enabled = False
    hang(qtbot, window, folder)
    broken.write_bytes(broken.read_bytes()[:4000])
    window.read_ahead.enabled = True
    window.read_ahead.plan()


def test_a_reading_taken_ahead_gives_way_to_a_newer_one(qtbot, open_window: Opener, exams) -> None:
    window, other = open_window(), open_window()
    hang(qtbot, window, exams)
    read_ahead(qtbot, window)
    hang(qtbot, other, exams / "2")
    session = other.desk.session
    assert session is not None
    session.new_finding()
    assert session.flush()
    with qtbot.waitActive(window):
        window.activateWindow()
    press(window, Qt.Key.Key_PageDown)
    assert patient(window) == "P2"

    def newer() -> bool:
        mine = window.desk.session
        return mine is not None and mine.revision == 1 and len(mine.reading.findings) == 1

    qtbot.waitUntil(newer, timeout=5000)


def test_done_saves_and_opens_the_next_that_is_not_done(qtbot, open_window: Opener, exams, no_reflex) -> None:
    window = open_window()
    hang(qtbot, window, exams)
    press(window, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: patient(window) == "P2" and window.desk.session is not None)
    press(window, Qt.Key.Key_PageDown, SHIFT)
    qtbot.waitUntil(lambda: patient(window) == "P3" and window.desk.session is not None)
    qtbot.waitUntil(lambda: window.desk.states.get("2.25.200") is ExamState.DONE)
    assert window.worklist.progress.text() == "1 of 4 done"
    for expected in ("P4", "P1"):
        press(window, Qt.Key.Key_PageDown, SHIFT)
        qtbot.waitUntil(lambda: patient(window) == expected and window.desk.session is not None)  # noqa: B023
        qtbot.waitUntil(lambda: not window.runner.busy("states"))
    press(window, Qt.Key.Key_PageDown, SHIFT)
    assert patient(window) == "P1"
    assert "all 4 done" in window.status.message
    qtbot.waitUntil(lambda: window.worklist.progress.text() == "all 4 done", timeout=5000)
    QTest.keyClick(window.grid.active, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.worklist.progress.text() == "3 of 4 done, 1 in progress", timeout=5000)


def test_a_reflex_right_after_opening_calls_nothing_done(
    qtbot, open_window: Opener, exams, monkeypatch
) -> None:
    monkeypatch.setattr(worklist_commands, "REFLEX_S", 3600)
    window = open_window()
    hang(qtbot, window, exams)
    press(window, Qt.Key.Key_PageDown, SHIFT)
    assert patient(window) == "P1"
    assert window.desk.session is not None
    assert not window.desk.session.reading.done
    assert "only just opened" in window.status.message


def seen_in_the_middle(viewport: Viewport) -> tuple[float, float]:
    width, height = viewport.device_size()
    point = viewport.view.to_image(width / 2, height / 2)
    return point.column, point.row


def test_going_back_brings_layout_zoom_and_window_as_they_were(qtbot, open_window: Opener, exams) -> None:
    window = open_window()
    hang(qtbot, window, exams)
    window.exam_view.set_layout(Layout.PAIR)
    qtbot.waitUntil(lambda: is_hung(window))
    window.grid.set_active(window.grid.viewports[1])
    viewport = window.grid.active
    viewport.one_to_one()
    viewport.center_on(ImagePoint(100, 150))
    scale, middle = viewport.view.scale, seen_in_the_middle(viewport)
    press(window, Qt.Key.Key_1)
    voi, label = viewport.voi, viewport.picture.info.label
    press(window, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: patient(window) == "P2" and is_hung(window) and window.desk.session is not None)
    assert window.exam_view.layout is Layout.FOUR
    assert window.status.message == "Opened P2. Alt+Left goes back to P1."
    assert window.worklist.back.text() == "Back to P1  (Alt+Left)"
    press(window, Qt.Key.Key_Left, ALT)
    qtbot.waitUntil(lambda: patient(window) == "P1" and is_hung(window) and window.desk.session is not None)
    assert window.exam_view.layout is Layout.PAIR
    viewport = window.grid.active
    assert (viewport.picture.info.label, viewport.voi) == (label, voi)
    assert viewport.view.scale == scale
    # at 1:1 a picture begins on a whole pixel, whatever the size of the pane was meanwhile
    assert seen_in_the_middle(viewport) == pytest.approx(middle, abs=1)
    assert "Alt+Right goes on to P2" in window.status.message
    press(window, Qt.Key.Key_Right, ALT)
    qtbot.waitUntil(lambda: patient(window) == "P2" and is_hung(window))
    press(window, Qt.Key.Key_Right, ALT)
    assert "no exam to go forward to" in window.status.message


def test_names_hidden_by_key_are_hidden_everywhere(qtbot, open_window: Opener, exams) -> None:
    window = open_window(pseudonyms="")
    hang(qtbot, window, exams)
    control_shift = Qt.KeyboardModifier.ControlModifier | SHIFT
    press(window, Qt.Key.Key_H, control_shift)
    assert window.strip.name.text() == "Patient 1"
    press(window, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: patient(window) == "P2")
    assert window.strip.name.text() == "Patient 2"
    assert window.status.message == "Opened Patient 2. Alt+Left goes back to Patient 1."
    press(window, Qt.Key.Key_H, control_shift)
    assert window.strip.name.text() == "P2"


def test_exams_of_one_patient_are_told_apart_by_their_date(
    qtbot, open_window: Opener, tmp_path: Path
) -> None:
    for year in ("2022", "2024"):
        write_exam(tmp_path / "both" / year, study=f"2.25.{year}", date=f"{year}0312")
    window = open_window()
    hang(qtbot, window, tmp_path / "both")
    press(window, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: window.desk.exam is not None and window.desk.exam.date == "20220312")
    opened = "Opened SMALL-1, 2022-03-12. Alt+Left goes back to SMALL-1, 2024-03-12."
    assert window.status.message == opened
    assert window.worklist.back.text() == "Back to SMALL-1, 2024-03-12  (Alt+Left)"


def test_order_and_states_listed_are_remembered_but_no_typed_words(qtbot, open_window: Opener, exams) -> None:
    window = open_window()
    hang(qtbot, window, exams)
    chosen = replace(window.worklist.choice, sort=SortBy.DATE, showing=Showing.NOT_DONE, text="P3")
    window.worklist.choose(chosen)
    window.close()
    later = open_window()
    assert later.worklist.choice == replace(chosen, text="")


def test_paging_leaves_no_session_and_no_picture_behind(qtbot, open_window: Opener, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    for number in range(30):
        write_exam(folder / f"{number:02}", patient=f"P{number:02}", study=f"2.25.{number + 1}00")
    window = open_window()
    hang(qtbot, window, folder)
    shelf = window.exam_view.shelf
    shelf.budget = 14 * max(picture_bytes(picture) for picture in shelf)
    sessions: weakref.WeakSet[ReadingSession] = weakref.WeakSet()
    pictures: weakref.WeakSet[Picture] = weakref.WeakSet()
    window.desk.session_changed.connect(lambda s: None if s is None else sessions.add(s))
    window.exam_view.picture_shown.connect(lambda _pane, picture: pictures.add(picture))
    for number in range(1, 30):
        press(window, Qt.Key.Key_PageDown)
        wanted = f"P{number:02}"
        qtbot.waitUntil(
            lambda: patient(window) == wanted and is_hung(window) and window.desk.session is not None  # noqa: B023
        )
        read_ahead(qtbot, window)
        assert shelf.bytes <= shelf.budget
    qtbot.wait(50)
    gc.collect()
    assert list(sessions) == [window.desk.session]
    kept = {id(picture) for picture in shelf} | {id(viewport.picture) for viewport in window.grid.viewports}
    assert {id(picture) for picture in pictures} <= kept
    assert shelf.bytes == sum(picture_bytes(picture) for picture in shelf)
    assert len(window.desk._ahead) <= 3


def test_an_exam_left_on_two_screens_comes_back_when_one_is_gone(qtbot, open_window: Opener, exams) -> None:
    window = open_window()
    hang(qtbot, window, exams)
    board = Board()
    qtbot.addWidget(board)
    window.grid.lend_to(board)
    window.exam_view.set_layout(Layout.TWO_SCREENS)
    qtbot.waitUntil(lambda: is_hung(window))
    press(window, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: patient(window) == "P2" and window.desk.session is not None)
    window.exam_view.set_layout(Layout.FOUR)
    window.grid.lend_to(None)
    press(window, Qt.Key.Key_Left, ALT)
    qtbot.waitUntil(lambda: patient(window) == "P1" and is_hung(window) and window.desk.session is not None)
    assert window.exam_view.layout is Layout.FOUR


def test_a_new_way_forgets_where_forward_led() -> None:
    way = Visits()
    for uid in ("a", "b", "c"):
        way.arrive(uid)
    way.intend(-1)
    way.arrive("b")
    assert (way.peek(-1), way.peek(1)) == ("a", "c")
    way.arrive("d")
    assert (way.peek(-2), way.peek(-1), way.peek(1)) == ("a", "b", "")
