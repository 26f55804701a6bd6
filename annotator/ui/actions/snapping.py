"""Which spot a mark stands for, and how its outline is taken."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("next_spot", "Mark", "Next best spot", ("Alt+S",), "take_next_spot", "The selected mark takes the next best spot there, as a second click at once does", "marks", "image"),
    ActionSpec("outline_wider", "Mark", "Outline wider", ("Alt+Up",), "turn_outline", "The outline of the selected mark is taken lower on its spot (Alt+wheel on it); size and uncertainty follow", "marks", "image", 1),
    ActionSpec("outline_tighter", "Mark", "Outline tighter", ("Alt+Down",), "turn_outline", "The outline of the selected mark is taken higher on its spot (Alt+wheel on it); size and uncertainty follow", "marks", "image", -1),
    ActionSpec("join_marks", "Mark", "Join selected marks to one", ("Alt+J",), "join_marks", "Pieces of one calcification that were marked apart become one mark, measured as one", "marks"),
    ActionSpec("split_mark", "Mark", "Cut the selected mark in two", ("Alt+Shift+J",), "split_mark", "A mark over two calcifications that touch is cut where it is thinnest, or where the pointer rests on it", "marks"),
)
# fmt: on
