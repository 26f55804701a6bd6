"""Tab goes through a panel as the eye does: in the order in which its parts are laid out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractScrollArea, QLayout, QPushButton, QScrollArea, QWidget


def order_tabs(panel: QWidget) -> None:
    """Let Tab come to what takes the keyboard in the order of the layouts, whenever it was made."""
    stops = list(_stops(panel))
    # Qt orders only what takes the keyboard now; a chip between two stops would break the chain
    resting = [stop for stop in stops if stop.focusPolicy() == Qt.FocusPolicy.NoFocus]
    for stop in resting:
        stop.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)
    for stop in resting:
        stop.setFocusPolicy(Qt.FocusPolicy.NoFocus)


def _stops(widget: QWidget) -> Iterator[QWidget]:
    # of a row of chips one is a stop at a time, and each may become it
    if widget.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(widget, QPushButton):
        yield widget
    if isinstance(widget, QScrollArea):
        inside = widget.widget()
        if inside is not None:
            yield from _stops(inside)
        return
    layout = widget.layout()
    if layout is not None and not isinstance(widget, QAbstractScrollArea):
        yield from _in_layout(layout)


def _in_layout(layout: QLayout) -> Iterator[QWidget]:
    for at in range(layout.count()):
        item = layout.itemAt(at)
        if item is None:
            continue
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            yield from _stops(widget)
        elif inner is not None:
            yield from _in_layout(inner)
