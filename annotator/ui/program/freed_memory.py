"""Memory of pictures goes back to the system as soon as they are let go."""

from __future__ import annotations

import contextlib
import ctypes
import sys

LARGE_BYTES = 4_000_000
"""Blocks from here on are frames and their first levels; what a screen needs again and again is smaller."""
KEPT_FREE_BYTES = 64_000_000
"""Free memory kept for those: given back and asked for again, each paint would cost a millisecond or two more."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Numbers of the parameters in glibc's malloc.h."""


def give_back_large_blocks() -> None:
    """Keep the C library from collecting large free blocks for later, but not small ones (mallopt(3)).

    By itself glibc raises the size from which a block is a mapping of its own to that of the largest one
    freed, up to 32 MB: pictures then lie in heaps between what lives longer, and paging through exams
    leaves holes that no picture fits. Does nothing on other systems and C libraries.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
            # either one, set by itself, would end the library's own care for the other
            library.mallopt(_M_TRIM_THRESHOLD, KEPT_FREE_BYTES)
