"""Findings and their marks."""

from __future__ import annotations

from annotator.model.mark import MarkKind
from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("delete", "Edit", "Delete what is selected", ("Del", "Backspace"), "delete_selected", "Delete the marks shown white, or untie the cluster shown white; its marks stay", "selection", "image"),
    ActionSpec("cancel", "Edit", "Cancel", ("Esc",), "cancel", "Cancel the stroke in hand, or go back to the image; never the finding"),
    ActionSpec("mark_micro", "Mark", "Mark microcalcifications", ("M",), "use_mark_tool", "A click marks the spot it hits; a drag outlines a cluster, with Shift it selects marks", "picture", "window", MarkKind.MICRO),
    ActionSpec("mark_macro", "Mark", "Mark macrocalcifications", ("Shift+M",), "use_mark_tool", "A click marks the spot it hits; a drag outlines a cluster, with Shift it selects marks", "picture", "window", MarkKind.MACRO),
    ActionSpec("select_tool", "Mark", "Select marks", ("A",), "use_select_tool", "A click selects a mark; a drag selects what lies inside", "picture"),
    ActionSpec("look_tool", "Mark", "Looking hand", ("Shift+A",), "use_look_tool", "Nothing is marked: a drag sets the window or shifts the picture, as the profile says", "picture"),
    ActionSpec("benign_chord", "Mark", "Benign preset...", ("B",), "open_chord", "Mark the spot under the pointer and name its benign type, in one act; with Shift and the letter you are sure of the type", "picture", "window", "benign"),
    ActionSpec("line_chord", "Mark", "Say in one line...", ("E",), "open_chord", "Shape, distribution, change and category, a letter each and always in this order, as one act", "exam", "window", "line"),
    ActionSpec("say_as_last", "Mark", "Say as last time", ("Shift+E",), "say_as_last", "Shape, distribution and change as of the finding before, which the panel offers; never the category", "finding"),
    ActionSpec("say_suggested", "Mark", "Say the suggested distribution", ("Alt+L",), "say_suggested", "The word that the marks of the finding suggest, as the panel offers it; nothing says it but you", "finding"),
    ActionSpec("descriptor_chord", "Mark", "Descriptor...", ("L",), "open_chord", "Say morphologies and distributions with two letters each", "exam", "window", "descriptor"),
    ActionSpec("category_chord", "Mark", "Your category...", ("K",), "open_chord", "Your own category with a digit, A, B or C", "exam", "window", "category"),
    ActionSpec("more_chord", "Mark", "More of the finding...", ("Shift+L",), "open_chord", "Stage, change, size, place, what goes with it, certainty, recommendation, by letters", "exam", "window", "more"),
    ActionSpec("recall_chord", "Mark", "Take this view again...", ("Alt+R",), "open_chord", "Technical recall of the view in the active pane, with its reasons; a reason said again is taken back", "picture", "window", "recall"),
    ActionSpec("place_nipple", "Mark", "Place the nipple", ("Alt+N",), "place_nipple", "The next click says where the nipple of that image is, which distances are measured from; a drag moves it", "picture"),
    ActionSpec("remove_nipple", "Mark", "Remove the nipple", ("Alt+Shift+N",), "remove_nipple", "Take the nipple placed on the active image away; it is estimated again", "picture"),
    ActionSpec("new_finding", "Mark", "New finding", ("F", "Ctrl+N"), "new_finding", "The next marks belong to a new finding", "exam"),
    ActionSpec("remove_finding", "Mark", "Remove finding", ("Ctrl+Del",), "remove_finding", "Remove the current finding with its marks; undo brings it back", "finding"),
    ActionSpec("same_finding", "Mark", "Same as the earlier finding", ("Alt+E",), "same_finding", "Call the finding the same as the likeliest one of an earlier exam; the first press only shows which", "finding"),
    ActionSpec("own_finding", "Mark", "Not the same finding after all", ("Alt+Shift+E",), "own_finding", "Take back that it is the same finding as in another exam", "finding"),
    ActionSpec("move_to_new", "Mark", "Move selected marks to a new finding", ("Shift+F",), "move_to_new_finding", "They leave their clusters; the menu of the right button moves them to F1, F2 ...", "marks"),
    ActionSpec("call_micro", "Mark", "Call selected marks micro", ("Alt+M",), "call_selected", "They are microcalcifications after all; place and measurement stay", "marks", argument=MarkKind.MICRO),
    ActionSpec("call_macro", "Mark", "Call selected marks macro", ("Alt+Shift+M",), "call_selected", "They are macrocalcifications after all; place and measurement stay", "marks", argument=MarkKind.MACRO),
    ActionSpec("next_finding", "Mark", "Next finding", ("Tab",), "step_finding", "Make the next finding the current one", "finding", "image", 1),
    ActionSpec("previous_finding", "Mark", "Previous finding", ("Shift+Tab",), "step_finding", "Make the finding before it the current one", "finding", "image", -1),
)
# fmt: on
