"""Faults that a compiled decoder swallows and that only `sys.unraisablehook` is told of.

The hook belongs to the whole process, decoders run in several threads: one listener is in place while
anybody decodes, and each thread hears its own faults only.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOCK = threading.Lock()
_HEARERS: dict[int, tuple[str, list[str]]] = {}
_usual: Callable[[sys.UnraisableHookArgs], object] = sys.__unraisablehook__
_forwarding = threading.local()


@contextmanager
def unraised(source: str) -> Iterator[list[str]]:
    """A list that fills with the faults this thread meets inside, of objects with `source` in their name.

    Faults of anything else go to whoever listened before.
    """
    global _usual  # noqa: PLW0603 - there is one hook, as there is one interpreter
    heard: list[str] = []
    me = threading.get_ident()
    with _LOCK:
        _HEARERS[me] = (source, heard)
        if sys.unraisablehook is not _listen:
            _usual = sys.unraisablehook
            sys.unraisablehook = _listen
    try:
        yield heard
    finally:
        with _LOCK:
            del _HEARERS[me]
            if not _HEARERS and sys.unraisablehook is _listen:
                sys.unraisablehook = _usual


def _listen(fault: sys.UnraisableHookArgs) -> None:
    source, heard = _HEARERS.get(threading.get_ident(), ("", None))
    if heard is not None and source in str(fault.object):
        heard.append(str(fault.exc_value))
    elif getattr(_forwarding, "on", False):  # somebody hung their own hook before this one
        sys.__unraisablehook__(fault)
    else:
        _forwarding.on = True
        try:
            _usual(fault)
        finally:
            _forwarding.on = False
