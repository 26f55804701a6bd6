"""The menu of the right button on an image: everything the window can do, and first what the marks may be."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from annotator.model.mark import MarkKind
from annotator.model.seen_on_image import RecallReason
from annotator.ui.desk.saying import switch_recall
from annotator.ui.desk.session import ReadingSession

DECIDES = ("candidate_accept", "candidate_accept_new", "candidate_reject")
CALLS = {MarkKind.MICRO: "call_micro", MarkKind.MACRO: "call_macro"}


class ImageMenu(QMenu):
    """Filled anew each time it opens, because findings and selection change."""

    def __init__(self, whole: QMenu, actions: Mapping[str, QAction], parent: QWidget) -> None:
        super().__init__("Image", parent)
        self._whole = whole
        self._acts = actions
        self._again: QMenu | None = None

    def offer(
        self,
        session: ReadingSession | None,
        *,
        view: str = "",
        on_nipple: bool = False,
        on_candidate: bool = False,
    ) -> None:
        """Offer what the selected marks are not called or do not belong to yet, and the usual menus.

        `view` is the SOP Instance UID of an image of the open exam, '' for another. `on_nipple`: the menu is opened on
        the nipple that the reader placed, `on_candidate` on a candidate, which is in hand then.
        """
        self.clear()
        if on_nipple:
            self.addAction(self._acts["remove_nipple"])
            self.addSeparator()
        if on_candidate:
            self.addActions([self._acts[act] for act in DECIDES])
            self.addSeparator()
        if session is not None and session.selected_marks:
            self._offer_kinds(session)
            self._offer_pieces(session)
            self._offer_findings(session)
            self.addAction(self._acts["move_to_new"])
            self.addSeparator()
        if session is not None and view:
            self._offer_recall(session, view)
        self.addActions(self._whole.actions())

    def _offer_kinds(self, session: ReadingSession) -> None:
        kinds = {mark.kind for mark in session.reading.marks_by_id(session.selected_marks).values()}
        for kind, act in CALLS.items():
            if kinds != {kind}:
                self.addAction(self._acts[act])

    def _offer_pieces(self, session: ReadingSession) -> None:
        acts = ("next_spot", "split_mark") if len(session.selected_marks) == 1 else ("join_marks",)
        self.addActions([self._acts[act] for act in acts])

    def _offer_findings(self, session: ReadingSession) -> None:
        owners = {session.reading.mark(i).finding_id for i in session.selected_marks}
        for finding in session.reading.findings:
            if owners != {finding.id}:
                action = self.addAction(f"Move selected marks to F{finding.number}")
                action.triggered.connect(lambda _=False, to=finding.id: session.move_selected(to))

    def _offer_recall(self, session: ReadingSession, view: str) -> None:
        """The reasons for which a view is taken again; those that hold are ticked."""
        word = session.lexicon.word
        recall = session.reading.recall_of(view)
        if self._again is not None:
            self._again.deleteLater()
        self._again = reasons = self.addMenu(f"Take {session.image_name(view)} again")
        for reason in RecallReason:
            action = reasons.addAction(word(reason))
            action.setCheckable(True)
            action.setChecked(recall is not None and reason in recall.reasons)
            action.triggered.connect(lambda _=False, why=reason: switch_recall(session, view, why))
        self.addSeparator()
