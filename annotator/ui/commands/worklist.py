"""What the keys for going through the worklist do: done and next, back and forward, names hidden."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence

from annotator.model.image import ExamInfo
from annotator.ui.desk.worklist_rows import ExamState, counts

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

REFLEX_S = 1.5
"""For so long after an exam has opened a key that calls it done is taken for one meant for the exam before."""


class WorklistCommands(QObject):
    """Goes from exam to exam; says where the way back leads."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._desk = window.desk
        self._opened_at = 0.0
        self._desk.exam_changed.connect(self._exam_opened)
        window.names.changed.connect(self._names_changed)
        window.worklist.back_wanted.connect(self.back_exam)

    def done_and_next(self) -> None:
        """Call the exam done and open the next one that is not."""
        if time.monotonic() - self._opened_at < REFLEX_S:
            self._say("This exam has only just opened, so it was not called done. Press the key again.")
            return
        self._desk.when_open(lambda _session: self._finish())

    def toggle_done(self) -> None:
        """Call the exam done, or take it up again."""
        self._window.finding_panel.commit_comment()
        self._desk.when_open(lambda session: session.set_done(not session.reading.done))

    def back_exam(self) -> None:
        self._desk.back()

    def forward_exam(self) -> None:
        self._desk.forward()

    def index_folder(self) -> None:
        """Ask for a folder and index it."""
        self._window.indexed.ask_for_folder()

    def index_again(self) -> None:
        """Look again into the folders that are indexed."""
        self._window.indexed.index([])

    def toggle_indexed(self) -> None:
        """List indexed exams, or those that are open."""
        worklist = self._window.worklist
        worklist.choose_source(indexed=not worklist.shows_indexed)

    def toggle_names(self) -> None:
        """Pseudonyms in place of names, or names again."""
        names = self._window.names
        names.set_hidden(not names.hidden)
        self._say("Names are hidden on the screen." if names.hidden else "Names are shown again.")

    def _finish(self) -> None:
        session, worklist = self._desk.session, self._window.worklist
        if session is None:
            return
        self._window.finding_panel.commit_comment()
        if not session.reading.done:
            session.set_done(True)
        following = self._desk.next_not_done(worklist.exams_in_sight)
        if following is not None:
            self._desk.open_exam(following)
            return
        uids = [exam.study_instance_uid for exam in self._desk.exams]
        states = {**self._desk.states, session.exam.study_instance_uid: ExamState.DONE}
        told = counts(uids, states)
        left_out = "" if told.startswith("all") or worklist.choice.everything else " The filter hides some."
        self._say(f"Done. No further exam is waiting here: {told}.{left_out}")

    def _exam_opened(self, exam: ExamInfo) -> None:
        self._opened_at = time.monotonic()
        self._show_back()
        name, before, after = self._window.names.apart, self._desk.visited(-1), self._desk.visited(1)
        if after is not None:
            key = self._key("forward_exam")
            self._say(f"Back at {name(exam, after)}. {key} goes on to {name(after, exam)}.")
        elif before is not None:
            key = self._key("back_exam")
            self._say(f"Opened {name(exam, before)}. {key} goes back to {name(before, exam)}.")

    def _show_back(self) -> None:
        before, exam = self._desk.visited(-1), self._desk.exam
        name = "" if before is None or exam is None else self._window.names.apart(before, exam)
        self._window.worklist.show_back(name, self._key("back_exam"))

    def _names_changed(self) -> None:
        # what is in sight may hold the name that is to be hidden
        self._window.status.forget_message()
        self._show_back()

    def _key(self, action: str) -> str:
        shortcut = self._window.actions_by_id[action].shortcut()
        return shortcut.toString(QKeySequence.SequenceFormat.NativeText) or "The menu"

    def _say(self, text: str) -> None:
        self._window.status.show_message(text)
