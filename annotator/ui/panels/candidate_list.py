"""The list of candidates: a line for each spot, or for all pieces of one artery; ten thousand of them stay fluent."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from annotator.model.geometry import Millimetres, SpacingBasis
from annotator.ui import theme
from annotator.ui.desk.cad_rows import cad_words
from annotator.ui.desk.candidate_rows import RowState
from annotator.ui.desk.candidates import ExamCandidates, hint_words, score_words, size_words
from annotator.ui.words.plain_words import tip

HEADS = ("Image", "Size", "Score", "Hint", "State")
_IMAGE, _SIZE, _SCORE, _HINT, _STATE = range(len(HEADS))
_COLOURS = {
    RowState.UNDECIDED: theme.CANDIDATE,
    RowState.ACCEPTED: theme.MARK,
    RowState.REJECTED: theme.DIM,
    RowState.MARKED: theme.DIM,
}

Index = QModelIndex | QPersistentModelIndex


class CandidateModel(QAbstractTableModel):
    """The lines that threshold and filter leave, as `ExamCandidates` tells them; it keeps none of its own."""

    def __init__(self, candidates: ExamCandidates, parent: QWidget) -> None:
        super().__init__(parent)
        self._candidates = candidates
        self._listed = candidates.listed

    def refresh(self) -> None:
        """List anew; what only looks otherwise now stays where it is."""
        listed = self._candidates.listed
        if np.array_equal(listed, self._listed) and len(listed):
            last = self.index(len(listed) - 1, len(HEADS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self._listed = listed
        self.endResetModel()

    def line_at(self, row: int) -> int:
        """Place among all lines of a row of the list."""
        return int(self._listed[row])

    def row_of(self, key: str) -> int | None:
        """Row of a line, None when the list does not show it."""
        at = self._candidates.place_of(key)
        row = None if at is None else int(np.searchsorted(self._listed, at))
        return row if row is not None and row < len(self._listed) and self._listed[row] == at else None

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._listed)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return HEADS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        at = self.line_at(index.row())
        if at >= len(self._candidates.lines):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(at, index.column())
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == _STATE:
            return QColor(_COLOURS[self._candidates.state_of(at)])
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self._spoken(at))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(at)
        return None

    def _words(self, at: int, column: int) -> str:
        line = self._candidates.lines[at]
        if column == _IMAGE:
            name = line.info.name or line.info.file_name
            return f"{line.info.label or name}, {line.best.image.frame}" if line.info.is_stack else name
        if column == _SIZE:
            return size_words(line)
        if column == _SCORE:
            return score_words(line)
        return hint_words(line) if column == _HINT else self._candidates.state_words(at)

    def _spoken(self, at: int) -> str:
        words = [self._words(at, column) for column in range(len(HEADS))]
        line = self._candidates.lines[at]
        if line.mark is not None:
            return ", ".join(
                word for word in (words[_IMAGE], words[_SIZE], *cad_words(line.mark), words[_STATE]) if word
            )
        words[_SCORE] = f"score {words[_SCORE]}"
        words[_IMAGE] = words[_IMAGE].replace(", ", ", slice ") if line.info.is_stack else words[_IMAGE]
        model = line.model_version
        return ", ".join(word for word in [*words, f"model {model}"] if word)


class CandidateView(QTreeView):
    """`chosen` carries the key of the line that the hand went to."""

    chosen = Signal(str)

    def __init__(self, candidates: ExamCandidates) -> None:
        super().__init__()
        self._candidates = candidates
        self.setAccessibleName("Candidates for labelling")
        self.setObjectName("candidates")
        self.lines = CandidateModel(candidates, self)
        self.setModel(self.lines)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head = self.header()
        head.setStretchLastSection(True)
        head.setSectionsMovable(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.lines.modelReset.connect(self._fit_columns)
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def show_current(self) -> None:
        """Select the line in hand; nothing where the list does not show it."""
        current = self._candidates.current
        row = None if current is None else self.lines.row_of(current.key)
        if row is None:
            self.selectionModel().clear()
            return
        index = self.lines.index(row, 0)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(index)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        # arrows of the list go through the images as well
        if current.isValid() and self.hasFocus() and current.row() != previous.row():
            self._choose(current)

    def _fit_columns(self) -> None:
        """As wide as the usual words are; what is left when all of the state is told goes to the hint."""
        width, pad = self.fontMetrics().horizontalAdvance, self.fontMetrics().horizontalAdvance("m")
        images = {line.info.sop_instance_uid: line.info for line in self._candidates.lines}.values()
        bases = {one.spacing.basis for one in images if one.spacing is not None} or set(SpacingBasis)
        sizes = max(width(str(Millimetres(0.88, basis))) for basis in bases)
        stacks = any(one.is_stack for one in images)
        known = {_IMAGE: width("RMLO, 88" if stacks else "RMLO"), _SIZE: sizes, _SCORE: width("Score")}
        states = max(width(state) for state in RowState)
        left = self.viewport().width() - sum(known.values()) - len(HEADS) * pad - states
        known[_HINT] = min(max(left, width("skin?")), width("tram-track? 88 pieces"))
        for column, words in known.items():
            self.header().resizeSection(column, words + pad)

    def _choose(self, index: Index) -> None:
        self.chosen.emit(self._candidates.lines[self.lines.line_at(index.row())].key)
