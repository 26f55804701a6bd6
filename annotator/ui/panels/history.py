"""What was done to this reading and when; read-only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from annotator.model.display import NOT_RECORDED
from annotator.model.history import Revision
from annotator.store.narrative import by_uid, tell


def sentences(
    revisions: Sequence[Revision], word: Callable[[StrEnum], str], image: Callable[[str], str] = by_uid
) -> list[str]:
    """Every act in words with its time, oldest first, and the display where it changes.

    `word` is the lexicon's, `image` names an image by its SOP Instance UID.
    """
    told = []
    before = None if not revisions else revisions[0].reading.blank()
    display = NOT_RECORDED
    for revision in revisions:
        assert before is not None
        said = tell(before, revision, word, image)
        if revision.display != display:
            display = revision.display
            said = f"{said}  (display: {display})"
        told.append(f"{revision.at.astimezone():%Y-%m-%d %H:%M}  {said}")
        before = revision.reading
    return told


class HistoryPanel(QWidget):
    """Revisions, the newest on top."""

    def __init__(self) -> None:
        super().__init__()
        self.list = QListWidget()
        self.list.setAccessibleName("History of this reading")
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 4, 4, 4)
        heading = QLabel("HISTORY")
        heading.setProperty("role", "heading")
        layout.addWidget(heading)
        self.hint = QLabel("Nothing done yet. Every act on this exam is listed here with its time.")
        self.hint.setProperty("role", "dim")
        self.hint.setWordWrap(True)
        layout.addWidget(self.hint)
        layout.addWidget(self.list, 1)

    def show_told(self, told: Sequence[str]) -> None:
        """Show these sentences, given oldest first."""
        self.list.clear()
        self.hint.setVisible(not told)
        for sentence in reversed(told):
            item = QListWidgetItem(sentence)
            item.setToolTip(f"<p>{escape(sentence)}</p>")
            self.list.addItem(item)
