"""Pointing, marking and shifting by the keyboard."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

_WAYS = (("left", (-1, 0)), ("right", (1, 0)), ("up", (0, -1)), ("down", (0, 1)))
"""By the name of an arrow key: how far right and how far down it leads."""


def _arrows(
    act: str, text: str, held: str, slot: str, tooltip: str, menu: str = "Cross"
) -> tuple[ActionSpec, ...]:
    return tuple(
        ActionSpec(
            f"{act}_{way}",
            menu,
            f"{text} {way}",
            (f"{held}+{way.capitalize()}",),
            slot,
            tooltip.format(way=way),
            "picture",
            "image",
            leads,
        )
        for way, leads in _WAYS
    )


# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    *_arrows("cross", "Cross", "Shift", "step_cross", "Move the cross of the keyboard a little {way}; it appears at the pointer, or in the middle of the pane"),
    *_arrows("cross_far", "Cross far", "Ctrl+Shift", "step_cross_far", "Move the cross of the keyboard ten steps {way}"),
    ActionSpec("cross_click", "Cross", "Click at the cross", ("P", "Ins"), "click_cross", "What a click there does with the tool in hand: mark the spot, select a mark; ends a line", "picture", "image"),
    ActionSpec("cross_insist", "Cross", "Alt+click at the cross", ("Alt+P",), "click_cross", "Mark there whatever is there, without a measurement where nothing rises above the noise", "picture", "image", True),
    ActionSpec("cross_draw", "Cross", "Draw with the cross", ("Shift+P", "Shift+Ins"), "draw_cross", "Its way becomes a line, as in a drag, or takes the mark under it along; again, or P, ends it, Esc gives it up", "picture", "image"),
    *_arrows("look", "Look further", "Alt+Shift", "shift_view", "Shift the picture to see what is further {way}", "View"),
)
# fmt: on
