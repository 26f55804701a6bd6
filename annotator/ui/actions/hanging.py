"""Which image hangs where."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("layout", "Layout", "Next layout", ("H",), "cycle_layout", "Four, three, two or one image", "exam"),
    ActionSpec("other_view", "Go", "CC / MLO", ("V",), "other_view", "The other view of the same breast", "picture"),
    ActionSpec("other_side", "Go", "Other breast", ("S",), "other_side", "The same view of the other breast", "picture"),
    ActionSpec("next_image", "Go", "Next image", ("Right",), "step_image", "The next image in hung order, in the active pane", "exam", "image", 1),
    ActionSpec("previous_image", "Go", "Previous image", ("Left",), "step_image", "The image before it, in the active pane", "exam", "image", -1),
)
# fmt: on
