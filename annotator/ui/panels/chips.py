"""Words to choose from, as small buttons in a row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from annotator.ui.flow_layout import FlowLayout, discard

_STEPS = {
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Up: -1,
}


def beside_width(heading: QLabel) -> int:
    """How wide headings are that stand beside their row, so that rows begin below each other."""
    return heading.fontMetrics().horizontalAdvance("CHANGE") + 4


class Pick(Enum):
    """How many chips of a row may be on."""

    ONE = "one"
    ONE_OR_NONE = "one or none"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Choice:
    """A chip: what it stands for, its word, and what is shown when the pointer rests on it.

    `term` is the key of its term in the lexicon, under which the word is explained.
    """

    value: Any
    text: str
    tooltip: str = ""
    term: str = ""


class ChipRow(QWidget):
    """A titled row of chips.

    `chosen` carries the tuple of values that are on, in the row's order, and only ever follows a
    reader's own click or key. A click leaves the keyboard with the image; Tab reaches the row, the
    arrows move within it, Space switches a chip.
    """

    chosen = Signal(tuple)

    def __init__(
        self, title: str, choices: Sequence[Choice], pick: Pick, *, beside: bool = False, spacing: int = 4
    ) -> None:
        super().__init__()
        self.title = title
        self._pick = pick
        self._chips: dict[Any, QPushButton] = {}
        self._shown: tuple[Choice, ...] = ()
        self.heading = QLabel(title.upper())
        self.heading.setProperty("role", "heading")
        outer = QHBoxLayout(self) if beside else QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        if title:
            align = Qt.AlignmentFlag.AlignTop if beside else Qt.AlignmentFlag.AlignLeft
            outer.addWidget(self.heading, 0, align)
        if beside:
            self.heading.setFixedWidth(beside_width(self.heading))
            self.heading.setContentsMargins(0, 4, 0, 0)
        flow_home = QWidget()
        self._flow = FlowLayout(flow_home, spacing)
        policy = flow_home.sizePolicy()
        policy.setHeightForWidth(True)
        flow_home.setSizePolicy(policy)
        outer.addWidget(flow_home, 1)
        self.set_choices(choices)

    @property
    def values(self) -> tuple[Any, ...]:
        """What is on, in the row's order."""
        return tuple(value for value, chip in self._chips.items() if chip.isChecked())

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Offer these in place of what was offered; nothing of them is on. A value in hand stays in hand."""
        if tuple(choices) == self._shown:
            return
        self._shown = tuple(choices)
        in_hand = next((value for value, chip in self._chips.items() if chip.hasFocus()), None)
        while (item := self._flow.takeAt(0)) is not None:
            discard(item)
        self._chips.clear()
        for choice in choices:
            self._flow.addWidget(self._chip(choice))
        reached = self._chips.get(in_hand, next(iter(self._chips.values()), None))
        self._let_tab_reach(reached)
        self._flow.invalidate()
        if reached is not None and in_hand in self._chips:
            reached.show()
            reached.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_values(self, values: Collection[Any]) -> None:
        """Show these as on, silently."""
        for value, chip in self._chips.items():
            chip.setChecked(value in values)

    def chip(self, value: Any) -> QPushButton:
        """The button of one value."""
        return self._chips[value]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and not event.modifiers():
            step = _STEPS.get(Qt.Key(event.key()))
            chips = list(self._chips.values())
            if step is not None and watched in chips:
                following = chips[(chips.index(watched) + step) % len(chips)]
                self._let_tab_reach(following)
                following.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        return super().eventFilter(watched, event)

    def _chip(self, choice: Choice) -> QPushButton:
        chip = QPushButton(choice.text)
        chip.setCheckable(True)
        chip.setAccessibleName(f"{self.title}: {choice.text}" if self.title else choice.text)
        chip.setToolTip(choice.tooltip)
        chip.setProperty("term", choice.term)
        chip.setAccessibleDescription(choice.tooltip)
        chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        chip.clicked.connect(lambda: self._clicked(choice.value))
        chip.installEventFilter(self)
        self._chips[choice.value] = chip
        return chip

    def _clicked(self, value: Any) -> None:
        if self._pick is Pick.ONE:
            self.set_values({value})
        elif self._pick is Pick.ONE_OR_NONE:
            self.set_values({value} if self._chips[value].isChecked() else ())
        self.chosen.emit(self.values)

    def _let_tab_reach(self, reached: QPushButton | None) -> None:
        for chip in self._chips.values():
            here = chip is reached
            chip.setFocusPolicy(Qt.FocusPolicy.TabFocus if here else Qt.FocusPolicy.NoFocus)
