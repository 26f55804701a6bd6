"""Tomosynthesis: slices, slabs, cine."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("cine", "Stack", "Cine", ("C",), "toggle_cine", "Run through the slices, there and back, until anything is touched", "stack"),
    ActionSpec("cine_faster", "Stack", "Cine faster", (".",), "change_cine_speed", "More slices a second, up to 30", "stack", "image", 1),
    ActionSpec("cine_slower", "Stack", "Cine slower", (",",), "change_cine_speed", "Fewer slices a second, down to 2", "stack", "image", -1),
    ActionSpec("slab", "Stack", "Slab: off, mean, maximum", ("J",), "next_slab", "Put the slices around the one in view together: their mean, or their brightest values", "stack"),
    ActionSpec("slab_thicker", "Stack", "Slab thicker", ("Ctrl+Up",), "thicken_slab", "More millimetres of tissue in the slab (Shift+wheel)", "stack", "image", 1),
    ActionSpec("slab_thinner", "Stack", "Slab thinner", ("Ctrl+Down",), "thicken_slab", "Fewer millimetres of tissue in the slab (Shift+wheel)", "stack", "image", -1),
    ActionSpec("best_slice", "Stack", "Best slice", ("U",), "best_slice", "Go to the slice in which the spot under the pointer, or the selected mark, is sharpest", "stack"),
    ActionSpec("first_slice", "Stack", "First slice", ("Home",), "end_slice", "The first slice of the stack in the active pane", "stack", "image", 0),
    ActionSpec("last_slice", "Stack", "Last slice", ("End",), "end_slice", "The last slice of the stack in the active pane", "stack", "image", 1),
    ActionSpec("next_slice", "Go", "Next slice", ("Down",), "step_slice", "The next slice of a stack; of other pictures the next image", "exam", "image", 1),
    ActionSpec("previous_slice", "Go", "Previous slice", ("Up",), "step_slice", "The slice before it; of other pictures the image before", "exam", "image", -1),
)
# fmt: on
