"""Help and what this program is."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("keys", "Help", "Keys", ("F1", "?"), "show_keys", "Every key, in one list"),
    ActionSpec("about", "Help", "About", (), "show_about", "Version, licence and what this is not", no_key="Seldom wanted"),
)
# fmt: on
