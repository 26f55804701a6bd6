"""The search for garbage, in the thread of the window and nowhere else.

Python searches in whichever thread happens to make the next object. A worker would destroy there what it finds, and
an object of Qt must go in the thread it lives in: a running timer that goes elsewhere stays on the list of timers,
and the program ends with a segmentation fault when its time comes.
"""

from __future__ import annotations

import gc
from typing import ClassVar

from PySide6.QtCore import QAbstractEventDispatcher, QCoreApplication, QObject, Slot

YOUNG = 1000
"""So many objects made and still there are searched; Python's own 700 to 2,000, by version."""
LEAST_OF_ALL = 10_000
MOST_OF_ALL = 400_000
"""No more are taken to be there, whatever was counted: what goes by itself is never taken off the count."""
GROWN = 0.25
"""All are searched when those that came since are so large a share of them; Python's own rule."""


class Garbage(QObject):
    """Searched for when the window has nothing else to do, from now until `end`, instead of by Python itself.

    Nothing runs while nothing happens: the event loop asks before it goes to sleep. Where several live at a time,
    Python searches by itself again after the last has ended.
    """

    _living: ClassVar[set[int]] = set()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._held = False
        self._all = 0
        self._new = 0
        if QCoreApplication.instance() is None:
            # without an event loop there is no moment to search in, and no timer to be destroyed
            self._held = True
            return
        self._living.add(id(self))
        gc.disable()
        QAbstractEventDispatcher.instance().aboutToBlock.connect(self.search)

    def hold(self) -> None:
        """Do not search until `leave_out_what_is_there`: what is being loaded is no garbage."""
        self._held = True

    def leave_out_what_is_there(self) -> None:
        """All objects of this moment stay to the end; search among later ones only."""
        gc.freeze()
        self._held = False

    def end(self) -> None:
        """There are no workers any more: Python may search as it likes."""
        self._living.discard(id(self))
        self._held = True
        if not self._living:
            gc.enable()

    @Slot()
    def search(self) -> None:
        """Search where enough was made since the last time."""
        made = gc.get_count()[0]
        if self._held or made < YOUNG:
            return
        self._new += max(0, made - gc.collect(1))
        if self._new > max(LEAST_OF_ALL, GROWN * self._all):
            found = gc.collect()
            # counting by gc.get_objects would take hold of tuples that other threads are still filling, which fails
            # there with a SystemError; what has gone by itself meanwhile is counted too, so there is a limit
            self._all, self._new = min(max(0, self._all + self._new - found), MOST_OF_ALL), 0
