"""Stacks in the window through real wheel, key and mouse events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hands import drag, wheel
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from small_stack import FRAMES, pixels, write_stack

from annotator.bootstrap import open_workspace
from annotator.settings import load_settings
from annotator.ui.main_window import MainWindow
from annotator.ui.task_runner import TaskRunner
from annotator.ui.theme import apply_theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

Opener = Callable[..., MainWindow]
MIDDLE = (FRAMES + 1) // 2
KEYS = Qt.Key
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def open_window(qtbot, tmp_path: Path) -> Iterator[Opener]:
    """Opens a window with files hung; afterwards none, and no thread, is left."""
    opened = []
    bugs: list[BaseException] = []
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app)

    def make(*paths: Path) -> MainWindow:
        workspace = open_workspace(
            load_settings(overrides={"database": f"sqlite:///{tmp_path / 'r.db'}", "reader": "anna"})
        )
        runner = TaskRunner(bugs.append)
        window = MainWindow(workspace, runner)
        opened.append((window, runner, workspace))
        qtbot.addWidget(window)
        window.resize(1280, 720)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        window.open_paths(list(paths))
        qtbot.waitUntil(lambda: window.desk.session is not None, timeout=10_000)
        settled(qtbot, window)
        return window

    yield make
    for window, runner, workspace in opened:
        window.close()
        runner.shutdown()
        workspace.close()
    assert bugs == []
    assert [t.name for t in threading.enumerate() if t.name.startswith(("query", "write"))] == []


def settled(qtbot, window: MainWindow) -> None:
    """Every pane shows what it was asked for last."""

    def done() -> bool:
        view = window.exam_view
        return not view.loading and not any(view.stacks.arriving(p) for p in range(view.panes))

    qtbot.waitUntil(done, timeout=10_000)


def shown(window: MainWindow, pane: int = 0) -> int:
    picture = window.grid.viewports[pane].picture
    assert picture is not None
    return picture.frame_number


def middle_of(viewport) -> QPointF:
    return QPointF(viewport.width() / 2, viewport.height() / 2)


def key(window: MainWindow, which: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.grid.active, which, modifier)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    return write_stack(tmp_path / "stack")


def test_a_stack_opens_in_its_middle_and_the_wheel_goes_through_it(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport = window.grid.active
    assert shown(window) == MIDDLE
    wheel(viewport, middle_of(viewport), -120)
    settled(qtbot, window)
    assert shown(window) == MIDDLE + 1
    wheel(viewport, middle_of(viewport), 360)
    settled(qtbot, window)
    assert shown(window) == MIDDLE - 2
    assert (viewport.picture.frame == pixels()[MIDDLE - 3]).all()


def test_the_slice_asked_for_last_arrives_however_fast_one_scrolls(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport = window.grid.active
    seen = []
    window.exam_view.slice_shown.connect(lambda _pane, picture: seen.append(picture.frame_number))
    for _ in range(30):
        wheel(viewport, middle_of(viewport), -120)
    settled(qtbot, window)
    assert shown(window) == FRAMES
    for turned in (120, 120, -120, 120, 120, 120):
        wheel(viewport, middle_of(viewport), turned)
    settled(qtbot, window)
    assert shown(window) == FRAMES - 4
    assert viewport.picture is not None


def test_between_slices_zoom_window_and_inversion_stay(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport = window.grid.active
    wheel(viewport, middle_of(viewport), 120, CONTROL)
    assert shown(window) == MIDDLE, "with Ctrl the wheel zooms"
    drag(viewport, [middle_of(viewport), middle_of(viewport) + QPointF(60, 30)], Qt.MouseButton.RightButton)
    key(window, KEYS.Key_I)
    before = viewport.view, viewport.voi, viewport.inverted
    wheel(viewport, middle_of(viewport), -120)
    settled(qtbot, window)
    assert shown(window) == MIDDLE + 1
    assert (viewport.view, viewport.voi, viewport.inverted) == before
    assert viewport.inverted


def test_slices_are_decoded_ahead_until_all_are_there(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    frames = window.exam_view.stacks.frames
    info = window.grid.active.picture.info
    qtbot.waitUntil(lambda: len(frames.kept(info)) == FRAMES, timeout=10_000)
    # from now on nothing has to be waited for
    wheel(window.grid.active, QPointF(50, 50), -240)
    assert shown(window) == MIDDLE + 2
    assert 0 < frames.used <= window.exam_view.stacks.frames.budget


def test_one_comes_back_to_the_slice_one_left(qtbot, open_window, stack, tmp_path) -> None:
    other = write_stack(tmp_path / "other", uid="2.25.77.2", view="MLO")
    window = open_window(stack, other)
    window.exam_view.set_layout(1)
    settled(qtbot, window)
    wheel(window.grid.active, QPointF(50, 50), -360)
    settled(qtbot, window)
    uid = window.grid.active.picture.info.sop_instance_uid
    key(window, KEYS.Key_V)
    qtbot.waitUntil(lambda: window.grid.active.picture.info.sop_instance_uid != uid, timeout=10_000)
    assert shown(window) == MIDDLE
    key(window, KEYS.Key_V)
    qtbot.waitUntil(lambda: window.grid.active.picture.info.sop_instance_uid == uid, timeout=10_000)
    assert shown(window) == MIDDLE + 3


def test_a_damaged_slice_is_passed_over_with_a_word(qtbot, open_window, tmp_path) -> None:
    path = write_stack(tmp_path / "stack", jpeg_2000=True)
    damage(path, {MIDDLE, MIDDLE + 3})
    window = open_window(path)
    settled(qtbot, window)
    assert shown(window) == MIDDLE + 1, "the middle one cannot be shown, so the next is"
    for _ in range(2):
        wheel(window.grid.active, QPointF(50, 50), -120)
        settled(qtbot, window)
    assert shown(window) == MIDDLE + 2
    assert f"Slice {MIDDLE + 3} cannot be shown" in window.status.message
    wheel(window.grid.active, QPointF(50, 50), -120)
    settled(qtbot, window)
    assert shown(window) == MIDDLE + 4


def damage(path: Path, numbers: set[int]) -> None:
    """Cut off the compressed pictures of some frames, their lengths kept."""
    import pydicom
    from pydicom.encaps import encapsulate, generate_frames

    dataset = pydicom.dcmread(path)
    frames = list(generate_frames(dataset.PixelData, number_of_frames=FRAMES))
    frames = [f[:60] + bytes(len(f) - 60) if n in numbers else f for n, f in enumerate(frames, 1)]
    dataset.PixelData = encapsulate(frames)
    dataset.save_as(path)
