"""Brings what went wrong in any part of the window to the bar, with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.ui.desk.exports import FINDINGS
from annotator.ui.desk.saving import SaveState, never_saved
from annotator.ui.desk.session import ReadingSession
from annotator.ui.faults.crash_page import CrashPage
from annotator.ui.faults.error_bar import BarAction
from annotator.ui.panels.files_problem import count_sentence

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

SAVING = "saving"
LEAVING = "leaving"
FILES = "files"

Retry = Callable[[], object]


class ErrorsInWindow(QObject):
    """Each error has a topic where it can be solved: it then goes away by itself."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._bar = window.errors
        self._page: CrashPage | None = None
        desk = window.desk
        desk.failed.connect(self._failed)
        desk.nothing_found.connect(self._nothing_found)
        desk.exam_changed.connect(lambda _exam: self._bar.solved(FILES))
        desk.session_changed.connect(self._follow)
        desk.stuck.connect(self._stuck)
        window.exports.failed.connect(self._failed)
        window.exam_view.failed.connect(self._failed)
        window.displays.failed.connect(self._bar.show_error)
        self._bar.left.connect(self._back_to_images)
        if desk.workspace.rules_warning:
            self._bar.show_error(desk.workspace.rules_warning)

    def tell_of_crash(self, what: str, kept: str, report: str) -> None:
        """Say that the program itself went wrong; the report, if there is one, is a press away."""
        look = BarAction("Look at the report", lambda: self._open_report(what, kept, report), closes=False)
        self._bar.show_error(f"{what} {kept}".strip(), [look] if report else ())

    def _open_report(self, what: str, kept: str, report: str) -> None:
        self._page = self._page or CrashPage(self._window)
        self._page.tell(what, kept, report)

    def _back_to_images(self) -> None:
        self._window.grid.active.setFocus()

    def _failed(self, text: str, again: Retry) -> None:
        self._bar.show_error(text, [BarAction("Try again", again)])

    def _nothing_found(self, count: int) -> None:
        show = BarAction("Show files", lambda: self._window.show_panel("problems"))
        self._bar.show_error(
            f"No image was found: {count_sentence(count)}. Open another folder, or see why.", [show], FILES
        )

    def _follow(self, session: ReadingSession | None) -> None:
        self._bar.solved(SAVING)
        self._bar.solved(LEAVING)
        if session is not None:
            session.save_state_changed.connect(lambda: self._saving(session))

    def _saving(self, session: ReadingSession) -> None:
        error = session.save_error
        if session.save_state is SaveState.SAVED:
            self._bar.solved(SAVING)
            self._bar.solved(LEAVING)
        if error is None or session is not self._window.desk.session:
            return
        keep = BarAction("Save findings as JSON...", lambda: self._keep(session), closes=False)
        if never_saved(error):
            self._bar.show_error(f"Not saved: {error}", [keep], SAVING)
            return
        again = BarAction("Try again", session.save_now, closes=False)
        text = f"Not saved: {error}. You can go on reading: what you do waits in order and is tried again"
        self._bar.show_error(text, [again, keep], SAVING)

    def _stuck(self, leave: Retry) -> None:
        """Another exam is wanted, and acts of this one can never be saved."""
        session = self._window.desk.session
        if session is None:
            return
        count = session.unsaved_acts
        acts = f"{count} act{'' if count == 1 else 's'}"

        def lose() -> None:
            session.give_up_unsaved()
            self._bar.solved(LEAVING)
            leave()

        keep = BarAction(
            "Save findings as JSON...",
            lambda: self._window.exports.ask(FINDINGS, session, lose),
            closes=False,
        )
        actions = [keep, BarAction(f"Lose {acts}", lose), BarAction("Stay here", lambda: None)]
        self._bar.show_error(
            f"{acts} of this reading could not be saved: {session.save_error}", actions, LEAVING
        )
        self._bar.take_focus()

    def _keep(self, session: ReadingSession) -> None:
        self._window.exports.ask(FINDINGS, session)
