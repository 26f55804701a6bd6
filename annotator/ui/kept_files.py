"""Small files of the settings folder, which anybody may have damaged."""

from __future__ import annotations

import time
from pathlib import Path

LARGEST_BYTES = 4 << 20
"""A file of settings has a few kilobytes; more than this was not written by this program."""

UNREADABLE = (OSError, ValueError, RecursionError)
"""What reading and parsing such a file can raise; brackets nested thousands deep end in the last one."""


def read_small(path: Path) -> str:
    """The text of a file. Raises OSError, and ValueError when it is too large or no text."""
    if path.stat().st_size > LARGEST_BYTES:
        raise ValueError("it is far too large")
    return path.read_text(encoding="utf-8")


def why_unreadable(error: BaseException) -> str:
    """A few words for the brackets of a sentence."""
    if isinstance(error, OSError):
        return error.strerror or "not to be read"
    return "nested too deep" if isinstance(error, RecursionError) else str(error)


def aside_of(path: Path) -> Path:
    """Where a file that cannot be understood is kept; never one that is there already."""
    aside = path.with_name(f"{path.stem}.broken{path.suffix}")
    return aside if not aside.exists() else aside.with_stem(f"{aside.stem}-{time.time_ns()}")
