"""What a word means, asked of the chip in hand or under the pointer, or by opening the lexicon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QContextMenuEvent, QCursor
from PySide6.QtWidgets import QApplication, QMenu, QWidget

if TYPE_CHECKING:
    from annotator.ui.lexicon_window.window import LexiconWindow
    from annotator.ui.main_window import MainWindow

TERM = "term"
"""The property of a widget that says a word: the key of its term."""


class LexiconCommands(QObject):
    """One of the window's hands. The window of words is made when it is first wanted."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._words: LexiconWindow | None = None
        window.finding_panel.installEventFilter(self)

    def explain_word(self) -> None:
        """The word in hand or under the pointer; the lexicon as it was left when there is none."""
        pointed = QApplication.widgetAt(QCursor.pos())
        self.show_term(_term_of(QApplication.focusWidget()) or _term_of(pointed))

    def show_term(self, term_id: str = "") -> None:
        """Open the lexicon at a term, by its key, id or word; '' leaves it where it was."""
        words = self._opened()
        words.show_term(term_id)
        words.show()
        words.raise_()
        words.activateWindow()
        words.search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QContextMenuEvent) and isinstance(watched, QWidget):
            asked = _term_of(watched.childAt(event.pos()))
            if asked:
                self._offer(asked, event.globalPos())
                return True
        return super().eventFilter(watched, event)

    def _offer(self, key: str, at: QPoint) -> None:
        (term,) = self._window.desk.workspace.lexicon.find(key)
        menu = QMenu(self._window)
        action = menu.addAction(f"What is {term.word.lower()}?")
        action.setShortcut(self._window.actions_by_id["lexicon"].shortcut())
        action.setShortcutVisibleInContextMenu(True)
        action.triggered.connect(lambda: self.show_term(key))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _opened(self) -> LexiconWindow:
        if self._words is None:
            from annotator.ui.lexicon_window.window import LexiconWindow  # noqa: PLC0415  seldom wanted, so not before first paint

            self._words = LexiconWindow(self._window.desk.workspace.lexicon, self._window)
        return self._words


def _term_of(widget: QWidget | None) -> str:
    return "" if widget is None else str(widget.property(TERM) or "")
