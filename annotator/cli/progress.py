"""One line on standard error that says how far a command is; nothing where no terminal reads it."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from annotator.cli.output import visible


class ProgressLine:
    """Written over and over in one place; leaves nothing behind when it is done with (`with`)."""

    def __init__(self) -> None:
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def show(self, text: str) -> None:
        """Say this instead of what was said before."""
        if sys.stderr.isatty():
            self._shown = True
            print(f"\r{visible(text)}\x1b[K", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Make room for a line that stays."""
        if self._shown:
            self._shown = False
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
