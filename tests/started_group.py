"""Programs that a test starts in order to end them."""

from __future__ import annotations

import signal
import subprocess
from typing import Any


def started_group(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """A program in a process group of its own, its standard error to be read, that Ctrl+C ends.

    A shell that runs the tests in the background has SIGINT ignored, and every program of theirs would inherit that.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True, **options)
    finally:
        signal.signal(signal.SIGINT, before)
