"""One finding on several views: its partner on the other view, and the chest wall that bounds where it may lie."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("partner_view", "Mark", "Partner view", ("Alt+V",), "show_partner", "Where the finding may lie on the other view of the breast, by its distance from the nipple, and what is there; again: the next view", "finding"),
    ActionSpec("draw_wall", "Mark", "Draw the chest wall", ("Alt+W",), "draw_chest_wall", "The next drag is the chest wall of that image, on an MLO the edge of the muscle", "picture"),
    ActionSpec("remove_wall", "Mark", "Remove the chest wall", ("Alt+Shift+W",), "remove_chest_wall", "Take the chest wall drawn on the active image away; it is looked for again", "picture"),
)
# fmt: on
