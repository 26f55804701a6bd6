"""How long the window does not answer: a clock on the GUI thread that notices when it is late."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, Qt, QTimer

BEAT_MS = 5


class Heartbeat(QObject):
    """Beats every 5 ms while it runs. `gaps` holds the longest time between two beats of each step, in ms.

    A gap is what a key pressed at its begin would have waited for: some work of the GUI thread itself, or
    of a worker that held the interpreter.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.gaps: dict[str, float] = {}
        self._step = "start"
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def begin(self, step: str) -> None:
        """What happens from now on belongs to `step`."""
        if self._timer.isActive():
            self._beat()
        else:
            self._last = time.perf_counter()
            self._timer.start(BEAT_MS)
        self._step = step

    def stop(self) -> None:
        """Beat no more."""
        if self._timer.isActive():
            self._beat()
            self._timer.stop()

    @contextmanager
    def left_out(self) -> Iterator[None]:
        """What is done inside is not the window's doing."""
        self.stop()
        try:
            yield
        finally:
            self.begin(self._step)

    @property
    def longest(self) -> tuple[float, str]:
        """The longest gap in ms and the step it came from; (0, "") before the first beat."""
        return max(((gap, step) for step, gap in self.gaps.items()), default=(0.0, ""))

    def _beat(self) -> None:
        now = time.perf_counter()
        gap = (now - self._last) * 1000
        self.gaps[self._step] = max(gap, self.gaps.get(self._step, 0.0))
        self._last = now
