"""The quiet lines under a field: what does not go together there, why, after whom, and leaving it as it is."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QToolTip, QVBoxLayout, QWidget

from annotator.lexicon.loader import Lexicon
from annotator.model.follow_up import Contradiction
from annotator.ui.words.plain_words import tip

SIGN = "≠"
"""Stands before every line, so that it is told apart without its colour."""


class ContradictionLine(QWidget):
    """What does not go together under one field of a finding; takes no room while there is nothing.

    `keep` carries the id and whether the reader leaves it as it is. Under the pointer nothing moves: lines that come
    or go above it wait until the pointer leaves the panel; what is over is blank until then. `pushes` False: the
    line stands where something above it gives the room, so that it need not wait.
    """

    keep = Signal(str, bool)

    def __init__(self, field: str, lexicon: Lexicon, *, pushes: bool = True) -> None:
        super().__init__()
        self.field = field
        self._pushes = pushes
        self._lexicon = lexicon
        self._told: tuple[Contradiction, ...] = ()
        self._waiting: tuple[Contradiction, ...] | None = None
        self._area: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._closed = ""
        self.rows: list[_Row] = []
        self.setVisible(False)

    @property
    def told(self) -> tuple[Contradiction, ...]:
        """What is in sight now."""
        return self._told

    def set_closed(self, why: str) -> None:
        """Why nothing can be kept now, in one sentence; '' where it can."""
        self._closed = why
        for row in self.rows:
            row.set_closed(why)

    def tell(self, contradictions: tuple[Contradiction, ...]) -> None:
        """Show those of this field; those of others are left to their own lines."""
        mine = tuple(one for one in contradictions if one.field == self.field)
        if mine == self._told:
            self._waiting = None
            return
        if len(mine) == len(self._told) and all(
            a.text == b.text for a, b in zip(mine, self._told, strict=True)
        ):
            # kept or no longer kept: the same lines in another colour
            self._told, self._waiting = mine, None
            for row, one in zip(self.rows, mine, strict=True):
                row.tell(one)
        elif self._pushes and self._would_move_what_is_pointed_at():
            self._waiting = mine
            still = {one.id for one in mine}
            for row, one in zip(self.rows, self._told, strict=True):
                row.set_blank(one.id not in still)
        else:
            self._make(mine)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._area and event.type() in (QEvent.Type.Leave, QEvent.Type.Hide):
            self._settle()
        return super().eventFilter(watched, event)

    def _settle(self) -> None:
        """The pointer is gone: show what waited."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._make(waiting)

    def _make(self, contradictions: tuple[Contradiction, ...]) -> None:
        self._told, self._waiting = contradictions, None
        while len(self.rows) > len(contradictions):
            row = self.rows.pop()
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self.rows) < len(contradictions):
            row = _Row(self._lexicon)
            row.keep.connect(self.keep)
            self.rows.append(row)
            self._column.addWidget(row)
        for row, one in zip(self.rows, contradictions, strict=True):
            row.set_blank(False)
            row.set_closed(self._closed)
            row.tell(one)
        self.setVisible(bool(contradictions))
        self.updateGeometry()
        self._take_place_in_tab_order()

    def _take_place_in_tab_order(self) -> None:
        """A widget made late comes last for Tab; these come where their lines stand."""
        before: QWidget = self
        while (earlier := before.previousInFocusChain()) not in (None, self):
            assert earlier is not None
            before = earlier
            if before.focusPolicy() & Qt.FocusPolicy.TabFocus:
                break
        for row in self.rows:
            QWidget.setTabOrder(before, row.button)
            before = row.button

    def _would_move_what_is_pointed_at(self) -> bool:
        """Whether the pointer is in the same panel, at or below where the lines stand."""
        area = _panel_of(self)
        if area is None or not area.isVisible():
            return False
        if area is not self._area:
            if self._area is not None:
                self._area.removeEventFilter(self)
            area.installEventFilter(self)
            self._area = area
        at = area.mapFromGlobal(QCursor.pos())
        return area.rect().contains(at) and at.y() >= self._begins_at(area)

    def _begins_at(self, area: QWidget) -> int:
        """Where the lines stand or would stand in a panel: hidden ones have no place but that of what is before them."""
        parent = self.parentWidget()
        layout = None if parent is None else parent.layout()
        if self.isVisible() or parent is None or layout is None:
            return self.mapTo(area, QPoint(0, 0)).y()
        before = (layout.itemAt(at) for at in reversed(range(layout.indexOf(self))))
        shown = (item.geometry().bottom() for item in before if item is not None and not item.isEmpty())
        return parent.mapTo(area, QPoint(0, next(shown, 0))).y()


class _Row(QWidget):
    """One contradiction: the sentence, and beside it the word that leaves it as it is."""

    keep = Signal(str, bool)

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon
        self._id = ""
        self._cited = ""
        self._closed = ""
        self._blank = False
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton()
        self.button.setProperty("role", "link")
        self.button.setCheckable(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(lambda on: self.keep.emit(self._id, on))
        self.button.installEventFilter(self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self.text, 1)
        line.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)

    def tell(self, one: Contradiction) -> None:
        """Show a contradiction; one that is kept stays in sight, quieter."""
        self._id = one.id
        self._cited = "\n".join(dict.fromkeys(self._lexicon.source(tag).citation for tag in one.sources))
        self.text.setText(f"{SIGN} {one.text}")
        self.text.setProperty("role", "dim" if one.kept else "contradiction")
        self.text.style().polish(self.text)
        self.text.setAccessibleName(f"Contradiction{', kept' if one.kept else ''}: {one.text}")
        self.text.setAccessibleDescription(self._cited)
        self.text.setToolTip(self._tip)
        self.button.setChecked(one.kept)
        self.button.setText("kept" if one.kept else "keep")
        self.button.setAccessibleName(f"{'Kept as it is' if one.kept else 'Keep as it is'}: {one.text}")
        self._tell_button()

    def set_blank(self, blank: bool) -> None:
        """Show nothing in the same room, until nobody points at what would move."""
        self._blank = blank
        self.text.setEnabled(not blank)
        self._enable()
        if blank:
            self.text.setProperty("role", "blank")
            self.text.style().polish(self.text)
            self.button.setText("")

    def set_closed(self, why: str) -> None:
        """Let nothing be kept, and tell why; '' lets it."""
        self._closed = why
        self._enable()
        self._tell_button()

    def _tell_button(self) -> None:
        self.button.setAccessibleDescription(self._closed or self._cited)
        self.button.setToolTip(tip(self._closed) if self._closed else self._tip)

    def _enable(self) -> None:
        self.button.setEnabled(not self._blank and not self._closed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.button and event.type() == QEvent.Type.FocusIn:
            QToolTip.showText(
                self.button.mapToGlobal(QPoint(0, self.button.height())), self._tip, self.button
            )
        return super().eventFilter(watched, event)

    @property
    def _tip(self) -> str:
        cited = "<br>".join(map(escape, self._cited.splitlines()))
        return f"<p>Leave it as it is: the line stays, quieter, and is stored.</p><p><i>{cited}</i></p>"


def _panel_of(widget: QWidget) -> QWidget | None:
    """The panel that scrolls, else what the widget stands in."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    return parent or widget.parentWidget()
