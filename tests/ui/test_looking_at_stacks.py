"""Walk, links and what was seen on a stack, while slices, slabs and cine go on as ever."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from small_stack import write_stack

from annotator.ui.looking.coverage_watch import REST_MS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def window(qtbot, open_window, tmp_path):
    window = open_window()
    window.open_paths([write_stack(tmp_path / "stack")])
    qtbot.waitUntil(lambda: window.desk.session is not None and window.exam_view.exact, timeout=20_000)
    window.grid.active.setFocus()
    return window


def press(window, key, held=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(window.grid.active, key, held)


def test_cine_keeps_the_area_and_its_slices_count(qtbot, window):
    viewport, coverage = window.grid.active, window.looking_commands.coverage
    press(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    press(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    press(window, Qt.Key.Key_Q)
    info, view, voi = viewport.picture.info, viewport.view, viewport.voi
    qtbot.waitUntil(lambda: coverage.share(info) > 0, timeout=3000)
    one_slice = coverage.share(info)
    press(window, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: coverage.share(info) > 3.5 * one_slice, timeout=10_000)
    window.stack_commands.cine.stop()
    assert (viewport.view, viewport.voi) == (view, voi)
    assert "area 1 of" in window.status.looking.text()


def test_a_slab_keeps_the_area_and_does_not_count(qtbot, window):
    viewport, coverage = window.grid.active, window.looking_commands.coverage
    press(window, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: viewport.picture.slab is not None, timeout=5000)
    press(window, Qt.Key.Key_Q)
    view = viewport.view
    qtbot.wait(REST_MS + 100)
    assert coverage.share(viewport.picture.info) == 0
    press(window, Qt.Key.Key_J)
    press(window, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: viewport.picture.slab is None, timeout=5000)
    qtbot.waitUntil(lambda: coverage.share(viewport.picture.info) > 0, timeout=3000)
    assert viewport.view == view
