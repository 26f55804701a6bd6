"""Parts and screens of the program's own window."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("images_only", "Screen", "Images only", ("F11",), "toggle_images_only", "Hide everything but the images"),
    ActionSpec("show_worklist", "Screen", "Worklist", ("Ctrl+1",), "toggle_panel", "Show or hide the worklist", argument="worklist"),
    ActionSpec("show_thumbnails", "Screen", "Images", ("Ctrl+2",), "toggle_panel", "Show or hide the small pictures", argument="thumbnails"),
    ActionSpec("show_findings", "Screen", "Findings", ("Ctrl+3",), "toggle_panel", "Show or hide findings and follow-up", argument="findings"),
    ActionSpec("show_history", "Screen", "History", ("Ctrl+4",), "toggle_panel", "Show or hide what was done when", argument="history"),
    ActionSpec("show_problems", "Screen", "Files not opened", ("Ctrl+5",), "toggle_panel", "Show or hide the files that could not be opened", argument="problems"),
    ActionSpec("show_timeline", "Screen", "Timeline", ("Ctrl+6",), "toggle_panel", "Show or hide the finding through its exams, and what is due when", argument="timeline"),
    ActionSpec("show_candidates", "Screen", "Candidates", ("Ctrl+7",), "toggle_panel", "Show or hide the candidates for labelling", argument="candidates"),
    ActionSpec("display_check", "Screen", "Display check...", ("F9",), "show_display_check", "Test pattern, photometer values and correction of this screen, with a dated log"),
    ActionSpec("show_audit", "Screen", "Who did what...", (), "show_audit", "Who opened, exported, signed what: the audit of the database", no_key="Wanted seldom"),
)
# fmt: on
