"""A file that one program at a time holds; the system frees it when that program ends, however it ends."""

from __future__ import annotations

import os
import sys

_FAR = 1 << 40
"""Where the one byte lies that is locked where locks keep others from reading: beyond anything that is written."""


def lock(descriptor: int) -> bool:
    """Hold an open file; False when another program, or another part of this one, holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - there only

            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - there only

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
