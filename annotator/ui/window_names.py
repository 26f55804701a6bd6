"""What the keys 0-9 stand for, by the names that the files give their windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from annotator.imaging.breast_window import CHOSEN_FROM_HISTOGRAM
from annotator.model.image import ImageInfo, Voi, voi_names
from annotator.ui.picture import Picture
from annotator.ui.viewport import Viewport

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
        for viewport in window.grid.viewports:
            viewport.voi_changed.connect(self.refresh)

    def refresh(self, *_what: object) -> None:
        """Names and tick as the panes are now."""
        active = self._window.grid.active
        others = [v for v in self._window.grid.viewports if v.isVisible() and v is not active]
        for number, action in enumerate(self._actions):
            names = [name for v in (active, *others) if (name := _name(v, number))]
            action.setText(names[0] if names else self._unnamed[number])
            action.setChecked(_is_in_force(active, number))

    def _fill(self, menu: QMenu) -> None:
        self.refresh()
        panes = [v for v in self._window.grid.viewports if v.isVisible()]
        for number, action in enumerate(self._actions):
            offered = any(_name(v, number) for v in panes)
            if not offered:
                menu.removeAction(action)
            elif action not in menu.actions():
                after = _next_shown(menu, self._actions[number + 1 :])
                if after is None:
                    menu.addAction(action)
                else:
                    menu.insertAction(after, action)


def _name(viewport: Viewport, number: int) -> str:
    if viewport.picture is None:
        return ""
    names = names_of(viewport.picture.info)
    return names[number] if number < len(names) else ""


def _is_in_force(viewport: Viewport, number: int) -> bool:
    picture, voi = viewport.picture, viewport.voi
    if picture is None or voi is None:
        return False
    return _name(viewport, number) == name_in_force(picture, voi) != ""


def _menu_of(whole: QMenu, action: QAction) -> QMenu | None:
    menus = [submenu for row in whole.actions() if isinstance(submenu := row.menu(), QMenu)]
    return next((menu for menu in menus if action in menu.actions()), None)


def _next_shown(menu: QMenu, after: list[QAction]) -> QAction | None:
    shown = menu.actions()
    return next((action for action in after if action in shown), None)
