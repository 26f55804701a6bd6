"""Start and orderly end of the window."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication

from annotator import __version__
from annotator.bootstrap import make_workspace
from annotator.errors import AnnotatorError, PassphraseWanted
from annotator.settings import Settings
from annotator.ui.faults.bug_reporter import BugReporter
from annotator.ui.main_window import MainWindow
from annotator.ui.pictures.freed_memory import keep_one_tight_heap
from annotator.ui.program.goodbye import Goodbye
from annotator.ui.program.polite_end import PoliteEnd
from annotator.ui.program.start import Start
from annotator.ui.task_runner import TaskRunner
from annotator.ui.theme import apply_theme, dressed_at_the_end

SWITCH_S = 0.0005
"""How long a worker may keep the interpreter that the window asks for: each of the dozen OpenCV calls of a paint
gives it away and asks for it back, and Python's own 5 ms for each would add up to a standstill."""


def has_screen() -> bool:
    """Whether a window can be seen; only systems without a built-in display server can lack one."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def make_application() -> QApplication:
    """The one QApplication, themed; the one there is already when there is one (tests, demonstration)."""
    sys.setswitchinterval(SWITCH_S)
    keep_one_tight_heap()
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        apply_theme(existing)
        return existing
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication([sys.argv[0]])
    app.setApplicationName("mammo-annotator")
    app.setApplicationDisplayName("Mammogram Annotator")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("mammo-annotator")
    if not QFontDatabase.families():
        raise AnnotatorError("no font is installed, so no text can be shown; install one (fonts-dejavu-core)")
    apply_theme(app)
    return app


def run(paths: Sequence[Path], settings: Settings, locked: PassphraseWanted | None = None) -> int:
    """Open the window on `paths` and stay until it is closed; the exit status.

    `locked` says why an encrypted database is closed: its passphrase is asked for first, and without it there is no window.
    Everything the empty window does not need is loaded after its first paint (`annotator.ui.program.start`).
    Raises AnnotatorError when there is no screen or the database cannot be used.
    """
    if not has_screen():
        raise AnnotatorError(
            "there is no screen here to open a window on; set DISPLAY, or use what needs none: "
            "annotator demo, or the commands that annotator --help lists"
        )
    app = make_application()
    if locked is not None:
        from annotator.ui.program.passphrase import passphrase_was_told  # noqa: PLC0415  for encrypted databases only

        if not passphrase_was_told(settings.database, locked):
            raise locked
    workspace = make_workspace(settings)
    bugs = BugReporter()
    runner = TaskRunner(bugs.report)
    with dressed_at_the_end(app):
        window = MainWindow(workspace, runner)
    window.places.stay_in_sight()
    bugs.watch(window)
    bugs.install()
    ending = PoliteEnd(window)
    goodbye = Goodbye()
    start = Start(window, workspace, runner, paths, goodbye)
    window.show()
    status = app.exec()
    start.end()
    runner.shutdown()
    workspace.close()
    ending.stop()
    bugs.uninstall()
    goodbye.leave()
    if start.failure is not None:
        raise start.failure
    return status
