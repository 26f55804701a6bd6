"""Where the keyboard is."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("next_area", "Go", "Next area", ("F6",), "next_area", "Move the keyboard: images, findings, worklist, small pictures"),
)
# fmt: on
