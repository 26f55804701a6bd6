"""The worklist and the small pictures: finding an exam, going from one to the next."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("filter", "Go", "Filter the worklist", ("Ctrl+F",), "focus_filter", "Type part of a patient, date or state"),
    ActionSpec("next_exam", "Go", "Next exam", ("PgDown",), "step_exam", "The next exam of the worklist", "exam", "image", 1),
    ActionSpec("previous_exam", "Go", "Previous exam", ("PgUp",), "step_exam", "The exam before it", "exam", "image", -1),
    ActionSpec("older_exam", "Go", "Older exam of this patient", ("[",), "step_patient", "The exam of this patient before this one", "exam", "window", -1),
    ActionSpec("newer_exam", "Go", "Newer exam of this patient", ("]",), "step_patient", "The exam of this patient after this one", "exam", "window", 1),
)
# fmt: on
