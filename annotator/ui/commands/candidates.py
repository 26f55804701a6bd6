"""What the keys of candidates do: the own first pass, going through what is proposed, deciding of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from annotator.errors import AnnotatorError
from annotator.model.mark import MarkKind
from annotator.ui.actions import Keys, key_text
from annotator.ui.desk import candidate_acts
from annotator.ui.desk.cad_rows import cad_words
from annotator.ui.desk.candidate_measuring import CandidateMeasuring, Results
from annotator.ui.desk.candidate_rows import ProposedRow, RowState
from annotator.ui.desk.candidates import HIDDEN, hint_words, size_words
from annotator.ui.hanging.candidate_search import CandidateSearch
from annotator.ui.hanging.candidate_way import CandidateWay
from annotator.ui.marks.tools import MarkTool
from annotator.ui.panels.candidates import NO_SIZE, NONE_ABOVE, SEARCHING
from annotator.ui.window.shown_keys import key_or_menu

if TYPE_CHECKING:
    from annotator.model.image import ExamInfo
    from annotator.ui.main_window import MainWindow

_WHOLE = 1 - 1e-9


class CandidateCommands(QObject):
    """One of the window's hands. Goes to the line in hand over images and slices, and asks the desk for verdicts."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._candidates = window.candidates
        self._measuring = CandidateMeasuring(window.desk.workspace, window.runner, self)
        self._search: CandidateSearch | None = None
        self._way = CandidateWay(window.exam_view, window.grid, self)
        self._way.arrived.connect(self._prepare)
        self._offered_for = ""
        self._hidden = True
        desk, panel = window.desk, window.candidates_panel
        self._candidates.changed.connect(self._draw)
        self._candidates.current_changed.connect(self._draw)
        window.exam_view.picture_shown.connect(lambda *_what: self._draw())
        desk.exam_changed.connect(self._begin)
        desk.closing.connect(self._measuring.finish)
        panel.chosen.connect(self.choose)
        panel.accepted.connect(self.accept_candidate)
        panel.accepted_as_new.connect(self.accept_as_new_finding)
        panel.rejected.connect(self.reject_candidate)
        panel.reconsidered.connect(self.reconsider_candidate)
        panel.pass_done.connect(self.finish_first_pass)
        panel.wanted.connect(self._ask)
        for viewport in window.grid.viewports:
            viewport.candidate_chosen.connect(self._pointed_at)

    def follow(self, search: CandidateSearch) -> None:
        """Tell how far the search is; called once, when all parts of the window are there."""
        self._search = search
        panel, looking = self._window.candidates_panel, self._window.looking_commands
        panel.stop.connect(search.stop_for_now)
        panel.again.connect(search.try_again)
        search.changed.connect(self._tell_work)
        looking.walker.ended.connect(self._offer)
        looking.coverage.changed.connect(self._offer_when_all_seen)
        self._window.strip.first_pass.clicked.connect(self.finish_first_pass)
        self._candidates.changed.connect(self._show_pass)

    def stop(self) -> None:
        """The window closes."""
        self._candidates.remember()
        if self._search is not None:
            self._search.stop()

    def tell_keys(self, keys: Keys) -> None:
        """Name the keys in force on the buttons of the panel."""
        told = {
            act: (f"{words}  {key_text(keys[act][:1])}".rstrip(), self._window.actions_by_id[act].toolTip())
            for act, words in _ON_BUTTONS.items()
        }
        self._window.candidates_panel.tell_keys(told)
        self._window.strip.first_pass.setToolTip(told["first_pass_done"][1])

    def step_candidate(self, by: int) -> None:
        """The next undecided candidate, or why there is none."""
        self._ask()
        if self._candidates.why_hidden == HIDDEN and not self._done_by_key():
            return
        if self._is_hidden():
            return
        line = self._candidates.step(by)
        if line is None:
            self._say(self._why_none())
            return
        self._way.go_to(line)
        self._say(self._words(line))

    def accept_candidate(self) -> None:
        """Mark the candidate in hand for the finding in hand."""
        self._accept(new_finding=False)

    def accept_as_new_finding(self) -> None:
        """Mark the candidate in hand and begin a finding with it."""
        self._accept(new_finding=True)

    def reject_candidate(self) -> None:
        """The candidate in hand is none."""
        line, session = self._in_hand(), self._window.desk.session
        image = None if line is None else self._candidates.image_of(line)
        if line is None or session is None or image is None:
            return
        state = self._state(line)
        if state is RowState.REJECTED:
            self._say("Rejected already.")
        elif state is RowState.MARKED:
            self._say("You marked this yourself; delete the mark first to reject the candidate.")
        else:
            decisions = image.decisions_at(line, session.reading)
            self._say_act(candidate_acts.reject(session, line, decisions))

    def reconsider_candidate(self) -> None:
        """Nothing was said of the candidate in hand after all."""
        line, session = self._in_hand(), self._window.desk.session
        image = None if line is None else self._candidates.image_of(line)
        if line is None or session is None or image is None:
            return
        decisions = image.decisions_at(line, session.reading)
        if not decisions:
            self._say("Nothing was decided of this candidate.")
            return
        self._say_act(candidate_acts.reconsider(session, decisions))

    def finish_first_pass(self) -> None:
        """The reader has looked at the exam alone."""
        session = self._window.desk.session
        if session is None or self._candidates.why_hidden != HIDDEN:
            self._say(self._candidates.why_hidden or "Candidates are shown already.")
            return
        self._ask()
        if candidate_acts.finish_first_pass(session):
            keys = self._window.profiles.keys()
            first, panel = key_or_menu(keys, "candidate_next"), key_or_menu(keys, "show_candidates")
            self._say(f"First pass done: {first} goes to the first candidate, {panel} lists them.")

    def choose(self, key: str) -> None:
        """Take a line in hand and go to it; the keyboard stays where it is."""
        self._candidates.choose(key)
        line = self._candidates.current
        if line is not None:
            focused = QApplication.focusWidget()
            self._way.go_to(line)
            if focused is not None and self._window.candidates_panel.isAncestorOf(focused):
                focused.setFocus()
            self._say(self._words(line))

    def _pointed_at(self, key: str) -> None:
        """A candidate was taken by the hand on the image: it is in sight already, and the view stays."""
        self._candidates.choose(key)
        line = self._candidates.current
        if line is not None:
            self._prepare(line)
            self._say(self._words(line))

    def _accept(self, *, new_finding: bool) -> None:
        line, session = self._in_hand(), self._window.desk.session
        if line is None or session is None:
            return
        state = self._state(line)
        pieces = line.ids if state is RowState.REJECTED else self._candidates.open_pieces(line)
        if not pieces:
            self._say(
                "Accepted already." if state is RowState.ACCEPTED else "You marked this yourself already."
            )
            return
        if not session.may_change():
            return
        kind = self._kind_in_hand()

        def act_on(results: Results) -> None:
            self._say_act(
                candidate_acts.accept(
                    session, line, pieces, results, unproposed=kind, new_finding=new_finding
                )
            )

        if not self._measuring.when_measured(line, self._way.frames(line), act_on, self._not_measured):
            self._say(f"Measuring {len(pieces)} candidates ...")

    def _in_hand(self) -> ProposedRow | None:
        """The line to decide of; where there is none, what to do is said."""
        if self._is_hidden():
            return None
        line = self._candidates.current
        if line is None:
            key = key_or_menu(self._window.profiles.keys(), "candidate_next")
            self._say(f"No candidate is in hand: {key} goes to the next undecided one.")
        return line

    def _is_hidden(self) -> bool:
        """Whether candidates are not to be seen; says why."""
        self._say(self._candidates.why_hidden)
        return bool(self._candidates.why_hidden)

    def _done_by_key(self) -> bool:
        """The first press says what a second one does; the second says that the first pass is done."""
        session, key = self._window.desk.session, key_or_menu(self._window.profiles.keys(), "candidate_next")
        text = f"Candidates are shown after your own first pass; press {key} again to say it is done"
        if session is not None and self._window.status.message == text:
            return candidate_acts.finish_first_pass(session)
        self._say(text)
        return False

    def _why_none(self) -> str:
        search = self._search
        undecided, total = self._candidates.counts
        if search is None or (not search.searchable and not total):
            return NO_SIZE
        if search.missing and not search.stopped:
            return f"{SEARCHING} {search.progress.done} of {search.progress.total} images are done."
        if search.troubles:
            return search.troubles[0]
        return NONE_ABOVE if not total else f"All {total} candidates are decided." if not undecided else ""

    def _prepare(self, line: ProposedRow) -> None:
        self._measuring.prepare(line, self._way.frames(line), self._not_measured)

    def _kind_in_hand(self) -> MarkKind:
        """What a click would call a spot whose size proposes neither word."""
        tool = self._window.marking_commands.tool_for(self._window.exam_view.active_pane)
        return tool.kind if isinstance(tool, MarkTool) else MarkKind.MICRO

    def _state(self, line: ProposedRow) -> RowState:
        at = self._candidates.place_of(line.key)
        return RowState.UNDECIDED if at is None else self._candidates.state_of(at)

    def _words(self, line: ProposedRow) -> str:
        keys = self._window.profiles.keys()
        yes, no = (key_or_menu(keys, act) for act in ("candidate_accept", "candidate_reject"))
        undecided, total = self._candidates.counts
        name = line.info.name or line.info.file_name
        if line.mark is not None:
            told = [name, size_words(line), *cad_words(line.mark)]
        else:
            told = [name, size_words(line), f"score {line.best.score:.2f}", hint_words(line)]
        acts = f"{yes} accept, {no} reject" if self._state(line) is RowState.UNDECIDED else self._state(line)
        return "  ·  ".join([*(part for part in told if part), acts, f"undecided {undecided} of {total}"])

    def _draw(self) -> None:
        """Let every pane show the candidates of its image; of an earlier exam there are none."""
        for viewport in self._window.grid.viewports:
            picture = viewport.picture
            uid = "" if picture is None else picture.info.sop_instance_uid
            viewport.set_candidates(self._candidates.layer_of(uid))

    def _begin(self, _exam: ExamInfo) -> None:
        self._way.give_up()
        self._measuring.forget()
        if self._window.candidates_panel.isVisible():
            self._ask()

    def _ask(self) -> None:
        if self._search is not None:
            self._search.ask()

    def _tell_work(self) -> None:
        search = self._search
        if search is not None:
            self._window.candidates_panel.show_work(
                search.progress,
                search.share,
                running=search.running,
                stopped=search.stopped,
                troubles=search.troubles,
            )

    def _show_pass(self) -> None:
        """The quiet way to candidates, while the reader whose hands expect radiology has not gone it."""
        session = self._window.desk.session
        waits = (
            session is not None and not session.reading.is_signed and self._candidates.why_hidden == HIDDEN
        )
        self._window.strip.first_pass.setVisible(waits and self._window.profiles.chosen)
        hidden = bool(self._candidates.why_hidden)
        if hidden and not self._hidden:
            # what was said last may have been of a candidate
            self._window.status.forget_act()
        self._hidden = hidden

    def _offer_when_all_seen(self) -> None:
        share = self._window.looking_commands.coverage.share_of_exam
        session = self._window.desk.session
        if share is None or share < _WHOLE or session is None or self._offered_for == session.reading.id:
            return
        self._offer()

    def _offer(self) -> None:
        """All of the exam was walked through: say how candidates come into sight, once for each reading."""
        session, profiles = self._window.desk.session, self._window.profiles
        if session is None or not profiles.chosen or self._candidates.why_hidden != HIDDEN:
            return
        self._offered_for = session.reading.id
        key = key_or_menu(profiles.keys(), "first_pass_done")
        self._say(
            f"You have been through this exam: {key} says that your first pass is done and shows candidates."
        )

    def _not_measured(self, error: AnnotatorError) -> None:
        self._say(f"Nothing was accepted: {error}")

    def _say_act(self, text: str) -> None:
        if text:
            self._say(text)

    def _say(self, text: str) -> None:
        if text:
            self._window.status.show_act(text)


_ON_BUTTONS = {
    "candidate_accept": "Accept",
    "candidate_accept_new": "As new finding",
    "candidate_reject": "Reject",
    "candidate_reconsider": "Take back",
    "first_pass_done": "First pass done",
}
"""What the acts are called on the buttons of their own panel."""
