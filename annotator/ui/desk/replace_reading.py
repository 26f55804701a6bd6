"""One step of the undo stack."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from annotator.model.finding import Reading
from annotator.model.history import Act


class ReplaceReading(QUndoCommand):
    """Undo keeps both values; nothing else in the program knows how to undo anything.

    `show` puts a reading on the screen and keeps it; `act` is what doing it for the first time is called.
    """

    def __init__(
        self,
        show: Callable[[Reading, Act, str], None],
        before: Reading,
        after: Reading,
        label: str,
        act: Act = Act.EDIT,
    ) -> None:
        super().__init__(label)
        self._show = show
        self._act = act
        self._before = before
        self._after = after
        self._done_once = False

    def redo(self) -> None:
        act = Act.REDO if self._done_once else self._act
        self._done_once = True
        self._show(self._after, act, self.text())

    def undo(self) -> None:
        self._show(self._before, Act.UNDO, self.text())
