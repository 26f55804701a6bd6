"""Where the keyboard is: from area to area of the window, each at the place where it was left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from annotator.ui.panes.viewport_grid import ViewportGrid

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

_REASON = Qt.FocusReason.ShortcutFocusReason


class MovingCommands(QObject):
    """One of the window's hands. Areas that are hidden, or hold nothing for the keyboard, are left out."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._left: dict[QWidget, QWidget] = {}

    def next_area(self, by: int) -> None:
        """Images or start page, the answers on them, findings, follow-up, history, files not opened, worklist, small pictures, strip."""
        focused = QApplication.focusWidget()
        areas = [(area, target) for area in self._areas() if (target := self._target(area)) is not None]
        if not areas:
            return
        # the answers lie on the images, so they count where both hold the keyboard
        here = max((i for i, (area, _) in enumerate(areas) if _holds(area, focused)), default=None)
        if here is None:
            areas[0][1].setFocus(_REASON)
            return
        if focused is not None:
            self._left[areas[here][0]] = focused
        areas[(here + by) % len(areas)][1].setFocus(_REASON)

    def step_pane(self, by: int) -> None:
        """The next pane in sight, row by row, on both screens."""
        grid = self._window.grid
        shown = list(grid.shown)
        at = shown.index(grid.active) if grid.active in shown else -by
        shown[(at + by) % len(shown)].setFocus(_REASON)

    def focus_filter(self) -> None:
        """The line that filters the worklist."""
        self._window.show_panel("worklist")
        self._window.worklist.filter.setFocus()

    def _areas(self) -> list[QWidget]:
        window = self._window
        areas: list[QWidget] = [
            window.start_page,
            window.grid,
            window.hanging_commands.chips.chips[window.exam_view.active_pane],
            window.finding_panel,
            window.follow_up_panel,
            window.candidates_panel,
            window.history,
            window.compare,
            window.problems,
            window.worklist,
            window.thumbnails,
            window.strip,
        ]
        return [area for area in areas if area.isVisible()]

    def _target(self, area: QWidget) -> QWidget | None:
        """Where the keyboard goes in an area: to where it was, else to what Tab comes to first."""
        window = self._window
        if area is window.grid:
            return window.grid.active
        known = self._left.get(area)
        if known is not None and takes_keyboard(known) and _holds(area, known):
            return known
        if takes_keyboard(area):
            return area
        return next((w for w in tab_order(area) if takes_keyboard(w)), None)


def takes_keyboard(widget: QWidget) -> bool:
    """Whether Tab can come to a widget now."""
    tab = Qt.FocusPolicy.TabFocus
    return bool(widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & tab == tab)


def tab_order(area: QWidget) -> list[QWidget]:
    """What lies in an area, in the order in which Tab comes to it."""
    inside: list[QWidget] = []
    widget: QWidget | None = area.nextInFocusChain()
    while widget is not None and widget is not area:
        if area.isAncestorOf(widget):
            inside.append(widget)
        widget = widget.nextInFocusChain()
    return inside


def _holds(area: QWidget, widget: QWidget | None) -> bool:
    if isinstance(area, ViewportGrid):
        return area.holds(widget)
    return widget is not None and (widget is area or area.isAncestorOf(widget))
