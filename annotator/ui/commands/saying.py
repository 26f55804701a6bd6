"""What the keys of words do: legends and their letters, presets at the pointer, as last time, a view again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from annotator.model import edits
from annotator.model.finding import Morphology
from annotator.model.mark import MarkKind
from annotator.ui.actions import CHORDS, LINE, Chord, ChordChoice, ChordColumn, key_text
from annotator.ui.actions.said import AS_MEASURED
from annotator.ui.desk.saying import last_said, say, say_as_last, say_line, switch_recall

if TYPE_CHECKING:
    from annotator.ui.desk.session import ReadingSession
    from annotator.ui.main_window import MainWindow

_AS_LAST = "as_last"
_OF_A_FINDING = frozenset({"line", "descriptor", "category", "more"})
"""Legends whose words are said of the finding in hand; `more` has the stage of the exam besides."""
NO_FINDING = "No finding is chosen: click on a calcification first, or choose one with {}."


class SayingCommands(QObject):
    """Every act on the reading is the session's; what it says is `ui.desk.saying`."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def open_chord(self, chord_id: str) -> None:
        """Open a legend; the next letters are for it.

        Without a finding it opens too and says so: letters typed after its key are never those of other commands.
        """
        keys = key_text(self._window.profiles.keys()[f"{chord_id}_chord"][:1])
        chord = replace(next(c for c in (*CHORDS, LINE) if c.id == chord_id), key=keys)
        back = QApplication.focusWidget() or self._window.grid.active
        session = self._window.desk.session
        bare = chord_id in _OF_A_FINDING and (session is None or session.current_finding is None)
        self._window.open_legend(chord, back, self._no_finding() if bare else "")

    def chord_picked(
        self, chord_id: str, choices: Sequence[ChordChoice], sure: bool = False, insist: bool = False
    ) -> None:
        """The letters of a chord were typed, or a row of it was found by its name."""
        session = self._window.desk.session
        if session is None:
            return
        if chord_id == _AS_LAST:
            say_as_last(session)
            return
        of_exam = all(choice.field == "stage" for choice in choices)
        if chord_id in _OF_A_FINDING and session.current_finding is None and not of_exam:
            self._window.status.show_message(f"{self._no_finding()} Nothing was said.")
            return
        if chord_id == LINE.id:
            say_line(session, choices, sure=sure)
            return
        for choice in choices:
            if chord_id == "benign":
                self._mark_benign(session, choice.value, sure=sure, insist=insist)
            elif chord_id == "recall":
                self._recall(session, choice)
            elif choice.value == AS_MEASURED:
                self._window.finding_panel.take_over(choice.field)
            else:
                say(session, choice.field, choice.value)

    def _no_finding(self) -> str:
        return NO_FINDING.format(key_text(self._window.profiles.keys()["next_finding"][:1]))

    def say_as_last(self) -> None:
        """Say of the current finding what the panel offers from the one before; where that is out of sight, ask first."""
        session, window = self._window.desk.session, self._window
        finding = None if session is None else session.current_finding
        if session is None or finding is None:
            return
        offer = last_said(session.reading, finding)
        if offer is None:
            window.status.show_message(
                "Nothing is offered: this finding is described already, or none was described before it."
            )
        elif window.finding_panel.offer_in_sight:
            say_as_last(session)
        else:
            self._ask(f"as {offer.whose}: {offer.words(session.lexicon)}")

    def say_suggested(self) -> None:
        """Take over the distribution that the panel offers."""
        lines = self._window.finding_panel.looks.clusters
        if lines.offered is None:
            self._window.status.show_message("No distribution is suggested, or it is said already.")
        else:
            lines.take()

    def _ask(self, words: str) -> None:
        """Tell in a legend what would be said; a second key says it."""
        key = key_text(self._window.profiles.keys()["say_as_last"][:1])
        row = ChordColumn("As last time", (ChordChoice("E", _AS_LAST, words),))
        back = QApplication.focusWidget() or self._window.grid.active
        self._window.open_legend(Chord(_AS_LAST, key, "As last time", (row,)), back)

    def _recall(self, session: ReadingSession, choice: ChordChoice) -> None:
        picture = self._window.grid.active.picture
        if picture is None or self._window.exam_view.is_prior_pane(self._window.exam_view.active_pane):
            self._window.status.show_message("No view of this exam is in the active pane.")
            return
        switch_recall(session, picture.info.sop_instance_uid, choice.value)
        recall = session.reading.recall_of(picture.info.sop_instance_uid)
        word = session.lexicon.word
        name = picture.info.name or "This view"
        told = "good as it is" if recall is None else f"again: {', '.join(map(word, recall.reasons)).lower()}"
        self._window.status.show_act(f"{name}: {told}")

    def _mark_benign(self, session: ReadingSession, shape: Morphology, *, sure: bool, insist: bool) -> None:
        """Mark the spot under the pointer as a finding of its own and name its type, as one undo step.

        Where nothing is marked no finding is current any more: the words that follow are not meant for the one before.
        """
        if not session.may_change():
            return
        viewport, pointer = self._window.pointing.under or (None, None)
        picture = None if viewport is None else viewport.picture
        if viewport is None or picture is None or pointer is None:
            self._nothing_marked(
                session, "Rest the pointer on the calcification first, then type the preset."
            )
            return
        result = session.workspace.spots.measure(
            picture.info, picture.frame, pointer.point, viewport.reach_px
        )
        measured = result.measurement if result.found else None
        if measured is None and not insist:
            reason = (result.reason or "no spot here").rstrip(".")
            self._nothing_marked(
                session,
                f"{reason[:1].upper()}{reason[1:]}; nothing was marked. Alt and the letter marks it all the same.",
            )
            return
        reading, finding = edits.add_finding(session.reading)
        # large round ones count as benign, which the reader did not say of this one
        unproposed = MarkKind.MICRO if shape is Morphology.ROUND else MarkKind.MACRO
        kind = result.proposal or unproposed
        place = pointer.point if measured is None else measured.center
        reading, mark = edits.add_mark(reading, finding.id, picture.key, place, kind, measured)
        name = session.lexicon.word(shape)
        session.apply(
            edits.describe(reading, finding.id, morphology=(shape,), certain=sure),
            f"Mark {name}{', sure of the type,' if sure else ''} as F{finding.number}, a {kind} mark",
        )
        session.select_marks(frozenset({mark.id}))

    def _nothing_marked(self, session: ReadingSession, why: str) -> None:
        session.select_finding(None)
        self._window.status.show_message(why)
