"""Which keys an act has: those of its row, those the profile brings, and those the reader chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence

from annotator.ui.actions.spec import ActionSpec
from annotator.ui.actions.table import ACTIONS

Keys = Mapping[str, tuple[str, ...]]
"""Keys by the id of an act, in Qt's portable words ("Ctrl+Shift+Z")."""

FIXED = frozenset({"cancel"})
"""Acts whose keys stay: Esc gives up every gesture, whatever else was changed."""

_KEPT_FOR_HAND = {"Space": "Space held down shifts the picture", "Esc": "Esc gives up what is in hand"}
_OF_BUTTONS = {"Return", "Enter"}
_PRINTABLE = (0x20, 0xFF)
_MODIFIERS = {"Shift", "Control", "Alt", "Meta", "AltGr"}


def portable(keys: str) -> str:
    """The one spelling under which keys are kept and compared; '' when they are no keys of one stroke."""
    sequence = QKeySequence(keys)
    spelt = sequence.toString(QKeySequence.SequenceFormat.PortableText)
    return "" if sequence.count() != 1 or spelt.rpartition("+")[2] in _MODIFIERS else spelt


def key_of(pressed: QKeyCombination) -> str:
    """Keys that were pressed, as kept; '' while only Shift and its like are down.

    A sign that needs Shift is kept as the sign: "?" wherever it lies on the keyboard.
    """
    key, held = pressed.key(), pressed.keyboardModifiers()
    held &= ~Qt.KeyboardModifier.KeypadModifier
    code = key.value
    if _PRINTABLE[0] < code <= _PRINTABLE[1] and not chr(code).isalnum():
        held &= ~Qt.KeyboardModifier.ShiftModifier
    return portable(QKeySequence(QKeyCombination(held, key)).toString())


def key_text(keys: Sequence[str]) -> str:
    """Keys as shown to people: "Ctrl+Shift+Z, Ctrl+Y"."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(key).toString(native) for key in keys)


def why_not_a_key(keys: str) -> str:
    """Why these keys cannot be given to an act, in a sentence; '' when they can."""
    spelt = portable(keys)
    if not spelt:
        return "That is no key a shortcut can be made of."
    if spelt in _KEPT_FOR_HAND:
        return f"{_KEPT_FOR_HAND[spelt]}; choose another key."
    if spelt in _OF_BUTTONS:
        return f"{spelt} presses the button that has the keyboard; choose another key."
    return ""


def own_keys(spec: ActionSpec) -> tuple[str, ...]:
    """The keys of the row itself."""
    return tuple(map(portable, spec.shortcuts))


def keys_in_force(*chosen: Keys) -> dict[str, tuple[str, ...]]:
    """The keys of every act; later mappings go before earlier ones and before the rows.

    A key belongs to one act: where two claim it, the act that was given it on purpose has it, and of two
    such acts the one that stands first in the table.
    """
    overrides: dict[str, tuple[str, ...]] = {}
    for layer in chosen:
        overrides.update(layer)
    wanted = {
        spec.id: own_keys(spec)
        if spec.id in FIXED
        else tuple(key for key in map(portable, overrides.get(spec.id, spec.shortcuts)) if key)
        for spec in ACTIONS
    }
    order = sorted(wanted, key=lambda act: (act not in FIXED, act not in overrides))
    taken: set[str] = set()
    kept: dict[str, tuple[str, ...]] = {}
    for act in order:
        kept[act] = tuple(dict.fromkeys(key for key in wanted[act] if key not in taken))
        taken.update(kept[act])
    return {spec.id: kept[spec.id] for spec in ACTIONS}


def owner_of(keys: Keys, key: str) -> str | None:
    """The id of the act that has a key, None when it is free."""
    spelt = portable(key)
    return next((act for act, has in keys.items() if spelt in has), None)
