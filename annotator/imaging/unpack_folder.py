"""The folder that archives are unpacked into: removed when the program ends, and after a crash by the next one.

What lies in it are images with the names of patients. A program that is at work holds a file of its folder; the system
frees it when that program ends, however it ends.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

PREFIX = "mammo-annotator-"
HELD = ".held"


@cache
def private_root() -> Path:
    """The folder of this process, readable by its owner only."""
    root = Path(tempfile.mkdtemp(prefix=PREFIX))
    # held before it has the name that others look for
    descriptor = os.open(root / f"{HELD}.new", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    if sys.platform == "win32":
        # what is open is not renamed there; nor is it removed, which is all that counts
        os.close(descriptor)
        (root / f"{HELD}.new").rename(root / HELD)
        os.open(root / HELD, os.O_RDWR)
    else:
        _lock(descriptor)
        (root / f"{HELD}.new").rename(root / HELD)
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


@cache
def clear_left_behind() -> None:
    """Remove, once in the life of a process, what programs left that were killed; those at work keep theirs."""
    for root in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{HELD}"):
        with contextlib.suppress(OSError):
            if _is_mine(root.parent) and _is_dead(root):
                shutil.rmtree(root.parent, ignore_errors=True)


def _is_mine(folder: Path) -> bool:
    return not folder.is_symlink() and (sys.platform == "win32" or folder.lstat().st_uid == os.getuid())


def _is_dead(held: Path) -> bool:
    if sys.platform == "win32":
        held.unlink()  # refused while somebody has it open
        return True
    descriptor = os.open(held, os.O_RDWR | os.O_NOFOLLOW)
    try:
        return _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        return False
    import fcntl  # noqa: PLC0415  there only

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
