"""The menu of everything the window can do, and which of it can be done now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from annotator.ui.actions import GROUPS, MENUS, Group, Needs, enable_actions

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow


def whole_menu(actions: Mapping[str, QAction], parent: QWidget) -> QMenu:
    """One submenu for each title of the table of actions, its rows in groups; submenus stand together."""
    whole = QMenu("Menu", parent)
    for title in MENUS:
        menu = _submenu(whole, title)
        before: Group | None = None
        for group in GROUPS[title]:
            if before is not None and not (before.title and group.title):
                menu.addSeparator()
            rows = _submenu(menu, group.title) if group.title else menu
            rows.addActions([actions[act] for act in group.acts])
            before = group
    return whole


def _submenu(menu: QMenu, title: str) -> QMenu:
    made = menu.addMenu(title)
    made.setToolTipsVisible(True)
    return made


def enable_what_can_be_done(window: MainWindow) -> None:
    """Enable each action whose need is met, and name what undo and redo would do."""
    session = window.desk.session
    stack = None if session is None else session.undo_stack
    shown = [v.picture for v in window.grid.viewports if v.picture is not None]
    fulfilled: dict[Needs, bool] = {
        "nothing": True,
        "exam": window.desk.exam is not None,
        "picture": bool(shown),
        "stack": any(picture.info.is_stack for picture in shown),
        "finding": session is not None and session.current_finding_id is not None,
        "marks": session is not None and bool(session.selected_marks),
        "selection": session is not None
        and (bool(session.selected_marks) or session.selected_cluster is not None),
        "undo": stack is not None and stack.canUndo(),
        "redo": stack is not None and stack.canRedo(),
        "signed": session is not None and session.reading.is_signed and not session.is_lent,
        "amending": session is not None and bool(session.reading.amending),
    }
    enable_actions(window.actions_by_id, fulfilled)
    if stack is not None:
        window.actions_by_id["undo"].setText(f"Undo: {stack.undoText()}" if stack.canUndo() else "Undo")
        window.actions_by_id["redo"].setText(f"Redo: {stack.redoText()}" if stack.canRedo() else "Redo")
