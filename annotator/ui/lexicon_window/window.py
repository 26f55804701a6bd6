"""Every word a finding is said in, to look up beside the images: a list by kind, a search, and one term in full."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, QUrl
from PySide6.QtGui import QImage, QKeyEvent, QTextDocument
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSplitter,
    QTextBrowser,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.lexicon.loader import EDITION_NAMES, Lexicon, Term, load_lexicon, picture_of
from annotator.ui.keys.word_match import rank
from annotator.ui.lexicon_window.term_page import PICTURE, heading, page_of

_TO_LIST = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class LexiconWindow(QDialog):
    """Not modal: the images stay usable beside it.

    Words begin as those of the edition in use; another can be looked at here, which changes nothing elsewhere.
    """

    def __init__(self, lexicon: Lexicon, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Words of the lexicon")
        self.setModal(False)
        em = self.fontMetrics().horizontalAdvance("M")
        self._picture_width = max(320, 24 * em)
        room = 80 * em if parent is None else max(480, parent.window().height() - 120)
        self.resize(self._picture_width + 64 * em, min(80 * em, room))
        self._in_use = lexicon.edition
        self._lexicon = lexicon
        self._terms = lexicon.all_terms()
        self._items: dict[str, QTreeWidgetItem] = {}
        self._groups: dict[str, QTreeWidgetItem] = {}
        self._make_parts(em)
        self._fill()
        self.show_term("morphology:amorphous")

    @property
    def shown(self) -> str:
        """The key of the term that is shown, '' when nothing was found."""
        item: QTreeWidgetItem | None = self.tree.currentItem()
        return "" if item is None else str(item.data(0, Qt.ItemDataRole.UserRole) or "")

    def show_term(self, name: str) -> None:
        """Show the term with this key, id or word; the list when there is none."""
        found = self._lexicon.find(name)
        if not found:
            return
        item = self._items[found[0].key]
        if item.isHidden():
            self.search.clear()
        self.tree.setCurrentItem(item)
        self.tree.scrollToItem(item)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        to_list = (
            isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _TO_LIST
        )
        if watched is self.search and to_list and isinstance(event, QKeyEvent):
            self.tree.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _make_parts(self, em: int) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText("Part of a word, also an older one")
        self.search.setAccessibleName("Find a word")
        self.search.setClearButtonEnabled(True)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._filter)
        self.edition = QComboBox()
        self.edition.setAccessibleName("Words of the edition")
        for edition, name in EDITION_NAMES.items():
            self.edition.addItem(f"BI-RADS, {name}", edition)
        self.edition.setCurrentIndex(self.edition.findData(self._in_use))
        self.edition.activated.connect(self._edition_chosen)
        self.note = QLabel()
        self.note.setProperty("role", "dim")
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Words")
        self.tree.setHeaderHidden(True)
        self.tree.setMinimumWidth(16 * em)
        self.tree.currentItemChanged.connect(lambda _now, _before: self._show())
        self.page = QTextBrowser()
        self.page.setAccessibleName("The word in full")
        self.page.setOpenExternalLinks(True)
        self.page.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.edition)
        parts = QSplitter()
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.tree)
        parts.addWidget(self.page)
        parts.setStretchFactor(1, 1)
        parts.setSizes([24 * em, 72 * em])
        outer = QVBoxLayout(self)
        outer.addLayout(top)
        outer.addWidget(parts, 1)
        outer.addWidget(self.note)
        self._tell_edition()

    def _fill(self) -> None:
        for term in self._terms:
            title = heading(term)
            group = self._groups.get(title)
            if group is None:
                group = self._groups[title] = QTreeWidgetItem(self.tree, [title])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                font = group.font(0)
                font.setBold(True)
                group.setFont(0, font)
            item = QTreeWidgetItem(group, [self._named(term)])
            item.setData(0, Qt.ItemDataRole.UserRole, term.key)
            self._items[term.key] = item
        self.tree.expandAll()

    def _named(self, term: Term) -> str:
        name = f"{term.id}  {term.word}" if term.kind == "assessment" else term.word
        return name if term.offered else f"{name} (no longer offered)"

    def _filter(self, typed: str) -> None:
        best: tuple[float, str] | None = None
        for term in self._terms:
            more = f"{term.id} {' '.join(term.other_words)} {heading(term)} {term.code.value if term.code else ''}"
            far = rank(typed, term.word, more) if typed.strip() else 0.0
            self._items[term.key].setHidden(far is None)
            if far is not None and (best is None or far < best[0]):
                best = far, term.key
        left = {heading(term) for term in self._terms if not self._items[term.key].isHidden()}
        for title, group in self._groups.items():
            group.setHidden(title not in left)
        if best is None:
            self.tree.setCurrentIndex(QModelIndex())
            self.page.setPlainText("No word is called that; try a part of it, or an older word.")
        elif typed.strip() or not self.shown:
            self.tree.setCurrentItem(self._items[best[1]])
            self.tree.scrollToItem(self._items[best[1]])

    def _edition_chosen(self, _row: int) -> None:
        shown = self.shown
        self._lexicon = load_lexicon(str(self.edition.currentData()))
        self._terms = self._lexicon.all_terms()
        for term in self._terms:
            self._items[term.key].setText(0, self._named(term))
        self._tell_edition()
        self._filter(self.search.text())
        if shown and not self._items[shown].isHidden():
            self.tree.setCurrentItem(self._items[shown])
        self._show()

    def _tell_edition(self) -> None:
        in_use = f"The program uses the words of the {EDITION_NAMES[self._in_use]}; Settings change that."
        looked_at = (
            "" if self._lexicon.edition == self._in_use else " Those of another edition are shown here."
        )
        own = "Definitions are in our own words; BI-RADS is a trademark of the American College of Radiology."
        self.note.setText(f"{in_use}{looked_at} {own}")
        self.note.setWordWrap(True)

    def _show(self) -> None:
        term = next((t for t in self._terms if t.key == self.shown), None)
        if term is None:
            return
        if (data := picture_of(term)) is not None:
            kind = QTextDocument.ResourceType.ImageResource.value
            self.page.document().addResource(kind, QUrl(PICTURE), QImage.fromData(data))
        self.page.setHtml(page_of(self._lexicon, term, self._picture_width))
