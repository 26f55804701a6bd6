"""Long work that can be watched and stopped. Starts no threads: the caller decides where it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


class Cancelled(Exception):
    """Raised inside a job at the next checkpoint after somebody cancelled it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: `done` of `total` things (`total` None: not known yet), and what is in hand."""

    done: int
    total: int | None = None
    what: str = ""

    @property
    def fraction(self) -> float | None:
        """Share done in 0..1, None when the total is not known."""
        return None if not self.total else min(1.0, self.done / self.total)


class CancelToken:
    """Handed to a job; the job calls `checkpoint` in its loops, the owner calls `cancel` at any time."""

    def __init__(self, on_progress: Callable[[Progress], None] | None = None) -> None:
        self._cancelled = threading.Event()
        self._on_progress = on_progress

    def cancel(self) -> None:
        """Ask the job to stop; safe from any thread."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the job to stop."""
        return self._cancelled.is_set()

    def checkpoint(self, progress: Progress | None = None) -> None:
        """Report progress and raise `Cancelled` when the job is no longer wanted."""
        if self._cancelled.is_set():
            raise Cancelled
        if progress is not None and self._on_progress is not None:
            self._on_progress(progress)
