"""Whether the program was closed or went down: told at the next start, with what is kept."""

from __future__ import annotations

import contextlib
import faulthandler
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from PySide6.QtCore import QLockFile

from annotator.private_files import FILE, make_private
from annotator.settings import log_dir

if TYPE_CHECKING:
    from annotator.store.summaries import ReadingSummary


_BEGIN = "The program was closed without saying goodbye (killed, crashed or without power)"


def kept_until(readings: Iterable[ReadingSummary], reader: str, now: datetime) -> str:
    """The sentence after an end without goodbye, from what the database holds of this reader."""
    last = max((r.last_at for r in readings if r.reader == reader), default=None)
    if last is None:
        return f"{_BEGIN}; no reading had been begun."
    here = last.astimezone(now.tzinfo)
    when = f"{here:%H:%M}" if here.date() == now.date() else f"{here:%Y-%m-%d %H:%M}"
    return f"{_BEGIN}; everything up to {when} is here."


def kept_here(waiting: int) -> str:
    """The same while the database is away, from the acts that wait for it on this computer."""
    acts = {0: "no act waits", 1: "1 act waits"}.get(waiting, f"{waiting} acts wait")
    return f"{_BEGIN}; the database cannot be reached now, and {acts} for it on this computer."


class Goodbye:
    """A file of this process among the logs, gone when it ends in order; the system frees it when it does not.

    What a library prints when it takes the program down goes to a file beside it: code places, no values.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or log_dir()
        self._lock: QLockFile | None = None
        self._trace: IO[str] | None = None
        self.trace = ""
        """What a library left behind at the end without goodbye; '' when nothing."""

    def arrive(self) -> bool:
        """Begin; whether an earlier window on these logs ended without goodbye."""
        dead = [path for path in sorted(self._folder.glob("window-*.lock")) if self._is_dead(path)]
        name = self._folder / f"window-{os.getpid()}"
        self._lock = QLockFile(str(name.with_suffix(".lock")))
        self._lock.setStaleLockTime(0)
        self._lock.tryLock(0)
        with contextlib.suppress(OSError):
            name.with_suffix(".lock").chmod(FILE)
        with contextlib.suppress(OSError):
            make_private(name.with_suffix(".trace"))
            self._trace = name.with_suffix(".trace").open("w", encoding="utf-8")
            faulthandler.enable(self._trace)
        return bool(dead)

    def leave(self) -> None:
        """The end in order."""
        if self._trace is not None:
            faulthandler.disable()
            self._trace.close()
            Path(self._trace.name).unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.unlock()

    def _is_dead(self, path: Path) -> bool:
        lock = QLockFile(str(path))
        # 0: a lock is old only when its process is gone, however long a window stays open
        lock.setStaleLockTime(0)
        if not lock.tryLock(0):
            return False
        lock.unlock()
        trace = path.with_suffix(".trace")
        with contextlib.suppress(OSError, UnicodeDecodeError):
            self.trace = trace.read_text(encoding="utf-8") or self.trace
        with contextlib.suppress(OSError):
            trace.unlink(missing_ok=True)
        return True
