"""Brings the exam and the reading on the desk to every part of the window that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QScreen

from annotator.model.finding import Reading
from annotator.model.image import ExamInfo
from annotator.ui.desk.session import ReadingSession
from annotator.ui.panels.history import sentences
from annotator.ui.window.history_acts import HistoryActs
from annotator.ui.window.menu import enable_what_can_be_done

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow


class ReadingInWindow(QObject):
    """Follows the desk and the session on it; decides nothing about either."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        desk = window.desk
        desk.exams_changed.connect(self._show_exams)
        desk.states_changed.connect(window.worklist.show_states)
        desk.session_changed.connect(self._show_session)
        desk.exam_changed.connect(self._show_exam)
        window.exam_view.picture_shown.connect(self._picture_shown)
        window.displays.follow(window, self._show_display)
        window.docks.shown.connect(lambda _name: self.refresh_history())
        self.history_acts = HistoryActs(window)
        self._reader_named = False

    def refresh_history(self) -> None:
        """Tell the history again, when it is in sight."""
        window, session = self._window, self._window.desk.session
        if session is None or not window.docks.is_shown("history"):
            return
        if not session.revision:
            # the database holds a reading from its first act on
            window.history.show_told(())
            return
        word = session.lexicon.word
        window.runner.query(
            "history",
            lambda _token: sentences(session.revisions(), word, session.image_name),
            window.history.show_told,
            lambda error: window.status.show_message(str(error)),
            of_database=True,
        )

    def enable(self, _index: int = 0) -> None:
        """Enable what can be done now."""
        enable_what_can_be_done(self._window)

    def _show_exams(self) -> None:
        window = self._window
        window.worklist.show_exams(window.desk.exams, window.desk.rows)
        window.worklist.show_rejected(len(window.desk.rejected))
        window.problems.show_rejected(window.desk.rejected)
        exam = window.desk.exam
        if exam is not None:
            window.exam_view.set_priors(window.desk.priors_of(exam))
            window.strip.show_exam(exam, window.desk.prior_of(exam))

    def _show_exam(self, exam: ExamInfo) -> None:
        window = self._window
        window.show_images()
        window.worklist.set_current(exam.study_instance_uid)
        window.strip.show_exam(exam, window.desk.prior_of(exam))
        window.hanging_commands.prepare()
        window.exam_view.show_exam(exam, window.desk.priors_of(exam))
        window.view_commands.apply_view()
        window.marking_commands.apply_tool()
        window.grid.active.setFocus()
        self.enable()

    def _show_session(self, session: ReadingSession | None) -> None:
        window = self._window
        window.finding_panel.set_session(session)
        window.follow_up_panel.set_session(session)
        window.strip.set_session(session)
        window.marking_commands.apply_tool()
        window.status.leave_exam()
        window.history.forget_differences()
        if session is not None:
            self._name_reader()
            session.message.connect(window.status.show_act)
            session.reading_changed.connect(self._show_reading)
            session.level.previewed.connect(self._preview)
            session.selection_changed.connect(self._show_selection)
            session.save_state_changed.connect(self.refresh_history)
            session.undo_stack.indexChanged.connect(self.enable)
        self._show_reading()
        self.refresh_history()
        self.enable()

    def _name_reader(self) -> None:
        """Ask the database once, after it was opened for an exam, under which name the reader goes."""
        if self._reader_named:
            return
        self._reader_named = True
        window = self._window
        # a database that does not answer leaves the account there
        window.runner.query(
            "reader",
            lambda _token: window.desk.workspace.reader_name(),
            window.status.show_reader,
            lambda _error: None,
            in_turn=True,
        )

    def _show_display(self, screen: QScreen) -> None:
        window = self._window
        window.hanging_commands.show_outputs()
        note = window.displays.note(screen)
        window.desk.set_display(note)
        window.status.show_display(note)

    def _show_reading(self, _changes: object = None) -> None:
        window, session = self._window, self._window.desk.session
        reading = None if session is None else session.reading
        for viewport in window.grid.viewports:
            viewport.set_reading(reading)
        window.exam_view.set_reading(reading)
        window.words.tell_recalls()
        self._show_selection()

    def _preview(self, reading: Reading) -> None:
        """The marks as they would be, while the hand still turns one."""
        for viewport in self._window.grid.viewports:
            viewport.set_reading(reading)

    def _show_selection(self) -> None:
        window, session = self._window, self._window.desk.session
        if session is not None:
            for viewport in window.grid.viewports:
                viewport.set_selection(
                    session.current_finding_id, session.selected_marks, session.selected_cluster
                )
        window.stack_commands.bring_selection_into_view()
        self.enable()

    def _picture_shown(self, _pane: int, _picture: object) -> None:
        self._window.view_commands.apply_view()
        self._window.pointing.show_view()
        self.enable()
