"""How an image is looked at."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

_WINDOWS = tuple(
    ActionSpec(
        f"window_{n}",
        "Window",
        "Window as stored" if n == 0 else f"Window alternative {n}",
        (str(n),),
        "use_window",
        "The first window of the file" if n == 0 else f"Alternative {n} of the file, then the presets",
        "picture",
        "image",
        n,
    )
    for n in range(10)
)

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("fit", "View", "Fit / 1:1", ("Z",), "toggle_fit", "All of the breast, or one image pixel on one screen pixel at the pointer", "picture"),
    ActionSpec("true_size", "View", "True size", ("Shift+Z",), "show_true_size", "A centimetre of the breast is a centimetre on the screen; again: all of the breast", "picture"),
    ActionSpec("walk_next", "View", "Next area", ("Q",), "walk", "The next part of the breast at 1:1, then the next image: one key reads the exam", "picture", "window", 1),
    ActionSpec("walk_previous", "View", "Previous area", ("Shift+Q",), "walk", "The part of the breast before it, then the image before", "picture", "window", -1),
    ActionSpec("coverage_map", "View", "Light map of what was seen", ("Alt+Q",), "toggle_coverage_map", "Light on the part of the breast that was seen at 1:1 or larger; drawn below 1:1 only", "picture"),
    ActionSpec("link_views", "View", "Link shift and zoom", ("Ctrl+L",), "toggle_link_views", "All panes show the same place of the breast, mirrored on the other one, as large in millimetres", "picture"),
    ActionSpec("link_windows", "View", "Link windows", ("Ctrl+Shift+L",), "toggle_link_windows", "All panes go through the same window, each by its own file", "picture"),
    ActionSpec("enlarge", "View", "Enlarge", ("+", "="), "enlarge", "Magnify more inside the lens when it is open, else zoom in at the pointer", "picture", "image", 1),
    ActionSpec("reduce", "View", "Reduce", ("-",), "enlarge", "Magnify less inside the lens when it is open, else zoom out at the pointer", "picture", "image", -1),
    ActionSpec("invert", "View", "Invert", ("I",), "toggle_invert", "Black becomes white; air stays black", "picture"),
    ActionSpec("speck_true", "View", "Speck-true / mean", ("T",), "toggle_mode", "Shrink so that no speck is lost, or by averaging", "picture"),
    ActionSpec("enlarged", "View", "Squares / smooth", ("Shift+T",), "toggle_enlarged", "Above 1:1 show each image pixel as a square, or interpolate between them", "picture"),
    ActionSpec("lens", "View", "Lens", ("X",), "toggle_lens", "A magnifier at the pointer, with its own window: wheel sizes, Alt+wheel magnifies, right drag sets its window", "picture"),
    ActionSpec("lens_invert", "View", "Invert inside the lens", ("Shift+X",), "invert_lens", "Black and white turned round inside the lens only; opens it when it is closed", "picture"),
    ActionSpec("lens_twin", "View", "Lens on both breasts", ("Alt+X",), "toggle_lens_twin", "A second lens shows the same place of the other breast, in the same look; opens the lens when it is closed", "picture"),
    ActionSpec("show_marks", "View", "Show or hide marks", ("G",), "toggle_marks", "Look at the breast without marks", "picture"),
    ActionSpec("text_level", "View", "Text on the image", ("O",), "cycle_text", "All, little or only side and view", "picture"),
    ActionSpec("screen_pitch", "View", "Size of this screen's pixels...", ("Ctrl+F9",), "measure_screen", "Hold a ruler to a line, for true size"),
    *_WINDOWS,
)
# fmt: on
