"""What the act of putting two programs' work on one reading together does, and where its panel is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject

if TYPE_CHECKING:
    from annotator.ui.desk.merging import Proposal
    from annotator.ui.main_window import MainWindow

PANEL = "merge"


class MergingCommands(QObject):
    """One of the window's hands. A window that comes to the front looks whether others went on with its reading."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        panel, merging = window.merge_panel, window.merging
        merging.proposed.connect(self._show)
        merging.message.connect(window.status.show_message)
        panel.agreed.connect(merging.take)
        panel.later.connect(self._later)
        window.installEventFilter(self)

    def put_together(self) -> None:
        """Put the open reading together with what another program saved of it; a decision under way comes first."""
        if self._window.docks.is_shown(PANEL):
            self._window.merge_panel.take_focus()
        else:
            self._window.merging.begin()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate and watched is self._window:
            self._window.desk.look_again()
        return False

    def _show(self, proposal: Proposal | None) -> None:
        window = self._window
        window.merge_panel.show_proposal(proposal)
        if proposal is not None:
            window.show_panel(PANEL)
            window.merge_panel.take_focus()
        elif window.docks.is_shown(PANEL):
            self._later()

    def _later(self) -> None:
        self._window.docks[PANEL].hide()
        self._window.grid.active.setFocus()
