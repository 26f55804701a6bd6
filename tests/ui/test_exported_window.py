"""The window in which an image is seen goes out with its marks."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from small_exam import write_exam
from test_window import click_spot, hang

from annotator.exchange import gsps
from annotator.model.image import Window
from annotator.ui.window.export_page import ExportPage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def test_a_presentation_state_has_the_window_in_use(qtbot, open_window, tmp_path: Path) -> None:
    window = open_window()
    hang(qtbot, window, write_exam(tmp_path / "exam"))
    click_spot(window, 0, 0)
    in_use = Window(1234.5, 678.0)
    window.grid.viewports[0].set_voi(in_use)
    out = tmp_path / "out"
    out.mkdir()
    window.actions_by_id["export"].trigger()
    page = window.findChild(ExportPage)
    for name, box in page.forms.boxes.items():
        box.setChecked(name == "gsps")
    page.folder.setText(str(out))
    QTest.mouseClick(page.begin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(page.words.text()) and not page.stop.isEnabled(), timeout=60_000)
    drawing = gsps.read(next(out.glob("*.dcm")))
    assert list(drawing.windows.values()) == [in_use]
    assert len(drawing.drawn) == 1
