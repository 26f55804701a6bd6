"""A viewport and whole windows for the tests of this folder; none of them, and no thread, is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.bootstrap import open_workspace
from annotator.settings import load_settings
from annotator.ui.main_window import MainWindow
from annotator.ui.panes.viewport import Viewport
from annotator.ui.task_runner import TaskRunner
from annotator.ui.theme import apply_theme

PATIENCE_MS = 30_000
"""How long is waited for what comes by itself, on a machine that does much else: pytest-qt would give up after 5 s."""

for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitActive, QtBot.waitExposed):
    wait.__kwdefaults__["timeout"] = PATIENCE_MS


@pytest.fixture
def viewport(qtbot) -> Viewport:
    """An empty viewport of 500 x 400 pixels without words."""
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(500, 400)
    viewport.set_overlay_level(2)
    viewport.show()
    return viewport


@pytest.fixture
def open_window(qtbot, tmp_path: Path) -> Iterator[Callable[..., MainWindow]]:
    """Opens windows on one database, with settings of their own by name."""
    opened = []
    bugs: list[BaseException] = []
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app)

    def make(**settings: str) -> MainWindow:
        overrides = {"database": f"sqlite:///{tmp_path / 'r.db'}", "reader": "anna", **settings}
        workspace = open_workspace(load_settings(overrides=overrides))
        runner = TaskRunner(bugs.append)
        window = MainWindow(workspace, runner)
        opened.append((window, runner, workspace))
        qtbot.addWidget(window)
        window.resize(1280, 720)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        return window

    yield make
    for window, runner, workspace in opened:
        window.close()
        runner.shutdown()
        workspace.close()
        assert not window.isVisible()
    assert bugs == []
    assert [t.name for t in threading.enumerate() if t.name.startswith(("query", "prompt", "write"))] == []
