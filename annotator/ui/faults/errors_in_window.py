"""Brings what went wrong in any part of the window to the bar, with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.errors import NotAllowed
from annotator.model.counts import counted
from annotator.ui.desk.act_line import never_saved
from annotator.ui.desk.exports import FINDINGS
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.faults.crash_page import CrashPage
from annotator.ui.faults.error_bar import BarAction
from annotator.ui.faults.saving_words import (
    diverged_words,
    no_right_words,
    not_even_here,
    unseen_words,
    waiting_words,
)
from annotator.ui.panels.files_problem import count_sentence

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

SAVING = "saving"
LEAVING = "leaving"
CLOCK = "clock"
FILES = "files"
LEFT = "left on this computer"

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
        desk.arrivals.changed.connect(self._left_here)
        desk.arrivals.arrived.connect(window.status.show_message)
        desk.arrivals.troubled.connect(self._bar.show_error)
        window.merging.failed.connect(self._failed)
        window.exports.failed.connect(self._failed)
        window.backups.failed.connect(self._failed)
        window.copies.failed.connect(self._failed)
        window.imports.failed.connect(self._failed)
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
            session.saving.clock_went_back.connect(lambda words: self._bar.show_error(words, (), CLOCK))
            self._saving(session)
        self._left_here()

    def _saving(self, session: ReadingSession) -> None:
        if session is not self._window.desk.session:
            return
        error = session.save_error
        if session.save_state is SaveState.SAVED:
            self._bar.solved(LEAVING)
            if not session.unseen:
                self._bar.solved(SAVING)
        if error is None:
            return
        again = BarAction("Try again", session.save_now, closes=False)
        keep = BarAction("Save findings as JSON...", lambda: self._keep(session), closes=False)
        if session.save_state is SaveState.KEPT:
            self._kept_here(session, again)
        elif session.saving.diverged:
            self._diverged(session, [keep])
        elif never_saved(error):
            self._bar.show_error(f"Not saved: {error}", [keep], SAVING)
        elif session.unsaved_acts:
            self._bar.show_error(not_even_here(session), [again, keep], SAVING)
        elif session.unseen:
            self._bar.show_error(unseen_words(str(error)), [again], SAVING, quiet=True)

    def _kept_here(self, session: ReadingSession, again: BarAction) -> None:
        error = session.save_error
        if session.saving.diverged:
            self._diverged(session, [])
            return
        others = self._window.desk.arrivals.waiting
        if isinstance(error, NotAllowed):
            words = no_right_words(session.unsaved_acts + others)
        elif session.unseen:
            words = unseen_words(str(error))
        else:
            words = waiting_words(session.unsaved_acts + others, str(error))
        self._bar.solved(LEFT)
        self._bar.show_error(words, [again], SAVING, quiet=self._bar.tells(SAVING))

    def _diverged(self, session: ReadingSession, more: list[BarAction]) -> None:
        together = BarAction("Put together...", self._window.merging.begin, closes=False)
        kept = session.save_state is SaveState.KEPT
        words = diverged_words(session.unsaved_acts, kept=kept, replaced=session.saving.replaced)
        self._bar.show_error(words, [together, *more], SAVING, quiet=self._bar.tells(SAVING))

    def _left_here(self) -> None:
        """Acts on exams that are not open wait on this computer."""
        arrivals, session = self._window.desk.arrivals, self._window.desk.session
        told_above = session is not None and session.save_state is SaveState.KEPT
        if not arrivals.waiting or told_above:
            self._bar.solved(LEFT)
            return
        again = BarAction("Try again", arrivals.look, closes=False)
        self._bar.show_error(
            waiting_words(arrivals.waiting, arrivals.away), [again], LEFT, quiet=self._bar.tells(LEFT)
        )

    def _stuck(self, leave: Retry) -> None:
        """Another exam is wanted, and acts of this one can never be saved."""
        session = self._window.desk.session
        if session is None:
            return
        count = session.unsaved_acts
        acts = counted(count, "act")

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
