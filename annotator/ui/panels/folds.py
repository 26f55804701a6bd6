"""A part of a panel that folds away and then says in a line what was said inside."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from annotator.ui.panels.contradictions import SIGN


class Fold(QWidget):
    """A heading that folds what stands below it, by click, Space or Enter. `turned` follows the reader only."""

    turned = Signal(bool)

    def __init__(self, title: str, inside: QWidget) -> None:
        super().__init__()
        self.title = title
        self.inside = inside
        self._told = ""
        self._contradicted: tuple[str, ...] = ()
        self.heading = QPushButton()
        self.heading.setProperty("role", "fold")
        self.heading.setCheckable(True)
        self.heading.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.heading.toggled.connect(self._show)
        self.heading.clicked.connect(self.turned)
        self.told = QLabel()
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setWordWrap(True)
        self.told.setContentsMargins(0, 3, 0, 0)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.heading, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.told, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        self.contradicted = QLabel()
        self.contradicted.setTextFormat(Qt.TextFormat.PlainText)
        self.contradicted.setWordWrap(True)
        self.contradicted.setProperty("role", "contradiction")
        column.addWidget(self.contradicted)
        column.addWidget(inside)
        self._show()

    @property
    def open(self) -> bool:
        """Whether what is inside is in sight."""
        return self.heading.isChecked()

    def set_open(self, opened: bool) -> None:
        """Unfold, or fold."""
        self.heading.setChecked(opened)

    def tell(self, summary: str, contradicted: tuple[str, ...] = ()) -> None:
        """What was said inside, and what there does not go together; in sight while folded."""
        self._told, self._contradicted = summary, contradicted
        self._show()

    def _show(self, _on: bool = False) -> None:
        self.inside.setVisible(self.open)
        self.heading.setText(f"{'▾' if self.open else '▸'} {self.title.upper()}")
        self.heading.setAccessibleName(
            f"{self.title}, {'unfolded' if self.open else 'folded'}{', ' if self._told else ''}{self._told}"
        )
        self.told.setText(self._told)
        self.told.setVisible(bool(self._told) and not self.open)
        self.contradicted.setText("\n".join(f"{SIGN} {text}" for text in self._contradicted))
        self.contradicted.setVisible(bool(self._contradicted) and not self.open)
