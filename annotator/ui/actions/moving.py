"""Where the keyboard is."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("next_area", "Go", "Next part of the window", ("F6",), "next_area", "Move the keyboard: images, findings, follow-up, worklist, small pictures, strip", argument=1),
    ActionSpec("previous_area", "Go", "Previous part of the window", ("Shift+F6",), "next_area", "Move the keyboard to the part before", argument=-1),
)
# fmt: on
