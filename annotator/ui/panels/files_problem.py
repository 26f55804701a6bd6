"""The files that could not be opened, each with its reason; nothing here ever stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.imaging.rejected import Rejected
from annotator.model.counts import counted
from annotator.model.file_names import shown_file_name


def count_sentence(count: int) -> str:
    """How many files could not be opened, in words."""
    if count == 0:
        return "every file could be opened"
    return f"{counted(count, 'file')} could not be opened"


class FilesProblemPanel(QWidget):
    """A list of file names and reasons that can be copied."""

    def __init__(self) -> None:
        super().__init__()
        self._rejected: tuple[Rejected, ...] = ()
        self.count = QLabel()
        self.list = QListWidget()
        self.list.setAccessibleName("Files that could not be opened")
        self.copy = QPushButton("Copy")
        self.copy.setToolTip(
            "Copy the reasons as text; files are counted and not named, for a name may be a patient's"
        )
        self.copy.clicked.connect(lambda: self._copy(named=False))
        self.copy_named = QPushButton("Copy with paths")
        self.copy_named.setToolTip("Copy paths and reasons as text")
        self.copy_named.clicked.connect(lambda: self._copy(named=True))
        head = QHBoxLayout()
        head.addWidget(self.count, 1)
        head.addWidget(self.copy)
        head.addWidget(self.copy_named)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 4, 6, 4)
        layout.addLayout(head)
        self.hint = QLabel("Files that cannot be opened are listed here with the reason and what to do.")
        self.hint.setProperty("role", "dim")
        self.hint.setWordWrap(True)
        layout.addWidget(self.hint)
        layout.addWidget(self.list, 1)

    def show_rejected(self, rejected: Sequence[Rejected]) -> None:
        """Show these files."""
        self._rejected = tuple(rejected)
        self.count.setText(count_sentence(len(rejected)))
        self.list.clear()
        self.hint.setVisible(not rejected)
        for one in rejected:
            item = QListWidgetItem(f"{shown_file_name(one.path.name)}:  {one.reason}")
            item.setToolTip(f"<p>{escape(str(one.path))}</p><p>{escape(one.reason)}</p>")
            self.list.addItem(item)

    def _copy(self, *, named: bool) -> None:
        lines = [
            f"{one.path}\t{one.reason}" if named else f"file {number}{one.path.suffix[:5]}\t{_nameless(one)}"
            for number, one in enumerate(self._rejected, 1)
        ]
        QGuiApplication.clipboard().setText("\n".join(lines))


def _nameless(one: Rejected) -> str:
    """The reason without the names that stand in the path."""
    said = one.reason
    for part in sorted({one.path.name, one.path.stem, *one.path.parts[1:]}, key=len, reverse=True):
        said = said.replace(part, "...") if len(part) > 2 else said
    return said
