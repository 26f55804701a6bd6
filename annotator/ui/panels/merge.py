"""Where two windows contradict each other on one reading: both side by side, and a key for each."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.model.merge import Side
from annotator.ui.desk.merging import Proposal
from annotator.ui.icons import icon

MINE, THEIRS = 1, 2
_SIDES = {MINE: Side.MINE, THEIRS: Side.THEIRS}
_KEYS = {
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_M,
    Qt.Key.Key_T,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Escape,
}
_TITLES = ("About", "Here", "Saved elsewhere")


class MergePanel(QWidget):
    """`agreed` carries the choices by key and the reason of an amendment; `later` leaves all as it is."""

    agreed = Signal(object, object, str)
    later = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._proposal: Proposal | None = None
        self._chosen: list[int] = []
        heading = QLabel("PUT TOGETHER")
        heading.setProperty("role", "heading")
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName("Contradictions: here and saved elsewhere")
        self.table.setHorizontalHeaderLabels(_TITLES)
        self.table.verticalHeader().hide()
        self.table.setWordWrap(True)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        for column in _SIDES:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.cellClicked.connect(self._choose)
        self.table.installEventFilter(self)
        self.reason_label = QLabel("Reason of the amendment")
        self.reason = QLineEdit()
        self.reason.setAccessibleName("Reason of the amendment")
        self.reason_label.setBuddy(self.reason)
        self.reason.returnPressed.connect(self._agree)
        self.reason.textChanged.connect(self._show_whether_it_can_be)
        self.together = self._button("Put together", "Enter", self._agree)
        self.all_mine = self._button("All as here", "M on every row", lambda: self._choose_all(MINE))
        self.all_theirs = self._button("All as saved", "T on every row", lambda: self._choose_all(THEIRS))
        self.not_now = self._button("Later", "Escape: both stay as they are", self.later.emit)
        buttons = QHBoxLayout()
        for part in (
            self.reason_label,
            self.reason,
            self.together,
            self.all_mine,
            self.all_theirs,
            self.not_now,
        ):
            buttons.addWidget(part)
        buttons.setStretchFactor(self.reason, 1)
        buttons.addStretch(0)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(10, 4, 10, 6)
        lines.setSpacing(4)
        for line in (heading, self.hint):
            lines.addWidget(line)
        lines.addWidget(self.table, 1)
        lines.addLayout(buttons)

    def show_proposal(self, proposal: Proposal | None) -> None:
        """Show what is to be decided; None: nothing is."""
        self._proposal = proposal
        rows = () if proposal is None else proposal.contradictions
        self.table.setRowCount(len(rows))
        self._chosen = [MINE if row.taken is Side.MINE else THEIRS for row in rows]
        for at, row in enumerate(rows):
            for column, text in enumerate((row.about, row.mine, row.theirs)):
                self.table.setItem(at, column, QTableWidgetItem(text))
            self._show_choice(at)
        self.table.setVisible(bool(rows))
        for button in (self.all_mine, self.all_theirs):
            button.setVisible(bool(rows))
        amends = proposal is not None and bool(proposal.version)
        for part in (self.reason_label, self.reason):
            part.setVisible(amends)
        if proposal is not None:
            self.hint.setText(_hint(proposal))
            self.reason.setText(proposal.reason)
        self._show_whether_it_can_be()

    def take_focus(self) -> None:
        """The keyboard goes where the first decision is."""
        if self.table.rowCount():
            self.table.setCurrentCell(0, self._chosen[0])
            self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif self.reason.isVisibleTo(self):
            self.reason.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.together.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.table and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride and Qt.Key(event.key()) in _KEYS:
                # here they choose, whatever they do in the window
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                return self._key(Qt.Key(event.key()))
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.later.emit()
        else:
            super().keyPressEvent(event)

    def _key(self, key: Qt.Key) -> bool:
        """Up and down go through the rows, left and M take what is here, right and T what was saved."""
        row = max(0, self.table.currentRow())
        if key in (Qt.Key.Key_Left, Qt.Key.Key_M):
            self._choose(row, MINE)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_T):
            self._choose(row, THEIRS)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            row = min(max(0, row + (1 if key == Qt.Key.Key_Down else -1)), self.table.rowCount() - 1)
            self.table.setCurrentCell(row, self._chosen[row])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._agree()
        elif key == Qt.Key.Key_Escape:
            self.later.emit()
        else:
            return False
        return True

    def _choose(self, row: int, column: int) -> None:
        if column in _SIDES and row < len(self._chosen):
            self._chosen[row] = column
            self._show_choice(row)
            self.table.setCurrentCell(row, column)

    def _choose_all(self, column: int) -> None:
        for row in range(len(self._chosen)):
            self._chosen[row] = column
            self._show_choice(row)

    def _show_choice(self, row: int) -> None:
        """The side that stands has a sign and bold words; the other is dim."""
        for column in _SIDES:
            item = self.table.item(row, column)
            assert item is not None
            stands = self._chosen[row] == column
            font = item.font()
            font.setBold(stands)
            item.setFont(font)
            item.setIcon(icon("check") if stands else QIcon())
            text = item.text()
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole, f"{_TITLES[column]}: {text}{', stands' if stands else ''}"
            )

    def _show_whether_it_can_be(self, _text: str = "") -> None:
        amends = self._proposal is not None and bool(self._proposal.version)
        self.together.setEnabled(
            self._proposal is not None and (not amends or bool(self.reason.text().strip()))
        )

    def _agree(self) -> None:
        if self._proposal is None or not self.together.isEnabled():
            return
        rows = self._proposal.contradictions
        choices = {row.key: _SIDES[column] for row, column in zip(rows, self._chosen, strict=True)}
        reason = self.reason.text().strip() if self._proposal.version else ""
        self.agreed.emit(self._proposal, choices, reason)

    def _button(self, text: str, meaning: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(meaning)
        button.setAutoDefault(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: act())
        return button


def _hint(proposal: Proposal) -> str:
    said = []
    if proposal.contradictions:
        count = len(proposal.contradictions)
        places = "One place contradicts" if count == 1 else f"{count} places contradict"
        said.append(
            f"{places} what was saved elsewhere; everything else of both is there. Left or M takes what is here, "
            "right or T what was saved."
        )
    if proposal.version:
        said.append(
            f"Version {proposal.version} was signed elsewhere meanwhile, so your acts become an amendment of it."
        )
    if proposal.unsigned:
        said.append("Your signature is not in the database and does not cover both; sign again afterwards.")
    return " ".join(said)
