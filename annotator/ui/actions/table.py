"""The one table of what the window can do; menus, shortcuts, tooltips, search and key help come from it.

A row goes into the module of its topic: unwrapped, so that the module reads as a table.
"""

from __future__ import annotations

from annotator.ui.actions import (
    candidates,
    compare,
    cross,
    exam,
    hanging,
    help,  # noqa: A004  the topic's name; nobody calls the builtin here
    looking,
    marking,
    moving,
    partner,
    signing,
    snapping,
    stacks,
    windows,
    worklist,
)
from annotator.ui.actions.spec import ActionSpec

MENUS = ("Exam", "Edit", "Mark", "Cross", "View", "Window", "Layout", "Stack", "Go", "Screen", "Help")
"""Titles of the menus, as they stand; a row names one of them."""

ACTIONS: tuple[ActionSpec, ...] = (
    *exam.ROWS,
    *signing.ROWS,
    *marking.ROWS,
    *partner.ROWS,
    *compare.ROWS,
    *snapping.ROWS,
    *candidates.ROWS,
    *cross.ROWS,
    *looking.ROWS,
    *hanging.ROWS,
    *stacks.ROWS,
    *worklist.ROWS,
    *moving.ROWS,
    *windows.ROWS,
    *help.ROWS,
)
