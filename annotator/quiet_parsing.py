"""Parsing what nobody vouches for, without the warnings of the libraries that do it."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_PARSING = threading.RLock()


@contextmanager
def quiet_parsing() -> Iterator[None]:
    """Let pydicom complain of nothing: it does so when a value is asked for, and quotes it; what was mended is told apart.

    The filters of `warnings` belong to the whole process, so one thread at a time may set them;
    parsing holds the interpreter anyway.
    """
    with _PARSING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
