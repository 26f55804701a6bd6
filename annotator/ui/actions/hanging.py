"""Which image hangs where."""

from __future__ import annotations

from annotator.hanging import Layout
from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("layout", "Layout", "Next layout", ("H",), "cycle_layout", "Four, three, two or one image", "exam"),
    ActionSpec("layout_four", "Layout", "Four images", ("F2",), "use_layout", "Both breasts in two views, chest walls meeting", "exam", argument=Layout.FOUR),
    ActionSpec("layout_pair", "Layout", "Pair", ("F3",), "use_layout", "The same view of both breasts", "exam", argument=Layout.PAIR),
    ActionSpec("layout_single", "Layout", "One image", ("F4",), "use_layout", "One image alone", "exam", argument=Layout.SINGLE),
    ActionSpec("layout_large", "Layout", "A large one with two", ("F5",), "use_layout", "The active image large, the other breast and the other view beside it", "exam", argument=Layout.LARGE),
    ActionSpec("layout_prior", "Layout", "Current and prior", ("F7",), "use_layout", "The exam with an earlier one of the patient below it; again: only the view of the active pane", "exam", argument=Layout.PRIOR),
    ActionSpec("layout_screens", "Layout", "Two screens", ("F8",), "use_layout", "A second window on the other screen, for the earlier exam or the second pair", "exam", argument=Layout.TWO_SCREENS),
    ActionSpec("swap_earlier", "Layout", "Earlier exam on the other side", ("Shift+F7",), "swap_earlier", "The earlier exam above instead of below, or on the other screen", "exam"),
    ActionSpec("older_prior", "Layout", "Older exam beside", ("Ctrl+[",), "step_prior", "Compare with the exam before the one that hangs beside", "exam", argument=1),
    ActionSpec("newer_prior", "Layout", "Newer exam beside", ("Ctrl+]",), "step_prior", "Compare with the exam after it again", "exam", argument=-1),
    ActionSpec("next_rows", "Layout", "Next rows", ("Ctrl+Right",), "step_rows", "Further views of the exam: magnified, rolled, others", "exam", "image", 1),
    ActionSpec("previous_rows", "Layout", "Previous rows", ("Ctrl+Left",), "step_rows", "The views before them", "exam", "image", -1),
    ActionSpec("same_scale", "View", "Same scale in all panes", ("Alt+Z",), "share_scale", "All panes as many millimetres a pixel as the active one", "picture"),
    ActionSpec("why_hung", "Layout", "Why it hangs like this...", ("W",), "explain_hanging", "Which attribute decided about side, view and turn; corrects them", "picture"),
    ActionSpec("next_alternative", "Layout", "Another image of this place", ("Shift+V",), "step_alternative", "A duplicate, a magnification, the stack or the synthetic view in the same pane", "picture", argument=1),
    ActionSpec("other_view", "Go", "CC / MLO", ("V",), "other_view", "The other view of the same breast", "picture"),
    ActionSpec("other_side", "Go", "Other breast", ("S",), "other_side", "The same view of the other breast", "picture"),
    ActionSpec("next_image", "Go", "Next image", ("Right",), "step_image", "The next image in hung order, in the active pane", "exam", "image", 1),
    ActionSpec("previous_image", "Go", "Previous image", ("Left",), "step_image", "The image before it, in the active pane", "exam", "image", -1),
)
# fmt: on
