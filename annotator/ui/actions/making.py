"""QActions from the table of actions: wired to the hands of the window, live in their scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from annotator.ui.actions.keys import Keys, key_text, keys_in_force
from annotator.ui.actions.spec import ActionSpec, Needs
from annotator.ui.actions.table import ACTIONS


def make_actions(
    window: QWidget, images: QWidget, hands: object | Sequence[object], rows: Sequence[ActionSpec] = ACTIONS
) -> dict[str, QAction]:
    """QActions for the whole table; the slot of each is a method that exactly one of `hands` has.

    Raises LookupError when none or several have it.
    """
    hands = hands if isinstance(hands, Sequence) else (hands,)
    made: dict[str, QAction] = {}
    for spec in rows:
        action = QAction(spec.text, window)
        action.setObjectName(spec.id)
        action.setStatusTip(spec.tooltip)
        in_images = spec.scope == "image"
        contexts = Qt.ShortcutContext
        action.setShortcutContext(
            contexts.WidgetWithChildrenShortcut if in_images else contexts.WindowShortcut
        )
        action.triggered.connect(_call(_slot(spec, hands), spec.argument))
        (images if in_images else window).addAction(action)
        made[spec.id] = action
    give_keys(made, keys_in_force())
    return made


def give_keys(actions: Mapping[str, QAction], keys: Keys) -> None:
    """Let the actions have these keys, and their tooltips say so."""
    for act, action in actions.items():
        action.setShortcuts([QKeySequence(key) for key in keys[act]])
        shown = key_text(keys[act])
        action.setToolTip(f"{action.statusTip()} ({shown})" if shown else action.statusTip())


def enable_actions(actions: Mapping[str, QAction], fulfilled: Mapping[Needs, bool]) -> None:
    """Enable each action whose need is met."""
    for spec in ACTIONS:
        actions[spec.id].setEnabled(fulfilled[spec.needs])


def _slot(spec: ActionSpec, hands: Sequence[object]) -> Callable[..., object]:
    found = [hand for hand in hands if callable(getattr(hand, spec.slot, None))]
    if len(found) != 1:
        names = ", ".join(type(hand).__name__ for hand in found) or "no hand of the window"
        raise LookupError(f"{spec.id}: the slot {spec.slot!r} is a method of {names}; one must have it")
    slot: Callable[..., object] = getattr(found[0], spec.slot)
    return slot


def _call(slot: Callable[..., object], argument: Any) -> Callable[[], None]:
    def run() -> None:
        slot() if argument is None else slot(argument)

    return run
