"""Standard streams as scripts and terminals need them: JSON anything can read, text nothing refuses."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def ready_streams() -> None:
    """Let output take every character, and stand in for streams that are not there.

    A file name that is not Unicode, or a console that knows no plus-minus sign, would otherwise stop a
    command half way; a stream is missing where it was closed (`>&-`) and under pythonw.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - lives as long as we do
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_json(
    document: Any, *, indent: int | None = None, default: Callable[[Any], Any] | None = None
) -> None:
    """Print one JSON document, on one line without `indent`; in ASCII, so that no encoding can spoil it."""
    print(json.dumps(document, indent=indent, default=default, allow_nan=False), flush=True)


def visible(text: str) -> str:
    """`text` on one line with control characters spelt out: names come from files nobody vouches for."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
