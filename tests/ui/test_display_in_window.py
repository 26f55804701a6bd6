"""What the window makes of the display: how images are sent, what it says, and what the record keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from small_exam import COLUMNS, ROWS, write_exam

from annotator.model.display import CorrectionSwitch, Measurement
from annotator.model.geometry import ImagePoint
from annotator.reporting import write_findings, write_report
from annotator.ui.display.check import DisplayCheck
from annotator.ui.display.displays import screen_id
from annotator.ui.main_window import MainWindow
from annotator.ui.panes.viewport import Pointer
from annotator.ui.pictures.grey_output import Depth

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
LUMINANCES = (0.4, 60.0, 250.0)


@pytest.fixture
def window(qtbot, tmp_path: Path, open_window) -> MainWindow:
    made = open_window(grey_output="dithered")
    made.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: made.desk.session is not None and made.grid.active.picture is not None)
    return made


def measure_and_correct(qtbot, window: MainWindow) -> None:
    screen = screen_id(window.screen())
    measured = Measurement(screen, AT, "anna", (0, 128, 255), LUMINANCES, serial="A77")
    for event in (measured, CorrectionSwitch(screen, AT, "anna", True)):
        with qtbot.waitSignal(window.displays.changed):
            window.displays.record(event)


def act(qtbot, window: MainWindow) -> None:
    QTest.keyClick(window.grid.active, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.desk.session.unsaved_acts == 0)


def test_every_act_keeps_the_display_it_was_made_on(qtbot, window, tmp_path):
    act(qtbot, window)
    assert window.status.display.text() == "uncalibrated display"
    measure_and_correct(qtbot, window)
    act(qtbot, window)
    assert window.status.display.text() == "GSDF display"
    session = window.desk.session
    first, second = (revision.display for revision in session.revisions())
    assert first == "uncalibrated"
    assert second.startswith("GSDF, measured 2026-11-20, deviation ")
    assert second in window.status.display.toolTip()
    workspace = window.desk.workspace
    write_findings(workspace, session.reading, session.exam, tmp_path / "f.json")
    assert json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["displays"] == [first, second]
    write_report(workspace, session.reading, session.exam, tmp_path / "r.html")
    assert f"<dt>Display</dt><dd>{first}; {second}</dd>" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_an_act_undone_says_on_what_display_that_was(qtbot, window):
    act(qtbot, window)
    measure_and_correct(qtbot, window)
    window.desk.session.undo_stack.undo()
    qtbot.waitUntil(lambda: window.desk.session.unsaved_acts == 0)
    told = [revision.display.partition(",")[0] for revision in window.desk.session.revisions()]
    assert told == ["uncalibrated", "GSDF"]


def test_every_pane_is_sent_what_the_screen_takes(qtbot, window):
    panes = window.grid.viewports
    assert {pane.output.depth for pane in panes} == {Depth.DITHERED}
    before = panes[0].grab().toImage()
    measure_and_correct(qtbot, window)
    assert {pane.output for pane in panes} == {window.displays.output(window.screen())}
    assert panes[0].output.curve is not None
    assert panes[0].grab().toImage() != before


def test_the_lens_is_sent_what_the_screen_takes(qtbot, window):
    viewport = window.grid.active
    middle = ImagePoint(COLUMNS / 2, ROWS / 2)
    window.lens.open(viewport, Pointer(middle, viewport.picture.value_at(middle)))
    before = window.lens.grab().toImage()
    assert window.lens.grab().toImage() == before
    measure_and_correct(qtbot, window)
    assert window.lens.grab().toImage() != before


def test_a_key_opens_the_display_check_and_the_images_stay_usable(qtbot, window):
    QTest.keyClick(window.grid.active, Qt.Key.Key_F9)
    check = window.findChild(DisplayCheck)
    assert check.isVisible()
    assert not check.isModal()
    assert check.who.text() == "anna"
    check.close()
