"""How the rows of each menu stand together: groups set off by a line, and those seldom wanted in a submenu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Group(NamedTuple):
    """Acts by their ids, as they stand. With a title they are a submenu."""

    acts: tuple[str, ...]
    title: str = ""


def _arrows(act: str) -> tuple[str, ...]:
    return tuple(f"{act}_{way}" for way in ("left", "right", "up", "down"))


GROUPS: Mapping[str, tuple[Group, ...]] = {
    "Exam": (
        Group(("open_files", "open_folder", "open_sample")),
        Group(("index_folder", "index_again")),
        Group(("save", "put_together")),
        Group(("save_report", "copy_report", "save_findings", "export")),
        Group(("save_finding_report", "save_named_report", "save_named_findings", "open_report"), "More of reports"),
        Group(("sign", "amend", "withdraw", "other_readings")),
        Group(("import_annotations", "import_folder")),
        Group(("save_deidentified", "save_blacked_out"), "De-identified copy"),
        Group(("back_up",)),
        Group(("quit",)),
    ),
    "Edit": (Group(("undo", "redo")), Group(("delete", "cancel"))),
    "Mark": (
        Group(("mark_micro", "mark_macro", "select_tool", "look_tool")),
        Group(("benign_chord", "line_chord", "say_as_last", "say_suggested", "descriptor_chord", "category_chord", "more_chord")),
        Group(("new_finding", "remove_finding", "next_finding", "previous_finding")),
        Group(("same_finding", "own_finding", "compare_say")),
        Group(("call_micro", "call_macro", "move_to_new")),
        Group(("next_spot", "outline_wider", "outline_tighter", "join_marks", "split_mark"), "Spot and outline"),
        Group(
            ("first_pass_done", "candidate_next", "candidate_previous", "candidate_accept", "candidate_accept_new", "candidate_reject", "candidate_reconsider"),
            "Candidates",
        ),
        Group(("partner_view", "place_nipple", "remove_nipple", "draw_wall", "remove_wall")),
        Group(("recall_chord",)),
    ),
    "Cross": (
        Group(("cross_click", "cross_insist", "cross_draw")),
        Group(_arrows("cross")),
        Group(_arrows("cross_far")),
    ),
    "View": (
        Group(("fit", "true_size", "same_scale", "enlarge", "reduce")),
        Group(_arrows("look"), "Shift the picture"),
        Group(("link_views", "link_windows"), "Panes together"),
        Group(("walk_next", "walk_previous", "coverage_map"), "Read area by area"),
        Group(("lens", "lens_invert", "lens_twin"), "Lens"),
        Group(("invert", "speck_true", "enlarged")),
        Group(("show_marks", "text_level")),
        Group(("screen_pitch",)),
    ),
    "Window": (Group(tuple(f"window_{n}" for n in range(10))),),
    "Layout": (
        Group(("layout", "layout_four", "layout_pair", "layout_single", "layout_large", "layout_prior", "layout_screens")),
        Group(("swap_earlier", "older_prior", "newer_prior"), "Earlier exam"),
        Group(("next_rows", "previous_rows", "next_alternative")),
        Group(("why_hung",)),
    ),
    "Stack": (
        Group(("first_slice", "last_slice", "best_slice")),
        Group(("slab", "slab_thicker", "slab_thinner")),
        Group(("cine", "cine_faster", "cine_slower")),
    ),
    "Go": (
        Group(("next_image", "previous_image", "next_slice", "previous_slice")),
        Group(("other_view", "other_side")),
        Group(("next_exam", "previous_exam", "older_exam", "newer_exam")),
        Group(("done_and_next", "done")),
        Group(("back_exam", "forward_exam")),
        Group(("filter", "show_indexed")),
        Group(("next_pane", "previous_pane", "next_area", "previous_area"), "Keyboard"),
    ),
    "Screen": (
        Group(("images_only", "hide_names")),
        Group(("show_worklist", "show_thumbnails", "show_findings", "show_candidates")),
        Group(("show_timeline", "show_compare", "show_history", "show_problems")),
        Group(("display_check", "show_audit")),
    ),
    "Help": (
        Group(("search_commands", "keys", "lexicon", "tour")),
        Group(("settings", "change_keys", "switch_profile")),
        Group(("errors", "about")),
    ),
}  # fmt: skip
"""By the title of the menu; every act of the table is in one group of its menu."""
