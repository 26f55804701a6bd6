"""One row of the table of actions, and what a row may need before it can be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Needs = Literal[
    "nothing",
    "exam",
    "picture",
    "stack",
    "finding",
    "marks",
    "selection",
    "undo",
    "redo",
    "signed",
    "amending",
]
Scope = Literal["window", "image"]

WHY_NOT: Mapping[Needs, str] = {
    "nothing": "",
    "exam": "open an exam first",
    "picture": "no image is shown yet",
    "stack": "no tomosynthesis stack is shown",
    "finding": "no finding is chosen",
    "marks": "no marks are selected",
    "selection": "nothing is selected",
    "undo": "there is nothing to undo",
    "redo": "nothing was undone",
    "signed": "the reading is not signed",
    "amending": "no amendment is open",
}
"""Why an act is not to be had now, as the search box and the menus say it."""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing the window can do.

    `slot` is the name of a method that exactly one of the window's hands has, called with `argument` when
    there is one. `needs` says when it is enabled. Scope "image": the keys act only while the images have
    the focus, because lists and fields use the same keys themselves. `no_key` says why a row comes without
    a shortcut; a row has one or the other.
    """

    id: str
    menu: str
    text: str
    shortcuts: tuple[str, ...]
    slot: str
    tooltip: str
    needs: Needs = "nothing"
    scope: Scope = "window"
    argument: Any = None
    no_key: str = ""

    @property
    def name(self) -> str:
        """The words without the dots that promise a question."""
        return self.text.rstrip(".")
