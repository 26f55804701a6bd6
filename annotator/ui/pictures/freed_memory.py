"""Memory of pictures goes back to the system as soon as they are let go."""

from __future__ import annotations

import contextlib
import ctypes
import sys

LARGE_BYTES = 4_000_000
"""Blocks from here on are frames and their first levels; what a screen needs again and again is smaller."""
KEPT_FREE_BYTES = 64_000_000
"""Free memory kept for those: given back and asked for again, each paint would cost a millisecond or two more."""
KEPT_AT_REST_BYTES = 16_000_000
"""What is still kept once everything is read ahead: about what the panes of the next exam are painted with."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Numbers of the parameters in glibc's malloc.h."""


def keep_one_tight_heap() -> None:
    """Keep the C library from collecting large free blocks for later, but not small ones (mallopt(3)).

    By itself glibc raises the size from which a block is a mapping of its own to that of the largest one
    freed, up to 32 MB: pictures then lie in heaps between what lives longer, and paging through exams
    leaves holes that no picture fits. And it gives every worker a heap of its own, whose free end neither the
    threshold nor `give_back_free_memory` ever returns: with pictures made on four workers what is free grows
    from exam to exam. Call it before the first worker runs. Does nothing on other systems and C libraries.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_M_ARENA_MAX, 1)
            library.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
            # either one, set by itself, would end the library's own care for the other
            library.mallopt(_M_TRIM_THRESHOLD, KEPT_FREE_BYTES)


def give_back_free_memory() -> None:
    """Return the holes between what is in use, and the free end but for `KEPT_AT_REST_BYTES`, to the system.

    A millisecond or two, in which other threads wait when they ask for memory: not while a hand moves.
    Does nothing where there is no malloc_trim(3).
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            trim = ctypes.CDLL(None).malloc_trim
            trim.argtypes = [ctypes.c_size_t]
            trim(KEPT_AT_REST_BYTES)
