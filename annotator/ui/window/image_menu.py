"""The menu of the right button on an image: everything the window can do, and first where marks may go."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from annotator.ui.desk.session import ReadingSession


class ImageMenu(QMenu):
    """Filled anew each time it opens, because findings and selection change."""

    def __init__(self, whole: QMenu, move_to_new: QAction, parent: QWidget) -> None:
        super().__init__("Image", parent)
        self._whole = whole
        self._move_to_new = move_to_new

    def offer(self, session: ReadingSession | None) -> None:
        """Offer to hand the selected marks to each finding that has not all of them, and the usual menus."""
        self.clear()
        if session is not None and session.selected_marks:
            self._offer_findings(session)
            self.addAction(self._move_to_new)
            self.addSeparator()
        self.addActions(self._whole.actions())

    def _offer_findings(self, session: ReadingSession) -> None:
        owners = {session.reading.mark(i).finding_id for i in session.selected_marks}
        for finding in session.reading.findings:
            if owners != {finding.id}:
                action = self.addAction(f"Move selected marks to F{finding.number}")
                action.triggered.connect(lambda _=False, to=finding.id: session.move_selected(to))
