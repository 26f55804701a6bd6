"""What was done to this reading and when; read-only."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidget, QVBoxLayout, QWidget

from annotator.model.history import Revision


def sentence(revision: Revision) -> str:
    """One revision in words: "14:32:07  anna: Mark microcalcification in F1"."""
    at = revision.at.astimezone()
    return f"{at:%Y-%m-%d %H:%M:%S}  {revision.reader}: {revision.label}"


class HistoryPanel(QWidget):
    """Revisions, the newest on top."""

    def __init__(self) -> None:
        super().__init__()
        self.list = QListWidget()
        self.list.setAccessibleName("History of this reading")
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setUniformItemSizes(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 4, 4, 4)
        heading = QLabel("HISTORY")
        heading.setProperty("role", "heading")
        layout.addWidget(heading)
        layout.addWidget(self.list)

    def show_revisions(self, revisions: Sequence[Revision]) -> None:
        """Show these, given oldest first."""
        self.list.clear()
        for revision in reversed(revisions):
            self.list.addItem(sentence(revision))
            self.list.item(self.list.count() - 1).setToolTip(f"revision {revision.number}, {revision.act}")
