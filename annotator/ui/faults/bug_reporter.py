"""Turns an error that is not the user's into a report and a sentence in the bar; the window goes on."""

from __future__ import annotations

import sys
import threading
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from annotator.errors import SignedReading
from annotator.ui.desk.session import ReadingSession
from annotator.ui.faults.crash import crash_report, describe_crash, write_report

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

ACTS_KEPT = 12
WHAT_HAPPENED = "Something in the program went wrong, and what you did last may not have been done."


def kept_words(session: ReadingSession | None) -> str:
    """What is kept of the reading, in a sentence."""
    if session is None:
        return "No reading was open; everything read before is kept."
    waiting = session.unsaved_acts
    if waiting:
        return f"Your reading is kept: {waiting} act{' waits' if waiting == 1 else 's wait'} to be saved."
    if session.saved_at is None:
        return "Your reading is kept: everything is saved."
    return f"Your reading is kept: everything up to {session.saved_at:%H:%M:%S} is saved."


class BugReporter(QObject):
    """Catches what nobody caught, on every thread, while it is installed; never a loop of messages.

    A bug that was reported already is counted in the bar and written to disk no more.
    """

    _from_thread = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._window: MainWindow | None = None
        self._known: set[str] = set()
        self._acts: deque[str] = deque(maxlen=ACTS_KEPT)
        self._reporting = False
        self._from_thread.connect(self.report, Qt.ConnectionType.QueuedConnection)

    def watch(self, window: MainWindow) -> None:
        """Report in this window from now on."""
        self._window = window
        for act, action in window.actions_by_id.items():
            action.triggered.connect(lambda _checked=False, act=act: self._acts.append(act))

    def install(self) -> None:
        """Catch what slots and threads let through."""
        sys.excepthook = self.excepthook
        threading.excepthook = self._in_thread

    def uninstall(self) -> None:
        """Python's own ways again."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def report(self, bug: BaseException) -> None:
        """Write the report and say so in the window, or on standard error before there is one."""
        report = crash_report(bug, tuple(self._acts))
        what = crash_report(bug)
        if what not in self._known:
            self._known.add(what)
            print(describe_crash(bug, _written(report)), file=sys.stderr)  # noqa: T201  somebody may have started the window from a terminal
        window = self._window
        if window is None or self._reporting:
            return
        # a bug of the bar itself must not be told by the bar
        self._reporting = True
        try:
            kept = kept_words(window.desk.session)
            window.troubles.tell_of_crash(WHAT_HAPPENED, kept, report)
        finally:
            self._reporting = False

    def excepthook(self, kind: type[BaseException], bug: BaseException, trace: TracebackType | None) -> None:
        """What Qt calls for an exception in a slot."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, bug, trace)
        elif isinstance(bug, SignedReading) and self._window is not None:
            # an act that forgot to ask first: nothing was changed, and the reader is told why
            self._window.status.show_message(str(bug))
        else:
            self.report(bug)

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._from_thread.emit(args.exc_value)


def _written(report: str) -> Path | None:
    """The file of a report; a disk that takes none must not be a bug of its own."""
    try:
        return write_report(report)
    except OSError:
        return None
