"""What the window can do: a table of acts by topic, and the QActions made from it."""

from annotator.ui.actions.chords import CHORDS, Chord, ChordChoice
from annotator.ui.actions.making import enable_actions, key_text, make_actions
from annotator.ui.actions.spec import WHY_NOT, ActionSpec, Needs, Scope
from annotator.ui.actions.table import ACTIONS, MENUS

__all__ = [
    "ACTIONS",
    "CHORDS",
    "MENUS",
    "WHY_NOT",
    "ActionSpec",
    "Chord",
    "ChordChoice",
    "Needs",
    "Scope",
    "enable_actions",
    "key_text",
    "make_actions",
]
