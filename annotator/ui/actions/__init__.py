"""What the window can do: a table of acts by topic, their keys, and the QActions made from them."""

from annotator.ui.actions.chords import CHORDS, LINE, Chord, ChordChoice, ChordColumn
from annotator.ui.actions.keys import (
    FIXED,
    Keys,
    key_of,
    key_text,
    keys_in_force,
    owner_of,
    portable,
    why_not_a_key,
)
from annotator.ui.actions.making import enable_actions, give_keys, make_actions
from annotator.ui.actions.menus import GROUPS, Group
from annotator.ui.actions.spec import WHY_NOT, ActionSpec, Needs, Scope
from annotator.ui.actions.table import ACTIONS, MENUS

__all__ = [
    "ACTIONS",
    "CHORDS",
    "FIXED",
    "GROUPS",
    "LINE",
    "MENUS",
    "WHY_NOT",
    "ActionSpec",
    "Chord",
    "ChordChoice",
    "ChordColumn",
    "Group",
    "Keys",
    "Needs",
    "Scope",
    "enable_actions",
    "give_keys",
    "key_of",
    "key_text",
    "keys_in_force",
    "make_actions",
    "owner_of",
    "portable",
    "why_not_a_key",
]
