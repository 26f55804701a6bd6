"""QActions from the table of actions: wired to the hands of the window, live in their scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from annotator.ui.actions.spec import ActionSpec, Needs
from annotator.ui.actions.table import ACTIONS


def key_text(spec: ActionSpec) -> str:
    """The keys of an act as shown to people: "Ctrl+Shift+Z, Ctrl+Y"."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(keys).toString(native) for keys in spec.shortcuts)


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
        keys = key_text(spec)
        action.setToolTip(f"{spec.tooltip} ({keys})" if keys else spec.tooltip)
        action.setStatusTip(spec.tooltip)
        action.setShortcuts([QKeySequence(s) for s in spec.shortcuts])
        in_images = spec.scope == "image"
        contexts = Qt.ShortcutContext
        action.setShortcutContext(
            contexts.WidgetWithChildrenShortcut if in_images else contexts.WindowShortcut
        )
        action.triggered.connect(_call(_slot(spec, hands), spec.argument))
        (images if in_images else window).addAction(action)
        made[spec.id] = action
    return made


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
