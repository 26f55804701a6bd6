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
    ActionSpec("done_and_next", "Go", "Done, next exam", ("Shift+PgDown", "F12"), "done_and_next", "Call this exam done, save, and open the next one that is not", "exam"),
    ActionSpec("done", "Go", "Done / not done", ("Ctrl+D",), "toggle_done", "Call this exam done, or take it up again; it can be undone", "exam"),
    ActionSpec("back_exam", "Go", "Back to the exam before", ("Alt+Left",), "back_exam", "The exam that was open before, with panes, zoom and window as they were left"),
    ActionSpec("forward_exam", "Go", "Forward again", ("Alt+Right",), "forward_exam", "The exam from which you went back"),
    ActionSpec("index_folder", "Exam", "Index folder...", (), "index_folder", "List all exams of a folder by their headers, and find them again", no_key="Wanted once for each folder"),
    ActionSpec("index_again", "Exam", "Look again into indexed folders", (), "index_again", "Read what is new or changed in them, and note what is gone", no_key="Wanted seldom"),
    ActionSpec("show_indexed", "Go", "List indexed exams", (), "toggle_indexed", "The exams of indexed folders in the worklist, or those that are open", no_key="A choice above the list does the same"),
    ActionSpec("hide_names", "Screen", "Hide names", ("Ctrl+Shift+H",), "toggle_names", "Pseudonyms in place of names, for screens that are shared or pictured"),
)
# fmt: on
