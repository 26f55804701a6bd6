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
    ActionSpec("fit", "View", "Fit / 1:1", ("Z",), "toggle_fit", "Whole image, or one image pixel on one screen pixel at the pointer", "picture"),
    ActionSpec("enlarge", "View", "Enlarge", ("+", "="), "enlarge", "Magnify more inside the lens when it is open, else zoom in at the pointer", "picture", "image", 1),
    ActionSpec("reduce", "View", "Reduce", ("-",), "enlarge", "Magnify less inside the lens when it is open, else zoom out at the pointer", "picture", "image", -1),
    ActionSpec("invert", "View", "Invert", ("I",), "toggle_invert", "Black becomes white; air stays black", "picture"),
    ActionSpec("speck_true", "View", "Speck-true / mean", ("T",), "toggle_mode", "Shrink so that no speck is lost, or by averaging", "picture"),
    ActionSpec("enlarged", "View", "Squares / smooth", ("Shift+T",), "toggle_enlarged", "Above 1:1 show each image pixel as a square, or interpolate between them", "picture"),
    ActionSpec("lens", "View", "Lens", ("X",), "toggle_lens", "A magnifier at the pointer, with its own window: wheel sizes, Alt+wheel magnifies, right drag sets its window", "picture"),
    ActionSpec("lens_invert", "View", "Invert inside the lens", ("Shift+X",), "invert_lens", "Black and white turned round inside the lens only; opens it when it is closed", "picture"),
    ActionSpec("show_marks", "View", "Show or hide marks", ("G",), "toggle_marks", "Look at the breast without marks", "picture"),
    ActionSpec("text_level", "View", "Text on the image", ("O",), "cycle_text", "All, little or only side and view", "picture"),
    *_WINDOWS,
)
# fmt: on
