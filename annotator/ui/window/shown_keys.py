"""Words on the window that name a key say the key in force, whatever the reader made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotator.ui.actions import ACTIONS, Keys, key_text

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow


LONGEST_ON_BUTTON = 2


def tell_keys(window: MainWindow, keys: Keys) -> None:
    """Put the keys in force into the tooltips and hints that name one."""
    actions = window.actions_by_id
    window.finding_panel.tell_acts(actions["new_finding"].toolTip(), actions["remove_finding"].toolTip())
    window.finding_panel.new.setText(_beside("New", keys["new_finding"]))
    window.finding_panel.tell_key_of_last(key_text(keys["say_as_last"][:1]))
    window.finding_panel.looks.clusters.tell_key(key_text(keys["say_suggested"][:1]))
    for spec in ACTIONS:
        if spec.slot == "use_layout" and spec.argument in window.strip.layouts:
            window.strip.layouts[spec.argument].setToolTip(actions[spec.id].toolTip())
    window.candidate_commands.tell_keys(keys)
    window.worklist.filter.setPlaceholderText(_with_key("Filter", keys["filter"]))
    window.worklist.problems.setToolTip(_with_key("Show which, and why", keys["show_problems"]))
    window.worklist.empty.tell_keys(key_or_menu(keys, "open_folder"))
    window.status.tell_display_check(key_or_menu(keys, "display_check"))
    window.exports.key_of_opening = key_or_menu(keys, "open_report")
    inverts, twin, closes = (key_or_menu(keys, act) for act in ("lens_invert", "lens_twin", "lens"))
    larger, smaller = (key_or_menu(keys, act) for act in ("enlarge", "reduce"))
    window.lens.key_words = (
        f"Alt+wheel or {larger} and {smaller} magnify, right drag sets its own window, {inverts} inverts it, "
        f"{twin} shows the other breast too, {closes} closes it"
    )


def key_or_menu(keys: Keys, act: str) -> str:
    """The first key of an act, or that it is in the menu."""
    return key_text(keys[act][:1]) or "the menu"


def press(keys: Keys, act: str) -> str:
    """How an act is done, in the middle of a sentence: "press Z", or where it is in the menu."""
    key = key_text(keys[act][:1])
    if key:
        return f"press {key}"
    spec = next(spec for spec in ACTIONS if spec.id == act)
    return f"choose {spec.name} in the menu {spec.menu}"


def _beside(words: str, keys: tuple[str, ...]) -> str:
    """A button with its key, where that is short enough for the eye to take both in at once."""
    key = key_text(keys[:1])
    return f"{words}  {key}" if 0 < len(key) <= LONGEST_ON_BUTTON else words


def _with_key(words: str, keys: tuple[str, ...]) -> str:
    return f"{words}  ({key_text(keys[:1])})" if keys else words
