"""What the mouse does in a profile, in words: for the key help and the page of keys."""

from __future__ import annotations

from annotator.ui.keys.gestures import LeftDrag, WheelTurn
from annotator.ui.keys.profiles import Profile

_WHEEL = {
    WheelTurn.BY_IMAGE: (("wheel", "zoom at the pointer; in a stack the next slice"), ("Ctrl+wheel", "zoom in a stack")),
    WheelTurn.ZOOM: (("wheel", "zoom at the pointer"), ("Ctrl+wheel", "in a stack the next slice")),
    WheelTurn.STEP: (("wheel", "the next slice or image"), ("Ctrl+wheel", "zoom at the pointer")),
}  # fmt: skip

LENS = (
    ("wheel", "size of the lens; in a stack with Shift"),
    ("Alt+wheel", "magnification of the lens"),
    ("right drag", "the window inside the lens only"),
)
STACK = (
    ("Shift+wheel", "thickness of a slab"),
    ("strip beside a stack", "click or drag goes to the slice there"),
)
_OUTLINE = ("Alt+wheel on the selected mark", "its outline wider or tighter; size follows")
MARKING = (
    ("left click", "with a mark tool: snap to the spot, measure and mark it"),
    ("second click at once", "the mark takes the next best spot there instead"),
    ("Alt+click", "mark there even if no spot is found"),
    ("left drag", "with a mark tool: outline marks as a cluster"),
    ("Shift+drag", "with a mark tool: select the marks inside, no cluster is made"),
    ("right click while drawing", "takes back the last stretch of the line"),
    ("drag a mark", "move it; it is measured anew"),
    _OUTLINE,
)
SELECTING = (
    ("click on a mark", "select it; with Shift one more or one less"),
    ("click on an outline", "select the cluster"),
    _OUTLINE,
    ("left drag", "with the select tool: select the marks inside"),
    ("right click", "menu; moves selected marks to another finding"),
)
ELSEWHERE = (("double click on a small picture", "show it in the active pane"),)


def looking(profile: Profile) -> tuple[tuple[str, str], ...]:
    """What the mouse does while no marking tool is in hand, and always."""
    drag = "window width and centre" if profile.left_drag is LeftDrag.WINDOW else "shift the picture"
    return (
        ("left drag", f"with the looking hand: {drag}"),
        *_WHEEL[profile.wheel],
        ("middle drag, Space+drag", "shift the picture, also in the middle of a gesture"),
        ("right drag", "window width and centre"),
    )


def mouse_words(profile: Profile) -> tuple[tuple[str, str], ...]:
    """Every gesture with what it does."""
    lens = tuple((f"{gesture}, lens open", words) for gesture, words in LENS)
    return tuple(dict.fromkeys((*looking(profile), *lens, *STACK, *MARKING, *SELECTING, *ELSEWHERE)))
