"""Where the keyboard is."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("next_pane", "Go", "Next pane", ("Ctrl+Tab",), "step_pane", "Keys and commands go to the next pane on the screen", "picture", "image", 1),
    ActionSpec("previous_pane", "Go", "Previous pane", ("Ctrl+Shift+Tab",), "step_pane", "Keys and commands go to the pane before it", "picture", "image", -1),
    ActionSpec("next_area", "Go", "Next part of the window", ("F6",), "next_area", "Move the keyboard: images, the ? on them, findings, follow-up, worklist, small pictures, strip", argument=1),
    ActionSpec("previous_area", "Go", "Previous part of the window", ("Shift+F6",), "next_area", "Move the keyboard to the part before", argument=-1),
)
# fmt: on
