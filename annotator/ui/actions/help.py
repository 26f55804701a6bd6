"""Help and what this program is."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("search_commands", "Help", "Find a command...", ("Ctrl+K",), "search_commands", "Every act, descriptor and preset by its name; Enter does it"),
    ActionSpec("settings", "Help", "Settings...", ("Ctrl+,",), "show_settings", "Profile, keys, and how images are shown and kept"),
    ActionSpec("change_keys", "Help", "Change keys...", ("Ctrl+Shift+K",), "change_keys", "Every key of every act, by menu"),
    ActionSpec("switch_profile", "Help", "Other profile", ("Ctrl+Shift+P",), "switch_profile", "Radiology or Labelling: other gestures, tool, layout and keys"),
    ActionSpec("keys", "Help", "Keys", ("F1", "?"), "show_keys", "The keys of what is in hand now, then all of them"),
    ActionSpec("tour", "Help", "Guided tour", ("Shift+F1",), "start_tour", "Two minutes on the sample exam, to a saved finding and its follow-up; again to go on"),
    ActionSpec("lexicon", "Help", "What is this word?", ("Ctrl+F1",), "explain_word", "The word of the chip in hand or under the pointer, with picture, sizes, code and sources; else all words"),
    ActionSpec("errors", "Help", "Go to the errors", ("Ctrl+F6",), "go_to_errors", "Move the keyboard to the bar of errors above the images"),
    ActionSpec("about", "Help", "About", (), "show_about", "Version, licence and what this is not", no_key="Seldom wanted"),
)
# fmt: on
