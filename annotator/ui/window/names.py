"""What the keys 0-9 stand for, by the names that the files give their windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from annotator.imaging.breast_window import CHOSEN_FROM_HISTOGRAM
from annotator.model.image import ImageInfo, Voi, voi_names
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.picture import Picture

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

KEYS = 10
ALL_VALUES = "all values"
"""The last window that a key stands for; before it comes the one chosen from the histogram of the breast."""


def names_of(info: ImageInfo) -> tuple[str, ...]:
    """One name for each window that a key stands for."""
    return (*voi_names(info.voi), CHOSEN_FROM_HISTOGRAM, ALL_VALUES)


def name_in_force(picture: Picture, voi: Voi) -> str:
    """What a window is called: as its file calls it, else as it came about."""
    own = picture.info.voi
    if voi in own:
        return voi_names(own)[own.index(voi)]
    return voi.name or CHOSEN_FROM_HISTOGRAM


class WindowNames(QObject):
    """Gives the rows of the menu "Window" the names of the active pane's file.

    A number that the active file does not have is called after another pane's, because the key acts on
    every pane that has it; a number that no pane has is left out of the menu.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._actions = [window.actions_by_id[f"window_{n}"] for n in range(KEYS)]
        self._unnamed = [action.text() for action in self._actions]
        for action in self._actions:
            action.setCheckable(True)
            # a click on the window in force takes its tick away, and it is in force all the same
            action.triggered.connect(self.refresh)
        menu = _menu_of(window.menu, self._actions[0])
        if menu is not None:
            menu.aboutToShow.connect(lambda: self._fill(menu))
        window.grid.active_changed.connect(self.refresh)
        window.exam_view.picture_shown.connect(self.refresh)

    def refresh(self, *_what: object) -> None:
        """Names and tick as the panes are now."""
        active = self._window.grid.active
        others = [v for v in self._window.grid.viewports if v.isVisible() and v is not active]
        panes = [_names(v) for v in (active, *others)]
        in_force = _name_in_force(active)
        for number, action in enumerate(self._actions):
            names = [names[number] for names in panes if number < len(names)]
            action.setText(names[0] if names else self._unnamed[number])
            action.setChecked(bool(in_force) and panes[0][number : number + 1] == (in_force,))

    def _fill(self, menu: QMenu) -> None:
        self.refresh()
        panes = [_names(v) for v in self._window.grid.viewports if v.isVisible()]
        for number, action in enumerate(self._actions):
            offered = any(number < len(names) for names in panes)
            if not offered:
                menu.removeAction(action)
            elif action not in menu.actions():
                after = _next_shown(menu, self._actions[number + 1 :])
                if after is None:
                    menu.addAction(action)
                else:
                    menu.insertAction(after, action)


def _names(viewport: Viewport) -> tuple[str, ...]:
    return () if viewport.picture is None else names_of(viewport.picture.info)


def _name_in_force(viewport: Viewport) -> str:
    picture, voi = viewport.picture, viewport.voi
    return "" if picture is None or voi is None else name_in_force(picture, voi)


def _menu_of(whole: QMenu, action: QAction) -> QMenu | None:
    menus = [submenu for row in whole.actions() if isinstance(submenu := row.menu(), QMenu)]
    return next((menu for menu in menus if action in menu.actions()), None)


def _next_shown(menu: QMenu, after: list[QAction]) -> QAction | None:
    shown = menu.actions()
    return next((action for action in after if action in shown), None)
