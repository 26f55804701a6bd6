"""A finding beside what there was of it in the exams before."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("show_compare", "Screen", "Compare", ("Ctrl+8",), "toggle_panel", "Show or hide the finding beside what there was of it in the exam before", argument="compare"),
    ActionSpec("compare_say", "Mark", "Say the change that is suggested", ("Alt+C",), "say_suggested_change", "Say of the finding what its comparison with the exam before suggests; the first press only shows it", "finding"),
)
# fmt: on
