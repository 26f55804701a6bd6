"""A key that opens a legend: the next letters say something of it, and what they are stands there to be read."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QVBoxLayout, QWidget

from annotator.lexicon.loader import Lexicon
from annotator.ui.actions import Chord, ChordChoice, ChordColumn
from annotator.ui.theme import ACCENT

_MOST_ROWS = 16
_MOST_TOLD = 4
_CONTROL = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier
_OWN_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Backspace)


class ChordLegend(QFrame):
    """Lies over the edge of the window while open and takes the keyboard; never a dialog.

    `picked` carries the id of the chord, the choices made (several of a line), whether the reader is sure of the type,
    and whether the reader insists. A line is told when it ends: after its last column, by Enter, or when keyboard or
    mouse go elsewhere; Esc gives it up. A legend that stays is left by Enter, Esc, a click beside it, or any key that
    picks no row of it, which then does what it does elsewhere. The focus goes back to where it came from.
    """

    picked = Signal(str, object, bool, bool)
    resized = Signal()

    def __init__(self, lexicon: Lexicon, parent: QWidget) -> None:
        super().__init__(parent)
        self._lexicon = self._own_lexicon = lexicon
        self._chord: Chord | None = None
        self._typed = ""
        self._column = 0
        self._said: list[ChordChoice] = []
        self._sure = False
        self._back: QWidget | None = None
        self._note = ""
        self.setObjectName("legend")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Choose by letters")
        self.title = QLabel()
        self.title.setProperty("role", "heading")
        self.told = QLabel()
        self.told.setProperty("role", "accent")
        self.hint = QLabel()
        self.hint.setProperty("role", "dim")
        self.rows = QLabel()
        self.rows.setTextFormat(Qt.TextFormat.RichText)
        self._column_of_parts = layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addWidget(self.title)
        layout.addWidget(self.told)
        layout.addWidget(self.rows)
        layout.addWidget(self.hint)
        self.hide()

    @property
    def chord(self) -> Chord | None:
        """What is open."""
        return self._chord

    def open(self, chord: Chord, back: QWidget, note: str = "", lexicon: Lexicon | None = None) -> None:
        """Show the rows of a chord, and above its hints a note; `back` gets the focus afterwards.

        `lexicon` is that of the reading they are said in, where there is one.
        """
        self._lexicon = lexicon or self._own_lexicon
        self._back, self._note = back, note
        self._chord, self._typed, self._column = chord, "", 0
        self._said, self._sure = [], False
        self._show_rows()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        # a chip takes a click, not the keyboard
        self._watch(on=True)

    def close_legend(self) -> None:
        """Put it away and give the keyboard back; what a line says so far is said."""
        chord, said, sure = self._chord, tuple(self._said), self._sure
        if chord is None:
            return
        self._chord = None
        self._watch(on=False)
        had = self.hasFocus()
        self.hide()
        if self._back is not None and had:
            self._back.setFocus(Qt.FocusReason.OtherFocusReason)
        if chord.is_line and said:
            self.picked.emit(chord.id, said, sure, False)

    def event(self, event: QEvent) -> bool:
        # Letters are for the legend while it is open, not for the shortcuts of the window.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if self._is_for_elsewhere(event):
                self.close_legend()
                event.ignore()
            else:
                event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        pressed = event.type() == QEvent.Type.MouseButtonPress
        if pressed and isinstance(watched, QWidget) and not self._holds(watched):
            self.close_legend()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        chord, key = self._chord, event.key()
        if chord is None:
            return
        if key == Qt.Key.Key_Escape:
            self._said = []
            self.close_legend()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close_legend()
        elif key == Qt.Key.Key_Space:
            self._skip(chord)
        elif key == Qt.Key.Key_Backspace:
            self._take_back()
        elif letter := _letter_of(event):
            self._letter(chord, letter, event.modifiers())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.close_legend()

    def _holds(self, widget: QWidget) -> bool:
        return widget is self or self.isAncestorOf(widget)

    def _watch(self, *, on: bool) -> None:
        app = QApplication.instance()
        if app is not None:
            (app.installEventFilter if on else app.removeEventFilter)(self)

    def _letter(self, chord: Chord, letter: str, held: Qt.KeyboardModifier) -> None:
        typed = self._typed + letter
        at, fitting = self._fitting(chord, typed)
        own = chord.key.rpartition("+")[2]
        if not fitting and own in (self._typed, letter):
            # the key of the legend before each word, as where it closes after one
            typed = letter if self._typed == own else ""
            at, fitting = self._fitting(chord, typed)
        if not fitting:
            self._refuse(chord)
            return
        self._column = at
        whole = next((c for c in fitting if c.letters == typed), None)
        if whole is None:
            self._typed = typed
            self._show_rows()
            return
        self._typed = ""
        with_shift = bool(held & Qt.KeyboardModifier.ShiftModifier)
        sure = chord.sure and with_shift and whole.field == "morphology"
        self._said.append(whole)
        self._sure = self._sure or sure
        if chord.is_line:
            self._go_on(chord)
            return
        if not chord.stays:
            self.close_legend()
        else:
            self._show_rows()
        self.picked.emit(chord.id, (whole,), sure, bool(held & Qt.KeyboardModifier.AltModifier))

    def _fitting(self, chord: Chord, typed: str) -> tuple[int, list[ChordChoice]]:
        """The first column from here on that has rows beginning with what was typed, and these.

        Letters of the first column have meanings of their own in later ones, so that only a digit leaves it.
        """
        till = len(chord.columns) if self._column or typed.isdigit() else 1
        for at in range(self._column, till):
            found = [c for c in self._choices(chord.columns[at]) if c.letters.startswith(typed)]
            if found:
                return at, found
        return self._column, []

    def _choices(self, column: ChordColumn) -> list[ChordChoice]:
        """The rows whose words the edition still has."""
        return [choice for choice in column.choices if choice.offered(self._lexicon)]

    def _go_on(self, chord: Chord) -> None:
        self._column += 1
        if self._column >= len(chord.columns):
            self.close_legend()
        else:
            self._show_rows()

    def _skip(self, chord: Chord) -> None:
        if chord.is_line:
            self._go_on(chord)

    def _take_back(self) -> None:
        """The letter typed last, or in a line the column said last, is not said."""
        chord = self._chord
        if chord is None:
            return
        if self._typed:
            self._typed = self._typed[:-1]
        elif chord.is_line and self._column:
            self._column -= 1
            gone = chord.columns[self._column].choices
            self._said = [c for c in self._said if c not in gone]
            self._sure = self._sure and self._column > 0
        self._show_rows()

    def _refuse(self, chord: Chord) -> None:
        """A letter that no row has: a slip of the hand, so it does nothing elsewhere either."""
        if chord.is_line or chord.stays:
            self._typed = ""
            self._show_rows()
            self.hint.setText(f"No row begins like that.  {self.hint.text()}")
            self._fit()
        else:
            self.close_legend()

    def _is_for_elsewhere(self, event: QKeyEvent) -> bool:
        """Whether a key is meant for the window: a command, or what comes after the words said here."""
        chord, key = self._chord, event.key()
        if chord is None:
            return True
        alt = Qt.KeyboardModifier.AltModifier
        if event.modifiers() & (_CONTROL if chord.insists else _CONTROL | alt):
            return True
        if key in _OWN_KEYS:
            return False
        letter = _letter_of(event)
        if not letter:
            return bool(event.text()) or Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35
        done = chord.stays and bool(self._said) and not self._typed
        return done and not self._fitting(chord, letter)[1]

    def _show_rows(self) -> None:
        chord = self._chord
        assert chord is not None
        column = chord.columns[self._column]
        typed = f"  {self._typed}" if self._typed else ""
        self.title.setText(f"{chord.title.upper()}  ·  {chord.key}{typed} ...")
        told = "  ·  ".join(c.word(self._lexicon) for c in self._said[-_MOST_TOLD:])
        self.told.setText(f"{told}{', sure of the type' if self._sure and chord.is_line else ''}")
        self.told.setVisible(bool(told))
        rows = self._told_rows(chord, column)
        self.rows.setText(_table(rows))
        self.setAccessibleName(chord.title)
        self.setAccessibleDescription("; ".join(f"{letters} {word}" for letters, word in rows))
        self.hint.setText(self._hint(chord, column))
        self._fit()

    def _told_rows(self, chord: Chord, column: ChordColumn) -> list[tuple[str, str]]:
        if chord.groups and not self._typed:
            return [(first, f"{title} ...") for first, title in chord.groups.items()]
        left = [c for c in self._choices(column) if c.letters.startswith(self._typed)]
        return [(" ".join(c.letters), c.short(self._lexicon)) for c in left]

    def _hint(self, chord: Chord, column: ChordColumn) -> str:
        parts = [self._note] if self._note else []
        if chord.is_line:
            titles = (f"[{c.title}]" if c is column else c.title.lower() for c in chord.columns)
            parts.append("  >  ".join(titles))
            parts.append("Space skips, Enter ends")
        elif chord.stays:
            parts.append("several in a row; Enter closes")
        if chord.sure and column.choices[0].field == "morphology":
            parts.append("Shift and the letter: you are sure of the type")
        if chord.insists:
            parts.append("Alt and the letter: marks it even where no spot is found")
        parts.append("Esc gives up" if chord.is_line else "Esc closes")
        return "\n".join(parts)

    def _fit(self) -> None:
        self._column_of_parts.activate()
        self.adjustSize()
        self.resized.emit()


def _table(rows: Sequence[tuple[str, str]]) -> str:
    """Letters and words below each other, in as many columns as fit."""
    lines = []
    for at in range(min(len(rows), _MOST_ROWS)):
        cells = (
            f'<td style="color:{ACCENT}; padding-right:10px">{escape(letters)}</td>'
            f'<td style="padding-right:14px">{escape(word)}</td>'
            for letters, word in rows[at::_MOST_ROWS]
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table cellspacing="0">{"".join(lines)}</table>'


def _letter_of(event: QKeyEvent) -> str:
    """The letter or digit of a key, '' for another; with Alt some systems write something else."""
    key = event.key()
    if event.modifiers() & Qt.KeyboardModifier.AltModifier:
        return chr(key) if Qt.Key.Key_0 <= key <= Qt.Key.Key_Z and chr(key).isalnum() else ""
    return event.text().upper() if event.text().isalnum() else ""
