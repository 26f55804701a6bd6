"""A key that opens a legend: the next letters pick one of its rows, anything else closes it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from annotator.lexicon.loader import Lexicon
from annotator.ui.actions import Chord, ChordChoice
from annotator.ui.flow_layout import discard


class ChordLegend(QFrame):
    """Lies over the edge of the window while open and takes the keyboard; never a dialog.

    `picked` carries (chord id, word). The focus goes back to where it came from.
    """

    picked = Signal(str, object)

    def __init__(self, lexicon: Lexicon, parent: QWidget) -> None:
        super().__init__(parent)
        self._lexicon = lexicon
        self._chord: Chord | None = None
        self._typed = ""
        self._back: QWidget | None = None
        self.setObjectName("legend")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Choose by letters")
        self.title = QLabel()
        self.title.setProperty("role", "heading")
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(12)
        self._rows.setVerticalSpacing(1)
        self._rows.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addWidget(self.title)
        layout.addLayout(self._rows)
        self.hide()

    def open(self, chord: Chord, back: QWidget) -> None:
        """Show the rows of a chord; `back` gets the focus afterwards."""
        self._chord, self._typed, self._back = chord, "", back
        self._show_rows()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_legend(self) -> None:
        """Put it away and give the keyboard back."""
        if self._chord is not None:
            self._chord = None
            self.hide()
            if self._back is not None:
                self._back.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        # Letters are for the legend while it is open, not for the shortcuts of the window.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        letter = event.text().upper()
        if self._chord is None or event.key() == Qt.Key.Key_Escape:
            self.close_legend()
            return
        if not letter.isalpha():
            return
        self._typed += letter
        left = self._left()
        whole = [c for c in left if c.letters == self._typed]
        if whole:
            chord = self._chord
            self.close_legend()
            self.picked.emit(chord.id, whole[0].word)
        elif left:
            self._show_rows()
        else:
            self.close_legend()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._chord = None
        self.hide()

    def _left(self) -> list[ChordChoice]:
        assert self._chord is not None
        return [c for c in self._chord.choices if c.letters.startswith(self._typed)]

    def _show_rows(self) -> None:
        assert self._chord is not None
        typed = f"  {self._typed}" if self._typed else ""
        self.title.setText(f"{self._chord.title.upper()}  ·  {self._chord.key}{typed} ...  ·  Esc closes")
        while (item := self._rows.takeAt(0)) is not None:
            discard(item)
        for row, choice in enumerate(self._left()):
            keys = QLabel(" ".join(choice.letters))
            keys.setProperty("role", "accent")
            self._rows.addWidget(keys, row, 0)
            self._rows.addWidget(QLabel(self._lexicon.word(choice.word)), row, 1)
        self.adjustSize()
