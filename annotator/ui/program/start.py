"""What happens between the first paint of the window and the first picture, and in which order."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer

from annotator.errors import AnnotatorError, DatabaseAway
from annotator.ui.faults.crash import native_report
from annotator.ui.main_window import MainWindow
from annotator.ui.program.goodbye import Goodbye, kept_here, kept_until
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

UNSEEN_MS = 1000
"""A window that nobody sees (minimised, on another desktop) is not painted; its work begins all the same."""
PICTURE_PATIENCE_S = 5.0
"""How long the database waits for the pictures: longer than four of them on a slow disk take."""
PAINTING_MS = 40
"""What the last picture is given to come onto the screen before the database opens."""


class Start(QObject):
    """Begins once the window is painted: first the files, then, when the panes are filled, the database.

    Python runs one thread at a time, so that loading the database's modules (some 0.2 s) beside the
    first pictures would only make all late. `failure` is why the database cannot be opened; the window
    is closed then. `goodbye` tells whether the window before this one was closed in order; when it was not,
    the bar says what is kept. `end` belongs to every start, whatever becomes of it.
    """

    def __init__(
        self,
        window: MainWindow,
        workspace: Workspace,
        runner: TaskRunner,
        paths: Sequence[Path],
        goodbye: Goodbye | None = None,
    ) -> None:
        super().__init__(window)
        self.failure: AnnotatorError | None = None
        self._window = window
        self._workspace = workspace
        self._runner = runner
        self._paths = list(paths)
        self._goodbye = goodbye
        self._missed = False
        self._begun = False
        self._over = False
        self._database_may_open = threading.Event()
        # every module that is loaded would be searched for garbage again and again, at 60 ms a time
        runner.garbage.hold()
        window.exam_view.picture_shown.connect(self._pane_filled)
        window.exam_view.message.connect(self._pane_filled)
        window.exam_view.failed.connect(self._pane_filled)
        window.desk.exams_changed.connect(self._listed)
        window.installEventFilter(self)
        QTimer.singleShot(UNSEEN_MS, self, self._begin)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            # behind the paint in hand, which reaches the screen when all its parts are drawn
            QTimer.singleShot(0, self, self._begin)
        return False

    def end(self) -> None:
        """The window is closed: what has not begun need not begin."""
        self._over = True
        self._database_may_open.set()

    def _begin(self) -> None:
        if self._begun or self._over:
            return
        self._begun = True
        self._missed = self._goodbye is not None and self._goodbye.arrive()
        if self._paths:
            self._window.open_paths(self._paths)
        else:
            self._database_may_open.set()
        self._runner.write(self._open_database, self._started, self._database_failed)

    def _open_database(self) -> None:
        self._database_may_open.wait(PICTURE_PATIENCE_S)
        if not self._over:
            self._workspace.open_database()
            # or the first click on a picture would wait for it
            import annotator.analysis.spots.snapping  # noqa: F401, PLC0415

    def _started(self, _opened: None) -> None:
        # what is loaded by now stays to the end: later searches for garbage leave it out
        self._runner.garbage.leave_out_what_is_there()
        self._window.desk.arrivals.look()
        if self._missed:
            self._runner.query(
                "goodbye", lambda _token: self._what_is_kept(), self._tell_missed, in_turn=True
            )

    def _what_is_kept(self) -> str:
        try:
            readings = self._workspace.readings()
        except DatabaseAway:
            return kept_here(self._workspace.waiting.on_disk())
        return kept_until(readings, self._workspace.settings.reader, datetime.now().astimezone())

    def _tell_missed(self, text: str) -> None:
        assert self._goodbye is not None
        report = native_report(self._goodbye.trace) if self._goodbye.trace else ""
        self._window.troubles.tell_of_crash(text, "", report)

    def _database_failed(self, error: AnnotatorError) -> None:
        if isinstance(error, DatabaseAway):
            # the reading goes on, on this computer
            self._started(None)
            return
        self.failure = error
        self._window.close()

    def _listed(self) -> None:
        if not self._window.desk.exams:
            self._database_may_open.set()

    def _pane_filled(self, *_what: object) -> None:
        if not self._window.exam_view.loading:
            QTimer.singleShot(PAINTING_MS, self, self._database_may_open.set)
