"""Files that only their owner may read, whatever the umask says. On Windows the rights of the user's folder hold."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

FILE, FOLDER = 0o600, 0o700


def write_private(path: Path, text: str) -> None:
    """Write a text file in place of any that is there; raises OSError."""
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, FILE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def make_private(path: Path) -> None:
    """Make an empty file where there is none, so that whoever writes it later finds its rights; no error where not."""
    with contextlib.suppress(OSError):
        private_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE))


def private_folder(path: Path) -> None:
    """Make a folder and those above it as far as they are missing, each for its owner only; raises OSError."""
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            folder.mkdir(mode=FOLDER, exist_ok=True)


@contextlib.contextmanager
def owner_only() -> Iterator[None]:
    """Whatever is written inside, by libraries too, is its owner's alone; a crash leaves no image of the memory.

    A core file would hold the pictures and names of the open exam. Both hold for the whole process.
    """
    before = os.umask(0o077)
    try:
        with _no_core():
            yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def _no_core() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    import resource  # noqa: PLC0415  there only

    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
