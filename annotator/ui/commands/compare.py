"""What the acts on a comparison with the exam before do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.model.timeline import inside
from annotator.ui.desk.saying import say
from annotator.ui.window.shown_keys import key_or_menu

if TYPE_CHECKING:
    from annotator.model.finding import Change
    from annotator.ui.main_window import MainWindow

PANEL = "compare"


class CompareCommands(QObject):
    """One of the window's hands; what a comparison suggests is said by the reader or not at all."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        panel = window.compare
        panel.change_taken.connect(self._say)
        panel.exam_wanted.connect(self._open_earlier)
        panel.mark_wanted.connect(self._select)

    def say_suggested_change(self) -> None:
        """Say what the comparison in sight suggests; out of sight it is shown first."""
        window, panel = self._window, self._window.compare
        if not window.docks.is_shown(PANEL):
            window.show_panel(PANEL)
            key = key_or_menu(window.profiles.keys(), "compare_say")
            window.status.show_act(f"{key} again says the change that is suggested, once it stands here.")
            return
        if panel.suggested is None:
            busy = window.compared.busy
            window.status.show_act(
                "The comparison is not done yet." if busy else "No word for the change is suggested."
            )
            return
        self._say(panel.suggested)

    def _say(self, change: Change) -> None:
        """As a chip of the finding panel does."""
        session = self._window.desk.session
        finding = None if session is None else session.current_finding
        if session is None or finding is None:
            return
        word = inside(session.lexicon.word(change))
        if finding.change is change:
            self._window.status.show_act(f"F{finding.number} is said to be {word} already.")
            return
        before = session.reading
        say(session, "change", change)
        if session.reading is not before:
            self._window.status.show_act(f"F{finding.number}: {word}; undo takes it back.")

    def _open_earlier(self) -> None:
        """The earlier exam, to be marked; going back comes back to this one."""
        window = self._window
        exam = window.compared.exam_of(window.compared.chosen)
        if exam is not None:
            back = key_or_menu(window.profiles.keys(), "back_exam")
            window.desk.open_exam(exam)
            window.status.show_act(f"Mark the cluster here; {back} goes back to compare.")

    def _select(self, mark_id: str) -> None:
        session = self._window.desk.session
        if session is not None and any(mark.id == mark_id for mark in session.reading.marks):
            session.select_marks(frozenset({mark_id}))
